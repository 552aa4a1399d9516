"""Signing in by a password, by an administrator's call or by a refresh token, and what a user then may ask.

Left out: access tokens that are no longer good for Cognito itself once their user has signed out
everywhere. After five wrong passwords a user is locked out for a second, and after each more for twice as
long, up to a quarter of an hour.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html,
API_AdminInitiateAuth.html, API_RespondToAuthChallenge.html and API_GlobalSignOut.html there;
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
(lockout),
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html,
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html,
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cognito.people import People, told
from scenarios.cloud.cognito.pools import CONFIRMED, FORCED, RESET, UNCONFIRMED, Client, Pool, User
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.tokens import InvalidToken, read
from scenarios.cloud.setting import Setting

# The flows that are simulated, and what a client must allow for each; the older names do as well.
_BY_PASSWORD: Final[Mapping[str, frozenset[str]]] = {
    "USER_PASSWORD_AUTH": frozenset({"ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"}),
    "ADMIN_USER_PASSWORD_AUTH": frozenset({"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}),
    "ADMIN_NO_SRP_AUTH": frozenset({"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}),
}
_BY_TOKEN: Final = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
_MOST_FAILURES: Final = 5
_LONGEST_LOCK_SECONDS: Final = 900
_WRONG: Final = "Incorrect username or password."


class SignIn:
    """Answers what people do who have an account."""

    def __init__(self, setting: Setting, people: People) -> None:
        self._setting = setting
        self._people = people
        self._challenged: dict[str, tuple[str, str, str]] = {}  # sessions: pool, client, user
        self.answers: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
            "InitiateAuth": self._initiate,
            "AdminInitiateAuth": self._initiate,
            "RespondToAuthChallenge": self._respond,
            "AdminRespondToAuthChallenge": self._respond,
            "GetUser": self._get,
            "GlobalSignOut": self._sign_out,
            "AdminUserGlobalSignOut": self._admin_sign_out,
            "RevokeToken": self._revoke,
            "ChangePassword": self._change_password,
        }

    # ---- signing in -----------------------------------------------------------------------------

    def _initiate(self, asked: Asked) -> dict[str, Any]:
        given, flow = asked.parameters, str(asked.parameters["AuthFlow"])
        pool = self._people.pool(asked) if "UserPoolId" in given else None
        pool, client = self._people.client(asked, pool)
        sent = given.get("AuthParameters", {})
        if flow in _BY_TOKEN:
            return self._refresh(pool, client, sent, given.get("ClientMetadata"))
        if flow not in _BY_PASSWORD:
            raise NotSimulated("cognito-idp", f"{asked.operation} by {flow}")
        if flow.startswith("ADMIN") and asked.operation == "InitiateAuth":
            raise Refused("InvalidParameterException", "Initiate Auth method not supported.")
        if not _BY_PASSWORD[flow] & set(client.flows):
            raise Refused("InvalidParameterException", f"{flow} flow not enabled for this client")
        for name in ("USERNAME", "PASSWORD"):
            if not sent.get(name):
                raise Refused("InvalidParameterException", f"Missing required parameter {name}")
        self._people.check_secret(client, sent["USERNAME"], sent.get("SECRET_HASH", ""))
        return self._by_password(pool, client, sent, given.get("ClientMetadata"))

    def _by_password(
        self, pool: Pool, client: Client, sent: Mapping[str, str], metadata: Mapping[str, str] | None
    ) -> dict[str, Any]:
        name = sent["USERNAME"]
        user = self._people.found(pool, name)
        if user is None and not client.hides_unknown:
            raise Refused("UserNotFoundException", "User does not exist.")
        self._people.triggers.ask(
            pool,
            "PreAuthentication_Authentication",
            user,
            client=client.id,
            name=name,
            validationData=metadata or None,
            userNotFound=user is None,
        )
        if user is None:
            raise Refused("NotAuthorizedException", _WRONG)
        self._must_be_right(user, sent["PASSWORD"])
        if user.status == FORCED:
            return self._challenge(pool, client, user)
        return self._in(pool, client, user, "TokenGeneration_Authentication", metadata)

    def _must_be_right(self, user: User, password: str) -> None:
        now = self._setting.clock.now
        if user.locked_until is not None and now < user.locked_until:
            raise Refused("NotAuthorizedException", "Password attempts exceeded")
        if not user.enabled:
            raise Refused("NotAuthorizedException", "User is disabled.")
        if user.status == RESET:
            raise Refused("PasswordResetRequiredException", "Password reset required for the user")
        if not user.password or password != user.password:
            user.failed += 1
            if user.failed >= _MOST_FAILURES:
                seconds = min(2 ** (user.failed - _MOST_FAILURES), _LONGEST_LOCK_SECONDS)
                user.locked_until = now + timedelta(seconds=seconds)
            raise Refused("NotAuthorizedException", _WRONG)
        user.failed, user.locked_until = 0, None
        if user.status == UNCONFIRMED:
            raise Refused("UserNotConfirmedException", "User is not confirmed.")
        if user.password_until is not None and now > user.password_until:
            why = "Temporary password has expired and must be reset by an administrator."
            raise Refused("NotAuthorizedException", why)

    def _in(
        self, pool: Pool, client: Client, user: User, source: str, metadata: Mapping[str, str] | None
    ) -> dict[str, Any]:
        result = self._people.tokens(pool, client, user, source, metadata=metadata)
        self._people.triggers.ask(
            pool,
            "PostAuthentication_Authentication",
            user,
            client=client.id,
            newDeviceUsed=False,
            clientMetadata=metadata or None,
        )
        return {"ChallengeParameters": {}, "AuthenticationResult": result}

    def _refresh(
        self, pool: Pool, client: Client, sent: Mapping[str, str], metadata: Mapping[str, str] | None
    ) -> dict[str, Any]:
        found = self._people.refreshing.get(sent.get("REFRESH_TOKEN", ""))
        user = self._people.found(pool, found[2]) if found and found[:2] == (pool.id, client.id) else None
        if user is None:
            raise Refused("NotAuthorizedException", "Invalid Refresh Token")
        if not user.enabled:
            raise Refused("NotAuthorizedException", "User is disabled.")
        source = "TokenGeneration_RefreshTokens"
        result = self._people.tokens(pool, client, user, source, refreshed="yes", metadata=metadata)
        return {"ChallengeParameters": {}, "AuthenticationResult": result}

    # ---- the first password ---------------------------------------------------------------------

    def _challenge(self, pool: Pool, client: Client, user: User) -> dict[str, Any]:
        session = f"{self._setting.random('cognito.sessions').getrandbits(256):064x}"
        self._challenged[session] = pool.id, client.id, user.name
        return {
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "Session": session,
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": user.name,
                "requiredAttributes": "[]",
                "userAttributes": json.dumps(user.attributes),
            },
        }

    def _respond(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        if given["ChallengeName"] != "NEW_PASSWORD_REQUIRED":
            raise NotSimulated("cognito-idp", f"the challenge {given['ChallengeName']}")
        pool = self._people.pool(asked) if "UserPoolId" in given else None
        pool, client = self._people.client(asked, pool)
        sent = given.get("ChallengeResponses", {})
        found = self._challenged.get(str(given.get("Session", "")))
        user = self._people.found(pool, sent.get("USERNAME", ""))
        if user is None or found != (pool.id, client.id, user.name):
            raise Refused("NotAuthorizedException", "Invalid session for the user.")
        self._people.check_password(pool, sent.get("NEW_PASSWORD", ""))
        del self._challenged[str(given["Session"])]
        user.password, user.password_until, user.status = sent["NEW_PASSWORD"], None, CONFIRMED
        user.changed = self._setting.clock.now
        metadata = given.get("ClientMetadata")
        return self._in(pool, client, user, "TokenGeneration_NewPasswordChallenge", metadata)

    # ---- who is in ------------------------------------------------------------------------------

    def _user(self, asked: Asked) -> tuple[Pool, User]:
        """Whose access token it is; raises Refused where it isn't good, or not any more."""
        try:
            token = read(str(asked.parameters["AccessToken"]))
            issuer = str(token.claims.get("iss"))
            pool = self._people.pools.of_issuer(issuer)
            token.verify(pool.signer.keys if pool is not None else {})
        except InvalidToken:
            raise Refused("NotAuthorizedException", "Invalid Access Token") from None
        assert pool is not None  # its keys have signed the token
        if token.claims.get("exp", 0) <= self._setting.clock.now.timestamp():
            raise Refused("NotAuthorizedException", "Access Token has expired")
        user = self._people.found(pool, str(token.claims.get("username", "")))
        if token.claims.get("token_use") != "access" or user is None:
            raise Refused("NotAuthorizedException", "Invalid Access Token")
        return pool, user

    def _get(self, asked: Asked) -> dict[str, Any]:
        _, user = self._user(asked)
        whole = told(user, "UserAttributes")
        return {name: whole[name] for name in ("Username", "UserAttributes")}

    def _sign_out(self, asked: Asked) -> dict[str, Any]:
        pool, user = self._user(asked)
        self._forget(pool, user)
        return {}

    def _admin_sign_out(self, asked: Asked) -> dict[str, Any]:
        pool = self._people.pool(asked)
        self._forget(pool, self._people.named(pool, str(asked.parameters["Username"])))
        return {}

    def _forget(self, pool: Pool, user: User) -> None:
        kept = self._people.refreshing
        self._people.refreshing = {
            token: whose for token, whose in kept.items() if (whose[0], whose[2]) != (pool.id, user.name)
        }

    def _revoke(self, asked: Asked) -> dict[str, Any]:
        self._people.client(asked)
        self._people.refreshing.pop(str(asked.parameters["Token"]), None)
        return {}

    def _change_password(self, asked: Asked) -> dict[str, Any]:
        pool, user = self._user(asked)
        self._must_be_right(user, str(asked.parameters.get("PreviousPassword", "")))
        self._people.check_password(pool, str(asked.parameters["ProposedPassword"]))
        user.password = str(asked.parameters["ProposedPassword"])
        return {}

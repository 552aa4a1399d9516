"""What signing up, signing in and administration share: who is meant, passwords, codes, messages and tokens.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html (policy),
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html (aliases),
https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html (codes),
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html,
amazon-cognito-user-pools-using-the-access-token.html and user-pool-lambda-pre-token-generation.html there
"""

import base64
import hashlib
import hmac
import string
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cognito.pools import Client, Pool, Sent, User, UserPools
from scenarios.cloud.cognito.triggers import Triggers
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.setting import Setting

_CODE_IN: Final = "{####}"
_NAME_IN: Final = "{username}"
_CODE_HOURS: Final = 24
_SYMBOLS: Final = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
# Claims that no function changes.
_KEPT: Final = frozenset(
    {
        *(
            "acr",
            "amr",
            "at_hash",
            "auth_time",
            "azp",
            "exp",
            "iat",
            "iss",
            "jti",
            "nbf",
            "nonce",
            "origin_jti",
        ),
        *("sub", "token_use", "aud", "client_id", "cognito:username", "username", "event_id"),
    }
)


class People:
    """Users of every pool, as the operations need them."""

    def __init__(self, setting: Setting, pools: UserPools, triggers: Triggers) -> None:
        self._setting = setting
        self.pools = pools
        self.triggers = triggers
        self.refreshing: dict[str, tuple[str, str, str]] = {}  # refresh tokens: pool, client, user

    # ---- who is meant ---------------------------------------------------------------------------

    def pool(self, asked: Asked) -> Pool:
        """The pool that a call names."""
        name = str(asked.parameters["UserPoolId"])
        found = self.pools.pool(name)
        if found is None or found.region != asked.region:
            raise Refused("ResourceNotFoundException", f"User pool {name} does not exist.")
        return found

    def client(self, asked: Asked, pool: Pool | None = None) -> tuple[Pool, Client]:
        """The pool and the app client that a call names."""
        name = str(asked.parameters["ClientId"])
        found = self.pools.of_client(name)
        elsewhere = found is not None and pool is not None and found[0].id != pool.id
        if found is None or elsewhere or found[0].region != asked.region:
            raise Refused("ResourceNotFoundException", f"User pool client {name} does not exist.")
        return found

    def check_secret(self, client: Client, name: str, given: str) -> None:
        """Refuse who doesn't know the client's secret, where it has one.

        https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash
        """
        if not client.secret:
            return
        if not given:
            why = f"Client {client.id} is configured with secret but SECRET_HASH was not received"
            raise Refused("NotAuthorizedException", why)
        digest = hmac.new(client.secret.encode(), f"{name}{client.id}".encode(), hashlib.sha256).digest()
        if base64.b64encode(digest).decode() != given:
            raise Refused("NotAuthorizedException", f"Unable to verify secret hash for client {client.id}")

    def found(self, pool: Pool, name: str) -> User | None:
        """A user by name, by sub, or by an alias that is verified, or that the pool takes for names."""
        users = self.pools.users(pool)
        wanted = name if _is_case_sensitive(pool) else name.lower()
        names = pool.properties.get("UsernameAttributes", ())
        aliases = pool.properties.get("AliasAttributes", ())
        for each in users.values():
            own = [each.name, each.sub]
            own += [each.attributes.get(alias, "") for alias in names]
            own += [
                each.attributes.get(alias, "")
                for alias in aliases
                if alias == "preferred_username" or each.attributes.get(f"{alias}_verified") == "true"
            ]
            if wanted in [one if _is_case_sensitive(pool) else one.lower() for one in own if one]:
                return each
        return None

    def named(self, pool: Pool, name: str) -> User:
        """The same; raises Refused where there is none."""
        found = self.found(pool, name)
        if found is None:
            raise Refused("UserNotFoundException", "User does not exist.")
        return found

    # ---- making one -----------------------------------------------------------------------------

    def new(self, pool: Pool, name: str, attributes: Mapping[str, str], status: str) -> User:
        """A user who isn't in the pool yet; raises Refused for what the pool doesn't take."""
        if self.found(pool, name) is not None:
            raise Refused("UsernameExistsException", "User already exists")
        attributes = dict(attributes)
        names = pool.properties.get("UsernameAttributes", ())
        sub, now = self._setting.new_uuid("cognito.subs"), self._setting.clock.now
        if names:
            kind = "email" if "@" in name else "phone_number"
            if kind not in names:
                why = f"Username should be {'an email' if 'email' in names else 'a phone number'}."
                raise Refused("InvalidParameterException", why)
            attributes.setdefault(kind, name)
        missing = [
            each["Name"]
            for each in pool.properties.get("Schema", ())
            if is_true(each.get("Required")) and each.get("Name") not in attributes
        ]
        if missing:
            problem = f"{missing[0]}: The attribute {missing[0]} is required"
            raise Refused("InvalidParameterException", f"Attributes did not conform to the schema: {problem}")
        shown = name if _is_case_sensitive(pool) else name.lower()
        return User(
            name=sub if names else shown,
            sub=sub,
            attributes=attributes,
            status=status,
            made=now,
            changed=now,
        )

    def check_password(self, pool: Pool, password: str) -> None:
        """Refuse a password that the pool's policy doesn't take."""
        policy = pool.properties.get("Policies", {}).get("PasswordPolicy", {})
        asked = {
            "Password not long enough": len(password) >= int(policy.get("MinimumLength", 8)),
            "Password must have numeric characters": _has(policy, "Numbers", password, string.digits),
            "Password must have lowercase characters": _has(
                policy, "Lowercase", password, string.ascii_lowercase
            ),
            "Password must have uppercase characters": _has(
                policy, "Uppercase", password, string.ascii_uppercase
            ),
            "Password must have symbol characters": _has(policy, "Symbols", password, _SYMBOLS),
        }
        for why, holds in asked.items():
            if not holds:
                words = f"Password did not conform with policy: {why}"
                raise Refused("InvalidPasswordException", words)

    def drawn_password(self) -> str:
        """A temporary password."""
        draw = self._setting.random("cognito.passwords")
        parts = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%&")
        return "".join(draw.choice(part) for part in (*parts, *parts))

    # ---- codes and messages ---------------------------------------------------------------------

    def send_code(
        self, pool: Pool, user: User, source: str, *, client: str, metadata: Mapping[str, str] | None = None
    ) -> dict[str, str] | None:
        """Draw a code and send it: CodeDeliveryDetails; None where the user has no address that is verified.

        `source`: the trigger that may write the message, such as `CustomMessage_SignUp`.
        """
        automatic = pool.properties.get("AutoVerifiedAttributes", ())
        reached = [
            (name, medium)
            for name, medium in (("email", "EMAIL"), ("phone_number", "SMS"))
            if user.attributes.get(name)
            and (name in automatic or user.attributes.get(f"{name}_verified") == "true")
        ]
        if not reached:
            return None
        (name, medium), to = reached[0], user.attributes[reached[0][0]]
        user.code = f"{self._setting.random('cognito.codes').randrange(1_000_000):06d}"
        user.code_until = self._setting.clock.now + timedelta(hours=_CODE_HOURS)
        usual = f"Your verification code is {_CODE_IN}"
        texts = self.texts(pool, user, source, medium, usual, client=client, metadata=metadata)
        self.send(to, medium, *texts, code=user.code)
        return {"Destination": _masked(to), "DeliveryMedium": medium, "AttributeName": name}

    def send(self, to: str, medium: str, subject: str, text: str, *, code: str, name: str = "") -> None:
        """Send a message; Cognito puts code and name in their places."""
        text = text.replace(_CODE_IN, code).replace(_NAME_IN, name)
        self.pools.sent.append(
            Sent(at=self._setting.clock.now, to=to, medium=medium, subject=subject, text=text, code=code)
        )
        self._setting.note("message", f"Cognito sends {to} a message: {subject or 'by SMS'}")

    def texts(
        self,
        pool: Pool,
        user: User,
        source: str,
        medium: str,
        usual: str,
        *,
        client: str,
        metadata: Mapping[str, str] | None = None,
    ) -> tuple[str, str]:
        """Subject and text of a message: the function's, the pool's, or Cognito's `usual` text."""
        said = self.triggers.ask(
            pool,
            source,
            user,
            client=client,
            codeParameter=_CODE_IN,
            usernameParameter=_NAME_IN if source.endswith("AdminCreateUser") else None,
            linkParameter="{##Click Here##}",
            clientMetadata=metadata or None,
        )
        own, invited = pool.properties, source.endswith("AdminCreateUser")
        template = own.get("VerificationMessageTemplate", {})
        invitation = own.get("AdminCreateUserConfig", {}).get("InviteMessageTemplate", {})
        if medium == "SMS":
            of_pool = invitation.get("SMSMessage") if invited else template.get("SmsMessage")
            return "", str(said.get("smsMessage") or of_pool or own.get("SmsVerificationMessage") or usual)
        text = invitation.get("EmailMessage") if invited else template.get("EmailMessage")
        subject = invitation.get("EmailSubject") if invited else template.get("EmailSubject")
        if not invited:
            text, subject = (
                text or own.get("EmailVerificationMessage"),
                subject or own.get("EmailVerificationSubject"),
            )
        return (
            str(
                said.get("emailSubject")
                or subject
                or ("Your temporary password" if invited else "Your verification code")
            ),
            str(said.get("emailMessage") or text or usual),
        )

    def check_code(self, user: User, code: str) -> None:
        """Refuse a code that isn't the last one, or is too old."""
        if not user.code or code != user.code:
            raise Refused("CodeMismatchException", "Invalid verification code provided, please try again.")
        if user.code_until is not None and self._setting.clock.now > user.code_until:
            why = "Invalid code provided, please request a code again."
            raise Refused("ExpiredCodeException", why)
        user.code, user.code_until = "", None

    # ---- tokens ---------------------------------------------------------------------------------

    def tokens(
        self,
        pool: Pool,
        client: Client,
        user: User,
        source: str,
        *,
        refreshed: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """AuthenticationResult. `source`: how it came to it, such as `TokenGeneration_Authentication`."""
        now = int(self._setting.clock.now.timestamp())
        origin = self._setting.new_uuid("cognito.tokens")
        shared = {
            "sub": user.sub,
            **({"cognito:groups": list(user.groups)} if user.groups else {}),
            "iss": pool.issuer,
            "origin_jti": origin,
            "event_id": self._setting.new_uuid("cognito.tokens"),
            "auth_time": now,
            "iat": now,
        }
        identity = {
            **shared,
            "cognito:username": user.name,
            **{name: _claim(name, value) for name, value in user.attributes.items()},
            "aud": client.id,
            "token_use": "id",
            "exp": now + client.seconds["Id"],
            "jti": self._setting.new_uuid("cognito.tokens"),
        }
        access = {
            **shared,
            "client_id": client.id,
            "token_use": "access",
            "scope": "aws.cognito.signin.user.admin",
            "exp": now + client.seconds["Access"],
            "jti": self._setting.new_uuid("cognito.tokens"),
            "username": user.name,
        }
        self._asked_about_claims(pool, client, user, source, identity, access, metadata)
        result: dict[str, Any] = {
            "AccessToken": pool.signer.token(access),
            "ExpiresIn": client.seconds["Access"],
            "TokenType": "Bearer",
            "IdToken": pool.signer.token(identity),
        }
        if not refreshed:
            token = f"{self._setting.random('cognito.refresh').getrandbits(512):0128x}"
            self.refreshing[token] = pool.id, client.id, user.name
            result["RefreshToken"] = token
        return result

    def _asked_about_claims(  # noqa: PLR0917 - what the event tells, and both tokens
        self,
        pool: Pool,
        client: Client,
        user: User,
        source: str,
        identity: dict[str, Any],
        access: dict[str, Any],
        metadata: Mapping[str, str] | None,
    ) -> None:
        """What the function that is asked before tokens are made changes in them, in either version."""
        groups = {"groupsToOverride": list(user.groups), "iamRolesToOverride": [], "preferredRole": None}
        second = "PreTokenGenerationConfig" in pool.triggers
        told = {"scopes": access["scope"].split()} if second else {}
        said = self.triggers.ask(
            pool,
            source,
            user,
            client=client.id,
            groupConfiguration=groups,
            clientMetadata=metadata or None,
            **told,
        )
        try:
            _override_both(identity, access, said, second=second)
        except (AttributeError, TypeError, ValueError):
            raise Refused("InvalidLambdaResponseException", "Unrecognizable lambda output") from None


def attributes_of(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Attributes by name, from how calls give them; nobody may say what his sub is."""
    found = {each["Name"]: str(each.get("Value", "")) for each in given}
    if "sub" in found:
        raise Refused("InvalidParameterException", "Cannot modify the non-mutable attribute sub")
    return found


def told(user: User, name: str = "Attributes") -> dict[str, Any]:
    """A user as calls tell one."""
    attributes = [{"Name": "sub", "Value": user.sub}]
    attributes += [{"Name": key, "Value": value} for key, value in user.attributes.items()]
    return {
        "Username": user.name,
        name: attributes,
        "UserCreateDate": user.made,
        "UserLastModifiedDate": user.changed,
        "Enabled": user.enabled,
        "UserStatus": user.status,
    }


def _override_both(
    identity: dict[str, Any], access: dict[str, Any], said: Mapping[str, Any], *, second: bool
) -> None:
    """Change the claims of both tokens as a function's response says, in its second version or its first."""
    if second:
        both = said.get("claimsAndScopeOverrideDetails") or {}
        of_id, of_access = both.get("idTokenGeneration") or {}, both.get("accessTokenGeneration") or {}
        _override(access, of_access)
        gone = of_access.get("scopesToSuppress") or ()
        scopes = [each for each in access["scope"].split() if each not in gone]
        access["scope"] = " ".join([*scopes, *(of_access.get("scopesToAdd") or ())])
    else:
        both = of_id = said.get("claimsOverrideDetails") or {}
    _override(identity, of_id)
    override = (both.get("groupOverrideDetails") or {}).get("groupsToOverride")
    if override is not None:
        for claims in (identity, access):
            claims["cognito:groups"] = list(override)


def _override(claims: dict[str, Any], said: Mapping[str, Any]) -> None:
    changed = said.get("claimsToAddOrOverride") or {}
    claims.update({name: value for name, value in changed.items() if name not in _KEPT})
    for name in said.get("claimsToSuppress") or ():
        if name not in _KEPT:
            claims.pop(name, None)


def _claim(name: str, value: str) -> Any:
    return value == "true" if name.endswith("_verified") else value


def _has(policy: Mapping[str, Any], kind: str, password: str, letters: Iterable[str]) -> bool:
    """Whether a password has letters of a kind, where the policy asks for them; no policy asks for all."""
    asked = is_true(policy.get(f"Require{kind}", not policy))
    return not asked or any(each in letters for each in password)


def _is_case_sensitive(pool: Pool) -> bool:
    configured = pool.properties.get("UsernameConfiguration", {})
    return is_true(configured.get("CaseSensitive", True))


def _masked(to: str) -> str:
    name, at, host = to.partition("@")
    return f"{name[:1]}***@{host[:1]}***" if at else f"+*******{to[-4:]}"

"""Signing up: SignUp, its confirmation by a code, and a password that was forgotten.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SignUp.html,
API_ConfirmSignUp.html, API_ResendConfirmationCode.html, API_ForgotPassword.html and
API_ConfirmForgotPassword.html there;
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html and
user-pool-lambda-post-confirmation.html there. That a user whom the function confirms at once is told to the
one behind PostConfirmation is unconfirmed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cognito.people import People, attributes_of
from scenarios.cloud.cognito.pools import CONFIRMED, UNCONFIRMED, Client, Pool, User
from scenarios.cloud.cognito.triggers import NO_CLIENT
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.setting import Setting


class SignUp:
    """Answers what people do who have no account yet, or no password."""

    def __init__(self, setting: Setting, people: People) -> None:
        self._setting = setting
        self._people = people
        self.answers: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
            "SignUp": self._sign_up,
            "ConfirmSignUp": self._confirm,
            "AdminConfirmSignUp": self._admin_confirm,
            "ResendConfirmationCode": self._resend,
            "ForgotPassword": self._forgot,
            "ConfirmForgotPassword": self._new_password,
        }

    def _sign_up(self, asked: Asked) -> dict[str, Any]:
        people, given = self._people, asked.parameters
        pool, client = people.client(asked)
        name, metadata = str(given["Username"]), given.get("ClientMetadata")
        people.check_secret(client, name, str(given.get("SecretHash", "")))
        config = pool.properties.get("AdminCreateUserConfig", {})
        if is_true(config.get("AllowAdminCreateUserOnly")):
            raise Refused("NotAuthorizedException", "SignUp is not permitted for this user pool")
        people.check_password(pool, str(given.get("Password", "")))
        user = people.new(pool, name, attributes_of(given.get("UserAttributes", ())), UNCONFIRMED)
        user.password = str(given.get("Password", ""))
        said = people.triggers.ask(
            pool,
            "PreSignUp_SignUp",
            None,
            client=client.id,
            name=user.name,
            attributes=user.attributes,
            validationData=attributes_of(given.get("ValidationData", ())) or None,
            clientMetadata=metadata or None,
        )
        verify_what_the_function_says(user, said)
        people.pools.users(pool)[user.name] = user
        answer: dict[str, Any] = {"UserConfirmed": bool(said.get("autoConfirmUser")), "UserSub": user.sub}
        if said.get("autoConfirmUser"):
            user.status = CONFIRMED
            self._confirmed(pool, client.id, user, "ConfirmSignUp", metadata)
            return answer
        details = people.send_code(pool, user, "CustomMessage_SignUp", client=client.id, metadata=metadata)
        return {**answer, **({"CodeDeliveryDetails": details} if details else {})}

    def _confirm(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        pool, client, user = self._user(asked)
        _must_wait(user)
        self._people.check_code(user, str(given["ConfirmationCode"]))
        _verified(pool, user)
        self._is_confirmed(pool, client.id, user, given.get("ClientMetadata"))
        return {}

    def _admin_confirm(self, asked: Asked) -> dict[str, Any]:
        pool = self._people.pool(asked)
        user = self._people.named(pool, str(asked.parameters["Username"]))
        _must_wait(user)
        self._is_confirmed(pool, NO_CLIENT, user, asked.parameters.get("ClientMetadata"))
        return {}

    def _is_confirmed(self, pool: Pool, client: str, user: User, metadata: Any) -> None:
        user.status, user.changed = CONFIRMED, self._setting.clock.now
        self._confirmed(pool, client, user, "ConfirmSignUp", metadata)

    def _confirmed(self, pool: Pool, client: str, user: User, how: str, metadata: Any) -> None:
        self._people.triggers.ask(
            pool,
            f"PostConfirmation_{how}",
            user,
            client=client,
            clientMetadata=metadata or None,
        )

    def _resend(self, asked: Asked) -> dict[str, Any]:
        pool, client, user = self._user(asked)
        if user.status != UNCONFIRMED:
            raise Refused("InvalidParameterException", "User is already confirmed.")
        metadata = asked.parameters.get("ClientMetadata")
        details = self._people.send_code(
            pool, user, "CustomMessage_ResendCode", client=client.id, metadata=metadata
        )
        return {"CodeDeliveryDetails": details} if details else {}

    def _forgot(self, asked: Asked) -> dict[str, Any]:
        pool, client, user = self._user(asked)
        metadata = asked.parameters.get("ClientMetadata")
        details = None
        if any(user.attributes.get(f"{name}_verified") == "true" for name in ("email", "phone_number")):
            details = self._people.send_code(
                pool, user, "CustomMessage_ForgotPassword", client=client.id, metadata=metadata
            )
        if details is None:
            why = (
                "Cannot reset password for the user as there is no registered/verified email or phone_number"
            )
            raise Refused("InvalidParameterException", why)
        return {"CodeDeliveryDetails": details}

    def _new_password(self, asked: Asked) -> dict[str, Any]:
        given = asked.parameters
        pool, client, user = self._user(asked)
        self._people.check_password(pool, str(given["Password"]))
        self._people.check_code(user, str(given["ConfirmationCode"]))
        user.password, user.password_until = str(given["Password"]), None
        user.status, user.changed = CONFIRMED, self._setting.clock.now
        self._confirmed(pool, client.id, user, "ConfirmForgotPassword", given.get("ClientMetadata"))
        return {}

    def _user(self, asked: Asked) -> tuple[Pool, Client, User]:
        given = asked.parameters
        pool, client = self._people.client(asked)
        name = str(given["Username"])
        self._people.check_secret(client, name, str(given.get("SecretHash", "")))
        return pool, client, self._people.named(pool, name)


def verify_what_the_function_says(user: User, said: Mapping[str, Any]) -> None:
    """Addresses that the function behind PreSignUp calls verified are so, if the user has them."""
    for flag, name in (("autoVerifyEmail", "email"), ("autoVerifyPhone", "phone_number")):
        if said.get(flag):
            if name not in user.attributes:
                why = f"Invalid {name} verification by the trigger: the user has no such attribute"
                raise Refused("InvalidLambdaResponseException", why)
            user.attributes[f"{name}_verified"] = "true"


def _must_wait(user: User) -> None:
    """Refuse to confirm a user who is confirmed already, or whom nobody has to confirm."""
    if user.status != UNCONFIRMED:
        why = f"User cannot be confirmed. Current status is {user.status}"
        raise Refused("NotAuthorizedException", why)


def _verified(pool: Pool, user: User) -> None:
    """Who knows the code that was sent to an address has it."""
    for name in ("email", "phone_number"):
        if name in user.attributes and name in pool.properties.get("AutoVerifiedAttributes", ()):
            user.attributes[f"{name}_verified"] = "true"
            return

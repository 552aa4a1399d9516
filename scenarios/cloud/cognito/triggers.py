"""The functions that a user pool asks before and after something happens to a user.

Cognito waits five seconds for a function, and tries three times; what it returns is the event with its
`response` filled in. A function that raises refuses what the user wants.

Source:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
(the order, the events, the timeout); unconfirmed are the words where no answer comes in time
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.cognito.pools import Pool, User
from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.invocations import Invocation
from scenarios.cloud.functions.service import Functions, may_invoke
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

NO_CLIENT: Final = "CLIENT_ID_NOT_APPLICABLE"  # of what administrators do
_SERVICE: Final = "cognito-idp.amazonaws.com"
_PATIENCE_SECONDS: Final = 5
_ATTEMPTS: Final = 3
_NEVER_HERE: Final = "aws-sdk-unknown-unknown"
# The name of a trigger as Cognito's errors have it, by that of its source.
_NAMES: Final[Mapping[str, str]] = {
    "PreSignUp": "PreSignUp",
    "PostConfirmation": "PostConfirmation",
    "PreAuthentication": "PreAuthentication",
    "PostAuthentication": "PostAuthentication",
    "CustomMessage": "CustomMessage",
    "TokenGeneration": "PreTokenGeneration",
}


class Triggers:
    """Asks functions for every pool of a world."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def ask(
        self,
        pool: Pool,
        source: str,
        user: User | None,
        *,
        client: str = NO_CLIENT,
        name: str = "",
        **request: Any,
    ) -> Mapping[str, Any]:
        """The response of the function behind a source, such as `PreSignUp_SignUp`; {} where there is none.

        `request`: what the event tells beside the user's attributes; `name`: of a user who isn't there yet.
        Raises Refused for what the function refuses, and where it can't be asked.
        """
        trigger = _NAMES[source.partition("_")[0]]
        function, version = _function(pool, trigger)
        if not function:
            return {}
        attributes = {**self._attributes(user), **request.pop("attributes", {})}
        event = {
            "version": version,
            "triggerSource": source,
            "region": pool.region,
            "userPoolId": pool.id,
            "userName": user.name if user is not None else name,
            "callerContext": {"awsSdkVersion": _NEVER_HERE, "clientId": client},
            "request": {"userAttributes": attributes, **request},
            "response": _EMPTY.get(source.partition("_")[0], {}),
        }
        return self._answer(pool, trigger, function, event)

    @staticmethod
    def _attributes(user: User | None) -> dict[str, str]:
        if user is None:
            return {}
        status = {"cognito:user_status": user.status}
        return {"sub": user.sub, **status, **user.attributes}

    def _answer(self, pool: Pool, trigger: str, function: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        setting = self._setting
        model = standing(pool.account, function)
        allowed = may_invoke(setting, _SERVICE, function, pool.arn)
        if model is None or not allowed:
            why = "ResourceNotFoundException" if model is None else "AccessDeniedException"
            raise _could_not(trigger, why)
        if has_no_concurrency(model):
            throttled(setting, function)
            raise _could_not(trigger, "TooManyRequestsException")
        for attempt in range(1, _ATTEMPTS + 1):
            began = setting.clock.now
            result = setting.laws[Functions].answer_to_service(
                Invocation(
                    arn=function,
                    event=json.loads(json.dumps(event)),  # the handler gets a copy
                    request_id=setting.new_uuid("lambda.request"),
                    accepted=began,
                    attempts=attempt,
                    number=setting.laws[Functions].next_number(),
                    waited_for=True,
                )
            )
            if (setting.clock.now - began).total_seconds() < _PATIENCE_SECONDS:
                break
        else:
            raise _could_not(trigger, "a timeout")
        if result.error is not None:
            said = str(result.error.get("errorMessage", ""))
            raise Refused("UserLambdaValidationException", f"{trigger} failed with error {said}.")
        if not isinstance(result.payload, dict) or not isinstance(result.payload.get("response"), dict):
            raise Refused("InvalidLambdaResponseException", "Unrecognizable lambda output")
        response: Mapping[str, Any] = result.payload["response"]
        return response


_EMPTY: Final[Mapping[str, Mapping[str, Any]]] = {
    "PreSignUp": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    "CustomMessage": {"smsMessage": None, "emailMessage": None, "emailSubject": None},
    "TokenGeneration": {"claimsOverrideDetails": None},
}


def _function(pool: Pool, trigger: str) -> tuple[str, str]:
    """The function of a trigger, "" for none, and the version of its event."""
    config = pool.triggers.get("PreTokenGenerationConfig", {})
    if trigger == "PreTokenGeneration" and config:
        return str(config["LambdaArn"]), config["LambdaVersion"][1]
    return str(pool.triggers.get(trigger, "")), "1"


def _could_not(trigger: str, why: str) -> Refused:
    return Refused("UnexpectedLambdaException", f"{trigger} invocation failed due to error {why}.")

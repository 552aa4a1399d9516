"""STS GetCallerIdentity: returns the caller's ARN, as CloudTrail records name it.

moto returns another identity, so a function could not recognise its own calls when they come back as events.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudtrail.records.user_identity import principal_id
from scenarios.cloud.setting import Setting


class WhoAmI:
    """Answers for every identity of the account."""

    def __init__(self, setting: Setting) -> None:
        setting.calls.answer("sts", "GetCallerIdentity", self._answer)

    def _answer(self, asked: Asked) -> dict[str, Any]:
        caller = asked.caller
        return {"UserId": principal_id(caller), "Account": caller.account, "Arn": caller.arn}

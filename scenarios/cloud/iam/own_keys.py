"""Who names no user makes and lists their own access keys; moto looks for the signing key among its own.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
"""

from typing import Any

from botocore import xform_name

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel.caller import CallerKind
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

_OPERATIONS = ("CreateAccessKey", "ListAccessKeys")


class OwnKeys:
    """Has moto asked about the caller where a call names no user."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        for operation in _OPERATIONS:
            setting.calls.answer("iam", operation, self._of_whom)

    def _of_whom(self, asked: Asked) -> dict[str, Any]:
        named = dict(asked.parameters)
        if not named.get("UserName"):
            if asked.caller.kind is CallerKind.ROOT:
                raise NotSimulated("iam", f"{asked.operation}: access keys of the root user")
            if asked.caller.kind is not CallerKind.IAM_USER:
                raise Refused(
                    "ValidationError", "Must specify userName when calling with non-User credentials"
                )
            named["UserName"] = asked.caller.name
        iam = self._setting.session.client("iam", region_name=asked.region)
        answer: dict[str, Any] = getattr(iam, xform_name(asked.operation))(**named)
        return answer

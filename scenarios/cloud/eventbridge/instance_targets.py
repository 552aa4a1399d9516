"""The targets that act on EC2 without a function: stop, reboot or terminate an instance, make a snapshot.

The target's input is the id of the instance or of the volume, as a JSON text. EventBridge makes the call
under the target's role: IAM judges it by that role, and CloudTrail records it so. EC2's error ends it.

Sources: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html,
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudWatchEventsBuiltInTargetExecutionAccess.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-manage-iam-access.html (the ARNs)
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.api_calls import call
from scenarios.cloud.eventbridge.failures import Failure
from scenarios.cloud.kernel.caller import session_on
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.setting import Setting

SERVICE: Final = "events.amazonaws.com"
ACTIONS: Final[Mapping[str, str]] = {
    "create-snapshot": "CreateSnapshot",
    "reboot-instance": "RebootInstances",
    "stop-instance": "StopInstances",
    "terminate-instance": "TerminateInstances",
}
_DENIED: Final = frozenset({"UnauthorizedOperation", "AccessDenied"})


class InstanceTargets:
    """Makes the calls of these targets."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def act(self, rule: Any, target: Mapping[str, Any], text: str) -> Failure | None:
        """Make the call that a target stands for; `text` is its input."""
        action = target["Arn"].rpartition("target/")[2]
        if action not in ACTIONS:
            raise NotSimulated("events", f"the target {target['Arn']}")
        identity, role = self._setting.identity, str(target.get("RoleArn", ""))
        context = {"aws:SourceArn": rule.arn, "aws:SourceAccount": self._setting.account}
        if not role or not identity.service_may(SERVICE, "sts:AssumeRole", role, context).allowed:
            return Failure(code="FAILED_TO_ASSUME_ROLE", message=f"{rule.name} may not assume {role}")
        about = _id_in(text)
        if not about:
            return Failure(code="INVALID_JSON", message=f"{rule.name} gives {action} no id: {text}")
        return self._call(rule, role, action, about)

    def _call(self, rule: Any, role: str, action: str, about: str) -> Failure | None:
        session = self._setting.new_uuid("events.session").replace("-", "")
        caller = session_on(role, session).on_service_role(SERVICE)
        given = {"VolumeId": about} if action == "create-snapshot" else {"InstanceIds": [about]}
        try:
            call(self._setting, caller, operation_model("ec2", ACTIONS[action]), rule.region_name, given)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            words = f"{rule.name} could not {action} {about}: {code}"
            return Failure(code="NO_PERMISSIONS" if code in _DENIED else "SDK_CLIENT_ERROR", message=words)
        except ParamValidationError as error:
            return Failure(code="SDK_CLIENT_ERROR", message=f"{rule.name}: {error}")
        self._setting.note("delivered", f"{rule.name} acts: {action} {about}")
        return None


def _id_in(text: str) -> str:
    """An id, or the last part of an ARN; "" for anything else."""
    try:
        given = json.loads(text)
    except ValueError:
        return ""
    return given.rpartition("/")[2] if isinstance(given, str) else ""

"""What an alarm does to an instance: stop, terminate, reboot or recover it, under a service-linked role.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from scenarios.cloud.cloudwatch.alarms.actions import ec2_action
from scenarios.cloud.ec2.instances import Instances
from scenarios.cloud.ec2.machine import Machine
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

ROLE, PRINCIPAL = "AWSServiceRoleForCloudWatchEvents", "events.amazonaws.com"

_OPERATIONS = {
    "stop": "StopInstances",
    "terminate": "TerminateInstances",
    "reboot": "RebootInstances",
    "recover": "",  # no API call, and no record
}
# The states in which EC2 refuses the action. Unconfirmed: an alarm's attempt then fails as a direct call
# does, and leaves no record.
_TOO_LATE = {
    "stop": {"shutting-down", "terminated"},
    "terminate": set[str](),
    "reboot": {"pending", "stopping", "stopped", "shutting-down", "terminated"},
    "recover": {"pending", "stopping", "stopped", "shutting-down", "terminated"},
}


class AlarmActions:
    """Carries out what alarms do to instances."""

    def __init__(self, setting: Setting, instances: Instances) -> None:
        self._setting = setting
        self._instances = instances

    def act(self, alarm: Any, action: str) -> str | None:
        """Do it; returns EC2's error code where the instance's state does not allow it."""
        name = ec2_action(action)
        if not name:
            raise NotSimulated("cloudwatch", f"the alarm action {action} of {alarm.name}")
        instance = next((each.value for each in alarm.dimensions if each.name == "InstanceId"), "")
        machine = self._instances.machine(instance)
        carry_out: Mapping[str, Callable[[Machine], object]] = {
            "stop": self._instances.stop,
            "terminate": self._instances.terminate,
            "reboot": self._instances.reboot,
            "recover": self._instances.recover,
        }
        if self._instances.state(machine) in _TOO_LATE[name]:
            return "IncorrectInstanceState"
        self._setting.note("alarm", f"{alarm.name} acts: {name} {instance}")
        if operation := _OPERATIONS[name]:
            self._setting.calls.under_role(
                self._role(), "ec2", operation, {"InstanceIds": [instance]}, region=machine.region
            )
        carry_out[name](machine)
        return None

    def _role(self) -> Caller:
        account = self._setting.account
        return Caller(
            kind=CallerKind.ASSUMED_ROLE,
            account=account,
            arn=f"arn:aws:sts::{account}:assumed-role/{ROLE}/InstanceActions",
            name=ROLE,
            source_ip=PRINCIPAL,
            user_agent=PRINCIPAL,
        )

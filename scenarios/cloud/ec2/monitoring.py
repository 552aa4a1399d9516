"""Detailed monitoring, switched on and off, which moto leaves out.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_MonitorInstances.html
"""

from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

# What the call answers, while it is under way, and what the instance has then.
_STATES: Final = {
    "MonitorInstances": ("pending", "enabled"),
    "UnmonitorInstances": ("disabling", "disabled"),
}


def register(setting: Setting) -> None:
    """Answer both calls."""

    def switch(asked: Asked) -> dict[str, Any]:
        told, state = _STATES[asked.operation]
        instances = [_instance(asked, each) for each in asked.parameters["InstanceIds"]]
        for each in instances:
            each.monitoring_state = state
        shown = [{"InstanceId": each.id, "Monitoring": {"State": told}} for each in instances]
        return {"InstanceMonitorings": shown}

    for operation in _STATES:
        setting.calls.answer("ec2", operation, switch)


def _instance(asked: Asked, identity: str) -> Any:
    reservations = moto_state.backend("ec2", asked.caller.account, asked.region).reservations.values()
    found = (each for reservation in reservations for each in reservation.instances if each.id == identity)
    instance = next(found, None)
    if instance is None:
        raise Refused("InvalidInstanceID.NotFound", f"The instance ID '{identity}' does not exist")
    return instance

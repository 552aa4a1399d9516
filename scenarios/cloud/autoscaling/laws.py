"""Registers the laws of EC2 Auto Scaling: instances come and go in time, and hooks hold them."""

from scenarios.cloud.autoscaling.groups import Groups
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Auto Scaling, behind those of EC2 and CloudWatch."""
    groups = setting.laws.add(Groups(setting))
    setting.laws.when_entered(groups.start)
    setting.laws.when_stacks_change(groups.know)

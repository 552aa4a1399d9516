"""Registers the laws of CloudWatch: how it behaves beyond what moto does."""

from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of CloudWatch."""
    cloudwatch = setting.laws.add(CloudWatch(setting))
    setting.laws.when_entered(cloudwatch.start)

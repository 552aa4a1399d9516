"""Registers the laws of CloudFormation: how it behaves beyond what moto does."""

from scenarios.cloud.cloudformation.described import DescribedStacks
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of CloudFormation."""
    setting.laws.when_entered(DescribedStacks(setting).start)

"""Registers the laws of SNS: how it behaves beyond what moto does."""

from scenarios.cloud.setting import Setting
from scenarios.cloud.sns.topics import Topics


def register(setting: Setting) -> None:
    """The laws of SNS."""
    setting.laws.add(Topics(setting))

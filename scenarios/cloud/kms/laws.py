"""Registers the laws of KMS: how it behaves beyond what moto does."""

from scenarios.cloud.kms.deletion import Deletions
from scenarios.cloud.kms.lockout import LockoutCheck
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of KMS."""
    setting.laws.add(Deletions(setting))
    LockoutCheck(setting)

"""Registers the laws of Secrets Manager: rotation by functions, which moto does another way."""

from scenarios.cloud.secretsmanager.rotation import Rotations
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Secrets Manager."""
    setting.laws.when_stacks_change(setting.laws.add(Rotations(setting)).know)

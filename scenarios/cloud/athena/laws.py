"""Registers the laws of Athena: queries, their states and their answers."""

from scenarios.cloud.athena.executions import Executions
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Athena."""
    setting.laws.add(Executions(setting))

"""Registers the laws of Observability Access Manager."""

from scenarios.cloud.oam.links import Links
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """Sinks and links of every account."""
    setting.laws.add(Links(setting))

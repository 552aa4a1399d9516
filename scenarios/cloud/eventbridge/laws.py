"""Registers the laws of EventBridge: how it behaves beyond what moto does."""

from scenarios.cloud.eventbridge.bus import EventBridge
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of EventBridge."""
    eventbridge = setting.laws.add(EventBridge(setting))
    setting.laws.when_entered(eventbridge.start)

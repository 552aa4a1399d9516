"""Registers the laws of AWS IoT: what rules do with messages."""

from scenarios.cloud.iot.broker import Broker
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of AWS IoT."""
    setting.laws.add(Broker(setting))

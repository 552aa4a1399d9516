"""Registers the laws of Kinesis: how it behaves beyond what moto does."""

from scenarios.cloud.kinesis.streams import Streams
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Kinesis."""
    setting.laws.add(Streams(setting))

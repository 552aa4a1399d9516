"""Registers the laws of Kinesis and Firehose: how they behave beyond what moto does."""

from scenarios.cloud.kinesis.streams import Streams
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Kinesis and Firehose."""
    setting.laws.add(Streams(setting))

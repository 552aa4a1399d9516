"""Which laws Kinesis and Firehose has."""

from scenarios.cloud.kinesis.streams import Streams
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Kinesis and Firehose."""
    setting.laws.add(Streams(setting))

"""Registers the laws of Data Firehose: how it behaves beyond what moto does."""

from scenarios.cloud.firehose.streams import DeliveryStreams
from scenarios.cloud.firehose.transforming import Transforming
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.kinesis.streams import Streams
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Data Firehose, which reads Kinesis streams and has functions transform records."""
    transforming = Transforming(setting, setting.laws[Functions])
    setting.laws.add(DeliveryStreams(setting, setting.laws[Streams], transforming))

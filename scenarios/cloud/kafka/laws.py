"""Registers the laws of Amazon MSK: what lies in topics."""

from scenarios.cloud.kafka.topics import KafkaTopics
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of Kafka."""
    setting.laws.add(KafkaTopics(setting))

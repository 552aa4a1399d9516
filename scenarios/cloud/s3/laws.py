"""Registers the laws of S3: how it behaves beyond what moto does."""

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.s3.abac import AttributeBasedAccess
from scenarios.cloud.s3.events import Storage
from scenarios.cloud.s3.reading import Reading
from scenarios.cloud.s3.storage_metrics import StorageMetrics
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of S3."""
    storage = setting.laws.add(Storage(setting))
    setting.laws.when_entered(storage.start)
    setting.laws.when_entered(StorageMetrics(setting).start)
    AttributeBasedAccess(setting)
    Reading(setting)
    setting.calls.check("s3", "PutBucketLogging", _must_not_log)


def _must_not_log(asked: Asked) -> None:
    """No log would ever come, and nobody would notice."""
    if asked.parameters["BucketLoggingStatus"].get("LoggingEnabled"):
        raise NotSimulated("s3", "server access logs of a bucket")

"""Registers the laws of S3: how it behaves beyond what moto does."""

from scenarios.cloud.s3.abac import AttributeBasedAccess
from scenarios.cloud.s3.access_logs import AccessLogs
from scenarios.cloud.s3.events import Storage
from scenarios.cloud.s3.reading import Reading
from scenarios.cloud.s3.storage_metrics import StorageMetrics
from scenarios.cloud.s3.strangers import Strangers
from scenarios.cloud.setting import Setting


def register(setting: Setting) -> None:
    """The laws of S3."""
    storage = setting.laws.add(Storage(setting))
    setting.laws.when_entered(storage.start)
    setting.laws.when_entered(StorageMetrics(setting).start)
    AttributeBasedAccess(setting)
    Reading(setting)
    setting.laws.add(Strangers(setting, setting.laws.add(AccessLogs(setting))))

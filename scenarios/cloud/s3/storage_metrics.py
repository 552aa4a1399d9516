"""The metrics that S3 emits once a day of what lies in each bucket.

Metrics of requests, which a bucket has to be configured for, are not simulated. AWS tells the day's figures
some time later; here they come with the midnight (UTC) that they are of.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from scenarios.cloud.kernel import moto_s3
from scenarios.cloud.kernel.emitted import EmittedMetrics
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

NAMESPACE: Final = "AWS/S3"
METRICS = (
    EmittedMetrics(
        namespace=NAMESPACE,
        units={"BucketSizeBytes": "Bytes", "NumberOfObjects": "Count"},
        dimensions=(("BucketName", "StorageType"),),
    ),
)
_STORAGE_TYPES: Final = {
    "STANDARD": "StandardStorage",
    "STANDARD_IA": "StandardIAStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
    "GLACIER_IR": "GlacierIRStorage",
    "GLACIER": "GlacierStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
}
_DAY: Final = timedelta(days=1)


class StorageMetrics:
    """Weighs every bucket at midnight."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def start(self, _: Sequence[Stack]) -> None:
        """Weigh for the first time at the next midnight."""
        self._next()

    def _next(self) -> None:
        today = self._setting.clock.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._setting.clock.at(today + _DAY, self._weigh, "buckets are weighed")

    def _weigh(self) -> None:
        for bucket in moto_s3.buckets(self._setting.account):
            self._weigh_one(bucket)
        self._next()

    def _weigh_one(self, bucket: Any) -> None:
        versions = list(_objects(bucket))
        sizes: Counter[str] = Counter()
        for each in versions:
            sizes[_STORAGE_TYPES[each.storage_class]] += each.size
        for kind, size in sizes.items():
            self._measure(bucket, "BucketSizeBytes", size, kind)
        if versions:
            self._measure(bucket, "NumberOfObjects", len(versions), "AllStorageTypes")

    def _measure(self, bucket: Any, metric: str, value: float, kind: str) -> None:
        dimensions = {"BucketName": bucket.name, "StorageType": kind}
        self._setting.measured(bucket.region_name, NAMESPACE, {metric: value}, dimensions)


def _objects(bucket: Any) -> Iterator[Any]:
    """Every version of every object; a delete marker is none."""
    for key in bucket.keys:
        for version in bucket.keys.getlist(key):
            if not moto_s3.is_delete_marker(version):
                yield version

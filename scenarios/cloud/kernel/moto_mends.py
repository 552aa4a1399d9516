"""What moto gets wrong in the state it keeps, put right: versions, locks, a trail's topic, log filters.

`moto_hooks` puts these in moto's place while a world lasts. Each is held by a test, here or there:
`test_object_lock`, `test_trail_delivery`, `test_moto_hooks`, `test_log_subscriptions` and others.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersionSuspendedBuckets.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import moto.cloudtrail.models as cloudtrail_models
import moto.cloudwatch.responses as cloudwatch_responses
import moto.logs.metric_filters as metric_filters_models
import moto.logs.models as logs_models
import moto.logs.responses as logs_responses
import moto.s3.models as s3_models
from moto.core import base_backend

_put_object = s3_models.S3Backend.put_object
_delete_object = s3_models.S3Backend.delete_object


@contextmanager
def _as_versioned(bucket: Any) -> Iterator[None]:
    """Let moto keep what a bucket's suspended versioning keeps."""
    status, bucket.versioning_status = bucket.versioning_status, "Enabled"
    try:
        yield
    finally:
        bucket.versioning_status = status


def _renamed_null(bucket: Any, key: str) -> None:
    """The version just added is the null version, and the null version that was there is gone."""
    *before, added = bucket.keys.getlist(key)
    added._version_id = "null"  # noqa: SLF001 - its property has no setter
    bucket.keys.setlist(key, [*(each for each in before if each.version_id != "null"), added])


def _put_with_default_lock(backend: Any, bucket_name: str, key_name: str, *args: Any, **more: Any) -> Any:
    """Put an object; moto forgets what a suspended bucket keeps, and the default lock of copies and parts."""
    bucket = backend.get_bucket(bucket_name)
    if bucket.object_lock_enabled and bucket.default_lock_mode and not more.get("lock_mode"):
        more |= {"lock_mode": bucket.default_lock_mode, "lock_until": bucket.default_retention()}
    if bucket.versioning_status != "Suspended":
        return _put_object(backend, bucket_name, key_name, *args, **more)
    with _as_versioned(bucket):
        added = _put_object(backend, bucket_name, key_name, *args, **more)
    _renamed_null(bucket, key_name)
    return added


def _delete_suspended(
    backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: Any = None
) -> Any:
    """Delete an object; in a suspended bucket moto would delete every version."""
    bucket = backend.get_bucket(bucket_name)
    if bucket.versioning_status != "Suspended":
        return _delete_object(backend, bucket_name, key_name, version_id, bypass)
    with _as_versioned(bucket):
        answer = _delete_object(backend, bucket_name, key_name, version_id, bypass)
    if version_id is None and answer[0]:
        _renamed_null(bucket, key_name)
        answer[1]["version-id"] = "null"
    return answer


def _topic_arn(trail: Any) -> str | None:
    """The ARN of a trail's topic; moto takes every name for a bare one."""
    named = trail.sns_topic_name
    if not named or named.startswith("arn:"):
        return named or None
    return f"arn:aws:sns:{trail.region_name}:{trail.account_id}:{named}"


def _configure_lock(backend: Any, bucket_name: str, lock_enabled: Any, *default: Any) -> None:
    """Configure a bucket's object lock; moto takes none for a bucket that has objects, as AWS once did."""
    bucket = backend.get_bucket(bucket_name)
    if not bucket.is_versioned:
        raise s3_models.InvalidBucketState(
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = default


_describe_trail = cloudtrail_models.Trail.description


def _described_trail(trail: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Describe a trail; moto would say of every one that nobody chose its events."""
    custom = bool(trail.event_selectors or trail.advanced_event_selectors)
    insights = {"HasInsightSelectors": bool(trail.insight_selectors)}
    return {**_describe_trail(trail, *args, **kwargs), "HasCustomEventSelectors": custom, **insights}


def _put_composite_alarm(response: Any) -> Any:
    """Keep a composite alarm among the others; moto's own put was written with that in mind."""
    answer = response.put_metric_alarm()
    alarm = response.cloudwatch_backend.alarms[response._get_param("AlarmName")]  # noqa: SLF001 - as its own methods do
    alarm.actions_suppressor = response._get_param("ActionsSuppressor") or ""  # noqa: SLF001 - likewise
    for period in ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", period).lower()
        setattr(alarm, name, int(response._get_param(period) or 0))  # noqa: SLF001 - likewise
    return answer


_add_metric_filter = metric_filters_models.MetricFilters.add_filter
_delete_log_group = logs_models.LogsBackend.delete_log_group
_subscribe = logs_models.LogsBackend.put_subscription_filter
_answer_subscribe = logs_responses.LogsResponse.put_subscription_filter
_describe_subscription = logs_models.SubscriptionFilter.to_json


def _replaced_metric_filter(filters: Any, name: str, pattern: str, group: str, transformations: Any) -> None:
    """Put a metric filter; moto would keep the one of that name beside it."""
    filters.delete_filter(name, group)
    _add_metric_filter(filters, name, pattern, group, transformations)


def _delete_group_and_filters(backend: Any, log_group_name: str) -> None:
    """Delete a log group; moto would hand its metric filters on to the next of that name."""
    _delete_log_group(backend, log_group_name)
    kept = backend.filters.metric_filters
    kept[:] = [each for each in kept if each["logGroupName"] != log_group_name]


def _subscribed(backend: Any, group_name: str, name: str, *what: str) -> None:
    """Put a subscription filter; moto knows no logical destinations, and takes no change of a second one.

    `what`: pattern, destination and role.
    """
    group = backend.groups.get(group_name)
    known = group.subscription_filters.get(name) if group is not None else None
    if known is not None:
        known.update(*what)
    elif group is not None and ":destination:" in what[1]:
        group.put_subscription_filter(name, *what)
    else:
        _subscribe(backend, group_name, name, *what)


def _subscribed_with_distribution(response: Any) -> Any:
    """Put a subscription filter as it was asked for; moto forgets the distribution."""
    answer = _answer_subscribe(response)
    asked = response._get_param  # noqa: SLF001 - as its own methods do
    group = response.logs_backend.groups[asked("logGroupName")]
    group.subscription_filters[asked("filterName")].distribution = asked("distribution") or "ByLogStream"
    return answer


def _described_subscription(subscription: Any) -> dict[str, Any]:
    return {**_describe_subscription(subscription), "distribution": subscription.distribution}


@cache
def _regions_of(service: str) -> list[str]:
    """Every region that a service has, of every partition."""
    session = base_backend.AccountSpecificBackend.get_session()
    return [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions(service, partition_name=partition)
    ]


def _generate_regions(_backends: Any, service_name: str) -> list[str]:
    """The regions of a service; moto looks them up anew for every account, and so keeps its state alive."""
    return _regions_of(service_name)


MENDED: tuple[tuple[Any, str, Any], ...] = (
    (cloudwatch_responses.CloudWatchResponse, "put_composite_alarm", _put_composite_alarm),
    (base_backend.AccountSpecificBackend, "_generate_regions", _generate_regions),
    (metric_filters_models.MetricFilters, "add_filter", _replaced_metric_filter),
    (logs_models.LogsBackend, "delete_log_group", _delete_group_and_filters),
    (logs_models.LogsBackend, "put_subscription_filter", _subscribed),
    (logs_responses.LogsResponse, "put_subscription_filter", _subscribed_with_distribution),
    (logs_models.SubscriptionFilter, "to_json", _described_subscription),
    (logs_models.SubscriptionFilter, "distribution", "ByLogStream"),
    (cloudtrail_models.Trail, "topic_arn", property(_topic_arn)),
    (cloudtrail_models.Trail, "description", _described_trail),
    # Moto would ask a checksum of copies, tags and retentions too; the default lock is put on below.
    (s3_models.FakeBucket, "has_default_lock", False),
    (s3_models.S3Backend, "put_object", _put_with_default_lock),
    (s3_models.S3Backend, "delete_object", _delete_suspended),
    (s3_models.S3Backend, "put_object_lock_configuration", _configure_lock),
)
"""Owner, name, and what stands there instead."""

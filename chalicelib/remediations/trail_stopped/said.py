"""What a call set, as its own record says it: for settings that we are not allowed to look at. Pure.

CloudTrail's records hold a call's parameters, in the names of each service: CloudTrail's own begin small,
S3's stand under the name of the document. What is left out, or has another shape than S3's usual ones, stays
unknown.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.remediation import Severity
from chalicelib.trail.description import canonical
from chalicelib.trail.settings.settings import Difference, TrailSettings

# UpdateTrail's parameters as records name them.
_OF_THE_TRAIL = {
    "s3BucketName": "bucket",
    "s3KeyPrefix": "prefix",
    "isMultiRegionTrail": "multi_region",
    "includeGlobalServiceEvents": "global_events",
    "enableLogFileValidation": "validating",
    "cloudWatchLogsLogGroupArn": "log_group",
    "cloudWatchLogsRoleArn": "log_role",
    "kmsKeyId": "kms_key",
    "snsTopicName": "topic",
}
_TEXTS = ("bucket", "prefix", "log_group", "log_role", "kms_key")
Parameters = Mapping[str, Any]


def said_by(event: ApiCallEvent) -> TrailSettings:
    """The settings that the call made; nothing of a call that failed."""
    read = _SAID.get(event.name)
    return read(event.parameters) if read and not event.failed else TrailSettings()


def named_by(event: ApiCallEvent) -> tuple[str, ...]:
    """The settings of the trail that UpdateTrail names, with any values."""
    return tuple(field for name, field in _OF_THE_TRAIL.items() if name in event.parameters)


def blinded_by(event: ApiCallEvent, good: TrailSettings) -> tuple[Difference, ...]:
    """The bucket's policy, where this call wrote another one: it may be what denies us to look.

    It takes nothing away, so it is not weaker by itself.
    """
    policy = said_by(event).policy
    if policy is None or good.policy is None or policy == good.policy:
        return ()
    return (
        Difference(
            field="policy",
            before=good.policy,
            now=policy,
            severity=Severity.HIGH,
            label="Bucket policy",
            was="as it was",
            became="another, and we may not look any more",
        ),
    )


def _trail(parameters: Parameters) -> TrailSettings:
    given = {field: parameters[name] for name, field in _OF_THE_TRAIL.items() if name in parameters}
    # Of the topic a record has the name, and not the ARN that we hold it against.
    texts = {field: value for field, value in given.items() if field in _TEXTS and isinstance(value, str)}
    switches = {field: value for field, value in given.items() if isinstance(value, bool)}
    return TrailSettings(**texts, **switches)  # type: ignore[arg-type]  # of fields' own types


def _policy(parameters: Parameters) -> TrailSettings:
    policy = parameters.get("bucketPolicy")
    return TrailSettings(policy=canonical(policy)) if isinstance(policy, dict) else TrailSettings()


def _versioning(parameters: Parameters) -> TrailSettings:
    made = parameters.get("VersioningConfiguration")
    status = made.get("Status") if isinstance(made, dict) else None
    return TrailSettings(versioning=status) if isinstance(status, str) else TrailSettings()


def _retention(parameters: Parameters) -> TrailSettings:
    days = parameters.get("retentionInDays")
    return TrailSettings(retention=days) if isinstance(days, int) else TrailSettings()


def _always(said: TrailSettings) -> Callable[[Parameters], TrailSettings]:
    return lambda _: said


_SAID: Mapping[str, Callable[[Parameters], TrailSettings]] = {
    "StopLogging": _always(TrailSettings(logging=False)),
    "DeleteTrail": _always(TrailSettings(trail=False, logging=False)),
    "UpdateTrail": _trail,
    "PutBucketPolicy": _policy,
    "DeleteBucketPolicy": _always(TrailSettings(policy="")),
    "PutBucketVersioning": _versioning,
    "DeleteBucketLifecycle": _always(TrailSettings(lifecycle="")),
    "DeleteBucketPublicAccessBlock": _always(TrailSettings(public_access="")),
    "DeleteBucketEncryption": _always(TrailSettings(encryption="")),
    "DeleteBucket": _always(TrailSettings(bucket_there=False)),
    "DeleteLogGroup": _always(TrailSettings(group_there=False)),
    "PutRetentionPolicy": _retention,
}

"""Reading what a trail, its bucket and its log group are set to. Reads only.

What AWS says isn't there is a setting that is not made; what it doesn't let us see stays unknown and is told.
Throttling rises, because the whole look can be tried again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import Aws
from chalicelib.errors import Throttled, foreseen
from chalicelib.trail.settings.settings import TrailSettings, canonical

_NOT_MADE = (
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
)

Part = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is looked at. `bucket` is "" where it isn't ours to look at, as in another account's archive."""

    trail_arn: str
    bucket: str
    log_group: str

    @property
    def region(self) -> str:
        """The trail's home region."""
        return self.trail_arn.split(":")[3]

    @property
    def account(self) -> str:
        """The trail's account."""
        return self.trail_arn.split(":")[4]

    @property
    def trail_name(self) -> str:
        """The trail's name."""
        return self.trail_arn.rpartition("/")[2]


@dataclass(slots=True)
class _Reading:
    """What was found so far, and what could not be looked at."""

    found: dict[str, Any] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)

    def read(self, part: Part) -> str:
        """Take in what a part tells; returns the error code where AWS had one."""
        try:
            self.found |= part()
        except ClientError as error:
            known = foreseen(error)
            if isinstance(known, Throttled):
                raise known from error
            code = str(error.response["Error"]["Code"])
            if code not in (*_NOT_MADE, "NoSuchBucket", "TrailNotFoundException"):
                self.untold.append(str(known))
            return code
        except BotoCoreError as error:
            self.untold.append(str(error))
            return type(error).__name__
        return ""


def read_settings(aws: Aws, place: Place) -> tuple[TrailSettings, tuple[str, ...]]:
    """What the trail is set to now, and a sentence for each thing that could not be looked at.

    Raises Throttled.
    """
    reading = _Reading()
    _read_trail(reading, aws.client("cloudtrail", place.region), place.trail_arn)
    if place.bucket:
        _read_bucket(reading, aws.client("s3", place.region), place.bucket)
    reading.read(lambda: _group(aws.client("logs", place.region), place.log_group))
    return TrailSettings(**reading.found), tuple(reading.untold)


def _read_trail(reading: _Reading, cloudtrail: Any, arn: str) -> None:
    if reading.read(lambda: _trail(cloudtrail.get_trail(Name=arn)["Trail"])) == "TrailNotFoundException":
        reading.found["trail"] = False
    if not reading.found.get("trail"):
        return
    reading.read(lambda: {"logging": bool(cloudtrail.get_trail_status(Name=arn).get("IsLogging"))})
    reading.read(lambda: {"selectors": _selectors(cloudtrail.get_event_selectors(TrailName=arn))})


def _trail(trail: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "trail": True,
        "bucket": trail.get("S3BucketName") or "",
        "prefix": trail.get("S3KeyPrefix") or "",
        "multi_region": bool(trail.get("IsMultiRegionTrail")),
        "global_events": bool(trail.get("IncludeGlobalServiceEvents")),
        "validating": bool(trail.get("LogFileValidationEnabled")),
        "log_group": trail.get("CloudWatchLogsLogGroupArn") or "",
        "log_role": trail.get("CloudWatchLogsRoleArn") or "",
        "topic": trail.get("SnsTopicARN") or "",
        "kms_key": trail.get("KmsKeyId") or "",
    }


def _selectors(answer: Mapping[str, Any]) -> str:
    return canonical(answer.get("AdvancedEventSelectors") or answer.get("EventSelectors"))


def _read_bucket(reading: _Reading, s3: Any, bucket: str) -> None:
    """One call for each setting; those of a bucket that is gone are not asked for."""
    for name, part in _bucket_parts(s3, bucket):
        code = reading.read(part)
        if code == "NoSuchBucket":
            reading.found["bucket_there"] = False
            return
        if code in _NOT_MADE:
            reading.found[name] = ""
        if not code or code in _NOT_MADE:
            reading.found["bucket_there"] = True


def _bucket_parts(s3: Any, bucket: str) -> Iterator[tuple[str, Part]]:
    def part(
        name: str, ask: Callable[..., Mapping[str, Any]], told: Callable[[Any], str]
    ) -> tuple[str, Part]:
        return name, lambda: {name: told(ask(Bucket=bucket))}

    yield part("versioning", s3.get_bucket_versioning, lambda answer: answer.get("Status", ""))
    yield part("policy", s3.get_bucket_policy, lambda answer: _document(answer["Policy"]))
    yield part("lifecycle", s3.get_bucket_lifecycle_configuration, lambda answer: canonical(answer["Rules"]))
    yield part("notification", s3.get_bucket_notification_configuration, _notification)
    yield part("public_access", s3.get_public_access_block, _inside("PublicAccessBlockConfiguration"))
    yield part("lock", s3.get_object_lock_configuration, _inside("ObjectLockConfiguration"))
    yield part("encryption", s3.get_bucket_encryption, _inside("ServerSideEncryptionConfiguration"))


def _inside(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda answer: canonical(answer[name])


def _document(text: str) -> str:
    """A policy as canonical text, whoever wrote it with which blanks."""
    return canonical(json.loads(text))


def _notification(answer: Mapping[str, Any]) -> str:
    """EventBridge's part of it is an empty mapping, which must not look like nothing."""
    told = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return canonical({name: value or {"on": True} for name, value in told.items()})


def _group(logs: Any, name: str) -> Mapping[str, Any]:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found = next((each for each in groups if each["logGroupName"] == name), None)
    if found is None:
        return {"group_there": False}
    return {"group_there": True, "retention": found.get("retentionInDays", 0)}

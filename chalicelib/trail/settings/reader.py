"""Reading what a trail, its bucket and its log group are set to. Reads only.

What AWS says isn't there is a setting that is not made; what it doesn't let us see stays unknown and is
reported. What may pass rises, because the whole look can be tried again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.looking import Unseen, unseen
from chalicelib.trail.description import TrailArn, TrailStatus, canonical, describe
from chalicelib.trail.settings.settings import TrailSettings

_NOT_MADE = (
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
)

Part = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailResources:
    """What is looked at. `bucket` is "" where it isn't ours to look at, as in another account's archive."""

    trail_arn: str
    bucket: str
    log_group: str

    @property
    def arn(self) -> TrailArn:
        """The trail's ARN, taken apart; ValueError when it isn't one."""
        return TrailArn.parse(self.trail_arn)

    @property
    def region(self) -> str:
        """The trail's home region."""
        return self.arn.region

    @property
    def account(self) -> str:
        """The trail's account."""
        return self.arn.account

    @property
    def trail_name(self) -> str:
        """The trail's name."""
        return self.arn.name


@dataclass(slots=True)
class _Reading:
    """What was found so far, and what could not be looked at."""

    found: dict[str, Any] = field(default_factory=dict)
    could_not_read: list[Unseen] = field(default_factory=list)

    def read(self, part: Part) -> str:
        """Take in what a part tells; returns the error code where AWS had one."""
        try:
            self.found |= part()
        except AWS_ERRORS as error:
            code = str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else "none"
            if code not in (*_NOT_MADE, "NoSuchBucket"):
                self.could_not_read.append(unseen(error))
            return code
        return ""


def read_settings(aws: Aws, place: TrailResources) -> tuple[TrailSettings, tuple[Unseen, ...]]:
    """What the trail is set to now, and a sentence for each thing that could not be looked at.

    Raises MayPass.
    """
    settings, could_not_read, _ = read_with_status(aws, place)
    return settings, could_not_read


def read_with_status(
    aws: Aws, place: TrailResources
) -> tuple[TrailSettings, tuple[Unseen, ...], TrailStatus | None]:
    """The same, and how the trail's deliveries go; None where that could not be read."""
    trail = describe(aws.client("cloudtrail", place.region), place.arn)
    reading = _Reading(could_not_read=[] if trail.missing else [*map(unseen, trail.could_not_read.values())])
    if place.bucket:
        _read_bucket(reading, aws.client("s3", place.region), place.bucket)
    reading.read(lambda: _group(aws.client("logs", place.region), place.log_group))
    return replace(TrailSettings.of(trail), **reading.found), tuple(reading.could_not_read), trail.status


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
        name: str, ask: Callable[..., Mapping[str, Any]], given: Callable[[Any], str]
    ) -> tuple[str, Part]:
        return name, lambda: {name: given(ask(Bucket=bucket))}

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
    """A policy as canonical text, so that blanks and the order of keys don't matter."""
    return canonical(json.loads(text))


def _notification(answer: Mapping[str, Any]) -> str:
    """EventBridge's part of it is an empty mapping, which must not look like nothing."""
    given = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return canonical({name: value or {"on": True} for name, value in given.items()})


def _group(logs: Any, name: str) -> Mapping[str, Any]:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    found = next((each for each in groups if each["logGroupName"] == name), None)
    if found is None:
        return {"group_there": False}
    return {"group_there": True, "retention": found.get("retentionInDays", 0)}

"""A trail as AWS describes it: one record and one reader, for functions and for commands alike.

CloudTrail is asked up to three things: what the trail is set to, how its deliveries go, which events it
selects. What could not be read is None, and `could_not_read` names it with the error; it is never taken for a
setting that is off, nor for one that is on.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html,
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from botocore.exceptions import ClientError

from chalicelib.errors import AWS_ERRORS, MayPass, foreseen

_ARN = re.compile(
    r"arn:aws[a-z-]*:cloudtrail:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):trail/(?P<name>[0-9A-Za-z._-]{3,128})",
    re.ASCII,
)


class Part(StrEnum):
    """What CloudTrail is asked about a trail."""

    CONFIGURATION = "configuration"  # GetTrail, or DescribeTrails
    STATUS = "status"  # GetTrailStatus
    SELECTORS = "selectors"  # GetEventSelectors


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailArn:
    """A trail's ARN, taken apart. `region` is the trail's home region."""

    text: str
    region: str
    account: str
    name: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov` or `aws-cn`."""
        return self.text.split(":")[1]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take it apart; ValueError when it isn't one."""
        match = _ARN.fullmatch(text)
        if match is None:
            raise ValueError(
                f"{text!r} is not the ARN of a trail: arn:aws:cloudtrail:REGION:ACCOUNT:trail/NAME"
            )
        return cls(text=text, **match.groupdict())


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailConfiguration:
    """What the trail is set to; "" is a setting that is not made.

    `prefix` is as AWS keeps it; see `Trail.prefix`. `log_group`, `log_role`, `topic` and `kms_key` are ARNs.
    """

    bucket: str = ""
    prefix: str = ""
    multi_region: bool = False
    global_events: bool = False
    validating: bool = False  # log file validation is on: digests are made
    organization: bool = False
    log_group: str = ""
    log_role: str = ""
    topic: str = ""
    kms_key: str = ""

    @property
    def log_group_name(self) -> str:
        """`audit` of `arn:aws:logs:eu-west-1:123456789012:log-group:audit:*`."""
        return self.log_group.rpartition(":log-group:")[2].removesuffix(":*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailStatus:
    """How its deliveries go. Times are aware UTC, None where there was none; errors are "" likewise.

    `stopped_at`: when logging was stopped last, which may be long before it was started again.
    `delivered_at`, `digest_at`, `log_group_at`: when a log file, a digest, a line for the log group came
    through last.
    """

    logging: bool = False
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    delivered_at: datetime | None = None
    digest_at: datetime | None = None
    log_group_at: datetime | None = None
    delivery_error: str = ""
    digest_error: str = ""
    log_group_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A trail as AWS describes it.

    `missing`: AWS knows no such trail; `could_not_read` may then hold the error that says so. A part that is
    None was not asked for, could not be read, or is missing with the trail. `selectors` is canonical JSON, ""
    for the default.
    """

    arn: TrailArn
    missing: bool = False
    configuration: TrailConfiguration | None = None
    status: TrailStatus | None = None
    selectors: str | None = None
    could_not_read: Mapping[Part, Exception] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        """The bucket it delivers to; "" where that could not be read."""
        return self.configuration.bucket if self.configuration else ""

    @property
    def prefix(self) -> str:
        """The key prefix without slashes at its ends, as keys are made with it."""
        return self.configuration.prefix.strip("/") if self.configuration else ""

    @property
    def key_prefix(self) -> str:
        """The key prefix as it is set, slashes at its ends included."""
        return self.configuration.prefix if self.configuration else ""

    @property
    def multi_region(self) -> bool | None:
        """Whether it covers all regions; None where that could not be read."""
        return self.configuration.multi_region if self.configuration else None

    @property
    def organization(self) -> bool | None:
        """Whether it covers an organization's accounts; None where that could not be read."""
        return self.configuration.organization if self.configuration else None

    @property
    def off_since(self) -> datetime | None:
        """When logging was stopped; None while it is on, and where the status could not be read."""
        return self.status.stopped_at if self.status and not self.status.logging else None

    def why_not(self, part: Part) -> str:
        """Why a part could not be read, in words; "" where it could."""
        error = self.could_not_read.get(part)
        return str(foreseen(error)) if error else ""

    def unless_passing(self) -> Self:
        """The same; raises MayPass if a call failed that may work yet: the whole look can be tried again."""
        for error in self.could_not_read.values():
            known = foreseen(error)
            if isinstance(known, MayPass):
                raise known from error
        return self


Asked = Callable[[Callable[[Part], Any], Iterable[Part]], Iterable[Any]]


def describe(
    cloudtrail: Any,
    arn: TrailArn,
    parts: Iterable[Part] = tuple(Part),
    *,
    listed: bool = False,
    each: Asked = map,
) -> Trail:
    """Ask CloudTrail about a trail; what can't be read stands in the result.

    Args:
        cloudtrail: A client of boto3 or botocore, in the trail's home region.
        arn: The trail.
        parts: What to ask; once AWS says that there is no such trail, no more.
        listed: Ask DescribeTrails and not GetTrail: who may run `aws cloudtrail validate-logs` may ask that,
            while a function is granted GetTrail on one trail.
        each: How the questions are asked; an executor's `map` asks them at the same time.
    """

    def ask(part: Part) -> Any:
        try:
            return _ASK[part](cloudtrail, arn.text, listed=listed)
        except AWS_ERRORS as error:
            return error

    asked = tuple(parts)
    found: dict[str, Any] = {}
    could_not_read: dict[Part, Exception] = {}
    missing = False
    for part, answer in zip(asked, each(ask, asked), strict=False):
        if part is Part.CONFIGURATION and _unknown_to_aws(answer):
            missing = True
        if isinstance(answer, Exception):
            could_not_read[part] = answer
        elif answer is not None:
            found[part] = answer
        if missing and not listed:
            break  # of a trail that isn't there nothing else can be said; a list may leave one out
    return Trail(arn=arn, missing=missing, could_not_read=could_not_read, **found)


def canonical(value: Any) -> str:
    """JSON as text that is the same for the same value; "" for nothing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if value else ""


def _unknown_to_aws(answer: Any) -> bool:
    if answer is None:
        return True
    return isinstance(answer, ClientError) and answer.response["Error"]["Code"] == "TrailNotFoundException"


def _configuration(cloudtrail: Any, arn: str, *, listed: bool) -> TrailConfiguration | None:
    """None where the list holds no such trail."""
    if listed:
        reply = _listed(cloudtrail, arn, trailNameList=[arn], includeShadowTrails=False)
        # A member account, and a delegated administrator, sees the organization's trail as a shadow.
        reply = reply or _listed(cloudtrail, arn, includeShadowTrails=True)
    else:
        reply = cloudtrail.get_trail(Name=arn)["Trail"]
    if reply is None:
        return None
    return TrailConfiguration(
        bucket=reply.get("S3BucketName") or "",
        prefix=reply.get("S3KeyPrefix") or "",
        multi_region=bool(reply.get("IsMultiRegionTrail")),
        global_events=bool(reply.get("IncludeGlobalServiceEvents")),
        validating=bool(reply.get("LogFileValidationEnabled")),
        organization=bool(reply.get("IsOrganizationTrail")),
        log_group=reply.get("CloudWatchLogsLogGroupArn") or "",
        log_role=reply.get("CloudWatchLogsRoleArn") or "",
        topic=reply.get("SnsTopicARN") or "",
        kms_key=reply.get("KmsKeyId") or "",
    )


def _listed(cloudtrail: Any, arn: str, **asked: Any) -> Any:
    trails = cloudtrail.describe_trails(**asked)["trailList"]
    return next((trail for trail in trails if trail.get("TrailARN") == arn), None)


def _status(cloudtrail: Any, arn: str, **_: Any) -> TrailStatus:
    reply = cloudtrail.get_trail_status(Name=arn)
    return TrailStatus(
        logging=bool(reply.get("IsLogging")),
        started_at=_utc(reply.get("StartLoggingTime")),
        stopped_at=_utc(reply.get("StopLoggingTime")),
        delivered_at=_utc(reply.get("LatestDeliveryTime")),
        digest_at=_utc(reply.get("LatestDigestDeliveryTime")),
        log_group_at=_utc(reply.get("LatestCloudWatchLogsDeliveryTime")),
        delivery_error=reply.get("LatestDeliveryError") or "",
        digest_error=reply.get("LatestDigestDeliveryError") or "",
        log_group_error=reply.get("LatestCloudWatchLogsDeliveryError") or "",
    )


def _selectors(cloudtrail: Any, arn: str, **_: Any) -> str:
    reply = cloudtrail.get_event_selectors(TrailName=arn)
    return canonical(reply.get("AdvancedEventSelectors") or reply.get("EventSelectors"))


_ASK: Mapping[Part, Callable[..., Any]] = MappingProxyType(
    {
        Part.CONFIGURATION: _configuration,
        Part.STATUS: _status,
        Part.SELECTORS: _selectors,
    }
)


def _utc(moment: object) -> datetime | None:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None

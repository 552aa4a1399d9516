"""Typed records made of the raw dictionaries that Lambda gets: once, at the edge.

A payload that can't be read raises `MalformedEvent`, which names what is missing; the
queue behind the function then keeps the event. CloudTrail records
may lack almost anything, so only `eventSource` and `eventName` are required of them.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from chalicelib.errors import MalformedEvent
from chalicelib.wording import encodable, no_json

Raw = Mapping[str, Any]
Parsed = TypeVar("Parsed")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# An alarm's periods in seconds: CloudWatch's longest, and what an alarm on a trail's log group has.
_LONGEST_PERIOD = 86_400
_USUAL_PERIOD = 300

# A subscription's payload is at most 1 MB compressed; what unpacks beyond this is not one.
MOST_LOG_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """CloudTrail's userIdentity, as far as an alert and a suppression need it; "" where it doesn't say."""

    type: str = ""
    arn: str = ""
    account: str = ""
    name: str = ""
    access_key_id: str = ""
    issuer_arn: str = ""  # the role behind a session
    invoked_by: str = ""
    principal_id: str = ""  # of a role's session: the role's own id, a colon, the session's name
    # "1.0" or "2.0": EC2's metadata service handed out these credentials, by that version of it.
    role_delivery: str = ""
    session_began: str = ""  # when these credentials were handed out, as CloudTrail prints times

    @property
    def label(self) -> str:
        """The name for the person on call."""
        if self.type == "Root":
            return f"root of account {self.account}" if self.account else "root"
        return self.arn or self.name or self.invoked_by or self.type or "unknown"

    @property
    def session(self) -> str:
        """The name of a role's session, which whoever assumes the role chooses: "alice" may be anybody."""
        return self.arn.rpartition("/")[2] if ":assumed-role/" in self.arn else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCallEvent:
    """A CloudTrail record that EventBridge delivered. `key` is CloudTrail's eventID."""

    key: str
    at: datetime
    account: str
    region: str
    source: str
    name: str
    actor: Actor
    source_ip: str
    user_agent: str
    error_code: str
    error_message: str
    parameters: Raw
    response: Raw
    additional: Raw
    resources: tuple[str, ...] = ()  # ARNs of what a data event is about; few other records name any
    vpc_endpoint: str = ""  # the VPC endpoint that the request went through, and whose it is
    vpc_endpoint_account: str = ""

    @property
    def principal(self) -> str:
        """The ARN of who did it."""
        return self.actor.issuer_arn or self.actor.arn

    @property
    def failed(self) -> bool:
        """AWS refused or could not do it."""
        return bool(self.error_code or self.error_message)

    def said(self, *names: str) -> str:
        """The first of these parameters that the record has; "" where it has none, or one that is no text."""
        found = next((self.parameters[name] for name in names if self.parameters.get(name)), "")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One log event of a subscription's payload; `at` is its timestamp."""

    id: str
    at: datetime
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBatch:
    """What a CloudWatch Logs subscription delivers: lines of one stream."""

    account: str
    log_group: str
    log_stream: str
    lines: tuple[LogLine, ...]
    unreadable: MalformedEvent | None = None  # what was wrong with the first line that can't be read, if any


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmChange:
    """A CloudWatch alarm changed its state. `key` is the alarm's ARN and the time of the change."""

    key: str
    at: datetime
    account: str
    region: str
    arn: str
    name: str
    state: str
    reason: str
    metric_namespace: str
    metric_name: str
    period_seconds: int
    principal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEvent:
    """S3 told EventBridge about an object. `key` is bucket, key, sequencer and what happened."""

    key: str
    at: datetime
    account: str
    region: str
    what: str  # "Object Created", "Object Deleted"
    bucket: str
    object_key: str
    version_id: str
    reason: str
    deletion_type: str
    requester: str
    source_ip: str
    principal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A schedule fired. `key` is the rule's ARN and the scheduled time."""

    key: str
    at: datetime
    account: str
    region: str
    principal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceState:
    """An EC2 instance changed its state. `key` is the instance's ARN, the state and the time."""

    key: str
    at: datetime
    account: str
    region: str
    instance: str
    state: str
    principal: str = ""


def single(parse: Callable[[Raw], Parsed]) -> Callable[[Raw], tuple[Parsed]]:
    """The same for a way, which expects the events of a payload: this one and no other."""

    def parsed(raw: Raw) -> tuple[Parsed]:
        return (parse(raw),)

    return parsed


def api_call(raw: Raw) -> tuple[ApiCallEvent, ...]:
    """The CloudTrail record in an EventBridge event."""
    detail = mapping_in(raw, "detail")
    identity = optional_mapping(detail.get("userIdentity"))
    session = optional_mapping(identity.get("sessionContext"))
    issuer = optional_mapping(session.get("sessionIssuer"))
    key = text_of(detail.get("eventID")) or text_of(raw.get("id"))
    if not key:
        raise MalformedEvent("the event has neither an eventID nor an id")
    return (
        ApiCallEvent(
            key=key,
            at=moment(detail.get("eventTime") or raw.get("time"), key),
            account=text_of(detail.get("recipientAccountId")) or text_of(raw.get("account")),
            region=text_of(detail.get("awsRegion")) or text_of(raw.get("region")),
            source=_needed(detail, "eventSource", key),
            name=_needed(detail, "eventName", key),
            actor=Actor(
                type=text_of(identity.get("type")),
                arn=text_of(identity.get("arn")),
                account=text_of(identity.get("accountId")),
                name=text_of(identity.get("userName")) or text_of(issuer.get("userName")),
                access_key_id=text_of(identity.get("accessKeyId")),
                issuer_arn=text_of(issuer.get("arn")),
                invoked_by=text_of(identity.get("invokedBy")),
                principal_id=text_of(identity.get("principalId")),
                role_delivery=text_of(session.get("ec2RoleDelivery")),
                session_began=text_of(optional_mapping(session.get("attributes")).get("creationDate")),
            ),
            source_ip=text_of(detail.get("sourceIPAddress")),
            user_agent=text_of(detail.get("userAgent")),
            error_code=text_of(detail.get("errorCode")),
            error_message=text_of(detail.get("errorMessage")),
            parameters=_details(detail.get("requestParameters")),
            response=_details(detail.get("responseElements")),
            additional=_details(detail.get("additionalEventData")),
            resources=tuple(_resources(detail.get("resources"))),
            vpc_endpoint=text_of(detail.get("vpcEndpointId")),
            vpc_endpoint_account=text_of(detail.get("vpcEndpointAccountId")),
        ),
    )


def call_of_history(found: Raw) -> tuple[ApiCallEvent, ...]:
    """The call that an event of LookupEvents tells of, in `CloudTrailEvent`; none where it can't be read."""
    try:
        return api_call({"detail": json.loads(found["CloudTrailEvent"])})
    except (KeyError, ValueError, RecursionError, MalformedEvent):
        return ()


def alarm_change(raw: Raw) -> AlarmChange:
    """EventBridge's `CloudWatch Alarm State Change`.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    """
    detail = mapping_in(raw, "detail")
    arn = _first_resource(raw)
    name = _needed(detail, "alarmName", arn)
    state = mapping_in(detail, "state")
    when = text_of(state.get("timestamp")) or text_of(raw.get("time"))
    metrics = optional_mapping(detail.get("configuration")).get("metrics")
    first = optional_mapping(metrics[0]) if isinstance(metrics, list) and metrics else {}
    stat = optional_mapping(first.get("metricStat"))
    metric = optional_mapping(stat.get("metric"))
    return AlarmChange(
        key=f"{arn or name}@{when}",
        at=moment(when, name),
        account=text_of(raw.get("account")),
        region=text_of(raw.get("region")),
        arn=arn,
        name=name,
        state=text_of(state.get("value")),
        reason=text_of(state.get("reason")),
        metric_namespace=text_of(metric.get("namespace")),
        metric_name=text_of(metric.get("name")),
        period_seconds=_period(stat.get("period")),
    )


def alarm_messages(raw: Raw) -> tuple[AlarmChange, ...]:
    """What alarms sent to an SNS topic, one for each message that Lambda was handed.

    The message names its region in words ("US East (N. Virginia)"), the alarm's ARN by its name.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """
    records = raw.get("Records") if isinstance(raw, Mapping) else None
    if not isinstance(records, list) or not records:
        raise MalformedEvent("Records is missing or empty")
    return tuple(_alarm_message(mapping_in(record, "Sns")) for record in records)


def _alarm_message(sns: Raw) -> AlarmChange:
    text = _needed(sns, "Message", text_of(sns.get("MessageId")))
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedEvent(f"the message is no alarm's ({no_json(error)})") from error
    name = _needed(optional_mapping(said), "AlarmName", text_of(sns.get("MessageId")))
    arn, when = text_of(said.get("AlarmArn")), text_of(said.get("StateChangeTime"))
    trigger = optional_mapping(said.get("Trigger"))
    return AlarmChange(
        key=f"{arn or name}@{when}",
        at=moment(when, name),
        account=text_of(said.get("AWSAccountId")),
        region=arn.split(":")[3] if arn.count(":") > 5 else "",
        arn=arn,
        name=name,
        state=text_of(said.get("NewStateValue")),
        reason=text_of(said.get("NewStateReason")),
        metric_namespace=text_of(trigger.get("Namespace")),
        metric_name=text_of(trigger.get("MetricName")),
        period_seconds=_period(trigger.get("Period")),
    )


def _period(value: Any) -> int:
    return value if type(value) is int and 0 < value <= _LONGEST_PERIOD else _USUAL_PERIOD


def object_event(raw: Raw) -> ObjectEvent:
    """S3's `Object Created` or `Object Deleted`.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    detail = mapping_in(raw, "detail")
    what = _needed(raw, "detail-type", "")
    bucket = _needed(mapping_in(detail, "bucket"), "name", what)
    subject = mapping_in(detail, "object")
    object_key = _needed(subject, "key", bucket)
    order = text_of(subject.get("sequencer")) or text_of(raw.get("id"))
    return ObjectEvent(
        key=f"{bucket}/{object_key}/{order}/{what}",
        at=moment(raw.get("time"), object_key),
        account=text_of(raw.get("account")),
        region=text_of(raw.get("region")),
        what=what,
        bucket=bucket,
        object_key=object_key,
        version_id=text_of(subject.get("version-id")),
        reason=text_of(detail.get("reason")),
        deletion_type=text_of(detail.get("deletion-type")),
        requester=text_of(detail.get("requester")),
        source_ip=text_of(detail.get("source-ip-address")),
    )


def instance_state(raw: Raw) -> InstanceState:
    """EventBridge's `EC2 Instance State-change Notification`.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
    """
    detail = mapping_in(raw, "detail")
    instance = _needed(detail, "instance-id", _first_resource(raw))
    state, when = _needed(detail, "state", instance), text_of(raw.get("time"))
    return InstanceState(
        key=f"{_first_resource(raw) or instance}/{state}@{when}",
        at=moment(when, instance),
        account=text_of(raw.get("account")),
        region=text_of(raw.get("region")),
        instance=instance,
        state=state,
    )


def tick(raw: Raw) -> Tick:
    """EventBridge's `Scheduled Event`."""
    raw = optional_mapping(raw)
    rule = _first_resource(raw) or "schedule"
    when = text_of(raw.get("time"))
    return Tick(
        key=f"{rule}@{when}",
        at=moment(when, rule),
        account=text_of(raw.get("account")),
        region=text_of(raw.get("region")),
    )


def log_batch(raw: Raw) -> LogBatch | None:
    """A log subscription's payload; None for the control message that only tests whether we are there.

    One line that can't be read doesn't stop the others: the caller handles those first, then raises
    `unreadable`.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """
    data = mapping_in(raw, "awslogs").get("data")
    if not isinstance(data, str):
        raise MalformedEvent("awslogs.data is missing")
    body = _unpack(data)
    if body.get("messageType") == "CONTROL_MESSAGE":
        return None
    group = _needed(body, "logGroup", "awslogs")
    events = body.get("logEvents")
    if not isinstance(events, list):
        raise MalformedEvent("logEvents is missing", resource=group)
    lines: list[LogLine] = []
    unreadable: MalformedEvent | None = None
    for event in events:
        if not isinstance(event, Mapping):
            continue
        try:
            lines.append(_line(event))
        except MalformedEvent as error:
            unreadable = unreadable or error
    if unreadable and not lines:
        raise unreadable
    return LogBatch(
        account=text_of(body.get("owner")),
        log_group=group,
        log_stream=text_of(body.get("logStream")),
        lines=tuple(lines),
        unreadable=unreadable,
    )


def _line(event: Raw) -> LogLine:
    stamp, identity = event.get("timestamp"), _needed(event, "id", "a log event")
    if isinstance(stamp, bool) or not isinstance(stamp, int):
        raise MalformedEvent("a log event has no timestamp", event_key=identity)
    try:
        written = _EPOCH + timedelta(milliseconds=stamp)
    except OverflowError as error:
        raise MalformedEvent(f"the timestamp {stamp} can't be read", event_key=identity) from error
    return LogLine(
        id=identity,
        at=written,
        message=text_of(event.get("message")),
    )


def _unpack(data: str) -> Raw:
    try:
        packed = base64.b64decode(data, validate=True)
        unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        text = unpacker.decompress(packed, MOST_LOG_BYTES)
        if unpacker.unconsumed_tail:
            raise MalformedEvent(f"the log events unpack to more than {MOST_LOG_BYTES} bytes")
        body = json.loads(text)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise MalformedEvent(f"awslogs.data can't be unpacked ({no_json(error)})") from error
    if not isinstance(body, dict):
        raise MalformedEvent("awslogs.data does not hold an object")
    return body


def _first_resource(raw: Raw) -> str:
    resources = raw.get("resources")
    return text_of(resources[0]) if isinstance(resources, list) and resources else ""


def mapping_in(raw: Any, name: str) -> Raw:
    """The object under this name; raises MalformedEvent where there is none."""
    value = raw.get(name) if isinstance(raw, Mapping) else None
    if not isinstance(value, Mapping):
        raise MalformedEvent(f"{name} is missing or not an object")
    return value


def optional_mapping(value: Any) -> Raw:
    """The same object; an empty one for what is none."""
    return value if isinstance(value, Mapping) else {}


def _resources(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else ():
        if arn := text_of(optional_mapping(each).get("ARN")):
            yield arn


_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def _details(value: Any) -> Raw:
    """An object, with no half of a surrogate pair in its names and texts; {} for anything else."""
    details = optional_mapping(value)
    try:
        text = json.dumps(details, ensure_ascii=False, default=str)
    except RecursionError:
        return details
    if not _HALF_OF_A_PAIR.search(text):
        return details
    spelt: Raw = json.loads(_HALF_OF_A_PAIR.sub(lambda half: rf"\\u{ord(half[0]):04x}", text))
    return spelt


def text_of(value: Any) -> str:
    """A text that DynamoDB and SNS take; "" for anything else."""
    return encodable(value) if isinstance(value, str) else ""


def _needed(raw: Raw, name: str, about: str) -> str:
    value = text_of(raw.get(name))
    if not value:
        raise MalformedEvent(f"{name} is missing", event_key=about)
    return value


def moment(value: Any, about: str) -> datetime:
    """An ISO 8601 time as AWS writes it; `2026-03-02T03:00:00Z` or `...003+0000`."""
    try:
        read = datetime.fromisoformat(text_of(value))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedEvent(f"the time {value!r} can't be read", event_key=about) from error

"""CloudTrail: every call becomes a record, and records are delivered.

To EventBridge within seconds to two minutes, in the region where AWS records the call and
only while some trail logs it; to a trail's log group and to log files in its bucket within
minutes; every hour a signed digest names the log files delivered in it, for each region.
Event history shows the last 90 days, trail or not.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from chalicelib.trail.keys import Chain, LogFileKey
from scenarios.cloud import moto_hooks
from scenarios.cloud.caller import ApiCall
from scenarios.cloud.calls import Asked, Refused
from scenarios.cloud.digests import DeliveredLog, SignedDigest, list_public_keys, write_digest
from scenarios.cloud.envelope import event_bridge_envelope
from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.event_kinds import is_data_event, is_recorded
from scenarios.cloud.logs import Logs
from scenarios.cloud.records import record_of
from scenarios.cloud.setting import Setting
from scenarios.cloud.storage import Storage

SERVICE = "cloudtrail.amazonaws.com"
HISTORY_KEPT = timedelta(days=90)
LOG_FILE_EVERY = timedelta(minutes=5)
DIGEST_EVERY = timedelta(hours=1)
DIGEST_WRITTEN_AFTER_SECONDS = 180
LARGEST_RECORD_BYTES = 256 * 1024

Emit = Callable[[str, Mapping[str, Any]], None]
Record = Mapping[str, Any]


@dataclass(slots=True)
class _Deliveries:
    """One trail in one region: records waiting for a log file, files waiting for a digest."""

    waiting: list[tuple[datetime, Record]] = field(default_factory=list)
    delivered: list[DeliveredLog] = field(default_factory=list)
    previous: SignedDigest | None = None
    hour_began: datetime | None = None
    files: int = 0


class CloudTrail:
    """All trails of the account, and its event history."""

    def __init__(
        self, setting: Setting, session: boto3.Session, *, emit: Emit, logs: Logs, storage: Storage
    ) -> None:
        self._setting = setting
        self._session = session
        self._emit = emit
        self._logs = logs
        self._storage = storage
        self._deliveries: dict[tuple[str, str], _Deliveries] = {}
        self._history: list[tuple[datetime, Record]] = []
        self._started: set[str] = set()
        calls = setting.calls
        calls.after_everything(self._heard)
        calls.answer("cloudtrail", "LookupEvents", self._lookup_events)
        calls.answer("cloudtrail", "ListPublicKeys", self._list_public_keys)
        calls.after("cloudtrail", "StartLogging", self._logging_started)
        for operation in ("PutInsightSelectors", "StartQuery", "CreateEventDataStore"):
            calls.check("cloudtrail", operation, self._not_yet)

    def start(self) -> None:
        """Set the deliveries going of every trail that logs."""
        for trail in self._trails():
            if trail.status.is_logging:
                self._begin(trail)

    # ---- records in -----------------------------------------------------------------------------

    def _heard(self, call: ApiCall) -> None:
        if not is_recorded(call.service, call.operation) or is_data_event(call.service, call.operation):
            return
        event_id = self._setting.new_uuid("cloudtrail.event")
        request_id = self._setting.new_uuid("aws.request")
        self.deliver(record_of(call, event_id=event_id, request_id=request_id))

    def deliver(self, record: Record) -> None:
        """Deliver a record everywhere it goes, each way with its delay."""
        now, region = self._setting.clock.now, str(record["awsRegion"])
        draw = self._setting.random("cloudtrail.delay")
        to_events, to_logs, to_files = (
            _seconds_to_eventbridge(draw),
            draw.uniform(60, 480),
            draw.uniform(60, 300),
        )
        self._history.append((now + timedelta(seconds=to_files), record))
        watching = [trail for trail in self._trails() if self._covers(trail, region)]
        if not watching:
            return
        if len(json.dumps(record)) <= LARGEST_RECORD_BYTES:
            self._to_eventbridge(record, region, to_events)
        for trail in watching:
            if trail.cw_log_group_arn:
                self._setting.clock.after(
                    to_logs, lambda trail=trail: self._to_log_group(trail, record), "to the log group"
                )
            deliveries = self._deliveries.setdefault((trail.arn, region), _Deliveries())
            deliveries.waiting.append((now + timedelta(seconds=to_files), record))

    def _to_eventbridge(self, record: Record, region: str, seconds: float) -> None:
        faults = self._setting.faults
        if faults.reordered:
            seconds += self._setting.random("faults.order").uniform(0, 60)
        envelope = event_bridge_envelope(record, self._setting.new_uuid("events.id"))
        self._setting.clock.after(
            seconds + faults.late_seconds, lambda: self._emit(region, envelope), "CloudTrail to EventBridge"
        )

    # ---- log group ------------------------------------------------------------------------------

    def _to_log_group(self, trail: Any, record: Record) -> None:
        group = trail.cw_log_group_arn.split(":log-group:")[1].removesuffix(":*")
        stream = f"{self._setting.account}_CloudTrail_{trail.region_name}"
        arn = (
            f"arn:aws:logs:{trail.region_name}:{self._setting.account}:log-group:{group}:log-stream:{stream}"
        )
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            decision = self._setting.identity.role_may(trail.cw_role_arn, SERVICE, action, arn)
            if not decision.allowed:
                self._setting.note("lost", f"CloudTrail may not write to {group}: {decision.because}")
                return
        when = datetime.fromisoformat(record["eventTime"])
        self._logs.write(trail.region_name, group, stream, [(when, json.dumps(record))])

    # ---- log files ------------------------------------------------------------------------------

    def _begin(self, trail: Any) -> None:
        """Start the five-minute and the hourly turns of a trail, in every region it covers."""
        for region in self._regions_of(trail):
            self._deliveries.setdefault(
                (trail.arn, region), _Deliveries()
            ).hour_began = self._setting.clock.now
        if trail.arn in self._started:
            return
        self._started.add(trail.arn)
        self._setting.clock.after(
            LOG_FILE_EVERY.total_seconds(), lambda: self._log_file_turn(trail.arn), "log files"
        )
        self._setting.clock.after(
            DIGEST_EVERY.total_seconds() + DIGEST_WRITTEN_AFTER_SECONDS,
            lambda: self._digest_turn(trail.arn, self._setting.clock.now),
            "digests",
        )

    def _log_file_turn(self, arn: str) -> None:
        trail = self._trail(arn)
        if trail is None:
            return
        for region in self._regions_of(trail):
            self._write_log_file(trail, region)
        self._setting.clock.after(
            LOG_FILE_EVERY.total_seconds(), lambda: self._log_file_turn(arn), "log files"
        )

    def _write_log_file(self, trail: Any, region: str) -> None:
        now = self._setting.clock.now
        deliveries = self._deliveries.setdefault((trail.arn, region), _Deliveries())
        ripe = [record for moment, record in deliveries.waiting if moment <= now]
        if not ripe:
            return
        deliveries.waiting = [(moment, record) for moment, record in deliveries.waiting if moment > now]
        deliveries.files += 1
        text = json.dumps({"Records": ripe}).encode()
        unique = hashlib.sha256(f"{trail.arn}{region}{deliveries.files}".encode()).hexdigest()[:16]
        key = str(
            LogFileKey(
                prefix=trail.s3_key_prefix or "",
                account=self._setting.account,
                region=region,
                delivered_at=now,
                unique=unique,
            )
        )
        if not self._write(trail, key, gzip.compress(text, mtime=0), {}):
            return
        times = [datetime.fromisoformat(record["eventTime"]) for record in ripe]
        deliveries.delivered.append(
            DeliveredLog(
                bucket=trail.bucket_name,
                key=key,
                sha256=hashlib.sha256(text).hexdigest(),
                oldest_event=min(times),
                newest_event=max(times),
            )
        )

    def _write(self, trail: Any, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        """Put an object, as far as the bucket's policy lets CloudTrail."""
        context: Mapping[str, str | bool] = {
            "aws:SourceArn": trail.arn,
            "aws:SourceAccount": self._setting.account,
            "s3:x-amz-acl": "bucket-owner-full-control",
        }
        bucket = f"arn:aws:s3:::{trail.bucket_name}"
        for action, resource in (("s3:GetBucketAcl", bucket), ("s3:PutObject", f"{bucket}/{key}")):
            decision = self._setting.identity.service_may(SERVICE, action, resource, context)
            if not decision.allowed:
                self._setting.note("lost", f"CloudTrail may not {action} in {trail.bucket_name}")
                return False
        self._storage.write(self._session, trail.bucket_name, key, body, metadata, by=SERVICE)
        return True

    # ---- digests --------------------------------------------------------------------------------

    def _digest_turn(self, arn: str, now: datetime) -> None:
        trail = self._trail(arn)
        if trail is None:
            return
        ended = now - timedelta(seconds=DIGEST_WRITTEN_AFTER_SECONDS)
        for region in self._regions_of(trail):
            self._write_digest(trail, region, ended)
        self._setting.clock.after(
            DIGEST_EVERY.total_seconds(),
            lambda: self._digest_turn(arn, self._setting.clock.now),
            "digests",
        )

    def _write_digest(self, trail: Any, region: str, ended: datetime) -> None:
        deliveries = self._deliveries.setdefault((trail.arn, region), _Deliveries())
        began = deliveries.hour_began
        if not trail.log_validation or not trail.status.is_logging or began is None or began >= ended:
            deliveries.previous = None  # the next digest starts a new chain
            return
        chain = Chain(
            prefix=trail.s3_key_prefix or "",
            account=self._setting.account,
            region=region,
            trail=trail.trail_name,
            home_region=trail.region_name,
        )
        in_time = [log for log in deliveries.delivered if LogFileKey.parse(log.key).delivered_at <= ended]
        digest = write_digest(
            chain,
            bucket=trail.bucket_name,
            starts_at=began,
            ends_at=ended,
            logs=in_time,
            previous=deliveries.previous,
        )
        if self._write(trail, digest.key, digest.body, digest.metadata):
            deliveries.previous = digest
            deliveries.hour_began = ended
            deliveries.delivered = [log for log in deliveries.delivered if log not in in_time]

    # ---- which trails ---------------------------------------------------------------------------

    def _trails(self) -> list[Any]:
        return [
            trail
            for region in self._setting.regions
            for trail in moto_hooks.trails(self._setting.account, region)
        ]

    def _trail(self, arn: str) -> Any | None:
        return next((trail for trail in self._trails() if trail.arn == arn), None)

    def _regions_of(self, trail: Any) -> tuple[str, ...]:
        return self._setting.regions if trail.is_multi_region else (trail.region_name,)

    def _covers(self, trail: Any, region: str) -> bool:
        if trail.event_selectors or trail.advanced_event_selectors:
            raise NotSimulated("cloudtrail", f"the event selectors of {trail.trail_name}")
        return bool(trail.status.is_logging) and region in self._regions_of(trail)

    def _logging_started(self, call: ApiCall) -> None:
        name = str(call.parameters["Name"])
        for trail in self._trails():
            if name in (trail.trail_name, trail.arn):
                self._begin(trail)

    # ---- the API --------------------------------------------------------------------------------

    def _lookup_events(self, asked: Asked) -> dict[str, Any]:
        """Event history: management events of this region, newest first."""
        parameters, now = asked.parameters, self._setting.clock.now
        since = _aware(parameters.get("StartTime"), now - HISTORY_KEPT)
        until = _aware(parameters.get("EndTime"), now)
        attributes = {
            each["AttributeKey"]: each["AttributeValue"] for each in parameters.get("LookupAttributes", ())
        }
        found = [
            record
            for visible, record in reversed(self._history)
            if visible <= now
            and record["awsRegion"] == asked.region
            and max(since, now - HISTORY_KEPT) <= datetime.fromisoformat(record["eventTime"]) <= until
            and all(_attribute(record, name) == value for name, value in attributes.items())
        ]
        begin = int(parameters.get("NextToken", "0"))
        end = begin + int(parameters.get("MaxResults", 50))
        answer: dict[str, Any] = {"Events": [_history_row(record) for record in found[begin:end]]}
        return {**answer, "NextToken": str(end)} if end < len(found) else answer

    def _list_public_keys(self, asked: Asked) -> dict[str, Any]:
        now = self._setting.clock.now
        since = _aware(asked.parameters.get("StartTime"), now)
        until = _aware(asked.parameters.get("EndTime"), now)
        if until < since:
            raise Refused("InvalidTimeRangeException", "End time cannot be less than start time.")
        return list_public_keys(since, until)

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("cloudtrail", asked.operation)


def _seconds_to_eventbridge(draw: Any) -> float:
    """Mostly within half a minute, at most two: AWS promises nothing."""
    return min(120.0, 1.0 + float(draw.expovariate(1 / 12)))


def _aware(given: Any, default: datetime) -> datetime:
    if given is None:
        return default
    if not isinstance(given, datetime):
        return datetime.fromtimestamp(float(given), UTC)
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


def _attribute(record: Record, name: str) -> Any:
    match name:
        case "EventId":
            return record.get("eventID")
        case "EventName":
            return record.get("eventName")
        case "EventSource":
            return record.get("eventSource")
        case "ReadOnly":
            return str(record.get("readOnly", False)).lower()
        case "AccessKeyId":
            return record.get("userIdentity", {}).get("accessKeyId")
        case "Username":
            return _username(record)
        case _:
            raise NotSimulated("cloudtrail", f"LookupEvents by {name}")


def _username(record: Record) -> str:
    identity = record.get("userIdentity", {})
    if identity.get("type") == "Root":
        return "root"
    return str(identity.get("userName") or str(identity.get("principalId", "")).rpartition(":")[2])


def _history_row(record: Record) -> dict[str, Any]:
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": _attribute(record, "ReadOnly"),
        "AccessKeyId": _attribute(record, "AccessKeyId") or "",
        "EventTime": datetime.fromisoformat(record["eventTime"]),
        "EventSource": record["eventSource"],
        "Username": _username(record),
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }

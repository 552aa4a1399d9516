"""CloudTrail: every call becomes a record, and records are delivered.

To EventBridge within seconds to two minutes, in the region where AWS records the call and only while some
trail logs it; to a trail's log group and to log files in its bucket within minutes. The call that stops a
trail is the last one it records, and the call that changes its selectors is recorded by the old selectors.
Event history shows the last 90 days, trail or not.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
"""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudtrail.access import SERVICE
from scenarios.cloud.cloudtrail.delivery.files import TrailFiles
from scenarios.cloud.cloudtrail.history.events import EventHistory
from scenarios.cloud.cloudtrail.history.insights import Insights
from scenarios.cloud.cloudtrail.records.envelope import event_bridge_envelope
from scenarios.cloud.cloudtrail.records.records import record_of
from scenarios.cloud.cloudtrail.records.shared import of_visitor, other_account, with_shared_id
from scenarios.cloud.cloudtrail.requests import TrailRequests
from scenarios.cloud.cloudtrail.selectors.choices import TrailChoices, logs
from scenarios.cloud.cloudtrail.selectors.selectors import asks_for_data
from scenarios.cloud.eventbridge.bus import matching
from scenarios.cloud.eventbridge.buses import DEFAULT_BUS
from scenarios.cloud.kernel import moto_events, moto_s3, moto_state
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import LogLines
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

# Neither EventBridge nor Logs is sent a larger one; log files hold it.
LARGEST_RECORD_BYTES = 256 * 1024

Record = Mapping[str, Any]


class CloudTrail:
    """All trails of the account, and its event history."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._files = TrailFiles(setting, self._trail)
        TrailRequests(setting, self._files.access, self._trails)
        self.history = EventHistory(setting)
        self._choices = TrailChoices(setting, self._trails)
        self._insights = Insights(
            setting,
            self._choices,
            past=self.history.records,
            watching=self._watching,
            deliver=self._deliver,
        )
        self._deleted: dict[str, Any] = {}
        self._told_unheard = False
        self._watching_before: list[Any] | None = None
        self._bucket_regions: dict[str, str] = {}
        calls = setting.calls
        calls.after_everything(self._heard)
        calls.after_services(self._made_by_service)
        calls.after("sts", "AssumeRole", self._visited)
        calls.after("cloudtrail", "StartLogging", self._logging_started)
        calls.after("cloudtrail", "UpdateTrail", self._updated)
        calls.answer("cloudtrail", "GetTrailStatus", self._status)
        for operation in ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"):
            calls.check("cloudtrail", operation, self._about_to_change)
        for operation in ("StartQuery", "CreateEventDataStore"):
            calls.check("cloudtrail", operation, self._not_yet)

    def start(self, _: Sequence[Stack]) -> None:
        """Set the deliveries going of every trail that logs."""
        self._choices.start()
        self._bucket_regions = moto_s3.bucket_regions(self._setting.account)
        for trail in self._trails():
            if trail.status.is_logging:
                self._files.begin(trail, self._regions_of(trail))

    # ---- records in -----------------------------------------------------------------------------

    def _heard(self, call: ApiCall) -> None:
        watching, self._watching_before = self._watching_before, None
        recorded = self._setting.records[call.service]
        if not recorded.is_recorded(call.operation):
            return
        call = self._where_it_was(call)
        if watching is None:
            watching = self._watching(recorded.region(call.region))
        if recorded.is_data_event(call.operation):
            self._data_event(call, watching)
            return
        event_id = self._setting.new_uuid("cloudtrail.event")
        request_id = self._setting.new_uuid("aws.request")
        record = record_of(call, recorded, event_id=event_id, request_id=request_id)
        if other_account(call):
            record = with_shared_id(record, self._setting.new_uuid("cloudtrail.shared"))
        self._deliver(record, [trail for trail in watching if logs(trail, record)])
        self._insights.heard(record)

    def _visited(self, call: ApiCall) -> None:
        """Somebody of another account assumed a role of this one."""
        if other_account(call) != self._setting.account:
            return
        record = record_of(
            call,
            self._setting.records[call.service],
            event_id=self._setting.new_uuid("cloudtrail.event"),
            request_id=self._setting.new_uuid("aws.request"),
        )
        self.deliver(of_visitor(record, call, self._setting.new_uuid("cloudtrail.shared")))

    def _made_by_service(self, call: ApiCall) -> None:
        """An AWS service did something to data of the account, such as delivering a log file to a bucket."""
        if call.caller.service == SERVICE:
            call = replace(call, parameters={**call.parameters, "ACL": "bucket-owner-full-control"})
        call = self._where_it_was(call)
        recorded = self._setting.records[call.service]
        self._data_event(call, self._watching(recorded.region(call.region)))

    def _data_event(self, call: ApiCall, watching: Sequence[Any]) -> None:
        """Nothing is recorded, and nothing drawn, where no trail asks for data events."""
        asking = [
            trail
            for trail in watching
            if asks_for_data(trail.event_selectors, trail.advanced_event_selectors)
        ]
        recorded = self._setting.records[call.service]
        for each in recorded.calls(call) if asking else ():
            record = record_of(
                each,
                recorded,
                event_id=self._setting.new_uuid("cloudtrail.data"),
                request_id=self._setting.new_uuid("cloudtrail.data"),
            )
            picking = [trail for trail in asking if logs(trail, record)]
            if picking:
                self._deliver(record, picking)

    def _where_it_was(self, call: ApiCall) -> ApiCall:
        """A call about a bucket, in the bucket's region: S3 redirects what was sent elsewhere."""
        if call.service != "s3" or "Bucket" not in call.parameters:
            return call
        name = call.parameters["Bucket"]
        bucket = moto_s3.bucket(self._setting.account, name)
        if bucket is not None and call.operation != "CreateBucket":
            self._bucket_regions[name] = bucket.region_name
        region = self._bucket_regions.get(name, call.region)
        return call if region == call.region else replace(call, region=region)

    def deliver(self, record: Record) -> None:
        """Deliver a record everywhere it goes, each way with its delay."""
        watching = self._watching(str(record["awsRegion"]))
        self._deliver(record, [trail for trail in watching if logs(trail, record)])
        self._insights.heard(record)

    def _deliver(self, record: Record, trails: Sequence[Any]) -> None:
        """Deliver a record by the trails that log it."""
        now, region = self._setting.clock.now, str(record["awsRegion"])
        draw = self._setting.random("cloudtrail.delay")
        to_events, to_logs, to_files = (
            _seconds_to_eventbridge(draw),
            draw.uniform(60, 480),
            draw.uniform(60, 300),
        )
        in_a_file = now + timedelta(seconds=to_files)
        if record.get("eventCategory") != "Data":
            self.history.add(record, visible_from=in_a_file)
        small = len(json.dumps(record)) <= LARGEST_RECORD_BYTES
        if trails and small:
            self._to_eventbridge(record, region, to_events)
        elif not trails and not self._told_unheard:
            self._tell_unheard(record, region)
        for trail in trails:
            if trail.cw_log_group_arn and small:
                self._setting.clock.after(
                    to_logs, partial(self._to_log_group, trail, record), "to the log group"
                )
            self._files.take(trail, region, record, in_a_file)

    def _tell_unheard(self, record: Record, region: str) -> None:
        """Note once that a rule waits for a call that no trail logs: the call never becomes an event.

        Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
        """
        rules = [
            rule
            for rule in moto_events.rules(self._setting.account, region, DEFAULT_BUS)
            if not rule.managed_by
        ]
        matched = sorted(matching(rules, event_bridge_envelope(record, ""))) if rules else []
        if matched:
            self._told_unheard = True
            words = f"no trail logs {record['eventName']} in {region}, so rule {matched[0]} never hears of it"
            self._setting.note("no trail", words)

    def _to_eventbridge(self, record: Record, region: str, seconds: float) -> None:
        faults = self._setting.faults
        if faults.reordered:
            seconds += self._setting.random("faults.order").uniform(0, 60)
        envelope = event_bridge_envelope(record, self._setting.new_uuid("events.id"))
        self._setting.clock.after(
            seconds + faults.late_seconds,
            lambda: self._setting.announce(region, envelope, by=SERVICE),
            "CloudTrail to EventBridge",
        )

    def _to_log_group(self, trail: Any, record: Record) -> None:
        if not trail.cw_log_group_arn:  # taken from it meanwhile
            return
        stream = f"{self._setting.account}_CloudTrail_{trail.region_name}"
        when = datetime.fromisoformat(record["eventTime"])
        lines = LogLines(stream=stream, lines=[(when, json.dumps(record))])
        denial = self._files.access.write_lines(trail, lines)
        status = self._files.status(trail.arn).log_group
        status.note(self._setting.clock.now, denial.error if denial else "")
        if denial:
            self._setting.note("lost", denial.words)

    # ---- which trails ---------------------------------------------------------------------------

    def _trails(self) -> list[Any]:
        return [
            trail
            for region in self._setting.regions
            for trail in moto_state.trails(self._setting.account, region)
        ]

    def _trail(self, arn: str) -> Any:
        """A trail by ARN. A deleted one as it was last, since it still delivers its last records."""
        return next((trail for trail in self._trails() if trail.arn == arn), self._deleted.get(arn))

    def _regions_of(self, trail: Any) -> tuple[str, ...]:
        return self._setting.regions if trail.is_multi_region else (trail.region_name,)

    def _watching(self, region: str) -> list[Any]:
        """The trails that log what happens in a region."""
        return [trail for trail in self._trails() if self._covers(trail, region)]

    def _covers(self, trail: Any, region: str) -> bool:
        return bool(trail.status.is_logging) and region in self._regions_of(trail)

    def _about_to_change(self, asked: Asked) -> None:
        """A trail tells of the call that stops, deletes or narrows it."""
        self._watching_before = [copy.copy(trail) for trail in self._watching(asked.region)]
        if asked.operation == "DeleteTrail":
            for trail in self._named(asked.parameters["Name"]):
                last = self._deleted[trail.arn] = copy.copy(trail)
                last.status = copy.copy(trail.status)
                last.status.is_logging = False

    def _logging_started(self, call: ApiCall) -> None:
        for trail in self._named(call.parameters["Name"]):
            self._files.begin(trail, self._regions_of(trail))

    def _updated(self, call: ApiCall) -> None:
        for trail in self._named(call.parameters["Name"]):
            if trail.status.is_logging:
                self._files.changed(trail, self._regions_of(trail))

    def delay_next_digest_entry(self, region: str = "") -> None:
        """Have the next log file of a region (the home region by default) miss its digest.

        A processing delay at AWS does that; a backfill digest tells of the file an hour later.
        """
        self._files.delay_next(region or self._setting.home)

    def _status(self, asked: Asked) -> dict[str, Any]:
        """Answer GetTrailStatus; a trail of another region is known by its ARN alone."""
        name = asked.parameters["Name"]
        for trail in self._trails():
            home = trail.region_name == asked.region
            if (name == trail.trail_name and home) or (name == trail.arn and (home or trail.is_multi_region)):
                status = trail.status
                return self._files.status(trail.arn).answer(
                    logging=status.is_logging, started=status.started, stopped=status.stopped
                )
        account = self._setting.account
        raise Refused("TrailNotFoundException", f"Unknown trail: {name} for the user: {account}", 404)

    def _named(self, name: str) -> list[Any]:
        return [trail for trail in self._trails() if name in (trail.trail_name, trail.arn)]

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("cloudtrail", asked.operation)


def _seconds_to_eventbridge(draw: Any) -> float:
    """Mostly within half a minute, at most two: AWS promises nothing."""
    return min(120.0, 1.0 + float(draw.expovariate(1 / 12)))

"""CloudWatch Logs: who hears of a line that was written. One engine reads every filter pattern.

Subscription filters hand matching events to Lambda as base64 of gzip of JSON; metric
filters make metrics of them; `filter_log_events` searches. All three count only events
that arrive after they were made.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from chalicelib.matching import InvalidPattern, LogPattern
from scenarios.cloud import moto_hooks
from scenarios.cloud.caller import ApiCall
from scenarios.cloud.calls import Asked
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.errors import NotSimulated, Refused
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.metric_filters import MetricFilters
from scenarios.cloud.setting import Setting

SUBSCRIPTION_SECONDS = 2.0
MOST_EVENTS_A_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """One event as it was ingested. `id` is 56 digits, as AWS writes it."""

    id: str
    at: datetime
    message: str
    stream: str

    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch."""
        return int(self.at.timestamp() * 1000)


class Logs:
    """Every log group of the account."""

    def __init__(self, setting: Setting, functions: Functions, cloudwatch: CloudWatch) -> None:
        self._setting = setting
        self._functions = functions
        self._metric_filters = MetricFilters(setting, cloudwatch, _pattern)
        calls = setting.calls
        calls.after("logs", "PutLogEvents", self._put)
        calls.answer("logs", "FilterLogEvents", self._filter_log_events)
        calls.answer("logs", "TestMetricFilter", self._test_metric_filter)
        calls.check("logs", "PutSubscriptionFilter", self._pattern_is_valid)
        for operation in ("StartQuery", "CreateExportTask", "PutDestination"):
            calls.check("logs", operation, self._not_yet)

    # ---- lines in -------------------------------------------------------------------------------

    def write(self, region: str, group: str, stream: str, lines: Sequence[tuple[datetime, str]]) -> None:
        """Ingest lines as an agent or a service does; the group must be there, the stream need not.

        Raises NotSimulated when the group is missing: whoever feeds it would have made it.
        """
        found = moto_hooks.log_group(self._setting.account, region, group)
        if found is None:
            raise NotSimulated("logs", f"writing to the log group {group}, which is not there")
        backend = moto_hooks.backend("logs", self._setting.account, region)
        if stream not in found.streams:
            backend.create_log_stream(group, stream)
        ordered = sorted(lines, key=lambda line: line[0])
        backend.put_log_events(
            group,
            stream,
            [{"timestamp": int(at.timestamp() * 1000), "message": text} for at, text in ordered],
        )
        self._ingested(region, group, stream, len(ordered))

    def _put(self, call: ApiCall) -> None:
        parameters = call.parameters
        self._ingested(
            call.region,
            parameters["logGroupName"],
            parameters["logStreamName"],
            len(parameters["logEvents"]),
        )

    def _ingested(self, region: str, group: str, stream: str, count: int) -> None:
        found = moto_hooks.log_group(self._setting.account, region, group)
        assert found is not None
        events = [_event(stream, each) for each in found.streams[stream].events[-count:]] if count else []
        for subscription in found.subscription_filters.values():
            self._subscribe(region, found, subscription, events)
        self._metric_filters.take(region, group, events)

    # ---- subscriptions --------------------------------------------------------------------------

    def _subscribe(self, region: str, group: Any, subscription: Any, events: Iterable[LogEvent]) -> None:
        pattern = _pattern(subscription.filter_pattern)
        matching = [event for event in events if pattern.matches(event.message)]
        if not matching:
            return
        service = subscription.destination_arn.split(":")[2]
        if service != "lambda":
            raise NotSimulated("logs", f"a subscription to {service} ({subscription.destination_arn})")
        payload = self._payload(group.name, subscription.name, pattern, matching)
        draw = self._setting.random("logs.subscription")
        times = [SUBSCRIPTION_SECONDS * draw.uniform(0.5, 2.0)]
        if self._setting.faults.duplicates:
            times.append(times[0] + draw.uniform(1, 30))
        for seconds in times:
            self._setting.clock.after(
                seconds,
                lambda: self._deliver(region, group.name, subscription.destination_arn, payload),
                f"subscription {subscription.name}",
            )

    def _payload(
        self, group: str, name: str, pattern: LogPattern, events: Sequence[LogEvent]
    ) -> dict[str, Any]:
        """The documented envelope: base64 of gzip of JSON. mtime 0: the same bytes each run."""
        body = {
            "messageType": "DATA_MESSAGE",
            "owner": self._setting.account,
            "logGroup": group,
            "logStream": events[0].stream,
            "subscriptionFilters": [name],
            "logEvents": [_told(event, pattern) for event in events],
        }
        packed = gzip.compress(json.dumps(body).encode(), mtime=0)
        return {"awslogs": {"data": base64.b64encode(packed).decode()}}

    def _deliver(self, region: str, group: str, destination: str, payload: Mapping[str, Any]) -> None:
        source = f"arn:aws:logs:{region}:{self._setting.account}:log-group:{group}:*"
        why = self._functions.invoke_by_service("logs.amazonaws.com", destination, payload, source_arn=source)
        if why:
            # "AccessDenied and ResourceNotFound are not retried": the events are gone.
            self._setting.note("lost", f"the subscription of {group} could not reach {destination} ({why})")

    # ---- the API --------------------------------------------------------------------------------

    def _filter_log_events(self, asked: Asked) -> dict[str, Any]:
        parameters = asked.parameters
        name = parameters.get("logGroupName") or parameters.get("logGroupIdentifier", "").rpartition(":")[2]
        group = moto_hooks.log_group(self._setting.account, asked.region, name)
        if group is None:
            raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
        pattern = _pattern(parameters.get("filterPattern", ""))
        since, until = parameters.get("startTime", 0), parameters.get("endTime", 1 << 62)
        wanted = set(parameters.get("logStreamNames", ())) or set(group.streams)
        prefix = parameters.get("logStreamNamePrefix", "")
        found = [
            (event, each.ingestion_time)
            for stream in sorted(wanted)
            if stream in group.streams and stream.startswith(prefix)
            for each in group.streams[stream].events
            for event in (_event(stream, each),)
            if since <= event.timestamp <= until and pattern.matches(event.message)
        ]
        found.sort(key=lambda pair: (pair[0].timestamp, pair[0].id))
        begin = int(parameters.get("nextToken", "0"))
        end = begin + min(int(parameters.get("limit", MOST_EVENTS_A_PAGE)), MOST_EVENTS_A_PAGE)
        answer: dict[str, Any] = {
            "events": [
                {
                    "logStreamName": event.stream,
                    "timestamp": event.timestamp,
                    "message": event.message,
                    "ingestionTime": ingested,
                    "eventId": event.id,
                }
                for event, ingested in found[begin:end]
            ],
            "searchedLogStreams": [],
        }
        return {**answer, "nextToken": str(end)} if end < len(found) else answer

    def _test_metric_filter(self, asked: Asked) -> dict[str, Any]:
        pattern = _pattern(asked.parameters["filterPattern"])
        return {
            "matches": [
                {"eventNumber": number, "eventMessage": message, "extractedValues": pattern.fields(message)}
                for number, message in enumerate(asked.parameters["logEventMessages"], start=1)
                if pattern.matches(message)
            ]
        }

    def _pattern_is_valid(self, asked: Asked) -> None:
        _pattern(asked.parameters["filterPattern"])

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("logs", asked.operation)


def _event(stream: str, stored: Any) -> LogEvent:
    return LogEvent(
        id=f"{stored.event_id:056d}",
        at=datetime.fromtimestamp(stored.timestamp / 1000, UTC),
        message=stored.message,
        stream=stream,
    )


def _told(event: LogEvent, pattern: LogPattern) -> dict[str, Any]:
    told: dict[str, Any] = {"id": event.id, "timestamp": event.timestamp, "message": event.message}
    if pattern.language != "space-delimited":
        return told
    # Subscriptions name the fields as the pattern does; TestMetricFilter names them as selectors, with a "$".
    fields = {name.removeprefix("$"): value for name, value in pattern.fields(event.message).items()}
    return {**told, "extractedFields": fields} if fields else told


@lru_cache(maxsize=256)
def _compiled(text: str) -> LogPattern:
    return LogPattern(text)


def _pattern(text: str) -> LogPattern:
    try:
        return _compiled(text)
    except InvalidPattern as error:
        raise Refused("InvalidParameterException", f"Invalid filter pattern: {error}") from error

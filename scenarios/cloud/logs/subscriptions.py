"""Subscription filters: matching events go on to Lambda, Kinesis, Firehose or a destination, within seconds.

A function gets base64 of gzip of JSON, a stream gzip of JSON. Logs tries a new subscription with a test
message. If a permission or the target is missing, the delivery is not tried again: the events are lost. Only
events that arrive after a subscription was made are sent.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions-Kinesis.html. That the
partition key is drawn from the stream's name (ByLogStream) or at random is unconfirmed in its form.
"""

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from chalicelib.matching import LogPattern
from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.arns import service_of
from scenarios.cloud.kernel.deliveries import AssumedRole, Event, Missing, Refusal, StreamRecord
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.logs.destinations import Destinations
from scenarios.cloud.logs.emitted import NAMESPACE
from scenarios.cloud.logs.events import LogEvent, invalid, pattern_of
from scenarios.cloud.logs.validation import LOGS
from scenarios.cloud.setting import Setting

DELIVERY_SECONDS = 2.0
DESTINATION_TYPES = {"lambda": "Lambda", "kinesis": "Kinesis", "firehose": "Firehose", "logs": "Kinesis"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One message of a subscription. `key`: of the stream's partition; `source`: the group's ARN."""

    group: str
    filter: str
    events: int
    packed: bytes
    key: str
    source: str


class Subscriptions:
    """Every subscription filter of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        Destinations(setting)
        setting.calls.check("logs", "PutSubscriptionFilter", self._about_to_put)

    # ---- the API --------------------------------------------------------------------------------

    def _about_to_put(self, asked: Asked) -> None:
        parameters = asked.parameters
        arn = parameters["destinationArn"]
        match service_of(arn):
            case "lambda" | "kinesis" | "firehose":
                pass  # validation.py asks the function, the stream and its role
            case "logs":
                self._destination_may(asked, arn)
            case "":
                raise invalid(f"Invalid destinationArn: {arn}")
            case other:
                raise NotSimulated("logs", f"a subscription to {other} ({arn})")

    def _destination_may(self, asked: Asked, arn: str) -> None:
        """Whether its policy lets the caller in was asked with the call; the region must be the group's."""
        if moto_state.log_destination(arn) is None or arn.split(":")[3] != asked.region:
            raise invalid(
                "Could not deliver test message to specified destination. Check if the destination is valid."
            )

    # ---- delivery -------------------------------------------------------------------------------

    def send(self, region: str, group: Any, events: Iterable[LogEvent]) -> None:
        """Hand what just arrived in a group to its subscriptions."""
        for subscription in group.subscription_filters.values():
            self._send(region, group.name, subscription, events)

    def _send(self, region: str, group: str, subscription: Any, events: Iterable[LogEvent]) -> None:
        pattern = pattern_of(subscription.filter_pattern)
        matching = [event for event in events if pattern.matches(event.message)]
        if not matching:
            return
        self._setting.note("matched", f"subscription filter {subscription.name} of {group}")
        batch = Batch(
            group=group,
            filter=subscription.name,
            events=len(matching),
            packed=self._packed(group, subscription.name, pattern, matching),
            key=self._key(subscription, matching[0].stream),
            source=self._source(region, group),
        )
        deliver = partial(self._deliver, subscription.destination_arn, subscription.role_arn or "", batch)
        draw = self._setting.random("logs.subscription")
        times = [DELIVERY_SECONDS * draw.uniform(0.5, 2.0)]
        if self._setting.faults.duplicates:
            times.append(times[0] + draw.uniform(1, 30))
        for seconds in times:
            self._setting.clock.after(seconds, deliver, f"subscription {subscription.name}")

    def _packed(self, group: str, name: str, pattern: LogPattern, events: Sequence[LogEvent]) -> bytes:
        """The documented envelope: gzip of JSON. mtime 0: the same bytes each run."""
        body = {
            "messageType": "DATA_MESSAGE",
            "owner": self._setting.account,
            "logGroup": group,
            "logStream": events[0].stream,
            "subscriptionFilters": [name],
            "logEvents": [_told(event, pattern) for event in events],
        }
        return gzip.compress(json.dumps(body).encode(), mtime=0)

    def _key(self, subscription: Any, stream: str) -> str:
        """Events of one log stream share a key, and so a shard and an order, unless spread at random."""
        if subscription.distribution == "Random":
            return self._setting.new_uuid("logs.partition-key")
        return stream

    def _deliver(self, arn: str, role: str, batch: Batch) -> None:
        service, source = arn.split(":")[2], batch.source
        if service == "lambda":
            event = Event(content={"awslogs": {"data": base64.b64encode(batch.packed).decode()}})
            refusal = self._setting.deliveries.hand_over(arn, event, by=LOGS, source=source)
        elif service == "logs":
            refusal = self._through(arn, batch)
        else:
            refusal = self._put(arn, role, batch)
        self._measure(arn, batch, failed=refusal is not None)
        if refusal is not None:
            # "AccessDenied and ResourceNotFound are not retried": the events are gone.
            self._setting.note(
                "lost", f"the subscription of {batch.group} could not reach {arn} ({refusal.missing})"
            )

    def _measure(self, arn: str, batch: Batch, *, failed: bool) -> None:
        sent = {"ForwardedLogEvents": batch.events, "ForwardedBytes": len(batch.packed)}
        dimensions = {
            "LogGroupName": batch.group,
            "DestinationType": DESTINATION_TYPES[arn.split(":")[2]],
            "FilterName": batch.filter,
        }
        region = batch.source.split(":")[3]
        self._setting.measured(region, NAMESPACE, {"DeliveryErrors": 1} if failed else sent, dimensions)

    def _through(self, arn: str, batch: Batch) -> Refusal | None:
        destination = moto_state.log_destination(arn)
        if destination is None:
            return Refusal(missing=Missing.RESOURCE, because="there is no such destination", resource=arn)
        return self._put(destination.target_arn, destination.role_arn, batch)

    def _put(self, stream: str, role: str, batch: Batch) -> Refusal | None:
        record = StreamRecord(data=batch.packed, partition_key=batch.key)
        by = AssumedRole(arn=role, service=LOGS)
        refusal = self._setting.deliveries.hand_over(stream, record, by=by, source=batch.source)
        if refusal is None:
            self._setting.note("streamed", f"{stream.split(':', 5)[5]}")
        return refusal

    def _source(self, region: str, group: str) -> str:
        return f"arn:aws:logs:{region}:{self._setting.account}:log-group:{group}:*"


def _told(event: LogEvent, pattern: LogPattern) -> Mapping[str, Any]:
    told: dict[str, Any] = {"id": event.id, "timestamp": event.timestamp, "message": event.message}
    if pattern.language != "space-delimited":
        return told
    # Subscriptions name the fields as the pattern does; TestMetricFilter names them as selectors, with a "$".
    fields = {name.removeprefix("$"): value for name, value in pattern.fields(event.message).items()}
    return {**told, "extractedFields": fields} if fields else told

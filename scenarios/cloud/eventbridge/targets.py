"""EventBridge's targets: input, permissions, retries, dead letters.

A failure of the target's own (throttling) is tried again with backoff, for 24 hours and 185
times or as the target's RetryPolicy says. A missing permission or target is not retried.
An event that was not delivered goes to the target's dead-letter queue with the reason; without one
it is lost.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-target-logs.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_KinesisParameters.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from scenarios.cloud.eventbridge.api_destinations import ApiDestinations
from scenarios.cloud.eventbridge.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.eventbridge.failures import Failure
from scenarios.cloud.eventbridge.instance_targets import InstanceTargets
from scenarios.cloud.eventbridge.requests import BUILT_IN, DESTINATION, kind_of
from scenarios.cloud.inputs import InputTransformer, InvalidInput, input_path
from scenarios.cloud.kernel.deliveries import (
    AssumedRole,
    By,
    Event,
    LogLines,
    Message,
    Missing,
    Notification,
    StreamRecord,
)
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting

SERVICE = "events.amazonaws.com"
LATENCY_SECONDS = 0.5
MAXIMUM_RETRY_ATTEMPTS = 185
MAXIMUM_EVENT_AGE = timedelta(hours=24)
# AWS names the two limits, and "exponential back off and jitter" between them. With this ceiling both come
# to about the same: 185 attempts take a day.
LONGEST_BACKOFF_SECONDS = 480.0
INPUT_FORMS = ("Input", "InputPath", "InputTransformer")

# AWS's ERROR_CODE for what a delivery lacked. Those for keys, and for what the resource does not take, are
# unconfirmed.
ERROR_CODES = {
    Missing.RESOURCE: "NO_RESOURCE",
    Missing.PERMISSION: "NO_PERMISSIONS",
    Missing.ROLE: "FAILED_TO_ASSUME_ROLE",
    Missing.KEY_PERMISSION: "NO_PERMISSIONS",
    Missing.USABLE_KEY: "NO_PERMISSIONS",
    Missing.CLIENT_ERROR: "SDK_CLIENT_ERROR",
}
# These are reached under the role that the target names; everything else lets EventBridge in by a policy.
UNDER_A_ROLE = ("events", "kinesis", "firehose", "ssm", "states")


@dataclass(slots=True, kw_only=True)
class EventDelivery:
    """One event on its way to one target, over all attempts. `rule` is moto's model."""

    rule: Any
    target: Mapping[str, Any]
    event: Mapping[str, Any]
    forwarded: bool
    began: datetime
    attempts: int = 0

    @property
    def retries_allowed(self) -> int:
        """MaximumRetryAttempts."""
        return int(self.target.get("RetryPolicy", {}).get("MaximumRetryAttempts", MAXIMUM_RETRY_ATTEMPTS))

    @property
    def expires(self) -> datetime:
        """When the event is too old to be tried again."""
        seconds = self.target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds")
        return self.began + (MAXIMUM_EVENT_AGE if seconds is None else timedelta(seconds=int(seconds)))


class Targets:
    """Hands events over to the targets of rules."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._last_due: dict[tuple[str, str], datetime] = {}
        self._destinations = ApiDestinations(setting)
        self._instances = InstanceTargets(setting)
        self._payloads: Mapping[str, Callable[[EventDelivery], object]] = {
            "events": lambda delivery: Event(content=delivery.event),
            "firehose": lambda delivery: StreamRecord(data=_input(delivery).encode()),
            "kinesis": _for_stream,
            "lambda": lambda delivery: Event(content=json.loads(_input(delivery))),
            "logs": self._for_log_group,
            "sns": lambda delivery: Notification(text=_input(delivery)),
            "sqs": _for_queue,
            "states": lambda delivery: Event(content=json.loads(_input(delivery))),
            "ssm": lambda delivery: Event(content=json.loads(_input(delivery))),
        }

    def send(
        self, rule: Any, target: Mapping[str, Any], event: Mapping[str, Any], *, forwarded: bool
    ) -> None:
        """Deliver after EventBridge's latency; twice where the fault profile duplicates.

        EventBridge promises no order. Unless a fault profile says otherwise, a target gets a rule's events
        in the order in which they came.
        """
        draw = self._setting.random("events.latency")
        times = [LATENCY_SECONDS * draw.uniform(0.6, 2.0)]
        if self._setting.faults.duplicates:
            times.append(times[0] + draw.uniform(1, 30))
        for seconds in times:
            delivery = EventDelivery(
                rule=rule, target=target, event=event, forwarded=forwarded, began=self._setting.clock.now
            )
            due = self._setting.clock.now + timedelta(seconds=seconds)
            if not self._setting.faults.reordered and seconds == times[0]:
                to = (rule.arn, target["Id"])
                due = self._last_due[to] = max(due, self._last_due.get(to, due))
            self._setting.clock.at(due, partial(self._attempt, delivery), f"deliver to {target['Arn']}")

    # ---- attempts -------------------------------------------------------------------------------

    def _attempt(self, delivery: EventDelivery, *, in_turn: bool = False) -> None:
        if not in_turn and kind_of(delivery.target["Arn"]) == DESTINATION:
            self._wait_for_turn(delivery)
            return
        delivery.attempts += 1
        failure = self._hand_over(delivery)
        self._measure(
            delivery,
            "InvocationAttempts",
            *(["RetryInvocationAttempts"] if delivery.attempts > 1 else []),
            *(["SuccessfulInvocationAttempts", "Invocations"] if failure is None else []),
        )
        if failure is None:
            return
        if not failure.retriable:
            self._give_up(delivery, failure, retries=0)
            return
        retries = delivery.attempts - 1
        if retries >= delivery.retries_allowed:
            self._give_up(delivery, failure, retries=retries, exhausted="MaximumRetryAttempts")
            return
        seconds = max(self._backoff(delivery.attempts), failure.after)
        again = self._setting.clock.now + timedelta(seconds=seconds)
        if again > delivery.expires:
            self._give_up(delivery, failure, retries=retries, exhausted="MaximumEventAgeInSeconds")
            return
        self._setting.note("refused", f"{failure.message}: {failure.code}, attempt {delivery.attempts}")
        self._setting.clock.at(again, partial(self._attempt, delivery), "EventBridge tries again")

    def _wait_for_turn(self, delivery: EventDelivery) -> None:
        """An API destination takes so many requests a second; an event that waits too long is given up."""
        due = self._destinations.turn(delivery.target["Arn"])
        if due <= delivery.expires:
            attempt = partial(self._attempt, delivery, in_turn=True)
            self._setting.clock.at(due, attempt, "an API destination's rate")
            return
        failure = Failure(code="THROTTLING", message=f"{delivery.rule.name} waits for its API destination")
        exhausted = "MaximumEventAgeInSeconds"
        self._give_up(delivery, failure, retries=max(delivery.attempts - 1, 0), exhausted=exhausted)

    def _backoff(self, attempts: int) -> float:
        jitter = self._setting.random("events.backoff").uniform(0.9, 1.1)
        return min(LONGEST_BACKOFF_SECONDS, 2.0 ** min(attempts - 1, 16)) * jitter

    def _give_up(
        self, delivery: EventDelivery, failure: Failure, *, retries: int, exhausted: str = ""
    ) -> None:
        """Send it to the dead-letter queue, if there is one that takes it."""
        rule, target = delivery.rule, delivery.target
        self._measure(delivery, "Invocations", "FailedInvocations")
        self._setting.note("undelivered", f"{failure.message}: {failure.code}")
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if not queue:
            return
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": failure.message,
            "RETRY_ATTEMPTS": str(retries),
            **({"EXHAUSTED_RETRY_CONDITION": exhausted} if exhausted else {}),
        }
        message = Message(body=json.dumps(delivery.event), attributes=attributes)
        refusal = self._setting.deliveries.hand_over(queue, message, by=SERVICE, source=rule.arn)
        self._measure(delivery, "InvocationsFailedToBeSentToDlq" if refusal else "InvocationsSentToDlq")
        if refusal is not None:
            code = ERROR_CODES[refusal.missing]
            self._setting.note("lost", f"{rule.name}: its dead-letter queue refused the event ({code})")

    def _measure(self, delivery: EventDelivery, *metrics: str) -> None:
        rule = delivery.rule
        values = dict.fromkeys(metrics, 1)
        self._setting.measured(rule.region_name, NAMESPACE, values, *dimensions_of(rule))

    # ---- handing over ---------------------------------------------------------------------------

    def _hand_over(self, delivery: EventDelivery) -> Failure | None:
        rule, target = delivery.rule, delivery.target
        arn = target["Arn"]
        if delivery.attempts <= self._setting.faults.targets_throttled:
            return Failure(code="THROTTLING", message=f"{rule.name} was throttled by {arn}")
        try:
            if kind_of(arn) == DESTINATION:
                return self._to_destination(delivery)
            if kind_of(arn) == BUILT_IN:
                return self._instances.act(rule, target, _input(delivery))
            code = self._taken(delivery, arn)
        except InvalidInput as error:
            return Failure(code="INVALID_JSON", message=str(error))
        return Failure(code=code, message=f"{rule.name} could not reach {arn}") if code else None

    def _to_destination(self, delivery: EventDelivery) -> Failure | None:
        """To an endpoint outside AWS, if the target's role may."""
        rule, target = delivery.rule, delivery.target
        role = AssumedRole(arn=target.get("RoleArn", ""), service=SERVICE)
        refusal = self._setting.deliveries.refusal(
            target["Arn"], Event(content=delivery.event), by=role, source=rule.arn
        )
        if refusal is not None:
            code = ERROR_CODES[refusal.missing]
            return Failure(code=code, message=f"{rule.name} could not reach {target['Arn']}")
        return self._destinations.invoke(target, delivery.event, _input(delivery))

    def _taken(self, delivery: EventDelivery, arn: str) -> str | None:
        """Why the target did not take it, as AWS's error code; None when it did."""
        rule, service = delivery.rule, arn.split(":")[2]
        self._must_be_simulated(delivery, arn)
        if service == "events" and delivery.forwarded:
            return _third_hop(rule.region_name, arn)
        try:
            payload = self._payloads[service](delivery)
        except json.JSONDecodeError:
            return "INVALID_JSON"  # Lambda takes nothing else; a quoted-string template can come out so
        role = AssumedRole(arn=delivery.target.get("RoleArn", ""), service=SERVICE)
        by: By = role if service in UNDER_A_ROLE else SERVICE
        refusal = self._setting.deliveries.hand_over(arn, payload, by=by, source=rule.arn)
        if refusal is not None:
            return ERROR_CODES[refusal.missing]
        if service == "events":
            region, account = arn.split(":")[3:5]
            elsewhere = f" of {account}" if account != self._setting.account else ""
            self._setting.note("forwarded", f"from {rule.region_name} to {region}{elsewhere}")
        return None

    def _must_be_simulated(self, delivery: EventDelivery, arn: str) -> None:
        service, region = arn.split(":", 5)[2:4]
        if service not in self._payloads:
            raise NotSimulated("events", f"targets of {service} ({arn})")
        if service != "events":
            if region != delivery.rule.region_name:
                raise NotSimulated("events", f"a target in another region than its rule ({arn})")
        elif any(form in delivery.target for form in INPUT_FORMS):
            raise NotSimulated("events", f"another input than the event itself, for a bus ({arn})")
        elif region not in self._setting.regions:
            raise NotSimulated("events", f"a bus in {region}, which this world does not hold")

    # ---- what each kind of target takes ---------------------------------------------------------

    def _for_log_group(self, delivery: EventDelivery) -> LogLines:
        """A log group takes a timestamp and a message where an input form makes them; else the event."""
        when = datetime.fromisoformat(str(delivery.event["time"])).astimezone(UTC)
        message = _input(delivery)
        if any(form in delivery.target for form in INPUT_FORMS):
            when, message = _timestamp_and_message(message, delivery.target["Arn"], default=when)
        return LogLines(stream=self._setting.new_uuid("events.log-stream"), lines=[(when, message)])


def _third_hop(region: str, arn: str) -> str:
    """EventBridge does not route what came from another bus to a third one.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
    """
    same = arn.split(":")[3] == region
    return "THIRD_ACCOUNT_HOP_DETECTED" if same else "THIRD_REGION_HOP_DETECTED"


def _for_stream(delivery: EventDelivery) -> StreamRecord:
    """The partition key is the event's id, or what the target's path finds in the event."""
    event = delivery.event
    path = delivery.target.get("KinesisParameters", {}).get("PartitionKeyPath")
    key = json.loads(input_path(event, path)) if path else event["id"]
    return StreamRecord(data=_input(delivery).encode(), partition_key=str(key))


def _for_queue(delivery: EventDelivery) -> Message:
    """A FIFO queue gets the group that the target names; it makes the deduplication id of the content itself.

    Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html
    """
    group = delivery.target.get("SqsParameters", {}).get("MessageGroupId", "")
    return Message(body=_input(delivery), group=group)


def _input(delivery: EventDelivery) -> str:
    """The target's input: the event, or the result of its input settings."""
    rule, target, event = delivery.rule, delivery.target, delivery.event
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return input_path(event, target["InputPath"])
    if "InputTransformer" in target:
        transformer = target["InputTransformer"]
        return InputTransformer(transformer.get("InputPathsMap", {}), transformer["InputTemplate"]).render(
            dict(event),
            rule_arn=rule.arn,
            rule_name=rule.name,
            ingestion_time=f"{delivery.began:%Y-%m-%dT%H:%M:%SZ}",
        )
    return json.dumps(event)


def _timestamp_and_message(text: str, arn: str, *, default: datetime) -> tuple[datetime, str]:
    given = json.loads(text)
    if not isinstance(given, dict) or not given.keys() <= {"timestamp", "message"} or "message" not in given:
        raise NotSimulated("events", f"an input for {arn} that is not a timestamp and a message")
    message = given["message"]
    when = datetime.fromtimestamp(int(given["timestamp"]) / 1000, UTC) if "timestamp" in given else default
    return when, message if isinstance(message, str) else json.dumps(message)

"""EventBridge's targets: what is handed over, who may, what is tried again, what becomes of the rest.

A failure of the target's own (throttling) is tried again with backoff, for 24 hours and 185
times or as the target's RetryPolicy says. Where there is no permission or no target, nothing
is. What was not delivered goes to the target's dead-letter queue with the reason, or is gone.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scenarios.cloud.eventbridge.streams import Streams
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.inputs import InputTransformer, InvalidInput, input_path
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.setting import Setting
from scenarios.cloud.sns.topics import Messaging

SERVICE = "events.amazonaws.com"
LATENCY_SECONDS = 0.5
MAXIMUM_RETRY_ATTEMPTS = 185
MAXIMUM_EVENT_AGE = timedelta(hours=24)
# AWS names the two limits, and "exponential back off and jitter" between them. With this ceiling both come
# to about the same: 185 attempts take a day.
LONGEST_BACKOFF_SECONDS = 480.0
INPUT_FORMS = ("Input", "InputPath", "InputTransformer")

Event = Mapping[str, Any]
Emit = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a target did not take an event: AWS's ERROR_CODE, and its message."""

    code: str
    message: str

    @property
    def retriable(self) -> bool:
        """Whether EventBridge tries again: the target's own trouble, not the rule's."""
        return self.code in {"THROTTLING", "TIMEOUT", "CONNECTION_FAILURE", "INTERNAL_ERROR"}


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event on its way to one target, over all attempts. `rule` is moto's model."""

    rule: Any
    target: Mapping[str, Any]
    event: Event
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
    """Hands events over. `emit` puts one on a bus: (region, event, bus name, forwarded=True)."""

    def __init__(self, setting: Setting, functions: Functions, messaging: Messaging, emit: Emit) -> None:
        self._setting = setting
        self._functions = functions
        self._messaging = messaging
        self._emit = emit
        self.streams = Streams(setting)
        self._ways: Mapping[str, Callable[[Delivery, str, str], str | None]] = {
            "lambda": self._to_function,
            "sns": self._to_topic,
            "sqs": self._to_queue,
            "logs": self._to_log_group,
            "kinesis": self._to_kinesis,
            "firehose": self._to_firehose,
        }

    def send(self, rule: Any, target: Mapping[str, Any], event: Event, *, forwarded: bool) -> None:
        """Deliver after EventBridge's latency; twice where the fault profile duplicates."""
        draw = self._setting.random("events.latency")
        times = [LATENCY_SECONDS * draw.uniform(0.6, 2.0)]
        if self._setting.faults.duplicates:
            times.append(times[0] + draw.uniform(1, 30))
        for seconds in times:
            delivery = Delivery(
                rule=rule, target=target, event=event, forwarded=forwarded, began=self._setting.clock.now
            )
            self._setting.clock.after(
                seconds, partial(self._attempt, delivery), f"deliver to {target['Arn']}"
            )

    # ---- attempts -------------------------------------------------------------------------------

    def _attempt(self, delivery: Delivery) -> None:
        delivery.attempts += 1
        failure = self._hand_over(delivery)
        if failure is None:
            return
        if not failure.retriable:
            self._give_up(delivery, failure, retries=0)
            return
        retries = delivery.attempts - 1
        if retries >= delivery.retries_allowed:
            self._give_up(delivery, failure, retries=retries, exhausted="MaximumRetryAttempts")
            return
        again = self._setting.clock.now + timedelta(seconds=self._backoff(delivery.attempts))
        if again > delivery.expires:
            self._give_up(delivery, failure, retries=retries, exhausted="MaximumEventAgeInSeconds")
            return
        self._setting.note("refused", f"{failure.message}: {failure.code}, attempt {delivery.attempts}")
        self._setting.clock.at(again, partial(self._attempt, delivery), "EventBridge tries again")

    def _backoff(self, attempts: int) -> float:
        jitter = self._setting.random("events.backoff").uniform(0.9, 1.1)
        return min(LONGEST_BACKOFF_SECONDS, 2.0 ** min(attempts - 1, 16)) * jitter

    def _give_up(self, delivery: Delivery, failure: Failure, *, retries: int, exhausted: str = "") -> None:
        """To the dead-letter queue, if there is one that takes it."""
        rule, target = delivery.rule, delivery.target
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
        why = self._messaging.send_by_service(
            SERVICE, queue, json.dumps(delivery.event), source_arn=rule.arn, attributes=attributes
        )
        if why:
            self._setting.note("lost", f"{rule.name}: its dead-letter queue refused the event ({why})")

    # ---- handing over ---------------------------------------------------------------------------

    def _hand_over(self, delivery: Delivery) -> Failure | None:
        rule, target = delivery.rule, delivery.target
        arn = target["Arn"]
        if delivery.attempts <= self._setting.faults.targets_throttled:
            return Failure(code="THROTTLING", message=f"{rule.name} was throttled by {arn}")
        try:
            code = self._taken(delivery, arn)
        except InvalidInput as error:
            return Failure(code="INVALID_JSON", message=str(error))
        return Failure(code=code, message=f"{rule.name} could not reach {arn}") if code else None

    def _taken(self, delivery: Delivery, arn: str) -> str | None:
        """Why the target did not take it, as AWS's error code; None when it did."""
        rule = delivery.rule
        _, _, service, region, _, _ = arn.split(":", 5)
        if service == "events":
            return self._forward(delivery, arn)
        if region != rule.region_name:
            raise NotSimulated("events", f"a target in another region than its rule ({arn})")
        if service not in self._ways:
            raise NotSimulated("events", f"targets of {service} ({arn})")
        return self._ways[service](delivery, arn, self._payload(delivery))

    def _to_function(self, delivery: Delivery, arn: str, payload: str) -> str | None:
        try:
            event = json.loads(payload)
        except ValueError:
            return "INVALID_JSON"  # Lambda takes nothing else; a quoted-string template can come out so
        return self._functions.invoke_by_service(SERVICE, arn, event, source_arn=delivery.rule.arn)

    def _to_topic(self, delivery: Delivery, arn: str, payload: str) -> str | None:
        return self._messaging.publish_by_service(
            SERVICE, arn, subject="", message=payload, source_arn=delivery.rule.arn
        )

    def _to_queue(self, delivery: Delivery, arn: str, payload: str) -> str | None:
        if arn.endswith(".fifo"):
            raise NotSimulated("events", f"a FIFO queue as target ({arn})")
        return self._messaging.send_by_service(
            SERVICE, arn, payload, source_arn=delivery.rule.arn, attributes={}
        )

    def _to_log_group(self, delivery: Delivery, arn: str, payload: str) -> str | None:
        shaped = any(form in delivery.target for form in INPUT_FORMS)
        return self.streams.to_log_group(
            arn, payload, delivery.event, rule_arn=delivery.rule.arn, shaped=shaped
        )

    def _to_kinesis(self, delivery: Delivery, arn: str, payload: str) -> str | None:
        return self.streams.to_kinesis(arn, payload, delivery.event, delivery.target)

    def _to_firehose(self, delivery: Delivery, arn: str, payload: str) -> str | None:
        return self.streams.to_firehose(arn, payload, delivery.target)

    def _payload(self, delivery: Delivery) -> str:
        rule, target, event = delivery.rule, delivery.target, delivery.event
        if "Input" in target:
            return str(target["Input"])
        if "InputPath" in target:
            return input_path(event, target["InputPath"])
        if "InputTransformer" in target:
            transformer = target["InputTransformer"]
            return InputTransformer(
                transformer.get("InputPathsMap", {}), transformer["InputTemplate"]
            ).render(
                dict(event),
                rule_arn=rule.arn,
                rule_name=rule.name,
                ingestion_time=f"{delivery.began:%Y-%m-%dT%H:%M:%SZ}",
            )
        return json.dumps(event)

    def _forward(self, delivery: Delivery, arn: str) -> str | None:
        """To another bus, of this region or another, under the role the target names.

        "EventBridge can't route events received from a sender event bus to a third event bus."
        Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
        """
        rule, target = delivery.rule, delivery.target
        _, _, _, region, account, name = arn.split(":", 5)
        bus = name.removeprefix("event-bus/")
        if account != self._setting.account:
            raise NotSimulated("events", f"a bus in another account ({arn})")
        if any(form in target for form in INPUT_FORMS):
            raise NotSimulated("events", f"another input than the event itself, for a bus ({arn})")
        if region not in self._setting.regions:
            raise NotSimulated("events", f"a bus in {region}, which this world does not hold")
        if delivery.forwarded:
            return "THIRD_ACCOUNT_HOP_DETECTED" if region == rule.region_name else "THIRD_REGION_HOP_DETECTED"
        if not self.streams.role_may(target, "events:PutEvents", arn):
            return "NO_PERMISSIONS"
        if bus not in moto_hooks.buses(account, region):
            return "NO_RESOURCE"
        self._setting.note("forwarded", f"from {rule.region_name} to {region}")
        self._setting.clock.after(
            LATENCY_SECONDS, lambda: self._emit(region, delivery.event, bus, forwarded=True), "forwarded"
        )
        return None

"""EventBridge: rules as they stand in moto, matched, transformed, delivered, retried, dead-lettered.

A rule sees only its own bus, and a bus lives in one region: what happened elsewhere
arrives only if a rule there forwards it. Events that came from another bus are not
forwarded to a third.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from chalicelib.matching import EventPattern, EventRules
from scenarios.cloud import moto_hooks
from scenarios.cloud.caller import ApiCall
from scenarios.cloud.calls import Asked, Refused
from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.functions import Functions
from scenarios.cloud.inputs import InputTransformer, InvalidInput, input_path
from scenarios.cloud.messaging import Messaging
from scenarios.cloud.schedules import Schedule
from scenarios.cloud.setting import Setting

DEFAULT_BUS = "default"
LATENCY_SECONDS = 0.5
# Rule state ENABLED leaves these out; ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS does not.
READ_ONLY_VERBS = ("List", "Get", "Describe")
READ_ONLY_BUT_SENT = ("GetFederationToken", "GetSessionToken")
ALL_MANAGEMENT_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

Event = Mapping[str, Any]


class EventBridge:
    """Every bus of the account, in every region."""

    def __init__(self, setting: Setting, functions: Functions, messaging: Messaging) -> None:
        self._setting = setting
        self._functions = functions
        self._messaging = messaging
        calls = setting.calls
        calls.answer("events", "PutEvents", self._put_events)
        calls.answer("events", "TestEventPattern", self._test_event_pattern)
        calls.after("events", "PutRule", self._rule_put)
        for operation in ("StartReplay", "CreateArchive"):
            calls.check("events", operation, self._not_yet)

    def start(self) -> None:
        """Set the schedules going that stand in the rules."""
        for region in self._setting.regions:
            for rule in moto_hooks.rules(self._setting.account, region, DEFAULT_BUS):
                self._schedule(rule.name, region, self._setting.clock.now)

    # ---- events in ------------------------------------------------------------------------------

    def emit(self, region: str, event: Event, bus: str = DEFAULT_BUS, *, forwarded: bool = False) -> None:
        """Put one event on a bus: every rule that matches delivers it."""
        rules = moto_hooks.rules(self._setting.account, region, bus)
        # Sorted, since a set's order depends on the interpreter's hash seed.
        for name in sorted(_matching(rules, event)):
            rule = next(each for each in rules if each.name == name)
            self._setting.note("matched", f"rule {name} in {region}", event=event.get("detail-type", ""))
            for target in rule.targets:
                self._send(rule, target, event, forwarded=forwarded)

    def _put_events(self, asked: Asked) -> dict[str, Any]:
        entries = [self._put_event(entry, asked) for entry in asked.parameters["Entries"]]
        return {"Entries": entries, "FailedEntryCount": sum("ErrorCode" in entry for entry in entries)}

    def _put_event(self, entry: Mapping[str, Any], asked: Asked) -> dict[str, str]:
        missing = [name for name in ("Source", "DetailType", "Detail") if not entry.get(name)]
        if missing:
            return {
                "ErrorCode": "InvalidArgument",
                "ErrorMessage": f"Parameter {missing[0]} is not valid. "
                f"Reason: {missing[0]} is a required argument.",
            }
        if entry["Source"].startswith("aws."):
            return {
                "ErrorCode": "NotAuthorizedForSourceException",
                "ErrorMessage": f"Not authorized for the source {entry['Source']}.",
            }
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        when: datetime = entry.get("Time", self._setting.clock.now)
        event = {
            "version": "0",
            "id": self._setting.new_uuid("events.id"),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self._setting.account,
            "time": f"{when:%Y-%m-%dT%H:%M:%SZ}",
            "region": asked.region,
            "resources": list(entry.get("Resources", [])),
            "detail": detail,
        }
        bus = str(entry.get("EventBusName", DEFAULT_BUS)).rpartition("/")[2]
        self._setting.clock.after(0, lambda: self.emit(asked.region, event, bus), "PutEvents")
        return {"EventId": event["id"]}

    # ---- schedules ------------------------------------------------------------------------------

    def _rule_put(self, call: ApiCall) -> None:
        if call.parameters.get("ScheduleExpression"):
            self._schedule(call.parameters["Name"], call.region, call.moment)

    def _schedule(self, name: str, region: str, since: datetime) -> None:
        """Fire the rule's schedule next time; each firing arranges the one after it."""
        rule = self._rule(name, region)
        if rule is None or not rule.scheduled_expression:
            return
        expression = rule.scheduled_expression
        due = Schedule(expression).next_after(since)
        if due is None:
            return
        # It fires some time within that minute.
        jitter = self._setting.random(f"schedule/{name}").uniform(0, 50)

        def fire() -> None:
            current = self._rule(name, region)
            if current is None or current.scheduled_expression != expression:
                return
            if current.state == "ENABLED":
                self._fire(current, region, due)
            self._schedule(name, region, due)

        self._setting.clock.at(due + timedelta(seconds=jitter), fire, f"schedule {name}")

    def _fire(self, rule: Any, region: str, due: datetime) -> None:
        event = {
            "version": "0",
            "id": self._setting.new_uuid("events.id"),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self._setting.account,
            "time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
            "region": region,
            "resources": [rule.arn],
            "detail": {},
        }
        for target in rule.targets:
            self._send(rule, target, event, forwarded=False)

    def _rule(self, name: str, region: str) -> Any | None:
        rules = moto_hooks.rules(self._setting.account, region, DEFAULT_BUS)
        return next((rule for rule in rules if rule.name == name), None)

    # ---- events out -----------------------------------------------------------------------------

    def _send(self, rule: Any, target: Mapping[str, Any], event: Event, *, forwarded: bool) -> None:
        """Deliver after EventBridge's latency; twice where the fault profile duplicates."""
        draw = self._setting.random("events.latency")
        times = [LATENCY_SECONDS * draw.uniform(0.6, 2.0)]
        if self._setting.faults.duplicates:
            times.append(times[0] + draw.uniform(1, 30))
        for seconds in times:
            self._setting.clock.after(
                seconds,
                lambda: self._deliver(rule, target, event, forwarded=forwarded),
                f"deliver to {target['Arn']}",
            )

    def _deliver(self, rule: Any, target: Mapping[str, Any], event: Event, *, forwarded: bool) -> None:
        try:
            payload = self._payload(rule, target, event)
        except InvalidInput as error:
            self._failed(rule, target, event, "INVALID_JSON", str(error))
            return
        arn = target["Arn"]
        match arn.split(":")[2]:
            case "lambda":
                why = self._functions.invoke_by_service(
                    "events.amazonaws.com", arn, json.loads(payload), source_arn=rule.arn
                )
            case "sns":
                why = self._messaging.publish_by_service(
                    "events.amazonaws.com", arn, subject="", message=payload, source_arn=rule.arn
                )
            case "sqs":
                why = self._messaging.send_by_service(
                    "events.amazonaws.com", arn, payload, source_arn=rule.arn, attributes={}
                )
            case "events":
                why = self._forward(rule, target, event, forwarded=forwarded)
            case other:
                raise NotSimulated("events", f"targets of {other} ({arn})")
        if why:
            self._failed(rule, target, event, why, f"{rule.name} could not reach {arn}")

    def _payload(self, rule: Any, target: Mapping[str, Any], event: Event) -> str:
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
                ingestion_time=f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%SZ}",
            )
        return json.dumps(event)

    def _forward(self, rule: Any, target: Mapping[str, Any], event: Event, *, forwarded: bool) -> str | None:
        """To a bus of another region, under the role the target names."""
        arn = target["Arn"]
        _, _, _, region, account, name = arn.split(":", 5)
        if account != self._setting.account:
            raise NotSimulated("events", f"a bus in another account ({arn})")
        if forwarded:
            return None  # "not forwarded on to a third bus": dropped, without an error
        role = target.get("RoleArn", "")
        if not role:
            return "NO_PERMISSIONS"
        allowed = self._setting.identity.role_may(role, "events.amazonaws.com", "events:PutEvents", arn)
        if not allowed.allowed:
            return "NO_PERMISSIONS"
        bus = name.removeprefix("event-bus/")
        if region not in self._setting.regions:
            raise NotSimulated("events", f"a bus in {region}, which this world does not hold")
        self._setting.note("forwarded", f"from {rule.region_name} to {region}")
        self._setting.clock.after(
            LATENCY_SECONDS, lambda: self.emit(region, event, bus, forwarded=True), "forwarded"
        )
        return None

    def _failed(self, rule: Any, target: Mapping[str, Any], event: Event, code: str, message: str) -> None:
        """Neither permission nor target: no retries, straight to the dead-letter queue, if there is one."""
        self._setting.note("undelivered", f"{message}: {code}")
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if not queue:
            return
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "RETRY_ATTEMPTS": "0",
        }
        why = self._messaging.send_by_service(
            "events.amazonaws.com", queue, json.dumps(event), source_arn=rule.arn, attributes=attributes
        )
        if why:
            self._setting.note("lost", f"{rule.name}: its dead-letter queue refused the event ({why})")

    # ---- the API --------------------------------------------------------------------------------

    def _test_event_pattern(self, asked: Asked) -> dict[str, Any]:
        event = json.loads(asked.parameters["Event"])
        needed = ("id", "account", "source", "time", "region", "resources", "detail-type")
        if not isinstance(event, dict) or any(name not in event for name in needed):
            raise Refused("ValidationException", "Parameter Event is not valid.")
        return {"Result": EventPattern(asked.parameters["EventPattern"]).matches(event)}

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("events", asked.operation)


def _matching(rules: list[Any], event: Event) -> set[str]:
    read_only = _is_read_only_management_event(event)
    patterns = tuple(
        (rule.name, pattern)
        for rule in rules
        if (pattern := rule.event_pattern.dump())
        and (rule.state == ALL_MANAGEMENT_EVENTS or (rule.state == "ENABLED" and not read_only))
    )
    return set(_index(patterns).matching(event)) if patterns else set()


@lru_cache(maxsize=64)
def _index(patterns: tuple[tuple[str, str], ...]) -> EventRules:
    return EventRules(dict(patterns))


def _is_read_only_management_event(event: Event) -> bool:
    if not str(event.get("detail-type", "")).endswith("via CloudTrail"):
        return False
    name = str(event.get("detail", {}).get("eventName", ""))
    return name.startswith(READ_ONLY_VERBS) and name not in READ_ONLY_BUT_SENT

"""EventBridge: rules, as moto has them, matched against the events of their bus.

A rule sees only its own bus, and a bus lives in one region: an event of another
region arrives only if a rule there forwards it.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from chalicelib.matching import EventRules
from scenarios.cloud.asked import Asked
from scenarios.cloud.eventbridge.archives import Archives
from scenarios.cloud.eventbridge.buses import DEFAULT_BUS, Buses
from scenarios.cloud.eventbridge.emitted import NAMESPACE, dimensions_of
from scenarios.cloud.eventbridge.near_misses import NearMisses
from scenarios.cloud.eventbridge.partners import Partners
from scenarios.cloud.eventbridge.requests import (
    ALL_MANAGEMENT_EVENTS,
    bus_name,
    check_entries,
    entry_error,
    event_of,
    test_event_pattern,
)
from scenarios.cloud.eventbridge.scheduled import scheduled_event
from scenarios.cloud.eventbridge.targets import Targets
from scenarios.cloud.eventbridge.unheard import UnheardRules
from scenarios.cloud.kernel import moto_events
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.schedules import Schedule
from scenarios.cloud.setting import Setting

# Rule state ENABLED leaves these out; ALL_MANAGEMENT_EVENTS does not.
READ_ONLY_VERBS = ("List", "Get", "Describe")
READ_ONLY_BUT_SENT = ("GetFederationToken", "GetSessionToken")

Event = Mapping[str, Any]


class EventBridge:
    """Every bus of the account, in every region."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._targets = Targets(setting)
        self.buses = Buses(setting, self.emit)
        self._archives = Archives(setting, self.emit)
        self.partners = Partners(setting, self.emit)
        self._turns: dict[tuple[str, str], int] = {}
        self.unheard = UnheardRules(setting)
        self.near_misses = NearMisses(setting)
        calls = setting.calls
        calls.answer("events", "PutEvents", self._put_events)
        calls.in_every_account("events", "PutEvents")
        calls.answer("events", "TestEventPattern", lambda asked: test_event_pattern(asked.parameters))
        calls.after("events", "PutRule", self._rule_put)
        calls.check("events", "CreateEndpoint", self._not_yet)

    def start(self, _: Sequence[Stack]) -> None:
        """Start the schedules of the rules."""
        for region in self._setting.regions:
            self.partners.look(region)
            for rule in moto_events.rules(self._setting.account, region, DEFAULT_BUS):
                self._begin(rule.name, region, self._setting.clock.now)
            for bus in moto_events.buses(self._setting.account, region):
                for rule in moto_events.rules(self._setting.account, region, bus):
                    self.unheard.look(rule)

    # ---- events in ------------------------------------------------------------------------------

    def emit(
        self,
        region: str,
        event: Event,
        bus: str = DEFAULT_BUS,
        *,
        forwarded: bool = False,
        only: Sequence[str] = (),
    ) -> None:
        """Put one event on a bus: every rule that matches delivers it.

        `forwarded`: it comes from another bus. `only`: the ARNs of the rules that see it; none for all.
        """
        self._archives.keep(region, bus, event)
        self.unheard.seen.add((str(event.get("source", "")), str(event.get("detail-type", ""))))
        rules = [
            rule
            for rule in moto_events.rules(self._setting.account, region, bus)
            if not rule.managed_by and (not only or rule.arn in only)
        ]
        # Sorted, since a set's order depends on the interpreter's hash seed.
        matched = sorted(matching(rules, event))
        self.near_misses.note(region, bus, event, matched)
        for name in matched:
            rule = next(each for each in rules if each.name == name)
            self._setting.note(
                "matched",
                f"rule {name} in {region}",
                event=event.get("detail-type", ""),
                event_id=event.get("id", ""),
                pattern=rule.event_pattern.dump(),
                targets=[target["Arn"] for target in rule.targets],
            )
            self._run(rule, event, {"MatchedEvents": 1, "TriggeredRules": 1}, forwarded=forwarded)

    def _put_events(self, asked: Asked) -> dict[str, Any]:
        if "EndpointId" in asked.parameters:
            raise NotSimulated("events", "PutEvents to a global endpoint")
        check_entries(asked.parameters["Entries"])
        entries = [self._put_event(entry, asked) for entry in asked.parameters["Entries"]]
        return {"Entries": entries, "FailedEntryCount": sum("ErrorCode" in entry for entry in entries)}

    def _put_event(self, entry: Mapping[str, Any], asked: Asked) -> dict[str, str]:
        error = entry_error(entry)
        if error:
            return error
        self._is_here(str(entry.get("EventBusName", "")), asked)
        event = event_of(
            entry,
            event_id=self._setting.new_uuid("events.id"),
            account=asked.caller.account,
            region=asked.region,
            now=self._setting.clock.now,
        )
        # PutEvents to a bus that doesn't exist succeeds too; no rule sees the event.
        bus = bus_name(entry)
        self._setting.clock.after(0, lambda: self.emit(asked.region, event, bus), "PutEvents")
        return {"EventId": str(event["id"])}

    def _is_here(self, bus: str, asked: Asked) -> None:
        """A bus by name is the caller's own; whoever is let in names another account's by its ARN."""
        home = [asked.region, self._setting.account]
        named = bus.split(":")[3:5] if bus.startswith("arn:") else [asked.region, asked.caller.account]
        if named != home:
            raise NotSimulated("events", f"PutEvents to a bus of another account or region ({bus})")

    # ---- schedules ------------------------------------------------------------------------------

    def _rule_put(self, call: ApiCall) -> None:
        bus = bus_name(call.parameters)
        for rule in moto_events.rules(self._setting.account, call.region, bus):
            if rule.name == call.parameters["Name"]:
                self.unheard.look(rule)
        if bus == DEFAULT_BUS:
            self._begin(call.parameters["Name"], call.region, call.moment)

    def _begin(self, name: str, region: str, since: datetime) -> None:
        """A rule was put: its schedule begins anew, and what an earlier one had arranged is void."""
        self._turns[region, name] = self._turns.get((region, name), 0) + 1
        self._arrange(name, region, since, self._turns[region, name])

    def _arrange(self, name: str, region: str, since: datetime, turn: int) -> None:
        """Fire the rule's schedule next time; each firing arranges the one after it."""
        rule = self._rule(name, region)
        if rule is None or not rule.scheduled_expression:
            return
        due = Schedule(rule.scheduled_expression).next_after(since)
        if due is None:
            return
        # It fires some time within that minute.
        jitter = self._setting.random(f"schedule/{name}").uniform(0, 50)

        def fire() -> None:
            current = self._rule(name, region)
            if current is None or self._turns[region, name] != turn:
                return
            if current.state != "DISABLED":
                self._fire(current, region, due)
            self._arrange(name, region, due, turn)

        self._setting.clock.at(due + timedelta(seconds=jitter), fire, f"schedule {name}")

    def _fire(self, rule: Any, region: str, due: datetime) -> None:
        event = scheduled_event(
            rule.arn,
            due,
            region=region,
            account=self._setting.account,
            event_id=self._setting.new_uuid("events.id"),
        )
        self._run(rule, event, {"TriggeredRules": 1}, forwarded=False)

    def _run(self, rule: Any, event: Event, measured: Mapping[str, float], *, forwarded: bool) -> None:
        """A rule runs: its targets are sent the event."""
        self._setting.measured(rule.region_name, NAMESPACE, measured, *dimensions_of(rule))
        for target in rule.targets:
            self._targets.send(rule, target, event, forwarded=forwarded)

    def _rule(self, name: str, region: str) -> Any | None:
        rules = moto_events.rules(self._setting.account, region, DEFAULT_BUS)
        return next((rule for rule in rules if rule.name == name), None)

    # ---- the API --------------------------------------------------------------------------------

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("events", asked.operation)


def matching(rules: list[Any], event: Event) -> set[str]:
    """The names of those rules (moto's models, all of one bus) that an event matches."""
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
    if event.get("detail", {}).get("eventCategory") == "Data":  # the rule's state is about management events
        return False
    name = str(event.get("detail", {}).get("eventName", ""))
    return name.startswith(READ_ONLY_VERBS) and name not in READ_ONLY_BUT_SENT

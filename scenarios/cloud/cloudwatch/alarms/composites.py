"""Composite alarms: evaluated when a child changes, and their actions held back by a suppressor.

A composite whose rule leads back to itself is not evaluated, as AWS stops the evaluation of a cycle.
Whether EventBridge hears of a suppression that ends, and what becomes of actions whose suppressor is replaced
beyond the waiting being discarded, is unconfirmed: here it doesn't, and they are dropped.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from scenarios.cloud.alarm_rules import CompositeRule, name_of
from scenarios.cloud.cloudwatch.alarms.telling import Change, Suppression
from scenarios.cloud.cloudwatch.alarms.words import composite_reason, triggering_alarms
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.setting import Setting

Act = Callable[[str, Any, Change], object]
Become = Callable[[str, Any, str, str, dict[str, Any]], None]


@dataclass(slots=True, kw_only=True)
class _Held:
    """A change whose actions wait. `entry`: what ends the waiting, if time does."""

    change: Change
    by: str
    entry: Entry | None = None


@lru_cache(maxsize=256)
def _rule(text: str) -> CompositeRule:
    return CompositeRule(text)


class Composites:
    """Every composite alarm. `become` changes an alarm's state, `act` runs the actions of a change."""

    def __init__(self, setting: Setting, become: Become, act: Act) -> None:
        self._setting = setting
        self._become = become
        self._act = act
        self._held: dict[str, _Held] = {}

    # ---- evaluation -----------------------------------------------------------------------------

    def evaluate_all(self, region: str) -> None:
        """A first look, when nothing has changed yet."""
        for alarm in self._all(region):
            self.evaluate(region, alarm)

    def evaluate(self, region: str, alarm: Any, was: str = "created") -> None:
        """Look at one that was just created or updated; how CloudWatch words an update is unconfirmed."""
        state = self._state(region, alarm)
        if state and state != alarm.state_value:
            reason = f"{alarm.alarm_arn} was {was} and its alarm rule evaluates to {state}"
            alarms = moto_state.alarms(self._setting.account, region)
            children = [alarms[name] for name in _below(alarm)]
            data = triggering_alarms(
                (each.alarm_arn, each.state_value, each.state_updated_timestamp) for each in children
            )
            self._become(region, alarm, state, reason, data)

    def child_changed(self, region: str, child: Any, change: Change) -> None:
        """Look at every composite that names this alarm, and at what it suppresses."""
        for alarm in self._all(region):
            if alarm.actions_suppressor in (child.name, child.alarm_arn):
                self._suppressor_changed(region, alarm, change)
            if not _names(alarm, child):
                continue
            state = self._state(region, alarm)
            if state and state != alarm.state_value:
                reason = composite_reason(child.alarm_arn, change.after, change.at)
                data = triggering_alarms([(child.alarm_arn, change.after, change.at)])
                self._become(region, alarm, state, reason, data)

    def _state(self, region: str, alarm: Any) -> str | None:
        """None where the rule can't be evaluated: it leads back to itself, or a child is gone."""
        alarms = moto_state.alarms(self._setting.account, region)
        if alarm.name in _reached(alarms, alarm):
            return None
        states = {each.name: each.state_value for each in alarms.values()}
        try:
            return "ALARM" if _rule(alarm.rule).evaluate(states) else "OK"
        except LookupError:
            return None

    def _all(self, region: str) -> list[Any]:
        alarms = moto_state.alarms(self._setting.account, region).values()
        return [alarm for alarm in alarms if alarm.rule is not None]

    # ---- suppression ----------------------------------------------------------------------------

    def suppression(self, region: str, alarm: Any) -> Suppression | None:
        """Whether a change that happens now has its actions held back at first."""
        if not alarm.actions_suppressor:
            return None
        return Suppression(by="Alarm" if self._suppressing(region, alarm) else "WaitPeriod")

    def held(self, alarm: Any) -> Suppression | None:
        """What holds a composite's actions back at present."""
        found = self._held.get(alarm.alarm_arn)
        return Suppression(by=found.by) if found else None

    def reconfigured(self, alarm: Any, before: Any) -> None:
        """Another suppressor, or none: what waited for the old one is discarded."""
        if alarm.actions_suppressor != before.actions_suppressor:
            self._discard(alarm)

    def deleted(self, alarm: Any) -> None:
        """Nothing waits any more."""
        self._discard(alarm)

    def _discard(self, alarm: Any) -> None:
        held = self._held.pop(alarm.alarm_arn, None)
        if held and held.entry:
            held.entry.cancelled = True

    def changed(self, region: str, alarm: Any, change: Change) -> None:
        """Run the actions of a composite's change, or hold them back; a change discards what waited."""
        self._discard(alarm)
        if not alarm.actions_suppressor:
            self._act(region, alarm, change)
            return
        if self._suppressing(region, alarm):
            self._held[alarm.alarm_arn] = _Held(change=change, by="Alarm")
            self._setting.note("suppressed", f"the actions of {alarm.name}, by {alarm.actions_suppressor}")
            return
        self._wait(region, alarm, change, "WaitPeriod", alarm.actions_suppressor_wait_period)

    def _suppressor_changed(self, region: str, alarm: Any, change: Change) -> None:
        held = self._held.get(alarm.alarm_arn)
        if held is None:
            return
        if change.after == "ALARM":
            if held.entry:
                held.entry.cancelled = True
            self._held[alarm.alarm_arn] = _Held(change=held.change, by="Alarm")
        elif held.by == "Alarm":
            seconds = alarm.actions_suppressor_extension_period
            self._wait(region, alarm, held.change, "ExtensionPeriod", seconds)

    def _wait(self, region: str, alarm: Any, change: Change, by: str, seconds: int) -> None:
        let = partial(self._let, region, alarm)
        entry = self._setting.clock.after(seconds, let, f"{by} of {alarm.name}")
        self._held[alarm.alarm_arn] = _Held(change=change, by=by, entry=entry)

    def _let(self, region: str, alarm: Any) -> None:
        """Nothing holds them back any more: the actions of the present state run."""
        held = self._held.pop(alarm.alarm_arn)
        present = moto_state.alarms(self._setting.account, region)[alarm.name]
        let_at = self._setting.clock.now
        self._act(region, present, replace(held.change, held=Suppression(by=held.by), let_at=let_at))

    def _suppressing(self, region: str, alarm: Any) -> bool:
        suppressor = named(moto_state.alarms(self._setting.account, region), alarm.actions_suppressor)
        return suppressor is not None and suppressor.state_value == "ALARM"


def named(alarms: Mapping[str, Any], reference: str) -> Any | None:
    """The alarm that a name or an ARN means, of a region's by their names; None where it has none such."""
    found = alarms.get(name_of(reference))
    return found if found is not None and reference in (found.name, found.alarm_arn) else None


def dependants(alarms: Iterable[Any], name: str) -> list[str]:
    """The names of the composites whose rules name an alarm."""
    return [each.name for each in alarms if name in _below(each)]


def children(alarm: Any) -> list[str]:
    """The names of the alarms in a composite's rule, in its order; none for a metric alarm."""
    return list(dict.fromkeys(_below(alarm)))


def _names(alarm: Any, child: Any) -> bool:
    return not {child.name, child.alarm_arn}.isdisjoint(_rule(alarm.rule).children)


def _reached(alarms: dict[str, Any], alarm: Any) -> set[str]:
    """The names of all alarms below one: its children, theirs, and so on."""
    reached: set[str] = set()
    waiting = list(_below(alarm))
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        if found := alarms.get(name):
            waiting += _below(found)
    return reached


def _below(alarm: Any) -> Iterator[str]:
    if alarm.rule is not None:
        for child in _rule(alarm.rule).children:
            yield name_of(child)

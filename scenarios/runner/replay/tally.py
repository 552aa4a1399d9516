"""What was told, counted by actor and by day: for the summary and for the page that one can hand on."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.remediation import Outcome, Severity
from chalicelib.remediations.trail_stopped import NAME as TRAIL_STOPPED
from scenarios.records.who import account_of, actor_of, details_of, time_of
from scenarios.runner.replay.replay import Replayed

MOST_ACTORS = 10_000
MOST_LINES = 5_000  # of a page
OTHERS = "others"
NO_DAY = "without a time"
_SEVERITIES = list(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that would be told about a record. `by`: a remediation, or an alarm without one."""

    replayed: Replayed
    by: str
    words: str
    severity: str = ""
    would_do: tuple[str, ...] = ()

    @property
    def when(self) -> str:
        """The record's own time, as it is written; "" where it has none."""
        at = time_of(self.replayed.found)
        return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""

    @property
    def details(self) -> str:
        """When, who, from where, in which account and region, what."""
        return details_of(self.replayed.found)


def told_of(replayed: Replayed) -> Iterator[Told]:
    """Everything that would be told about a record: by handlers, and behind alarms."""
    for name, outcome in replayed.handled.fired.items():
        plan = replayed.handled.plans.get(name)
        alerts: Sequence[Any] = plan["alerts"] if plan else ()
        calls = tuple(plan["would_do"]) if plan else ()
        for alert in alerts:
            severity, title = str(alert["severity"]), str(alert["title"])
            yield Told(replayed=replayed, by=name, words=title, severity=severity, would_do=calls)
            calls = ()
        if not alerts:
            yield Told(replayed=replayed, by=name, words=str(outcome), would_do=calls)
    for each in replayed.went_off:
        for alert in each.plan.alerts:
            words = f"{alert.title} (alarm {each.alarm.label})"
            yield Told(replayed=replayed, by=each.remediation, words=words, severity=alert.severity)
        if not each.plan.alerts:
            words = f"the alarm goes off, and {each.remediation or 'nobody'} has nothing to tell"
            yield Told(replayed=replayed, by=each.alarm.label, words=words)


@dataclass(slots=True)
class Tally:
    """Counts of what would be told. `fired`: records by remediation; `alarms`: how often each went off."""

    fired: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    by_actor: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_day: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    worst: dict[str, str] = field(default_factory=dict)
    handled: int = 0  # records that fired, failed, or are not carried, and are no duplicates
    failed: int = 0
    not_carried: int = 0
    trails: Counter[str] = field(default_factory=Counter)  # that records were about, and nothing was told

    def add(self, replayed: Replayed) -> list[Told]:
        """Count a record, and return what would be told about it."""
        told = list(told_of(replayed))
        self.fired.update(replayed.handled.fired.keys())
        self.alarms.update(each.alarm.label for each in replayed.went_off)
        self.failed += bool(replayed.handled.failed)
        self.not_carried += not replayed.carried and not replayed.duplicate
        done = replayed.handled.fired or replayed.handled.failed or not replayed.carried
        self.handled += bool(done) and not replayed.duplicate
        if replayed.handled.fired.get(TRAIL_STOPPED) is Outcome.NOTHING:
            self.trails[_trail_of(replayed)] += 1
        for each in told:
            self._count(each)
        return told

    def _count(self, told: Told) -> None:
        actor = actor_of(told.replayed.found.record) or told.replayed.found.name
        if actor not in self.by_actor and len(self.by_actor) >= MOST_ACTORS:
            actor = OTHERS
        self.by_actor[actor][told.by] += 1
        self.by_day[told.when[:10] or NO_DAY][told.by] += 1
        if told.severity and _rank(told.severity) > _rank(self.worst.get(actor, "")):
            self.worst[actor] = told.severity

    def as_json(self) -> dict[str, object]:
        """The last object of `replay --format json --summary`."""
        return {
            "by_actor": [
                {"actor": actor, "worst": self.worst.get(actor, ""), "told": dict(counts)}
                for actor, counts in self.actors()
            ],
            "by_day": [{"day": day, "told": dict(self.by_day[day])} for day in sorted(self.by_day)],
            "fired": dict(self.fired),
            "alarms": dict(self.alarms),
        }

    def actors(self) -> list[tuple[str, Counter[str]]]:
        """Actors, the gravest and then the most frequent first."""
        return sorted(
            self.by_actor.items(),
            key=lambda item: (-_rank(self.worst.get(item[0], "")), -item[1].total(), item[0]),
        )


def _trail_of(replayed: Replayed) -> str:
    """The ARN of the trail that a call was about, or what can be said of it."""
    record = replayed.found.record
    given = record.get("requestParameters")
    named = (given.get("name") or given.get("trailName")) if isinstance(given, dict) else None
    if not isinstance(named, str) or named.startswith("arn:"):
        return named if isinstance(named, str) else "ARN"
    region, account = record.get("awsRegion") or "REGION", account_of(replayed.found) or "ACCOUNT"
    return f"arn:aws:cloudtrail:{region}:{account}:trail/{named}"


def _rank(severity: str) -> int:
    return _SEVERITIES.index(Severity(severity)) if severity else -1

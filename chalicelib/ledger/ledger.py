"""The ledger as a remediation's run uses it: what was seen, planned, done and reported about each event.

Counts are of items, never `ADD`ed: a duplicate delivery writes the same item again. Limits (rights to send
an alert, places to act) are taken by conditional writes, so that concurrent functions can't exceed them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chalicelib.errors import StillUnderWay
from chalicelib.ledger.entries import (
    Decision,
    LedgerEntry,
    Mark,
    Ruling,
    decisions_as_text,
    entries_of,
    entry_from,
    entry_of,
    item_of,
    key_named,
    key_of,
)
from chalicelib.ledger.reach import LedgerClient
from chalicelib.ledger.table import EXPIRES, SK, Kind, Table, Taken, expiry, key, partition, stamp
from chalicelib.remediation import CallProgress, Event, Outcome, Plan, Quiet, Sighting
from chalicelib.seal import Item, Oddity, Seal

if TYPE_CHECKING:
    from chalicelib.aws import Aws
    from chalicelib.settings import Settings

# How long a state is kept: longer than any outage of the hourly check that records it again.
STATE_KEPT = timedelta(days=400)
# A heartbeat is written anew each minute.
HEARTBEAT_KEPT = timedelta(days=1)
# How often a change of an entry is tried anew, when another run has changed it first.
_TRIES = 5
# Of one finding, beside its facts, its plan and what woke the function.
MOST_DECISIONS = 30
MOST_DECISION_BYTES = 30_000
_OLD_WORDS = 200  # characters of what was said about an instruction, once another one came after it
# What may be forgotten, this first. An approval that is forgotten counts no more; what was done is kept.
_FORGETTABLE = (Ruling.REJECTED, Ruling.WOULD_UNDO, Ruling.REPLANNED, Ruling.COUNTED)

# Of the right to send an alert, until it is sent: longer than a function runs, shorter than Lambda waits.
LEASE_SECONDS = 55


class Right(Enum):
    """Whether an event may send an alert about a subject."""

    SPEAK = "speak"
    QUIET = "quiet"  # another event's alert was sent lately
    WAIT = "wait"  # another event is about to send one, and may yet fail


@dataclass(frozen=True, slots=True)
class Ledger:
    """The table, through a low-level DynamoDB client. Moments are aware UTC."""

    client: Any = field(repr=False)
    table: str
    seal: Seal | None = None

    @property
    def rows(self) -> Table:
        """What reads and writes the table."""
        return Table(LedgerClient(self.client), self.table, self.seal)

    def stored(self, remediation: str, event: Event) -> LedgerEntry | None:
        """What an earlier try at this event planned, so that a retry resumes instead of deciding again."""
        return self._read(key_of(entry_of(remediation, event, Plan.nothing(), Outcome.NOTHING)))

    def find(self, identity: str) -> LedgerEntry | None:
        """The finding with this id; None for one that isn't there, or that no finding could have."""
        named = key_named(identity)
        return self._read(named) if named else None

    def _read(self, item_key: Item) -> LedgerEntry | None:
        item = self.rows.get(item_key)
        return entry_from(item) if item else None

    def store(self, entry: LedgerEntry) -> LedgerEntry:
        """Write a finding whole, before the first call it plans; returns the one that is kept.

        The first decision is kept: a later one never overwrites what was noted about an event. That a look
        failed is no decision.
        """
        item, undecided = item_of(entry), Outcome.UNSEEN
        written = (
            self.rows.put_new(item)
            if entry.outcome is undecided
            else self.rows.put_over(
                item, "#outcome = :seen", names={"#outcome": "outcome"}, values={":seen": {"S": undecided}}
            )
        )
        if written:
            return entry
        return self._read(key_of(entry)) or entry

    def copy(self, entry: LedgerEntry) -> None:
        """Keep a finding as another ledger holds it; replaces the one here."""
        self.rows.put(item_of(entry))

    def did(
        self,
        entry: LedgerEntry,
        index: int,
        progress: CallProgress,
        answer: Mapping[str, Any] = MappingProxyType({}),
    ) -> LedgerEntry:
        """Note how far call `index` of the plan has come; what AWS answered is filled into the plan."""
        return self._changed(
            entry,
            lambda kept: {
                "progress": {**kept.progress, index: progress},
                "plan": kept.plan.knowing(index, answer),
            },
        )

    def mark(self, entry: LedgerEntry, what: Mark, index: int, outcome: Outcome | None = None) -> LedgerEntry:
        """Note that alert `index` of the plan was sent or not, and with it perhaps the outcome.

        Noting twice changes nothing.
        """
        settled = {"outcome": outcome} if outcome else {}
        return self._changed(entry, lambda kept: {what: getattr(kept, what) | {index}, **settled})

    def settle(
        self,
        entry: LedgerEntry,
        outcome: Outcome,
        failure: str = "",
        progress: Mapping[int, CallProgress] | None = None,
    ) -> LedgerEntry:
        """Note its outcome, the final one or the one for now, and how far calls have come."""
        return self._changed(
            entry,
            lambda kept: {
                "outcome": outcome,
                "failure": failure,
                "progress": {**kept.progress, **(progress or {})},
            },
        )

    def replan(self, entry: LedgerEntry, changed: LedgerEntry) -> LedgerEntry:
        """Keep a finding whose plan has changed; raises StillUnderWay where another run changed it first."""
        if changed == entry:
            return entry
        changed = replace(changed, version=entry.version + 1)
        if self.rows.renew(item_of(changed), entry.version) is not None:
            raise StillUnderWay("another run works on the same finding", remediation=entry.remediation)
        return changed

    def decided(self, entry: LedgerEntry, decision: Decision, **changes: Any) -> LedgerEntry:
        """Note what became of an instruction, in place of what was noted of it, and these changes with it."""
        return self._changed(entry, lambda now: {**_with(now, decision), **changes})

    def reached(self, entry: LedgerEntry, channels: set[str]) -> LedgerEntry:
        """Note the channels that an alert has reached, when it could not reach others."""
        return self._changed(entry, lambda kept: {"reached": kept.reached | channels})

    def noted(self, entry: LedgerEntry, facts: str) -> LedgerEntry:
        """Note other facts of it."""
        return self._changed(entry, lambda _: {"facts": facts})

    def _changed(self, entry: LedgerEntry, change: Callable[[LedgerEntry], Mapping[str, Any]]) -> LedgerEntry:
        """Write an entry anew with a change, over what another run may have noted about it meanwhile."""
        for _ in range(_TRIES):
            changed = replace(entry, **change(entry))
            if changed == entry:
                return entry
            changed = replace(changed, version=entry.version + 1)
            newer = self.rows.renew(item_of(changed), entry.version)
            if newer is None:
                return changed
            entry = entry_from(newer)
        raise StillUnderWay("other runs keep noting the same finding", remediation=entry.remediation)

    def newest(self, remediation: str, most: int, *, since: str = "", before: str = "") -> list[LedgerEntry]:
        """The newest findings of one remediation, newest first; `since` and `before` are sort keys."""
        return [
            entry_from(item)
            for item in self.rows.newest(entries_of(remediation), most, since=since, before=before)
        ]

    def beat(self, who: str, at: str, now: datetime) -> None:
        """Note the newest heartbeat over the one before; raises LedgerUnreachable."""
        item_key = key(partition(Kind.HEARTBEAT, who), "last")
        self.rows.put({**item_key, "at": {"S": at}, EXPIRES: expiry(now + HEARTBEAT_KEPT)})

    def note(self, remediation: str, sightings: Iterable[Sighting], kept: timedelta) -> None:
        """Remember sightings; the same sighting again overwrites itself.

        Raises LedgerUnreachable, also when DynamoDB keeps leaving over what it was asked.
        """
        items = {
            (sighting.subject, sighting.id): {
                **key(_sightings_of(remediation, sighting.subject), f"{stamp(sighting.at)}#{sighting.id}"),
                "detail": {"S": json.dumps(dict(sighting.detail))},
                EXPIRES: expiry(sighting.at + kept),
            }
            for sighting in sightings
        }
        self.rows.write(items.values(), remediation=remediation)

    def sightings(self, remediation: str, subject: str, since: datetime, until: datetime) -> list[Sighting]:
        """What was seen of `subject` in the span, oldest first; both ends belong to it."""
        found = self.rows.all(_sightings_of(remediation, subject), stamp(since), f"{stamp(until)}~")
        return [_sighting(subject, item) for item in found]

    def may_speak(self, remediation: str, quiet: Quiet, event_key: str, now: datetime) -> Right:
        """Take the right to send an alert about `quiet.subject`, for as long as one try at sending takes.

        Sending it extends the right (`spoke`). If sending fails, it lapses by itself and the next one has it.
        """
        taken = self._take(_right(remediation, quiet), event_key, now, LEASE_SECONDS)
        if taken.written:
            return Right.SPEAK
        return Right.QUIET if taken.other and "spoke" in taken.other else Right.WAIT

    def spoke(self, remediation: str, quiet: Quiet, event_key: str, now: datetime) -> None:
        """Note that the alert was sent: others are quiet about its subject from now on."""
        self._take(_right(remediation, quiet), event_key, now, quiet.seconds, spoke={"BOOL": True})

    def may_act(self, entry: LedgerEntry, now: datetime, most_an_hour: int) -> bool:
        """Take one of the hour's places; a finding that has one keeps it. False when all are taken."""
        acts = partition(Kind.ACTS, entry.remediation)
        taken = {
            item[SK]["S"]: item["holder"]["S"]
            for item in self.rows.all(acts)
            if int(item["until"]["N"]) > now.timestamp()
        }
        if entry.sort_key in taken.values():
            return True
        places = (f"{number:04}" for number in range(most_an_hour))
        return any(
            self._take(key(acts, place), entry.sort_key, now, 3600).written
            for place in places
            if place not in taken
        )

    def lately_acting(self, remediation: str, most: int) -> Iterator[LedgerEntry]:
        """The findings that hold or held a place of the hour, then the newest of all."""
        for item in self.rows.all(partition(Kind.ACTS, remediation)):
            entry = self._read(key(entries_of(remediation), item["holder"]["S"]))
            if entry:
                yield entry
        yield from self.newest(remediation, most)

    def remember(self, remediation: str, state: str, now: datetime) -> None:
        """Keep a state (any text) as the last good one of a remediation, instead of the one before."""
        self.rows.put(state_item(remediation, state, now))
        # Then the word that there is one: if the state vanishes, that is noticed. The other way round a run
        # that dies in between would leave a word of a state that never was.
        self.rows.put({**_word_of_state(remediation), **_seen(now)})

    def remembered(self, remediation: str) -> str:
        """The last good state of a remediation; "" where there is none. One that vanished is noticed."""
        partition_key = partition(Kind.STATE, remediation)
        found = {item[SK]["S"]: item for item in self.rows.all(partition_key)}
        state, word = (found.get(each(remediation)[SK]["S"]) for each in (state_key, _word_of_state))
        if state is not None:
            return str(state["state"]["S"])
        if word is not None:
            self.rows.notice(Oddity.GONE, state_key(remediation))
        return ""

    def _take(self, item_key: Item, holder: str, now: datetime, seconds: int, **more: Item) -> Taken:
        """Take a right that only one holder may have for so many seconds; its holder may take it again."""
        return self.rows.take(
            {
                **item_key,
                "holder": {"S": holder},
                "until": {"N": str(int(now.timestamp()) + seconds)},
                EXPIRES: expiry(now + timedelta(seconds=seconds)),
                **more,
            },
            "#until <= :now OR #holder = :holder",
            names={"#until": "until", "#holder": "holder"},
            values={":now": {"N": str(int(now.timestamp()))}, ":holder": {"S": holder}},
        )


def _with(entry: LedgerEntry, decision: Decision) -> Mapping[str, Any]:
    """What changes of a finding with this decision: where there are too many, some are forgotten.

    Of those only their number is kept, and the time up to which all was ruled on: no instruction from before
    is ruled on again.
    """
    if any(each.id == decision.id for each in entry.decisions):
        return {"decisions": tuple(decision if each.id == decision.id else each for each in entry.decisions)}
    kept = [replace(each, words=each.words[:_OLD_WORDS]) if each.told else each for each in entry.decisions]
    forgotten: list[Decision] = []
    while _too_many((*kept, decision)) and (each := _least_needed(kept)):
        kept.remove(each)
        forgotten.append(each)
    return {
        "decisions": (*kept, decision),
        "forgotten": entry.forgotten + len(forgotten),
        "ruled_until": max((entry.ruled_until, *(stamp(each.at) for each in forgotten))),
    }


def _too_many(decisions: tuple[Decision, ...]) -> bool:
    return len(decisions) > MOST_DECISIONS or len(decisions_as_text(decisions).encode()) > MOST_DECISION_BYTES


def _least_needed(decisions: list[Decision]) -> Decision | None:
    """The first of the least important kind that was told; None where all have to be kept."""
    told = (each for each in decisions if each.told and each.ruling in _FORGETTABLE)
    return min(told, key=lambda each: _FORGETTABLE.index(each.ruling), default=None)


def ledger_of(aws: "Aws", settings: "Settings") -> Ledger:
    """The ledger that a run reads and writes, under the run's own seal."""
    return Ledger(aws.client("dynamodb"), settings.ledger, settings.seal)


def state_key(remediation: str) -> dict[str, Any]:
    """Where a remediation's last good state lies; taking the item away forgets it."""
    return key(partition(Kind.STATE, remediation), "good")


def state_item(remediation: str, state: str, now: datetime) -> Item:
    """The item that a good state is kept as."""
    return {**state_key(remediation), **_seen(now), "state": {"S": state}}


def _seen(now: datetime) -> Item:
    return {"at": {"S": stamp(now)}, EXPIRES: expiry(now + STATE_KEPT)}


def _word_of_state(remediation: str) -> dict[str, Any]:
    return key(partition(Kind.STATE, remediation), "recorded")


def _right(remediation: str, quiet: Quiet) -> Item:
    return key(partition(Kind.QUIET, remediation), quiet.subject)


def _sightings_of(remediation: str, subject: str) -> str:
    return partition(Kind.SIGHTING, remediation, subject)


def _sighting(subject: str, item: Item) -> Sighting:
    moment, _, identity = item[SK]["S"].partition("#")
    return Sighting(
        subject=subject,
        id=identity,
        at=datetime.fromisoformat(moment),
        detail=json.loads(item["detail"]["S"]),
    )

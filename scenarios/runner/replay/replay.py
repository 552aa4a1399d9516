"""What the stack would do about many records: sift them, let alarms go off, handle what is left.

Records are read outside of any world, since inside of one there is no network and no real time. What is asked
for is kept in a temporary file meanwhile, so that memory doesn't grow with what was read.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Self

import msgspec

from scenarios.records.events import event_of, line_of
from scenarios.records.record import FoundRecord, NotARecord, Place
from scenarios.records.sieve import NAMED, Sieve
from scenarios.records.sift import Counts, Hit, Missed, Progress, Sift
from scenarios.records.sources import EVER, Range
from scenarios.records.who import time_of, who_of
from scenarios.runner.replay.alarms import AlarmCourse, Counted, WentOff, course_of
from scenarios.runner.replay.ours import NoTrail, Ours
from scenarios.runner.replay.rehearsal import Handled, Rehearsal, deployment_for
from scenarios.runner.replay.unnamed import Unnamed
from scenarios.runner.replay.watched import PERHAPS, Watched, as_asked, watched_by

KEPT_IN_MEMORY_BYTES = 4 << 20
_quickly = msgspec.json.Encoder().encode  # there may be a million lines of it
MOST_IN_A_WORLD = 500  # events


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What became of one record.

    `handled`: what the event rules led to. `filters`: the metric filters that count it; `alarms`: those of
    them whose alarm it is part of; `went_off`: the alarms that it made go off. `carried`: whether EventBridge
    delivers such records at all.
    """

    found: FoundRecord
    duplicate: bool = False
    carried: bool = True
    handled: Handled = field(default_factory=Handled)
    filters: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    went_off: tuple[WentOff, ...] = ()

    def as_json(self) -> dict[str, object]:
        """What `trailwarden replay --format json` prints."""
        where = self.found.where
        return {
            "eventID": self.found.event_id,
            "eventName": self.found.name,
            "fired": list(self.handled.fired),
            "plans": [
                {name: part for name, part in plan.items() if name != "would_do"}
                for plan in self.handled.plans.values()
            ],
            "duplicate": self.duplicate,
            "alarms": list(self.alarms),
            "filters": list(self.filters),
            "went_off": [each.as_json() for each in self.went_off],
            "failed": self.handled.failed,
            "carried": self.carried,
            **place_as_json(where),
            **who_of(self.found).as_json(),
        }


def place_as_json(where: Place) -> dict[str, object]:
    """File, line and number of a record; 0 where a file has no lines, or one record."""
    return {"file": where.file, "line": where.line, "record": where.number}


def missed_as_json(missed: Missed) -> dict[str, object]:
    """The line of a record that nobody asks for."""
    return {
        "eventID": missed.event_id,
        "eventName": missed.name,
        "fired": [],
        "plans": [],
        "duplicate": missed.duplicate,
        "alarms": [],
        "failed": {},
        "carried": missed.carried,
        **place_as_json(missed.where),
        **missed.who.as_json(),
    }


def _encoded(line: dict[str, object]) -> bytes:
    try:
        return _quickly(line)
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON has as an escape
        return json.dumps(line).encode()


class Replay:
    """One replay.

    Args:
        ours: Whose trail is ours, and the stack's parameters.
        within: Records of another time are left out.
        named: Whether `results` has every record, those that nobody asks for too.
    """

    def __init__(self, ours: Ours, *, within: Range = EVER, named: bool = False) -> None:
        self._ours, self._within, self._named = ours, within, named
        self.watched: Watched = watched_by(deployment_for(ours))
        if ours.parts.ids and not ours.parts.by_name.keys() & self.watched.types.keys():
            raise NoTrail("what was given as the stack's parts names no part that this stack has")
        self.counts = Counts()
        self.hits = 0
        self._counted: list[Counted] = []
        self._kept: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY_BYTES)  # noqa: SIM115 - for our life
        self._places: list[int] = []
        self.course = AlarmCourse((), {})
        self._unnamed = Unnamed(ours, self.watched)

    # ---- reading ------------------------------------------------------------------------------------

    def read(self, names: Sequence[str], progress: Progress = lambda *_: None) -> Iterator[NotARecord]:
        """Read everything; what is no record comes at once. It may be left at any time."""
        filters = self.watched.filters
        rules = as_asked(self.watched, self._ours)
        sieve = Sieve(rules, filters, also=NAMED if self._named else ())
        sift = Sift(sieve, filters, within=self._within, named=self._named, progress=progress)
        self.counts = sift.counts
        for each in sift.through(names):
            if isinstance(each, NotARecord):
                yield each
            elif isinstance(each, Hit):
                self._keep(each)
            else:
                self._kept.write(_encoded(missed_as_json(each)) + b"\n")

    @property
    def has_a_trail(self) -> bool:
        """Whether it is known which trail is ours."""
        return self._ours.any_named

    def unsaid(self) -> list[str]:
        """What was not told, since it isn't known whose it is; each a sentence. Once everything was read."""
        return self._unnamed.sentences(self.counts)

    def _keep(self, hit: Hit) -> None:
        self._unnamed.consider(hit)
        at = time_of(hit.found)
        if hit.filters and at is not None and not hit.duplicate:
            self._counted.append(Counted(at=at, number=self.hits, filters=hit.filters))
        self._places.append(self._kept.tell())
        self.hits += 1
        self._kept.write(_MARK + json.dumps(_as_kept(hit)).encode() + b"\n")

    # ---- what it comes to ---------------------------------------------------------------------------

    def results(self, done: Callable[[int], object] = lambda _: None) -> "Iterator[Replayed | bytes]":
        """What became of each record, in their order.

        Those that nobody asks for come as a line of JSON, if they are wanted by name. Raises NotSimulated
        where a handler asks for what the simulated AWS doesn't do.
        """
        self.course = course_of(self.watched, self._counted, self._line)
        went_off: dict[int, list[WentOff]] = {}
        for each in self.course.went_off:
            went_off.setdefault(each.number, []).append(each)
        self._kept.seek(0)
        number, world = 0, _Worlds(self._ours)
        with world:
            for line in self._kept:
                if not line.startswith(_MARK):
                    yield line
                    continue
                replayed, event, woken = _from_kept(json.loads(line[len(_MARK) :]), self.watched)
                replayed.alarms = self.course.in_alarm.get(number, ())
                replayed.went_off = tuple(went_off.get(number, ()))
                if event is not None and not replayed.duplicate:
                    if woken:
                        replayed.handled = world.handle(event)
                    else:
                        world.follow(event)
                number += 1
                done(number)
                yield replayed

    def _line(self, number: int) -> str:
        """The line in the log group of one of the records that were kept."""
        here = self._kept.tell()
        self._kept.seek(self._places[number])
        kept = json.loads(self._kept.readline()[len(_MARK) :])
        self._kept.seek(here)
        return line_of(FoundRecord(where=Place(""), record=kept["record"]))


class _Worlds:
    """The world, which is only made when something fires, and made anew now and then.

    A world remembers all that happened in it, so that one for many events would take ever more memory. What
    was done to our trail is done again in the next one.
    """

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._made: Rehearsal | None = None
        self._handled = 0
        self._done_to_ours: list[dict[str, Any]] = []

    def handle(self, event: dict[str, Any]) -> Handled:
        """What becomes of an event in the world."""
        if self._made is None or self._handled >= MOST_IN_A_WORLD:
            self._renew()
        assert self._made is not None
        self._handled += 1
        handled = self._made.handle(event)
        if self._made.followed:
            self._done_to_ours.append(event)
        return handled

    def follow(self, event: dict[str, Any]) -> None:
        """Do to our trail what a record says was done, although it wakes nothing, such as StartLogging."""
        if self._ours.any_named and event.get("source") in ("aws.cloudtrail", "aws.logs"):
            if self._made is None:
                self._renew()
            assert self._made is not None
            self._made.follow(event)
            if self._made.followed:
                self._done_to_ours.append(event)

    def _renew(self) -> None:
        self.__exit__()
        self._made, self._handled = Rehearsal(self._ours).__enter__(), 0
        for event in self._done_to_ours:
            self._made.follow(event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._made is not None:
            self._made.__exit__(*error)
            self._made = None


# ---- as it is kept meanwhile ---------------------------------------------------------------------

_MARK = b"!"  # no JSON begins so


def _as_kept(hit: Hit) -> dict[str, Any]:
    where = hit.found.where
    return {
        "where": [where.file, where.line, where.number],
        "record": hit.found.record,
        "envelope": hit.found.envelope,
        "woken": any(not name.startswith(PERHAPS) for name in hit.rules),
        "filters": sorted(hit.filters),
        "duplicate": hit.duplicate,
        "unlike": hit.unlike,
        "carried": hit.event is not None,
    }


def _from_kept(kept: dict[str, Any], watched: Watched) -> tuple[Replayed, dict[str, Any] | None, bool]:
    where = Place(*kept["where"])
    found = FoundRecord(where=where, record=kept["record"], envelope=kept["envelope"])
    replayed = Replayed(
        found=found,
        duplicate=kept["duplicate"],
        carried=kept["carried"],
        filters=tuple(watched.alarms[name].label for name in kept["filters"]),
    )
    event = event_of(found, "")
    if event is not None and kept["unlike"] and isinstance(event.get("detail"), dict):
        # A handler takes what has an eventID that it knows for the same event, delivered once more.
        event["id"] = f"{event['id']}/{kept['unlike']}"
        event["detail"] = {**event["detail"], "eventID": event["id"]}
    return replayed, event, kept["woken"]

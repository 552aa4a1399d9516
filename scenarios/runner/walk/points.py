"""Where a fault can strike in a play, and which of these points cannot differ from one that is walked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from chalicelib.ledger.table import PK
from scenarios.cloud.kernel.fault_points import OF_DELIVERIES, OUTAGES, FaultKind, FaultPoint
from scenarios.cloud.one_fault import Spot
from scenarios.runner.walk.course import CHANGES_NOTHING, Course, MadeCall

OF_CALLS = tuple(kind for kind in FaultKind if kind not in OF_DELIVERIES)
# Who waits for an answer asks again by themselves: that is another invocation.
OF_RETRIES = (FaultKind.CRASH_TWICE, FaultKind.MEANWHILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A spot as the fault-free play passed it: the call that was made there, and what is around it.

    `made`: None where the call never came to an answer. `last`: of its attempt.
    """

    spot: Spot
    made: MadeCall | None
    first: bool
    last: bool

    @property
    def changes(self) -> bool:
        """Whether anything is otherwise after the call."""
        return self.made is None or self.made.changes


Rule = Callable[[FaultKind, Place], bool]


def _same_crash(kind: FaultKind, place: Place) -> bool:
    return kind is FaultKind.CRASH_BEFORE and not place.first


def _crash_after_a_read(kind: FaultKind, place: Place) -> bool:
    return kind in (FaultKind.CRASH_AFTER, FaultKind.CRASH_TWICE) and not place.changes


def _hang_at_a_read(kind: FaultKind, place: Place) -> bool:
    return kind is FaultKind.HANG and not place.changes and not place.last


def _answer_of_a_read(kind: FaultKind, place: Place) -> bool:
    return kind in (FaultKind.LOST, FaultKind.SENT_AGAIN) and not place.changes


def _outage_of_another(kind: FaultKind, place: Place) -> bool:
    return kind in OUTAGES and OUTAGES[kind] != place.spot.service


def _beside_what_nobody_shares(kind: FaultKind, place: Place) -> bool:
    return kind is FaultKind.MEANWHILE and place.spot.service in CHANGES_NOTHING


def _all_may_pass(kind: FaultKind, place: Place) -> bool:
    del place
    return kind in (FaultKind.UNREACHABLE, FaultKind.FAILED)


RULES: Mapping[str, Rule] = {
    "a crash before a call is the crash after the call before it": _same_crash,
    "nothing has changed since the last point where the environment dies": _crash_after_a_read,
    "nothing changes until the next point where it hangs": _hang_at_a_read,
    "an answer of a read that is lost is a read that was refused": _answer_of_a_read,
    "no other run sees anything of this call": _beside_what_nobody_shares,
    "the service is first asked at a later point": _outage_of_another,
    "no connection, a failure and a throttle are one error to a function: it may pass": _all_may_pass,
}


def places(course: Course) -> Iterator[Place]:
    """Every spot of the play where a function is given an event, or a request that somebody waits for."""
    made = {(each.invocation, each.call): each for each in course.calls if each.attempt == 1}
    spots_of_events = sorted((spot for spot in course.spots if spot.invocation), key=_in_order)
    for _, group in groupby(spots_of_events, key=lambda spot: spot.invocation):
        spots = list(group)
        last = spots[-1].call
        for spot in spots:
            yield Place(
                spot=spot,
                made=made.get((spot.invocation, spot.call)),
                first=spot.call == 1,
                last=spot.call == last,
            )


def _in_order(spot: Spot) -> tuple[int, int]:
    return spot.invocation, spot.call


def points_of(place: Place) -> Iterator[FaultPoint]:
    """Every fault that can strike there; where somebody waits for the answer, Lambda retries nothing."""
    kinds = OF_CALLS if place.spot.call else OF_DELIVERIES
    if place.spot.waited_for:
        kinds = tuple(kind for kind in kinds if kind not in OF_RETRIES)
    for kind in kinds:
        yield FaultPoint(invocation=place.spot.invocation, call=place.spot.call, kind=kind)


def rule_for(point: FaultPoint, place: Place) -> str:
    """The rule that says why this point cannot differ from one that is walked; "" where none does."""
    return next((words for words, rule in RULES.items() if rule(point.kind, place)), "")


_REPEATED = "the same call with calls of the same kinds around it is walked"
_WALKED_WHOLE = "the delivery of an event that was answered by the same calls is walked"

Answered = tuple[str, str, str, str]
"""A kind of call: service, operation, the kind of item in the ledger or "", AWS's error code or ""."""
Known = set[tuple[object, ...]]
"""What is walked by now: for each point what it stands for, see `_stands_for`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A point, what it stands for, and the rule by which it may be skipped; "" where it may not."""

    point: FaultPoint
    place: Place
    stands_for: tuple[object, ...]
    rule: str


def all_points(course: Course, known: Known | None = None) -> Sequence[Found]:
    """Every point of a play, in the order of the play. `known`: what is walked by now."""
    met = set(known or ())
    made = _calls_by_invocation(course)
    found = []
    for invocation, group in groupby(places(course), key=lambda place: place.spot.invocation):
        there = list(group)
        for index, place in enumerate(there):
            like = _stands_for(there, index, made.get(invocation, ()))
            for each in points_of(place):
                stands_for = (each.kind, *like)
                rule = _rule(each, place, stands_for, met)
                found.append(Found(point=each, place=place, stands_for=stands_for, rule=rule))
    return found


def _rule(point: FaultPoint, place: Place, stands_for: tuple[object, ...], met: Known) -> str:
    if rule := rule_for(point, place):
        return rule
    if stands_for in met:
        return _REPEATED if point.call else _WALKED_WHOLE
    met.add(stands_for)
    return ""


def _stands_for(there: Sequence[Place], index: int, made: Sequence[MadeCall]) -> tuple[object, ...]:
    """What a fault at one of an invocation's places depends on; where all of it is the same, one is walked.

    A function goes by what it has been answered until then; so for a read these are the kinds of calls before
    it. A retry finds what a call has changed, so for such a call the kinds of calls after it count too. How
    often a kind of call is made doesn't count: a batch's tenth event is answered as its first. For the
    delivery itself every call of every attempt counts.
    """
    place = there[index]
    if not place.spot.call:
        whole = tuple((each.attempt, each.service, each.operation, each.error) for each in made)
        return place.spot.function, whole
    before = frozenset(_answered(each) for each in there[:index] if each.spot.call)
    after = frozenset(_answered(each) for each in there[index + 1 :]) if place.changes else frozenset()
    return place.spot.function, _answered(place), before, after


def _answered(place: Place) -> Answered:
    spot, made = place.spot, place.made
    about = _of_ledger(made.parameters) if made and spot.service == "dynamodb" else ""
    return spot.service, spot.operation, about, made.error if made else "none"


def _of_ledger(parameters: Mapping[str, Any]) -> str:
    """Which kind of item a call reads or writes, with a finding's outcome: `finding told`, `claim`."""
    item = parameters.get("Item") or parameters.get("Key") or {}
    kind = str(item.get(PK, {}).get("S", "")).partition("#")[0]
    return f"{kind} {item.get('outcome', {}).get('S', '')}".strip()


def _calls_by_invocation(course: Course) -> Mapping[int, Sequence[MadeCall]]:
    calls: dict[int, list[MadeCall]] = {}
    for call in course.calls:
        calls.setdefault(call.invocation, []).append(call)
    return calls

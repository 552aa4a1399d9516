"""Where a fault can strike in a play, and which of these points cannot differ from one that is walked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from scenarios.cloud.kernel.fault_points import OF_DELIVERIES, OUTAGES, FaultKind, FaultPoint
from scenarios.cloud.one_fault import Spot
from scenarios.runner.walk.course import CHANGES_NOTHING, Course, MadeCall

OF_CALLS = tuple(kind for kind in FaultKind if kind not in OF_DELIVERIES)


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
    """Every spot of the play."""
    made = {(each.invocation, each.call): each for each in course.calls if each.attempt == 1}
    for _, group in groupby(sorted(course.spots, key=_in_order), key=lambda spot: spot.invocation):
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
    """Every fault that can strike there."""
    kinds = OF_CALLS if place.spot.call else OF_DELIVERIES
    for kind in kinds:
        yield FaultPoint(invocation=place.spot.invocation, call=place.spot.call, kind=kind)


def rule_for(point: FaultPoint, place: Place) -> str:
    """The rule that says why this point cannot differ from one that is walked; "" where none does."""
    return next((words for words, rule in RULES.items() if rule(point.kind, place)), "")


_REPEATED = "an invocation that made the same calls, and got answers like these, is walked"
Known = set[tuple[str, tuple[tuple[int, str, str, str], ...]]]
"""Invocations that are walked: each its function, and its calls with attempt and error code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A point, and the rule by which it may be skipped; "" where it may not."""

    point: FaultPoint
    place: Place
    rule: str


def all_points(course: Course, known: Known | None = None) -> Sequence[Found]:
    """Every point of a play, in the order of the play. `known`: invocations walked by now; it is added to."""
    repeated = _repeated(course, set() if known is None else known)
    return [
        Found(
            point=point,
            place=place,
            rule=rule_for(point, place) or (_REPEATED if place.spot.invocation in repeated else ""),
        )
        for place in places(course)
        for point in points_of(place)
    ]


def _repeated(course: Course, known: Known) -> set[int]:
    """The invocations like which one was walked before: the same function's, with the same calls and answers.

    All attempts count, and how each call ended.
    """
    calls: dict[int, list[MadeCall]] = {spot.invocation: [] for spot in course.spots}
    for call in course.calls:
        calls.setdefault(call.invocation, []).append(call)
    functions = {spot.invocation: spot.function for spot in course.spots}
    repeated: set[int] = set()
    for invocation, function in functions.items():
        made = calls[invocation]
        course_of_it = tuple((each.attempt, each.service, each.operation, each.error) for each in made)
        if (function, course_of_it) in known:
            repeated.add(invocation)
        known.add((function, course_of_it))
    return repeated

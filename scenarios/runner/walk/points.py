"""Where a fault can strike in a play, and which of these points cannot differ from one that is walked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any, Final

from chalicelib.catalog import CATALOG
from chalicelib.ledger.claims import UNTIL
from chalicelib.ledger.table import PK, Kind
from scenarios.cloud.kernel.fault_points import OF_DELIVERIES, OUTAGES, FaultKind, FaultPoint
from scenarios.cloud.one_fault import Spot
from scenarios.runner.walk.course import CHANGES_NOTHING, Course, MadeCall
from scenarios.runner.walk.invariants.trouble import is_function_of

OF_CALLS = tuple(kind for kind in FaultKind if kind not in OF_DELIVERIES)
# Who waits for an answer asks again by themselves: that is another invocation.
OF_RETRIES = (FaultKind.CRASH_TWICE, FaultKind.MEANWHILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A spot as the fault-free play passed it: the call that was made there, and what is around it.

    `made`: None where the call never came to an answer. `last`: of its attempt. `claimed`: the attempt holds
    the claim on the event that it handles.
    """

    spot: Spot
    made: MadeCall | None
    first: bool
    last: bool
    claimed: bool = False

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


def _beside_a_claim(kind: FaultKind, place: Place) -> bool:
    return kind is FaultKind.MEANWHILE and place.claimed and not place.changes


def _all_may_pass(kind: FaultKind, place: Place) -> bool:
    del place
    return kind in (FaultKind.UNREACHABLE, FaultKind.FAILED)


RULES: Mapping[str, Rule] = {
    "a crash before a call is the crash after the call before it": _same_crash,
    "nothing has changed since the last point where the environment dies": _crash_after_a_read,
    "nothing changes until the next point where it hangs": _hang_at_a_read,
    "an answer of a read that is lost is a read that was refused": _answer_of_a_read,
    "no other run sees anything of this call": _beside_what_nobody_shares,
    "the claim holds another run off until the next call that changes something": _beside_a_claim,
    "the service is first asked at a later point": _outage_of_another,
    "no connection, a failure and a throttle are one error to a function: it may pass": _all_may_pass,
}


def places(course: Course) -> Iterator[Place]:
    """Every spot of the play where a function is given an event, or a request that somebody waits for."""
    made = {(each.invocation, each.call): each for each in course.calls if each.attempt == 1}
    spots_of_events = sorted((spot for spot in course.spots if spot.invocation), key=_in_order)
    for _, group in groupby(spots_of_events, key=lambda spot: spot.invocation):
        spots = list(group)
        last, claimed = spots[-1].call, False
        for spot in spots:
            call = made.get((spot.invocation, spot.call))
            yield Place(spot=spot, made=call, first=spot.call == 1, last=spot.call == last, claimed=claimed)
            claimed = _holds(call, before=claimed)


def _holds(call: MadeCall | None, *, before: bool) -> bool:
    """Whether the claim is held after a call; `before`: whether it was until then."""
    if call is None or call.error or _of_ledger(call) != Kind.CLAIM:
        return before
    until = call.parameters.get("Item", {}).get(UNTIL, {}).get("N", "0")
    return int(until) > call.at.timestamp() * 1000


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


_REPEATED = "the same fault at the same call, between the same effects, is walked"
_WALKED_WHOLE = "the delivery of an event that was answered with the same effects is walked"

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


# What is the same code in every remediation: `chalicelib/runtime` and `chalicelib/ledger`.
_OF_THE_RUNTIME: Final = (
    *(("kms", "GenerateMac"), ("kms", "VerifyMac"), ("sts", "GetCallerIdentity")),
    *(("sns", "Publish"), ("securityhub", "BatchImportFindings"), ("ssm", "GetParameters")),
)
_ITEMS_OF_THE_RUNTIME: Final = (
    *(Kind.CLAIM, Kind.FINDING, Kind.SIGHTING, Kind.QUIET, Kind.FLOOD, Kind.ACTS, Kind.STATE),
)
_ANY_ACT: Final = "an act"


def _stands_for(there: Sequence[Place], index: int, made: Sequence[MadeCall]) -> tuple[object, ...]:
    """What a fault at one of an invocation's places depends on; where all of it is the same, one is walked.

    A fault leaves things half done between two effects, which are calls that change something: the last one
    before it and, where the call is one itself, the next one after it. What a function has read until then
    shows in these; a retry reads anew. So a point is told apart by its call (operation, the kind of item of
    the ledger, AWS's error code) and by these two effects. How often doesn't count: a
    batch's tenth event is answered as its first.

    The runtime and the ledger are the same code in each remediation: their own calls stand for all of them
    that are woken in the same way, and a remediation's acts count as acts. What a remediation reads and does
    itself is told apart by its function, and so is each function that is no remediation's, or that somebody
    waits for. For the delivery itself all effects and errors of every attempt count.

    What this takes for granted is tried: see `walk.MOST_PROVED`.
    """
    place = there[index]
    if not place.spot.call:
        whole = {
            (each.attempt, each.service, each.operation, each.error)
            for each in made
            if each.changes or each.error
        }
        return _logical(place.spot.function), frozenset(whole)
    before = _effect(reversed(there[:index]))
    after = _effect(there[index + 1 :]) if place.changes else None
    return _whose(place), _answered(place), before, after


def _effect(there: Iterable[Place]) -> object:
    """The first of these that changes something; None where none does."""
    place = next((each for each in there if each.spot.call and each.changes), None)
    if place is None:
        return None
    in_the_ledger = place.made is not None and _of_ledger(place.made) != ""
    return _answered(place) if in_the_ledger or _is_the_runtimes(place) else _ANY_ACT


def _whose(place: Place) -> str:
    """Whose code makes the call: a function's by its logical id, or the runtime's by what wakes it."""
    spot = place.spot
    if spot.waited_for or not _is_a_remediations(spot.function) or not _is_the_runtimes(place):
        return _logical(spot.function)
    return "runtime, a queue" if spot.queued else "runtime, an event"


def _is_the_runtimes(place: Place) -> bool:
    if (place.spot.service, place.spot.operation) in _OF_THE_RUNTIME:
        return True
    kind = _of_ledger(place.made).partition(" ")[0] if place.made else ""
    return kind in _ITEMS_OF_THE_RUNTIME


@cache
def _is_a_remediations(function: str) -> bool:
    return any(is_function_of(function, each.name) for each in CATALOG)


def _logical(function: str) -> str:
    """A function's logical id, from the name that CloudFormation drew: STACK-LOGICALID-4BCEEB08E704."""
    parts = function.rsplit("-", 2)
    return parts[1] if len(parts) == 3 else function


def _answered(place: Place) -> Answered:
    spot, made = place.spot, place.made
    about, error = (_of_ledger(made), made.error) if made else ("", "none")
    return spot.service, spot.operation, about, error


def _of_ledger(call: MadeCall) -> str:
    """Which kind of item of the ledger a call is about, with a finding's outcome: `finding told`, `claim`."""
    if call.service != "dynamodb":
        return ""
    for item in _items(call.parameters):
        kind = str(item.get(PK, {}).get("S", "")).partition("#")[0]
        if kind in _KINDS:
            return f"{kind} {item.get('outcome', {}).get('S', '')}".strip()
    return ""


_KINDS: Final = frozenset(Kind)


def _items(parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a call to DynamoDB puts or asks for: items, keys, or the partition of a query."""
    for name in ("Item", "Key"):
        if name in parameters:
            yield parameters[name]
    for puts in parameters.get("RequestItems", {}).values():
        yield from (each["PutRequest"]["Item"] for each in puts if "PutRequest" in each)
    for value in parameters.get("ExpressionAttributeValues", {}).values():
        yield {PK: value}


def _calls_by_invocation(course: Course) -> Mapping[int, Sequence[MadeCall]]:
    calls: dict[int, list[MadeCall]] = {}
    for call in course.calls:
        calls.setdefault(call.invocation, []).append(call)
    return calls

"""The ledger tells the truth at every moment, and at the end it holds what it holds without the fault."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from botocore import xform_name

from chalicelib.ledger.entries import LedgerEntry, entry_from
from chalicelib.ledger.table import PK, Kind
from chalicelib.remediation import CallProgress, Outcome
from chalicelib.runtime.notify import subject_of
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.trouble import told_of_trouble

# These say what was seen, decided and kept; the others are rights and counts, which time moves.
_COMPARED = (Kind.SIGHTING, Kind.STATE, Kind.ANCHOR, Kind.VALIDATION, Kind.REQUEST)
_OPEN = (Outcome.FAILED, Outcome.UNSEEN, Outcome.UNDER_WAY)


def the_ledger_tells_the_truth(without: Course, with_fault: Course) -> Iterator[str]:
    """What a reader may find at any moment is true then: outcomes, alerts marked as sent, calls as done."""
    del without
    so_far = _SoFar()
    for call in with_fault.calls:
        entry = written(call)
        if entry is not None and call.invocation:
            for sentence in so_far.untrue(entry):
                yield f"{entry.id}, written by call {call.invocation}.{call.call}: {sentence}"
        if not call.error:
            so_far.take(call)


@dataclass(slots=True)
class _SoFar:
    """What AWS has been asked until now."""

    sent: set[tuple[str, str]] = field(default_factory=set)
    made: set[tuple[str, str, str]] = field(default_factory=set)

    def take(self, call: MadeCall) -> None:
        if (call.service, call.operation) == ("sns", "Publish"):
            text = str(call.parameters["Message"])
            self.sent.add((text.rpartition("Finding ")[2].strip(), str(call.parameters.get("Subject"))))
        self.made.add((call.service, xform_name(call.operation), _as_text(call.parameters)))

    def untrue(self, entry: LedgerEntry) -> Iterator[str]:
        alerts, calls = range(len(entry.plan.alerts)), entry.plan.calls
        if entry.outcome is Outcome.ACTED and entry.unsettled:
            yield f"it says acted, and calls {list(entry.unsettled)} are not done"
        over = (Outcome.UNDER_WAY, Outcome.TOLD, Outcome.QUIET)
        if entry.outcome in over and entry.unsettled and entry.told:
            yield f"it says that alerts {sorted(entry.told)} are sent, before its calls are settled"
        silent = set(alerts) - entry.told - entry.quiet
        if entry.outcome in (Outcome.TOLD, Outcome.QUIET) and silent:
            yield f"it says {entry.outcome}, and alerts {sorted(silent)} are not sent"
        for index in sorted(entry.told & set(alerts)):
            if (entry.id, subject_of(entry.plan.alerts[index])) not in self.sent:
                yield f"it says that alert {index} is sent, and SNS has not got it"
        for index, progress in sorted(entry.progress.items()):
            call = calls[index]
            named = (call.service, call.operation, _as_text(call.parameters))
            if progress is CallProgress.DONE and named not in self.made:
                yield f"it says that {call.service}.{call.operation} is done, and nobody called it"


def written(call: MadeCall) -> LedgerEntry | None:
    """The finding that a call has put into the ledger; None for any other call."""
    item = call.parameters.get("Item") if call.operation == "PutItem" and not call.error else None
    return entry_from(item) if item and PK in item and is_finding(item) and "plan" in item else None


def _as_text(parameters: Mapping[str, object]) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)


def the_ledger_holds_the_same(without: Course, with_fault: Course) -> Iterator[str]:
    """Of each moment that there are findings without the fault, there are with it, and none is left open.

    Two events of one moment may be one finding where the second is seen first, and what a function does later
    is found later. Of sightings, states and anchors there are some where there were some.
    """
    if with_fault.lasting and told_of_trouble(without, with_fault):
        return
    for each in sorted(_kept(without) - _kept(with_fault)):
        yield f"there is no {each}"
    before, after = _moments(without), _moments(with_fault)
    for remediation, moments in before.items():
        there = after.get(remediation, set())
        if len(there) < len(moments):
            yield f"{remediation} has no finding at {', '.join(sorted(moments - there))}"
    left = {entry.at for entry in without.findings() if entry.outcome in _OPEN}
    for entry in with_fault.findings():
        if entry.outcome in _OPEN and entry.at not in left:
            yield f"{entry.id} is left {entry.outcome}"


def _kept(course: Course) -> set[str]:
    """What there is of each kind: ids are drawn, and may be others."""
    return {"#".join(str(item[PK]["S"]).split("#")[:2]) for item in _compared(course)}


def _moments(course: Course) -> Mapping[str, set[str]]:
    """The moments of each remediation's findings.

    What is suppressed is left out: it is about the functions' own calls, which a retry makes again.
    """
    moments: dict[str, set[str]] = {}
    for entry in course.findings():
        if entry.outcome is not Outcome.SUPPRESSED:
            moments.setdefault(entry.remediation, set()).add(f"{entry.at:%H:%M:%S}")
    return moments


def _compared(course: Course) -> Sequence[Mapping[str, Mapping[str, str]]]:
    return [item for item in course.ledger if str(item[PK]["S"]).partition("#")[0] in _COMPARED]

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
# Of a call that was begun before, AWS's "it is so already" leaves open who made it so.
_OPEN = (Outcome.FAILED, Outcome.UNSEEN, Outcome.UNDER_WAY)
_SETTLED = (CallProgress.DONE, CallProgress.UNSURE, CallProgress.FOUND)


def the_ledger_tells_the_truth(without: Course, with_fault: Course) -> Iterator[str]:
    """What a reader may find at any moment is true then: outcomes, alerts marked as sent, calls as done."""
    del without
    so_far = _SoFar()
    for call in with_fault.calls:
        if call.error:
            continue
        entry = _written(call)
        if entry is not None and call.invocation:
            for sentence in so_far.untrue(entry):
                yield f"{entry.id}, written by call {call.invocation}.{call.call}: {sentence}"
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
        undone = [index for index in range(len(calls)) if entry.progress.get(index) not in _SETTLED]
        if entry.outcome is Outcome.ACTED and undone:
            yield f"it says acted, and calls {undone} are not done"
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


def _written(call: MadeCall) -> LedgerEntry | None:
    item = call.parameters.get("Item") if call.operation == "PutItem" else None
    return entry_from(item) if item and PK in item and is_finding(item) and "plan" in item else None


def _as_text(parameters: Mapping[str, object]) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)


def the_ledger_holds_the_same(without: Course, with_fault: Course) -> Iterator[str]:
    """Of each moment that there are findings without the fault, there are with it, and none is left open.

    Two events of one moment may be one finding where the second is seen first. Of sightings, states and
    anchors there are some where there were some.
    """
    if with_fault.lasting and told_of_trouble(without, with_fault):
        return
    for each in sorted(_kept(without) - _kept(with_fault)):
        yield f"there is no {each}"
    left = {entry.at for entry in without.findings() if entry.outcome in _OPEN}
    for entry in with_fault.findings():
        if entry.outcome in _OPEN and entry.at not in left:
            yield f"{entry.id} is left {entry.outcome}"


def _kept(course: Course) -> set[str]:
    """What there is of each kind, of findings for each moment: ids are drawn, and may be others.

    What is suppressed is left out: it is about the functions' own calls, which a retry makes again.
    """
    kept = {"#".join(str(item[PK]["S"]).split("#")[:2]) for item in _compared(course)}
    found = [entry for entry in course.findings() if entry.outcome is not Outcome.SUPPRESSED]
    return kept | {f"{Kind.FINDING} of {each.remediation} at {each.at:%H:%M:%S}" for each in found}


def _compared(course: Course) -> Sequence[Mapping[str, Mapping[str, str]]]:
    return [item for item in course.ledger if str(item[PK]["S"]).partition("#")[0] in _COMPARED]

"""The ledger tells the truth at every moment, and at the end it holds what it holds without the fault."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from botocore import xform_name

from chalicelib.ledger.entries import LedgerEntry, entry_from
from chalicelib.ledger.table import PK, SK, Kind
from chalicelib.remediation import CallProgress, Outcome
from chalicelib.runtime.notify import subject_of
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.trouble import told_of_trouble

# These say what was seen, decided and kept; the others are rights and counts, which time moves.
_COMPARED = (Kind.FINDING, Kind.SIGHTING, Kind.STATE, Kind.ANCHOR, Kind.VALIDATION, Kind.REQUEST)
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
    """Findings, sightings, states and anchors are those of the play without the fault."""
    if with_fault.lasting and told_of_trouble(without, with_fault):
        return
    before, after = _kept(without), _kept(with_fault)
    for each in sorted(before.keys() - after.keys()):
        yield f"{' '.join(each)} is missing"
    for each in sorted(after.keys() - before.keys()):
        if not each[0].startswith(Kind.FINDING):
            yield f"{' '.join(each)} is new"
    for each in sorted(before.keys() & after.keys()):
        if after[each] and not before[each]:
            yield f"{' '.join(each)}: it is left {after[each]}"


def _kept(course: Course) -> Mapping[tuple[str, str], str]:
    """Each item by its keys; of a finding that isn't over how it stands.

    What is suppressed is left out: it is about the functions' own calls, which a retry makes again.
    """
    kept = {(str(item[PK]["S"]), str(item[SK]["S"])): "" for item in _compared(course)}
    for entry in course.findings():
        named = f"{Kind.FINDING}#{entry.remediation}", entry.sort_key
        kept[named] = str(entry.outcome) if entry.outcome in _OPEN else ""
        if entry.outcome is Outcome.SUPPRESSED:
            del kept[named]
    return kept


def _compared(course: Course) -> Sequence[Mapping[str, Mapping[str, str]]]:
    return [item for item in course.ledger if str(item[PK]["S"]).partition("#")[0] in _COMPARED]

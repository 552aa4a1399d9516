"""The ledger tells the truth at every moment, and at the end it holds what it holds without the fault."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from botocore import xform_name

from chalicelib.ledger.entries import LedgerEntry, entry_from
from chalicelib.ledger.table import PK, Kind
from chalicelib.remediation import CallProgress, Outcome
from chalicelib.runtime.notify import subject_of
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.alert_names import (
    FINDING,
    follows_calls,
    moves,
    paired,
    plain,
)
from scenarios.runner.walk.invariants.looks import is_of_a_later_look
from scenarios.runner.walk.invariants.outcomes import (
    alike_by_the_minute,
    as_many,
    how_each_ended,
    left_open,
)
from scenarios.runner.walk.invariants.trouble import (
    excused,
    is_kept,
    is_unheard,
    never_done,
)

_ENOUGH = 12  # letters of a title that tell it from others
# These say what was seen, decided and kept; the others are rights and counts, which time moves.
_COMPARED = (Kind.SIGHTING, Kind.STATE, Kind.ANCHOR, Kind.VALIDATION, Kind.REQUEST)


def the_ledger_tells_the_truth(without: Course, with_fault: Course) -> Iterator[str]:
    """What a reader may find at any moment is true then: outcomes, alerts marked as sent, calls as done."""
    del without
    so_far = _SoFar()
    for call in with_fault.calls:
        entry = written(call)
        if entry is not None and call.invocation:
            for sentence in so_far.untrue(entry):
                yield f"{entry.id}, written by call {call.invocation}.{call.call}: {sentence}"
            so_far.waited |= {entry.id} if entry.outcome is Outcome.AWAITING_APPROVAL else set()
        if not call.error:
            so_far.take(call)


@dataclass(slots=True)
class _SoFar:
    """What AWS has been asked until now."""

    sent: set[tuple[str, str]] = field(default_factory=set)
    made: set[tuple[str, str, str]] = field(default_factory=set)
    waited: set[str] = field(default_factory=set)  # findings that were told, and waited for an approval

    def take(self, call: MadeCall) -> None:
        if (call.service, call.operation) == ("sns", "Publish"):
            found = FINDING.search(str(call.parameters["Message"]))
            self.sent.add((found[1] if found else "", str(call.parameters.get("Subject"))))
        self.made.add((call.service, xform_name(call.operation), _as_text(call.parameters)))

    def _has_sent(self, finding: str, subject: str) -> bool:
        """Whether an alert was sent, be it with a decision: `HIGH: The plan has changed ...: It was ...`."""
        if (finding, subject) in self.sent:
            return True
        severity, _, title = subject.partition(": ")
        decided = (each for name, each in self.sent if name == finding and each.startswith(f"{severity}: "))
        return any(_ends_alike(each, title) for each in decided)

    def untrue(self, entry: LedgerEntry) -> Iterator[str]:
        alerts, calls = range(len(entry.plan.alerts)), entry.plan.calls
        if entry.outcome is Outcome.ACTED and entry.unsettled:
            yield f"it says acted, and calls {list(entry.unsettled)} are not done"
        over = (Outcome.UNDER_WAY, Outcome.TOLD, Outcome.QUIET)
        if entry.outcome in over and entry.unsettled and entry.told and entry.id not in self.waited:
            yield f"it says that alerts {sorted(entry.told)} are sent, before its calls are settled"
        silent = set(alerts) - entry.told - entry.quiet
        if entry.outcome in (Outcome.TOLD, Outcome.QUIET) and silent:
            yield f"it says {entry.outcome}, and alerts {sorted(silent)} are not sent"
        for index in sorted(entry.told & set(alerts)):
            if not self._has_sent(entry.id, subject_of(entry.plan.alerts[index])):
                yield f"it says that alert {index} is sent, and SNS has not got it"
        for index, progress in sorted(entry.progress.items()):
            call = calls[index]
            named = (call.service, call.operation, _as_text(call.parameters))
            if progress is CallProgress.DONE and named not in self.made:
                yield f"it says that {call.service}.{call.operation} is done, and nobody called it"


def _ends_alike(subject: str, title: str) -> bool:
    """Whether the subject of a decision's alert ends with this title, as far as it was not cut."""
    _, found, rest = subject.partition(f": {title[:_ENOUGH]}")
    whole = f"{found[2:]}{rest}"
    return bool(found) and title.startswith(whole.removesuffix("..."))


def written(call: MadeCall) -> LedgerEntry | None:
    """The finding that a call has put into the ledger; None for any other call."""
    item = call.parameters.get("Item") if call.operation == "PutItem" and not call.error else None
    return entry_from(item) if item and PK in item and is_finding(item) and "plan" in item else None


def _as_text(parameters: Mapping[str, object]) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)


def the_ledger_holds_the_same(without: Course, with_fault: Course) -> Iterator[str]:
    """Of each moment that there are findings without the fault, there are with it, and none is left open.

    What may be otherwise:

    - the number of findings of one moment, since ids are drawn;
    - the moments of what our own functions did and of what alarms found, since a retry acts later: of these
      there must be some;
    - the moments of what happens while a function hangs, since the simulated account stands still meanwhile;
    - those of a fault that stays, where the event waits as a dead letter without it too, and that was told;
    - that of an event which the finding of another one tells, where the first one came late;
    - that of an event about which another one's finding says the same, as far as it came to that: a retry
      counts what has come since;
    - those within a minute, where AWS threw calls back and as many ended alike (`alike_by_the_minute`);
    - those of what happens before the struck function has restored what tells of it (`is_unheard`);
    - those of what somebody could not do at last (`never_done`);
    - the outcome, where another event moves it, or Lambda may give the event up and people were told so;
    - which one is left open, where some are without the fault and each waits as a dead letter
      (`fails_in_both`, `is_kept_in_both`).

    What is suppressed is left out: it is about the functions' own calls, which a retry makes again. Of
    sightings, states and anchors there are some where there were some.
    """
    if not excused(without, with_fault):
        for each in sorted(_kept(without) - _kept(with_fault)):
            if each not in _not_seen_well(without, with_fault):
                yield f"there is no {each}"
    after, elsewhere = _moments(with_fault), paired(without, with_fault).told_elsewhere()
    for remediation, moments in _moments(without).items():
        there = after.get(remediation, Counter())
        missing = {at for at in moments.keys() - there if (remediation, at) not in elsewhere}
        missing = {at for at in missing if not is_unheard(without, with_fault, remediation, at)}
        missing -= never_done(without, with_fault)
        missing -= _said_of_another(without, with_fault, remediation, missing)
        if moves(without, with_fault) and as_many(there, moments):
            continue
        if alike_by_the_minute(without, with_fault, remediation):
            continue
        kept = with_fault.lasting and is_kept(with_fault, remediation)
        if missing and not kept and not excused(without, with_fault, remediation):
            yield f"{remediation} has no finding at {', '.join(sorted(missing))}"
    for entry in left_open(without, with_fault):
        yield f"{entry.id} is left {entry.outcome}"
    yield from how_each_ended(without, with_fault)


def _not_seen_well(without: Course, with_fault: Course) -> set[str]:
    """The states (state#trail_stopped) of remediations whose look came so late that all was not well by then.

    A state is kept of what was as it should be.
    """
    return {
        f"state#{mail.attributes['remediation']}"
        for mail in with_fault.alerts()
        if is_of_a_later_look(mail, without, with_fault)
    }


def _said_of_another(without: Course, with_fault: Course, remediation: str, missing: set[str]) -> set[str]:
    """The missing moments about which findings of moments that are new say the same, but for counts."""
    known = _moments(without).get(remediation, Counter())
    new = {words for at, words in _planned(with_fault, remediation) if at not in known}
    said: dict[str, set[str]] = {}
    for at, words in _planned(without, remediation):
        said.setdefault(at, set()).add(words)
    return {at for at in missing if said.get(at) and said[at] <= new}


def _planned(course: Course, remediation: str) -> Iterator[tuple[str, str]]:
    """The moments of a remediation's findings, and what their alerts say but for counts."""
    for entry in course.findings():
        if entry.remediation == remediation:
            for alert in entry.plan.alerts:
                yield f"{entry.at:%H:%M:%S}", plain(subject_of(alert))


def _kept(course: Course) -> set[str]:
    """What there is of each kind: ids are drawn, and may be others."""
    return {"#".join(str(item[PK]["S"]).split("#")[:2]) for item in _compared(course)}


def _moments(course: Course) -> Mapping[str, Counter[str]]:
    """The moments of each remediation's findings; one word for all that move with what we do ourselves."""
    own = set(course.roles.values())
    moments: dict[str, Counter[str]] = {}
    for entry in course.findings():
        if entry.outcome is Outcome.SUPPRESSED or entry.principal in own:
            continue
        by_alarm = follows_calls(entry.event_key)
        at = "some moment" if by_alarm else f"{entry.at:%H:%M:%S}"
        moments.setdefault(entry.remediation, Counter())[at] += 1
    return moments


def _compared(course: Course) -> Sequence[Mapping[str, Mapping[str, str]]]:
    return [item for item in course.ledger if str(item[PK]["S"]).partition("#")[0] in _COMPARED]

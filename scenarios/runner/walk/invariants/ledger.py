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
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.alert_names import (
    follows_calls,
    in_words,
    moves,
    paired,
    plain,
    who_did_it,
)
from scenarios.runner.walk.invariants.looks import is_of_a_later_look
from scenarios.runner.walk.invariants.trouble import (
    OPEN,
    excused,
    fails_in_both,
    is_about_trouble,
    is_kept,
    is_kept_in_both,
    is_unheard,
    of_another_hour,
    waits_as_dead_letter,
    waits_for_a_yes,
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
            text = str(call.parameters["Message"])
            self.sent.add((text.rpartition("Finding ")[2].strip(), str(call.parameters.get("Subject"))))
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
    - those of what happens before the struck function has restored what tells of it (`is_unheard`);
    - the outcome, where another event moves it, or Lambda may give the event up and people were told so;
    - which one is left open, where some are without the fault and each waits as a dead letter
      (`fails_in_both`, `is_kept_in_both`).

    What is suppressed is left out: it is about the functions' own calls, which a retry makes again. Of
    sightings, states and anchors there are some where there were some.
    """
    if not excused(without, with_fault):
        for each in sorted(_kept(without) - _kept(with_fault)):
            yield f"there is no {each}"
    after, elsewhere = _moments(with_fault), paired(without, with_fault).told_elsewhere()
    for remediation, moments in _moments(without).items():
        there = after.get(remediation, Counter())
        missing = {at for at in moments.keys() - there if (remediation, at) not in elsewhere}
        missing = {at for at in missing if not is_unheard(without, with_fault, remediation, at)}
        missing -= _said_of_another(without, with_fault, remediation, missing)
        if moves(without, with_fault) and _as_many(there, moments):
            continue
        kept = with_fault.lasting and is_kept(with_fault, remediation)
        if missing and not kept and not excused(without, with_fault, remediation):
            yield f"{remediation} has no finding at {', '.join(sorted(missing))}"
    for entry in _left_open(without, with_fault):
        yield f"{entry.id} is left {entry.outcome}"
    yield from _outcomes(without, with_fault)


def _left_open(without: Course, with_fault: Course) -> Iterator[LedgerEntry]:
    left = {(entry.remediation, entry.at) for entry in without.findings() if entry.outcome in OPEN}
    for entry in with_fault.findings():
        name = entry.remediation
        if entry.outcome not in OPEN or (name, entry.at) in left:
            continue
        if excused(without, with_fault, name) or waits_as_dead_letter(without, with_fault, name):
            continue
        if not fails_in_both(without, with_fault, name) and not is_kept_in_both(without, with_fault, entry):
            yield entry


def _outcomes(without: Course, with_fault: Course) -> Iterator[str]:
    if with_fault.point is None:
        return
    before, after = _ended(without), _ended(with_fault)
    unexpected, waits = list(_left_open(without, with_fault)), waits_for_a_yes(with_fault)
    if moves(without, with_fault):
        yield from _moved_outcomes(without, with_fault)
        return
    for (remediation, at, outcome), count in (after - before).items():
        # Another event of that moment has done what this one was to do, whose run died before.
        if outcome == Outcome.SUPERSEDED and after[remediation, at, str(Outcome.ACTED)]:
            continue
        # It waits as a dead letter, and is left open by that: held above.
        if outcome in OPEN and not any(each.remediation == remediation for each in unexpected):
            continue
        # An approval came too late for its plan, and people were told.
        if outcome == Outcome.TOLD and any(f"{remediation}:" in each and f"T{at}" in each for each in waits):
            continue
        # A look that failed was told; of what it was about, the retry saw nothing. The others are as before.
        gone = any(each[:2] == (remediation, at) for each in before - after)
        trouble = outcome == Outcome.TOLD and _told_only_of_trouble(with_fault, remediation, at)
        if trouble and count <= trouble and not gone:
            continue
        others = sorted(each[2] for each in before if each[:2] == (remediation, at))
        if not others and _adds_nothing(without, with_fault, remediation, at, outcome):
            continue
        if not excused(without, with_fault, remediation) and not set(others) & set(OPEN):
            instead = ", ".join(others) or "none"
            yield f"{count} more of {remediation} at {at} are {outcome}, instead of {instead}"


def _adds_nothing(without: Course, with_fault: Course, remediation: str, at: str, outcome: str) -> bool:
    """Whether a finding of a moment of which there is none without the fault says nothing that is not known.

    A look that sees nothing leaves no finding; one that failed says so, and is tried again. Who did a thing
    is in a finding of its own where the call is known later. A retry counts what has come since, which is
    told of the last of these anyway.
    """
    if outcome == Outcome.NOTHING:
        return True
    return outcome == Outcome.TOLD and (
        _only_trouble(with_fault, remediation, at)
        or _only_a_later_look(without, with_fault, remediation, at)
        or _only_of_another_hour(without, with_fault, remediation, at)
        or _only_who(without, with_fault, remediation, at)
        or _only_quiet(without, with_fault, remediation, at)
    )


def _moved_outcomes(without: Course, with_fault: Course) -> Iterator[str]:
    """Where events move: outcomes that no event of the remediation has without the fault.

    An approval that came too late for its plan waits for another one (`waits_for_a_yes`).
    """
    before, after = (
        {(remediation, outcome) for remediation, _, outcome in _ended(each)} for each in (without, with_fault)
    )
    waits = waits_for_a_yes(with_fault)
    for remediation, outcome in sorted(after - before):
        if outcome in (Outcome.AWAITING_APPROVAL, Outcome.TOLD) and waits:
            continue
        if outcome == Outcome.TOLD and _only_trouble(with_fault, remediation):
            continue
        if outcome == Outcome.TOLD and _only_a_later_look(without, with_fault, remediation):
            continue
        # A look that failed, and then saw nothing: beside as many as there are without the fault.
        if outcome == Outcome.NOTHING and _as_many(
            *(_seen(each, remediation) for each in (with_fault, without))
        ):
            continue
        if not excused(without, with_fault, remediation) and outcome not in map(str, OPEN):
            yield f"one of {remediation} is {outcome}, and none without the fault"


def _only_trouble(course: Course, remediation: str, at: str = "") -> bool:
    """Whether all that was told of a remediation's findings, or of those of one moment, is what failed."""
    mail = _mail_of(course, remediation, at)
    return bool(mail) and all(is_about_trouble(each) for each in mail)


def _told_only_of_trouble(course: Course, remediation: str, at: str) -> int:
    """Of how many of a remediation's findings of one moment all that was told is what failed."""
    ids = [
        entry.id
        for entry in course.findings()
        if entry.remediation == remediation and at == f"{entry.at:%H:%M:%S}"
        if entry.outcome is Outcome.TOLD
    ]
    told = ([each for each in course.alerts() if f"Finding {name}" in each.text] for name in ids)
    return sum(bool(mail) and all(map(is_about_trouble, mail)) for mail in told)


def _only_of_another_hour(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether a remediation's findings of one moment are known: what is forged is reported by the hour."""
    there = [
        entry
        for entry in with_fault.findings()
        if entry.remediation == remediation and at == f"{entry.at:%H:%M:%S}"
    ]
    return bool(there) and not of_another_hour(without, with_fault).isdisjoint(entry.id for entry in there)


def _only_a_later_look(without: Course, with_fault: Course, remediation: str, at: str = "") -> bool:
    """Whether that is all that was told of its findings that are new."""
    known = {mail.subject for mail in without.alerts() if mail.attributes["remediation"] == remediation}
    mail = [each for each in _mail_of(with_fault, remediation, at) if each.subject not in known]
    return bool(mail) and all(is_of_a_later_look(each, without, with_fault) for each in mail)


def _mail_of(course: Course, remediation: str, at: str) -> list[Mail]:
    """The alerts of a remediation's findings of one moment; "" for those of all."""
    ids = [
        entry.id
        for entry in course.findings()
        if entry.remediation == remediation and at in ("", f"{entry.at:%H:%M:%S}")
    ]
    return [each for each in course.alerts() if any(f"Finding {name}" in each.text for name in ids)]


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


def _only_who(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether all that was told of one moment is who did what is told without the fault too."""
    said = set(map(in_words, without.alerts()))
    mail = _mail_of(with_fault, remediation, at)
    plain_ones = [each for each in mail if not is_about_trouble(each)]
    return bool(plain_ones) and all(who_did_it(each) and in_words(each) in said for each in plain_ones)


def _only_quiet(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether a remediation's findings of one moment all are quiet, about what is said without the fault."""
    there = [
        entry
        for entry in with_fault.findings()
        if entry.remediation == remediation and at == f"{entry.at:%H:%M:%S}"
    ]
    said = {subject_of(alert) for entry in without.findings() for alert in entry.plan.alerts}
    return all(
        entry.outcome is Outcome.QUIET and said.issuperset(map(subject_of, entry.plan.alerts))
        for entry in there
    )


def _ended(course: Course) -> Counter[tuple[str, str, str]]:
    """How each event ended, but for our own and what alarms found: these move.

    Told and quiet are one: of what is told once in a while, it goes by who comes first.
    """
    own = set(course.roles.values())
    one = {Outcome.QUIET: Outcome.TOLD}
    return Counter(
        (entry.remediation, f"{entry.at:%H:%M:%S}", str(one.get(entry.outcome, entry.outcome)))
        for entry in course.findings()
        if entry.outcome is not Outcome.SUPPRESSED
        and entry.principal not in own
        and not follows_calls(entry.event_key)
    )


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


def _seen(course: Course, remediation: str) -> Counter[str]:
    """The moments of a remediation's findings in which something was seen."""
    return Counter(
        at
        for name, at, outcome in _ended(course).elements()
        if name == remediation and outcome != Outcome.NOTHING
    )


def _as_many(there: Counter[str], moments: Counter[str]) -> bool:
    """Whether there are as many moments, or as many findings: two may come to be of one moment."""
    return len(there) >= len(moments) or there.total() >= moments.total()


def _compared(course: Course) -> Sequence[Mapping[str, Mapping[str, str]]]:
    return [item for item in course.ledger if str(item[PK]["S"]).partition("#")[0] in _COMPARED]

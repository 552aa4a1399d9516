"""How each finding ended, and how it may have ended otherwise than without the fault."""

from collections import Counter
from collections.abc import Collection, Iterator

from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import CallProgress, Outcome
from chalicelib.runtime.notify import subject_of
from scenarios.cloud.kernel.fault_points import FaultKind
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.alert_names import (
    finding_of,
    follows_calls,
    in_words,
    moves,
    paired,
    taken_about,
    who_did_it,
)
from scenarios.runner.walk.invariants.judged import gone_before
from scenarios.runner.walk.invariants.looks import is_of_a_later_look
from scenarios.runner.walk.invariants.mending import is_shared_otherwise, was_still_so
from scenarios.runner.walk.invariants.trouble import (
    OPEN,
    excused,
    fails_in_both,
    is_about_trouble,
    is_kept_in_both,
    of_another_hour,
    tells_of_trouble,
    waits_as_dead_letter,
    waits_for_a_yes,
)

_OF_THE_CAP = (Outcome.ACTED, Outcome.CAPPED)
_OF_THE_SAME = (Outcome.ACTED, Outcome.SUPERSEDED)
_TRIED_AGAIN = (FaultKind.THROTTLED, FaultKind.FAILED)

Ended = tuple[str, str, str]
"""How findings ended: their remediation, their moment (03:00:40), their outcome."""


def alike_by_the_minute(without: Course, with_fault: Course, remediation: str) -> bool:
    """Whether a call was made again and again, and as many findings of each minute ended in the same ways.

    Meanwhile the simulated account stands still: what somebody does within seconds is of later ones then.
    """
    if with_fault.point is None or with_fault.point.kind not in _TRIED_AGAIN:
        return False
    before, after = (
        Counter((at[:-3], outcome) for name, at, outcome in _ended(each).elements() if name == remediation)
        for each in (without, with_fault)
    )
    return before == after


def left_open(without: Course, with_fault: Course) -> Iterator[LedgerEntry]:
    """The findings that are left open and that may not be."""
    left = {(entry.remediation, entry.at) for entry in without.findings() if entry.outcome in OPEN}
    for entry in with_fault.findings():
        name = entry.remediation
        if entry.outcome not in OPEN or (name, entry.at) in left:
            continue
        if excused(without, with_fault, name) or waits_as_dead_letter(without, with_fault, name):
            continue
        if not fails_in_both(without, with_fault, name) and not is_kept_in_both(without, with_fault, entry):
            yield entry


def how_each_ended(without: Course, with_fault: Course) -> Iterator[str]:
    """A sentence for each way in which findings end more often than without the fault, and may not."""
    if with_fault.point is None:
        return
    before, after = _ended(without), _ended(with_fault)
    unexpected = list(left_open(without, with_fault))
    if moves(without, with_fault):
        yield from _moved_outcomes(without, with_fault)
        return
    for ended, count in (after - before).items():
        remediation, at, outcome = ended
        if alike_by_the_minute(without, with_fault, remediation):
            continue
        # It waits as a dead letter, and is left open by that: held elsewhere.
        if outcome in OPEN and not any(each.remediation == remediation for each in unexpected):
            continue
        if _may_end_so(without, with_fault, ended, count):
            continue
        others = sorted(each[2] for each in before if each[:2] == (remediation, at))
        if not excused(without, with_fault, remediation) and not set(others) & set(OPEN):
            instead = ", ".join(others) or "none"
            yield f"{count} more of {remediation} at {at} are {outcome}, instead of {instead}"


def _may_end_so(without: Course, with_fault: Course, ended: Ended, count: int) -> bool:
    """Whether so many more findings may have ended so: people know it, or another one ended otherwise."""
    (remediation, at, outcome), before, after = ended, _ended(without), _ended(with_fault)
    others = {each[2] for each in before if each[:2] == (remediation, at)}
    # Another event of that moment has done what this one was to do, whose run died before.
    if outcome == Outcome.SUPERSEDED and after[remediation, at, str(Outcome.ACTED)]:
        return True
    if _goes_by_who_comes_first(before, after, remediation, outcome, _perhaps_acted(with_fault, remediation)):
        return True
    # The events of one moment have shared what was to be done otherwise: each tells what it did itself.
    if outcome in others == {Outcome.ACTED, Outcome.TOLD} and _shares_otherwise(
        without, with_fault, remediation, at
    ):
        return True
    if outcome == Outcome.TOLD:
        # An approval came too late for its plan, and people were told.
        if any(f"{remediation}:" in each and f"T{at}" in each for each in waits_for_a_yes(with_fault)):
            return True
        # A look that failed was told; of what it was about, the retry saw nothing. The others are as before.
        # What is forged is reported by the hour to whoever meets it: a second delivery meets it again.
        gone = any(each[:2] == (remediation, at) for each in before - after)
        if not gone and count <= max(
            _told_only_of_trouble(with_fault, remediation, at),
            _told_of_another_hour(without, with_fault, remediation, at),
        ):
            return True
    return not others and _adds_nothing(without, with_fault, remediation, at, outcome)


def _goes_by_who_comes_first(
    before: Counter[Ended], after: Counter[Ended], remediation: str, outcome: str, perhaps: int
) -> bool:
    """Whether other events were held back by the hour's cap, or did what several events call for."""
    of_the_cap = outcome in _OF_THE_CAP and _swapped(before, after, remediation, Outcome.CAPPED)
    return of_the_cap or (
        outcome in _OF_THE_SAME and _swapped(before, after, remediation, Outcome.SUPERSEDED, perhaps)
    )


def _swapped(
    before: Counter[Ended], after: Counter[Ended], remediation: str, other: Outcome, perhaps: int = 0
) -> bool:
    """Whether as many events acted, and as many ended in the other way, as without the fault.

    `perhaps`: of those that acted, how many can't know that it was not them.
    """
    ended: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for counts, each in zip(ended, (before, after), strict=True):
        for (name, _, outcome), count in each.items():
            counts[outcome] += count * (name == remediation)
    without, now = ended
    return (
        bool(without[other])
        and without[other] == now[other] + perhaps
        and without[Outcome.ACTED] == now[Outcome.ACTED] - perhaps
    )


def _perhaps_acted(course: Course, remediation: str) -> int:
    """How many of a remediation's findings say that they acted, and of no call for certain."""
    perhaps = {CallProgress.UNSURE, CallProgress.DROPPED}
    return sum(
        entry.outcome is Outcome.ACTED and set(entry.progress.values()) <= perhaps
        for entry in _findings_of(course, remediation, "")
    )


def _adds_nothing(without: Course, with_fault: Course, remediation: str, at: str, outcome: str) -> bool:
    """Whether a finding of a moment of which there is none without the fault says nothing that is not known.

    A look that sees nothing leaves no finding; one that failed says so, and is tried again. Who did a thing
    is in a finding of its own where the call is known later. A retry counts what has come since, which is
    told of the last of these anyway.
    """
    if outcome == Outcome.NOTHING or _says_only_what_comes_of_it(
        without, with_fault, remediation, outcome, at
    ):
        return True
    return outcome == Outcome.TOLD and (
        _only_of_another_hour(without, with_fault, remediation, at)
        or _only_who(without, with_fault, remediation, at)
        or _only_known(without, with_fault, remediation, at)
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
        if _says_only_what_comes_of_it(without, with_fault, remediation, outcome):
            continue
        # What was to be done about a thing is not, since people had deleted it: that is told.
        if outcome == Outcome.TOLD and _only_of_what_is_gone(with_fault, remediation):
            continue
        # It could not be told without the fault, since somebody had shut the topic, who opens it again.
        left = {(remediation, str(each)) for each in OPEN}
        if outcome == Outcome.TOLD and with_fault.scenario.denied and left & before:
            continue
        # A later event of the remediation did what this one was to do, and this one says that it is done.
        if (
            outcome == Outcome.TOLD
            and (remediation, Outcome.ACTED) in before
            and is_shared_otherwise(without, with_fault, remediation)
        ):
            continue
        # A look that failed, and then saw nothing: beside as many as there are without the fault.
        if outcome == Outcome.NOTHING and as_many(
            *(_seen(each, remediation) for each in (with_fault, without))
        ):
            continue
        if not excused(without, with_fault, remediation) and outcome not in map(str, OPEN):
            yield f"one of {remediation} is {outcome}, and none without the fault"


def _says_only_what_comes_of_it(
    without: Course, with_fault: Course, remediation: str, outcome: str, at: str = ""
) -> bool:
    """Whether findings that end so, of one moment or of all, say only what comes of a failure or a delay."""
    told = outcome == Outcome.TOLD and (
        _only_trouble(with_fault, remediation, at) or _only_a_later_look(without, with_fault, remediation, at)
    )
    return told or _only_what_was_still_so(without, with_fault, remediation, at, outcome)


def _only_trouble(course: Course, remediation: str, at: str = "") -> bool:
    """Whether all that was told of a remediation's findings, or of those of one moment, is what failed.

    Where the scenario has left nobody who gets mail, it is what SNS took.
    """
    there = [entry for entry in _findings_of(course, remediation, at) if _counts(entry, course)]
    texts = [mail.text for mail in _told_of(course, there)]
    texts = texts or [text for entry in there for text in taken_about(entry.id, course)]
    return bool(texts) and all(map(tells_of_trouble, texts))


def _only_of_what_is_gone(course: Course, remediation: str) -> bool:
    """Whether a remediation's findings that are told, and no more, are of what was gone (`gone_before`)."""
    gone = gone_before(course)
    told = [entry for entry in _findings_of(course, remediation, "") if entry.outcome is Outcome.TOLD]
    about = [str(entry.plan.as_json()) for entry in told]
    return bool(gone and told) and all(any(f" {each}" in text for each in gone) for text in about)


def _shares_otherwise(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether a remediation's events of one moment are as many, and all did together what they do without."""
    before, after = (
        sum(count for each, count in _ended(course).items() if each[:2] == (remediation, at))
        for course in (without, with_fault)
    )
    return before == after and is_shared_otherwise(without, with_fault, remediation)


def _only_what_was_still_so(
    without: Course, with_fault: Course, remediation: str, at: str, outcome: str
) -> bool:
    """Whether all that was told of findings that end so is what is mended before without the fault."""
    there = _findings_of(with_fault, remediation, at)
    mail = _told_of(with_fault, [entry for entry in there if entry.outcome == outcome])
    seen = outcome in (Outcome.OBSERVED, Outcome.TOLD)
    return seen and bool(mail) and all(was_still_so(each, without, with_fault) for each in mail)


def _told_only_of_trouble(course: Course, remediation: str, at: str) -> int:
    """Of how many of a remediation's findings of one moment all that was told is what failed."""
    there = _findings_of(course, remediation, at)
    told = (_told_of(course, [entry]) for entry in there if entry.outcome is Outcome.TOLD)
    return sum(bool(mail) and all(map(is_about_trouble, mail)) for mail in told)


def _told_of_another_hour(without: Course, with_fault: Course, remediation: str, at: str) -> int:
    """How many of a remediation's findings of one moment are told of what another hour has told already."""
    again = of_another_hour(without, with_fault)
    there = _findings_of(with_fault, remediation, at)
    return sum(entry.outcome is Outcome.TOLD and entry.id in again for entry in there)


def _only_of_another_hour(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether a remediation's findings of one moment are known: what is forged is reported by the hour."""
    there = _findings_of(with_fault, remediation, at)
    return bool(there) and not of_another_hour(without, with_fault).isdisjoint(entry.id for entry in there)


def _only_a_later_look(without: Course, with_fault: Course, remediation: str, at: str = "") -> bool:
    """Whether that is all that was told of its findings that are new."""
    known = {mail.subject for mail in without.alerts() if mail.attributes["remediation"] == remediation}
    mail = [each for each in _mail_of(with_fault, remediation, at) if each.subject not in known]
    return bool(mail) and all(is_of_a_later_look(each, without, with_fault) for each in mail)


def _mail_of(course: Course, remediation: str, at: str) -> list[Mail]:
    """The alerts of a remediation's findings of one moment; "" for those of all."""
    return _told_of(course, _findings_of(course, remediation, at))


def _findings_of(course: Course, remediation: str, at: str) -> list[LedgerEntry]:
    """A remediation's findings of one moment (03:00:40); "" for those of all."""
    return [
        entry
        for entry in course.findings()
        if entry.remediation == remediation and at in ("", f"{entry.at:%H:%M:%S}")
    ]


def _told_of(course: Course, findings: Collection[LedgerEntry]) -> list[Mail]:
    """The alerts of findings."""
    return [each for each in course.alerts() if any(f"Finding {entry.id}" in each.text for entry in findings)]


def _only_who(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether all that was told of one moment is who did what is told without the fault too."""
    said = set(map(in_words, without.alerts()))
    mail = _mail_of(with_fault, remediation, at)
    plain_ones = [each for each in mail if not is_about_trouble(each)]
    return bool(plain_ones) and all(who_did_it(each) and in_words(each) in said for each in plain_ones)


def _only_known(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether a remediation's findings of one moment say nothing that is not said without the fault.

    Each is quiet, about what is said there; or the retry tells by it what another event's told (`paired`).
    """
    said = {subject_of(alert) for entry in without.findings() for alert in entry.plan.alerts}
    retold = set(map(finding_of, paired(without, with_fault).retold))
    return all(
        entry.id in retold
        or (entry.outcome is Outcome.QUIET and said.issuperset(map(subject_of, entry.plan.alerts)))
        for entry in _findings_of(with_fault, remediation, at)
    )


def _ended(course: Course) -> Counter[Ended]:
    """How each event ended, but for our own and what alarms found: these move.

    Told and quiet are one: of what is told once in a while, it goes by who comes first.
    """
    one = {Outcome.QUIET: Outcome.TOLD}
    return Counter(
        (entry.remediation, f"{entry.at:%H:%M:%S}", str(one.get(entry.outcome, entry.outcome)))
        for entry in course.findings()
        if _counts(entry, course)
    )


def _counts(entry: LedgerEntry, course: Course) -> bool:
    """Whether how it ended is compared: neither our own calls' findings nor those of alarms are."""
    own = entry.principal in course.roles.values()
    return entry.outcome is not Outcome.SUPPRESSED and not own and not follows_calls(entry.event_key)


def _seen(course: Course, remediation: str) -> Counter[str]:
    """The moments of a remediation's findings in which something was seen."""
    return Counter(
        at
        for name, at, outcome in _ended(course).elements()
        if name == remediation and outcome != Outcome.NOTHING
    )


def as_many(there: Counter[str], moments: Counter[str]) -> bool:
    """Whether there are as many moments, or as many findings: two may come to be of one moment."""
    return len(there) >= len(moments) or there.total() >= moments.total()

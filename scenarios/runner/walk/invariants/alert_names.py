"""What an alert is about: its event, its finding, its words but for what may differ; which are the same."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Flood, Outcome, Quiet
from chalicelib.remediations.noncompliant.change import COMPLIANCE
from chalicelib.runtime.notify import subject_of
from chalicelib.runtime.seen_at_last import NOTHING_FOUND
from scenarios.cloud.kernel.fault_points import TIME_PASSES, FaultKind
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.trouble import is_about_trouble

FINDING = re.compile(r"^Finding (\S+)$", re.MULTILINE)
# What could not be looked at, or done, is one alert; what was seen at last, or how it ended, is another.
NEWS = ("Told before", "this is how it ended")
# After these, another event may be the one that is told, or an alarm goes off at another time.
MOVES = (*TIME_PASSES, FaultKind.LATE, FaultKind.REORDERED)
_LASTED = re.compile(r"(?<=\bin )\d+ (?:h|min|s)\b(?: \d+ (?:min|s)\b)*")  # 6 min; 5 min 20 s
_COUNTED = re.compile(r"(?<![.\d])\d+(?= )")
_DRAWN = re.compile(r"\bi-[0-9a-f]{8,}")  # an instance's id
_BY_WHOM = re.compile(r",? by (?:\S*[:/]\S+|root)$")
# instance_state: what the call did; what came of it is that it is running.
_STARTED = re.compile(r"(?<=: Instance i-# is )started$")
# noncompliant: of which resource, by which rule, and who made it so.
_ABOUT_WHOM = re.compile(r"^(Who|Resource|Rule): +(\S.*)$", re.MULTILINE)
_MOMENT = re.compile(r"T(\d\d:\d\d:\d\d)")

Named = tuple[str, str]
"""An alert by its finding's id and its subject; the id is "" where it counts many."""


def named_as(mail: Mail) -> Named:
    """An alert's name."""
    return (_finding_in(mail.text), mail.subject)


def _finding_in(text: object) -> str:
    """The id of the finding that a text is about; "" for none."""
    found = FINDING.search(str(text))
    return found[1] if found else ""


def taken_about(finding: str, course: Course) -> list[str]:
    """The texts about a finding that SNS took from functions, whoever got mail of them."""
    return [
        str(call.parameters["Message"])
        for call in course.calls
        if call.invocation and not call.error and (call.service, call.operation) == ("sns", "Publish")
        if _finding_in(call.parameters["Message"]) == finding
    ]


def finding_of(mail: Mail) -> str:
    """The id of its finding; "" for an alert that counts many."""
    return named_as(mail)[0]


def follows_calls(event_key: str) -> bool:
    """Whether an event's moment goes by when functions made their calls: an alarm's, and a rule's result's.

    AWS Config records a result once the rule's function has handed it over, which a retry does later.
    """
    return ":alarm:" in event_key or event_key.startswith(COMPLIANCE)


def event_of(mail: Mail) -> str:
    """The remediation and the moment of the event; for an alert that counts many, whose it is.

    An event's own id is drawn, and another one where more was drawn before it.
    """
    finding, remediation = finding_of(mail), mail.attributes["remediation"]
    return f"{remediation}, {finding.rpartition(':')[0]}" if finding else f"the counts of {remediation}"


def in_words(mail: Mail) -> tuple[str, str]:
    """The remediation, and what it says but for the counts."""
    return mail.attributes["remediation"], but_for_counts(mail)


def but_for_counts(mail: Mail) -> str:
    """Its subject without the numbers that count and without who did it.

    `MEDIUM: # failed SSH logins from 203.0.113.99 in # s`. Who it was is in an alert of its own where the
    call for it is known later: `Instance i-1 is stopped`, then `Instance i-1 was stopped by mallory`; of one
    that is running, that it was started.
    """
    return plain(mail.subject)


def plain(subject: str) -> str:
    """A subject without the numbers that count and without who did it; see `but_for_counts`."""
    words = _COUNTED.sub("#", _LASTED.sub("# s", _DRAWN.sub("i-#", subject)))
    return _STARTED.sub("running", _BY_WHOM.sub("", words.replace(" was ", " is ")))


def moves(without: Course, with_fault: Course) -> bool:
    """Whether another event may be the one that is told, or what happens may happen at another moment.

    So it is too where a service is so ill without the fault that functions fail: they wait for it, for a time
    that is drawn, and the simulated account stands still meanwhile. A call that is throttled once, such as
    every third LookupEvents within a second, and answered then is no illness.
    """
    point = with_fault.point
    return point is not None and (point.kind in MOVES or _is_ill(without))


def _is_ill(course: Course) -> bool:
    throttled = any("Throttl" in call.error for call in course.calls if call.invocation)
    return throttled and any(moment.kind == "failed" for moment in course.trace)


def left_unsaid(course: Course) -> set[tuple[str, str]]:
    """What was not sent since others like it were, in the words of `in_words`."""
    return {
        (entry.remediation, plain(subject_of(alert)))
        for entry in course.findings()
        for index, alert in enumerate(entry.plan.alerts)
        if index in entry.quiet
    }


def _quiet_or_flood(alert: Alert) -> Quiet | Flood | None:
    return alert.quiet or alert.flood


def _flood(alert: Alert) -> Flood | None:
    return alert.flood


def _voices(
    without: Course, with_fault: Course, alike_in: Callable[[Alert], Quiet | Flood | None]
) -> Mapping[Named, str]:
    """By the names of alerts, of how many alike only some are sent: what they are alike in."""
    return {
        (entry.id, subject_of(alert)): f"{entry.remediation} {alike.subject}"
        for course in (without, with_fault)
        for entry in course.findings()
        for alert in entry.plan.alerts
        if (alike := alike_in(alert)) is not None
    }


def is_news(mail: Mail) -> bool:
    """Whether it says what was seen at last, or how it ended."""
    return any(words in mail.text for words in NEWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Alerts of the fault-free play by what became of them: `unsent`, or `moved` to another event.

    `retold`: those with the fault by which the retry of the struck event tells what another event told.
    """

    unsent: Sequence[Mail]
    moved: Sequence[Mail]
    retold: Sequence[Mail] = ()

    def told_elsewhere(self) -> set[tuple[str, str]]:
        """The remediation and the moment (03:00:40) of events that are told, but of another event."""
        unsent = set(map(event_of, self.unsent))
        return {moment_of(mail) for mail in self.moved if event_of(mail) not in unsent}


def paired(without: Course, with_fault: Course) -> Paired:
    """Each alert of the fault-free play with one of the same event; else of the same words.

    The latter after `MOVES`, and where the event is quiet now: of what is told once in a while, a retry may
    leave another event to be told; then it may also be another alert of the same flood. What several events
    come to together, such as five logins from an address, is told by the last of them to be handled: by the
    retry, where that is one (`_is_of_a_retry`). One that says who did a thing may be part of the thing's own.
    An alert that each try tells again is wanted once. That there was nothing to report stands for no alert.
    """
    left = list(with_fault.alerts())
    events = set(map(event_of, left))
    wanted = {(event_of(mail), but_for_counts(mail)): mail for mail in without.alerts()}
    unsent = _take(left, list(wanted.values()), lambda mail: (event_of(mail), but_for_counts(mail)))
    left = [mail for mail in left if NOTHING_FOUND not in mail.subject]
    unsent = [
        mail
        for mail in _take(left, unsent, event_of)
        if event_of(mail) not in events or not (is_about_trouble(mail) or is_news(mail))
    ]
    quiet = {_moment_of(entry) for entry in with_fault.findings() if entry.outcome is Outcome.QUIET}
    may_move = moves(without, with_fault)
    movable = [mail for mail in unsent if may_move or moment_of(mail) in quiet]
    still = _take(left, movable, in_words)
    unsaid = left_unsaid(with_fault)
    if turned := [mail for mail in still if moment_of(mail) in quiet or in_words(mail) in unsaid]:
        voices = _voices(without, with_fault, _quiet_or_flood)
        unheard = _take(left, turned, lambda mail: voices.get(named_as(mail), mail))
        floods = _voices(without, with_fault, _flood)
        counted = [mail for mail in unheard if in_words(mail) in unsaid]
        uncounted = _take(left, counted, lambda mail: floods.get(named_as(mail), mail))
        unheard = [mail for mail in unheard if mail not in counted or mail in uncounted]
        still = [mail for mail in still if mail not in turned or mail in unheard]
    moved = [mail for mail in movable if mail not in still]
    moved += [mail for mail in unsent if mail not in moved and _is_joined(mail, with_fault)]
    retold = _retold([mail for mail in unsent if mail not in moved], left, without, with_fault)
    moved += [mail for mail, _ in retold]
    return Paired(
        unsent=[mail for mail in unsent if mail not in moved],
        moved=moved,
        retold=[by for _, by in retold],
    )


def _retold(
    unsent: Sequence[Mail], left: Sequence[Mail], without: Course, with_fault: Course
) -> list[tuple[Mail, Mail]]:
    """Alerts that are alike and of which one is sent, each with that of the retry that says the same."""
    if not unsent:
        return []
    voices = _voices(without, with_fault, _quiet_or_flood)
    by_a_retry = [mail for mail in left if _is_of_a_retry(mail, with_fault)]
    pairs = []
    for mail in unsent:
        voice = voices.get(named_as(mail))
        for other in by_a_retry:
            if voice and voices.get(named_as(other)) == voice and in_words(other) == in_words(mail):
                by_a_retry.remove(other)
                pairs.append((mail, other))
                break
    return pairs


def _is_of_a_retry(mail: Mail, course: Course) -> bool:
    """Whether a later attempt at the struck event has sent it."""
    return any(
        call.invocation == course.point.invocation and call.attempt > 1 and not call.error
        for call in course.calls
        if course.point and (call.service, call.operation) == ("sns", "Publish")
        if (_finding_in(call.parameters["Message"]), call.parameters.get("Subject")) == named_as(mail)
    )


def _is_joined(mail: Mail, course: Course) -> bool:
    """Whether an alert of who did it is not needed: the one of the thing itself, sent later, says so.

    Its subject says so, or its facts do, where the subject has no room for it.
    """
    who, about = who_did_it(mail), set(_ABOUT_WHOM.findall(mail.text)) if NEWS[0] in mail.text else set()
    return any(
        (who and in_words(other) == in_words(mail) and who_did_it(other) == who)
        or (about and about <= set(_ABOUT_WHOM.findall(other.text)))
        for other in course.alerts()
        if other.attributes["remediation"] == mail.attributes["remediation"]
    )


def who_did_it(mail: Mail) -> str:
    """Whom its subject names at its end; "" where it names nobody."""
    found = _BY_WHOM.search(mail.subject)
    return found[0].removeprefix(",") if found else ""


def _moment_of(entry: LedgerEntry) -> tuple[str, str]:
    return entry.remediation, f"{entry.at:%H:%M:%S}"


def _take(left: list[Mail], wanted: Sequence[Mail], key: Callable[[Mail], object]) -> list[Mail]:
    """Take one with the same key out of `left` for each that is wanted; give back those that had none."""
    missing = []
    for mail in wanted:
        found = next((other for other in left if key(other) == key(mail)), None)
        if found is None:
            missing.append(mail)
        else:
            left.remove(found)
    return missing


def moment_of(mail: Mail) -> tuple[str, str]:
    """The remediation and the moment of an alert's event, such as 03:08:00; "" for one that counts many."""
    at = _MOMENT.search(finding_of(mail))
    return mail.attributes["remediation"], at[1] if at else ""

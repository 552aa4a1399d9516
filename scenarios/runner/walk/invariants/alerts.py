"""Each alert is accepted by SNS at least once, and again only where nobody could know that it was."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.ledger.entries import Ruling
from chalicelib.remediation import Outcome, Plan
from chalicelib.runtime.notify import subject_of
from chalicelib.runtime.seen_at_last import NOTHING_FOUND
from scenarios.cloud.kernel.fault_points import OUTAGES, FaultKind
from scenarios.cloud.services import REGISTRY
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.alert_names import (
    FINDING,
    MOVES,
    NEWS,
    Named,
    but_for_counts,
    event_of,
    finding_of,
    follows_calls,
    in_words,
    is_news,
    left_unsaid,
    moment_of,
    moves,
    named_as,
    paired,
)
from scenarios.runner.walk.invariants.looks import is_of_a_later_look
from scenarios.runner.walk.invariants.mending import left_undone, was_still_so
from scenarios.runner.walk.invariants.trouble import (
    ACCUSES,
    CHANGED,
    OPEN,
    both_accuse,
    excused,
    is_about_trouble,
    is_early,
    is_function_of,
    is_unheard,
    never_done,
    struck_remediation,
    waits_for_a_yes,
)

_LEFT_OVER = re.compile(
    r"more alerts? (?:was|were) not sent one by one: (.+?)(?:, and others)?(?:[: ]*\.\.\.)?$"
)
# cis_alarms: `Who:  ARN from ADDRESS: 2`, and the control.
_WHO = re.compile(r"^Who: +(\S+) from ", re.MULTILINE)
_WHO_OF_ANY = re.compile(r"^Who: +(\S+)", re.MULTILINE)
_WHO_HOW_OFTEN = re.compile(r"^Who: +(\S+) from .+: (\d+)$", re.MULTILINE)
_WHICH_CALLS = re.compile(r"^Calls: +(.+)$", re.MULTILINE)
_NAMES = re.compile(r"\S+ (\w+): ")
_DENIALS = ("Denied", "Unauthorized")
_CONTROL = re.compile(r"^Control: +(.+)$", re.MULTILINE)
_SESSION = re.compile(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.*")
_REFUSALS = "Calls were refused for lack of permission"  # by whom, or that it could not be found
_COULD_NOT_LOOK = re.compile(r"^Could not look: ([^;\n]+)", re.MULTILINE)  # which call, and AWS's words
# With these no call is answered with an error, so that nothing can fail.
_NOTHING_FAILS = (
    *(FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER, FaultKind.CRASH_TWICE, FaultKind.HANG),
    *(FaultKind.MEANWHILE, FaultKind.TWICE, FaultKind.TWICE_LATER, FaultKind.LATE, FaultKind.REORDERED),
)


def each_alert_is_sent(without: Course, with_fault: Course) -> Iterator[str]:
    """Each alert that is sent without the fault is sent with it.

    What may be otherwise, and why:

    - The words: a retry looks at what is there by then.
    - What could not be seen or done at first, and how it ended: where nothing fails now, it is one alert.
    - Of an alarm, the moment and how much it counts: a retry makes the function's own calls later, and so
      alarms on calls go off at other times, or once for two of them. Whoever was named must be named, in an
      alert of the same remediation and control; but for our own functions, of whose calls the ledger knows.
    - The event, where it is late, or where a function hangs (the simulated account stands still meanwhile):
      then another one's alert says the same. So it is where the struck event's retry is the last to be
      handled of the events that come to it together (`paired`).
    - What was approved, where the approval came too late and the alert says that a new one is waited for.
    - That a plan has changed since it was approved, where it was decided so late that it had not.
    - What happens before the struck function has restored what tells of it (`is_unheard`).
    - What somebody could not do at last (`never_done`).
    - All of it, where Lambda may give the event up and people were told so (`excused`).
    """
    waiting, in_vain = waits_for_a_yes(with_fault), never_done(without, with_fault)
    for mail in paired(without, with_fault).unsent:
        if event_of(mail) in waiting or _is_counted_elsewhere(mail, without, with_fault):
            continue
        if _is_as_approved(mail, with_fault):
            continue
        if is_unheard(without, with_fault, *moment_of(mail)) or moment_of(mail)[1] in in_vain:
            continue
        if not excused(without, with_fault, mail.attributes["remediation"]):
            yield f"{mail.subject!r} of {event_of(mail)} is not sent"


def _is_as_approved(mail: Mail, with_fault: Course) -> bool:
    """Whether it says that a plan has changed since its approval, and now the approval is of the plan."""
    entry = with_fault.finding(finding_of(mail))
    if CHANGED not in mail.subject or entry is None:
        return False
    ruled = {each.ruling: each.told for each in entry.decisions}
    return Ruling.REPLANNED not in ruled and ruled.get(Ruling.GRANTED, False)


def _is_counted_elsewhere(mail: Mail, without: Course, with_fault: Course) -> bool:
    """Whether an alert that counts what an alarm was about, or what a flood left over, came otherwise."""
    own = set(with_fault.roles.values())
    named = _named_people(mail)
    only_ours = bool(named) and {_role_of(who) for who in named} <= own
    if finding_of(mail) and not is_of_an_alarm(mail, without) and not only_ours:
        return False
    others = [other for other in with_fault.alerts() if _counts_the_same(mail, other)]
    if not named:
        return bool(others)
    told = {who for other in others for who in _named_people(other)}
    return all(who in told or _role_of(who) in own for who in named)


def _counts_the_same(one: Mail, other: Mail) -> bool:
    by_name = [(mail.attributes["remediation"], _control(mail)) for mail in (one, other)]
    return by_name[0] == by_name[1] and (
        bool(_named_people(one)) or but_for_counts(one) == but_for_counts(other)
    )


def is_of_an_alarm(mail: Mail, course: Course) -> bool:
    """Whether an alarm woke the function that sent this, as the ledger has it."""
    entry = course.finding(finding_of(mail))
    return entry is not None and follows_calls(entry.event_key)


def _named_people(mail: Mail) -> set[str]:
    return set(_WHO.findall(mail.text)) if _control(mail) else set()


def _control(mail: Mail) -> str:
    found = _CONTROL.search(mail.text)
    return found[1] if found else ""


def _role_of(session: str) -> str:
    """The ARN of the role of a session's ARN; other ARNs as they are."""
    found = _SESSION.fullmatch(session)
    return f"arn:aws:iam::{found[1]}:role/{found[2]}" if found else session


def no_alert_is_sent_twice(without: Course, with_fault: Course) -> Iterator[str]:
    """More alerts than without the fault are right only where an earlier one was not marked as sent.

    A finding may hold several of one title, such as two gaps in a trail: these are several alerts. Two runs
    at once that meet the same forged item both tell of it (`both_accuse`).
    """
    before = Counter(map(named_as, without.alerts()))
    planned = Counter(
        (found.id, subject_of(alert)) for found in with_fault.findings() for alert in found.plan.alerts
    )
    for alert, count in Counter(map(named_as, with_fault.alerts())).items():
        once = max(before[alert], planned[alert], 1) + both_accuse(alert[1], with_fault)
        if count > once and count > once + _again(alert, with_fault.calls):
            yield f"{alert[1]!r} of {alert[0] or 'many findings'} is sent {count} times"


def nothing_else_is_said(without: Course, with_fault: Course) -> Iterator[str]:
    """Nobody is accused of what the fault did, and nothing is told of that is not so.

    Right is, beside what is said without the fault:

    - other words about the same event, but not more alerts: a retry sees what is there by then;
    - what is left at its count without the fault: of a flood, a retry leaves others to be sent;
    - what could not be done, seen or noted, and beside that the worst it may mean (`_may_be_trouble`);
    - what could not be told without the fault, and waits as a dead letter there: the second delivery, or the
      late one where somebody had shut the topic, may come when it can be told;
    - what an alarm counts otherwise (see `each_alert_is_sent`), of nobody who is not named without the fault;
    - how many alerts could not be sent one by one, of those that are sent without the fault;
    - what a look by the clock finds that is reported anyway (`is_of_a_later_look`);
    - that a thing was still as the attacker left it, where the event was given up whose act would have
      mended it, or where that act came later (`was_still_so`): who was shut out still was, too.
    """
    known = {name for mail in without.alerts() for name in (named_as(mail), event_of(mail))}
    words = set(map(in_words, without.alerts())) | left_unsaid(without)
    named = {_role_of(who) for mail in without.alerts() for who in _WHO_OF_ANY.findall(mail.text)}
    named |= set(with_fault.roles.values())
    blind = {
        event_of(mail)
        for mail in with_fault.alerts()
        if with_fault.lasting and is_about_trouble(mail) and finding_of(mail)
    }
    undone = left_undone(without, with_fault)
    for mail in with_fault.alerts():
        if named_as(mail) in known or in_words(mail) in words or _may_be_trouble(mail, without, with_fault):
            continue
        if _is_told_at_last(mail, without, with_fault):
            continue
        if is_left_over(mail, without) or is_of_a_later_look(mail, without, with_fault):
            continue
        if ACCUSES not in mail.subject and not is_about_trouble(mail):
            people = {_role_of(who) for who in _named_people(mail)}
            counted = not finding_of(mail) or is_of_an_alarm(mail, with_fault)
            if event_of(mail) in known | blind or (counted and people and people <= named):
                continue
            if any(thing in mail.text for thing in undone):
                continue
        if ACCUSES not in mail.subject and was_still_so(mail, without, with_fault):
            continue
        yield f"{mail.subject!r} is sent, and nothing like it without the fault"
    yield from _more_of_an_event(without, with_fault)


def _may_be_trouble(mail: Mail, without: Course, course: Course) -> bool:
    """Whether it says that something failed, and the fault may be why: of the function that it struck.

    That an alert is early needs no failure: an event that is tried again, or late, is overtaken by the one
    after it. An outage is everybody's. A call that was denied makes the alarm on such calls go off, and so
    does a retry that is denied as the first try was; whom that alert names was refused that often. Where AWS
    throttles a call without the fault too, it throttles that of another event which comes first now.
    """
    point = course.point
    if not is_about_trouble(mail) or point is None:
        return False
    if _REFUSALS in mail.subject and _named_people(mail):
        return _were_refused(mail, course)
    if point.kind in _NOTHING_FAILS and not is_early(mail):
        return point.kind in MOVES and _failed_for_another(mail, without, course)
    struck = struck_remediation(course)
    mine = struck in ("", mail.attributes["remediation"])
    return mine or point.kind in OUTAGES or (point.kind is FaultKind.DENIED and _REFUSALS in mail.subject)


def _failed_for_another(mail: Mail, without: Course, course: Course) -> bool:
    """Whether the same look failed without the fault, as often as it did now, for one event or another.

    That the next look found nothing is right where it is so of the alert before it, on the look that failed.
    """
    before, after = (
        Counter(
            (each.attributes["remediation"], why)
            for each in played.alerts()
            for why in _COULD_NOT_LOOK.findall(each.text)
        )
        for played in (without, course)
    )
    at_last = NOTHING_FOUND in mail.subject and finding_of(mail)
    about = [each for each in course.alerts() if at_last and finding_of(each) == at_last] or [mail]
    failed = {
        (mail.attributes["remediation"], why) for each in about for why in _COULD_NOT_LOOK.findall(each.text)
    }
    return bool(failed) and all(after[each] <= before[each] for each in failed)


def _were_refused(mail: Mail, course: Course) -> bool:
    """Whether everybody whom an alert on refused calls names was refused such calls, and so often."""
    told = zip(_WHO_HOW_OFTEN.findall(mail.text), _WHICH_CALLS.findall(mail.text), strict=False)
    return all(
        int(count) <= sum(_is_refusal_of(who, _NAMES.findall(calls), call, course) for call in course.calls)
        for (who, count), calls in told
    )


def _is_refusal_of(who: str, names: Sequence[str], call: MadeCall, course: Course) -> bool:
    """Whether it is a refused call of somebody's, one of these; `names`: as CloudTrail records them."""
    remediation = next((name for name, role in course.roles.items() if role == _role_of(who)), "")
    by_who = is_function_of(call.who, remediation) if remediation else call.who in re.split("[/:]", who)
    recorded = REGISTRY.records[call.service].event_name(call.operation)
    return by_who and recorded in names and any(word in call.error for word in _DENIALS)


def _more_of_an_event(without: Course, with_fault: Course) -> Iterator[str]:
    """Subjects of an event that are more than without the fault; what failed or how it ended is left out.

    So is what a look by the clock finds that is reported anyway, such as what the look before gave up, or
    that a thing is still as it was for which that look was to do something; and what an event would have said
    that was given up, of which people were told.
    """
    if moves(without, with_fault):
        return
    before, after = _subjects(without), _subjects(with_fault)
    given_up = {
        (mail.attributes["remediation"], but_for_counts(mail))
        for mail in paired(without, with_fault).unsent
        if excused(without, with_fault, mail.attributes["remediation"])
    }
    undone = left_undone(without, with_fault)
    for event, subjects in after.items():
        known = before.get(event, subjects)
        there = {
            subject
            for subject, mail in subjects.items()
            if subject in known
            or not all(
                (each.attributes["remediation"], subject) in given_up
                or is_of_a_later_look(each, without, with_fault)
                or any(thing in each.text for thing in undone)
                for each in mail
            )
        }
        if len(there) > len(known):
            yield f"{event} has {len(there)} alerts, {', '.join(sorted(there))}"


def _subjects(course: Course) -> Mapping[str, Mapping[str, Sequence[Mail]]]:
    """By event, the alerts of each subject but for its counts."""
    found: dict[str, dict[str, list[Mail]]] = {}
    for mail in course.alerts():
        plain = course.point is None or not (is_about_trouble(mail) or is_news(mail))
        if plain and finding_of(mail) and not is_of_an_alarm(mail, course):
            found.setdefault(event_of(mail), {}).setdefault(but_for_counts(mail), []).append(mail)
    return found


def _is_told_at_last(mail: Mail, without: Course, with_fault: Course) -> bool:
    """Whether a second or late delivery tells what the only one left open without the fault."""
    entry, point = without.finding(finding_of(mail)), with_fault.point
    if point is None or entry is None or entry.outcome not in OPEN:
        return False
    later = point.comes_twice or (point.kind is FaultKind.LATE and bool(with_fault.scenario.denied))
    return later and mail.subject in map(subject_of, entry.plan.alerts)


def is_left_over(mail: Mail, without: Course) -> bool:
    """Whether it says that alerts could not be sent one by one, of those that are sent without the fault."""
    found = _LEFT_OVER.search(mail.subject)
    return found is not None and any(found[1] in other.subject for other in without.alerts())


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of an alert's way: it was sent, with its text, or (without one) marked as sent.

    `unread`: the attempt that sent it could not read the ledger.
    """

    text: str = ""
    unread: bool = False


def _again(alert: Named, calls: Sequence[MadeCall]) -> int:
    """How often this alert was sent again for a reason.

    Such is that the one before was never marked as sent, that it said that a look or a call had failed, or
    that the ledger could not be read.
    """
    again, marked, sent_before = 0, False, False
    for step in _steps(alert, calls):
        if not step.text:
            marked = True
            continue
        is_news = step.unread or any(words in step.text for words in NEWS)
        again += sent_before and (is_news or not marked)
        sent_before, marked = True, False
    return again


def _steps(alert: Named, calls: Sequence[MadeCall]) -> Iterator[_Step]:
    unread: set[tuple[int, int]] = set()
    for call in calls:
        attempt = call.invocation, call.attempt
        if _hides_the_ledger(call):
            unread.add(attempt)
        if call.error or not call.invocation:
            continue
        asked = call.parameters
        if call.service == "sns" and call.operation == "Publish":
            text = str(asked["Message"])
            found = FINDING.search(text)
            if (found[1] if found else "", asked.get("Subject")) == alert:
                yield _Step(text, unread=attempt in unread)
        item = asked.get("Item") if call.service == "dynamodb" else None
        if item and "pk" in item and is_finding(item) and _marks(item, alert):
            yield _Step()


def _hides_the_ledger(call: MadeCall) -> bool:
    """Whether the ledger can't be read: it doesn't answer, or KMS doesn't say which seals are ours."""
    if call.service == "kms":
        return call.error not in ("", "KMSInvalidMacException")
    return bool(call.error) and call.service == "dynamodb" and call.operation in ("GetItem", "Query")


def _marks(item: Mapping[str, Any], alert: Named) -> bool:
    finding, subject = alert
    identity = f"{item['remediation']['S']}:{item['sk']['S'].replace('#', ':')}"
    if identity != finding or item["outcome"]["S"] == Outcome.UNSEEN:
        return False
    alerts = Plan.from_json(json.loads(item["plan"]["S"])).alerts
    told = {int(index) for index in item.get("told", {}).get("NS", ())}
    return any(subject_of(each) == subject and index in told for index, each in enumerate(alerts))

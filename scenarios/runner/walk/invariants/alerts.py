"""Each alert is accepted by SNS at least once, and again only where nobody could know that it was."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.remediation import Outcome, Plan
from chalicelib.runtime.notify import subject_of
from scenarios.cloud.kernel.fault_points import TIME_PASSES
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.acts import act_of, acts
from scenarios.runner.walk.invariants.trouble import excused, is_about_trouble

_FINDING = re.compile(r"^Finding (\S+)$", re.MULTILINE)
# What could not be looked at, or done, is one alert; what was seen at last, or how it ended, is another.
_NEWS = ("Told before", "this is how it ended")
_COUNTED = re.compile(r"(?<![.\d])\d+(?= )")
_DRAWN = re.compile(r"\bi-[0-9a-f]{8,}")  # an instance's id
_BY_WHOM = re.compile(r",? by arn:\S+$")
_LEFT_OVER = re.compile(r"more alerts? (?:was|were) not sent one by one: (.+?)(?:[: ]*\.\.\.)?$")
_ACCUSES = "An item of Trailwarden's own ledger"
# cis_alarms: `Who:  ARN from ADDRESS: 2`, and the control.
_WHO = re.compile(r"^Who: +(\S+) from ", re.MULTILINE)
_WHO_OF_ANY = re.compile(r"^Who: +(\S+)", re.MULTILINE)
_CONTROL = re.compile(r"^Control: +(.+)$", re.MULTILINE)
_SESSION = re.compile(r"arn:aws:sts::(\d+):assumed-role/([^/]+)/.*")
_LONG_ENOUGH_TO_NAME = 6  # "on" or "1" name nothing

Named = tuple[str, str]
"""An alert by its finding's id and its subject; the id is "" where it counts many."""


def each_alert_is_sent(without: Course, with_fault: Course) -> Iterator[str]:
    """Each event of which an alert is sent without the fault has one with it.

    What may be otherwise, and why:

    - The words: a retry looks at what is there by then.
    - Of an alarm, the moment and how much it counts: a retry makes the function's own calls later, and so
      alarms on calls go off at other times, or once for two of them. Whoever was named must be named, in an
      alert of the same remediation and control; but for our own functions, of whose calls the ledger knows.
    - The moment of what happens while a function hangs: the simulated account stands still meanwhile.
    - All of it, where Lambda may give the event up and people were told so (`excused`).
    """
    sent = {_event(mail) for mail in with_fault.alerts()}
    moved = set()
    if with_fault.point and with_fault.point.kind in TIME_PASSES:
        moved = {(mail.attributes["remediation"], _but_for_counts(mail)) for mail in with_fault.alerts()}
    for mail in without.alerts():
        remediation = mail.attributes["remediation"]
        same = (remediation, _but_for_counts(mail)) in moved
        if _event(mail) in sent or same or _is_counted_elsewhere(mail, without, with_fault):
            continue
        if not excused(without, with_fault, remediation):
            yield f"{mail.subject!r} of {_event(mail)} is not sent"


def _is_counted_elsewhere(mail: Mail, without: Course, with_fault: Course) -> bool:
    """Whether an alert that counts what an alarm was about, or what a flood left over, came otherwise."""
    own = set(with_fault.roles.values())
    named = _named_people(mail)
    only_ours = bool(named) and {_role_of(who) for who in named} <= own
    if _finding(mail) and not is_of_an_alarm(mail, without) and not only_ours:
        return False
    others = [other for other in with_fault.alerts() if _counts_the_same(mail, other)]
    if not named:
        return bool(others)
    told = {who for other in others for who in _named_people(other)}
    return all(who in told or _role_of(who) in own for who in named)


def _counts_the_same(one: Mail, other: Mail) -> bool:
    by_name = [(mail.attributes["remediation"], _control(mail)) for mail in (one, other)]
    return by_name[0] == by_name[1] and (
        bool(_named_people(one)) or _but_for_counts(one) == _but_for_counts(other)
    )


def is_of_an_alarm(mail: Mail, course: Course) -> bool:
    """Whether an alarm woke the function that sent this, as the ledger has it."""
    entries = {entry.id: entry for entry in course.findings()}
    entry = entries.get(_finding(mail))
    return entry is not None and ":alarm:" in entry.event_key


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
    """More alerts than without the fault are right only where an earlier one was not marked as sent."""
    before = Counter(map(_named, without.alerts()))
    for alert, count in Counter(map(_named, with_fault.alerts())).items():
        if count > max(before[alert], 1) and count > max(before[alert], 1) + _again(alert, with_fault.calls):
            yield f"{alert[1]!r} of {alert[0] or 'many findings'} is sent {count} times"


def nothing_else_is_said(without: Course, with_fault: Course) -> Iterator[str]:
    """Nobody is accused of what the fault did, and nothing is told of that is not so.

    Right is, beside what is said without the fault:

    - other words about the same event: a retry sees what is there by then;
    - what could not be done, seen or noted, and beside that the worst it may mean;
    - what an alarm counts otherwise (see `each_alert_is_sent`), of nobody who is not named without the fault;
    - how many alerts could not be sent one by one, of those that are sent without the fault;
    - that a thing is still as the attacker left it, where the act that would have mended it was given up.
    """
    known = {name for mail in without.alerts() for name in (_named(mail), _event(mail))}
    words = {(mail.attributes["remediation"], _but_for_counts(mail)) for mail in without.alerts()}
    named = {_role_of(who) for mail in without.alerts() for who in _WHO_OF_ANY.findall(mail.text)}
    named |= set(with_fault.roles.values())
    blind = {
        _event(mail)
        for mail in with_fault.alerts()
        if with_fault.lasting and is_about_trouble(mail) and _finding(mail)
    }
    undone = _undone(without, with_fault)
    for mail in with_fault.alerts():
        if _named(mail) in known or is_about_trouble(mail):
            continue
        if _ACCUSES not in mail.subject:
            people = {_role_of(who) for who in _named_people(mail)}
            counted = not _finding(mail) or is_of_an_alarm(mail, with_fault)
            as_before = (mail.attributes["remediation"], _but_for_counts(mail)) in words
            if _event(mail) in known | blind or as_before or (counted and people and people <= named):
                continue
            if any(thing in mail.text for thing in undone) or _is_left_over(mail, without):
                continue
        yield f"{mail.subject!r} is sent, and nothing like it without the fault"


def _is_left_over(mail: Mail, without: Course) -> bool:
    """Whether it says that alerts could not be sent one by one, of those that are sent without the fault."""
    found = _LEFT_OVER.search(mail.subject)
    return found is not None and any(found[1] in other.subject for other in without.alerts())


def _undone(without: Course, with_fault: Course) -> set[str]:
    """What the acts were about that were given up: a trail's ARN, a bucket's name."""
    if not excused(without, with_fault):
        return set()
    done = {act_of(call) for call in acts(with_fault)}
    left = [call for call in acts(without) if act_of(call) not in done]
    named = {value for call in left for value in call.parameters.values() if isinstance(value, str)}
    return {value for value in named if len(value) >= _LONG_ENOUGH_TO_NAME}


def _event(mail: Mail) -> str:
    """The remediation and the moment of the event; for an alert that counts many, whose it is.

    An event's own id is drawn, and another one where more was drawn before it.
    """
    finding, remediation = _finding(mail), mail.attributes["remediation"]
    return f"{remediation}, {finding.rpartition(':')[0]}" if finding else f"the counts of {remediation}"


def _finding(mail: Mail) -> str:
    """The id of its finding; "" for an alert that counts many."""
    return _named(mail)[0]


def _but_for_counts(mail: Mail) -> str:
    """Its subject without the numbers that count and without who did it.

    `MEDIUM: # failed SSH logins from 203.0.113.99 in # s`. Who it was is in an alert of its own where the
    call for it is known later: `Instance i-1 is stopped`, then `Instance i-1 was stopped by mallory`.
    """
    subject = _DRAWN.sub("i-#", _COUNTED.sub("#", mail.subject))
    return _BY_WHOM.sub("", subject.replace(" was ", " is "))


def _named(mail: Mail) -> Named:
    found = _FINDING.search(mail.text)
    return (found[1] if found else "", mail.subject)


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
        is_news = step.unread or any(words in step.text for words in _NEWS)
        again += sent_before and (is_news or not marked)
        sent_before, marked = True, False
    return again


def _steps(alert: Named, calls: Sequence[MadeCall]) -> Iterator[_Step]:
    unread: set[tuple[int, int]] = set()
    for call in calls:
        attempt = call.invocation, call.attempt
        if call.error and call.service == "dynamodb" and call.operation in ("GetItem", "Query"):
            unread.add(attempt)
        if call.error or not call.invocation:
            continue
        asked = call.parameters
        if call.service == "sns" and call.operation == "Publish":
            text = str(asked["Message"])
            found = _FINDING.search(text)
            if (found[1] if found else "", asked.get("Subject")) == alert:
                yield _Step(text, unread=attempt in unread)
        item = asked.get("Item") if call.service == "dynamodb" else None
        if item and "pk" in item and is_finding(item) and _marks(item, alert):
            yield _Step()


def _marks(item: Mapping[str, Any], alert: Named) -> bool:
    finding, subject = alert
    identity = f"{item['remediation']['S']}:{item['sk']['S'].replace('#', ':')}"
    if identity != finding or item["outcome"]["S"] == Outcome.UNSEEN:
        return False
    alerts = Plan.from_json(json.loads(item["plan"]["S"])).alerts
    told = {int(index) for index in item.get("told", {}).get("NS", ())}
    return any(subject_of(each) == subject and index in told for index, each in enumerate(alerts))

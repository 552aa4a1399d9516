"""Each alert is accepted by SNS at least once, and again only where nobody could know that it was."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.remediation import Outcome, Plan
from chalicelib.runtime.notify import subject_of
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.trouble import is_about_trouble, told_of_trouble

_FINDING = re.compile(r"^Finding (\S+)$", re.MULTILINE)
# What could not be looked at, or done, is one alert; what was seen at last, or how it ended, is another.
_NEWS = ("Told before", "this is how it ended")
_COUNTED = re.compile(r"(?<![.\d])\d+(?= )")
_ACCUSES = "An item of Trailwarden's own ledger"

Named = tuple[str, str]
"""An alert by its finding's id and its subject; the id is "" where it counts many."""


def each_alert_is_sent(without: Course, with_fault: Course) -> Iterator[str]:
    """Each event of which an alert is sent without the fault has one with it.

    Its words may be others, since a retry looks at what is there by then; of what is counted, the next event
    may tell. A fault that stays may have it told otherwise: by an alarm on the dead letters.
    """
    told = {name for mail in with_fault.alerts() for name in (_event_or_source(mail), _but_for_counts(mail))}
    for mail in without.alerts():
        if told & {_event_or_source(mail), _but_for_counts(mail)}:
            continue
        if not (with_fault.lasting and told_of_trouble(without, with_fault)):
            yield f"{mail.subject!r} of {_event_or_source(mail)} is not sent"


def no_alert_is_sent_twice(without: Course, with_fault: Course) -> Iterator[str]:
    """More alerts than without the fault are right only where an earlier one was not marked as sent."""
    before = Counter(map(_named, without.alerts()))
    for alert, count in Counter(map(_named, with_fault.alerts())).items():
        if count > max(before[alert], 1) and count > max(before[alert], 1) + _again(alert, with_fault.calls):
            yield f"{alert[1]!r} of {alert[0] or 'many findings'} is sent {count} times"


def nothing_else_is_said(without: Course, with_fault: Course) -> Iterator[str]:
    """Nobody is accused of what the fault did, and no function speaks that has nothing to say without it.

    But each may say what could not be done, seen or noted, and beside that the worst it may mean.
    """
    known = set(map(_named, without.alerts()))
    speak = {mail.attributes["remediation"] for mail in without.alerts()}
    blind = {_named(mail)[0] for mail in with_fault.alerts() if with_fault.lasting and is_about_trouble(mail)}
    for mail in with_fault.alerts():
        if _named(mail) in known or is_about_trouble(mail) or (_named(mail)[0] or None) in blind:
            continue
        if mail.attributes["remediation"] not in speak or _ACCUSES in mail.subject:
            yield f"{mail.subject!r} is sent, and nothing like it without the fault"


def _event_or_source(mail: Mail) -> str:
    """The remediation and the moment of the event; for an alert that counts many, whose it is.

    An event's own id is drawn, and another one where more was drawn before it.
    """
    finding = _named(mail)[0]
    return finding.rpartition(":")[0] if finding else f"the counts of {mail.attributes['remediation']}"


def _but_for_counts(mail: Mail) -> str:
    """Its subject without the numbers that count: `MEDIUM: # failed SSH logins from 203.0.113.99 in # s`."""
    return _COUNTED.sub("#", mail.subject)


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

"""What can be read of a change: the resource and its past, who changed it, what Config does about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.ledger.ledger import ledger_of
from chalicelib.looking import Unseen, unseen
from chalicelib.remediation import Sighting
from chalicelib.remediations.noncompliant.change import NON_COMPLIANT, ComplianceChange
from chalicelib.remediations.noncompliant.deeds import Deed, Wanted, deeds_of, region_of
from chalicelib.remediations.noncompliant.history import Course, captured, course_of, what_differs
from chalicelib.remediations.noncompliant.mending import (
    LeftAlone,
    Remedy,
    left_alone,
    remedy_of,
    with_last_attempt,
)
from chalicelib.remediations.noncompliant.told import is_told, own_rule
from chalicelib.settings import Settings

NAME = "noncompliant"
COUNTED_OVER = timedelta(hours=24)
_UNREAD = "could not be read"
# What stands for a remediation that can't be read: there may be one, and Config may start it.
_SOME = Remedy(runbook="a runbook that could not be read", automatic=True, attempts=0, seconds=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was read about a change. Moments are aware UTC; None and "" where there is nothing.

    `unfinished`: it is to be looked at again, for who did it or for what becomes of its mending. `named`: who
    did it is known. `now`: what
    the rule says of the resource by now. `name`: the resource's. `captured`: when the item was
    made that was judged; `before`: the one before it. `changes`: what differs between them. `times`: how
    often the resource was not compliant lately.
    """

    told: bool = True
    unfinished: bool = False
    named: bool = False
    now: str = NON_COMPLIANT
    name: str = ""
    captured: datetime | None = None
    before: datetime | None = None
    changes: tuple[str, ...] = ()
    deeds: tuple[Deed, ...] = ()
    remedy: Remedy | None = None
    given_up: LeftAlone | None = None
    times: int = 1
    could_not_read: tuple[Unseen, ...] = ()

    @property
    def still_bad(self) -> bool:
        """Whether the rule says so by now, as far as that could be read."""
        return self.now in (NON_COMPLIANT, _UNREAD)


def look(aws: Aws, change: ComplianceChange, settings: Settings) -> Seen:
    """What can be read of the resource, its past, and who changed it."""
    if not is_told(change.rule, settings):
        return Seen(told=False)
    blind: list[Unseen] = []
    course, deeds = _past(aws, change, blind)
    rule = own_rule(change.rule, settings)
    remedy = read_or_note(blind, "the rule's remediation", _SOME, remedy_of, aws, change.region, change.rule)
    if remedy and rule and rule.mending:
        remedy = replace(remedy, undone=rule.mending.undone)
    given_up = _given_up(blind, aws, change) if remedy is not None else None
    return Seen(
        unfinished=change.is_bad and (not deeds or (remedy is not None and remedy.automatic)),
        named=bool(deeds),
        now=read_or_note(blind, "what the rule says by now", _UNREAD, _says_now, aws, change),
        name=course.item.name if course.item else "",
        captured=captured(course.item),
        before=captured(course.before),
        changes=what_differs(course, rule.matters if rule else ()),
        deeds=deeds,
        remedy=remedy,
        given_up=given_up,
        times=_times(aws, change, settings),
        could_not_read=tuple(blind),
    )


def _past(aws: Aws, change: ComplianceChange, blind: list[Unseen]) -> tuple[Course, tuple[Deed, ...]]:
    nothing = Course()
    course = read_or_note(blind, "what the resource was before", nothing, course_of, aws, change)
    wanted = Wanted(
        region=region_of(change.kind, change.region),
        kind=change.kind,
        id=change.id,
        name=course.item.name if course.item else "",
        related=course.related,
        since=captured(course.before),
        until=captured(course.item) or change.ordered,
    )
    deeds = read_or_note(blind, "who made it so", (), deeds_of, aws, wanted)
    return course, deeds


def read_or_note(blind: list[Unseen], what: str, nothing: Any, read: Any, *given: Any) -> Any:
    """What `read` returns; `nothing` where it won't be read, which is noted. What may pass rises."""
    try:
        return read(*given)
    except AWS_ERRORS as error:
        blind.append(unseen(error, f"{what}: {{}}"))
        return nothing


def _says_now(aws: Aws, change: ComplianceChange) -> str:
    return says(aws, change.region, change.rule, change.kind, change.id)


def says(aws: Aws, region: str, rule: str, kind: str, identity: str) -> str:
    """What Config has of a resource under a rule; "" where it has nothing, as of one that is gone."""
    pages = aws.client("config", region).get_paginator("get_compliance_details_by_resource")
    for page in pages.paginate(ResourceType=kind, ResourceId=identity):
        for each in page["EvaluationResults"]:
            if each["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ConfigRuleName"] == rule:
                return str(each["ComplianceType"])
    return ""


def _given_up(blind: list[Unseen], aws: Aws, change: ComplianceChange) -> LeftAlone | None:
    """That Config leaves the resource alone, or that this could not be read, which may mean the same."""
    here = (aws, change.region, change.rule)
    unread = LeftAlone(kind=change.kind, id=change.id, why="whether AWS Config has given up can't be read")
    found = read_or_note(blind, "whether AWS Config has given up", (unread,), left_alone, *here)
    left = next((each for each in found if (each.kind, each.id) == (change.kind, change.id)), None)
    if left is None or left is unread:
        return left
    told: LeftAlone = read_or_note(blind, "why AWS Config has given up", left, with_last_attempt, *here, left)
    return told


def _times(aws: Aws, change: ComplianceChange, settings: Settings) -> int:
    ledger = ledger_of(aws, settings)
    seen = ledger.sightings(NAME, change.subject, change.at - COUNTED_OVER, change.at)
    return max(1, len(seen))


def sightings(change: ComplianceChange) -> Sequence[Sighting]:
    """That a resource was not compliant, to be counted."""
    if not change.is_bad:
        return ()
    return (Sighting(subject=change.subject, id=change.key, at=change.at),)


def blind(change: ComplianceChange, why: Unseen, _settings: Settings) -> Seen:
    """What is known without a look: nothing, so Config may have given up."""
    return Seen(given_up=LeftAlone(kind=change.kind, id=change.id, why=why.why), could_not_read=(why,))

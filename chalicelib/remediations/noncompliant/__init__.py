"""A rule of AWS Config says that a resource is not compliant, or that it is so again.

Config tells of the change, and not who made it. The stack's own rules are told of, and those that its
parameter names.

What we do: report the resource and the rule's reason; since when it is so, and what it was before, from the
two last items that Config has; who made it so, from CloudTrail's event history. Event history is some minutes
behind: where it knows no call yet, the alert says so, and ten minutes later a second one names the caller. We
say how Config mends it, and when Config has given up on a resource, which it does silently. Who puts such a
rule anew, deletes its results or its remediation, excepts resources from that, or puts results without being
a rule's function, is told too: so a rule lies or falls silent.

What we leave alone: the resource. Config itself mends it, where the rule has a remediation. Whoever made it
so is told even if the stack expects that principal: a rule is about the resource.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html,
https://docs.aws.amazon.com/config/latest/developerguide/remediation.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import delayed
from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import Raw, Tick, api_call, single, tick
from chalicelib.ledger.ledger import ledger_of
from chalicelib.looking import Unseen, unseen
from chalicelib.references import EXPECTED_PRINCIPALS
from chalicelib.remediation import (
    Alert,
    Asked,
    Flood,
    Grant,
    Kept,
    Plan,
    Quiet,
    Remediation,
    Severity,
    Sighting,
    Way,
)
from chalicelib.remediations.noncompliant import tampering
from chalicelib.remediations.noncompliant.change import (
    DETAIL_TYPE,
    NON_COMPLIANT,
    SOURCE,
    ComplianceChange,
    compliance_change,
    looked_at_later,
)
from chalicelib.remediations.noncompliant.deeds import Deed, Wanted, deeds_of, region_of
from chalicelib.remediations.noncompliant.history import Course, captured, course_of, what_differs
from chalicelib.remediations.noncompliant.mending import (
    LeftAlone,
    Remedy,
    command_to_resume,
    command_to_start,
    left_alone,
    remedy_of,
    with_last_attempt,
)
from chalicelib.remediations.noncompliant.told import (
    BROUGHT,
    OWN_RULES,
    TOLD,
    TOLD_PARAMETER,
    is_told,
    none_is_told,
    own_rule,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent, OnQueue, OnSchedule
from chalicelib.wording import aws_command, last_name, some, span, when

NAME = "noncompliant"
QUEUE = "NoncompliantLater"
_JUDGED_SO = {"complianceType": [NON_COMPLIANT]}
PATTERN = {
    "source": [SOURCE],
    "detail-type": [DETAIL_TYPE],
    "detail": {"$or": [{"newEvaluationResult": _JUDGED_SO}, {"oldEvaluationResult": _JUDGED_SO}]},
}

ASKED_AGAIN_AFTER = timedelta(minutes=10)
COUNTED_OVER = timedelta(hours=24)
# So many alerts about what one rule finds are sent one by one: a new rule judges everything there is.
MOST_ONE_BY_ONE = 10
MOST_CHANGES = 6
# Config's exception stands until somebody deletes it.
GIVEN_UP_TOLD_SECONDS = 7 * 24 * 3600
_UNREAD = "could not be read"
# What stands for a remediation that can't be read: there may be one, and Config may start it.
_SOME = Remedy(runbook="a runbook that could not be read", automatic=True, attempts=0, seconds=0)
_ANY_REMEDIATION = "arn:${AWS::Partition}:config:*:${AWS::AccountId}:remediation-configuration/*"
_TAKES_NONE = "this call of AWS Config takes no resource"

GRANTS = (
    Grant(action="config:GetComplianceDetailsByResource", resource="*", because=_TAKES_NONE),
    Grant(action="config:GetResourceConfigHistory", resource="*", because=_TAKES_NONE),
    Grant(
        action="config:DescribeRemediationConfigurations",
        resource=_ANY_REMEDIATION,
        because="AWS chooses the id of a rule's remediation",
    ),
    Grant(
        action="config:DescribeRemediationExecutionStatus",
        resource=_ANY_REMEDIATION,
        because="AWS chooses the id of a rule's remediation",
    ),
    Grant(
        action="config:DescribeConfigRules", resource="*", because="which rules there are isn't known before"
    ),
    Grant(action="config:DescribeRemediationExceptions", resource="*", because=_TAKES_NONE),
    Grant(action="cloudtrail:LookupEvents", resource="*", because="event history takes no resource"),
    Grant(action="sqs:SendMessage", resource=f"${{{QUEUE}.Arn}}"),
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """By the hour: what Config leaves alone, under each of the stack's rules."""

    found: tuple[tuple[str, LeftAlone], ...] = ()
    could_not_read: tuple[Unseen, ...] = ()


# ---- the look -----------------------------------------------------------------------------------


def look(aws: Aws, change: ComplianceChange, settings: Settings) -> Seen:
    """What can be read of the resource, its past, and who changed it."""
    if not is_told(change.rule, settings):
        return Seen(told=False)
    blind: list[Unseen] = []
    course, deeds = _past(aws, change, blind)
    rule = own_rule(change.rule, settings)
    remedy = _read(blind, "the rule's remediation", _SOME, remedy_of, aws, change.region, change.rule)
    if remedy and rule and rule.mending:
        remedy = replace(remedy, undone=rule.mending.undone)
    given_up = _given_up(blind, aws, change) if remedy is not None else None
    return Seen(
        unfinished=change.is_bad and (not deeds or (remedy is not None and remedy.automatic)),
        named=bool(deeds),
        now=_read(blind, "what the rule says by now", _UNREAD, _says_now, aws, change),
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
    course = _read(blind, "what the resource was before", nothing, course_of, aws, change)
    wanted = Wanted(
        region=region_of(change.kind, change.region),
        kind=change.kind,
        id=change.id,
        name=course.item.name if course.item else "",
        related=course.related,
        since=captured(course.before),
        until=captured(course.item) or change.ordered,
    )
    deeds = _read(blind, "who made it so", (), deeds_of, aws, wanted)
    return course, deeds


def _read(blind: list[Unseen], what: str, nothing: Any, read: Any, *given: Any) -> Any:
    """What `read` returns; `nothing` where it won't be read, which is noted. What may pass rises."""
    try:
        return read(*given)
    except AWS_ERRORS as error:
        blind.append(unseen(error, f"{what}: {{}}"))
        return nothing


def _says_now(aws: Aws, change: ComplianceChange) -> str:
    return _says(aws, change.region, change.rule, change.kind, change.id)


def _says(aws: Aws, region: str, rule: str, kind: str, identity: str) -> str:
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
    found = _read(blind, "whether AWS Config has given up", (unread,), left_alone, *here)
    left = next((each for each in found if (each.kind, each.id) == (change.kind, change.id)), None)
    if left is None or left is unread:
        return left
    told: LeftAlone = _read(blind, "why AWS Config has given up", left, with_last_attempt, *here, left)
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


# ---- looked at again ----------------------------------------------------------------------------


def have_it_looked_at_again(aws: Aws, change: ComplianceChange, seen: Seen, settings: Settings) -> None:
    """Put a change off whose caller is not known yet, or that Config may give up on."""
    if seen.unfinished:
        delayed.put_off(aws, settings, change.as_event(named=seen.named), ASKED_AGAIN_AFTER)


_UNFINISHED, _NAMED = "unfinished", "unfinished, and who is known"


def as_text(seen: Seen) -> str:
    """What `have_it_looked_at_again` needs of what was seen."""
    if not seen.unfinished:
        return ""
    return _NAMED if seen.named else _UNFINISHED


def from_text(text: str) -> Seen:
    """The same, as far as that needs it."""
    return Seen(unfinished=text != "", named=text == _NAMED)


def parse_later(raw: Raw) -> Iterable[ComplianceChange]:
    """What comes out of the queue."""
    return list(map(looked_at_later, delayed.originals(raw)))


def decide_later(change: ComplianceChange, seen: Seen, _now: datetime, _settings: Settings) -> Plan:
    """Name the caller, and say where Config has given up; nothing where neither is known now either."""
    if not seen.told:
        return Plan.nothing()
    alerts = []
    if not change.named and (seen.deeds or seen.could_not_read):
        alerts.append(
            Alert(
                severity=Severity.INFO,
                title=_title_later(change, seen),
                facts=(
                    ("Told before", f"{_state(change)} since {when(change.ordered)}"),
                    *_who(change, seen),
                    *_where(change, seen),
                ),
                flood=_flood(change),
                quiet=Quiet(subject=f"who/{change.key}", seconds=3600),
            )
        )
    if change.is_bad and seen.given_up and seen.still_bad:
        alerts.append(_left(change.region, change.account, change.rule, seen.given_up, seen.times))
    return Plan.alert(*alerts) if alerts else Plan.nothing()


# ---- the plan -----------------------------------------------------------------------------------


def decide(change: ComplianceChange, seen: Seen, _now: datetime, settings: Settings) -> Plan:
    """Report what isn't compliant, and what is so again."""
    if not seen.told:
        return Plan.nothing()
    return Plan.alert(_bad(change, seen, settings) if change.is_bad else _good(change, seen))


def _bad(change: ComplianceChange, seen: Seen, settings: Settings) -> Alert:
    rule = own_rule(change.rule, settings)
    by_now = () if seen.still_bad else (("By now", seen.now or "gone, or no longer judged"),)
    often = (("How often", f"{seen.times} times in 24 h"),) if seen.times > 1 else ()
    return Alert(
        severity=rule.severity if rule else Severity.MEDIUM,
        title=f"{_resource(change)} is not compliant: {change.rule}",
        facts=(
            ("Why", change.why or "the rule gives no reason"),
            *by_now,
            *_who(change, seen),
            *_since(change, seen),
            *often,
            *_remedy(change, seen),
            *_where(change, seen),
        ),
        flood=_flood(change),
        asks=(Asked("what-was-done-to", change.id),),
    )


def _good(change: ComplianceChange, seen: Seen) -> Alert:
    again = "is compliant again" if change.compliance == "COMPLIANT" else "is gone, or no longer judged"
    by_now = (("By now", seen.now),) if seen.now == NON_COMPLIANT else ()
    return Alert(
        severity=Severity.INFO,
        title=f"{_resource(change)} {again}: {change.rule}",
        facts=(*by_now, *_who(change, seen), *_since(change, seen), *_where(change, seen)),
        flood=_flood(change),
    )


def _left(region: str, account: str, rule: str, left: LeftAlone, times: int = 0) -> Alert:
    """Config says of an exception that there is one, and not that it has put it."""
    often = (("Not compliant", f"{times} times in 24 h"),) if times > 1 else ()
    return Alert(
        severity=Severity.HIGH,
        title=f"AWS Config no longer mends {_type(left.kind)} {left.id}: {rule}",
        facts=(
            ("Why", left.why or "an exception was put, without a reason"),
            *((("Last attempt", left.last),) if left.last else ()),
            *often,
            ("Account", account),
            ("Region", region),
            ("To have it mended again", command_to_resume(region, rule, left.kind, left.id)),
        ),
        advice=(
            "Either the runbook fails, or somebody changes the resource back each time it was mended. Look "
            "who, and settle that first."
        ),
        quiet=Quiet(subject=f"left/{region}/{rule}/{left.kind}/{left.id}", seconds=GIVEN_UP_TOLD_SECONDS),
    )


def _resource(change: ComplianceChange) -> str:
    """Without its name, which only a look tells: a retry's alert begins with the same words."""
    return f"{_type(change.kind)} {change.id}"


def _type(kind: str) -> str:
    """`SecurityGroup`: a subject has a hundred characters."""
    return kind.rpartition("::")[2]


def _title_later(change: ComplianceChange, seen: Seen) -> str:
    state = _state(change)
    if seen.deeds:
        return f"{_resource(change)} was made {state} by {last_name(seen.deeds[0].who)}"
    return f"{_resource(change)}: who made it {state} can't be read"


def _state(change: ComplianceChange) -> str:
    return "not compliant" if change.is_bad else "compliant again"


def _who(change: ComplianceChange, seen: Seen) -> tuple[tuple[str, str], ...]:
    """The calls, newest first; what could not be read; or that none is known."""
    unread = tuple(("Could not look", str(each)) for each in seen.could_not_read)
    if not seen.deeds:
        known = (("Who", "no call is known (yet) that made it so"), ("Look with", _command(change)))
        return (*unread, *known)
    who = some(list(dict.fromkeys(each.who for each in seen.deeds)))
    named = (("Who", f"{who}{'' if len(seen.deeds) == 1 else ', by one of these calls'}"),)
    calls = tuple(("Call", _call(each)) for each in seen.deeds)
    return (*unread, *named, *calls)


def _call(deed: Deed) -> str:
    where = deed.address or "an address that is not recorded"
    whose = f"by {deed.who} from {where}, about {deed.about}"
    return f"{deed.name} at {when(deed.at)} {whose}, CloudTrail event {deed.id}"


def _since(change: ComplianceChange, seen: Seen) -> tuple[tuple[str, str], ...]:
    """When it became so, and what it was."""
    if seen.captured is None:
        return (
            ("Judged", when(change.ordered)),
            ("Before", "unknown: AWS Config has no item of this resource, so it doesn't record its type"),
        )
    since = (("Since", f"{when(seen.captured)} at the latest, when AWS Config looked"),)
    if seen.before is None:
        return (*since, ("Before", "AWS Config has no earlier item: the resource is new, or new to it"))
    shown = tuple(("Changed", each) for each in seen.changes[:MOST_CHANGES])
    if not shown:
        shown = (("Changed", "nothing that the rule is about: it judges otherwise than before"),)
    rest = len(seen.changes) - MOST_CHANGES
    more = (("Changed", f"and {rest} more"),) if rest > 0 else ()
    length = span(seen.captured - seen.before)
    return (*since, ("Before", f"as it was from {when(seen.before)}, for {length}"), *shown, *more)


def _remedy(change: ComplianceChange, seen: Seen) -> tuple[tuple[str, str], ...]:
    if seen.remedy is None:
        return ()
    given_up = (("Given up", f"AWS Config leaves it alone: {seen.given_up.why}"),) if seen.given_up else ()
    start = command_to_start(change.region, change.rule, change.kind, change.id)
    by_hand = () if seen.remedy.automatic and not seen.given_up else (("To mend it", start),)
    undone = (("Undo it with", seen.remedy.undone),) if seen.remedy.undone else ()
    return (("Remediation", str(seen.remedy)), *undone, *given_up, *by_hand)


def _where(change: ComplianceChange, seen: Seen) -> tuple[tuple[str, str], ...]:
    named = f", named {seen.name}" if seen.name not in ("", change.id) else ""
    return (
        ("Resource", f"{change.kind} {change.id}{named}"),
        ("Rule", change.rule),
        ("Account", change.account or "not recorded"),
        ("Region", change.region or "not recorded"),
        ("See its past with", _history_command(change)),
    )


def _flood(change: ComplianceChange) -> Flood:
    return Flood(subject=f"{change.region}/{change.rule}/{change.is_bad}", most=MOST_ONE_BY_ONE)


def _command(change: ComplianceChange) -> str:
    return aws_command(
        "cloudtrail",
        "lookup-events",
        {
            "--lookup-attributes": f"AttributeKey=ResourceName,AttributeValue={change.id}",
            "--end-time": change.ordered.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "--region": region_of(change.kind, change.region),
        },
    )


def _history_command(change: ComplianceChange) -> str:
    return aws_command(
        "configservice",
        "get-resource-config-history",
        {"--resource-type": change.kind, "--resource-id": change.id, "--region": change.region},
    )


# ---- by the hour --------------------------------------------------------------------------------


def look_by_the_hour(aws: Aws, event: Tick, settings: Settings) -> GivenUp:
    """Every resource that Config leaves alone under a rule that is told of."""
    if none_is_told(settings):
        return GivenUp()
    found: list[tuple[str, LeftAlone]] = []
    blind: list[Unseen] = []
    for rule in _read(blind, "which rules AWS Config has", (), _rules, aws, event.region):
        if is_told(rule, settings):
            what = f"what AWS Config leaves alone under {rule}"
            left = _read(blind, what, (), _left_bad, aws, event.region, rule)
            found += [(rule, each) for each in left]
    return GivenUp(found=tuple(found), could_not_read=tuple(blind))


def _left_bad(aws: Aws, region: str, rule: str) -> tuple[LeftAlone, ...]:
    """What Config leaves alone and what isn't compliant still."""
    found = left_alone(aws, region, rule)
    return tuple(
        with_last_attempt(aws, region, rule, each)
        for each in found
        if _says(aws, region, rule, each.kind, each.id) == NON_COMPLIANT
    )


def _rules(aws: Aws, region: str) -> list[str]:
    return [each["ConfigRuleName"] for each in tampering.rules_of(aws, region)]


def decide_by_the_hour(event: Tick, given_up: GivenUp, _now: datetime, _settings: Settings) -> Plan:
    """Report each once a week."""
    alerts = [_left(event.region, event.account, rule, each) for rule, each in given_up.found]
    if given_up.could_not_read:
        alerts.append(
            Alert(
                severity=Severity.MEDIUM,
                title="Whether AWS Config has given up on a resource could not be read",
                facts=tuple(("Could not look", str(each)) for each in given_up.could_not_read),
                quiet=Quiet(subject="left could not be read", seconds=24 * 3600),
            )
        )
    return Plan.alert(*alerts) if alerts else Plan.nothing()


REMEDIATION = Remediation(
    name=NAME,
    title="A resource is not compliant with a rule of AWS Config",
    woken_by=(
        "a rule of AWS Config finds a resource not compliant, or compliant again; a call that falsifies it"
    ),
    response=(
        "reports who made it so, since when, and what it was before; says where Config has given up on it"
    ),
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=single(compliance_change),
            look=look,
            decide=decide,
            blind=blind,
            sightings=sightings,
            sightings_kept=COUNTED_OVER,
            records=have_it_looked_at_again,
            kept=Kept(text=as_text, facts=from_text),
        ),
        Way(on=OnQueue(queue=QUEUE), parse=parse_later, look=look, decide=decide_later, blind=blind),
        Way(
            on=OnSchedule(expression="rate(1 hour)"),
            parse=single(tick),
            look=look_by_the_hour,
            decide=decide_by_the_hour,
        ),
        Way(
            on=OnEvent(pattern=tampering.PATTERN),
            parse=api_call,
            look=tampering.look,
            decide=tampering.decide_on_call,
            blind=tampering.blind,
        ),
    ),
    grants=GRANTS,
    settings={
        OWN_RULES: {"Fn::Sub": "${AWS::StackName}-"},
        TOLD: TOLD_PARAMETER.joined,
        BROUGHT: {"Ref": "ConfigRules"},
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
        **delayed.settings_of(QUEUE),
    },
    parameters=(TOLD_PARAMETER,),
    resources=delayed.resources(QUEUE),
)

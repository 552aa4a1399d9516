"""What people are told of a change: who made it so, since when, what it was, how it is mended."""

from chalicelib.remediation import Alert, Asked, Flood, Quiet, Severity
from chalicelib.remediations.noncompliant.change import NON_COMPLIANT, ComplianceChange
from chalicelib.remediations.noncompliant.deeds import Deed, region_of
from chalicelib.remediations.noncompliant.mending import LeftAlone, command_to_resume, command_to_start
from chalicelib.remediations.noncompliant.reading import Seen
from chalicelib.remediations.noncompliant.told import own_rule
from chalicelib.settings import Settings
from chalicelib.wording import aws_command, last_name, some, span, when

# So many alerts about what one rule finds are sent one by one: a new rule judges everything there is.
MOST_ONE_BY_ONE = 10
MOST_CHANGES = 6
# Config's exception stands until somebody deletes it.
GIVEN_UP_TOLD_SECONDS = 7 * 24 * 3600


def bad(change: ComplianceChange, seen: Seen, settings: Settings) -> Alert:
    """A resource is not compliant."""
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


def good(change: ComplianceChange, seen: Seen) -> Alert:
    """It is so again, or is gone."""
    again = "is compliant again" if change.compliance == "COMPLIANT" else "is gone, or no longer judged"
    by_now = (("By now", seen.now),) if seen.now == NON_COMPLIANT else ()
    return Alert(
        severity=Severity.INFO,
        title=f"{_resource(change)} {again}: {change.rule}",
        facts=(*by_now, *_who(change, seen), *_since(change, seen), *_where(change, seen)),
        flood=_flood(change),
    )


def caller_known(change: ComplianceChange, seen: Seen) -> Alert:
    """Who made it so, told later than that it is so."""
    return Alert(
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


def config_gave_up(region: str, account: str, rule: str, left: LeftAlone, times: int = 0) -> Alert:
    """Config leaves a resource alone: it says that there is an exception, and not that it has put it."""
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

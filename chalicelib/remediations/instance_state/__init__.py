"""An EC2 instance was started, stopped or terminated.

EC2's event does not say who did it: it carries the instance and its new state, nothing else. Every event goes
to a log group, unchanged; the states that the stack's parameter names are reported.

What we do: remember the calls that change instances, which CloudTrail delivers within seconds, and report
with the change who made the call, from where and when. If no call is known, we ask CloudTrail's event
history. If that has none either (it may be minutes behind, and an instance may stop by itself), the alert
says so, and how to look again. If the call arrives after such an alert, a second alert reports it. A change
is remembered before its call is looked for, and a call before its changes, so that one of them meets the
other, whichever comes first, and where a run fails in between.

What we leave alone: the instance.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import (
    ApiCallEvent,
    InstanceState,
    Raw,
    api_call,
    call_of_history,
    instance_state,
    single,
)
from chalicelib.ledger.ledger import Ledger, ledger_of
from chalicelib.looking import Unseen, unseen
from chalicelib.references import EXPECTED_PRINCIPALS
from chalicelib.remediation import (
    Alert,
    Asked,
    Flood,
    Grant,
    Kept,
    Plan,
    Remediation,
    Severity,
    Sighting,
    Way,
)
from chalicelib.remediations.instance_state.written_down import EVERY_CHANGE, WRITTEN_DOWN
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.stack import Parameter
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, last_name, some, when

NAME = "instance_state"
TOLD = "INSTANCE_STATES_TOLD"

# Which calls bring an instance into a state; transitional states end before a person could read an alert.
CAUSES = {
    "running": ("RunInstances", "StartInstances"),
    "stopped": ("StopInstances",),
    "terminated": ("TerminateInstances",),
}
PATTERN = {
    "source": ["aws.ec2"],
    "detail-type": ["EC2 Instance State-change Notification"],
    "detail": {"state": list(CAUSES)},
}
CALLS_PATTERN = successful_calls(("ec2",), (name for names in CAUSES.values() for name in names))
TOLD_PARAMETER = Parameter(
    name="InstanceStatesTold",
    type="CommaDelimitedList",
    default="stopped,terminated",
    description="Which of running, stopped and terminated send an alert; all are written to the log group.",
)

GRANTS = (
    Grant(
        action="cloudtrail:LookupEvents",
        resource="*",
        because="event history takes no resource",
    ),
)

# A stop takes minutes, and one that is asked for may wait for the system to shut down.
LOOKED_BACK = timedelta(minutes=20)
KEPT = timedelta(hours=2)
LONGEST_TEXT = 256
MOST_INSTANCES = 100
# So many alerts about what one caller brings instances into are sent one by one.
MOST_ONE_BY_ONE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCall:
    """Somebody called for a change. `principal` is empty, so that expected callers are noted too."""

    key: str
    at: datetime
    account: str
    region: str
    name: str
    who: str
    caller: str
    address: str
    instances: tuple[str, ...]
    principal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The newest call that explains the change; or none, and perhaps why it could not be looked for."""

    name: str = ""
    at: datetime | None = None
    who: str = ""
    caller: str = ""
    address: str = ""
    event_id: str = ""
    could_not_read: Unseen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameless:
    """Changes whose caller was not known when they came: each instance, its state, and when."""

    changes: tuple[tuple[str, str, datetime], ...] = ()


# ---- the change ---------------------------------------------------------------------------------


def look_for_cause(aws: Aws, event: InstanceState, settings: Settings) -> Cause:
    """Who called for it: from our own notes, else from CloudTrail's event history."""
    if event.state not in settings.names(TOLD):
        return Cause()
    noted = _ledger(aws, settings).sightings(NAME, event.instance, event.at - LOOKED_BACK, event.at)
    causes = [_noted(each) for each in noted if each.detail.get("name") in CAUSES[event.state]]
    return _newest(causes) or _from_history(aws, event)


def blind_to_cause(_event: InstanceState, why: Unseen, _settings: Settings) -> Cause:
    """What is known without a look."""
    return Cause(could_not_read=why)


def nameless(event: InstanceState) -> Sequence[Sighting]:
    """A change whose caller is not known yet, for the call that may come in."""
    return (_change(event, {"state": event.state}),)


def note_named(aws: Aws, event: InstanceState, cause: Cause, settings: Settings) -> None:
    """Note that a change's caller is known, so that no other call for it is reported again."""
    if event.state in settings.names(TOLD) and cause.at is not None:
        _ledger(aws, settings).note(NAME, (_change(event, {}),), KEPT)


def _change(event: InstanceState, detail: Mapping[str, str]) -> Sighting:
    return Sighting(subject=event.instance, id=event.key, at=event.at, detail=detail)


_NO_CALL = "no call"


def when_called(cause: Cause) -> str:
    """What `note_named` needs of the cause, as text."""
    return cause.at.isoformat() if cause.at else _NO_CALL


def cause_called(when_it_was: str) -> Cause:
    """A cause of which only the time is known."""
    return Cause(at=None if when_it_was == _NO_CALL else datetime.fromisoformat(when_it_was))


def decide_on_change(event: InstanceState, cause: Cause, _now: datetime, settings: Settings) -> Plan:
    """Report the states that settings name; no alert for a caller they expect."""
    if event.state not in settings.names(TOLD) or (cause.caller and settings.ignores(cause.caller)):
        return Plan.nothing()
    return Plan.alert(
        Alert(
            severity=_severity(event.state),
            title=f"Instance {event.instance} is {event.state}"
            + (f", by {last_name(cause.who)}" if cause.who else ""),
            facts=(
                ("Instance", event.instance),
                ("State", event.state),
                ("When", when(event.at)),
                *_who(cause),
                ("Account", event.account or "not recorded"),
                ("Region", event.region or "not recorded"),
                ("Look with", _command(event)),
            ),
            flood=Flood(subject=f"{event.state}:{cause.caller}", most=MOST_ONE_BY_ONE),
            asks=(Asked("what-was-done-to", event.instance),),
        )
    )


# ---- the call for one ---------------------------------------------------------------------------


def parse_call(raw: Raw) -> tuple[StateCall, ...]:
    """The call, as far as we need it."""
    return tuple(_state_call(call) for call in api_call(raw))


def sightings(event: StateCall) -> Sequence[Sighting]:
    """A call, for each instance it names."""
    detail = {"name": event.name, "who": event.who, "caller": event.caller, "address": event.address}
    return tuple(
        Sighting(subject=instance, id=event.key, at=event.at, detail=detail) for instance in event.instances
    )


def look_for_changes(aws: Aws, event: StateCall, settings: Settings) -> Nameless:
    """The changes that this call caused and that were reported without it."""
    brought = {state for state, names in CAUSES.items() if event.name in names} & set(settings.names(TOLD))
    if not brought:
        return Nameless()
    ledger, until = _ledger(aws, settings), event.at + LOOKED_BACK
    return Nameless(
        changes=tuple(
            (instance, each.detail["state"], each.at)
            for instance in event.instances
            for each in ledger.sightings(NAME, instance, event.at, until)
            if each.detail.get("state") in brought
        )
    )


def decide_on_call(event: StateCall, facts: Nameless, _now: datetime, settings: Settings) -> Plan:
    """Report the caller of a change that was reported without one; not a caller that settings expect."""
    told = facts.changes and not settings.ignores(event.caller)
    return Plan.alert(_late(event, facts.changes)) if told else Plan.nothing()


def _severity(state: str) -> Severity:
    return Severity.LOW if state == "terminated" else Severity.INFO


def _late(event: StateCall, changes: Sequence[tuple[str, str, datetime]]) -> Alert:
    """The second alert: who called for a change that was reported before."""
    instance, state, _ = changes[0]
    done = "started" if state == "running" else state
    subject = f"Instance {instance}" if len(changes) == 1 else f"{len(changes)} instances"
    return Alert(
        severity=_severity(state),
        title=f"{subject} {'was' if len(changes) == 1 else 'were'} {done} by {last_name(event.who)}",
        facts=(
            ("Told before", some([f"{name} is {now} ({when(at)})" for name, now, at in changes])),
            ("Who", event.who),
            ("From", event.address or "not recorded"),
            ("Call", f"{event.name} at {when(event.at)}"),
            ("CloudTrail event", event.key),
            ("Account", event.account or "not recorded"),
            ("Region", event.region or "not recorded"),
        ),
    )


def _ledger(aws: Aws, settings: Settings) -> Ledger:
    return ledger_of(aws, settings)


def _state_call(call: ApiCallEvent) -> StateCall:
    return StateCall(
        key=call.key,
        at=call.at,
        account=call.account,
        region=call.region,
        name=call.name,
        who=call.actor.label[:LONGEST_TEXT],
        caller=call.principal,
        address=call.source_ip[:LONGEST_TEXT],
        instances=_instances(call),
    )


def _instances(call: ApiCallEvent) -> tuple[str, ...]:
    """A launch names its instances in the response, the other calls in the request."""
    said = call.response if call.name == "RunInstances" else call.parameters
    items = said.get("instancesSet")
    items = items.get("items") if isinstance(items, dict) else None
    named = [each.get("instanceId") for each in items or () if isinstance(each, dict)]
    return tuple(name for name in named if isinstance(name, str))[:MOST_INSTANCES]


def _noted(sighting: Sighting) -> Cause:
    detail = sighting.detail
    return Cause(
        name=detail["name"],
        at=sighting.at,
        who=detail.get("who", ""),
        caller=detail.get("caller", ""),
        address=detail.get("address", ""),
        event_id=sighting.id,
    )


def _from_history(aws: Aws, event: InstanceState) -> Cause:
    """Ask where the change happened."""
    try:
        found = aws.client("cloudtrail", event.region).lookup_events(
            LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": event.instance}],
            StartTime=event.at - LOOKED_BACK,
            EndTime=event.at + timedelta(minutes=1),
        )
    except AWS_ERRORS as error:
        return Cause(could_not_read=unseen(error))
    calls = [call for each in found["Events"] for call in call_of_history(each) if _explains(call, event)]
    causes = [
        Cause(
            name=call.name,
            at=call.at,
            who=call.actor.label[:LONGEST_TEXT],
            caller=call.principal,
            address=call.source_ip[:LONGEST_TEXT],
            event_id=call.key,
        )
        for call in calls
    ]
    return _newest(causes) or Cause()


def _newest(causes: Iterable[Cause]) -> Cause | None:
    return max(causes, key=lambda cause: (cause.at, cause.event_id), default=None)


def _explains(call: ApiCallEvent, event: InstanceState) -> bool:
    return call.name in CAUSES[event.state] and not call.failed and call.at <= event.at


def _who(facts: Cause) -> tuple[tuple[str, str], ...]:
    if facts.could_not_read:
        return (("Who", f"could not be read: {facts.could_not_read}"),)
    if facts.at is None:
        return (("Who", "no call for it is known yet"),)
    return (
        ("Who", facts.who),
        ("From", facts.address or "not recorded"),
        ("Call", f"{facts.name} at {when(facts.at)}"),
        ("CloudTrail event", facts.event_id),
    )


def _command(event: InstanceState) -> str:
    return aws_command(
        "cloudtrail",
        "lookup-events",
        {
            "--lookup-attributes": f"AttributeKey=ResourceName,AttributeValue={event.instance}",
            "--start-time": (event.at - LOOKED_BACK).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "--region": event.region,
        },
    )


REMEDIATION = Remediation(
    name=NAME,
    title="An instance was started, stopped or terminated",
    woken_by="an EC2 instance is started, stopped or terminated, anywhere",
    response=(
        "writes each change to a log group; reports who called for it, be it in a second alert when "
        "CloudTrail is late"
    ),
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True, forwards=EVERY_CHANGE),
            parse=single(instance_state),
            look=look_for_cause,
            decide=decide_on_change,
            blind=blind_to_cause,
            sightings=nameless,
            sightings_kept=KEPT,
            records=note_named,
            kept=Kept(text=when_called, facts=cause_called),
        ),
        Way(
            on=OnEvent(pattern=CALLS_PATTERN, everywhere=True),
            parse=parse_call,
            look=look_for_changes,
            decide=decide_on_call,
            sightings=sightings,
            sightings_kept=KEPT,
        ),
        COUNTING,
    ),
    grants=GRANTS,
    settings={
        TOLD: TOLD_PARAMETER.joined,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    parameters=(TOLD_PARAMETER,),
    resources=WRITTEN_DOWN,
)

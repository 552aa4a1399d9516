"""An EC2 instance was started, stopped or terminated.

EC2 says that, and not who: the event carries the instance and its new state, nothing else. Every change goes
to a log group, in the words of AWS; the states that the stack's parameter names are told.

What we do: look up in CloudTrail's event history who asked for it, and tell who, from where and when. The
history is minutes behind at times, and what nobody called for (an instance that stopped by itself, Auto
Scaling's or an alarm's own action) has another name there; then the alert says that it was not found, and how
to look again.

What we leave alone: the instance.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import Aws
from chalicelib.aws_command import aws_command
from chalicelib.errors import MalformedEvent, foreseen
from chalicelib.events import ApiCallEvent, InstanceState, Raw, api_call, instance_state
from chalicelib.measures import when
from chalicelib.remediation import Alert, Grant, OnEvent, Plan, Remediation, Severity
from chalicelib.settings import Settings

TOLD = "INSTANCE_STATES_TOLD"

# The transitional ones are over before anybody could read of them.
PATTERN = {
    "source": ["aws.ec2"],
    "detail-type": ["EC2 Instance State-change Notification"],
    "detail": {"state": ["running", "stopped", "terminated"]},
}
EVERY_CHANGE = {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}

GRANTS = (
    Grant(
        action="cloudtrail:LookupEvents",
        resource="*",
        because="event history takes no resource",
    ),
)

# Which calls bring an instance into a state.
CAUSES = {
    "running": ("RunInstances", "StartInstances"),
    "stopped": ("StopInstances",),
    "terminated": ("TerminateInstances",),
}
# A stop takes minutes, and one that is asked for may wait for the system to shut down.
LOOKED_BACK = timedelta(minutes=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The newest call that explains the change, or why it could not be looked for."""

    call: ApiCallEvent | None = None
    could_not_look: str = ""


def parse(raw: Raw) -> tuple[InstanceState, ...]:
    """The change."""
    return (instance_state(raw),)


def look(aws: Aws, event: InstanceState, settings: Settings) -> Cause:
    """Ask CloudTrail's event history, where the change happened, who called for it."""
    if event.state not in settings.names(TOLD):
        return Cause()
    try:
        found = aws.client("cloudtrail", event.region).lookup_events(
            LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": event.instance}],
            StartTime=event.at - LOOKED_BACK,
            EndTime=event.at + timedelta(minutes=1),
        )
    except (ClientError, BotoCoreError) as error:
        return Cause(could_not_look=str(foreseen(error)))
    calls = [call for each in found["Events"] for call in _call(each) if _explains(call, event)]
    return Cause(call=max(calls, key=lambda call: (call.at, call.key), default=None))


def decide(event: InstanceState, facts: Cause, _now: datetime, settings: Settings) -> Plan:
    """Tell the states that settings name; a caller they expect is not told."""
    call = facts.call
    if event.state not in settings.names(TOLD) or (call and settings.ignores(call.principal)):
        return Plan.nothing()
    return Plan.tell(
        Alert(
            severity=Severity.LOW if event.state == "terminated" else Severity.INFO,
            title=f"Instance {event.instance} is {event.state}"
            + (f", by {call.actor.label}" if call else ""),
            facts=(
                ("Instance", event.instance),
                ("State", event.state),
                ("When", when(event.at)),
                *_who(facts),
                ("Account", event.account or "not recorded"),
                ("Region", event.region or "not recorded"),
                ("Look with", _command(event)),
            ),
        )
    )


def _call(found: Any) -> tuple[ApiCallEvent, ...]:
    try:
        return api_call({"detail": json.loads(found["CloudTrailEvent"])})
    except (KeyError, ValueError, RecursionError, MalformedEvent):
        return ()


def _explains(call: ApiCallEvent, event: InstanceState) -> bool:
    return call.name in CAUSES.get(event.state, ()) and not call.failed and call.at <= event.at


def _who(facts: Cause) -> tuple[tuple[str, str], ...]:
    if facts.could_not_look:
        return (("Who", f"could not look: {facts.could_not_look}"),)
    if facts.call is None:
        return (("Who", "no call for it in CloudTrail's event history yet"),)
    return (
        ("Who", facts.call.actor.label),
        ("From", facts.call.source_ip or "not recorded"),
        ("Call", f"{facts.call.name} at {when(facts.call.at)}"),
        ("CloudTrail event", facts.call.key),
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
    name="instance_state",
    title="An instance was started, stopped or terminated",
    page=__doc__ or "",
    triggers=(OnEvent(pattern=PATTERN, everywhere=True),),
    grants=GRANTS,
    parse=parse,
    look=look,
    decide=decide,
    settings={TOLD: {"Fn::Join": [",", {"Ref": "InstanceStatesTold"}]}},
)

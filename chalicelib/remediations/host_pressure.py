"""A host is overloaded: its CPU is above 70 % and its disk above 85 %, both at once.

Each alone is common and sends no alert: a build takes the CPU, a log slowly fills a disk. Both together mean
that the host may stop answering, or that an intruder is using it. A composite alarm of the host's own stack
(`trailwarden package` writes host.json, deployed once for each host) watches for it.

What we do: report which host, and what each of the alarm's parts saw. Where the parts can't be read, the
alarm is reported with the reason; where CloudWatch doesn't answer, it is asked again.

What we leave alone: the host. People decide whether to stop it, to give it more room, or to log in and look.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm.html
"""

import re
from dataclasses import dataclass
from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.events import AlarmChange, alarm_change, single
from chalicelib.evidence.alarm import GRANTS as ALARM_GRANTS
from chalicelib.looking import Unseen, unseen
from chalicelib.references import HOST_PRESSURE
from chalicelib.remediation import Alert, Asked, Plan, Remediation, Severity, Way
from chalicelib.settings import Settings
from chalicelib.triggers import OnEvent
from chalicelib.wording import when

PATTERN = {
    "source": ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    "detail": {
        "alarmName": [{"prefix": {"Fn::Sub": "${AWS::StackName}" + HOST_PRESSURE}}],
        "state": {"value": ["ALARM"]},
    },
}

_PART = re.compile(r'ALARM\("([^"]{1,255})"\)')
MOST_PARTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One alarm that the composite is made of, as it is now."""

    metric: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All of them, or why they could not be read."""

    parts: tuple[Part, ...] = ()
    could_not_read: Unseen | None = None


def look(aws: Aws, alarm: AlarmChange, _settings: Settings) -> Parts:
    """Read the composite's rule, and the alarms it names."""
    try:
        cloudwatch = aws.client("cloudwatch")
        composites = cloudwatch.describe_alarms(AlarmNames=[alarm.name], AlarmTypes=["CompositeAlarm"])
        rule = "".join(each["AlarmRule"] for each in composites["CompositeAlarms"])
        names = _PART.findall(rule)[:MOST_PARTS]
        if not names:
            return Parts(could_not_read=Unseen(why=f"the alarm {alarm.name} is gone, or names no others"))
        found = cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    except AWS_ERRORS as error:
        return Parts(could_not_read=unseen(error))
    return Parts(
        parts=tuple(
            Part(
                metric=str(each.get("MetricName", each["AlarmName"])),
                state=each["StateValue"],
                reason=each["StateReason"],
            )
            for each in found
        )
    )


def blind(_alarm: AlarmChange, why: Unseen, _settings: Settings) -> Parts:
    """What is known without a look."""
    return Parts(could_not_read=why)


def decide(alarm: AlarmChange, facts: Parts, _now: datetime, _settings: Settings) -> Plan:
    """Tell the host and what its parts saw."""
    if alarm.state != "ALARM":
        return Plan.nothing()
    host = alarm.name.partition(HOST_PRESSURE)[2] or "an unnamed host"
    parts = tuple(("Part", f"{part.metric}: {part.state}: {part.reason}") for part in facts.parts)
    return Plan.alert(
        Alert(
            severity=Severity.MEDIUM,
            title=f"{host} is overloaded: CPU and disk at once",
            facts=(
                ("Host", host),
                *(parts or (("Parts", f"could not be read: {facts.could_not_read or 'none was found'}"),)),
                ("Alarm", alarm.name),
                ("Went off", when(alarm.at)),
                ("Account", alarm.account or "not recorded"),
                ("Region", alarm.region or "not recorded"),
            ),
            advice=_ADVICE,
            asks=(Asked("what-was-done-to", host),),
        )
    )


_ADVICE = """\
Look what runs there (`top`) and what grew (`du -x / | sort -n | tail`). Treat an unknown program as an \
intruder until you know better: take a snapshot of the disk before anything is deleted."""

REMEDIATION = Remediation(
    name="host_pressure",
    title="A host's CPU and disk are under pressure at once",
    woken_by="a host's CPU and disk alarms at once (its own stack, host.json)",
    response="reports the host and what each part saw",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN),
            parse=single(alarm_change),
            look=look,
            decide=decide,
            blind=blind,
        ),
    ),
    grants=ALARM_GRANTS,
)

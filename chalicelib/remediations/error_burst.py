"""A word comes up in a log again and again, such as `"ERROR: 400"` fifty times in five minutes.

The stack's parameters name the log group, the filter pattern, the threshold and the period; a metric filter
counts, an alarm watches the count. An alarm only knows that there were many: when it goes off, we read the
log events behind it and report how many there were, in which streams (hosts, containers, functions), since
when and until when.

If the log group can't be read, or not completely, the alert is still sent and says why: the log group or its
key was deleted, or the function has no permission. Where CloudWatch Logs throttles, that is reported at once,
and the log group is read again a minute later. The log group must exist when the stack is deployed: without
it CloudFormation can't create the metric filter, and rolls the whole deploy back.

What we leave alone: the lines themselves. An application's log may hold secrets, and an alert is an e-mail.
The command in the alert shows the lines to people who may read the log group.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import AlarmChange, alarm_change, single
from chalicelib.evidence.alarm import GRANTS as ALARM_GRANTS
from chalicelib.evidence.log_events import LogEvents, Search, unread
from chalicelib.looking import Unseen
from chalicelib.references import NAMESPACE
from chalicelib.remediation import Alert, Grant, Plan, Remediation, Severity, Way
from chalicelib.settings import Settings
from chalicelib.stack import LogAlarm, Parameter
from chalicelib.triggers import OnEvent
from chalicelib.wording import most_first, number_of, some, span, when

NAME = "error_burst"
GROUP = "ERROR_BURST_GROUP"
PATTERN = "ERROR_BURST_PATTERN"
ALARM_NAME = "${AWS::StackName}-error-burst"

GROUP_PARAMETER = Parameter(
    name="ErrorBurstGroup",
    default="none",
    description="An existing log group in which error_burst counts; none switches it off.",
)
PATTERN_PARAMETER = Parameter(
    name="ErrorBurstPattern",
    default='"ERROR: 400"',
    description="The log lines it counts there: a CloudWatch Logs filter pattern.",
)
THRESHOLD_PARAMETER = Parameter(
    name="ErrorBurstThreshold",
    type="Number",
    default="50",
    minimum=1,
    description="So many within the period raise an alert.",
)
PERIOD_PARAMETER = Parameter(
    name="ErrorBurstPeriodSeconds",
    type="Number",
    default="300",
    allowed=("60", "300", "900", "3600"),
    description="The period in which they are counted.",
)
ERROR_BURST = LogAlarm(
    name="ErrorBurst",
    log_group=GROUP_PARAMETER.ref,
    pattern=PATTERN_PARAMETER.ref,
    metric="ErrorBurst",
    namespace=NAMESPACE,
    threshold=THRESHOLD_PARAMETER.ref,
    period_seconds=PERIOD_PARAMETER.ref,
    description="A word comes up in a log again and again; error_burst reports where.",
    alarm_name=ALARM_NAME,
    condition="HasErrorBurst",
)
# By its name: if no log group is named, there is no alarm, and so no ARN to refer to.
ALARM_PATTERN = {
    "source": ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    "resources": [
        {
            "Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
            f"{ALARM_NAME}"
        }
    ],
    "detail": {"state": {"value": ["ALARM"]}},
}
GRANTS = (
    *ALARM_GRANTS,
    Grant(
        action="logs:FilterLogEvents",
        resource="arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${ErrorBurstGroup}:*",
        because="the group is whichever the parameter names",
    ),
)

LONGEST_TEXT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """How many lines were found in each log stream; `more` and `could_not_read` as a `LogEvents` has them."""

    streams: tuple[tuple[str, int], ...] = ()  # the most first
    first: datetime | None = None
    last: datetime | None = None
    more: bool = False
    could_not_read: Unseen | None = None

    @property
    def count(self) -> int:
        """All of them."""
        return sum(count for _, count in self.streams)


def look(aws: Aws, alarm: AlarmChange, settings: Settings) -> Lines:
    """Count the lines behind the alarm."""
    return _counted(aws.client("logs"), _search(alarm, settings))


def blind(_alarm: AlarmChange, why: Unseen, _settings: Settings) -> Lines:
    """What is known without a look."""
    return Lines(more=True, could_not_read=why)


def decide(alarm: AlarmChange, facts: Lines, _now: datetime, settings: Settings) -> Plan:
    """Tell where the lines come from."""
    if alarm.state != "ALARM":
        return Plan.nothing()
    search = _search(alarm, settings)
    return Plan.alert(
        Alert(
            severity=Severity.MEDIUM,
            title=_title(facts, search),
            facts=(
                ("Log group", search.group),
                ("Pattern", search.pattern),
                *_where(facts),
                ("Alarm", alarm.name),
                ("Went off", when(alarm.at)),
                ("Because", alarm.reason or "not recorded"),
                ("Account", alarm.account or "not recorded"),
                ("Look with", search.command(alarm.region)),
            ),
            advice=_UNREADABLE if facts.could_not_read else "",
        )
    )


def _search(alarm: AlarmChange, settings: Settings) -> Search:
    """An agent sends its lines within seconds, so little more than the alarm's own period."""
    return Search.behind(
        alarm, settings.text(GROUP), settings.text(PATTERN), delay=timedelta(seconds=alarm.period_seconds)
    )


def _counted(logs: Any, search: Search) -> Lines:
    reading = LogEvents(logs, search)
    streams: list[str] = []
    times: list[int] = []
    for event in reading:
        streams.append(str(event.get("logStreamName", ""))[:LONGEST_TEXT])
        times.append(int(event["timestamp"]))
    return Lines(
        streams=tuple(most_first(streams)),
        first=datetime.fromtimestamp(min(times) / 1000, UTC) if times else None,
        last=datetime.fromtimestamp(max(times) / 1000, UTC) if times else None,
        more=reading.more,
        could_not_read=reading.could_not_read,
    )


def _title(facts: Lines, search: Search) -> str:
    if facts.first is None or facts.last is None:
        return f"{search.pattern} came up again and again in {search.group}"
    lines = number_of(facts.count, "line", or_more=facts.more)
    return f"{lines} with {search.pattern} in {search.group} in {span(facts.last - facts.first)}"


def _where(facts: Lines) -> Iterator[tuple[str, str]]:
    if facts.could_not_read:
        yield unread("Where", facts.could_not_read, after_some=facts.count > 0)
    elif not facts.count:
        yield "Where", "no such line was found in the log for the alarm's time"
    if facts.first is None or facts.last is None:
        return
    yield "Streams", some([f"{name} ({count})" for name, count in facts.streams])
    yield "First", when(facts.first)
    yield "Last", when(facts.last)


_UNREADABLE = """\
Look with the command; if that fails as well, mend what it names, or the next alert can't say where either.
The function may read the log group that the stack's parameter ErrorBurstGroup names, and no other: change \
it there, and not in the function.
A log group that is gone took its metric filter with it, so nothing is counted until the stack is deployed \
with ErrorBurstGroup=none and then with the name of the one that is there.
A log group with a KMS key of its own can be read as long as the key lets CloudWatch Logs decrypt."""

REMEDIATION = Remediation(
    name=NAME,
    title="A word comes up in a log again and again",
    woken_by="a word in a log group you name, so many times in a period",
    response="reports how many, in which streams, since when",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=ALARM_PATTERN),
            parse=single(alarm_change),
            look=look,
            decide=decide,
            blind=blind,
        ),
    ),
    grants=GRANTS,
    settings={GROUP: GROUP_PARAMETER.ref, PATTERN: PATTERN_PARAMETER.ref},
    parameters=(GROUP_PARAMETER, PATTERN_PARAMETER, THRESHOLD_PARAMETER, PERIOD_PARAMETER),
    conditions={"HasErrorBurst": GROUP_PARAMETER.isnt("none")},
    alarms=(ERROR_BURST,),
)

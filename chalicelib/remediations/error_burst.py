"""A word comes up in a log again and again, such as `"ERROR: 400"` fifty times in five minutes.

The stack's parameters name the log group, the filter pattern, the threshold and the period; a metric filter
counts, an alarm watches the count. An alarm only knows that there were many: when it goes off, we read the
log events behind it and tell how many there were, in which streams (hosts, containers, functions), since when
and until when.

What we leave alone: the lines themselves. What an application logs may hold secrets, and an alert travels by
e-mail; the command in it shows the lines to whoever may read the group.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.alarm_path import NAMESPACE, LogAlarm
from chalicelib.aws import Aws
from chalicelib.errors import foreseen
from chalicelib.events import AlarmChange, Raw, alarm_change
from chalicelib.log_evidence import MOST_PAGES, Search
from chalicelib.measures import most_first, some, span, when
from chalicelib.remediation import Alert, Grant, OnEvent, Plan, Remediation, Severity
from chalicelib.settings import Settings

NAME = "error_burst"
GROUP = "ERROR_BURST_GROUP"
PATTERN = "ERROR_BURST_PATTERN"
ALARM_NAME = "${AWS::StackName}-error-burst"

ERROR_BURST = LogAlarm(
    name="ErrorBurst",
    log_group={"Ref": "ErrorBurstGroup"},
    pattern={"Ref": "ErrorBurstPattern"},
    metric="ErrorBurst",
    namespace=NAMESPACE,
    threshold={"Ref": "ErrorBurstThreshold"},
    period_seconds={"Ref": "ErrorBurstPeriodSeconds"},
    description="A word comes up in a log again and again; error_burst tells where.",
    alarm_name=ALARM_NAME,
    condition="HasErrorBurst",
)
# By its name: an ARN taken from the alarm itself could not be had where no group is named.
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
    Grant(
        action="logs:FilterLogEvents",
        resource="arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${ErrorBurstGroup}:*",
        because="the group is whichever the parameter names",
    ),
)

LONGEST_TEXT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What was found: how many lines in each log stream. `more`: the log held more than was read."""

    streams: tuple[tuple[str, int], ...] = ()  # the most first
    first: datetime | None = None
    last: datetime | None = None
    more: bool = False
    could_not_look: str = ""

    @property
    def count(self) -> int:
        """All of them."""
        return sum(count for _, count in self.streams)


def parse(raw: Raw) -> tuple[AlarmChange, ...]:
    """The alarm's change of state."""
    return (alarm_change(raw),)


def look(aws: Aws, alarm: AlarmChange, settings: Settings) -> Lines:
    """Count the lines behind the alarm; what keeps us from looking is told, not raised."""
    try:
        return _counted(aws.client("logs"), _search(alarm, settings))
    except (ClientError, BotoCoreError) as error:
        return Lines(could_not_look=str(foreseen(error)))


def decide(alarm: AlarmChange, facts: Lines, _now: datetime, settings: Settings) -> Plan:
    """Tell where the lines come from."""
    if alarm.state != "ALARM":
        return Plan.nothing()
    search = _search(alarm, settings)
    return Plan.tell(
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
        )
    )


def _search(alarm: AlarmChange, settings: Settings) -> Search:
    """An agent sends its lines within seconds, so little more than the alarm's own period."""
    return Search.behind(
        alarm, settings.text(GROUP), settings.text(PATTERN), delay=timedelta(seconds=alarm.period_seconds)
    )


def _counted(logs: Any, search: Search) -> Lines:
    pages = iter(search.pages(logs))
    streams: list[str] = []
    times: list[int] = []
    for event in _events(islice(pages, MOST_PAGES)):
        streams.append(str(event.get("logStreamName", ""))[:LONGEST_TEXT])
        times.append(int(event["timestamp"]))
    if not times:
        return Lines(more=next(pages, None) is not None)
    return Lines(
        streams=tuple(most_first(streams)),
        first=datetime.fromtimestamp(min(times) / 1000, UTC),
        last=datetime.fromtimestamp(max(times) / 1000, UTC),
        more=next(pages, None) is not None,
    )


def _events(pages: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for page in pages:
        yield from page.get("events", ())


def _title(facts: Lines, search: Search) -> str:
    if not facts.count or facts.first is None or facts.last is None:
        return f"{search.pattern} came up again and again in {search.group}"
    count = f"{facts.count}{' or more' if facts.more else ''}"
    return f"{count} lines with {search.pattern} in {search.group} in {span(facts.last - facts.first)}"


def _where(facts: Lines) -> Iterator[tuple[str, str]]:
    if facts.could_not_look:
        yield "Where", f"could not look: {facts.could_not_look}"
        return
    if not facts.count or facts.first is None or facts.last is None:
        yield "Where", "no such line was found in the log for the alarm's time"
        return
    yield "Streams", some([f"{name} ({count})" for name, count in facts.streams])
    yield "First", when(facts.first)
    yield "Last", when(facts.last)


REMEDIATION = Remediation(
    name=NAME,
    title="A word comes up in a log again and again",
    page=__doc__ or "",
    triggers=(OnEvent(pattern=ALARM_PATTERN),),
    grants=GRANTS,
    parse=parse,
    look=look,
    decide=decide,
    settings={GROUP: {"Ref": "ErrorBurstGroup"}, PATTERN: {"Ref": "ErrorBurstPattern"}},
)

"""One of the CIS benchmark's fifteen alarms went off; an alarm says what happened, and not who did it.

Each of the benchmark's recommendations 4.1 to 4.15 is a metric filter on the trail's log group and an alarm
at the first match in five minutes. Their patterns are the benchmark's to the letter, because Security Hub
compares them. The alarms' topic has this function for a subscriber. Calls that do the like and that the
benchmark's text doesn't name (ModifySecurityGroupRules, SetDefaultPolicyVersion, public access blocks) wake
it by an event rule, each at once, and are reported under the same control.

What we do: read the log events behind the alarm and tell once who made which calls, from which addresses and
when. Left out is what the pattern catches and the benchmark doesn't mean: a call of that name at another
service (`CreatePolicy` is Organizations' too), and for changes a call that was refused, since nothing was
changed. Left out is also what settings expect: principals, and addresses such as a scanner's or
`delivery.logs.amazonaws.com`. When fewer calls are left than the alarm's threshold, no alert is sent. Where
we may not read, the alarm is reported as HIGH, with the reason. Where CloudWatch Logs doesn't answer, that is
reported at once, and a minute later we look again. CloudWatch notifies when an alarm goes off, and no more as
long as it is on, some twenty minutes after the last call: who called in that time is told when it is OK.

What we leave alone: everything; a change may be somebody's work. Failed sign-ins (4.6) are reported by
failed_login, which also counts the ones the benchmark's pattern misses; root's sign-ins by root_login, at
once.

Sources: CIS AWS Foundations Benchmark, section 4;
https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import AlarmChange, ApiCallEvent, alarm_messages, api_call
from chalicelib.evidence.alarm import GRANTS as ALARM_GRANTS
from chalicelib.evidence.alarm import went_off
from chalicelib.evidence.log_events import TRAIL_DELAY, Search, calls_found, proving, text_of, unread
from chalicelib.evidence.sign_in import who
from chalicelib.looking import Unseen
from chalicelib.references import EXPECTED_PRINCIPALS, TRAIL_GROUP
from chalicelib.remediation import Alert, Asked, Grant, Plan, Remediation, Severity, Way
from chalicelib.remediations.cis_alarms.controls import (
    CIS_CONTROLS,
    THRESHOLD_PARAMETER,
    TOPIC,
    CisControl,
    control_of,
    control_of_call,
    missed_calls,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings, matches_any, too_wide
from chalicelib.stack import ADDRESSES, ADDRESSES_ARE, Parameter, topic_for_alarms
from chalicelib.triggers import OnEvent, OnTopic
from chalicelib.wording import MOST_NAMED, last_name, most_first, number_of, when

NAME = "cis_alarms"
TRAIL_LOG_GROUP = "CIS_TRAIL_GROUP"
EXPECTED_SOURCES = "CIS_EXPECTED_SOURCES"
THRESHOLD = "CIS_THRESHOLD"

SOURCES_PARAMETER = Parameter(
    name="CisExpectedSources",
    type="CommaDelimitedList",
    default="delivery.logs.amazonaws.com",
    description="Addresses whose calls raise no CIS alert, such as scanners'; wildcards allowed.",
    pattern=ADDRESSES,
    constraint=ADDRESSES_ARE,
)
GRANTS = (
    *ALARM_GRANTS,
    Grant(
        action="logs:FilterLogEvents",
        resource="arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${TrailGroupName}:*",
        because="the trail's group may be one that was there before the stack",
    ),
)

# Refused calls changed nothing. Only AWS puts events on the bus whose source begins like this.
MISSED_PATTERN = {
    "source": [{"prefix": "aws."}],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {
        "errorCode": [{"exists": False}],
        "$or": [
            {"eventSource": [source], "eventName": list(names)} for source, names in missed_calls().items()
        ],
    },
}

# Not that it is OK for the first time, which nothing came before.
WENT_OFF_OR_WAS_ON = {"$or": [{"NewStateValue": ["ALARM"]}, {"OldStateValue": ["ALARM"]}]}

MOST_CALLS = 8
_MOST_ASKED_ABOUT = 2
LONGEST_TEXT = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """One call behind an alarm, in words cut to a sensible length. `left_out`: why it isn't told, or ""."""

    at: datetime
    event_id: str
    who: str
    root: bool
    address: str
    call: str  # "iam CreatePolicy", with ": AccessDenied" where it was refused
    region: str
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What was found, oldest first; `more` and `could_not_read` as a `LogEvents` has them.

    `since`: of an alarm that is OK again, when it had gone off; what came into the log before that is told.
    """

    calls: tuple[SeenCall, ...] = ()
    more: bool = False
    could_not_read: Unseen | None = None
    since: datetime | None = None

    @property
    def counted(self) -> tuple[SeenCall, ...]:
        """The calls that are reported."""
        return tuple(call for call in self.calls if not call.left_out)


def look(aws: Aws, alarm: AlarmChange, settings: Settings) -> Behind:
    """The records that the alarm counted; where it is OK again, those that came while it was on."""
    control = control_of(alarm.metric_name)
    if control is None or not _speaks(alarm, control):
        return Behind()
    since = None
    if alarm.state == "OK":
        since = went_off(aws.client("cloudwatch"), alarm)
        if since is None:
            return Behind()
    search = _search(alarm, control, settings, since)
    found = calls_found(aws.client("logs"), search, lambda event: seen(event, control, settings))
    return Behind(calls=found.kept, more=found.more, could_not_read=found.could_not_read, since=since)


def blind(_alarm: AlarmChange, why: Unseen, _settings: Settings) -> Behind:
    """What is known without a look."""
    return Behind(more=True, could_not_read=why)


def decide(alarm: AlarmChange, facts: Behind, _now: datetime, settings: Settings) -> Plan:
    """Tell who was behind the alarm, unless all of it, or all but too few, was expected."""
    control = control_of(alarm.metric_name)
    if control is None or not _speaks(alarm, control):
        return Plan.nothing()
    counted, over = facts.counted, alarm.state == "OK"
    if facts.calls and len(counted) < settings.number(THRESHOLD) and not facts.more:
        return Plan.nothing()
    if over and not counted and not facts.more:
        return Plan.nothing()
    return Plan.alert(
        Alert(
            severity=_severity(counted, facts),
            title=("Went on: " if over else "") + _title(control, counted, more=facts.more),
            facts=(
                *_who_and_what(counted, facts),
                (
                    "Control",
                    control.label,
                ),
                ("Alarm", alarm.name),
                *_while_it_was_on(facts),
                ("OK again" if over else "Went off", when(alarm.at)),
                ("Because", alarm.reason or "not recorded"),
                ("Account", alarm.account or "not recorded"),
                *_known_from(counted, settings),
                ("Look with", _search(alarm, control, settings, facts.since).command(alarm.region)),
            ),
            advice=_ADVICE if counted else "",
            asks=_asks(counted),
        )
    )


def look_at_nothing(_aws: Aws, _event: ApiCallEvent, _settings: Settings) -> None:
    """Read nothing: the record says it all."""


def decide_on_call(event: ApiCallEvent, _facts: None, _now: datetime, settings: Settings) -> Plan:
    """Tell who made a call that the benchmark's patterns miss, unless it is expected."""
    control = control_of_call(event.source, event.name)
    if control is None:
        return Plan.nothing()
    call = seen(event, control, settings)
    if call.left_out:
        return Plan.nothing()
    behind = Behind(calls=(call,))
    return Plan.alert(
        Alert(
            severity=_severity((call,), behind),
            title=_title(control, (call,), more=False),
            facts=(
                *_who_and_what((call,), behind),
                ("Control", f"{control.label}; the benchmark's own pattern does not name this call"),
                ("Account", event.account or "not recorded"),
            ),
            advice=_ADVICE,
            asks=_asks((call,)),
        )
    )


def _asks(counted: Sequence[SeenCall]) -> tuple[Asked, ...]:
    """What else those did who were seen most."""
    named = most_first(call.who for call in counted if call.who.startswith("arn:"))
    return tuple(Asked("what-did-principal-do", who) for who, _ in named[:_MOST_ASKED_ABOUT])


def _speaks(alarm: AlarmChange, control: CisControl) -> bool:
    return alarm.state in ("ALARM", "OK") and not control.alerted_by


def _search(
    alarm: AlarmChange, control: CisControl, settings: Settings, since: datetime | None = None
) -> Search:
    behind = Search.behind(alarm, settings.text(TRAIL_LOG_GROUP), control.pattern)
    return replace(behind, since=since - TRAIL_DELAY, came_after=since) if since else behind


def _while_it_was_on(facts: Behind) -> Iterator[tuple[str, str]]:
    if facts.since:
        yield "Was on from", f"{when(facts.since)}; CloudWatch notifies once, so these calls are told now"


def seen(event: ApiCallEvent, control: CisControl, settings: Settings) -> SeenCall:
    """The call in words, and whether it is to be reported."""
    refused = f": {event.error_code}" if event.error_code else ""
    return SeenCall(
        at=event.at,
        event_id=event.key,
        who=who(event)[:LONGEST_TEXT],
        root=event.actor.type == "Root",
        address=event.source_ip[:LONGEST_TEXT],
        call=f"{event.source.partition('.')[0]} {event.name}{refused}"[:LONGEST_TEXT],
        region=event.region,
        left_out=_left_out(event, control, settings),
    )


def _left_out(event: ApiCallEvent, control: CisControl, settings: Settings) -> str:
    if control.sources and event.source not in control.sources:
        return "another service's call"
    if control.changes and event.failed:
        return "refused, so nothing was changed"
    if event.name in control.elsewhere:
        return f"told by {control.elsewhere[event.name]}"
    if event.principal and settings.ignores(event.principal):
        return "by an expected principal"
    expected = (each for each in settings.names(EXPECTED_SOURCES) if not too_wide(each, ADDRESSES))
    if event.source_ip and matches_any(event.source_ip, expected):
        return "from an expected source"
    return ""


def _severity(counted: Sequence[SeenCall], facts: Behind) -> Severity:
    """Root's calls are graver, and may be among what could not be read."""
    root = any(call.root for call in counted)
    return Severity.HIGH if root or facts.could_not_read else Severity.MEDIUM


def _title(control: CisControl, counted: Sequence[SeenCall], *, more: bool) -> str:
    if not counted:
        return f"{control.title}: who could not be found"
    people = most_first((call.who, call.address) for call in counted)
    (first, address), _ = people[0]
    others = f" and {number_of(len(people) - 1, 'other')}" if len(people) > 1 else ""
    count = f"{len(counted)}{' or more' if more else ''}"
    return f"{control.title}: {count} by {last_name(first)} from {address or 'an unknown address'}{others}"


def _who_and_what(counted: Sequence[SeenCall], facts: Behind) -> Iterator[tuple[str, str]]:
    if facts.could_not_read:
        yield unread("Who", facts.could_not_read, after_some=bool(counted))
    elif not counted:
        yield "Who", "nothing was found in the log for the alarm's time"
    if not counted:
        return
    people = most_first((call.who, call.address) for call in counted)
    for actor, count in people[:MOST_NAMED]:
        (name, address) = actor
        calls = Counter(call.call for call in counted if (call.who, call.address) == actor)
        yield "Who", f"{name} from {address or 'an unknown address'}: {count}"
        yield "Calls", _listed(calls)
    if len(people) > MOST_NAMED:
        yield "And", number_of(len(people) - MOST_NAMED, "other")
    left_out = Counter(call.left_out for call in facts.calls if call.left_out)
    if left_out:
        yield "Left out", "; ".join(f"{count} {why}" for why, count in sorted(left_out.items()))
    yield "First", when(counted[0].at)
    yield "Last", when(counted[-1].at)
    yield "Recorded in", ", ".join(sorted({call.region for call in counted if call.region})) or "not recorded"
    yield "CloudTrail event", counted[0].event_id


def _known_from(counted: Sequence[SeenCall], settings: Settings) -> Iterator[tuple[str, str]]:
    if counted:
        yield text_of(settings.text(TRAIL_LOG_GROUP))
        yield "Prove it with", proving(counted[0].event_id, counted[0].region)


def _listed(calls: Counter[str]) -> str:
    ordered = sorted(calls.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{call} ({count})" if count > 1 else call for call, count in ordered[:MOST_CALLS])
    return f"{shown} and {len(ordered) - MOST_CALLS} other calls" if len(ordered) > MOST_CALLS else shown


_ADVICE = """\
Ask the named principals whether this was them. If it was their work, and will be again, add them to \
IgnoredPrincipals, or their address to CisExpectedSources.
If it was not: deactivate the access key or end the role's sessions, then look what else they did."""

REMEDIATION = Remediation(
    name=NAME,
    title="One of the CIS benchmark's alarms went off",
    woken_by="the CIS benchmark's fifteen alarms on the trail's log group, and calls that they miss",
    response="reports who made which calls, from where and when; leaves out whom parameters name",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnTopic(topic=TOPIC, only=WENT_OFF_OR_WAS_ON),
            parse=alarm_messages,
            look=look,
            decide=decide,
            blind=blind,
        ),
        Way(
            on=OnEvent(pattern=MISSED_PATTERN, everywhere=True),
            parse=api_call,
            look=look_at_nothing,
            decide=decide_on_call,
        ),
        COUNTING,
    ),
    grants=GRANTS,
    settings={
        TRAIL_LOG_GROUP: TRAIL_GROUP,
        EXPECTED_SOURCES: SOURCES_PARAMETER.joined,
        THRESHOLD: THRESHOLD_PARAMETER.ref,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    parameters=(THRESHOLD_PARAMETER, SOURCES_PARAMETER),
    alarms=tuple(control.alarm for control in CIS_CONTROLS),
    # Security Hub asks of the benchmark's alarms that their topic has a subscriber; it has this function.
    resources=topic_for_alarms(TOPIC),
    controls=(
        *(f"CIS 4.{number}" for number in range(1, 16)),
        *(f"Security Hub CloudWatch.{number}" for number in range(1, 15)),
    ),
)

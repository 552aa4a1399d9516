"""CloudTrail Insights says that an API is called, or fails, far more often than usual.

A key that was stolen is tried out, a script deletes what it finds, a loop runs wild: each is many calls of
one kind in minutes. CloudTrail Insights compares what is called per minute, and what fails, with the seven
days before, and tells the bursts. That is late: usually within 30 minutes.

What we do: when a burst begins report which API it is, how often it is called and was before, whose calls
they are and with which agents, and who of them is new: not among those who made such calls in the baseline.
HIGH where somebody is new, or Insights names nobody; MEDIUM for the rest. From which addresses the calls came
is read from event history.

What we leave alone: everything is told and nothing is done, since a burst is no crime. The end of a burst;
bursts of those alone that `IgnoredPrincipals` names, where Insights lists them all. Insights is off in a
trail, and costs by what it analyses: the parameter `RecordInsights` switches it on in the stack's own trail,
for yours it is `aws cloudtrail put-insight-selectors`. The first 36 hours after that it tells nothing.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-insights-fields-trails.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS, MalformedEvent
from chalicelib.events import call_of_history, mapping_in, moment, optional_mapping, single, text_of
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.looking import Unseen, unseen
from chalicelib.references import EXPECTED_PRINCIPALS
from chalicelib.remediation import Alert, Plan, Proof, ProvenBy, Remediation, Severity, Way
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.triggers import OnEvent
from chalicelib.wording import aws_command, most_first, some, span, when

NAME = "unusual_activity"
# EventBridge's page gives the detail-type and no source; that it is one of AWS's is all that keeps out events
# of one's own making, which can't begin so.
PATTERN: Mapping[str, Any] = {
    "source": [{"prefix": "aws."}],
    "detail-type": ["AWS Insight via CloudTrail"],
    "detail": {"insightDetails": {"state": ["Start"]}},
}
# Insights lists so many values of an attribute at most.
_MOST_LISTED = 5
_RATES, _ERRORS = "ApiCallRateInsight", "ApiErrorRateInsight"
_ADVICE = """\
Is this a deployment, a migration, a test that you know? Then nothing is to be done. Else disable the \
credentials of who is new, and look in event history at what they called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Values of one attribute, each with its calls per minute, as Insights lists them, the most first."""

    during: tuple[tuple[str, float], ...] = ()
    before: tuple[tuple[str, float], ...] = ()

    @property
    def new(self) -> tuple[str, ...]:
        """Those of the burst that the baseline doesn't list."""
        known = {value for value, _ in self.before}
        return tuple(value for value, _ in self.during if value not in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Insight:
    """The beginning of unusual activity. `key`: CloudTrail's eventID.

    `usual` and `now`: calls or errors per minute in the baseline and when it began; None where the event
    doesn't say. `compared_with`: how long the baseline is.
    """

    key: str
    at: datetime
    account: str
    region: str
    kind: str
    source: str
    name: str
    error_code: str = ""
    usual: float | None = None
    now: float | None = None
    compared_with: timedelta = timedelta()
    who: Attribution = Attribution()
    agents: Attribution = Attribution()
    principal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Addresses with how often each was seen in event history, the most frequent first."""

    addresses: tuple[tuple[str, int], ...] = ()
    could_not_read: tuple[Unseen, ...] = ()


# ---- parse --------------------------------------------------------------------------------------


def insight(raw: Mapping[str, Any]) -> Insight:
    """The Insights record in an EventBridge event; raises MalformedEvent."""
    detail = mapping_in(raw, "detail")
    about = mapping_in(detail, "insightDetails")
    key = text_of(detail.get("eventID"))
    if not key:
        raise MalformedEvent("eventID is missing")
    context = optional_mapping(about.get("insightContext"))
    numbers = optional_mapping(context.get("statistics"))
    minutes = _number(numbers.get("baselineDuration")) or 0
    return Insight(
        key=key,
        at=moment(text_of(detail.get("eventTime")), key),
        account=text_of(detail.get("recipientAccountId")) or text_of(raw.get("account")),
        region=text_of(detail.get("awsRegion")) or text_of(raw.get("region")),
        kind=text_of(about.get("insightType")),
        source=text_of(about.get("eventSource")) or NOT_RECORDED,
        name=text_of(about.get("eventName")) or NOT_RECORDED,
        error_code=text_of(about.get("errorCode")),
        usual=_number(optional_mapping(numbers.get("baseline")).get("average")),
        now=_number(optional_mapping(numbers.get("insight")).get("average")),
        compared_with=timedelta(minutes=min(minutes, _MOST_MINUTES)),
        who=_attribution(context, "userIdentityArn"),
        agents=_attribution(context, "userAgent"),
    )


_MOST_MINUTES = 90 * 24 * 60  # nothing of CloudTrail's reaches further back


def _number(value: Any) -> float | None:
    counts = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12
    return float(value) if counts else None


def _attribution(context: Mapping[str, Any], name: str) -> Attribution:
    listed = context.get("attributions")
    for each in listed if isinstance(listed, list) else ():
        if optional_mapping(each).get("attribute") == name:
            return Attribution(
                during=tuple(_values(each, "insight")), before=tuple(_values(each, "baseline"))
            )
    return Attribution()


def _values(attribution: Mapping[str, Any], part: str) -> Iterator[tuple[str, float]]:
    listed = attribution.get(part)
    for each in listed if isinstance(listed, list) else ():
        value = text_of(optional_mapping(each).get("value"))
        if value and value != "null":
            yield value, _number(optional_mapping(each).get("average")) or 0.0


# ---- look ---------------------------------------------------------------------------------------


def look(aws: Aws, event: Insight, _settings: Settings) -> Origins:
    """The addresses behind a page of these calls in event history; a help for who reads, no proof."""
    try:
        found = aws.client("cloudtrail", event.region).lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event.name}],
            StartTime=event.at,
            EndTime=event.at + _LOOKED_AT,
        )["Events"]
    except AWS_ERRORS as error:
        return Origins(could_not_read=(unseen(error, "reading event history: {}"),))
    calls = [call for each in found for call in call_of_history(each)]
    addresses = [call.source_ip for call in calls if call.source == event.source and call.source_ip]
    return Origins(addresses=tuple(most_first(addresses)))


_LOOKED_AT = timedelta(minutes=15)


def blind(_event: Insight, why: Unseen, _settings: Settings) -> Origins:
    """A look that saw nothing."""
    return Origins(could_not_read=(why,))


# ---- decide -------------------------------------------------------------------------------------


def decide(event: Insight, facts: Origins, _now: datetime, settings: Settings) -> Plan:
    """Tell the burst, unless all of it is expected."""
    who = [value for value, _ in event.who.during]
    # Of a full list nobody knows who else there is.
    if who and len(who) < _MOST_LISTED and all(map(settings.ignores, who)):
        return Plan.nothing()
    grave = not who or event.who.new
    failing = f" fails with {event.error_code or 'errors'}" if event.kind == _ERRORS else " is called"
    return Plan.alert(
        Alert(
            severity=Severity.HIGH if grave else Severity.MEDIUM,
            title=f"{event.name}{failing} far more often than usual",
            facts=tuple(_facts(event, facts)),
            advice=_ADVICE,
        )
    )


def _facts(event: Insight, found: Origins) -> Iterator[tuple[str, str]]:
    yield "Who", _listed(event.who) if event.who.during else f"{NOT_RECORDED} by Insights"
    if event.who.new:
        yield "New", f"{some(event.who.new)}: not among those who did so in the baseline"
    for each in found.could_not_read:
        yield "Could not look", str(each)
    if found.addresses:
        yield "From", some([f"{address} ({count})" for address, count in found.addresses])
    yield "API", f"{event.name} of {event.source}"
    yield "Now", _rate(event.now)
    yield "Usual", f"{_rate(event.usual)}, over the {span(event.compared_with)} before"
    if event.agents.during:
        yield "Agents", _listed(event.agents)
    yield "Began", when(event.at)
    yield "Insight", event.kind or NOT_RECORDED
    yield "Account", event.account or NOT_RECORDED
    yield "Region", event.region or NOT_RECORDED
    yield "CloudTrail event", event.key
    yield (
        "Look again with",
        aws_command(
            "cloudtrail",
            "lookup-events",
            {
                "--lookup-attributes": f"AttributeKey=EventName,AttributeValue={event.name}",
                "--start-time": f"{event.at:%Y-%m-%dT%H:%M:%SZ}",
                "--region": event.region,
            },
        ),
    )


def _listed(attribution: Attribution) -> str:
    return some([f"{value} ({_rate(average)})" for value, average in attribution.during])


def _rate(average: float | None) -> str:
    return NOT_RECORDED if average is None else f"{average:.4g} a minute"


REMEDIATION = Remediation(
    name=NAME,
    title="An API is called, or fails, far more often than usual",
    woken_by="the beginning of unusual activity that CloudTrail Insights has found, anywhere",
    response="reports which burst it is, whose it is, who of them is new, and what is usual",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=single(insight),
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(by=ProvenBy.STATE, because="it never acts"),
        ),
    ),
    grants=LATELY,
    settings={IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined},
    controls=("ATT&CK T1078.004", "ATT&CK T1580", "ATT&CK T1485"),
)

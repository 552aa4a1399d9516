"""Requests fail: a web service answers 5xx to many, or refuses one client again and again with 4xx.

Access logs go to a log group, which the stack's parameter `SurgeOfErrorsGroup` names: of an Application Load
Balancer, of API Gateway or CloudFront, or in the Common Log Format. Every ten minutes we ask it how the last
ten minutes were answered. 5xx is told where there are many and they are a tenth of all requests: the service
is broken or overrun, and the alert says which clients and paths are behind most. 4xx is told of a client that
got many: somebody guesses paths, passwords or keys, and the alert says who and how many paths.

What stays silent: errors that are few, or few beside all requests; one path that a client asks for again and
again and that isn't there (404), as after a release that moved it. `SurgeOfErrorsExpected` names clients that
are refused by order.

If the log group can't be asked, or its lines can't be read, that is an alert. A service without requests is
none.

What we leave alone: the service and the client. WAF can limit a client's rate.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html,
https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.aws import Aws
from chalicelib.events import Tick, single, tick
from chalicelib.evidence.access_logs import REQUESTS
from chalicelib.evidence.log_query import (
    HOUR_SECONDS,
    Question,
    Row,
    ask,
    cannot_see,
    grants,
    number,
    source_facts,
)
from chalicelib.looking import Unseen
from chalicelib.remediation import Alert, Plan, Quiet, Remediation, Severity, Way
from chalicelib.settings import Settings
from chalicelib.stack import Parameter
from chalicelib.triggers import OnSchedule
from chalicelib.wording import number_of, safe, some

NAME = "surge_of_errors"
GROUP, FAILURES, REFUSALS, EXPECTED = (
    f"SURGE_OF_ERRORS_{each}" for each in ("GROUP", "FAILURES", "REFUSALS", "EXPECTED")
)
CONDITION = "HasSurgeOfErrors"
# A load balancer's log comes up to some six minutes late, so the ten minutes end that long ago.
WINDOW, LATE = timedelta(minutes=10), timedelta(minutes=7)
SHARE = 10  # percent of all requests
MOST_CLIENTS = 500
MOST_ONE_BY_ONE = 5
LONGEST_URL = 80

GROUP_PARAMETER = Parameter(
    name="SurgeOfErrorsGroup",
    default="none",
    description="An existing log group with access logs; none switches surge_of_errors off.",
)
FAILURES_PARAMETER = Parameter(
    name="SurgeOfErrorsFailures",
    type="Number",
    default="50",
    minimum=2,
    description="So many answers of 5xx within ten minutes, and a tenth of all, raise an alert.",
)
REFUSALS_PARAMETER = Parameter(
    name="SurgeOfErrorsRefusals",
    type="Number",
    default="100",
    minimum=2,
    description="So many answers of 4xx to one client within ten minutes raise an alert.",
)
EXPECTED_PARAMETER = Parameter(
    name="SurgeOfErrorsExpected",
    type="CommaDelimitedList",
    default="",
    description="Addresses of clients that are refused by order, such as a scanner's: no alert.",
    pattern=r"[0-9.]+|[0-9a-fA-F:]+",
    constraint="Addresses, without wildcards.",
)

_BY_CLASS = (
    f"{REQUESTS} | filter ispresent(code) | fields floor(code / 100) as class "
    "| stats count(*) as requests by class"
)
_FAILED = (
    f"{REQUESTS} | filter code >= 500 | stats count(*) as requests by client, url, code "
    "| sort requests desc | limit 200"
)
_REFUSED = (
    f"{REQUESTS} | filter code >= 400 and code < 500 | stats count(*) as requests, count_distinct(url) as "
    "urls, earliest(url) as example, min(code) as lowest, max(code) as highest by client "
    "| filter requests >= {refusals} | sort requests desc | limit {most}"
)
_NOT_THERE = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A client that got so many 4xx; `lowest`, `highest`: of the statuses."""

    client: str
    requests: int
    urls: int
    example: str
    lowest: int
    highest: int

    @property
    def asks_for_what_moved(self) -> bool:
        """Whether all of it was one path that isn't there."""
        return self.urls == 1 and self.lowest == self.highest == _NOT_THERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How requests were answered. `behind`: of the 5xx, client, path, status and how many, most first."""

    requests: int = 0
    failed: int = 0
    behind: tuple[tuple[str, str, str, int], ...] = ()
    refused: tuple[Refused, ...] = ()
    readable: bool = True
    could_not_read: Unseen | None = None


def question(now: datetime, settings: Settings, text: str = _BY_CLASS) -> Question:
    """How ten minutes were answered; or another text over the same log."""
    until = now - LATE
    return Question(group=settings.text(GROUP), text=text, since=until - WINDOW, until=until)


def look(aws: Aws, event: Tick, settings: Settings) -> Errors:
    """Ask the access logs: how many of each class, and who is behind those that are too many."""
    logs = aws.client("logs")
    answer = ask(logs, question(event.at, settings))
    if answer.could_not_read:
        return Errors(could_not_read=answer.could_not_read)
    if not answer.rows and answer.scanned:
        return Errors(readable=False)
    classes = {number(row, "class"): number(row, "requests") for row in answer.rows}
    requests, failed = sum(classes.values()), classes.get(5, 0)
    behind: tuple[Row, ...] = ()
    refused: tuple[Row, ...] = ()
    why = None
    if _is_surge(failed, requests, settings):
        found = ask(logs, question(event.at, settings, _FAILED))
        behind, why = found.rows, found.could_not_read
    least = settings.number(REFUSALS)
    if classes.get(4, 0) >= least:
        text = _REFUSED.format(refusals=least, most=MOST_CLIENTS)
        found = ask(logs, question(event.at, settings, text))
        refused, why = found.rows, why or found.could_not_read
    expected = settings.names(EXPECTED)
    return Errors(
        requests=requests,
        failed=failed,
        behind=tuple(
            (row.get("client", ""), row.get("url", ""), row.get("code", ""), number(row, "requests"))
            for row in behind
        ),
        refused=tuple(_refused(row) for row in refused if row.get("client", "") not in expected),
        could_not_read=why,
    )


def blind(_event: Tick, why: Unseen, _settings: Settings) -> Errors:
    """What is known without a look."""
    return Errors(could_not_read=why)


def decide(event: Tick, facts: Errors, _now: datetime, settings: Settings) -> Plan:
    """Tell of a surge of 5xx, of each client that is refused, and of what can't be seen."""
    alerts = []
    if _is_surge(facts.failed, facts.requests, settings):
        alerts.append(_of_failures(facts, event, settings))
    clients = [each for each in facts.refused if not each.asks_for_what_moved]
    alerts += [_of_client(each, event, settings) for each in clients[:MOST_ONE_BY_ONE]]
    if len(clients) > MOST_ONE_BY_ONE:
        alerts.append(_of_more(clients[MOST_ONE_BY_ONE:], event, settings))
    return Plan.alert(*alerts, *_unseen(facts, event, settings))


def _is_surge(failed: int, requests: int, settings: Settings) -> bool:
    return failed >= settings.number(FAILURES) and failed * 100 >= SHARE * requests


def _refused(row: Row) -> Refused:
    return Refused(
        client=row.get("client", ""),
        requests=number(row, "requests"),
        urls=number(row, "urls"),
        example=safe(row.get("example", ""), LONGEST_URL),
        lowest=number(row, "lowest"),
        highest=number(row, "highest"),
    )


def _of_failures(facts: Errors, event: Tick, settings: Settings) -> Alert:
    clients: dict[str, int] = {}
    paths: dict[str, int] = {}
    for client, url, code, count in facts.behind:
        clients[client] = clients.get(client, 0) + count
        path = f"{safe(url.partition('?')[0], LONGEST_URL)} ({code})"
        paths[path] = paths.get(path, 0) + count
    return Alert(
        severity=Severity.HIGH,
        title=f"{facts.failed} of {facts.requests} requests within ten minutes were answered 5xx",
        facts=(
            ("Clients", _most(clients)),
            ("Paths", _most(paths)),
            *source_facts(question(event.at, settings, _FAILED), event),
        ),
        advice=(
            "If most come from few clients, limit their rate in WAF. If they come from all, look at the "
            "service behind: what was deployed, and what it waits for."
        ),
        quiet=Quiet(subject="5xx", seconds=HOUR_SECONDS),
    )


def _most(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return some([f"{name or 'not recorded'} ({count})" for name, count in ordered]) if counts else "not known"


def _of_client(refused: Refused, event: Tick, settings: Settings) -> Alert:
    codes = (
        str(refused.lowest) if refused.lowest == refused.highest else f"{refused.lowest} to {refused.highest}"
    )
    return Alert(
        severity=Severity.MEDIUM,
        title=f"{refused.client or 'Somebody'} was refused {refused.requests} times within ten minutes",
        facts=(
            ("From", refused.client or "not recorded"),
            ("Answered", codes),
            ("Paths", f"{refused.urls} different, the first {refused.example}"),
            *source_facts(_of_refusals(event, settings), event),
        ),
        advice="Look what was let in from there. A rate limit in WAF stops guessing.",
        quiet=Quiet(subject=refused.client, seconds=HOUR_SECONDS),
    )


def _of_refusals(event: Tick, settings: Settings) -> Question:
    text = _REFUSED.format(refusals=settings.number(REFUSALS), most=MOST_CLIENTS)
    return question(event.at, settings, text)


def _of_more(clients: list[Refused], event: Tick, settings: Settings) -> Alert:
    return Alert(
        severity=Severity.MEDIUM,
        title=f"{number_of(len(clients), 'more client')} refused again and again within ten minutes",
        facts=(
            ("From", some([f"{each.client} ({each.requests})" for each in clients])),
            *source_facts(_of_refusals(event, settings), event),
        ),
        advice="So many at once guess together. A rate limit in WAF stops guessing.",
        quiet=Quiet(subject="more", seconds=HOUR_SECONDS),
    )


def _unseen(facts: Errors, event: Tick, settings: Settings) -> Iterator[Alert]:
    group, asked = settings.text(GROUP), question(event.at, settings)
    if facts.could_not_read:
        title = f"The access logs in {group} could not be asked for errors"
        yield cannot_see(title, str(facts.could_not_read), Severity.HIGH, asked, event)
    elif not facts.readable:
        title = f"The access logs in {group} can't be read: errors would not be seen"
        yield cannot_see(title, "no line of the last minutes has a status", Severity.MEDIUM, asked, event)


REMEDIATION = Remediation(
    name=NAME,
    title="Requests to a web service fail, or one client is refused again and again",
    woken_by="every ten minutes, where `SurgeOfErrorsGroup` names a log group with access logs",
    response="reports how many failed, from which clients and at which paths",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnSchedule(expression="rate(10 minutes)", condition=CONDITION),
            parse=single(tick),
            look=look,
            decide=decide,
            blind=blind,
        ),
    ),
    grants=grants(GROUP_PARAMETER.name),
    settings={
        GROUP: GROUP_PARAMETER.ref,
        FAILURES: FAILURES_PARAMETER.ref,
        REFUSALS: REFUSALS_PARAMETER.ref,
        EXPECTED: EXPECTED_PARAMETER.joined,
    },
    parameters=(GROUP_PARAMETER, FAILURES_PARAMETER, REFUSALS_PARAMETER, EXPECTED_PARAMETER),
    conditions={CONDITION: GROUP_PARAMETER.isnt("none")},
    controls=("ATT&CK T1595.003", "ATT&CK T1499"),
)

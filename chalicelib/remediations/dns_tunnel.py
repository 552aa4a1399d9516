"""Data leaves through DNS: many different, long names are asked for under one domain.

The names themselves carry the data, to whoever answers for the domain; no firewall for addresses sees it.
Query logs of the VPC's resolver go to a log group, which the stack's parameter `DnsTunnelGroup` names; every
ten minutes we ask it for domains of which one address looked up many long names in the last half hour; short
ones that it asks for besides hide nothing. The alert names the domain, the instance and an example.

What stays silent: many names that are short, the same long name again and again, reverse lookups, and names
of AWS's own zones, which only AWS answers. `DnsTunnelExpected` names domains that work so: some virus
scanners and block lists put a checksum into every name.

If the log group can't be asked, or holds no query that could be read, that is an alert.

What we leave alone: the instance and the resolver. DNS Firewall can block the domain; the alert says how.

Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.aws import Aws
from chalicelib.events import Tick, single, tick
from chalicelib.evidence.log_query import (
    HOUR_SECONDS,
    Question,
    Row,
    ask,
    cannot_see,
    count_of,
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

NAME = "dns_tunnel"
GROUP, NAMES, EXPECTED = (f"DNS_TUNNEL_{each}" for each in ("GROUP", "NAMES", "EXPECTED"))
CONDITION = "HasDnsTunnel"
WINDOW = timedelta(minutes=30)
LENGTH = 24  # of what stands before the domain, at least; tools that tunnel fill labels of up to 63
MOST_DOMAINS = 500
MOST_ONE_BY_ONE = 5
LONGEST_NAME = 80

GROUP_PARAMETER = Parameter(
    name="DnsTunnelGroup",
    default="none",
    description="An existing log group with the resolver's query logs; none switches dns_tunnel off.",
)
NAMES_PARAMETER = Parameter(
    name="DnsTunnelNames",
    type="Number",
    default="50",
    minimum=5,
    description="So many different long names under one domain within half an hour raise an alert.",
)
EXPECTED_PARAMETER = Parameter(
    name="DnsTunnelExpected",
    type="CommaDelimitedList",
    default="",
    description="Domains under which many long names are looked up by order: no alert.",
    pattern=r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+",
    constraint="Domains with a dot in them, such as example.com, without wildcards.",
)
# Only AWS answers for names of its own, and only the owner of an address block for reverse lookups.
_NOBODYS = ("amazonaws.com", "amazonaws.com.cn", "aws.dev", "in-addr.arpa", "ip6.arpa")
# Below these a country's companies have their domains: one more label says whose name it is.
_SHARED = ("co", "com", "org", "net", "gov", "edu", "ac", "or", "ne", "go", "gob", "ltd", "plc", "nom", "web")

_BY_DOMAIN = (
    # Resolvers that mix the case of letters make one name of many spellings.
    r"fields tolower(query_name) as name | parse name /^(?<sub>.+)\.(?<domain>{labels})\.?$/ "
    "| filter ispresent(sub) and strlen(sub) >= {length}{only} "
    "| stats count_distinct(name) as names, count(*) as queries, avg(strlen(sub)) as length, "
    "max(strlen(sub)) as longest, earliest(name) as example, earliest(query_type) as type, "
    "earliest(srcids.instance) as instance, earliest(vpc_id) as vpc by domain, srcaddr "
    "| filter names >= {names} | sort names desc | limit {most}"
)
_TWO, _THREE = r"[^.]+\.[^.]+", r"[^.]+\.[^.]+\.[^.]+"
_READABLE = "stats count(*) as records, count(query_name) as known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """What one address asked of one domain. `length`: of what stands before the domain, on average."""

    domain: str
    source: str
    instance: str
    vpc: str
    names: int
    queries: int
    length: int
    longest: int
    example: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnels:
    """All of them, those with the most names first; `records` and `readable` as a `port_scan` has them."""

    tunnels: tuple[Tunnel, ...] = ()
    records: int = 1
    readable: bool = True
    could_not_read: Unseen | None = None


def question(now: datetime, settings: Settings, text: str = "") -> Question:
    """Which domains had many long names in the last half hour; or another text over the same queries."""
    return Question(
        group=settings.text(GROUP), text=text or _text(settings, _TWO), since=now - WINDOW, until=now
    )


def _text(settings: Settings, labels: str, only: str = "") -> str:
    values = {"names": settings.number(NAMES), "length": LENGTH, "most": MOST_DOMAINS}
    return _BY_DOMAIN.format(labels=labels, only=only, **values)


def look(aws: Aws, event: Tick, settings: Settings) -> Tunnels:
    """Ask the query logs; where a domain is one below which many companies are, ask once more."""
    logs = aws.client("logs")
    answer = ask(logs, question(event.at, settings))
    if answer.could_not_read:
        return Tunnels(could_not_read=answer.could_not_read)
    if not answer.rows:
        known = count_of(logs, question(event.at, settings, _READABLE), "known")
        if isinstance(known, Unseen):
            return Tunnels(could_not_read=known)
        return Tunnels(records=answer.scanned, readable=not answer.scanned or known > 0)
    found = [_tunnel(row) for row in answer.rows]
    shared = sorted({each.domain for each in found if _is_shared(each.domain)})
    why = None
    if shared:
        ends = "|".join(each.replace(".", r"\.") for each in shared)
        text = _text(settings, _THREE, f" and query_name like /\\.({ends})\\.?$/")
        deeper = ask(logs, question(event.at, settings, text))
        why = deeper.could_not_read
        found = [each for each in found if not _is_shared(each.domain)] + list(map(_tunnel, deeper.rows))
    expected = (*_NOBODYS, *(each.lower() for each in settings.names(EXPECTED)))
    return Tunnels(
        tunnels=tuple(each for each in found if not _is_below(each.domain, expected)),
        could_not_read=why,
    )


def blind(_event: Tick, why: Unseen, _settings: Settings) -> Tunnels:
    """What is known without a look."""
    return Tunnels(could_not_read=why)


def decide(event: Tick, facts: Tunnels, _now: datetime, settings: Settings) -> Plan:
    """Tell of each domain and address, and of what can't be seen."""
    several = sorted(facts.tunnels, key=lambda each: -each.names)
    alerts = [_of_one(each, event, settings) for each in several[:MOST_ONE_BY_ONE]]
    if len(several) > MOST_ONE_BY_ONE:
        alerts.append(_of_more(several[MOST_ONE_BY_ONE:], event, settings))
    return Plan.alert(*alerts, *_unseen(facts, event, settings))


def _tunnel(row: Row) -> Tunnel:
    return Tunnel(
        domain=row.get("domain", "").lower(),
        source=row.get("srcaddr", ""),
        instance=row.get("instance", ""),
        vpc=row.get("vpc", ""),
        names=number(row, "names"),
        queries=number(row, "queries"),
        length=number(row, "length"),
        longest=number(row, "longest"),
        example=safe(row.get("example", ""), LONGEST_NAME),
        type=row.get("type", ""),
    )


def _is_shared(domain: str) -> bool:
    """Whether it is like co.uk: a country's, below which many have their domains."""
    first, _, last = domain.partition(".")
    return first in _SHARED and len(last) == 2


def _is_below(domain: str, others: tuple[str, ...]) -> bool:
    return any(domain == each or domain.endswith(f".{each}") for each in others)


def _of_one(tunnel: Tunnel, event: Tick, settings: Settings) -> Alert:
    return Alert(
        severity=Severity.HIGH,
        title=f"{tunnel.instance or tunnel.source} looked up {tunnel.names} long names below {tunnel.domain}",
        facts=(
            ("Domain", tunnel.domain),
            ("From", f"{tunnel.source}, {tunnel.instance or 'no instance'}, in {tunnel.vpc or 'no VPC'}"),
            ("Queries", f"{tunnel.queries}, {tunnel.names} different names, first of type {tunnel.type}"),
            ("Length", f"{tunnel.length} characters on average before the domain, at most {tunnel.longest}"),
            ("Example", tunnel.example),
            *source_facts(question(event.at, settings), event),
        ),
        advice=_ADVICE,
        quiet=Quiet(subject=f"{tunnel.domain} {tunnel.source}", seconds=HOUR_SECONDS),
    )


def _of_more(tunnels: list[Tunnel], event: Tick, settings: Settings) -> Alert:
    return Alert(
        severity=Severity.HIGH,
        title=f"Many long names: {number_of(len(tunnels), 'more pair')} of domain and address",
        facts=(
            ("Domains", some([f"{each.domain} from {each.source} ({each.names})" for each in tunnels])),
            *source_facts(question(event.at, settings), event),
        ),
        advice=_ADVICE,
        quiet=Quiet(subject="more", seconds=HOUR_SECONDS),
    )


def _unseen(facts: Tunnels, event: Tick, settings: Settings) -> Iterator[Alert]:
    group, asked = settings.text(GROUP), question(event.at, settings)
    if facts.could_not_read:
        title = f"The query logs in {group} could not be asked who tunnels"
        yield cannot_see(title, str(facts.could_not_read), Severity.HIGH, asked, event)
    elif not facts.records:
        title = f"No DNS query reaches {group}: a tunnel would not be seen"
        yield cannot_see(title, "no query of the last half hour", Severity.LOW, asked, event)
    elif not facts.readable:
        title = f"The query logs in {group} can't be read: a tunnel would not be seen"
        why = "nothing of the last half hour has the field query_name"
        yield cannot_see(title, why, Severity.MEDIUM, asked, event)


_ADVICE = """\
Find out which program asks. If nobody knows the domain, isolate the instance and keep its disks and memory.
Route 53 Resolver DNS Firewall blocks a domain for the whole VPC: aws route53resolver create-firewall-rule.
What tunnels on purpose belongs in the stack's parameter DnsTunnelExpected."""

REMEDIATION = Remediation(
    name=NAME,
    title="Many long names are looked up under one domain",
    woken_by="every ten minutes, where `DnsTunnelGroup` names a log group with the resolver's query logs",
    response="reports which instance looked up how many names of which domain",
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
        NAMES: NAMES_PARAMETER.ref,
        EXPECTED: EXPECTED_PARAMETER.joined,
    },
    parameters=(GROUP_PARAMETER, NAMES_PARAMETER, EXPECTED_PARAMETER),
    conditions={CONDITION: GROUP_PARAMETER.isnt("none")},
    controls=("ATT&CK T1071.004", "ATT&CK T1048"),
)

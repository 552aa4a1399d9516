"""Somebody tries ports: one address is refused at many ports of a host, or at many hosts.

Flow logs of the VPC go to a log group, which the stack's parameter `PortScanGroup` names; every ten minutes
we ask it who was refused where in the last half hour. An address inside the network that scans is told by
itself, HIGH: somebody has a foothold there. What scans from the internet is usual, and told together, once an
hour at most. Each alert says which ports let the address in all the same.

What stays silent: refusals at few ports, clients that connect to many hosts and are let in, and late answers
of servers, which firewalls refuse when they have forgotten the connection. `PortScanExpected` names addresses
that scan by order.

If the log group can't be asked, has no records at all, or records of other fields than the default ones, that
is an alert: it would hide every scan.

What we leave alone: the address. Whoever can forge a source address could have anybody blocked.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from chalicelib.aws import Aws
from chalicelib.events import Tick, single, tick
from chalicelib.evidence.log_events import text_of
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
from chalicelib.wording import aws_command, some, when

NAME = "port_scan"
GROUP, PORTS, HOSTS, EXPECTED = (f"PORT_SCAN_{each}" for each in ("GROUP", "PORTS", "HOSTS", "EXPECTED"))
CONDITION = "HasPortScan"
WINDOW = timedelta(minutes=30)  # a record comes up to a quarter of an hour after its flow began
MOST_SOURCES = 1000
MOST_ONE_BY_ONE = 5

GROUP_PARAMETER = Parameter(
    name="PortScanGroup",
    default="none",
    description="An existing log group with flow logs of the default fields; none switches port_scan off.",
)
PORTS_PARAMETER = Parameter(
    name="PortScanPorts",
    type="Number",
    default="20",
    minimum=2,
    description="One address, refused at so many ports within half an hour, raises an alert.",
)
HOSTS_PARAMETER = Parameter(
    name="PortScanHosts",
    type="Number",
    default="20",
    minimum=2,
    description="One address, refused at so many hosts within half an hour, raises an alert.",
)
EXPECTED_PARAMETER = Parameter(
    name="PortScanExpected",
    type="CommaDelimitedList",
    default="",
    description="Addresses and blocks that scan by order, such as a vulnerability scanner's: no alert.",
    pattern=r"[0-9.]+(/(1[6-9]|2[0-9]|3[0-2]))?|[0-9a-fA-F:]+(/(4[89]|[5-9][0-9]|1[0-2][0-9]))?",
    constraint="Addresses, or blocks of at most a /16 (of IPv6 a /48).",
)

_REFUSED = (
    'filter logStatus = "OK" and action = "REJECT" and not (srcPort < 1024 and dstPort >= 32768) '
    "| stats count_distinct(dstPort) as ports, count_distinct(dstAddr) as hosts, count(*) as refusals, "
    "min(startTime) as first, max(endTime) as last, earliest(dstAddr) as host by srcAddr "
    "| filter ports >= {ports} or hosts >= {hosts} | sort refusals desc | limit {most}"
)
_LET_IN = (
    'filter logStatus = "OK" and action = "ACCEPT" and srcAddr in [{sources}] and dstPort < 32768 '
    "| stats count(*) as flows by srcAddr, dstAddr, dstPort | sort flows desc | limit 200"
)
_READABLE = "stats count(*) as records, count(srcAddr) as known"

Address = IPv4Address | IPv6Address
# What is inside of a network: RFC 1918, and what carriers and IPv6 have for the same.
_INSIDE = tuple(
    ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What one address tried. `host`: the first that refused it; `let_in`: `address:port` that did not."""

    source: Address
    ports: int
    hosts: int
    refusals: int
    first: datetime
    last: datetime
    host: str
    let_in: tuple[str, ...] = ()

    @property
    def inside(self) -> bool:
        """Whether it comes from inside of the network."""
        return any(self.source in each for each in _INSIDE if each.version == self.source.version)

    @property
    def tried(self) -> str:
        """`25 ports of 10.0.0.9`, or of how many hosts."""
        ports = f"{self.ports} port{'s' * (self.ports != 1)}"
        return f"{ports} of {self.host if self.hosts == 1 else f'{self.hosts} hosts'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """All of them, those with the most refusals first.

    `records`: how many records were read; `readable`: whether any has the default fields. `more`: there are
    more addresses than are listed.
    """

    scans: tuple[Scan, ...] = ()
    more: bool = False
    records: int = 1
    readable: bool = True
    could_not_read: Unseen | None = None


def question(now: datetime, settings: Settings, text: str = "") -> Question:
    """Who was refused where in the last half hour; or another text over the same records."""
    asked = text or _REFUSED.format(
        ports=settings.number(PORTS), hosts=settings.number(HOSTS), most=MOST_SOURCES
    )
    return Question(group=settings.text(GROUP), text=asked, since=now - WINDOW, until=now)


def look(aws: Aws, event: Tick, settings: Settings) -> Scans:
    """Ask the flow logs who was refused, and where the same were let in."""
    logs = aws.client("logs")
    refused = ask(logs, question(event.at, settings))
    if refused.could_not_read:
        return Scans(could_not_read=refused.could_not_read)
    if not refused.rows:
        known = count_of(logs, question(event.at, settings, _READABLE), "known")
        if isinstance(known, Unseen):
            return Scans(could_not_read=known)
        return Scans(records=refused.scanned, readable=not refused.scanned or known > 0)
    expected = [ip_network(each, strict=False) for each in settings.names(EXPECTED)]
    found = [each for each in map(_scan, refused.rows) if each and not _is_one_of(each.source, expected)]
    more = len(refused.rows) == MOST_SOURCES
    if not found:
        return Scans(records=refused.scanned, more=more)
    sources = ", ".join(f'"{each.source}"' for each in found[:50])
    let_in = ask(logs, question(event.at, settings, _LET_IN.format(sources=sources)))
    return Scans(
        scans=tuple(_with(each, let_in.rows) for each in found),
        more=more,
        records=refused.scanned,
        could_not_read=let_in.could_not_read,
    )


def blind(_event: Tick, why: Unseen, _settings: Settings) -> Scans:
    """What is known without a look."""
    return Scans(could_not_read=why)


def decide(event: Tick, facts: Scans, _now: datetime, settings: Settings) -> Plan:
    """Tell of each address inside by itself, of those outside together, and of what can't be seen."""
    inside = [each for each in facts.scans if each.inside]
    outside = [each for each in facts.scans if not each.inside]
    alerts = [_of_one(each, event, settings) for each in inside[:MOST_ONE_BY_ONE]]
    if len(inside) > MOST_ONE_BY_ONE:
        alerts.append(_of_many(inside[MOST_ONE_BY_ONE:], "inside", Severity.HIGH, event, settings))
    if outside:
        alerts.append(_of_many(outside, "outside", Severity.MEDIUM, event, settings, more=facts.more))
    return Plan.alert(*alerts, *_unseen(facts, event, settings))


def _scan(row: Row) -> Scan | None:
    """A row of the answer; None for what is no address, since whoever writes there may write anything."""
    try:
        first, last = (datetime.fromtimestamp(float(row[each]), UTC) for each in ("first", "last"))
        return Scan(
            source=ip_address(row["srcAddr"]),
            ports=number(row, "ports"),
            hosts=number(row, "hosts"),
            refusals=number(row, "refusals"),
            first=first,
            last=last,
            host=str(ip_address(row["host"])),
        )
    except (KeyError, ValueError, OverflowError):
        return None


def _is_one_of(address: Address, blocks: Iterable[object]) -> bool:
    return any(address in block for block in blocks)  # type: ignore[operator]  # of the other version: no


def _with(scan: Scan, rows: Iterable[Row]) -> Scan:
    let_in = [
        f"{each.get('dstAddr', '')}:{each.get('dstPort', '')}"
        for each in rows
        if each.get("srcAddr") == str(scan.source)
    ]
    return replace(scan, let_in=tuple(let_in))


def _of_one(scan: Scan, event: Tick, settings: Settings) -> Alert:
    filters = f"Name=addresses.private-ip-address,Values={scan.source}"
    whose = aws_command(
        "ec2", "describe-network-interfaces", {"--filters": filters, "--region": event.region}
    )
    return Alert(
        severity=Severity.HIGH,
        title=f"{scan.source}, inside the network, tried {scan.tried} and was refused",
        facts=(
            ("From", str(scan.source)),
            ("Tried", f"{scan.tried}, {scan.refusals} refusals"),
            ("Let in at", some(list(scan.let_in)) if scan.let_in else "no port below 32768"),
            ("First", when(scan.first)),
            ("Last", when(scan.last)),
            ("Account", event.account),
            ("Region", event.region),
            ("Whose address", whose),
            text_of(settings.text(GROUP)),
            ("Look with", question(event.at, settings).command(event.region)),
        ),
        advice="Find out what runs there. If nobody was asked to scan, isolate it, and keep its disks.",
        quiet=Quiet(subject=str(scan.source), seconds=HOUR_SECONDS),
    )


def _of_many(
    scans: list[Scan], side: str, severity: Severity, event: Tick, settings: Settings, *, more: bool = False
) -> Alert:
    let_in = [f"{each.source} at {place}" for each in scans for place in each.let_in]
    count = f"{len(scans)}{' or more' if more else ''} address{'es' * (len(scans) != 1 or more)}"
    return Alert(
        severity=severity,
        title=f"{count} {side} the network tried ports and hosts, and were refused",
        facts=(
            ("From", some([f"{each.source} ({each.tried})" for each in scans])),
            ("Let in", some(let_in) if let_in else "nowhere below port 32768"),
            ("First", when(min(each.first for each in scans))),
            ("Last", when(max(each.last for each in scans))),
            *source_facts(question(event.at, settings), event),
        ),
        advice="Look at what was let in: nothing should be open to the internet that isn't meant to be.",
        quiet=Quiet(subject=side, seconds=HOUR_SECONDS),
    )


def _unseen(facts: Scans, event: Tick, settings: Settings) -> Iterator[Alert]:
    group, asked = settings.text(GROUP), question(event.at, settings)
    if facts.could_not_read:
        title = f"The flow logs in {group} could not be asked who scans"
        yield cannot_see(title, str(facts.could_not_read), Severity.HIGH, asked, event)
    elif not facts.records:
        title = f"No flow log reaches {group}: a scan would not be seen"
        why = "no record of the last half hour, and an interface without traffic has one, too"
        yield cannot_see(title, why, Severity.MEDIUM, asked, event)
    elif not facts.readable:
        title = f"The flow logs in {group} can't be read: a scan would not be seen"
        why = "none of the last half hour has the default fields, which Logs Insights knows"
        yield cannot_see(title, why, Severity.MEDIUM, asked, event)


REMEDIATION = Remediation(
    name=NAME,
    title="An address tries ports and hosts, and is refused",
    woken_by="every ten minutes, where `PortScanGroup` names a log group with flow logs",
    response="reports which address tried what, and where it was let in",
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
        PORTS: PORTS_PARAMETER.ref,
        HOSTS: HOSTS_PARAMETER.ref,
        EXPECTED: EXPECTED_PARAMETER.joined,
    },
    parameters=(GROUP_PARAMETER, PORTS_PARAMETER, HOSTS_PARAMETER, EXPECTED_PARAMETER),
    conditions={CONDITION: GROUP_PARAMETER.isnt("none")},
    controls=("ATT&CK T1046",),
)

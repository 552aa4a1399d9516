"""A security group was opened to the whole internet, at a port that should not be.

Whoever opens SSH, RDP or a database to everybody is found by scanners within minutes. The internet may be let
in by one rule (0.0.0.0/0, ::/0), by two halves of it, by a prefix list, by a range of ports that holds 22
among others, or by protocol -1, which means all; and an old rule may be modified.

What we do: after AuthorizeSecurityGroupIngress and ModifySecurityGroupRules we look at the group as it is,
after ModifyManagedPrefixList and RestoreManagedPrefixListVersion at the groups with a rule for that list,
each by itself.
The rules that the call added or changed are reported where they let so many public addresses in, together
with the group's other rules, that it is the internet (one 256th of it or more), at a port of the stack's
list (parameter `SecurityGroupOpenedPorts`): HIGH. In mode enforce these rules are revoked, one call each, and
the undo adds them again, under new ids.

What we leave alone: other ports, such as 80 and 443; every other rule of the group; rules out of it
(egress); a rule that is gone by the time we look; refused attempts, which `cis_alarms` counts. A group with
the tag of the parameter `ExpectedTag` is told as LOW.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from chalicelib.aws import Aws
from chalicelib.counting import COUNTING
from chalicelib.events import ApiCallEvent, api_call, optional_mapping
from chalicelib.evidence.call import NOT_RECORDED
from chalicelib.evidence.excuse import SETTING as EXPECTED_TAG_KEY
from chalicelib.evidence.lately import GRANTS as LATELY
from chalicelib.evidence.seen import Seen, blind, see, tags_of, tell
from chalicelib.own_calls import own_calls
from chalicelib.references import EXPECTED_PRINCIPALS, EXPECTED_TAG
from chalicelib.remediation import (
    Asked,
    Call,
    DeclaredCall,
    Grant,
    Plan,
    Proof,
    ProvenBy,
    Remediation,
    Severity,
    Undoing,
    Way,
)
from chalicelib.settings import IGNORED_PRINCIPALS, Settings
from chalicelib.stack import Parameter
from chalicelib.triggers import OnEvent, successful_calls
from chalicelib.wording import aws_command, some

NAME = "security_group_opened"
PORTS = "SECURITY_GROUP_OPENED_PORTS"
# Those of Security Hub's EC2.19, but for 8080 and 8888, where websites are; and what else is not for
# everybody: WinRM, Docker, Kubernetes, etcd, Redis, Oracle, memcached, MongoDB, file shares.
_USUAL = (
    "20,21,22,23,25,110,135,143,445,1433,1434,1521,2049,2375,2379,3000,3306,3389,4333,5000,5432,5500,5601,5985,"
    "5986,6379,6443,8088,9200,9300,10250,11211,27017"
)
PORTS_PARAMETER = Parameter(
    name="SecurityGroupOpenedPorts",
    type="CommaDelimitedList",
    default=_USUAL,
    description="Ports that must not be open to the internet; a rule for all ports holds them too.",
    pattern="[0-9]{1,5}",
    constraint="Port numbers with commas between.",
)

MODIFY = "ModifySecurityGroupRules"
WIDEN, RESTORE = "ModifyManagedPrefixList", "RestoreManagedPrefixListVersion"
_OF_LISTS = (WIDEN, RESTORE)
PATTERN = successful_calls(("ec2",), ("AuthorizeSecurityGroupIngress", MODIFY, *_OF_LISTS))

_GROUPS = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:security-group/*"
_ANY_GROUP = "which group is opened, and in which region, isn't known before"
GRANTS = (
    *(
        Grant(action=f"ec2:{action}", resource="*", because="EC2's describe calls take no resource")
        for action in ("DescribeSecurityGroupRules", "DescribeSecurityGroups")
    ),
    Grant(
        action="ec2:GetManagedPrefixListEntries",
        resource="arn:${AWS::Partition}:ec2:*:*:prefix-list/*",
        because="a rule may name any list, AWS's own and those of others that are shared with us",
    ),
    *LATELY,
    Grant(action="ec2:RevokeSecurityGroupIngress", resource=_GROUPS, because=_ANY_GROUP, acting=True),
    Grant(
        action="ec2:AuthorizeSecurityGroupIngress",
        resource=_GROUPS,
        because="undoes the revoking, once somebody asks for it",
        acting=True,
    ),
)
_GROUP = "arn:{partition}:ec2:{region}:{account}:security-group/{GroupId}"
DECLARED_CALLS = (
    DeclaredCall(
        operation="ec2.revoke_security_group_ingress",
        needs=(("ec2:RevokeSecurityGroupIngress", _GROUP),),
    ),
)
UNDOING = Undoing(
    calls=(
        DeclaredCall(
            operation="ec2.authorize_security_group_ingress",
            needs=(("ec2:AuthorizeSecurityGroupIngress", _GROUP),),
        ),
    ),
    moved=lambda _aws, _call, _settings: "",  # it adds a rule, and takes nothing of anybody's away
)

_ALL = "-1"
_WITH_PORTS = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", _ALL: "all protocols"}
_LAST_PORT = 65_535
# So many addresses are the internet: a /8 of public ones, and a /20 of IPv6, more than any provider has.
_INTERNET = {4: 2 ** (32 - 8), 6: 2 ** (128 - 20)}
# A narrower block than these adds nothing to that: a group has 60 rules, and seldom more.
_BROAD = {4: 16, 6: 32}
_KNOWN_AS = {
    22: "SSH",
    445: "SMB",
    1433: "SQL Server",
    1521: "Oracle",
    3306: "MySQL",
    3389: "RDP",
    5432: "PostgreSQL",
    6379: "Redis",
    9200: "OpenSearch",
    27017: "MongoDB",
}
_ADVICE = """\
Ask the caller whether this was meant. If the caller is unknown, disable their credentials first, and look \
what came in meanwhile: the flow logs, the hosts' own logs."""

_BEFORE = {
    MODIFY: "a rule of the same id; the record doesn't say which",
    **dict.fromkeys(_OF_LISTS, "the same rule; the list had other entries"),
}

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that lets somebody in, as EC2 describes it.

    `origin`: a CIDR block or a prefix list's id; `blocks`: the CIDR blocks that it stands for.
    """

    id: str
    group: str
    protocol: str
    first_port: int
    last_port: int
    origin: str
    blocks: tuple[str, ...]
    description: str

    def reaches(self, port: int) -> bool:
        """Whether this port is among the rule's."""
        if self.protocol not in _WITH_PORTS:
            return False
        return self.protocol == _ALL or self.first_port == -1 or self.first_port <= port <= self.last_port

    @property
    def ports(self) -> str:
        """`22`, `8000-8080` or `all ports`."""
        if (
            self.protocol == _ALL
            or self.first_port == -1
            or (self.first_port, self.last_port) == (0, _LAST_PORT)
        ):
            return "all ports"
        one = self.first_port == self.last_port
        return str(self.first_port) if one else f"{self.first_port}-{self.last_port}"

    def __str__(self) -> str:
        protocol = _WITH_PORTS.get(self.protocol, self.protocol)
        return f"{protocol}, {self.ports}, from {self.origin} ({self.id})"

    @property
    def permission(self) -> dict[str, Any]:
        """The rule as AuthorizeSecurityGroupIngress takes it."""
        described = {"Description": self.description} if self.description else {}
        origin: dict[str, Any]
        if self.origin.startswith("pl-"):
            origin = {"PrefixListIds": [{"PrefixListId": self.origin, **described}]}
        elif ":" in self.origin:
            origin = {"Ipv6Ranges": [{"CidrIpv6": self.origin, **described}]}
        else:
            origin = {"IpRanges": [{"CidrIp": self.origin, **described}]}
        ports = {} if self.protocol == _ALL else {"FromPort": self.first_port, "ToPort": self.last_port}
        return {"IpProtocol": self.protocol, **ports, **origin}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The rules that open the group, and the ports of the stack's list that they open."""

    rules: tuple[Rule, ...]
    ports: tuple[int, ...]


# ---- look ---------------------------------------------------------------------------------------


def look(aws: Aws, event: ApiCallEvent, settings: Settings) -> Seen[Opened]:
    """What the call has opened, as far as it is still open."""
    ec2, of_a_list = aws.client("ec2", event.region), event.name in _OF_LISTS

    def read() -> Opened | None:
        touched = _with_list(ec2, list_of(event)) if of_a_list else dict([touched_by(event)])
        found = [
            each
            for group, rules in touched.items()
            if (each := opened(list(_rules(ec2, group)), rules, _listed(settings)))
        ]
        rules = tuple(rule for each in found for rule in each.rules)
        ports = tuple(dict.fromkeys(port for each in found for port in each.ports))
        return Opened(rules=rules, ports=ports) if found else None

    def tags(found: Opened) -> Mapping[str, str]:
        """Those that all of the groups have."""
        groups = sorted({rule.group for rule in found.rules})
        described = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]
        first, *others = [tags_of(each.get("Tags", ())) for each in described]
        return {key: value for key, value in first.items() if all(each.get(key) == value for each in others)}

    about = (list_of(event) if of_a_list else touched_by(event)[0]) or NOT_RECORDED
    return see(aws, event, settings, remediation=NAME, about=about, read=read, tags=tags)


def list_of(event: ApiCallEvent) -> str:
    """The id of the prefix list that was modified, or set back to an earlier version.

    Which of EC2's two forms its record has is unconfirmed: both are read.
    """
    asked = event.parameters.get(f"{event.name}Request")
    named = asked.get("PrefixListId") if isinstance(asked, Mapping) else event.said("prefixListId")
    return named if isinstance(named, str) else ""


def _with_list(ec2: Any, prefix_list: str) -> dict[str, frozenset[str]]:
    """The groups that let a prefix list in, each with the ids of these rules; EC2 has no filter for that."""
    found: dict[str, set[str]] = {}
    for page in ec2.get_paginator("describe_security_group_rules").paginate():
        for rule in page["SecurityGroupRules"]:
            if rule.get("PrefixListId") == prefix_list and not rule.get("IsEgress"):
                found.setdefault(rule["GroupId"], set()).add(rule["SecurityGroupRuleId"])
    return {group: frozenset(rules) for group, rules in found.items()}


def touched_by(event: ApiCallEvent) -> tuple[str, frozenset[str]]:
    """The group, and the ids of the rules that the call added or changed; none: the record names none.

    A caller may have named the group by its name, but the answer has its id.
    """
    if event.name == MODIFY:
        request = optional_mapping(event.parameters.get("ModifySecurityGroupRulesRequest"))
        items = _many(request.get("SecurityGroupRule"))
        return str(request.get("GroupId", "")), frozenset(
            str(each["SecurityGroupRuleId"]) for each in items if "SecurityGroupRuleId" in each
        )
    items = _many(optional_mapping(event.response.get("securityGroupRuleSet")).get("items"))
    groups = [str(each["groupId"]) for each in items if "groupId" in each]
    group = groups[0] if groups else str(event.parameters.get("groupId", ""))
    return group, frozenset(
        str(each["securityGroupRuleId"]) for each in items if "securityGroupRuleId" in each
    )


def _many(found: Any) -> list[Mapping[str, Any]]:
    """CloudTrail prints a list of one as the one."""
    listed = found if isinstance(found, list) else [found]
    return [each for each in listed if isinstance(each, Mapping)]


def _rules(ec2: Any, group: str) -> Iterator[Rule]:
    """The group's rules that let somebody in."""
    pages = ec2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )
    for page in pages:
        for found in page["SecurityGroupRules"]:
            if not found.get("IsEgress"):
                yield _rule(ec2, found)


def _rule(ec2: Any, found: Mapping[str, Any]) -> Rule:
    block = found.get("CidrIpv4") or found.get("CidrIpv6") or ""
    listed = found.get("PrefixListId", "")
    return Rule(
        id=found["SecurityGroupRuleId"],
        group=found["GroupId"],
        protocol=str(found["IpProtocol"]),
        first_port=found.get("FromPort", -1),
        last_port=found.get("ToPort", -1),
        origin=listed or block,
        blocks=tuple(_entries(ec2, listed)) if listed else (block,),
        description=found.get("Description", ""),
    )


def _entries(ec2: Any, prefix_list: str) -> Iterator[str]:
    pages = ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=prefix_list)
    for page in pages:
        yield from (each["Cidr"] for each in page["Entries"])


def _listed(settings: Settings) -> tuple[int, ...]:
    return tuple(int(each) for each in settings.names(PORTS))


def opened(rules: Iterable[Rule], touched: frozenset[str], ports: Iterable[int]) -> Opened | None:
    """What of the touched rules opens one of these ports to the internet; `touched` empty: any rule may."""
    there = list(rules)
    mine = [rule for rule in there if (not touched or rule.id in touched) and any(_broad(rule))]
    guilty: dict[str, Rule] = {}
    open_ports = []
    for port in ports:
        for version in (4, 6):
            own = [rule for rule in mine if rule.reaches(port) and version in _broad(rule)]
            if own and _lets_in(there, port, version) >= _INTERNET[version]:
                guilty |= {rule.id: rule for rule in own}
                open_ports.append(port)
    return Opened(rules=tuple(guilty.values()), ports=tuple(dict.fromkeys(open_ports))) if guilty else None


def _broad(rule: Rule) -> frozenset[int]:
    """Of which version of the protocol IP it has a block that is more than a company's."""
    return frozenset(net.version for net in _public(rule) if net.prefixlen <= _BROAD[net.version])


def _lets_in(rules: Iterable[Rule], port: int, version: int) -> int:
    """How many public addresses of this version reach the port by all these rules together."""
    nets = [net for rule in rules if rule.reaches(port) for net in _public(rule) if net.version == version]
    return sum(net.num_addresses for net in collapse_addresses(nets))  # type: ignore[type-var, misc]  # of one version


def _public(rule: Rule) -> Iterator[Network]:
    for block in rule.blocks:
        try:
            net = ip_network(block, strict=False)
        except ValueError:
            continue
        if not net.is_private:
            yield net


# ---- decide -------------------------------------------------------------------------------------


def decide(event: ApiCallEvent, facts: Seen[Opened], _now: datetime, _settings: Settings) -> Plan:
    """Tell what is open to the world now, and revoke it."""
    if event.failed or facts.nothing:
        return Plan.nothing()
    found = facts.state or Opened(rules=(), ports=())
    groups = tuple(dict.fromkeys(rule.group for rule in found.rules)) or (touched_by(event)[0],)
    return tell(
        event,
        facts,
        severity=Severity.HIGH,
        title=_title(event, groups, seen=facts.state is not None),
        facts=_facts(event, found, groups),
        advice=_ADVICE,
        calls=[_revoke(event, rule) for rule in found.rules],
        asks=[Asked("what-was-done-to", each) for each in groups[:1] if each],
    )


def _title(event: ApiCallEvent, groups: tuple[str, ...], *, seen: bool) -> str:
    """Which groups were opened, or may have been; which let a prefix list in is known by a look alone."""
    if len(groups) > 1:
        return f"{len(groups)} security groups were opened to the internet"
    if event.name in _OF_LISTS and not seen:
        which = f"What lets {list_of(event) or 'a prefix list'} in"
    else:
        which = f"Security group {groups[0] or NOT_RECORDED}"
    return f"{which} {'was' if seen else 'may have been'} opened to the internet"


def _facts(event: ApiCallEvent, found: Opened, groups: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield "Group", some(groups) or NOT_RECORDED
    if event.name in _OF_LISTS:
        yield "By the prefix list", list_of(event) or NOT_RECORDED
    if found.ports:
        yield "Opened", some([f"{port} {_KNOWN_AS.get(port, '')}".strip() for port in found.ports])
    for rule in found.rules:
        yield "Now", str(rule)
    yield "Before", _BEFORE.get(event.name, "no such rule")
    who_uses_it = {"--filters": f"Name=group-id,Values={','.join(groups)}", "--region": event.region}
    yield "Who uses it", aws_command("ec2", "describe-network-interfaces", who_uses_it)


def _revoke(event: ApiCallEvent, rule: Rule) -> Call:
    again = Call(
        service="ec2",
        operation="authorize_security_group_ingress",
        parameters={"GroupId": rule.group, "IpPermissions": [rule.permission]},
        account=event.account,
        region=event.region,
        already=("InvalidPermission.Duplicate",),
    )
    before = ", and what the rule was before it was modified" if event.name == MODIFY else ""
    return Call(
        service="ec2",
        operation="revoke_security_group_ingress",
        parameters={"GroupId": rule.group, "SecurityGroupRuleIds": [rule.id]},
        account=event.account,
        region=event.region,
        already=("InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound"),
        undo=again,
        lost=f"the rule's id and tags{before}",
    )


REMEDIATION = Remediation(
    name=NAME,
    title="A security group was opened to the internet",
    woken_by="`AuthorizeSecurityGroupIngress`, `ModifySecurityGroupRules` of EC2, changes of prefix lists",
    response="reports who opened which ports; revokes these rules where its mode is `enforce`",
    page=__doc__ or "",
    ways=(
        Way(
            on=OnEvent(pattern=PATTERN, everywhere=True),
            parse=api_call,
            look=look,
            decide=decide,
            blind=blind,
            proof=Proof(
                by=ProvenBy.STATE, because="a rule that lets the internet in does so, whoever said so"
            ),
        ),
        COUNTING,
        own_calls("SecurityGroupOpenedRole", ("ec2",), ("RevokeSecurityGroupIngress",)),
    ),
    grants=GRANTS,
    declared_calls=DECLARED_CALLS,
    undoing=UNDOING,
    settings={
        PORTS: PORTS_PARAMETER.joined,
        EXPECTED_TAG_KEY: EXPECTED_TAG.ref,
        IGNORED_PRINCIPALS: EXPECTED_PRINCIPALS.joined,
    },
    parameters=(PORTS_PARAMETER,),
    managed_rules=("INCOMING_SSH_DISABLED", "RESTRICTED_INCOMING_TRAFFIC"),
    controls=(
        "CIS 5.2",
        "CIS 5.3",
        "Security Hub EC2.13",
        "Security Hub EC2.14",
        "Security Hub EC2.19",
        "Security Hub EC2.53",
        "Security Hub EC2.54",
        "ATT&CK T1562.007",
    ),
)

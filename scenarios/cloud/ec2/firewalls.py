"""What security groups and network ACLs let through.

A security group lets in what one of its rules names, and keeps state: an answer needs no rule. A network ACL
keeps none: its entries are tried by their numbers, the first that fits decides, for the answer too. It stands
at the border of a subnet, so traffic within one never meets it.

Sources: https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html,
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

from scenarios.cloud.kernel.errors import NotSimulated

TCP, UDP, ICMP = 6, 17, 1
_NUMBERS: Final = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmpv6": 58}
_EVERY: Final = "-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What wants to pass: to or from an address of the other side, to a port, by a protocol's number.

    `groups`: the security groups of the other side, where it is an interface of the account.
    """

    address: str
    port: int
    protocol: int
    groups: frozenset[str] = frozenset()


def groups_let(rules: Iterable[Mapping[str, Any]], asking: Asking) -> bool:
    """Whether a rule lets it through; `rules` are IpPermissions, as EC2 describes them."""
    return any(_rule_lets(rule, asking) for rule in rules)


def acl_lets(entries: Iterable[Mapping[str, Any]], asking: Asking, *, egress: bool) -> bool:
    """What the first entry that fits says; `entries` are those of a network ACL, as EC2 describes them."""
    ordered = sorted(
        (each for each in entries if each["Egress"] == egress), key=lambda each: each["RuleNumber"]
    )
    for entry in ordered:
        block = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
        ports = entry.get("PortRange") or {}
        if (
            block
            and _within(asking.address, block)
            and _same_protocol(entry["Protocol"], asking)
            and _between(asking, ports.get("From"), ports.get("To"))
        ):
            return bool(entry["RuleAction"] == "allow")
    return False


def _rule_lets(rule: Mapping[str, Any], asking: Asking) -> bool:
    if not _same_protocol(rule["IpProtocol"], asking):
        return False
    if rule["IpProtocol"] != _EVERY and not _between(asking, rule.get("FromPort"), rule.get("ToPort")):
        return False
    if rule.get("PrefixListIds"):
        raise NotSimulated("ec2", "traffic through a security group whose rule names a prefix list")
    blocks = [each["CidrIp"] for each in rule.get("IpRanges", ())]
    blocks += [each["CidrIpv6"] for each in rule.get("Ipv6Ranges", ())]
    if any(_within(asking.address, block) for block in blocks):
        return True
    return any(each.get("GroupId") in asking.groups for each in rule.get("UserIdGroupPairs", ()))


def _same_protocol(said: str, asking: Asking) -> bool:
    return said == _EVERY or _NUMBERS.get(said, said) in (asking.protocol, str(asking.protocol))


def _between(asking: Asking, first: int | None, last: int | None) -> bool:
    if asking.protocol not in (TCP, UDP) or first is None or last is None or first == -1:
        return True
    return first <= asking.port <= last


def _within(address: str, block: str) -> bool:
    here, there = ip_address(address), ip_network(block, strict=False)
    return here.version == there.version and here in there

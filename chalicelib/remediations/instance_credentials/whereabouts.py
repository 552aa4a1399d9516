"""Where an instance is, which addresses are its own, and whether a call came from one of them.

An instance's calls come from an address of its own, from that of a NAT gateway, a proxy or a firewall of its
account, or through a VPC endpoint. So an address is foreign where no interface of the account in the
instance's region has it, and a VPC endpoint where it is of an account that the stack doesn't trust.

The region of a call is that of the API it called: IAM's is us-east-1. So the instance is looked for in every
region that the account has switched on, that of the call and the stack's own first.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from chalicelib.aws import Aws
from chalicelib.events import ApiCallEvent
from chalicelib.evidence.outsiders import trusted
from chalicelib.looking import answer
from chalicelib.settings import Settings
from chalicelib.stack import Parameter

SETTING = "INSTANCE_CREDENTIALS_KNOWN_ADDRESSES"
NONE = "none"
KNOWN_ADDRESSES = Parameter(
    name="InstanceCredentialsKnownAddresses",
    type="CommaDelimitedList",
    default=NONE,
    description="Addresses, or CIDR blocks, where instances' calls leave by way of another network.",
    pattern=f"{NONE}|[0-9a-fA-F.:]+(/[0-9]{{1,3}})?",
    constraint=f"Addresses or CIDR blocks with commas between, or {NONE}.",
)

Described = Mapping[str, Any]
_DENIED = "UnauthorizedOperation"
_INSTANCE = re.compile(r"i-[0-9a-f]{8}([0-9a-f]{9})?")
# What no address of the internet is. Whoever has such a source came by a VPC endpoint.
# https://www.iana.org/assignments/iana-ipv4-special-registry/
_INSIDE = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "::1/128",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
_NOT_WIDER = {4: 16, 6: 32}  # a wider block than a company has is not obeyed: it would silence everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The instance as it is now. `addresses`: those of its interfaces, private and public."""

    instance: str
    region: str
    state: str
    addresses: tuple[str, ...]
    tags: Mapping[str, str]


def instance_of(event: ApiCallEvent) -> str:
    """The id of the instance whose credentials these are, from the session's name; "" for other sessions."""
    session = event.actor.session
    return session if _INSTANCE.fullmatch(session.lower()) else ""


def may_be_foreign(event: ApiCallEvent, settings: Settings) -> bool:
    """Whether a call came from neither inside nor an address or an endpoint that settings know. Pure."""
    if event.vpc_endpoint:
        owner = event.vpc_endpoint_account
        return bool(owner) and owner not in (event.account, *trusted(settings))
    address = _address(event.source_ip)
    if address is None or any(address in each for each in _INSIDE):
        return False  # a service of AWS's, by its name; or inside
    return not any(address in each for each in _known(settings))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _known(settings: Settings) -> Iterator[Any]:
    for each in settings.names(SETTING):
        try:
            block = ip_network(each, strict=False)
        except ValueError:
            continue
        if block.prefixlen >= _NOT_WIDER[block.version]:
            yield block


# ---- looking ------------------------------------------------------------------------------------


def find(aws: Aws, event: ApiCallEvent, instance: str) -> tuple[Machine, Described] | None:
    """The instance, wherever it is, and as EC2 describes it; None where no region knows it.

    A region that is closed to us, by a policy of the organization, is one where nobody has instances.

    Raises what EC2 raises.
    """
    first = tuple(dict.fromkeys(filter(None, (event.region, aws.region))))
    for region in _regions(aws, first):
        closed = () if region in first else (_DENIED,)
        described = answer(partial(_described, aws, region, instance), unless=closed, otherwise=None)
        if described:
            return _machine(described, region), described
    return None


def _regions(aws: Aws, first: tuple[str, ...]) -> Iterator[str]:
    yield from first
    listed = aws.client("ec2").describe_regions()["Regions"]
    yield from (each["RegionName"] for each in listed if each["RegionName"] not in first)


def _described(aws: Aws, region: str, instance: str) -> Described | None:
    asked = [{"Name": "instance-id", "Values": [instance.lower()]}]
    reservations = aws.client("ec2", region).describe_instances(Filters=asked)["Reservations"]
    return next((each for reservation in reservations for each in reservation["Instances"]), None)


def _machine(found: Described, region: str) -> Machine:
    return Machine(
        instance=found["InstanceId"],
        region=region,
        state=found["State"]["Name"],
        addresses=tuple(dict.fromkeys(_addresses(found))),
        tags={each["Key"]: each["Value"] for each in found.get("Tags", ())},
    )


def _addresses(instance: Mapping[str, Any]) -> Iterator[str]:
    for interface in instance.get("NetworkInterfaces", ()):
        for private in interface.get("PrivateIpAddresses", ()):
            yield private["PrivateIpAddress"]
            if public := private.get("Association", {}).get("PublicIp"):
                yield public
        if public := interface.get("Association", {}).get("PublicIp"):
            yield public
        yield from (each["Ipv6Address"] for each in interface.get("Ipv6Addresses", ()))
        yield from (each["Ipv6Prefix"] for each in interface.get("Ipv6Prefixes", ()))


def is_ours(aws: Aws, event: ApiCallEvent, machine: Machine | None) -> bool:
    """Whether the call came from an address of the instance, or of another interface there: a NAT gateway's.

    Raises what EC2 raises.
    """
    address = _address(event.source_ip)
    if address is None or event.vpc_endpoint:
        return False
    if machine and _among(address, machine.addresses):
        return True
    name = "addresses.association.public-ip" if address.version == 4 else "ipv6-addresses.ipv6-address"
    ec2 = aws.client("ec2", machine.region if machine else event.region)
    asked = [{"Name": name, "Values": [str(address)]}]
    return bool(ec2.describe_network_interfaces(Filters=asked)["NetworkInterfaces"])


def _among(address: IPv4Address | IPv6Address, owned: Iterable[str]) -> bool:
    return any(address in ip_network(each) for each in owned)

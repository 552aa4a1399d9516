"""The network interfaces of a region, with what stands before them, as EC2 describes it now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from scenarios.cloud.ec2.firewalls import Asking, acl_lets, groups_let
from scenarios.cloud.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One interface. `addresses`: all of its own, the primary first, public ones behind."""

    id: str
    addresses: tuple[str, ...]
    instance: str
    subnet: str
    vpc: str
    zone: str
    groups: frozenset[str]

    @property
    def address(self) -> str:
        """The primary private address: what a flow log shows, whichever was asked for."""
        return self.addresses[0]


class Network:
    """Every interface of a region, its groups and its network ACL; read once, when it is made."""

    def __init__(self, ec2: Any) -> None:
        self._blocks = {each["VpcId"]: each["CidrBlock"] for each in ec2.describe_vpcs()["Vpcs"]}
        self._by_address = _by_address(_described(ec2))
        self._groups = {each["GroupId"]: each for each in ec2.describe_security_groups()["SecurityGroups"]}
        self._entries = {
            one["SubnetId"]: each["Entries"]
            for each in ec2.describe_network_acls()["NetworkAcls"]
            for one in each["Associations"]
        }

    def at(self, address: str) -> Interface | None:
        """The interface that has an address."""
        return self._by_address.get(address)

    def groups_let(self, interface: Interface, asking: Asking, *, egress: bool) -> bool:
        """Whether a security group of the interface lets it out or in."""
        name = "IpPermissionsEgress" if egress else "IpPermissions"
        found = (self._groups[each] for each in interface.groups if each in self._groups)
        return any(groups_let(each[name], asking) for each in found)

    def acl_lets(self, interface: Interface, asking: Asking, *, egress: bool) -> bool:
        """Whether the network ACL of the interface's subnet lets it out or in."""
        entries: Sequence[Mapping[str, Any]] = self._entries.get(interface.subnet, ())
        return acl_lets(entries, asking, egress=egress)

    def is_reserved(self, interface: Interface, address: str) -> bool:
        """Whether it is the VPC router's address, or Amazon's DNS's."""
        if ip_address(address).version == 6 or interface.vpc not in self._blocks:
            return False
        network = ip_network(self._blocks[interface.vpc])
        return ip_address(address) in (network[1], network[2])


def interfaces_of(setting: Setting, region: str) -> list[Interface]:
    """The interfaces of a region as they are now, without what stands before them."""
    with setting.calls.muted():
        return _described(setting.session.client("ec2", region_name=region))


def interface_at(setting: Setting, region: str, address: str) -> Interface | None:
    """The interface that has an address now."""
    return _by_address(interfaces_of(setting, region)).get(address)


def network_of(setting: Setting, region: str) -> Network:
    """The network of a region as it is now."""
    with setting.calls.muted():
        return Network(setting.session.client("ec2", region_name=region))


def _described(ec2: Any) -> list[Interface]:
    subnets = {each["SubnetId"]: each for each in ec2.describe_subnets()["Subnets"]}
    return [
        _interface(each, subnets.get(each.get("SubnetId", ""), {}))
        for each in ec2.describe_network_interfaces()["NetworkInterfaces"]
        if each.get("PrivateIpAddress")
    ]


def _by_address(interfaces: Iterable[Interface]) -> Mapping[str, Interface]:
    return {address: each for each in interfaces for address in each.addresses}


def _interface(found: Mapping[str, Any], subnet: Mapping[str, Any]) -> Interface:
    private = [found["PrivateIpAddress"]]
    listed = found.get("PrivateIpAddresses", ())
    private += [
        each["PrivateIpAddress"] for each in listed if each.get("PrivateIpAddress") not in (None, *private)
    ]
    associated = [found.get("Association"), *(each.get("Association") for each in listed)]
    public = [each["PublicIp"] for each in associated if each and each.get("PublicIp")]
    return Interface(
        id=found["NetworkInterfaceId"],
        addresses=tuple(dict.fromkeys([*private, *public])),
        instance=(found.get("Attachment") or {}).get("InstanceId", ""),
        subnet=found.get("SubnetId", ""),
        vpc=found.get("VpcId", ""),
        zone=subnet.get("AvailabilityZoneId", ""),
        groups=frozenset(each["GroupId"] for each in found.get("Groups", ())),
    )

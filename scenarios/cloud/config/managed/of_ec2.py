"""Rules about instances, volumes and security groups.

Pages, below https://docs.aws.amazon.com/config/latest/developerguide/:
ec2-instance-detailed-monitoring-enabled.html, ec2-security-group-attached-to-eni.html, restricted-ssh.html,
restricted-common-ports.html, vpc-sg-open-only-to-authorized-ports.html,
vpc-default-security-group-closed.html, ec2-instance-no-public-ip.html, encrypted-volumes.html,
ec2-volume-inuse-check.html, ec2-imdsv2-check.html, ec2-instances-in-vpc.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.config.managed.verdicts import NOT_OURS, OfItem, Subject, Verdict, verdict
from scenarios.cloud.config.resource_types.ec2 import INSTANCE, INTERFACE

_EVERYBODY: Final = ("0.0.0.0/0", "::/0")
_BLOCKED: Final[Mapping[str, str]] = {
    "blockedPort1": "20",
    "blockedPort2": "21",
    "blockedPort3": "3389",
    "blockedPort4": "3306",
    "blockedPort5": "4333",
}


def detailed_monitoring(subject: Subject) -> Verdict:
    """Detailed monitoring is on."""
    return verdict(subject.configuration["monitoring"]["state"] == "enabled")


def attached_to_eni(subject: Subject) -> Verdict:
    """Some instance or network interface has the group; a VPC's default group is none of its."""
    if subject.found.name == "default":
        return NOT_OURS
    return verdict(any(each.type in (INSTANCE, INTERFACE) for each in subject.found.relations))


def restricted_ssh(subject: Subject) -> Verdict:
    """Not everybody may come by SSH, be it by IPv4 or by IPv6, as the page says now ("0.0.0.0/0 or ::/0")."""
    return verdict(not any(_covers(rule, "tcp", 22) for rule in _open(subject, _EVERYBODY)))


def restricted_common_ports(subject: Subject) -> Verdict:
    """Not everybody may come to the blocked ports by TCP."""
    ports = [int(subject.given.get(name) or default) for name, default in _BLOCKED.items()]
    several = [int(each) for each in subject.listed("blockedPorts")]
    open_rules = list(_open(subject, _EVERYBODY))
    return verdict(not any(_covers(rule, "tcp", port) for rule in open_rules for port in several or ports))


def open_only_to_authorized_ports(subject: Subject) -> Verdict:
    """What is open to everybody is within the ranges that the parameters name."""
    ranges = {
        protocol: [_range(each) for each in subject.listed(name)]
        for protocol, name in (("tcp", "authorizedTcpPorts"), ("udp", "authorizedUdpPorts"))
    }
    return verdict(all(_is_within(rule, ranges) for rule in _open(subject, _EVERYBODY)))


def default_group_closed(subject: Subject) -> Verdict:
    """The default group of a VPC lets nothing in or out; other groups are none of its."""
    if subject.configuration["groupName"] != "default":
        return NOT_OURS
    rules = (*subject.configuration["ipPermissions"], *subject.configuration["ipPermissionsEgress"])
    return verdict(not rules)


def no_public_ip(subject: Subject) -> Verdict:
    """The instance has no public IPv4 address."""
    interfaces = subject.configuration.get("networkInterfaces", ())
    public = any(each.get("association", {}).get("publicIp") for each in interfaces)
    return verdict(not public and not subject.configuration.get("publicIpAddress"))


def encrypted_volumes(subject: Subject) -> Verdict:
    """A volume that is attached is encrypted, with the key of the parameter where that names one."""
    if not subject.configuration.get("attachments"):
        return NOT_OURS
    wanted = subject.given.get("kmsId", "")
    key = subject.configuration.get("kmsKeyId", "")
    return verdict(subject.configuration.get("encrypted") and (not wanted or wanted in (key, key[-36:])))


def volume_in_use(subject: Subject) -> Verdict:
    """The volume is attached; with `deleteOnTermination`, it goes with its instance.

    A value that is neither true nor false makes every volume non-compliant.
    """
    attachments = subject.configuration.get("attachments", ())
    goes = all(each.get("deleteOnTermination") for each in attachments)
    wanted = subject.given.get("deleteOnTermination", "").lower()
    return verdict(attachments and (wanted in ("", "false") or (wanted == "true" and goes)))


def imdsv2(subject: Subject) -> Verdict:
    """Instance metadata asks for a token."""
    return verdict(subject.configuration.get("metadataOptions", {}).get("httpTokens") == "required")


def instances_in_vpc(subject: Subject) -> Verdict:
    """The instance is in a VPC: in that of the parameter, where it names one."""
    found = subject.configuration.get("vpcId")
    return verdict(found and subject.given.get("vpcId") in (None, found))


def _open(subject: Subject, ranges: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    """The rules that let in everybody of these ranges."""
    for rule in subject.configuration["ipPermissions"]:
        given = (
            *(each["cidrIp"] for each in rule.get("ipv4Ranges", ())),
            *(each["cidrIpv6"] for each in rule.get("ipv6Ranges", ())),
        )
        if any(each in ranges for each in given):
            yield rule


def _covers(rule: Mapping[str, Any], protocol: str, port: int) -> bool:
    if rule["ipProtocol"] == "-1":
        return True
    first, last = int(rule.get("fromPort", 0)), int(rule.get("toPort", 65535))
    return str(rule["ipProtocol"]) == protocol and first <= port <= last


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def _is_within(rule: Mapping[str, Any], ranges: Mapping[str, list[tuple[int, int]]]) -> bool:
    first, last = rule.get("fromPort", 0), rule.get("toPort", 65535)
    allowed = ranges.get(rule["ipProtocol"], ())
    return any(low <= first and last <= high for low, high in allowed)


RULES: Mapping[str, OfItem] = {
    "EC2_INSTANCE_DETAILED_MONITORING_ENABLED": detailed_monitoring,
    "EC2_SECURITY_GROUP_ATTACHED_TO_ENI": attached_to_eni,
    "INCOMING_SSH_DISABLED": restricted_ssh,
    "RESTRICTED_INCOMING_TRAFFIC": restricted_common_ports,
    "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS": open_only_to_authorized_ports,
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED": default_group_closed,
    "EC2_INSTANCE_NO_PUBLIC_IP": no_public_ip,
    "ENCRYPTED_VOLUMES": encrypted_volumes,
    "EC2_VOLUME_INUSE_CHECK": volume_in_use,
    "EC2_IMDSV2_CHECK": imdsv2,
    "INSTANCES_IN_VPC": instances_in_vpc,
}

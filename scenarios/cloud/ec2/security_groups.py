"""Security groups: what moto lets pass.

A rule that is gone is not found by its id, a rule of IPv6 that is gone is not found by what it allows, and a
group that another group's rules name can't be deleted. That a default VPC answers without an error what it
did not find (`UnknownIpPermissions`) is not simulated: it refuses as any other VPC does.

The ids: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html. The error
code is the one that Terraform's AWS provider expects for a missing rule. The names:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

_REVOKE = ("RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")


class SecurityGroups:
    """Every security group of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.in_every_account("ec2", *_REVOKE)
        for operation in _REVOKE:
            setting.calls.check("ec2", operation, self._about_to_revoke)
        setting.calls.check("ec2", "DeleteSecurityGroup", self._about_to_delete)

    def _about_to_delete(self, asked: Asked) -> None:
        group = asked.parameters.get("GroupId")
        groups = self._setting.session.client("ec2", region_name=asked.region).describe_security_groups()
        for each in groups["SecurityGroups"] if group else ():
            rules = (*each["IpPermissions"], *each["IpPermissionsEgress"])
            named = {pair.get("GroupId") for rule in rules for pair in rule["UserIdGroupPairs"]}
            if each["GroupId"] != group and group in named:
                raise Refused("DependencyViolation", f"resource {group} has a dependent object")

    def _about_to_revoke(self, asked: Asked) -> None:
        """In another account moto answers alone: its rules can't be read from here."""
        ids = asked.parameters.get("SecurityGroupRuleIds", ())
        of_ipv6 = asked.parameters.get("IpPermissions", ())
        if not all(each.get("Ipv6Ranges") and not each.get("IpRanges") for each in of_ipv6):
            of_ipv6 = ()  # what of a longer list isn't there moto finds by the rest of it
        if not (ids or of_ipv6) or asked.caller.account != self._setting.account:
            return
        ec2 = self._setting.session.client("ec2", region_name=asked.region)
        egress = asked.operation == "RevokeSecurityGroupEgress"
        group = asked.parameters.get("GroupId", "")
        try:
            (described,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        except ClientError:
            return  # no such group: that is told first, by moto
        allows = set(_ipv6(described["IpPermissionsEgress" if egress else "IpPermissions"]))
        if not allows.issuperset(_ipv6(of_ipv6)):
            raise Refused(
                "InvalidPermission.NotFound", "The specified rule does not exist in this security group."
            )
        of_group = [{"Name": "group-id", "Values": [group]}]
        found = ec2.describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
        there = {rule["SecurityGroupRuleId"] for rule in found if rule["IsEgress"] == egress}
        for missing in (each for each in ids if each not in there):
            raise Refused(
                "InvalidSecurityGroupRuleId.NotFound",
                f"The security group rule ID '{missing}' does not exist",
            )


def _ipv6(permissions: Sequence[Mapping[str, Any]]) -> Iterator[tuple[object, ...]]:
    """Each rule of IPv6: protocol, ports, block. Of every protocol (-1) AWS keeps no ports."""
    for each in permissions:
        protocol = str(each["IpProtocol"])
        ports = () if protocol == "-1" else (each.get("FromPort"), each.get("ToPort"))
        yield from ((protocol, *ports, block["CidrIpv6"]) for block in each.get("Ipv6Ranges", ()))

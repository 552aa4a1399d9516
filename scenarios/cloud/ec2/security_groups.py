"""Security groups: what moto lets pass.

A rule that is gone is not found by its id, and a group that another group's rules name can't be deleted.

The ids: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html. The error
code is the one that Terraform's AWS provider expects for a missing rule. The names:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html
"""

from botocore.exceptions import ClientError

from scenarios.cloud.calls import Asked
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
        ids = asked.parameters.get("SecurityGroupRuleIds")
        if not ids or asked.caller.account != self._setting.account:
            return
        ec2 = self._setting.session.client("ec2", region_name=asked.region)
        egress = asked.operation == "RevokeSecurityGroupEgress"
        group = asked.parameters.get("GroupId", "")
        try:
            ec2.describe_security_groups(GroupIds=[group])
        except ClientError:
            return  # no such group: that is told first, by moto
        of_group = [{"Name": "group-id", "Values": [group]}]
        found = ec2.describe_security_group_rules(Filters=of_group)["SecurityGroupRules"]
        there = {rule["SecurityGroupRuleId"] for rule in found if rule["IsEgress"] == egress}
        for missing in (each for each in ids if each not in there):
            raise Refused(
                "InvalidSecurityGroupRuleId.NotFound",
                f"The security group rule ID '{missing}' does not exist",
            )

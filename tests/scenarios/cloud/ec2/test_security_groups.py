"""Security groups: what EC2 says of a rule that is gone."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, queue, world

SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}


@pytest.mark.slow
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rule_that_is_gone_is_not_found_by_its_id_nor_by_what_it_allowed(direction):
    with world(queue()) as cloud:
        ec2 = admin(cloud, "ec2")
        group = ec2.create_security_group(GroupName="web", Description="of a test")["GroupId"]
        authorize = getattr(ec2, f"authorize_security_group_{direction}")
        revoke = getattr(ec2, f"revoke_security_group_{direction}")
        made = authorize(GroupId=group, IpPermissions=[SSH])["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        revoke(GroupId=group, SecurityGroupRuleIds=[made])

        with pytest.raises(ClientError, match=rf"InvalidSecurityGroupRuleId\.NotFound.* '{made}' does not"):
            revoke(GroupId=group, SecurityGroupRuleIds=[made])
        with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
            revoke(GroupId=group, IpPermissions=[SSH])
        with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
            revoke(GroupId="sg-00000000", SecurityGroupRuleIds=[made])


@pytest.mark.slow
def test_a_rule_of_ipv6_that_is_not_there_is_not_found_in_a_vpc_without_ipv6():
    with world(queue()) as cloud:
        ec2 = admin(cloud, "ec2")
        group = ec2.create_security_group(GroupName="web", Description="of a test")["GroupId"]
        all_of = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
        ssh = {**SSH, "IpRanges": [], "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}

        with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[all_of])
        with pytest.raises(ClientError, match=r"InvalidPermission\.NotFound"):
            ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[ssh])
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])
        ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[ssh])

        assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []


@pytest.mark.slow
def test_a_group_that_another_ones_rules_name_is_deleted_once_they_no_longer_do():
    with world(queue()) as cloud:
        ec2 = admin(cloud, "ec2")
        one, other = (
            ec2.create_security_group(GroupName=name, Description="of a test")["GroupId"]
            for name in ("one", "other")
        )
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
        of_each = {each: {**rule, "UserIdGroupPairs": [{"GroupId": one}]} for each in (one, other)}
        for group, permission in of_each.items():
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

        with pytest.raises(
            ClientError, match=rf"DependencyViolation.* resource {one} has a dependent object"
        ):
            ec2.delete_security_group(GroupId=one)
        ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[of_each[other]])
        ec2.delete_security_group(GroupId=one)

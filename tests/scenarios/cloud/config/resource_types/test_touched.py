"""Which resources of EC2 a call may have changed, and that reading these is as good as reading all."""

import pytest

from scenarios.cloud.config.items import Found, Relation
from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.resource_types import ec2
from scenarios.cloud.config.resource_types.ec2 import (
    GROUP,
    INSTANCE,
    INTERFACE,
    SUBNET,
    VOLUME,
    VPC,
    reached,
    touched,
    wholly,
)
from scenarios.cloud.config.resource_types.names import names
from scenarios.cloud.config.resource_types.view import View
from tests.scenarios.cloud.config.recording_worlds import only, recording
from tests.scenarios.cloud.small_worlds import HOME, admin

SG, MACHINE, ENI = "sg-0123456789abcdef0", "i-0123456789abcdef0", "eni-0123456789abcdef0"


@pytest.mark.parametrize(
    ("operation", "texts", "types"),
    [
        pytest.param("AuthorizeSecurityGroupIngress", {SG, "tcp"}, {GROUP}, id="a group's rules"),
        pytest.param("CreateTags", {MACHINE, "app"}, {INSTANCE}, id="tags"),
        pytest.param("StopInstances", {MACHINE}, {INSTANCE, INTERFACE, GROUP, VOLUME}, id="an instance"),
        pytest.param(
            "ModifyNetworkInterfaceAttribute", {ENI, SG}, {INTERFACE, INSTANCE, GROUP}, id="an interface"
        ),
        pytest.param("CreateSecurityGroup", {SG}, None, id="what makes something may change all"),
        pytest.param("RunInstances", {MACHINE, SG}, None, id="a launch"),
        pytest.param("ModifyVpcEndpoint", {"vpce-0123456789abcdef0"}, None, id="an unknown id"),
        pytest.param("EnableEbsEncryptionByDefault", set(), None, id="no id"),
    ],
)
def test_the_types_that_a_call_may_have_changed(operation, texts, types):
    assert touched(operation, texts) == types


OTHER_SG, RULE = "sg-0123456789abcdef1", "sgr-0123456789abcdef0"
LAST = {
    (INTERFACE, ENI): (Relation(GROUP, OTHER_SG, "r"), Relation(INSTANCE, MACHINE, "r")),
    (INSTANCE, MACHINE): (Relation(GROUP, SG, "r"), Relation(SUBNET, "subnet-1", "r")),
    (GROUP, OTHER_SG): (Relation(VPC, "vpc-1", "r"),),
}


def last(key):
    relations = LAST.get(key)
    return Found(type=key[0], id=key[1], arn="", configuration={}, relations=relations) if relations else None


@pytest.mark.parametrize(
    ("operation", "texts", "ids"),
    [
        pytest.param(
            "AuthorizeSecurityGroupIngress", {OTHER_SG, RULE}, {GROUP: {OTHER_SG}}, id="a group's rules"
        ),
        pytest.param(
            "AuthorizeSecurityGroupIngress",
            {SG},
            {GROUP: {SG}, wholly(GROUP): {SG}},
            id="the rules of one that was never seen",
        ),
        pytest.param(
            "ModifyNetworkInterfaceAttribute",
            {ENI, SG},
            {
                INTERFACE: {ENI},
                INSTANCE: {MACHINE},
                GROUP: {SG, OTHER_SG},
                wholly(INTERFACE): {ENI},
                wholly(INSTANCE): {MACHINE},
                wholly(GROUP): {SG, OTHER_SG},
            },
            id="the group that an interface had",
        ),
        pytest.param("CreateTags", {MACHINE}, {INSTANCE: {MACHINE}}, id="tags change nothing else"),
        pytest.param("StopInstances", {"i-0123456789abcdef9"}, None, id="one that was never seen"),
        pytest.param("RunInstances", {MACHINE}, None, id="what makes something may change all"),
    ],
)
def test_the_resources_that_a_call_may_have_changed(operation, texts, ids):
    assert reached(operation, texts, last) == ids


@pytest.mark.slow
def test_what_is_read_of_a_few_is_what_reading_all_would_find():
    kinds = (INSTANCE, INTERFACE, GROUP, VOLUME, VPC, SUBNET)
    with recording(group=only(*kinds)) as each:
        client = admin(each, "ec2")
        subnet = client.describe_subnets()["Subnets"][0]["SubnetId"]
        one, two, three = (
            client.create_security_group(GroupName=name, Description="d")["GroupId"] for name in "abc"
        )
        machine = client.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SecurityGroupIds=[one])
        instance = machine["Instances"][0]["InstanceId"]
        disk = client.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        made = client.create_network_interface(SubnetId=subnet, Groups=[one, two])
        interface = made["NetworkInterface"]["NetworkInterfaceId"]
        each.run(600)
        looks = []
        for operation in ("DescribeSecurityGroups", "DescribeInstances", "DescribeTags"):
            each.calls.after("ec2", operation, looks.append)

        client.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[three])
        each.run(300)
        client.modify_instance_attribute(InstanceId=instance, Groups=[two])
        client.create_tags(
            Resources=[instance, one, disk], Tags=[{"Key": "k", "Value": "v"}, {"Key": "a", "Value": "b"}]
        )
        each.run(300)
        client.create_tags(Resources=[instance, disk], Tags=[{"Key": "k", "Value": "w"}])
        each.run(300)
        client.delete_tags(Resources=[instance, disk], Tags=[{"Key": "a"}])
        each.run(300)
        client.delete_tags(Resources=[disk], Tags=[{"Key": "k"}])
        each.run(300)
        client.authorize_security_group_ingress(
            GroupId=two, IpProtocol="tcp", FromPort=1, ToPort=1, CidrIp="10.0.0.0/8"
        )
        client.stop_instances(InstanceIds=[instance])
        each.run(600)
        client.delete_network_interface(NetworkInterfaceId=interface)
        each.run(300)

        recorded = {item.found.key: item.found for item in each.setting.laws[Recorders].of(HOME).present()}
        role = each.setting.laws[Recorders].recorder(HOME).role_arn
        view = View(each.setting, role, HOME)
        there = {found.key: found for kind in ec2.TYPES if kind.name in kinds for found in kind.look(view)}

    assert recorded == there
    assert len([call for call in looks if call.operation == "DescribeTags"]) > 3
    assert len([call for call in looks if "Filters" in call.parameters]) > 8


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("web-1", True),
        ("arn:aws:s3:::web-1", True),
        ("arn:aws:s3:::web-1/logs/*", True),
        ("https://web-1.s3.amazonaws.com/", True),
        ('{"Resource": ["arn:aws:s3:::web-1"]}', True),
        ("web-12", False),
        ("my-web-1", False),
        ("web", False),
    ],
)
def test_a_longer_name_is_another_resource(text, named):
    assert names(text, "web-1") is named

"""How an instance is isolated: the calls in order, each with its undo."""

import json
from dataclasses import replace

import pytest

from chalicelib.quarantine import (
    ISOLATES,
    Interface,
    Isolation,
    denies_only,
    deny,
    is_denied,
    isolate,
    isolation_of,
    made,
)
from chalicelib.remediation import Plan

HERE = Isolation(
    instance="i-1",
    account="123456789012",
    region="eu-west-1",
    vpc="vpc-1",
    interfaces=(Interface(id="eni-1", groups=("sg-1", "sg-2")), Interface(id="eni-2", groups=("sg-3",))),
    volumes=2,
)
MADE = "${trailwarden-quarantine-i-1}"


def operations(found):
    return [each.operation for each in isolate(found)]


def test_evidence_comes_first_then_the_group_then_each_interface():
    calls = list(isolate(HERE))

    assert operations(HERE) == [
        "create_snapshots",
        "create_security_group",
        "revoke_security_group_egress",
        "revoke_security_group_egress",
        "modify_network_interface_attribute",
        "modify_network_interface_attribute",
    ]
    assert [each.undo.parameters for each in calls[-2:]] == [
        {"NetworkInterfaceId": "eni-1", "Groups": ["sg-1", "sg-2"]},
        {"NetworkInterfaceId": "eni-2", "Groups": ["sg-3"]},
    ]
    assert calls[1].undo.parameters == {"GroupId": MADE}
    assert calls[0].undo is None
    assert "stay" in calls[0].lost


def test_the_groups_id_is_filled_in_where_it_is_needed_once_aws_has_said_it():
    plan = Plan.alert(calls=tuple(isolate(HERE))).knowing(1, {"GroupId": "sg-9"})

    assert plan.calls[1].undo.parameters == {"GroupId": "sg-9"}
    assert {each.parameters.get("GroupId") for each in plan.calls[2:4]} == {"sg-9"}
    assert [each.parameters["Groups"] for each in plan.calls[4:]] == [["sg-9"], ["sg-9"]]
    assert plan.calls[4].undo.parameters["Groups"] == ["sg-1", "sg-2"]
    assert MADE not in str(plan.calls)


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        pytest.param({"open": True, "group": "sg-9"}, [], id="somebody else's group is none to be put into"),
        pytest.param(
            {"group": "sg-9", "lets_out": True},
            ["revoke_security_group_egress"] * 2 + ["modify_network_interface_attribute"] * 2,
            id="a group that a try has left",
        ),
        pytest.param(
            {"group": "sg-3"}, ["modify_network_interface_attribute"], id="one interface is in it already"
        ),
        pytest.param({"interfaces": ()}, [], id="no interfaces any more"),
        pytest.param(
            {"volumes": 0, "interfaces": HERE.interfaces[:1]},
            [
                "create_security_group",
                "revoke_security_group_egress",
                "revoke_security_group_egress",
                "modify_network_interface_attribute",
            ],
            id="no volume of EBS",
        ),
    ],
)
def test_what_is_done_already_is_not_done_again(changed, left):
    assert operations(replace(HERE, **changed)) == left


class Ec2:
    """Knows one quarantine group, with these rules."""

    def __init__(self, ingress=(), egress=()):
        self.group = {"GroupId": "sg-9", "IpPermissions": list(ingress), "IpPermissionsEgress": list(egress)}

    def describe_security_groups(self, Filters):  # noqa: N803 - boto3's name
        assert {each["Name"] for each in Filters} == {"group-name", "vpc-id"}
        return {"SecurityGroups": [self.group]}


OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
DESCRIBED = {
    "InstanceId": "i-1",
    "VpcId": "vpc-1",
    "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "Groups": [{"GroupId": "sg-1"}]}],
    "BlockDeviceMappings": [{"Ebs": {"VolumeId": "vol-1"}}],
}


@pytest.mark.parametrize(
    ("ec2", "lets_out", "is_open"),
    [
        pytest.param(Ec2(), False, False, id="as we leave it"),
        pytest.param(Ec2(egress=[OUT]), True, False, id="as it is when it is new"),
        pytest.param(Ec2(egress=[{**OUT, "IpProtocol": "tcp"}]), True, True, id="a way out for somebody"),
        pytest.param(Ec2(ingress=[OUT]), False, True, id="a way in"),
        pytest.param(
            Ec2(egress=[{**OUT, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}]), True, True, id="to a group"
        ),
    ],
)
def test_a_group_of_that_name_is_ours_or_somebody_elses(ec2, lets_out, is_open):
    found = isolation_of(ec2, DESCRIBED, account="1", region="eu-west-1")

    assert (found.group, found.lets_out, found.open) == ("sg-9", lets_out, is_open)
    assert (found.interfaces, found.volumes) == ((Interface(id="eni-1", groups=("sg-1",)),), 1)


GROUP, OTHERS = replace(HERE, group="").group_name, "Trailwarden: i-2 is in quarantine"


class Account:
    """Knows one group and one policy; of an interface, the groups that it is in."""

    def describe_security_groups(self, Filters):  # noqa: N803 - boto3's name
        wanted = {each["Name"]: each["Values"] for each in Filters}
        held = {"group-name": GROUP, "vpc-id": "vpc-1", "description": "Trailwarden: i-1 is in quarantine"}
        there = all(held[name] in values for name, values in wanted.items())
        return {"SecurityGroups": [{"GroupId": "sg-9"}] if there else []}

    def describe_network_interfaces(self, NetworkInterfaceIds):  # noqa: N803
        return {"NetworkInterfaces": [{"Groups": [{"GroupId": "sg-9"}]}]}

    def get_role_policy(self, RoleName, PolicyName):  # noqa: N803
        return {"PolicyDocument": json.loads(DENIAL.parameters["PolicyDocument"])}


DENIAL = deny("web", account="1", region="r")
CALLS = {each.operation: each for each in isolate(HERE)}
TO_THE_GROUP = replace(
    CALLS["modify_network_interface_attribute"],
    parameters={"NetworkInterfaceId": "eni-2", "Groups": ["sg-9"]},
)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        pytest.param(CALLS["create_security_group"], {"GroupId": "sg-9"}, id="the group"),
        pytest.param(
            replace(
                CALLS["create_security_group"],
                parameters={**CALLS["create_security_group"].parameters, "Description": OTHERS},
            ),
            None,
            id="a group of that name, of somebody else",
        ),
        pytest.param(TO_THE_GROUP, {}, id="an interface in it"),
        pytest.param(CALLS["modify_network_interface_attribute"], None, id="an interface that is in another"),
        pytest.param(DENIAL, {}, id="the policy"),
        pytest.param(
            deny("web", account="1", region="r", document={"Statement": []}), None, id="another policy"
        ),
        pytest.param(CALLS["create_snapshots"], None, id="snapshots, which anybody makes alike"),
        pytest.param(CALLS["revoke_security_group_egress"], None, id="a rule that is gone"),
    ],
)
def test_what_a_call_has_made_whose_answer_was_lost(call, answer):
    assert made(Account(), call) == answer


def test_a_policy_of_the_quarantines_name_that_denies_less_is_no_quarantine():
    iam = Account()
    assert is_denied(iam, "web")
    iam.get_role_policy = lambda **_: {"PolicyDocument": {"Statement": []}}
    assert not is_denied(iam, "web")


def test_a_role_is_denied_everything_and_the_undo_deletes_that_policy():
    call = deny("web", account="123456789012", region="us-east-1")

    assert denies_only(call)
    assert call.undo.parameters == {"RoleName": "web", "PolicyName": call.parameters["PolicyName"]}


def test_a_policy_that_allows_anything_is_none_of_ours():
    call = deny("web", account="1", region="r", document={"Statement": [{"Effect": "Allow"}]})

    assert not denies_only(call)


def test_another_group_is_granted_on_whatever_ec2_may_ask_about():
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html."""
    action = "ec2:ModifyNetworkInterfaceAttribute"
    asked = {grant.resource.rpartition(":")[2] for grant in ISOLATES if grant.action == action}

    assert asked == {"network-interface/*", "instance/*", "security-group/*"}

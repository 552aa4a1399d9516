"""IAM groups of a stack hold AWS's managed policies, and nobody else's."""

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud import small_worlds as small

READ_ONLY = "arn:aws:iam::aws:policy/AWSCloudTrail_ReadOnlyAccess"


def group(*policies):
    properties = {"GroupName": "auditors", "ManagedPolicyArns": list(policies)}
    return {"Auditors": {"Type": "AWS::IAM::Group", "Properties": properties}}


def test_a_group_holds_the_policies_it_was_given():
    with small.world(group(READ_ONLY)) as world:
        iam = world.client(world.user("alice"), "iam")

        assert [each["GroupName"] for each in iam.list_groups()["Groups"]] == ["auditors"]
        assert iam.list_group_policies(GroupName="auditors")["PolicyNames"] == [
            "AWSCloudTrail_ReadOnlyAccess"
        ]


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param("arn:aws:iam::aws:policy/AWSCloudTrail_ReadAccess", id="a name AWS doesn't have"),
        pytest.param(READ_ONLY.replace("arn:aws:", "arn:aws-cn:"), id="another partition's"),
        pytest.param("arn:aws:iam::123456789012:policy/own", id="the account's own"),
    ],
)
def test_a_policy_that_nobody_knows_here_is_loud(policy):
    with pytest.raises(NotSimulated, match=r"Auditors\.ManagedPolicyArns"), small.world(group(policy)):
        pass

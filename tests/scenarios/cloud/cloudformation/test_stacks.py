"""What CloudFormation tells of a world's stacks, and EC2 of its regions."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, queue, world

RESOURCES = queue("Heard", by="")


def test_a_stack_is_described_with_what_it_is_made_of():
    with world(RESOURCES) as each:
        cloudformation = admin(each, "cloudformation")
        [stack] = cloudformation.describe_stacks(StackName="trailwarden")["Stacks"]
        [resource] = cloudformation.list_stack_resources(StackName="trailwarden")["StackResourceSummaries"]
        template = cloudformation.get_template(StackName="trailwarden")["TemplateBody"]

    assert (stack["StackName"], stack["StackStatus"]) == ("trailwarden", "CREATE_COMPLETE")
    assert stack["StackId"].startswith(f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/trailwarden/")
    assert resource["LogicalResourceId"] == "Heard"
    assert resource["PhysicalResourceId"].endswith(f"/{ACCOUNT}/Heard")
    assert resource["ResourceType"] == "AWS::SQS::Queue"
    assert template == {"Resources": RESOURCES}


def test_a_region_has_its_own_stacks():
    with world(RESOURCES, spoke=RESOURCES, regions=("us-east-1", "eu-west-1", "eu-west-2")) as each:
        names = {
            region: [
                stack["StackName"]
                for stack in admin(each, "cloudformation", region).describe_stacks()["Stacks"]
            ]
            for region in each.deployment.regions
        }
        [spoke] = admin(each, "cloudformation", "eu-west-1").describe_stacks()["Stacks"]

    assert names == {
        "us-east-1": ["trailwarden"],
        "eu-west-1": ["trailwarden-spoke"],
        "eu-west-2": ["trailwarden-spoke"],
    }
    assert spoke["Parameters"] == [{"ParameterKey": "HomeRegion", "ParameterValue": "us-east-1"}]


def test_a_stack_that_is_not_there_is_refused_as_cloudformation_refuses_it():
    with (
        world(RESOURCES) as each,
        pytest.raises(ClientError, match="Stack with id nothing does not exist") as refused,
    ):
        admin(each, "cloudformation").describe_stacks(StackName="nothing")

    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_ec2_knows_the_regions_of_the_world_and_no_others():
    with world(RESOURCES, regions=("us-east-1", "eu-west-1")) as each:
        regions = admin(each, "ec2").describe_regions()["Regions"]

    assert [region["RegionName"] for region in regions] == ["us-east-1", "eu-west-1"]


def test_what_is_not_simulated_of_a_stack_is_loud():
    with world(RESOURCES) as each, pytest.raises(NotSimulated, match="DetectStackDrift"):
        admin(each, "cloudformation").detect_stack_drift(StackName="trailwarden")

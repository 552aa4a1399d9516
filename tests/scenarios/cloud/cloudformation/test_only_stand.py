"""Types that only stand, networks with functions in them, and secrets."""

import json
import re

import pytest

from scenarios.cloud.cloudformation.resources import only_stand
from scenarios.cloud.cloudformation.resources.only_stand import KINDS
from scenarios.cloud.cloudformation.schemas import schema_of
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.imperative import CannotOpen, open_world

SAM = "AWS::Serverless-2016-10-31"


def opened(resources, outputs=None, **sections):
    values = {name: {"Value": value} for name, value in (outputs or {}).items()}
    return open_world(
        template={"Transform": SAM, "Resources": resources, "Outputs": values, **sections}
        if values
        else {"Transform": SAM, "Resources": resources, **sections}
    )


def one(kind, **properties):
    return {"Type": kind, "Properties": properties}


def unknown(line):
    """The names in a type's line that its schema does not have."""
    schema = schema_of(line.type)
    assert schema is not None, line.type
    properties = set(schema["properties"])
    known = properties | {each.split("/")[-1] for each in schema.get("readOnlyProperties", ())}
    named = set(re.findall(r"\[(\w+)\]", f"{line.ref} {line.attributes}"))
    return (set(line.attributes) - known) | (named - properties)


def test_each_is_a_type_whose_attributes_are_in_the_schema():
    lines = [each for each in only_stand._lines() if each.type in KINDS]

    assert {each.type for each in lines} == set(KINDS)
    assert {each.type: unknown(each) for each in lines if unknown(each)} == {}


CLUSTER = {"Own": one("AWS::ECS::Cluster", ClusterName="jobs")}


@pytest.mark.slow
def test_a_cluster_stands_with_its_name_and_arn_and_functions_may_know_it():
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-cluster.html."""
    outputs = {"Name": {"Ref": "Own"}, "Arn": {"Fn::GetAtt": ["Own", "Arn"]}}
    with opened(CLUSTER, outputs) as world:
        told = world.simulated.home.outputs
        assert told == {"Name": "jobs", "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/jobs"}


@pytest.mark.slow
def test_more_than_that_is_loud():
    with opened(CLUSTER) as world, pytest.raises(NotSimulated, match=r"ListTasks about Own .* only stands"):
        world.client("ann", "ecs").list_tasks(cluster=world.physical_id("Own"))
    resources = {"Own": one("AWS::ECR::Repository")}
    with pytest.raises(NotSimulated, match="the attribute RepositoryUri of AWS::ECR::Repository"):
        opened(resources, {"Uri": {"Fn::GetAtt": ["Own", "RepositoryUri"]}}).__enter__()


@pytest.mark.slow
def test_what_the_schema_does_not_have_is_refused():
    with (
        pytest.raises(CannotOpen, match="CloudFormation knows no such property"),
        opened({"Own": one("AWS::ECS::Cluster", Colour="green")}),
    ):
        pass
    with (
        pytest.raises(CannotOpen, match="required, and missing"),
        opened({"Group": one("AWS::Cognito::UserPoolResourceServer")}),
    ):
        pass


# ---- networks -------------------------------------------------------------------------------------

# As https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html.
NETWORK = {
    "Net": one("AWS::EC2::VPC", CidrBlock="10.0.0.0/16", EnableDnsSupport=True),
    "Sub": one(
        "AWS::EC2::Subnet",
        VpcId={"Ref": "Net"},
        CidrBlock="10.0.1.0/24",
        AvailabilityZone={"Fn::Select": [0, {"Fn::GetAZs": ""}]},
    ),
    "Group": one("AWS::EC2::SecurityGroup", GroupDescription="of the function", VpcId={"Ref": "Net"}),
    "Gate": one("AWS::EC2::InternetGateway"),
    "Joined": one("AWS::EC2::VPCGatewayAttachment", VpcId={"Ref": "Net"}, InternetGatewayId={"Ref": "Gate"}),
    "Address": one("AWS::EC2::EIP", Domain="vpc"),
    "Out": one(
        "AWS::EC2::NatGateway",
        SubnetId={"Ref": "Sub"},
        AllocationId={"Fn::GetAtt": ["Address", "AllocationId"]},
    ),
    "Routes": one("AWS::EC2::RouteTable", VpcId={"Ref": "Net"}),
    "Route": one(
        "AWS::EC2::Route",
        RouteTableId={"Ref": "Routes"},
        DestinationCidrBlock="0.0.0.0/0",
        NatGatewayId={"Ref": "Out"},
    ),
}
PLACE = {"SubnetIds": [{"Ref": "Sub"}], "SecurityGroupIds": [{"Ref": "Group"}]}


def function(**more):
    text = "def handler(event, context): return 'ran'"
    return one(
        "AWS::Serverless::Function", InlineCode=text, Handler="index.handler", Runtime="python3.12", **more
    )


@pytest.mark.slow
def test_a_function_stands_in_a_network_of_the_template():
    with opened({**NETWORK, "Fn": function(VpcConfig=PLACE)}) as world:
        lambda_, name = world.client("ann", "lambda"), world.physical_id("Fn")

        network = lambda_.get_function_configuration(FunctionName=name)["VpcConfig"]
        assert network["SubnetIds"] == [world.physical_id("Sub")]
        assert json.load(lambda_.invoke(FunctionName=name)["Payload"]) == "ran"


BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "more", "says"),
    [
        (PLACE, {"Role": {"Fn::GetAtt": ["R", "Arn"]}}, "permissions to call CreateNetworkInterface on EC2"),
        ({**PLACE, "SubnetIds": ["subnet-1"]}, {}, "InvalidSubnetID.NotFound"),
        ({**PLACE, "SecurityGroupIds": ["sg-1"]}, {}, "InvalidGroup.NotFound"),
        ({**PLACE, "SecurityGroupIds": []}, {}, "SecurityGroupIds must be provided"),
    ],
)
def test_lambda_refuses_a_network_that_does_not_do(place, more, says):
    role = one("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST, ManagedPolicyArns=[BASIC])
    resources = {**NETWORK, "R": role, "Fn": function(VpcConfig=place, **more)}

    with pytest.raises(CannotOpen, match=says), opened(resources):
        pass


# ---- secrets --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_secret_is_generated_beside_what_the_template_has():
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html."""
    generated = {
        "SecretStringTemplate": '{"username": "admin"}',
        "GenerateStringKey": "password",
        "PasswordLength": 30,
        "ExcludeCharacters": '"@/\\',
    }
    secrets = {
        "Made": one("AWS::SecretsManager::Secret", GenerateSecretString=generated),
        "Given": one("AWS::SecretsManager::Secret", Name="given", SecretString="s3cret"),
    }
    with opened(secrets) as world:
        client = world.client("ann", "secretsmanager")
        text = client.get_secret_value(SecretId=world.physical_id("Made"))["SecretString"]

        assert json.loads(text)["username"] == "admin"
        assert len(json.loads(text)["password"]) == 30
        given = client.get_secret_value(SecretId=world.physical_id("Given"))
        assert (given["Name"], given["SecretString"]) == ("given", "s3cret")

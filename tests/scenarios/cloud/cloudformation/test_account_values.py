"""Parameters whose values AWS looks up in the account, and rules about them.

The forms are those of https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
and https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html.
"""

import base64

import pytest

from scenarios.cloud.cloudformation.template import Template
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.runner.imperative import open_world

ACCOUNT, REGION = "123456789012", "us-east-1"
AMI = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
# What `cdk synth` writes into every template, about `cdk bootstrap`.
BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
QUEUE = {"Queue": {"Type": "AWS::SQS::Queue"}}


@pytest.fixture(scope="module")
def ec2():
    with open_world(template="empty") as world:
        ssm = world.client("ann", "ssm")
        ssm.put_parameter(Name="/app/queue", Value="orders", Type="String")
        ssm.put_parameter(Name="/app/names", Value="orders,bills", Type="StringList")
        ssm.put_parameter(Name="/app/secret", Value="orders", Type="SecureString")
        yield world.client("ann", "ec2")


def template(kind, default, *, standing=False, **sections):
    return Template(
        {"Parameters": {"P": {"Type": kind, "Default": default}}, "Resources": QUEUE, **sections},
        region=REGION,
        account=ACCOUNT,
        stack_name="s",
        stack_id="i",
        parameters={},
        standing=standing,
    )


def value(kind, default, at=None):
    return template(kind, default).intrinsics.resolve(at or {"Ref": "P"}, "Here", {})


@pytest.mark.parametrize(
    ("kind", "name", "is_"),
    [
        ("AWS::SSM::Parameter::Value<String>", "/app/queue", "orders"),
        ("AWS::SSM::Parameter::Value<List<String>>", "/app/names", ["orders", "bills"]),
        ("AWS::SSM::Parameter::Value<CommaDelimitedList>", "/app/names", ["orders", "bills"]),
        ("AWS::SSM::Parameter::Value<String>", BOOTSTRAP, "30"),
        ("AWS::SSM::Parameter::Name", "/app/queue", "/app/queue"),
        ("AWS::EC2::Image::Id", "ami-0ff8a91507f77f867", "ami-0ff8a91507f77f867"),
        ("List<AWS::EC2::AvailabilityZone::Name>", "us-east-1a,us-east-1b", ["us-east-1a", "us-east-1b"]),
    ],
)
@pytest.mark.usefixtures("ec2")
def test_a_parameter_has_the_value_that_aws_looks_up(kind, name, is_):
    assert value(kind, name) == is_


@pytest.mark.usefixtures("ec2")
def test_an_image_that_aws_publishes_is_looked_up_by_its_name():
    assert value("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", AMI).startswith("ami-")


def test_networks_of_the_account_are_taken_and_others_refused(ec2):
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    groups = [each["GroupId"] for each in ec2.describe_security_groups()["SecurityGroups"]]

    assert value("AWS::EC2::VPC::Id", vpc) == vpc
    assert value("List<AWS::EC2::Subnet::Id>", ",".join(subnets)) == subnets
    assert value("AWS::EC2::SecurityGroup::Id", groups[0]) == groups[0]
    with pytest.raises(InvalidTemplate, match="parameter value vpc-1 for parameter name P does not exist"):
        value("AWS::EC2::VPC::Id", "vpc-1")
    with pytest.raises(InvalidTemplate, match="subnet-1 for parameter name P"):
        value("List<AWS::EC2::Subnet::Id>", f"{subnets[0]},subnet-1")


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("/app/none", InvalidTemplate, r"Unable to fetch parameters \[/app/none\]"),
        ("/app/secret", InvalidTemplate, "types not supported by CloudFormation"),
        ("/aws/service/none", NotSimulated, "which AWS publishes"),
    ],
)
@pytest.mark.usefixtures("ec2")
def test_a_parameter_that_is_not_there_or_secret_is_refused(name, error, says):
    with pytest.raises(error, match=says):
        value("AWS::SSM::Parameter::Value<String>", name)


@pytest.mark.usefixtures("ec2")
def test_a_stack_that_stands_can_be_read_when_its_parameter_is_gone():
    gone = template("AWS::SSM::Parameter::Value<String>", "/app/none", standing=True)

    assert gone.intrinsics.values["P"] == "/app/none"


@pytest.mark.parametrize("kind", ["AWS::SSM::Parameter::Value<Number>", "AWS::EC2::Cat::Id", "List<String>"])
@pytest.mark.usefixtures("ec2")
def test_no_other_type_is_one(kind):
    with pytest.raises(InvalidTemplate, match="is not a parameter type"):
        value(kind, "x")


@pytest.mark.usefixtures("ec2")
def test_zones_and_base64():
    assert value("String", "x", {"Fn::Select": [1, {"Fn::GetAZs": ""}]}) == "us-east-1b"
    assert base64.b64decode(value("String", "run", {"Fn::Base64": {"Ref": "P"}})) == b"run"


def rule(*assertions, **more):
    return {"R": {"Assertions": [{"Assert": each, "AssertDescription": "no"} for each in assertions], **more}}


P, TRUE, FALSE = {"Ref": "P"}, {"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(
            rule({"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], P]}]}), id="of cdk synth"
        ),
        pytest.param(
            rule({"Fn::Contains": [["30"], P]}, {"Fn::EachMemberEquals": [["30", P], "30"]}), id="more"
        ),
        pytest.param(rule({"Fn::EachMemberIn": [["30"], ["30", "31"]]}, {"Fn::Or": [TRUE, FALSE]}), id="in"),
        pytest.param(rule(FALSE, RuleCondition={"Fn::And": [TRUE, FALSE]}), id="does not apply"),
    ],
)
@pytest.mark.usefixtures("ec2")
def test_a_rule_that_holds_lets_the_stack_be_made(rules):
    template("AWS::SSM::Parameter::Value<String>", BOOTSTRAP, Rules=rules)


@pytest.mark.parametrize(
    ("rules", "error", "says"),
    [
        (rule({"Fn::Contains": [["1", "2"], P]}), InvalidTemplate, "Rules.R: no"),
        (rule({"Fn::EachMemberIn": [["30"], ["31"]]}), InvalidTemplate, "Rules.R: no"),
        (rule(TRUE, FALSE, RuleCondition=TRUE), InvalidTemplate, "Rules.R: no"),
        (rule({"Ref": "P"}), InvalidTemplate, "no condition of a rule"),
        ({"R": {"Assertions": []}}, InvalidTemplate, "a rule has Assertions"),
        (rule({"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, P]}), NotSimulated, "Fn::RefAll"),
    ],
)
@pytest.mark.usefixtures("ec2")
def test_a_rule_that_does_not_hold_refuses_the_stack(rules, error, says):
    with pytest.raises(error, match=says):
        template("AWS::SSM::Parameter::Value<String>", BOOTSTRAP, Rules=rules)

"""CreateStack: what is made, in which order, in whose name, and what becomes of it when something fails."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.world import World
from tests.scenarios.cloud.small_worlds import document

NAME = "app"
QUEUE = {"Queue": {"Type": "AWS::SQS::Queue"}}
TOPIC = {"Topic": {"Type": "AWS::SNS::Topic"}}
# SNS refuses a subscription of a queue that isn't there.
REFUSED = {
    "Refused": {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "DependsOn": "Queue",
        "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
    }
}
YAML = """
# a comment that GetTemplate gives back
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Kept: {Type: Number, Default: 60}
  Secret: {Type: String, NoEcho: true, Default: hush}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: !Ref Kept
      QueueName: !Sub "${AWS::StackName}-jobs"
Outputs:
  Arn: {Value: !GetAtt Queue.Arn}
"""


def empty():
    return World(Deployment(template=""))


def asks(world, who=None):
    return world.client(who or world.user("ann"), "cloudformation")


def creates(world, resources, seconds=60, **more):
    body = json.dumps({"Resources": resources})
    asks(world).create_stack(StackName=NAME, TemplateBody=body, **more)
    world.run(seconds)


def found(world):
    [stack] = asks(world).describe_stacks(StackName=NAME)["Stacks"]
    return stack


def happened(world):
    events = reversed(asks(world).describe_stack_events(StackName=NAME)["StackEvents"])
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events]


def queues(world):
    return world.client(world.user("ann"), "sqs").list_queues().get("QueueUrls", [])


def refusal(world, body, **more):
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(ClientError) as refused:
        asks(world).create_stack(StackName=NAME, TemplateBody=text, **more)
    return refused.value.response["Error"]


# ---- what is made -------------------------------------------------------------------------------


def test_a_resource_comes_after_those_it_needs_and_the_stack_says_how_far_it_is():
    needs = {**QUEUE, "Topic": {**TOPIC["Topic"], "DependsOn": "Queue"}}
    with empty() as world:
        asks(world).create_stack(StackName=NAME, TemplateBody=json.dumps({"Resources": needs}))
        at_once = found(world)["StackStatus"]
        world.run(60)

        assert at_once == "CREATE_IN_PROGRESS"
        assert happened(world) == [
            (NAME, "CREATE_IN_PROGRESS"),
            ("Queue", "CREATE_IN_PROGRESS"),
            ("Queue", "CREATE_COMPLETE"),
            ("Topic", "CREATE_IN_PROGRESS"),
            ("Topic", "CREATE_COMPLETE"),
            (NAME, "CREATE_COMPLETE"),
        ]


def test_yaml_with_the_short_forms_of_functions_its_parameters_and_outputs():
    with empty() as world:
        asks(world).create_stack(
            StackName=NAME,
            TemplateBody=YAML,
            Parameters=[{"ParameterKey": "Kept", "ParameterValue": "120"}],
            Tags=[{"Key": "team", "Value": "blue"}],
        )
        world.run(60)
        stack, [url] = found(world), queues(world)
        sqs = world.client(world.user("ann"), "sqs")
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        body = asks(world).get_template(StackName=NAME)["TemplateBody"]

        assert url.endswith("/app-jobs")
        assert attributes["MessageRetentionPeriod"] == "120"
        assert stack["Outputs"] == [{"OutputKey": "Arn", "OutputValue": attributes["QueueArn"]}]
        assert {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]} == {
            "Kept": "120",
            "Secret": "****",
        }
        assert stack["Tags"] == [{"Key": "team", "Value": "blue"}]
        assert body == YAML


def test_calls_are_made_in_the_name_of_whoever_creates_the_stack():
    with empty() as world:
        made = []
        world.calls.after_everything(made.append)
        creates(world, QUEUE)

    [call] = [each for each in made if each.operation == "CreateQueue"]
    assert call.caller.arn.endswith(":user/ann")
    assert call.caller.invoked_by == "cloudformation.amazonaws.com"


def test_a_stack_made_again_under_the_same_name_gives_its_resources_other_names():
    with empty() as world:
        creates(world, QUEUE)
        first = queues(world)
        asks(world).delete_stack(StackName=NAME)
        world.run(60)
        creates(world, QUEUE)

        assert first != queues(world)
        assert len(queues(world)) == 1


@pytest.mark.slow
def test_a_template_in_a_bucket_is_read_in_the_callers_name():
    with empty() as world:
        s3 = world.client(world.user("ann"), "s3")
        s3.create_bucket(Bucket="templates")
        s3.put_object(Bucket="templates", Key="a b.yaml", Body=YAML.encode())
        url = "https://templates.s3.us-east-1.amazonaws.com/a%20b.yaml"
        bob = world.user(
            "bob", policies=(document({"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}),)
        )
        with pytest.raises(ClientError, match="S3 error: Access Denied"):
            asks(world, bob).create_stack(StackName=NAME, TemplateURL=url)
        asks(world).create_stack(StackName=NAME, TemplateURL=url)
        world.run(60)

        assert found(world)["StackStatus"] == "CREATE_COMPLETE"


# ---- what fails ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_when_a_resource_is_refused_what_was_made_is_deleted_again():
    with empty() as world:
        creates(world, {**QUEUE, **REFUSED})
        stack = found(world)

        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert queues(world) == []
        assert ("Refused", "CREATE_FAILED") in happened(world)
        assert ("Queue", "DELETE_COMPLETE") in happened(world)


@pytest.mark.parametrize(
    ("on_failure", "status", "left"),
    [
        ("DO_NOTHING", "CREATE_FAILED", 1),
        ("DELETE", "DELETE_COMPLETE", 0),
        ("ROLLBACK", "ROLLBACK_COMPLETE", 0),
    ],
)
def test_the_caller_says_what_becomes_of_what_was_made(on_failure, status, left):
    with empty() as world:
        creates(world, {**QUEUE, **REFUSED}, OnFailure=on_failure)
        [summary] = asks(world).list_stacks()["StackSummaries"]

        assert (summary["StackStatus"], len(queues(world))) == (status, left)


def test_a_call_that_the_caller_may_not_make_fails_the_resource():
    only = document({"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"})
    with empty() as world:
        bob = world.user("bob", policies=(only,))
        body = json.dumps({"Resources": QUEUE})
        asks(world, bob).create_stack(StackName=NAME, TemplateBody=body)
        world.run(60)
        events = asks(world).describe_stack_events(StackName=NAME)["StackEvents"]

        [reason] = [
            each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED"
        ]
        assert "sqs:createqueue" in reason.lower()
        assert queues(world) == []


# ---- what is refused at once --------------------------------------------------------------------


def test_iam_must_be_acknowledged_and_a_role_with_a_name_of_its_own_by_another_word():
    role = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": document({"Effect": "Allow", "Action": "sts:AssumeRole"})
            },
        }
    }
    named = {"Role": {**role["Role"], "Properties": {**role["Role"]["Properties"], "RoleName": "mine"}}}
    with empty() as world:
        unsaid = refusal(world, {"Resources": role})
        too_little = refusal(world, {"Resources": named}, Capabilities=["CAPABILITY_IAM"])

    assert unsaid == {
        "Code": "InsufficientCapabilitiesException",
        "Message": "Requires capabilities : [CAPABILITY_IAM]",
    }
    assert too_little["Message"] == "Requires capabilities : [CAPABILITY_NAMED_IAM]"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "JSON not well-formed"),
        ("a: [", "YAML not well-formed"),
        ("just text", "unsupported structure"),
        ({"Resources": {}}, "At least one Resources member must be defined"),
        ({"Resources": {"A": {"Type": "AWS::SQS::Kew"}}}, "Unrecognized resource types: [AWS::SQS::Kew]"),
        ({"Resources": {"A": {**QUEUE["Queue"], "DependsOn": "B"}}}, "Unresolved resource dependencies [B]"),
        ({"Resources": {"A": {**QUEUE["Queue"], "DependsOn": "A"}}}, "Circular dependency"),
        ({"Parameters": {"P": {"Type": "String"}}, "Resources": QUEUE}, "must have a value"),
    ],
)
def test_a_template_that_cannot_be_is_refused_at_once(body, message):
    with empty() as world:
        error = refusal(world, body)
        assert asks(world).list_stacks()["StackSummaries"] == []

    assert error["Code"] == "ValidationError"
    assert message in error["Message"]


@pytest.mark.slow
def test_a_second_stack_of_the_same_name_and_a_transform_nobody_allowed_are_refused():
    sam = {"Transform": "AWS::Serverless-2016-10-31", "Resources": QUEUE}
    with empty() as world:
        unsaid = refusal(world, sam)
        creates(world, QUEUE)
        again = refusal(world, {"Resources": QUEUE})

    assert unsaid["Message"] == "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
    assert again == {"Code": "AlreadyExistsException", "Message": f"Stack [{NAME}] already exists"}


def test_what_is_not_simulated_is_loud_before_anything_is_made():
    with empty() as world:
        with pytest.raises(NotSimulated, match="AWS::SQS::QueueInlinePolicy"):
            creates(world, {**QUEUE, "A": {"Type": "AWS::SQS::QueueInlinePolicy"}})
        with pytest.raises(NotSimulated, match="RollbackConfiguration"):
            creates(world, QUEUE, RollbackConfiguration={"MonitoringTimeInMinutes": 5})
        assert queues(world) == []


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ({"Resources": {}}, "At least one Resources member must be defined."),
        ({"Resources": {"A": 5}}, "Any Resources member must be an object."),
        ({"Resources": [5]}, "Any Resources member must be an object."),
    ],
)
def test_what_is_no_template_is_refused_by_all_that_take_one(template, why):
    body = json.dumps(template)
    with empty() as world:
        for call in (asks(world).validate_template, asks(world).get_template_summary):
            with pytest.raises(ClientError, match=f"Template format error: {why}"):
                call(TemplateBody=body)
        with pytest.raises(ClientError, match=f"Template format error: {why}"):
            asks(world).create_stack(StackName=NAME, TemplateBody=body)


def test_a_template_alone_is_validated_and_summarized():
    with empty() as world:
        validated = asks(world).validate_template(TemplateBody=YAML)
        told = asks(world).get_template_summary(TemplateBody=YAML)

    assert [each["ParameterKey"] for each in validated["Parameters"]] == ["Kept", "Secret"]
    assert [(each["ParameterKey"], each["ParameterType"]) for each in told["Parameters"]] == [
        ("Kept", "Number"),
        ("Secret", "String"),
    ]
    assert told["ResourceTypes"] == ["AWS::SQS::Queue"]

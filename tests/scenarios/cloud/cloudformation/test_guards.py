"""What guards a stack: its role, its policy, and who is told."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.cloudformation.living import NAME, TOPIC, queue, stacks
from tests.scenarios.cloud.small_worlds import document

__all__ = ["stacks"]
NAMED = {"QueueName": "named"}


def role(stacks, *actions, service="cloudformation"):
    """The ARN of a role that may do these."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam = stacks.client("iam")
    made = iam.create_role(RoleName="builder", AssumeRolePolicyDocument=json.dumps(document(trust)))
    if actions:
        text = json.dumps(document(*(lets_all(action) for action in actions)))
        iam.put_role_policy(RoleName="builder", PolicyName="builds", PolicyDocument=text)
    return made["Role"]["Arn"]


def lets_all(action):
    return {"Effect": "Allow", "Action": action, "Resource": "*"}


def calls_of(stacks, name):
    world = stacks.world
    world.run(20 * 60)
    found = stacks.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
    )["Events"]
    return [json.loads(each["CloudTrailEvent"]) for each in found]


# ---- its role -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_a_stack_does_is_done_in_the_name_of_its_role_from_then_on(stacks):
    stacks.creates({"Queue": queue()}, given={"RoleARN": role(stacks, "sqs:*")})
    stacks.updates({"Queue": queue(90), "Topic": TOPIC})
    [made] = calls_of(stacks, "CreateQueue")

    assert stacks.found()["RoleARN"].endswith(":role/builder")
    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert any(
        "assumed-role/builder/AWSCloudFormation" in why and "SNS:CreateTopic" in why for why in stacks.why()
    )
    assert made["userIdentity"]["arn"].endswith(":assumed-role/builder/AWSCloudFormation")
    assert made["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"


def test_who_names_a_role_must_be_allowed_to_pass_it(stacks):
    arn = role(stacks, "sqs:*")
    other = stacks.world.user("bob", policies=[document(lets_all("cloudformation:*"))])
    client = stacks.world.client(other, "cloudformation")
    template = json.dumps({"Resources": {"Queue": queue()}})

    with pytest.raises(ClientError, match="iam:PassRole"):
        client.create_stack(StackName=NAME, TemplateBody=template, RoleARN=arn)


@pytest.mark.parametrize("service", ["lambda", None])
def test_a_role_that_can_not_be_assumed_is_refused(stacks, service):
    arn = "arn:aws:iam::123456789012:role/nobody" if service is None else role(stacks, service=service)

    with pytest.raises(ClientError, match=f"Role {arn} is invalid or cannot be assumed"):
        stacks.creates({"Queue": queue()}, given={"RoleARN": arn})


def test_a_stack_is_deleted_in_the_name_of_its_role(stacks):
    stacks.creates(
        {"Queue": queue()}, given={"RoleARN": role(stacks, "sqs:CreateQueue", "sqs:Get*", "sqs:Set*")}
    )
    stacks.client().delete_stack(StackName=NAME)
    stacks.world.run(60)

    assert stacks.status() == "DELETE_FAILED"
    assert any("sqs:deletequeue" in why.lower() for why in stacks.why())


# ---- its policy ---------------------------------------------------------------------------------

ALL = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def denies(action, resource, **more):
    return {"Effect": "Deny", "Action": action, "Principal": "*", "Resource": resource, **more}


def policy(*statements):
    return json.dumps({"Statement": list(statements)})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "after", "why"),
    [
        pytest.param(
            [ALL, denies("Update:Modify", "LogicalResourceId/Queue")],
            {"Queue": queue(90)},
            "Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource "
            "[LogicalResourceId/Queue]",
            id="modify",
        ),
        pytest.param(
            [denies("Update:Replace", "*"), ALL],
            {"Queue": queue(QueueName="other")},
            "Statement [#1] does not allow [Update:Replace]",
            id="replace",
        ),
        pytest.param(
            [ALL, denies("Update:*", "*", Condition={"StringLike": {"ResourceType": ["AWS::SQS::*"]}})],
            {"Topic": TOPIC},
            "does not allow [Update:Delete] for resource [LogicalResourceId/Queue]",
            id="delete, by type",
        ),
        pytest.param(
            [ALL | {"Resource": "LogicalResourceId/Other"}],
            {"Queue": queue(90)},
            "Action not allowed by stack policy",
            id="what it doesn't name",
        ),
    ],
)
def test_an_update_that_the_policy_forbids_changes_nothing(stacks, statements, after, why):
    stacks.creates({"Queue": queue(), "Topic": TOPIC}, given={"StackPolicyBody": policy(*statements)})
    before = stacks.there()
    stacks.updates({"Topic": TOPIC, **after})

    assert stacks.status() == "UPDATE_ROLLBACK_COMPLETE"
    assert any(why in said for said in stacks.why())
    assert (stacks.there(), stacks.timeout()) == (before, "40")


def test_an_update_may_bring_a_policy_that_holds_for_it_alone(stacks):
    stacks.creates({"Queue": queue()})
    stacks.client().set_stack_policy(StackName=NAME, StackPolicyBody=policy(denies("Update:*", "*")))
    stacks.updates({"Queue": queue(90)}, given={"StackPolicyDuringUpdateBody": policy(ALL)})
    told = stacks.client().get_stack_policy(StackName=NAME)["StackPolicyBody"]

    assert (stacks.status(), stacks.timeout()) == ("UPDATE_COMPLETE", "90")
    assert json.loads(told)["Statement"][0]["Effect"] == "Deny"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("no JSON", id="no JSON"),
        pytest.param(policy({**ALL, "Principal": "ann"}), id="a principal"),
        pytest.param(policy({**ALL, "Action": "Delete:*"}), id="an action"),
        pytest.param(policy({**ALL, "Condition": {"Bool": {"a": "b"}}}), id="a condition"),
    ],
)
def test_what_is_no_stack_policy_is_refused(stacks, text):
    stacks.creates({"Queue": queue()})

    with pytest.raises(ClientError, match="Error validating stack policy: Invalid stack policy"):
        stacks.client().set_stack_policy(StackName=NAME, StackPolicyBody=text)
    assert "StackPolicyBody" not in stacks.client().get_stack_policy(StackName=NAME)


# ---- who is told --------------------------------------------------------------------------------


@pytest.mark.slow
def test_topics_are_told_of_every_event_in_the_name_of_who_asked(stacks):
    topic = stacks.client("sns").create_topic(Name="told")["TopicArn"]
    sqs = stacks.client("sqs")
    url = sqs.create_queue(QueueName="reads")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:reads"
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document(allow))})
    stacks.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    stacks.creates({"Queue": queue()}, given={"NotificationARNs": [topic]})
    got = [message for _ in range(6) for message in sqs.receive_message(QueueUrl=url).get("Messages", ())]
    lines = [json.loads(each["Body"])["Message"] for each in got]

    assert stacks.found()["NotificationARNs"] == [topic]
    assert len(lines) == 4
    assert any(
        "LogicalResourceId='Queue'\n" in each and "ResourceStatus='CREATE_COMPLETE'" in each for each in lines
    )
    assert json.loads(got[0]["Body"])["Subject"] == "AWS CloudFormation Notification"

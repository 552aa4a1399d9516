"""Rules on topics: what acts on a message, under whose rights, and what becomes of failures."""

import base64
import json
import re

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.iot.broker import Broker
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.imperative import CannotOpen, open_world
from tests.forms.forms import QUEUE, TABLE, TOPIC, allow, att, lets, one, plain, ref, role

ACTS = allow("sqs:SendMessage", "sns:Publish", "dynamodb:PutItem", "iot:Publish")


def rule(*actions, sql="SELECT *, topic(2) AS thing FROM 'things/+' WHERE heat > 30", **more):
    payload = {"Actions": list(actions), "Sql": sql, **more}
    return one("AWS::IoT::TopicRule", TopicRulePayload=payload)


def to_function():
    return {"Lambda": {"FunctionArn": att("Fn")}}


def to_queue(**more):
    return {"Sqs": {"QueueUrl": ref("Q"), "RoleArn": att("Acts", "Arn"), **more}}


def opened(*actions, statements=(ACTS,), more=None, **given):
    resources = {
        "R": rule(*actions, **given),
        "P": lets("iot", att("R")),
        "Acts": role("iot", *statements),
        **QUEUE,
        **TOPIC,
        **TABLE,
        **(more or {}),
    }
    return open_world(template=plain(resources))


def publishes(world, topic="things/7", client="", **payload):
    """As a device does, or by the API."""
    content = json.dumps(payload or {"heat": 31}).encode()
    if client:
        world.simulated.setting.laws[Broker].publish(topic, content, client=client)
    else:
        world.client("ann", "iot-data").publish(topic=topic, payload=content)
    world.run(seconds=2)


def ran(world):
    outcomes = [moment.facts["outcome"] for moment in world.timeline if moment.kind == "ran"]
    return [json.loads(each["body"]) for each in outcomes]


def queued(world, name="Q"):
    receive = world.client("ann", "sqs").receive_message
    found = receive(QueueUrl=world.physical_id(name), MaxNumberOfMessages=10)
    return [each["Body"] for each in found.get("Messages", ())]


def lost(world):
    return [moment.words for moment in world.timeline if moment.kind in {"lost", "kept"}]


@pytest.mark.slow
def test_a_message_that_fits_reaches_the_function_and_no_other_does():
    with opened(to_function()) as world:
        publishes(world)
        publishes(world, heat=30)
        publishes(world, topic="things/7/data")
        publishes(world, client="sensor", heat=40)

        assert ran(world) == [{"heat": 31, "thing": "7"}, {"heat": 40, "thing": "7"}]


@pytest.mark.slow
def test_queues_topics_and_tables_get_it_too():
    actions = (
        to_queue(UseBase64=True),
        {"Sns": {"TargetArn": ref("T"), "RoleArn": att("Acts")}},
        {"DynamoDBv2": {"PutItem": {"TableName": ref("D")}, "RoleArn": att("Acts")}},
        {
            "DynamoDB": {
                "TableName": ref("D"),
                "HashKeyField": "id",
                "HashKeyValue": "${topic(2)}-${heat}",
                "RoleArn": att("Acts"),
            }
        },
    )
    mail = {"Protocol": "email", "Endpoint": "me@example.com"}
    more = {"S": one("AWS::SNS::Subscription", TopicArn=ref("T"), **mail)}
    with opened(*actions, more=more, sql="SELECT *, 'own' AS id FROM 'things/+'") as world:
        publishes(world, heat=31.5, on=True, tags=["a"], room={"floor": 2}, none=None)
        items = world.client("ann", "dynamodb").scan(TableName=world.physical_id("D"))["Items"]

        whole = {"heat": 31.5, "on": True, "tags": ["a"], "room": {"floor": 2}, "none": None, "id": "own"}
        assert json.loads(base64.b64decode(queued(world)[0])) == whole
        assert [json.loads(mail.text) for mail in world.inbox] == [whole]
        by_id = {each["id"]["S"]: each for each in items}
        assert by_id["own"]["heat"] == {"N": "31.5"}
        assert by_id["own"]["room"] == {"M": {"floor": {"N": "2"}}}
        assert json.loads(by_id["7-31.5"]["payload"]["S"]) == whole


@pytest.mark.slow
def test_a_rule_may_publish_again():
    again = {"Republish": {"Topic": "hot/${thing}", "RoleArn": att("Acts")}}
    second = {"R2": rule(to_queue(), sql="SELECT heat FROM 'hot/#'")}
    with opened(again, more=second, sql="SELECT *, topic(2) AS thing FROM 'things/+'") as world:
        publishes(world, heat=1, thing="7")

        assert [json.loads(body) for body in queued(world)] == [{"heat": 1}]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "statements", "says"),
    [
        pytest.param(to_queue(), (), "could not act: .*sqs:SendMessage", id="the role may not"),
        pytest.param(
            {"DynamoDBv2": {"PutItem": {"TableName": "nothing"}, "RoleArn": att("Acts")}},
            (ACTS,),
            "could not act: .*ResourceNotFound",
            id="no such table",
        ),
        pytest.param(
            {"Republish": {"Topic": "hot/${nothing}", "RoleArn": att("Acts")}},
            (ACTS,),
            r"\$\{nothing\} is undefined",
            id="a template",
        ),
    ],
)
def test_what_can_not_be_done_is_lost_without_an_error_action(action, statements, says):
    with opened(action, statements=statements) as world:
        publishes(world)

        [words] = lost(world)
    assert re.search(says, words)


@pytest.mark.slow
def test_an_error_action_gets_what_failed():
    failing = {"Sns": {"TargetArn": "arn:aws:sns:us-east-1:123456789012:nothing", "RoleArn": att("Acts")}}
    with opened(failing, ErrorAction=to_queue()) as world:
        publishes(world)
        [told] = [json.loads(body) for body in queued(world)]

        assert (told["ruleName"], told["topic"]) == (world.physical_id("R"), "things/7")
        assert json.loads(base64.b64decode(told["base64OriginalPayload"])) == {"heat": 31}
        assert told["failures"][0]["failedAction"] == "SnsAction"
        assert "its error action has it" in lost(world)[0]


@pytest.mark.slow
def test_without_the_functions_leave_nothing_is_invoked():
    with open_world(template=plain({"R": rule(to_function())})) as world:
        publishes(world)

        assert ran(world) == []
        assert "lambda:InvokeFunction" in lost(world)[0]


@pytest.mark.slow
def test_rules_are_made_switched_and_deleted_by_the_api():
    with opened(to_function()) as world:
        iot, name = world.client("ann", "iot"), world.physical_id("R")
        iot.disable_topic_rule(ruleName=name)
        publishes(world)
        off = ran(world)
        iot.enable_topic_rule(ruleName=name)
        publishes(world)
        iot.delete_topic_rule(ruleName=name)
        publishes(world)

        assert (off, len(ran(world))) == ([], 1)


def payload(sql="SELECT * FROM 'x'", *actions):
    return {"sql": sql, "actions": list(actions)}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (payload("SELECT * FROM x"), "SqlParseException"),
        (payload("SELECT * FROM 'x'", {}), "InvalidRequestException"),
        (payload("SELECT * FROM 'x'", {"sqs": {"queueUrl": "u", "roleArn": ""}}), "InvalidRequestException"),
    ],
    ids=["SQL", "no action", "no role"],
)
def test_what_is_no_rule_is_refused(given, code):
    with opened(to_function()) as world, pytest.raises(ClientError) as refused:
        world.client("ann", "iot").create_topic_rule(ruleName="other", topicRulePayload=given)
    assert refused.value.response["Error"]["Code"] == code


def test_who_may_publish_and_pass_a_role_iam_says():
    with opened(to_function()) as world:
        bob = world.user("bob", policies=())
        with pytest.raises(ClientError, match=r"iot:Publish on resource: .*topic/things/7"):
            world.client(bob, "iot-data").publish(topic="things/7", payload=b"{}")
        makes = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
        cleo = world.user("cleo", policies=({"Version": "2012-10-17", "Statement": makes},))
        sqs = {"queueUrl": "u", "roleArn": "arn:aws:iam::123456789012:role/acts"}
        with pytest.raises(ClientError, match="iam:PassRole"):
            world.client(cleo, "iot").create_topic_rule(
                ruleName="other", topicRulePayload=payload("SELECT * FROM 'x'", {"sqs": sqs})
            )


@pytest.mark.parametrize(
    ("topic", "content", "code"),
    [
        ("a/b/c/d/e/f/g/h/i", b"{}", "InvalidRequestException"),
        ("a" * 257, b"{}", "InvalidRequestException"),
        ("a/#", b"{}", "InvalidRequestException"),
        ("a", b"x" * 131_073, "RequestEntityTooLargeException"),
    ],
    ids=["levels", "length", "wildcard", "size"],
)
def test_what_can_not_be_published_is_refused(topic, content, code):
    with opened(to_function()) as world, pytest.raises(ClientError) as refused:
        world.client("ann", "iot-data").publish(topic=topic, payload=content)
    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.slow
def test_what_is_not_simulated_is_loud():
    with opened(to_function()) as world:
        with pytest.raises(NotSimulated, match="reserved topic"):
            world.client("ann", "iot-data").publish(topic="$aws/rules/x", payload=b"{}")
        with pytest.raises(NotSimulated, match="no JSON"):
            world.client("ann", "iot-data").publish(topic="things/7", payload=b"\x00")
        to_bucket = {"s3": {"bucketName": "b", "key": "k", "roleArn": "r"}}
        with pytest.raises(NotSimulated, match="the action s3"):
            world.client("ann", "iot").create_topic_rule(
                ruleName="other", topicRulePayload=payload("SELECT * FROM 'x'", to_bucket)
            )
    with pytest.raises(NotSimulated, match="the action Kinesis"):
        opened({"Kinesis": {"StreamName": "s", "RoleArn": att("Acts")}}).__enter__()
    with (
        pytest.raises(CannotOpen, match="SqlParseException"),
        open_world(template={"Resources": {"R": rule(sql="SELECT FROM")}}),
    ):
        pass

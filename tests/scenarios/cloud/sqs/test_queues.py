"""What lies in a queue, and how it got there."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.deliveries import Message
from tests.scenarios.cloud.small_worlds import admin, arn, document, may, noted, queue, world

HEARD = arn("sqs", "Heard")


def send(world, body, **attributes):
    message = Message(body=body, attributes=attributes)
    return world.setting.deliveries.hand_over(HEARD, message, by="events.amazonaws.com")


def test_messages_lie_in_the_order_they_came_with_their_attributes():
    with world(queue()) as cloud:
        send(cloud, "first", RULE_ARN="r")
        send(cloud, "second")

        assert cloud.queues.bodies(HEARD) == ["first", "second"]
        assert cloud.queues.attributes(HEARD) == [{"RULE_ARN": "r"}, {}]
        assert noted(cloud, "queued") == ["Heard", "Heard"]


def test_a_receiver_gets_what_a_service_put_there():
    with world(queue()) as cloud:
        send(cloud, "hello", RULE_ARN="r")

        answer = admin(cloud, "sqs").receive_message(
            QueueUrl=f"https://sqs.us-east-1.amazonaws.com/{HEARD.split(':')[4]}/Heard",
            MessageAttributeNames=["All"],
        )
        (message,) = answer["Messages"]
        assert message["Body"] == "hello"
        assert message["MessageAttributes"]["RULE_ARN"] == {"StringValue": "r", "DataType": "String"}


def test_looking_takes_nothing_out_and_a_queue_that_is_gone_holds_nothing():
    with world(queue()) as cloud:
        send(cloud, "hello")
        cloud.queues.bodies(HEARD)

        assert cloud.queues.bodies(HEARD) == ["hello"]
        assert cloud.queues.bodies(arn("sqs", "Gone")) == cloud.queues.attributes(arn("sqs", "Gone")) == []


ROOT = {**may("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
KEY = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(ROOT)}}}


@pytest.mark.parametrize(
    ("key", "statements", "disabled", "code"),
    [
        pytest.param("Key", ["sqs:*", "kms:*"], False, "", id="queue and key"),
        pytest.param("Key", ["sqs:*"], False, "KMS.AccessDeniedException", id="no key"),
        pytest.param("Key", ["sqs:*", "kms:Decrypt"], False, "KMS.AccessDeniedException", id="half the key"),
        pytest.param("Key", ["sqs:*", "kms:*"], True, "KMS.DisabledException", id="a disabled key"),
        pytest.param("alias/aws/sqs", ["sqs:*"], False, "", id="AWS's own key asks nobody of the account"),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
def test_whoever_sends_to_an_encrypted_queue_needs_its_key(key, statements, disabled, code, batch):
    encrypted = queue()
    encrypted["Heard"]["Properties"]["KmsMasterKeyId"] = {"Ref": key} if key == "Key" else key
    with world({**encrypted, **KEY}) as cloud:
        if disabled:
            with cloud.calls.muted():
                admin(cloud, "kms").disable_key(KeyId=cloud.home.resources["Key"].physical_id)
        bob = cloud.client(cloud.user("bob", policies=(document(may(statements)),)), "sqs")
        url = cloud.home.resources["Heard"].physical_id
        try:
            if batch:
                bob.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "hello"}])
            else:
                bob.send_message(QueueUrl=url, MessageBody="hello")
            refused = ""
        except ClientError as error:
            refused = error.response["Error"]["Code"]

        assert (refused, cloud.queues.bodies(HEARD)) == (code, [] if code else ["hello"])


SOURCE = arn("sqs", "Source")


@pytest.mark.parametrize(
    ("allowed", "lets"),
    [
        (None, True),
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [SOURCE]}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": [arn("sqs", "Other")]}, False),
    ],
)
def test_a_dead_letter_queue_says_whose_dead_letters_it_keeps(allowed, lets):
    """API_SetQueueAttributes.html: RedriveAllowPolicy."""
    resources = queue()
    if allowed:
        resources["Heard"]["Properties"]["RedriveAllowPolicy"] = allowed
    with world(resources) as cloud:
        sqs = admin(cloud, "sqs")
        url = cloud.home.resources["Heard"].physical_id
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert json.loads(told.get("RedriveAllowPolicy", "null")) == allowed
        redrive = json.dumps({"deadLetterTargetArn": HEARD, "maxReceiveCount": 3})
        given = {"QueueName": "Source", "Attributes": {"RedrivePolicy": redrive}}
        if lets:
            sqs.create_queue(**given)
        else:
            with pytest.raises(ClientError, match="does not allow"):
                sqs.create_queue(**given)


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        '{"redrivePermission": "some"}',
        '{"redrivePermission": "byQueue"}',
        json.dumps({"redrivePermission": "denyAll", "sourceQueueArns": [SOURCE]}),
        json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [SOURCE] * 11}),
    ],
)
def test_a_policy_for_dead_letters_that_sqs_refuses(policy):
    with world(queue()) as cloud, pytest.raises(ClientError, match="RedriveAllowPolicy is invalid"):
        admin(cloud, "sqs").create_queue(QueueName="q", Attributes={"RedriveAllowPolicy": policy})


@pytest.mark.parametrize("name", ["AttributeNames", "MessageSystemAttributeNames"])
def test_a_messages_own_attributes_are_told_under_either_name(name):
    with world(queue()) as cloud:
        sqs = admin(cloud, "sqs")
        url = sqs.get_queue_url(QueueName="Heard")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="first")

        asked = {name: ["ApproximateReceiveCount", "SentTimestamp"]}
        [message] = sqs.receive_message(QueueUrl=url, **asked)["Messages"]

        assert message["Attributes"] == {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": f"{cloud.clock.now.timestamp() * 1000:.0f}",
        }


@pytest.mark.slow
@pytest.mark.parametrize("names", [["All"], ["DeadLetterQueueSourceArn"]])
def test_a_dead_letter_names_the_queue_that_gave_it_up(names):
    dead = {"Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Dead"}}}
    policy = {"deadLetterTargetArn": arn("sqs", "Dead"), "maxReceiveCount": 1}
    with world({**queue(), **dead}) as cloud:
        sqs = admin(cloud, "sqs")
        url, dead_url = (sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("Heard", "Dead"))
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
        sqs.send_message(QueueUrl=url, MessageBody="given up")
        sqs.send_message(QueueUrl=dead_url, MessageBody="put there")
        for _ in range(2):
            sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)

        found = sqs.receive_message(
            QueueUrl=dead_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=names
        )["Messages"]

        sources = {each["Body"]: each.get("Attributes", {}).get("DeadLetterQueueSourceArn") for each in found}
        assert sources == {"given up": arn("sqs", "Heard"), "put there": None}

"""What lies in a queue, and how it got there."""

import pytest

from scenarios.cloud.kernel.deliveries import Message
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, arn, noted, queue, world

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


def test_a_fifo_queue_is_not_simulated():
    with world(queue()) as cloud, pytest.raises(NotSimulated, match="FIFO"):
        cloud.setting.deliveries.hand_over(
            arn("sqs", "Heard.fifo"), Message(body="{}"), by="events.amazonaws.com"
        )

"""Long polls pass simulated time, and end when a message can be seen."""

import pytest

from tests.scenarios.cloud.functions import function_worlds as functions
from tests.scenarios.cloud.small_worlds import admin, may, queue, world

STANDING = queue("Jobs", by="")


def url(each, name="Jobs"):
    return each.home.resources[name].physical_id


def waited(each):
    return (each.clock.now - each.deployment.start).total_seconds()


def polled(each, **more):
    answer = admin(each, "sqs").receive_message(QueueUrl=url(each), **more)
    return [message["Body"] for message in answer.get("Messages", ())]


@pytest.mark.slow
def test_an_empty_queue_is_waited_for_as_long_as_was_said():
    with world(STANDING) as each:
        assert polled(each, WaitTimeSeconds=20) == []
        assert waited(each) == 20


def test_the_queues_own_wait_counts_where_the_call_names_none():
    resources = queue("Jobs", by="")
    resources["Jobs"]["Properties"]["ReceiveMessageWaitTimeSeconds"] = 7
    with world(resources) as each:
        assert polled(each) == []
        assert waited(each) == 7
        assert polled(each, WaitTimeSeconds=0) == []
        assert waited(each) == 7


def test_a_message_that_arrives_meanwhile_ends_the_wait():
    with world(STANDING) as each:
        send = admin(each, "sqs").send_message
        each.clock.after(5, lambda: send(QueueUrl=url(each), MessageBody="job"))

        assert polled(each, WaitTimeSeconds=20) == ["job"]
        assert waited(each) == 5


def test_a_message_that_was_hidden_ends_the_wait_when_it_is_seen_again():
    with world(STANDING) as each:
        admin(each, "sqs").send_message(QueueUrl=url(each), MessageBody="job", DelaySeconds=3)

        assert polled(each, WaitTimeSeconds=20) == ["job"]
        assert waited(each) == 3


def test_a_message_whose_visibility_timeout_ends_meanwhile_ends_the_wait():
    with world(STANDING) as each:
        admin(each, "sqs").send_message(QueueUrl=url(each), MessageBody="job")
        [taken] = admin(each, "sqs").receive_message(QueueUrl=url(each), VisibilityTimeout=4)["Messages"]

        assert polled(each) == []
        assert polled(each, WaitTimeSeconds=20) == [taken["Body"]]
        assert waited(each) == 4


def test_a_message_that_is_given_back_is_seen_at_once():
    with world(STANDING) as each:
        sqs = admin(each, "sqs")
        sqs.send_message(QueueUrl=url(each), MessageBody="job")
        [taken] = sqs.receive_message(QueueUrl=url(each))["Messages"]
        sqs.change_message_visibility(
            QueueUrl=url(each), ReceiptHandle=taken["ReceiptHandle"], VisibilityTimeout=0
        )

        assert polled(each) == ["job"]


def test_what_is_there_already_is_not_waited_for():
    with world(STANDING) as each:
        admin(each, "sqs").send_message(QueueUrl=url(each), MessageBody="job")

        assert polled(each, WaitTimeSeconds=20) == ["job"]
        assert waited(each) == 0


@pytest.mark.parametrize("seconds", [-1, 21])
def test_a_wait_that_sqs_refuses_passes_no_time(seconds):
    with world(STANDING) as each:
        with pytest.raises(admin(each, "sqs").exceptions.ClientError, match="WaitTimeSeconds is invalid"):
            polled(each, WaitTimeSeconds=seconds)
        assert waited(each) == 0


@pytest.mark.slow
def test_a_function_that_waits_longer_than_it_has_times_out(tmp_path):
    functions.code(
        tmp_path,
        """
        import boto3

        def look(event, context):
            boto3.client("sqs").receive_message(QueueUrl=event, WaitTimeSeconds=20)
        """,
    )
    resources = {
        **functions.function(statements=(may("*"),), Timeout=10),
        **functions.asynchronous(MaximumRetryAttempts=0),
        **STANDING,
    }
    with functions.world(tmp_path, resources) as each:
        functions.sends(each, url(each), seconds=60)

        (failure,) = functions.failures(each)
        assert "timed out after 10.00 seconds" in failure["responsePayload"]["errorMessage"]

"""FIFO topics: what reaches FIFO queues and standard ones, what counts once, what is refused."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.deliveries import Notification
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.small_worlds import admin, arn, heard, queue, topic, trail, world

PRICES = arn("sns", "prices.fifo")


def prices(**properties):
    """A FIFO topic with a FIFO queue and a standard one."""
    fifo = queue("Fifo", by="sns")
    fifo["Fifo"]["Properties"] = {"QueueName": "fifo.fifo", "FifoQueue": True}
    given = {"TopicName": "prices.fifo", "FifoTopic": True, **properties}
    return {
        **fifo,
        **queue(by="sns"),
        "Prices": {"Type": "AWS::SNS::Topic", "Properties": given},
        **subscription("ToFifo", "Fifo", RawMessageDelivery=True),
        **subscription("ToStandard", "Heard"),
    }


def subscription(name, to, **more):
    given = {"TopicArn": {"Ref": "Prices"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": [to, "Arn"]}}
    return {name: {"Type": "AWS::SNS::Subscription", "Properties": given | more}}


def publish(each, group, message, **more):
    given = {"MessageDeduplicationId": message, **more}
    given = {name: value for name, value in given.items() if value}
    return admin(each, "sns").publish(TopicArn=PRICES, Message=message, MessageGroupId=group, **given)


def received(each, name="fifo.fifo"):
    sqs = admin(each, "sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
    return answer.get("Messages", [])


@pytest.mark.slow
@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_groups_and_ids_go_along_to_fifo_queues_alone(faults):
    """fifo-message-grouping.html: the group is passed to FIFO queues, and not to standard ones."""
    with world(prices(), faults=PROFILES[faults]) as each:
        told = [publish(each, group, text)["SequenceNumber"] for group, text in ("a1", "b2", "a3")]

        got = received(each)
        assert [each["Body"] for each in got] == ["1", "3", "2"]
        assert [each["Attributes"]["MessageGroupId"] for each in got] == ["a", "a", "b"]
        assert [each["Attributes"]["MessageDeduplicationId"] for each in got] == ["1", "3", "2"]
        assert sorted(told) == told
        bodies = heard(each)
        assert [body["Message"] for body in bodies] == ["1", "2", "3"]
        assert [body["SequenceNumber"] for body in bodies] == told
        assert "Signature" not in bodies[0]
        assert "MessageGroupId" not in received(each, "Heard")[0]["Attributes"]


def test_what_is_published_again_within_five_minutes_reaches_nobody():
    """fifo-message-dedup.html: it is accepted, and not delivered."""
    with world(prices()) as each:
        first = publish(each, "a", "1")
        each.run(290)
        again = publish(each, "b", "1")
        assert {name: again[name] for name in ("MessageId", "SequenceNumber")} == {
            name: first[name] for name in ("MessageId", "SequenceNumber")
        }
        assert len(heard(each)) == 1

        each.run(20)
        publish(each, "b", "1")
        assert len(heard(each)) == 2


@pytest.mark.slow
def test_by_content_where_the_topic_looks_at_it():
    with world(prices(ContentBasedDeduplication=True)) as each:
        publish(each, "a", "same", MessageDeduplicationId=None)
        publish(each, "b", "same", MessageDeduplicationId=None)
        publish(each, "b", "same", MessageDeduplicationId="other")

        assert [each["Message"] for each in heard(each)] == ["same", "same"]


@pytest.mark.slow
def test_an_id_counts_in_its_group_where_the_topic_says_so():
    with world(prices(FifoThroughputScope="MessageGroup")) as each:
        publish(each, "a", "1")
        publish(each, "b", "1")
        publish(each, "b", "1")
        told = admin(each, "sns").get_topic_attributes(TopicArn=PRICES)["Attributes"]

        assert len(heard(each)) == 2
        assert (told["FifoTopic"], told["FifoThroughputScope"]) == ("true", "MessageGroup")


def test_a_batch_is_in_order_and_each_entry_counts_once():
    with world(prices()) as each:
        entries = [
            {"Id": str(n), "Message": text, "MessageGroupId": "g", "MessageDeduplicationId": text}
            for n, text in enumerate(("1", "2", "1"))
        ]
        entries.append({"Id": "bad", "Message": "3", "MessageGroupId": "g"})
        answer = admin(each, "sns").publish_batch(TopicArn=PRICES, PublishBatchRequestEntries=entries)

        numbers = {each["Id"]: each["SequenceNumber"] for each in answer["Successful"]}
        assert numbers["0"] == numbers["2"] < numbers["1"]
        assert [each["Id"] for each in answer["Failed"]] == ["bad"]
        assert [each["Message"] for each in heard(each)] == ["1", "2"]


@pytest.mark.slow
def test_a_dead_letter_of_a_fifo_queue_goes_to_a_fifo_queue_with_its_ids():
    resources = prices()
    del resources["FifoPolicy"]
    resources |= queue("Dead", by="sns")
    resources["Dead"]["Properties"] = {"QueueName": "dead.fifo", "FifoQueue": True}
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}
    resources |= subscription("ToFifo", "Fifo", RedrivePolicy=redrive)
    with world(resources) as each:
        publish(each, "a", "1")

        [dead] = received(each, "dead.fifo")
        assert dead["Attributes"]["MessageGroupId"] == "a"
        assert json.loads(dead["Body"])["Message"] == "1"


def test_a_standard_topic_passes_a_group_to_standard_queues():
    """API_Publish.html: for fair queues."""
    resources = {
        **topic(mail=""),
        **queue(by="sns"),
        "Sub": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Alerts"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Heard", "Arn"]},
            },
        },
    }
    with world(resources) as each:
        admin(each, "sns").publish(TopicArn=arn("sns", "Alerts"), Message="m", MessageGroupId="tenant")

        [message] = received(each, "Heard")
        assert message["Attributes"]["MessageGroupId"] == "tenant"


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "The MessageGroupId parameter is required for FIFO topics"),
        ({"MessageGroupId": "g"}, "ContentBasedDeduplication enabled or MessageDeduplicationId provided"),
        ({"MessageGroupId": "a b", "MessageDeduplicationId": "1"}, "MessageGroupId parameter can only"),
    ],
)
def test_a_message_without_its_ids_is_refused(given, why):
    with world(prices()) as each, pytest.raises(ClientError, match=why):
        admin(each, "sns").publish(TopicArn=PRICES, Message="m", **given)


def test_a_standard_topic_takes_no_deduplication_id():
    with world(topic()) as each, pytest.raises(ClientError, match="not valid for this topic type"):
        admin(each, "sns").publish(TopicArn=arn("sns", "Alerts"), Message="m", MessageDeduplicationId="1")


def test_a_service_names_no_group():
    with world(prices()) as each:
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": PRICES}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        admin(each, "sns").set_topic_attributes(
            TopicArn=PRICES, AttributeName="Policy", AttributeValue=policy
        )
        given = Notification(text="m")
        refusal = each.setting.deliveries.hand_over(PRICES, given, by="events.amazonaws.com")

        assert "MessageGroupId parameter is required" in refusal.because


@pytest.mark.slow
def test_a_trail_whose_topic_became_a_fifo_topic_goes_on_without_telling():
    resources = {**trail(), **topic("cloudtrail", name="prices")}
    resources["Trail"]["Properties"]["SnsTopicName"] = {"Ref": "prices"}
    resources["Trail"]["DependsOn"] = ["BucketPolicy", "pricesPolicy"]
    with world(resources) as each:
        moto_messages.topic(arn("sns", "prices")).fifo_topic = True
        admin(each, "iam").list_users()
        each.run(900)
        status = admin(each, "cloudtrail").get_trail_status(Name="main")

        assert status["LatestNotificationError"] == "InvalidParameter"
        assert status["LatestDeliveryTime"]


@pytest.mark.parametrize(
    ("topic_arn", "protocol", "endpoint", "why"),
    [
        (PRICES, "email", "a@b.example", "Please use FIFO SQS queue"),
        (PRICES, "lambda", arn("lambda", "function:look"), "Please use FIFO SQS queue"),
        (arn("sns", "Alerts"), "sqs", arn("sqs", "fifo.fifo"), "can not be subscribed to standard"),
    ],
)
def test_what_can_not_be_subscribed(topic_arn, protocol, endpoint, why):
    with world({**prices(), **topic()}) as each, pytest.raises(ClientError, match=why):
        admin(each, "sns").subscribe(TopicArn=topic_arn, Protocol=protocol, Endpoint=endpoint)


def test_an_archive_is_loud():
    with world(prices()) as each, pytest.raises(NotSimulated, match="archive"):
        admin(each, "sns").set_topic_attributes(
            TopicArn=PRICES, AttributeName="ArchivePolicy", AttributeValue='{"MessageRetentionPeriod":"30"}'
        )

"""What SNS refuses of a message, and what becomes of those it takes."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    arrived,
    document,
    function,
    heard,
    lets,
    noted,
    permission,
    queue,
    refusal,
    topic,
    world,
)

ALERTS = arn("sns", "Alerts")
NUMBER = {"DataType": "Number", "StringValue": "5"}
LIST = {"DataType": "String.Array", "StringValue": '["x"]'}


@pytest.fixture
def each():
    with world(topic()) as standing:
        yield standing


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"Message": ""}, "InvalidParameter", id="empty"),
        pytest.param({"Subject": "a\nb"}, "InvalidParameter", id="a subject of two lines"),
        pytest.param({"Subject": ""}, "InvalidParameter", id="an empty subject"),
        pytest.param({"Subject": "x" * 101}, "InvalidParameter", id="a long subject"),
        pytest.param({"Message": "x" * 262_145}, "InvalidParameter", id="a long message"),
        pytest.param({"PhoneNumber": "+12025550100"}, "InvalidParameter", id="to two places"),
        pytest.param({"TopicArn": arn("sns", "Nowhere")}, "NotFound", id="to no topic"),
        pytest.param({"MessageStructure": "json"}, "InvalidParameter", id="no JSON"),
        pytest.param({"MessageStructure": "json", "Message": "{}"}, "InvalidParameter", id="no default"),
        pytest.param(
            {"MessageAttributes": {"n": {**NUMBER, "StringValue": "five"}}},
            "ParameterValueInvalid",
            id="a number that is none",
        ),
        pytest.param(
            {"MessageAttributes": {"n": {"DataType": "String", "StringValue": ""}}},
            "ParameterValueInvalid",
            id="an empty attribute",
        ),
        pytest.param(
            {"MessageAttributes": {"n": {"DataType": "Text", "StringValue": "x"}}},
            "ParameterValueInvalid",
            id="an unknown type",
        ),
        pytest.param(
            {"MessageAttributes": {"a..b": NUMBER}}, "ParameterValueInvalid", id="a name with two dots"
        ),
    ],
)
def test_a_message_that_sns_refuses(each, given, code):
    assert refusal(admin(each, "sns").publish, **{"TopicArn": ALERTS, "Message": "m", **given}) == code
    assert each.topics.inbox == []


def test_a_phone_number_is_a_hole_and_what_is_none_is_refused(each):
    with pytest.raises(NotSimulated, match="phone number"):
        admin(each, "sns").publish(PhoneNumber="+12025550100", Message="m")
    with pytest.raises(ClientError, match="InvalidParameter"):
        admin(each, "sns").publish(PhoneNumber="home", Message="m")


# ---- what arrives -------------------------------------------------------------------------------


def subscribed(protocol, logical, **properties):
    given = {
        "TopicArn": {"Ref": "Alerts"},
        "Protocol": protocol,
        "Endpoint": {"Fn::GetAtt": [logical, "Arn"]},
        **properties,
    }
    return {f"Sub{logical}": {"Type": "AWS::SNS::Subscription", "Properties": given}}


TO_BOTH = {
    **topic(),
    **queue(by="sns"),
    **function(),
    **permission("sns"),
    **subscribed("sqs", "Heard"),
    **subscribed("lambda", "look"),
}


@pytest.mark.slow
def test_a_queue_is_told_an_attributes_type_and_a_function_says_string():
    with world(TO_BOTH) as cloud:
        admin(cloud, "sns").publish(TopicArn=ALERTS, Message="m", MessageAttributes={"n": NUMBER, "a": LIST})
        cloud.run(5)

        (body,), (event,) = heard(cloud), arrived(cloud)
        assert body["MessageAttributes"]["n"] == {"Type": "Number", "Value": "5"}
        assert event["Records"][0]["Sns"]["MessageAttributes"] == {
            "n": {"Type": "String", "Value": "5"},
            "a": {"Type": "String", "Value": '["x"]'},
        }


def raw(cloud, attributes):
    admin(cloud, "sns").publish(TopicArn=ALERTS, Message="m", MessageAttributes=attributes)
    answer = admin(cloud, "sqs").receive_message(
        QueueUrl=cloud.home.resources["Heard"].physical_id, MessageAttributeNames=["All"]
    )
    return answer.get("Messages", [])


RAW = {**topic(mail=""), **queue(by="sns"), **subscribed("sqs", "Heard", RawMessageDelivery=True)}


def test_a_raw_message_keeps_the_types_of_its_attributes():
    with world(RAW) as cloud:
        (message,) = raw(cloud, {"n": NUMBER, "s": {"DataType": "String", "StringValue": "x"}})
        types = {name: value["DataType"] for name, value in message["MessageAttributes"].items()}
        assert (message["Body"], types) == ("m", {"n": "Number", "s": "String"})


def test_a_raw_message_with_eleven_attributes_does_not_reach_its_queue():
    with world(RAW) as cloud:
        assert len(raw(cloud, {f"n{number}": NUMBER for number in range(10)})) == 1
        assert raw(cloud, {f"n{number}": NUMBER for number in range(11)}) == []
        assert noted(cloud, "lost") == [f"Alerts could not reach {arn('sqs', 'Heard')} (CLIENT_ERROR)"]


def test_each_protocol_gets_its_own_message():
    with world(TO_BOTH) as cloud:
        text = json.dumps({"default": "for all", "sqs": "for queues"})
        admin(cloud, "sns").publish(TopicArn=ALERTS, Message=text, MessageStructure="json")
        cloud.run(5)

        assert heard(cloud)[0]["Message"] == "for queues"
        assert arrived(cloud)[0]["Records"][0]["Sns"]["Message"] == "for all"
        assert [mail.text for mail in cloud.topics.inbox] == ["for all"]


def test_a_batch_is_several_messages_with_the_ids_that_its_sender_was_told():
    with world(TO_BOTH) as cloud:
        answer = admin(cloud, "sns").publish_batch(
            TopicArn=ALERTS,
            PublishBatchRequestEntries=[{"Id": "a", "Message": "one"}, {"Id": "b", "Message": "two"}],
        )
        told = {entry["MessageId"] for entry in answer["Successful"]}

        assert [body["Message"] for body in heard(cloud)] == ["one", "two"]
        assert {body["MessageId"] for body in heard(cloud)} == told


@pytest.mark.parametrize(
    ("ids", "code"),
    [([], "EmptyBatchRequest"), (["a", "a"], "BatchEntryIdsNotDistinct"), ("abcdefghijk", "TooManyEntries")],
)
def test_a_batch_that_sns_refuses(each, ids, code):
    entries = [{"Id": name, "Message": "m"} for name in ids]
    with pytest.raises(ClientError, match=code):
        admin(each, "sns").publish_batch(TopicArn=ALERTS, PublishBatchRequestEntries=entries)


def test_a_batch_with_one_message_that_sns_refuses_publishes_the_others():
    with world(TO_BOTH) as cloud:
        entries = [{"Id": "a", "Message": "one"}, {"Id": "b", "Message": "two", "Subject": "s" * 101}]
        answer = admin(cloud, "sns").publish_batch(TopicArn=ALERTS, PublishBatchRequestEntries=entries)

        assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
        assert answer["Failed"] == [
            {
                "Id": "b",
                "Code": "InvalidParameter",
                "Message": "Invalid parameter: Subject",
                "SenderFault": True,
            }
        ]
        assert [body["Message"] for body in heard(cloud)] == ["one"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([{"Id": "a b", "Message": "m"}], "InvalidBatchEntryId"),
        ([{"Id": name, "Message": "m" * 200_000} for name in "ab"], "BatchRequestTooLong"),
    ],
)
def test_a_batch_is_refused_whole_for_an_id_or_its_length(each, entries, code):
    with pytest.raises(ClientError, match=code):
        admin(each, "sns").publish_batch(TopicArn=ALERTS, PublishBatchRequestEntries=entries)


@pytest.mark.parametrize(
    ("method", "parameter", "more"),
    [
        ("publish", "TopicArn", {"Message": "m"}),
        ("publish", "TargetArn", {"Message": "m"}),
        ("get_topic_attributes", "TopicArn", {}),
        ("subscribe", "TopicArn", {"Protocol": "email", "Endpoint": "me@example.com"}),
        ("unsubscribe", "SubscriptionArn", {}),
        ("get_subscription_attributes", "SubscriptionArn", {}),
    ],
)
def test_what_is_no_arn_is_refused_in_snss_own_words(each, method, parameter, more):
    words = f"InvalidParameter.*{parameter} Reason: An ARN must have at least 6 elements, not 1"
    with pytest.raises(ClientError, match=words):
        getattr(admin(each, "sns"), method)(**{parameter: "PendingConfirmation"}, **more)


def test_an_endpoint_that_is_disabled_says_so_whatever_the_message_is(each):
    sns = admin(each, "sns")
    attributes = {"PlatformCredential": "any"}
    made = sns.create_platform_application(Name="phones", Platform="GCM", Attributes=attributes)
    of = {"PlatformApplicationArn": made["PlatformApplicationArn"]}
    off = sns.create_platform_endpoint(**of, Token="off", Attributes={"Enabled": "false"})["EndpointArn"]
    on = sns.create_platform_endpoint(**of, Token="on")["EndpointArn"]
    given = {"Message": "no JSON", "MessageStructure": "json"}

    with pytest.raises(ClientError) as disabled:
        sns.publish(TargetArn=off, **given)
    with pytest.raises(ClientError, match="failed to parse"):
        sns.publish(TargetArn=on, **given)
    error = disabled.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("EndpointDisabled", "Endpoint is disabled")


def test_a_topic_that_is_not_there_is_told_before_the_endpoint_is_looked_at(each):
    sns = admin(each, "sns")
    with pytest.raises(sns.exceptions.NotFoundException, match="Topic does not exist"):
        sns.subscribe(TopicArn=f"{ALERTS}-2", Protocol="sqs", Endpoint="no ARN")


@pytest.mark.parametrize(
    ("resource", "taken"),
    [
        pytest.param(ALERTS, True, id="the topic"),
        pytest.param("arn:aws:sns:*:*:Al*", True, id="a pattern that means it"),
        pytest.param(arn("sns", "Another"), False, id="another topic"),
        pytest.param([ALERTS, arn("sns", "Another")], False, id="another one besides"),
    ],
)
def test_a_topics_policy_names_no_other_topic(each, resource, taken):
    """https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html"""
    policy = json.dumps(document(lets("cloudwatch", "sns:Publish", resource=resource)))
    client = admin(each, "sns")

    def put():
        client.set_topic_attributes(TopicArn=ALERTS, AttributeName="Policy", AttributeValue=policy)

    if taken:
        put()
    else:
        with pytest.raises(ClientError, match=r"InvalidParameter.* is not the topic"):
            put()
    stands = client.get_topic_attributes(TopicArn=ALERTS)["Attributes"]["Policy"]
    assert ("cloudwatch.amazonaws.com" in stands) is taken


def test_each_entry_of_a_batch_to_a_fifo_topic_names_its_group(each):
    sns = admin(each, "sns")
    topic = sns.create_topic(
        Name="Alerts.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    )["TopicArn"]
    entries = [{"Id": "a", "Message": "m", "MessageGroupId": "g"}, {"Id": "b", "Message": "m"}]

    with pytest.raises(ClientError, match="The MessageGroupId parameter is required for FIFO topics"):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)

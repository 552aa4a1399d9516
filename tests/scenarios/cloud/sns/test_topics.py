"""Who may publish and send, and what arrives: mail, queue bodies, function events."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.world import ACCOUNT
from tests.scenarios.cloud.small_worlds import (
    admin,
    arn,
    arrived,
    document,
    function,
    heard,
    lets,
    may,
    noted,
    permission,
    queue,
    topic,
    world,
)

ALERTS = arn("sns", "Alerts")
HEARD = arn("sqs", "Heard")


def subscription(protocol, endpoint, **properties):
    given = {"TopicArn": {"Ref": "Alerts"}, "Protocol": protocol, "Endpoint": endpoint}
    return {"Sub": {"Type": "AWS::SNS::Subscription", "Properties": given | properties}}


def to_queue(by="sns", **properties):
    return {
        **topic(mail=""),
        **queue(by=by),
        **subscription("sqs", {"Fn::GetAtt": ["Heard", "Arn"]}, **properties),
    }


def key(*statements):
    """A key that its account administers, with more statements."""
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(root, *statements)}}}


def publish(world, **more):
    admin(world, "sns").publish(TopicArn=ALERTS, Message="the text", **more)
    world.run(5)


def by_service(world, service="events"):
    return world.messaging.publish_by_service(
        f"{service}.amazonaws.com", ALERTS, subject="s", message="m", source_arn=arn("events", "rule/r")
    )


# ---- who may publish ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resources", "why"),
    [
        pytest.param(topic("events"), None, id="the policy names the service"),
        pytest.param(topic("cloudwatch"), "NO_PERMISSIONS", id="it names another"),
        pytest.param(topic(), "NO_PERMISSIONS", id="no policy but the default"),
        pytest.param(topic("events", name="Other"), "NO_RESOURCE", id="no such topic"),
        pytest.param(
            {**topic("events", key="Key"), **key(lets("events", "kms:GenerateDataKey*", "kms:Decrypt"))},
            None,
            id="encrypted, and the key lets it",
        ),
        pytest.param(
            {**topic("events", key="Key"), **key()}, "NO_PERMISSIONS", id="encrypted, and the key does not"
        ),
        pytest.param(
            {**topic("events", key="Key"), **key(lets("events", "kms:Decrypt"))},
            "NO_PERMISSIONS",
            id="half of what the key must let",
        ),
    ],
)
def test_a_service_publishes_where_topic_and_key_let_it(resources, why):
    with world(resources) as cloud:
        assert by_service(cloud) == why
        assert [message.sender for message in cloud.messaging.inbox] == (
            [] if why else ["events.amazonaws.com"]
        )


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        pytest.param((may("sns:Publish"), may("kms:*")), None, id="topic and key"),
        pytest.param((may("sns:Publish"),), "KMSAccessDenied", id="no key"),
        pytest.param((may("sns:Publish"), may("kms:Decrypt")), "KMSAccessDenied", id="half the key"),
        pytest.param((may("kms:*"),), "AuthorizationError", id="no topic"),
    ],
)
def test_a_role_publishes_to_an_encrypted_topic_with_the_key_as_well(statements, code):
    with world({**topic(key="Key"), **key()}) as cloud:
        caller = cloud.user("bob", policies=(document(*statements),))
        sns = cloud.client(caller, "sns")
        if code:
            with pytest.raises(ClientError, match=code):
                sns.publish(TopicArn=ALERTS, Message="m")
        else:
            sns.publish(TopicArn=ALERTS, Message="m")

        assert len(cloud.messaging.inbox) == (0 if code else 1)


# ---- mail ---------------------------------------------------------------------------------------


def test_mail_lies_in_the_inbox_with_subject_text_and_sender():
    with world(topic()) as cloud:
        publish(
            cloud, Subject="watch out", MessageAttributes={"sev": {"DataType": "String", "StringValue": "1"}}
        )

        (message,) = cloud.messaging.inbox
        assert (message.to, message.subject, message.text) == ("on-call@example.com", "watch out", "the text")
        assert message.attributes == {"sev": "1"}
        assert message.sender == f"arn:aws:iam::{ACCOUNT}:user/alice"


def test_mail_without_a_subject_gets_sns_own():
    with world(topic()) as cloud:
        publish(cloud)

        assert cloud.messaging.inbox[0].subject == "AWS Notification Message"


def test_email_json_carries_the_envelope():
    with world({**topic(mail=""), **subscription("email-json", "robot@example.com")}) as cloud:
        publish(cloud)

        assert json.loads(cloud.messaging.inbox[0].text)["Message"] == "the text"


# ---- queues -------------------------------------------------------------------------------------


def test_a_queue_gets_the_envelope_without_what_is_absent():
    with world(to_queue()) as cloud:
        publish(cloud)

        (body,) = heard(cloud)
        assert body["Type"] == "Notification"
        assert body["TopicArn"] == ALERTS
        assert body["Message"] == "the text"
        assert body["Timestamp"] == "2026-03-02T03:00:00.000Z"
        assert {"SigningCertURL", "UnsubscribeURL"} <= body.keys()
        assert not {"Subject", "MessageAttributes"} & body.keys()


def test_a_queue_gets_subject_and_attributes_where_there_are_any():
    with world(to_queue()) as cloud:
        publish(cloud, Subject="s", MessageAttributes={"n": {"DataType": "Number", "StringValue": "7"}})

        (body,) = heard(cloud)
        assert body["Subject"] == "s"
        assert body["MessageAttributes"] == {"n": {"Type": "Number", "Value": "7"}}
        assert cloud.messaging.attributes(HEARD) == [{}]


def test_raw_delivery_gives_a_queue_the_message_alone_and_its_attributes():
    with world(to_queue(RawMessageDelivery=True)) as cloud:
        publish(cloud, MessageAttributes={"n": {"DataType": "String", "StringValue": "7"}})

        assert cloud.messaging.bodies(HEARD) == ["the text"]
        assert cloud.messaging.attributes(HEARD) == [{"n": "7"}]


def test_what_a_queue_refuses_is_lost_and_says_so():
    with world(to_queue(by="")) as cloud:
        publish(cloud)

        assert heard(cloud) == []
        assert noted(cloud, "lost") == [f"Alerts could not reach {HEARD} (NO_PERMISSIONS)"]


def test_what_a_queue_refuses_goes_to_the_subscriptions_dead_letter_queue():
    dead = {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}}
    with world({**to_queue(by="", **dead), **queue("Dead", by="sns")}) as cloud:
        publish(cloud)

        (body,) = heard(cloud, "Dead")
        assert body["Message"] == "the text"
        assert noted(cloud, "lost") == []


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        pytest.param((lets("events", "kms:*"),), None, id="the key lets it"),
        pytest.param((), "NO_PERMISSIONS", id="the key does not"),
    ],
)
def test_an_encrypted_queue_asks_the_key_too(statements, why):
    encrypted = queue()
    encrypted["Heard"]["Properties"]["KmsMasterKeyId"] = {"Ref": "Key"}
    with world({**encrypted, **key(*statements)}) as cloud:
        assert (
            cloud.messaging.send_by_service(
                "events.amazonaws.com", HEARD, "{}", source_arn=arn("events", "rule/r"), attributes={}
            )
            == why
        )


# ---- functions ----------------------------------------------------------------------------------


TO_FUNCTION = {
    **topic(mail=""),
    **function(),
    **subscription("lambda", {"Fn::GetAtt": ["look", "Arn"]}),
}


def test_a_function_gets_the_record_that_lambda_documents():
    with world({**TO_FUNCTION, **permission("sns")}) as cloud:
        publish(cloud)

        (event,) = arrived(cloud)
        (record,) = event["Records"]
        assert record["EventSource"] == "aws:sns"
        assert record["EventVersion"] == "1.0"
        assert record["EventSubscriptionArn"].startswith(ALERTS)
        assert record["Sns"]["Message"] == "the text"
        assert record["Sns"]["Subject"] is None
        assert record["Sns"]["MessageAttributes"] == {}
        assert {"SigningCertUrl", "UnsubscribeUrl"} <= record["Sns"].keys()
        assert not {"SigningCertURL", "UnsubscribeURL"} & record["Sns"].keys()


def test_a_function_without_the_permission_is_not_reached():
    with world(TO_FUNCTION) as cloud:
        publish(cloud)

        assert arrived(cloud) == []
        assert noted(cloud, "lost") == [
            f"Alerts could not reach {arn('lambda', 'function:look')} (NO_PERMISSIONS)"
        ]


# ---- what is not simulated ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resources", "parameters", "what"),
    [
        pytest.param(to_queue(FilterPolicy={"a": ["b"]}), {}, "filter policy", id="a filter policy"),
        pytest.param(topic(), {"MessageStructure": "json"}, "MessageStructure", id="a message per protocol"),
        pytest.param(
            {**topic(mail=""), **subscription("https", "https://example.com/")}, {}, "https", id="over HTTPS"
        ),
        pytest.param(
            topic(),
            {"MessageAttributes": {"b": {"DataType": "Binary", "BinaryValue": b"x"}}},
            "binary",
            id="binary attributes",
        ),
    ],
)
def test_what_is_not_simulated_is_loud(resources, parameters, what):
    with world(resources) as cloud, pytest.raises(NotSimulated, match=what):
        publish(cloud, **parameters)

"""Who may publish and send, and what arrives: mail, queue bodies, function events."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.deliveries import Notification
from scenarios.cloud.kernel.errors import NotSimulated
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


# ---- who may publish ----------------------------------------------------------------------------


def test_a_service_that_may_publish_is_named_as_the_sender():
    with world(topic("events")) as cloud:
        given = Notification(subject="s", text="m")
        refusal = cloud.setting.deliveries.hand_over(ALERTS, given, by="events.amazonaws.com")

        assert refusal is None
        assert [(mail.sender, mail.subject, mail.text) for mail in cloud.topics.inbox] == [
            ("events.amazonaws.com", "s", "m")
        ]


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

        assert len(cloud.topics.inbox) == (0 if code else 1)


# ---- mail ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("disabled", [False, True])
def test_a_topic_whose_key_is_disabled_takes_nothing(disabled):
    with world({**topic(key="Key"), **key()}) as cloud:
        sns = admin(cloud, "sns")
        if disabled:
            with cloud.calls.muted():
                admin(cloud, "kms").disable_key(KeyId=cloud.home.resources["Key"].physical_id)
            with pytest.raises(ClientError, match="KMSDisabled"):
                sns.publish(TopicArn=ALERTS, Message="m")
        else:
            sns.publish(TopicArn=ALERTS, Message="m")

        assert len(cloud.topics.inbox) == (0 if disabled else 1)


def test_mail_lies_in_the_inbox_with_subject_text_and_sender():
    with world(topic()) as cloud:
        publish(
            cloud, Subject="watch out", MessageAttributes={"sev": {"DataType": "String", "StringValue": "1"}}
        )

        (message,) = cloud.topics.inbox
        assert (message.to, message.subject, message.text) == ("on-call@example.com", "watch out", "the text")
        assert message.attributes == {"sev": "1"}
        assert message.sender == f"arn:aws:iam::{ACCOUNT}:user/alice"


def test_mail_without_a_subject_gets_sns_own():
    with world(topic()) as cloud:
        publish(cloud)

        assert cloud.topics.inbox[0].subject == "AWS Notification Message"


def test_email_json_carries_the_envelope():
    with world({**topic(mail=""), **subscription("email-json", "robot@example.com")}) as cloud:
        publish(cloud)

        assert json.loads(cloud.topics.inbox[0].text)["Message"] == "the text"


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
        assert cloud.queues.attributes(HEARD) == [{}]


def test_raw_delivery_gives_a_queue_the_message_alone_and_its_attributes():
    with world(to_queue(RawMessageDelivery=True)) as cloud:
        publish(cloud, MessageAttributes={"n": {"DataType": "String", "StringValue": "7"}})

        assert cloud.queues.bodies(HEARD) == ["the text"]
        assert cloud.queues.attributes(HEARD) == [{"n": "7"}]


BYTES = {"b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}


@pytest.mark.slow
def test_binary_attributes_are_base64_in_an_envelope_and_bytes_in_a_raw_message():
    with world({**to_queue(), **function(), **permission("sns")}) as cloud:
        admin(cloud, "sns").subscribe(
            TopicArn=ALERTS, Protocol="lambda", Endpoint=arn("lambda", "function:look")
        )
        publish(cloud, MessageAttributes=BYTES)

        told = {"b": {"Type": "Binary", "Value": "AP8="}}
        assert [body["MessageAttributes"] for body in heard(cloud)] == [told]
        assert [event["Records"][0]["Sns"]["MessageAttributes"] for event in arrived(cloud)] == [told]
    with world(to_queue(RawMessageDelivery=True)) as cloud:
        publish(cloud, MessageAttributes=BYTES)

        sqs = admin(cloud, "sqs")
        url = sqs.get_queue_url(QueueName="Heard")["QueueUrl"]
        (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        assert message["MessageAttributes"] == {"b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}


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


# ---- functions ----------------------------------------------------------------------------------


TO_FUNCTION = {
    **topic(mail=""),
    **function(),
    **subscription("lambda", {"Fn::GetAtt": ["look", "Arn"]}),
}


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_function_without_the_permission_is_not_reached():
    with world(TO_FUNCTION) as cloud:
        publish(cloud)

        assert arrived(cloud) == []
        assert noted(cloud, "lost") == [
            f"Alerts could not reach {arn('lambda', 'function:look')} (NO_PERMISSIONS)"
        ]


# ---- what is not simulated ----------------------------------------------------------------------


def test_a_message_over_https_is_loud():
    resources = {**topic(mail=""), **subscription("https", "https://example.com/")}
    with world(resources) as cloud, pytest.raises(NotSimulated, match="https"):
        publish(cloud)


# ---- what a service brings ----------------------------------------------------------------------


@pytest.mark.parametrize(("service", "let_in"), [("cloudwatch", True), ("events", False)])
def test_the_policy_a_topic_begins_with_lets_alarms_in_and_no_rules(service, let_in):
    with world(topic()) as cloud:
        given = Notification(subject="s", text="m")
        refusal = cloud.setting.deliveries.hand_over(
            ALERTS, given, by=f"{service}.amazonaws.com", source=arn("events", "rule/r")
        )
        assert (refusal is None) is let_in


@pytest.mark.slow
@pytest.mark.parametrize(("service", "told"), [("cloudwatch", True), ("events", False)])
def test_kms_is_told_on_whose_behalf_a_service_publishes_but_not_by_eventbridge(service, told):
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    lets_it = lets(service, "kms:GenerateDataKey*", "kms:Decrypt", Condition=condition)
    with world({**topic(service, key="Key"), **key(lets_it)}) as cloud:
        refusal = cloud.setting.deliveries.hand_over(
            ALERTS,
            Notification(text="m"),
            by=f"{service}.amazonaws.com",
            source=arn("cloudwatch", "alarm:a"),
        )
        assert (refusal is None) is told

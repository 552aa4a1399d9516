"""AWS::SNS: topics, who may publish to them, who hears of it.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SNS.html
"""

import re
from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Document,
    Flag,
    Inert,
    Many,
    PolicyDocument,
    Refused,
    Shape,
    Text,
    arn,
)
from scenarios.cloud.kernel.errors import InvalidTemplate

_PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")
# What an endpoint looks like, by protocol; https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
_ENDPOINTS = {
    "application": r"arn:aws[a-z-]*:sns:.+",
    "email": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "email-json": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "firehose": r"arn:aws[a-z-]*:firehose:.+",
    "http": r"http://\S+",
    "https": r"https://\S+",
    "lambda": r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:\S+",
    "sms": r"\+?[\d ./-]+",
    "sqs": r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:\S+",
}

TOPIC = Shape(
    fields={
        "ArchivePolicy": Refused(because="FIFO topics"),
        "ContentBasedDeduplication": Refused(because="FIFO topics"),
        "DataProtectionPolicy": Refused(because="masking"),
        "DeliveryStatusLogging": Refused(because="delivery logs"),
        "DisplayName": Text(longest=100),
        "FifoTopic": Refused(because="FIFO topics"),
        "KmsMasterKeyId": Text(),
        "SignatureVersion": Inert(because="messages here carry no signature that could be verified"),
        "Subscription": Many(
            of=Shape(
                fields={"Endpoint": Text(), "Protocol": Text(choices=_PROTOCOLS)},
                required=("Endpoint", "Protocol"),
            )
        ),
        "Tags": TAGS,
        "TopicName": Text(pattern=r"[A-Za-z0-9_-]{1,256}"),
        "TracingConfig": Inert(because="no segment is recorded for a topic"),
    }
)

TOPIC_POLICY = Shape(
    fields={"PolicyDocument": PolicyDocument(of_resource=True), "Topics": Many(of=arn("sns"), least=1)},
    required=("PolicyDocument", "Topics"),
)

SUBSCRIPTION = Shape(
    fields={
        "DeliveryPolicy": Refused(because="a subscription's own retries"),
        "Endpoint": Text(),
        "FilterPolicy": Document(),
        "FilterPolicyScope": Text(choices=("MessageAttributes", "MessageBody")),
        "Protocol": Text(choices=_PROTOCOLS),
        "RawMessageDelivery": Flag(),
        "RedrivePolicy": Shape(fields={"deadLetterTargetArn": arn("sqs")}, required=("deadLetterTargetArn",)),
        "Region": Refused(because="subscriptions made in another region"),
        "ReplayPolicy": Refused(because="FIFO topics"),
        "SubscriptionRoleArn": Refused(because="Firehose subscriptions"),
        "TopicArn": arn("sns"),
    },
    required=("Endpoint", "Protocol", "TopicArn"),
)


def create_topic(order: Order) -> Identity:
    """Create a topic and its inline subscriptions."""
    sns = order.client("sns")
    name = order.name("TopicName", 256)
    attributes = order.pick("DisplayName", "KmsMasterKeyId")
    topic = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    for index, subscription in enumerate(order.properties.get("Subscription", [])):
        _check_endpoint(subscription, f"{order.logical_id}.Subscription[{index}]")
        sns.subscribe(TopicArn=topic, **subscription)
    return Identity(ref=topic, attributes={"TopicArn": topic, "TopicName": name})


def create_topic_policy(order: Order) -> Identity:
    """Replace the topics' policies."""
    document = text_of(order.properties["PolicyDocument"])
    for topic in order.properties["Topics"]:
        order.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=document
        )
    return Identity(ref=order.generated_name(256), attributes={"Id": order.generated_name(256)})


def create_subscription(order: Order) -> Identity:
    """Subscribe an endpoint to a topic."""
    properties = order.properties
    _check_endpoint(properties, order.logical_id)
    if "FilterPolicyScope" in properties and "FilterPolicy" not in properties:
        raise order.refuse("FilterPolicyScope", "a scope without a FilterPolicy")
    attributes = order.pick("FilterPolicyScope")
    attributes |= {
        name: text_of(value) for name, value in order.pick("FilterPolicy", "RedrivePolicy").items()
    }
    if "RawMessageDelivery" in properties:
        if (
            properties["Protocol"] not in {"sqs", "http", "https", "firehose"}
            and properties["RawMessageDelivery"]
        ):
            raise order.refuse("RawMessageDelivery", f"not for the protocol {properties['Protocol']}")
        attributes["RawMessageDelivery"] = str(properties["RawMessageDelivery"]).lower()
    subscription = order.client("sns").subscribe(
        Attributes=attributes, ReturnSubscriptionArn=True, **order.pick("Endpoint", "Protocol", "TopicArn")
    )["SubscriptionArn"]
    return Identity(ref=subscription, attributes={"Arn": subscription})


def _check_endpoint(subscription: Mapping[str, str], at: str) -> None:
    protocol, endpoint = subscription["Protocol"], subscription["Endpoint"]
    if not re.fullmatch(_ENDPOINTS[protocol], endpoint):
        raise InvalidTemplate(f"{at}.Endpoint", f"{endpoint!r} is no endpoint for the protocol {protocol}")


KINDS: Mapping[str, Kind] = {
    "AWS::SNS::Subscription": Kind(shape=SUBSCRIPTION, create=create_subscription),
    "AWS::SNS::Topic": Kind(shape=TOPIC, create=create_topic),
    "AWS::SNS::TopicPolicy": Kind(shape=TOPIC_POLICY, create=create_topic_policy, grants=True),
}

"""AWS::SNS: topics, their policies, their subscriptions.

The shapes list the properties; values that SNS refuses are in `validation`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SNS.html
"""

from collections.abc import Mapping

from botocore.exceptions import ClientError

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, only, text_of
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
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Resource

TOPIC = Shape(
    fields={
        "ArchivePolicy": Refused(because="the message archive of FIFO topics"),
        "ContentBasedDeduplication": Flag(),
        "DataProtectionPolicy": Refused(because="masking"),
        "DeliveryStatusLogging": Refused(because="delivery logs"),
        "DisplayName": Text(),
        "FifoThroughputScope": Text(),
        "FifoTopic": Flag(),
        "KmsMasterKeyId": Text(),
        "SignatureVersion": Text(),
        "Subscription": Many(
            of=Shape(
                fields={"Endpoint": Text(), "Protocol": Text()},
                required=("Endpoint", "Protocol"),
            )
        ),
        "Tags": TAGS,
        "TopicName": Text(),
        "TracingConfig": Inert(because="no segment is recorded for a topic"),
    }
)

TOPIC_POLICY = Shape(
    fields={"PolicyDocument": PolicyDocument(of_resource=True), "Topics": Many(of=arn("sns"), least=1)},
    required=("PolicyDocument", "Topics"),
)

SUBSCRIPTION = Shape(
    fields={
        "DeliveryPolicy": Document(),
        "Endpoint": Text(),
        "FilterPolicy": Document(),
        "FilterPolicyScope": Text(),
        "Protocol": Text(),
        "RawMessageDelivery": Flag(),
        "RedrivePolicy": Shape(fields={"deadLetterTargetArn": arn("sqs")}, required=("deadLetterTargetArn",)),
        "Region": Refused(because="subscriptions made in another region"),
        "ReplayPolicy": Refused(because="the message archive of FIFO topics"),
        "SubscriptionRoleArn": Refused(because="Firehose subscriptions"),
        "TopicArn": arn("sns"),
    },
    required=("Endpoint", "Protocol", "TopicArn"),
)


def create_topic(order: Order) -> Identity:
    """Create a topic and its inline subscriptions."""
    sns = order.client("sns")
    is_fifo = _text_of_flag(order.properties.get("FifoTopic", False)) == "true"
    ends = ".fifo" if is_fifo and "TopicName" not in order.properties else ""
    name = order.name("TopicName", 256 - len(ends)) + ends
    attributes = order.pick("DisplayName", "FifoThroughputScope", "KmsMasterKeyId", "SignatureVersion")
    flags = order.pick("ContentBasedDeduplication", "FifoTopic")
    attributes |= {each: _text_of_flag(value) for each, value in flags.items() if is_fifo or value}
    topic = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    for subscription in order.properties.get("Subscription", []):
        sns.subscribe(TopicArn=topic, **subscription)
    return Identity(ref=topic, attributes={"TopicArn": topic, "TopicName": name})


def _text_of_flag(value: object) -> str:
    return str(value).lower()


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
    attributes = order.pick("FilterPolicyScope")
    documents = order.pick("DeliveryPolicy", "FilterPolicy", "RedrivePolicy")
    attributes |= {name: text_of(value) for name, value in documents.items()}
    if "RawMessageDelivery" in properties:
        attributes["RawMessageDelivery"] = str(properties["RawMessageDelivery"]).lower()
    subscription = order.client("sns").subscribe(
        Attributes=attributes, ReturnSubscriptionArn=True, **order.pick("Endpoint", "Protocol", "TopicArn")
    )["SubscriptionArn"]
    return Identity(ref=subscription, attributes={"Arn": subscription})


def delete_topic(removal: Removal) -> None:
    """Delete a topic, and with it its subscriptions."""
    removal.client("sns").delete_topic(TopicArn=removal.ref)


def delete_topic_policy(removal: Removal) -> None:
    """Give the topics SNS's default policy back: a topic is never without one."""
    for topic in removal.properties["Topics"]:
        removal.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=text_of(_default_policy(topic))
        )


def _default_policy(topic: str) -> Mapping[str, object]:
    """Whoever the account's own policies let, and nobody else.

    Source: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html, as the console shows it.
    """
    actions = (
        *("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic"),
        *("Subscribe", "ListSubscriptionsByTopic", "Publish"),
    )
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}


def delete_subscription(removal: Removal) -> None:
    """Unsubscribe; one that nobody has confirmed is skipped, and SNS forgets it by itself after three days.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html; that CloudFormation
    goes on: https://github.com/go-to-k/cdkd/issues/1301
    """
    try:
        removal.client("sns").unsubscribe(SubscriptionArn=removal.ref)
    except ClientError as error:
        if "pending confirmation" not in error.response["Error"].get("Message", ""):
            raise


# What may change of a topic, and what SNS has where nobody says it.
_UPDATED: Mapping[str, object] = {
    "ContentBasedDeduplication": False,
    "DisplayName": "",
    "FifoThroughputScope": "Topic",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
}


def update_topic(order: Order, before: Resource) -> Identity:
    """Give a topic another display name, key or way to tell messages apart.

    Without a key its messages are stored unencrypted.
    """
    for name in sorted(only(order, before, *_UPDATED)):
        value = order.properties.get(name, _UPDATED[name])
        order.client("sns").set_topic_attributes(
            TopicArn=before.physical_id,
            AttributeName=name,
            AttributeValue=_text_of_flag(value) if isinstance(value, bool) else str(value),
        )
    return Identity(ref=before.physical_id, attributes=before.attributes)


def update_topic_policy(order: Order, before: Resource) -> Identity:
    """Replace the policy of the same topics."""
    only(order, before, "PolicyDocument")
    return create_topic_policy(order)


_OF_SUBSCRIPTION = (
    *("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"),
)


def update_subscription(order: Order, before: Resource) -> Identity:
    """Have a subscription let other messages through."""
    sns, properties = order.client("sns"), order.properties
    for name in sorted(only(order, before, *_OF_SUBSCRIPTION)):
        if name not in properties:
            raise NotSimulated("CloudFormation", f"an update of {before.type} that takes {name} away")
        value = properties[name]
        text = text_of(value) if isinstance(value, Mapping) else str(value)
        sns.set_subscription_attributes(
            SubscriptionArn=before.physical_id,
            AttributeName=name,
            AttributeValue=text.lower() if name == "RawMessageDelivery" else text,
        )
    return Identity(ref=before.physical_id, attributes=before.attributes)


KINDS: Mapping[str, Kind] = {
    "AWS::SNS::Subscription": Kind(
        shape=SUBSCRIPTION, create=create_subscription, delete=delete_subscription, update=update_subscription
    ),
    "AWS::SNS::Topic": Kind(shape=TOPIC, create=create_topic, delete=delete_topic, update=update_topic),
    "AWS::SNS::TopicPolicy": Kind(
        shape=TOPIC_POLICY,
        create=create_topic_policy,
        delete=delete_topic_policy,
        grants=True,
        update=update_topic_policy,
    ),
}

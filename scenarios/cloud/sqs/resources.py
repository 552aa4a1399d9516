"""AWS::SQS: queues and who may send to them.

The shapes list the properties; values that SQS refuses are in `validation`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SQS.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Many,
    PolicyDocument,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)

_FIFO = Refused(because="FIFO queues")

QUEUE = Shape(
    fields={
        "ContentBasedDeduplication": _FIFO,
        "DeduplicationScope": _FIFO,
        "DelaySeconds": Whole(),
        "FifoQueue": _FIFO,
        "FifoThroughputLimit": _FIFO,
        "KmsDataKeyReusePeriodSeconds": Whole(),
        "KmsMasterKeyId": Text(),
        "MaximumMessageSize": Whole(),
        "MessageRetentionPeriod": Whole(),
        "QueueName": Text(),
        "ReceiveMessageWaitTimeSeconds": Whole(),
        "RedriveAllowPolicy": Refused(because="which queues may send their dead letters here"),
        "RedrivePolicy": Shape(
            fields={"deadLetterTargetArn": arn("sqs"), "maxReceiveCount": Whole()},
            required=("deadLetterTargetArn", "maxReceiveCount"),
        ),
        "SqsManagedSseEnabled": Flag(),
        "Tags": TAGS,
        "VisibilityTimeout": Whole(),
    }
)

QUEUE_POLICY = Shape(
    fields={
        "PolicyDocument": PolicyDocument(of_resource=True),
        "Queues": Many(of=Text(pattern=r"https?://\S+"), least=1),
    },
    required=("PolicyDocument", "Queues"),
)


def create_queue(order: Order) -> Identity:
    """Create a queue; SQS's defaults are a visibility timeout of 30 s and a retention of 4 days."""
    sqs = order.client("sqs")
    name = order.name("QueueName", 80)
    attributes: dict[str, str] = {}
    for attribute, value in order.properties.items():
        if attribute == "RedrivePolicy":
            attributes[attribute] = text_of(value)
        elif attribute != "QueueName":
            attributes[attribute] = str(value).lower() if isinstance(value, bool) else str(value)
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return Identity(
        ref=url, attributes={"Arn": order.site.arn("sqs", name), "QueueName": name, "QueueUrl": url}
    )


def create_queue_policy(order: Order) -> Identity:
    """Replace the queues' policies."""
    document = text_of(order.properties["PolicyDocument"])
    for url in order.properties["Queues"]:
        order.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    return Identity(ref=order.generated_name(256), attributes={"Id": order.generated_name(256)})


def delete_queue(removal: Removal) -> None:
    """Delete a queue with all that is in it."""
    removal.client("sqs").delete_queue(QueueUrl=removal.ref)


def delete_queue_policy(removal: Removal) -> None:
    """Take the queues' policies away."""
    for url in removal.properties["Queues"]:
        removal.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})


KINDS: Mapping[str, Kind] = {
    "AWS::SQS::Queue": Kind(shape=QUEUE, create=create_queue, delete=delete_queue),
    "AWS::SQS::QueuePolicy": Kind(
        shape=QUEUE_POLICY, create=create_queue_policy, delete=delete_queue_policy, grants=True
    ),
}

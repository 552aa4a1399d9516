"""AWS::SQS: queues and who may send to them.

The shapes list the properties; values that SQS refuses are in `validation`.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SQS.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import (
    Identity,
    Kind,
    Order,
    Removal,
    changed,
    only,
    text_of,
)
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Many,
    PolicyDocument,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Resource

QUEUE = Shape(
    fields={
        "ContentBasedDeduplication": Flag(),
        "DeduplicationScope": Text(),
        "DelaySeconds": Whole(),
        "FifoQueue": Flag(),
        "FifoThroughputLimit": Text(),
        "KmsDataKeyReusePeriodSeconds": Whole(),
        "KmsMasterKeyId": Text(),
        "MaximumMessageSize": Whole(),
        "MessageRetentionPeriod": Whole(),
        "QueueName": Text(),
        "ReceiveMessageWaitTimeSeconds": Whole(),
        "RedriveAllowPolicy": Shape(
            fields={"redrivePermission": Text(), "sourceQueueArns": Many(of=arn("sqs"))},
            required=("redrivePermission",),
        ),
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
    is_fifo = _text_of_attribute(order.properties.get("FifoQueue", "false")) == "true"
    # A generated name ends as the kind of queue asks. SQS takes no FifoQueue that is false.
    ends = ".fifo" if is_fifo and "QueueName" not in order.properties else ""
    name = order.name("QueueName", 80 - len(ends)) + ends
    attributes = {
        attribute: _text_of_attribute(value)
        for attribute, value in order.properties.items()
        if attribute != "QueueName" and (attribute != "FifoQueue" or is_fifo)
    }
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return Identity(
        ref=url, attributes={"Arn": order.site.arn("sqs", name), "QueueName": name, "QueueUrl": url}
    )


def _text_of_attribute(value: object) -> str:
    if isinstance(value, Mapping):
        return text_of(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


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


# What SQS gives to an attribute that nobody sets.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
_DEFAULTS: Mapping[str, str] = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "VisibilityTimeout": "30",
}


def update_queue(order: Order, before: Resource) -> Identity:
    """Set the attributes that differ; one that the template no longer names gets SQS's default back."""
    attributes = {}
    for name in sorted(changed(order, before)):
        if name in order.properties:
            attributes[name] = _text_of_attribute(order.properties[name])
        elif name in _DEFAULTS:
            attributes[name] = _DEFAULTS[name]
        else:
            raise NotSimulated("CloudFormation", f"an update of {before.type} that takes {name} away")
    if attributes:
        order.client("sqs").set_queue_attributes(QueueUrl=before.physical_id, Attributes=attributes)
    return Identity(ref=before.physical_id, attributes=before.attributes)


def update_queue_policy(order: Order, before: Resource) -> Identity:
    """Replace the policy of the same queues."""
    only(order, before, "PolicyDocument")
    return create_queue_policy(order)


KINDS: Mapping[str, Kind] = {
    "AWS::SQS::Queue": Kind(shape=QUEUE, create=create_queue, delete=delete_queue, update=update_queue),
    "AWS::SQS::QueuePolicy": Kind(
        shape=QUEUE_POLICY,
        create=create_queue_policy,
        delete=delete_queue_policy,
        grants=True,
        update=update_queue_policy,
    ),
}

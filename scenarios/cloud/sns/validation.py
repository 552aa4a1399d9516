"""Messages and filter policies that SNS refuses, beyond its model's limits; see also topic_rules.py.

The words are SNS's own where people have published them; the others are ours.

Sources: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html,
https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html,
https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.blobs import bytes_of
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.sns import fifo, filtering, topic_rules

LONGEST_SUBJECT = 100
LARGEST_BYTES = 262_144
MOST_ENTRIES = 10
_NAME = re.compile(r"(?!(?i:aws\.|amazon\.))(?!\.)(?!.*\.\.)[\w.-]{1,256}(?<!\.)", re.ASCII)
_ENTRY_ID = re.compile(r"[a-zA-Z0-9_-]{1,80}")
_ORDER_ID = re.compile(r"[a-zA-Z0-9!\"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}")
NO_GROUP = "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
_PHONE = re.compile(r"\+[1-9]\d{1,14}")


def publish(request: Request) -> None:
    """One message."""
    given = request.parameters
    targets = [name for name in ("TopicArn", "TargetArn", "PhoneNumber") if name in given]
    if len(targets) != 1:
        raise _invalid("TopicArn or TargetArn Reason: no value for required parameter")
    if "PhoneNumber" in given and not _PHONE.fullmatch(given["PhoneNumber"]):
        raise _invalid(f"PhoneNumber Reason: {given['PhoneNumber']} is not valid to publish to")
    message(given)
    order(str(given.get("TopicArn") or given.get("TargetArn") or ""), given)


def publish_batch(request: Request) -> None:
    """Several messages, each with an id of its own."""
    entries = request.parameters["PublishBatchRequestEntries"]
    if not entries:
        raise Refused("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > MOST_ENTRIES:
        raise Refused(
            "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."
        )
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise Refused(
            "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."
        )
    for entry in entries:
        if not _ENTRY_ID.fullmatch(entry["Id"]):
            raise Refused(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can "
                "be at most 80 letters long.",
            )
    if request.parameters["TopicArn"].endswith(".fifo") and not all(
        "MessageGroupId" in each for each in entries
    ):
        raise Refused("InvalidParameter", NO_GROUP)
    if sum(size_of(entry) for entry in entries) > LARGEST_BYTES:
        raise Refused(
            "BatchRequestTooLong",
            f"The length of all the messages put together is more than the limit of {LARGEST_BYTES} bytes.",
        )


def entry_refusal(topic_arn: str, entry: Mapping[str, Any]) -> Refused | None:
    """Why SNS refuses one entry of a batch; the others are taken all the same."""
    try:
        message(entry)
        order(topic_arn, entry)
    except Refused as refused:
        return refused
    return None


def order(topic_arn: str, given: Mapping[str, Any]) -> None:
    """What a FIFO topic asks of a message, and what only a FIFO topic takes."""
    topic = moto_messages.topic(topic_arn)
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        if name in given and not _ORDER_ID.fullmatch(given[name]):
            raise _invalid(f"The {name} parameter can only include alphanumeric and punctuation characters")
    if topic is None:
        return
    if not topic.fifo_topic:
        if "MessageDeduplicationId" in given:
            raise _invalid(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that "
                "is not valid for this topic type"
            )
        return
    if "MessageGroupId" not in given:
        raise Refused("InvalidParameter", NO_GROUP)
    if not fifo.deduplication_of(topic, given):
        raise _invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
            "provided explicitly"
        )


def message(given: Mapping[str, Any]) -> None:
    """What is said of a message, wherever it goes."""
    if not given["Message"]:
        raise _invalid("Empty message")
    subject = given.get("Subject")
    if subject is not None and not (0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()):
        raise _invalid("Subject")
    for name, value in given.get("MessageAttributes", {}).items():
        _attribute(name, value)
    if size_of(given) > LARGEST_BYTES:
        raise _invalid("Message too long")
    if "MessageStructure" in given and not of_endpoint(given):
        structure(given)


def size_of(given: Mapping[str, Any]) -> int:
    """Bytes of a message: its text, and its attributes' names, types and values."""
    size = len(given["Message"].encode())
    for name, value in given.get("MessageAttributes", {}).items():
        content = value.get("StringValue", value.get("BinaryValue", b""))
        size += len(name) + len(value["DataType"]) + len(bytes_of(content))
    return size


def of_endpoint(given: Mapping[str, Any]) -> bool:
    """Whether a message goes to an endpoint of a phone, which is asked before the message is read."""
    return ":endpoint/" in str(given.get("TargetArn", ""))


def structure(given: Mapping[str, Any]) -> None:
    """Whether the message says something for every protocol; raises Refused."""
    if given["MessageStructure"] != "json":
        raise _invalid("MessageStructure")
    try:
        parts = json.loads(given["Message"])
    except ValueError:
        raise _invalid("Message Structure - JSON message body failed to parse") from None
    if not isinstance(parts, dict) or not isinstance(parts.get("default"), str):
        raise _invalid("Message Structure - No default entry in JSON message body")


def _attribute(name: str, value: Mapping[str, Any]) -> None:
    kind = value["DataType"]
    base = kind.partition(".")[0]
    if not _NAME.fullmatch(name):
        raise _wrong_value(f"The message attribute name '{name}' is not valid.")
    if base not in ("String", "Number", "Binary"):
        raise _wrong_value(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported "
            "type prefixes is Binary, Number, and String."
        )
    content = value.get("BinaryValue" if base == "Binary" else "StringValue")
    if not content:
        raise _wrong_value(
            f"The message attribute '{name}' must contain non-empty message attribute value for message "
            f"attribute type '{kind}'."
        )
    if base == "Number" and not _is_number(content):
        raise _wrong_value(f"Could not cast message attribute '{name}' value to number.")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) is not None


# ---- subscriptions ------------------------------------------------------------------------------


def subscribe(request: Request) -> None:
    """A new subscription's filter policy."""
    attributes = request.parameters.get("Attributes", {})
    if "FilterPolicy" in attributes:
        filtering.check(attributes["FilterPolicy"], attributes.get("FilterPolicyScope", filtering.ATTRIBUTES))


def set_attributes(request: Request) -> None:
    """A policy that replaces another; the scope is the subscription's own, which is set first."""
    given = request.parameters
    name, value = given["AttributeName"], given.get("AttributeValue", "")
    if name == "FilterPolicy" and value:
        standing = moto_messages.subscription(given["SubscriptionArn"])
        scope = standing.attributes.get("FilterPolicyScope") if standing is not None else None
        filtering.check(value, scope or filtering.ATTRIBUTES)


def _invalid(why: str) -> Refused:
    return Refused("InvalidParameter", f"Invalid parameter: {why}")


def _wrong_value(why: str) -> Refused:
    return Refused("ParameterValueInvalid", why)


VALIDATION = Validation(
    code="InvalidParameter",
    rules={
        "Publish": (publish,),
        "PublishBatch": (publish_batch,),
        "CreateTopic": (topic_rules.topic,),
        "SetTopicAttributes": (topic_rules.topic_attribute,),
        "Subscribe": (topic_rules.subscription, subscribe),
        "SetSubscriptionAttributes": (topic_rules.subscription_attribute, set_attributes),
    },
)

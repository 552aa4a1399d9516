"""Queues and messages that SQS refuses: names, attributes out of their range, invalid policies, bodies.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request, Validation

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,80}|[a-zA-Z0-9_-]{1,75}\.fifo")
_STANDARD_NAME: Final = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
_FIFO_NAME: Final = (
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
    "with .fifo suffix and be 1 to 80 in length."
)
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_MOST_RECEIVES: Final = 1000
_POLICY: Final = resource_policy("Policy", "InvalidAttributeValue")


def queue(request: Request) -> None:
    """CreateQueue: the name and the attributes."""
    if not _NAME.fullmatch(request.parameters["QueueName"]):
        raise Refused("InvalidParameterValue", _STANDARD_NAME)
    fifo = (request.parameters.get("Attributes") or {}).get("FifoQueue") == "true"
    if fifo != request.parameters["QueueName"].endswith(".fifo"):
        raise Refused("InvalidParameterValue", _FIFO_NAME if fifo else _STANDARD_NAME)
    attributes(request)


def message(request: Request) -> None:
    """SendMessage: the body has text, of characters that XML can hold."""
    refused = body_refusal(request.parameters["MessageBody"])
    if refused is not None:
        raise refused


def batch(request: Request) -> None:
    """SendMessageBatch: SQS refuses entries one by one, which is not simulated."""
    for entry in request.parameters["Entries"]:
        refused = body_refusal(entry["MessageBody"])
        if refused is not None:
            raise NotSimulated("sqs", f"SendMessageBatch with an entry that SQS refuses ({refused})")


def body_refusal(body: str) -> Refused | None:
    """Why SQS takes no message with this body, if it doesn't."""
    if not body:
        return Refused("MissingParameter", "The request must contain the parameter MessageBody.")
    bad = _NOT_ALLOWED.search(body)
    if bad is None:
        return None
    return Refused(
        "InvalidMessageContents",
        f"Invalid binary character '#x{ord(bad.group()):X}' was found in the message body, the set of "
        "allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
    )


def attributes(request: Request) -> None:
    """A queue's attributes, each value as text."""
    given: Mapping[str, str] = request.parameters.get("Attributes") or {}
    for name, (low, high) in _RANGES.items():
        if name in given and not _within(given[name], low, high):
            raise _invalid(name)
    if given.get("SqsManagedSseEnabled") == "true" and given.get("KmsMasterKeyId"):
        raise Refused(
            "InvalidAttributeValue", "You can use one type of server-side encryption (SSE) at one time."
        )
    if given.get("RedrivePolicy"):
        _check_redrive(given["RedrivePolicy"])
    _POLICY(replace(request, parameters=given))


def _check_redrive(text: str) -> None:
    policy = _parsed(text)
    if not isinstance(policy, dict):
        raise _unusable(text, "Redrive policy is not a valid JSON map.")
    if "deadLetterTargetArn" not in policy or "maxReceiveCount" not in policy:
        raise _unusable(text, "Redrive policy needs deadLetterTargetArn and maxReceiveCount.")
    count = policy["maxReceiveCount"]
    if not _within(str(count), 1, _MOST_RECEIVES):
        raise _unusable(
            text,
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to {_MOST_RECEIVES} both "
            "inclusive.",
        )


def receipt(request: Request) -> None:
    """ReceiveMessage: how many at once, and how long to wait for them."""
    for name, (low, high) in _OF_A_RECEIPT.items():
        given = request.parameters.get(name, low)
        if not low <= given <= high:
            why = f"Must be between {low} and {high}, if provided."
            raise Refused(
                "InvalidParameterValue", f"Value {given} for parameter {name} is invalid. Reason: {why}"
            )


def _unusable(policy: str, why: str) -> Refused:
    return Refused(
        "InvalidParameterValue", f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {why}"
    )


def _invalid(name: str) -> Refused:
    return Refused("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _within(text: str, low: int, high: int) -> bool:
    return re.fullmatch(r"\d{1,9}", text) is not None and low <= int(text) <= high


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


_OF_A_RECEIPT = {"MaxNumberOfMessages": (1, 10), "WaitTimeSeconds": (0, 20)}

VALIDATION = Validation(
    code="InvalidAttributeName",
    # SQS takes a message's attributes (SentTimestamp) as AttributeNames too, where its model lists a queue's.
    own_words=("GetQueueAttributes", "ReceiveMessage"),
    rules={
        "CreateQueue": (queue,),
        "SetQueueAttributes": (attributes,),
        "ReceiveMessage": (receipt,),
        "SendMessage": (message,),
        "SendMessageBatch": (batch,),
    },
)

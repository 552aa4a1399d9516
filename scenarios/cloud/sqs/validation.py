"""Queues and messages that SQS refuses: names, attributes out of their range, invalid policies, bodies.

The words are SQS's own where people have published them; those about a FIFO queue's attributes are in
https://github.com/localstack/localstack/blob/main/localstack-core/localstack/services/sqs/models.py

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.authorization.rows import Place
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.fifo import deduplication_id
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.sqs import fifo
from scenarios.cloud.sqs.urls import queue_arn

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
_ID = re.compile(r"[a-zA-Z0-9!\"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}")
_OF_HIGH_THROUGHPUT: Final[Mapping[str, tuple[str, ...]]] = {
    "DeduplicationScope": (fifo.PER_GROUP, "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_MOST_RECEIVES: Final = 1000
_MOST_SOURCES: Final = 10
_POLICY: Final = resource_policy("Policy", "InvalidAttributeValue")


def queue(request: Request) -> None:
    """CreateQueue: the name and the attributes."""
    name, given = request.parameters["QueueName"], request.parameters.get("Attributes") or {}
    if not _NAME.fullmatch(name):
        raise Refused("InvalidParameterValue", _STANDARD_NAME)
    if given.get("FifoQueue") == "false":
        raise Refused("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    is_fifo = given.get("FifoQueue") == "true"
    if is_fifo != name.endswith(".fifo"):
        raise Refused("InvalidParameterValue", _FIFO_NAME if is_fifo else _STANDARD_NAME)
    _check_order(given, given, is_fifo=is_fifo)
    place = Place(account=request.account, region=request.region)
    _check_dead_letters(given, queue_arn(place, name), is_fifo=is_fifo)
    attributes(request)


def changed_queue(request: Request) -> None:
    """SetQueueAttributes: what a queue is stays as it is."""
    found, given = _queue_of(request), request.parameters["Attributes"]
    if found is not None:
        if "FifoQueue" in given and (given["FifoQueue"] == "true") != found.fifo_queue:
            raise Refused(
                "InvalidAttributeValue",
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
            )
        _check_order({**found.attributes, **given}, given, is_fifo=found.fifo_queue)
        _check_dead_letters(given, found.queue_arn, is_fifo=found.fifo_queue)
    attributes(request)


def _queue_of(request: Request) -> Any | None:
    """The queue that a request names by its URL, as moto has it."""
    place = Place(account=request.account, region=request.region)
    return moto_messages.queue(queue_arn(place, request.parameters["QueueUrl"]))


def _check_order(whole: Mapping[str, Any], given: Mapping[str, str], *, is_fifo: bool) -> None:
    """The attributes that only FIFO queues have; `whole`: with those that stand already."""
    if not is_fifo:
        for name in given.keys() & _OF_HIGH_THROUGHPUT.keys():
            raise Refused(
                "InvalidAttributeName", f"You can specify the {name} only when FifoQueue is set to true."
            )
        if "ContentBasedDeduplication" in given:
            raise Refused("InvalidAttributeName", "Unknown Attribute ContentBasedDeduplication.")
    if given.get("ContentBasedDeduplication", "true") not in ("true", "false"):
        raise _invalid("ContentBasedDeduplication")
    for name, choices in _OF_HIGH_THROUGHPUT.items():
        if name in given and given[name] not in choices:
            raise _invalid(name)
    scope, limit = whole.get("DeduplicationScope", "queue"), whole.get("FifoThroughputLimit", "perQueue")
    if limit == "perMessageGroupId" and scope != fifo.PER_GROUP:
        raise Refused(
            "InvalidAttributeValue",
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is "
            "messageGroup.",
        )


def _check_dead_letters(given: Mapping[str, str], source: str, *, is_fifo: bool) -> None:
    """What a queue gives up goes to a queue of its own kind that lets it; the latter's words are ours."""
    policy = _parsed(given.get("RedrivePolicy") or "{}")
    target = str(policy.get("deadLetterTargetArn", "")) if isinstance(policy, dict) else ""
    if target and target.endswith(".fifo") != is_fifo:
        raise _unusable(given["RedrivePolicy"], "Dead-letter queue must be same type of queue as the source.")
    letters = moto_messages.queue(target) if target else None
    if letters is not None and not _lets(getattr(letters, "redrive_allow_policy", ""), source):
        raise _unusable(given["RedrivePolicy"], f"{target} does not allow {source} to use it.")


def _lets(text: str, source: str) -> bool:
    """Whether a dead-letter queue's RedriveAllowPolicy, JSON text or "", lets a queue use it."""
    policy = _parsed(text) if text else None
    if not isinstance(policy, dict):
        return True
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source in policy["sourceQueueArns"])


def _check_allowed(text: str) -> None:
    """Who may use a queue for dead letters: all, none, or up to ten that are named. The words are ours.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    policy = _parsed(text)
    by_queue = isinstance(policy, dict) and policy.get("redrivePermission") == "byQueue"
    named = policy.get("sourceQueueArns", []) if isinstance(policy, dict) else []
    right = (
        isinstance(policy, dict)
        and policy.get("redrivePermission") in ("allowAll", "denyAll", "byQueue")
        and isinstance(named, list)
        and bool(named) == by_queue
        and len(named) <= _MOST_SOURCES
    )
    if not right:
        raise _wrong(
            text, "RedriveAllowPolicy", "it is no redrivePermission with the sourceQueueArns it needs."
        )


# ---- messages -----------------------------------------------------------------------------------


def message(request: Request) -> None:
    """SendMessage."""
    refused = message_refusal(_queue_of(request), request.parameters)
    if refused is not None:
        raise refused


def message_refusal(queue: Any | None, given: Mapping[str, Any]) -> Refused | None:
    """Why a queue (moto's model, if there is one) does not take a message, if it doesn't."""
    refused = body_refusal(given["MessageBody"])
    if refused is not None or queue is None:
        return refused
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        if name in given and not _ID.fullmatch(given[name]):
            return _wrong(
                given[name],
                name,
                f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
            )
    return _order_refusal(queue, given)


def _order_refusal(queue: Any, given: Mapping[str, Any]) -> Refused | None:
    """What only a FIFO queue asks of a message, and what only a standard queue takes."""
    deduplication = given.get("MessageDeduplicationId")
    if not queue.fifo_queue:
        return _wrong_kind("MessageDeduplicationId", deduplication) if deduplication else None
    if given.get("DelaySeconds"):
        return _wrong_kind("DelaySeconds", given["DelaySeconds"])
    if "MessageGroupId" not in given:
        return Refused("MissingParameter", fifo.NO_GROUP)
    if not deduplication_id(queue, given["MessageBody"], deduplication):
        return Refused("InvalidParameterValue", fifo.NO_DEDUPLICATION)
    return None


def entry_refusal(queue: Any, entry: Mapping[str, Any]) -> Refused | None:
    """Why one entry of a batch is refused; the others are taken all the same."""
    if len(entry["MessageBody"].encode()) > queue.maximum_message_size:
        return Refused(
            "InvalidParameterValue",
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.maximum_message_size} bytes.",
        )
    return message_refusal(queue, entry)


def receipt_refusal(queue: Any, handle: str) -> Refused | None:
    """Why a message can't be deleted with a receipt handle that once was good."""
    if not queue.fifo_queue or not fifo.has_expired(queue, handle):
        return None
    return _wrong(handle, "ReceiptHandle", "The receipt handle has expired.")


def deletion(request: Request) -> None:
    """DeleteMessage."""
    found = _queue_of(request)
    refused = receipt_refusal(found, request.parameters["ReceiptHandle"]) if found is not None else None
    if refused is not None:
        raise refused


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
    if given.get("RedriveAllowPolicy"):
        _check_allowed(given["RedriveAllowPolicy"])
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
    found, attempt = _queue_of(request), request.parameters.get("ReceiveRequestAttemptId")
    if attempt is not None and found is not None and not found.fifo_queue:
        raise _wrong_kind("ReceiveRequestAttemptId", attempt)
    for name, (low, high) in _OF_A_RECEIPT.items():
        given = request.parameters.get(name, low)
        if not low <= given <= high:
            why = f"Must be between {low} and {high}, if provided."
            raise _wrong(given, name, why)


def _wrong(value: object, name: str, why: str) -> Refused:
    return Refused("InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {why}")


def _wrong_kind(name: str, value: object) -> Refused:
    return _wrong(value, name, "The request include parameter that is not valid for this queue type.")


def _unusable(policy: str, why: str) -> Refused:
    return _wrong(policy, "RedrivePolicy", why)


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
        "DeleteMessage": (deletion,),
        "SetQueueAttributes": (changed_queue,),
        "ReceiveMessage": (receipt,),
        "SendMessage": (message,),
    },
)

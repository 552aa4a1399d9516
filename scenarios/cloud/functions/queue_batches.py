"""Batches of a queue for a function: the event, the function's answer, and when Lambda refuses the mapping.

Sources: the event, https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html;
the answer, https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html; what is
asked of queue and role, https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

import base64
from collections.abc import Callable, Collection, Mapping
from typing import Any

from scenarios.cloud.functions.invocations import Result

POLLER_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
DEFAULT_BATCH_SIZE = 10
_LARGEST_BATCH_WITHOUT_WINDOW = 10
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
_LARGEST_BATCH_IN_ORDER = 10


def objection(
    may: Callable[[str], bool],
    *,
    visibility_seconds: int,
    timeout_seconds: int,
    batch_size: int,
    window_seconds: int,
    in_order: bool = False,
) -> str | None:
    """Why Lambda would not let a function read a queue; None when it would.

    `may(action)`: whether the function's role may do this to the queue. `in_order`: it is a FIFO queue.
    """
    for action in POLLER_ACTIONS:
        if not may(action):
            verb = action.removeprefix("sqs:")
            return f"The provided execution role does not have permissions to call {verb} on SQS"
    if visibility_seconds < timeout_seconds:
        hidden, runs = f"{visibility_seconds} seconds", f"{timeout_seconds} seconds"
        return f"Queue visibility timeout: {hidden} is less than Function timeout: {runs}"
    if in_order and window_seconds:
        return "Batching window is not supported for FIFO queues"
    if in_order and batch_size > _LARGEST_BATCH_IN_ORDER:
        return f"For FIFO queues, the maximum batch size is {_LARGEST_BATCH_IN_ORDER}"
    if batch_size > _LARGEST_BATCH_WITHOUT_WINDOW and not window_seconds:
        return (
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than "
            f"{_LARGEST_BATCH_WITHOUT_WINDOW}"
        )
    return None


def record(message: Any, queue_arn: str) -> dict[str, Any]:
    """One message as the function's event tells it. `message`: moto's model, once received."""
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
        **{name: value for name, value in _order(message).items() if value is not None},
    }
    told = {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
    if message.message_attributes:
        told["md5OfMessageAttributes"] = message.attribute_md5
    return told


def _order(message: Any) -> dict[str, str | None]:
    """What a FIFO queue says of a message; a group is known to standard queues too."""
    return {
        "SequenceNumber": message.sequence_number,
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
    }


def _attribute(given: Mapping[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": given["DataType"]}
    if "BinaryValue" in given:
        value["binaryValue"] = base64.b64encode(given["BinaryValue"]).decode()
    else:
        value["stringValue"] = given["StringValue"]
    return value


def unprocessed(result: Result, ids: Collection[str], *, partial: bool) -> frozenset[str]:
    """Which messages of a batch go back to the queue.

    `partial`: the mapping has ReportBatchItemFailures. Without it, or if the function failed, all
    of them or none; an answer that can't be read, or that names a message which was not in the
    batch, is a failure of the whole batch.
    """
    everything = frozenset(ids)
    if result.failed:
        return everything
    if not partial or not result.payload:
        return frozenset()
    failures = (
        result.payload.get("batchItemFailures") if isinstance(result.payload, Mapping) else "unreadable"
    )
    if not isinstance(failures or [], list):
        return everything
    named = {str(each.get("itemIdentifier")) if isinstance(each, Mapping) else "" for each in failures or []}
    return everything & named if named <= everything else everything

"""SQS: the messages in queues, and the door for other services' deliveries.

A sender to an encrypted queue also needs its key: `kms:GenerateDataKey` and `kms:Decrypt`. What a FIFO queue
asks of a message it asks of services too.

Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_messages, moto_state
from scenarios.cloud.kernel.deliveries import Delivery, Door, Key, Message, Missing, Need
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.fifo import deduplication_id
from scenarios.cloud.setting import Setting
from scenarios.cloud.sqs import fifo
from scenarios.cloud.sqs.queue_metrics import deduplicated, sent


class Queues(Door[Message]):
    """Every queue of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.deliveries.register("sqs", Message, self)
        for operation in ("SendMessage", "SendMessageBatch"):
            setting.calls.check("sqs", operation, self._may_encrypt)

    # ---- the door -------------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[Message]) -> bool:
        """Whether there is such a queue."""
        return moto_messages.queue(delivery.arn) is not None

    def needs(self, delivery: Delivery[Message]) -> Sequence[Need]:
        """What a sender must be allowed."""
        return (Need("sqs:SendMessage", delivery.arn),)

    def key(self, delivery: Delivery[Message]) -> Key | None:
        """The key of an encrypted queue."""
        queue = moto_messages.queue(delivery.arn)
        name = queue.kms_master_key_id if queue is not None else ""
        return Key(name=name) if name else None

    def objection(self, delivery: Delivery[Message]) -> str:
        """A FIFO queue takes no message without a group, nor one that it can't tell from others."""
        queue, message = moto_messages.queue(delivery.arn), delivery.payload
        if queue is None or not queue.fifo_queue:
            return ""
        if not message.group:
            return fifo.NO_GROUP
        known = deduplication_id(queue, message.body, message.deduplication)
        return "" if known else fifo.NO_DEDUPLICATION

    def take(self, delivery: Delivery[Message]) -> None:
        """Put a message into a queue."""
        queue, message = moto_messages.queue(delivery.arn), delivery.payload
        assert queue is not None
        moto_state.backend("sqs", queue.account_id, queue.region).send_message(
            queue.name,
            message.body,
            {
                name: _attribute(message.types.get(name, "String"), value)
                for name, value in message.attributes.items()
            },
            group_id=message.group or None,
            deduplication_id=message.deduplication or None,
        )
        if again := fifo.take_deduplicated(queue):
            deduplicated(self._setting, queue.region, queue.name, again)
            self._setting.note("queued", f"{queue.name}, which has it already")
            return
        self._setting.note("queued", queue.name)
        sent(self._setting, queue.region, queue.name, message.body)

    def _may_encrypt(self, asked: Asked) -> None:
        """Sending to an encrypted queue needs the key as well, in the words of SQS."""
        ((_, arn),) = self._setting.actions.required(
            "sqs", asked.operation, asked.parameters, region=asked.region, account=asked.caller.account
        )
        refusal = self._setting.deliveries.key_refusal(arn, Message(body=""), by=asked.caller)
        if refusal is None:
            return
        if refusal.missing is Missing.USABLE_KEY:
            raise Refused("KMS.DisabledException", refusal.because)
        raise Refused(
            "KMS.AccessDeniedException",
            f"User: {asked.caller.arn} is not authorized to perform: {refusal.action} on resource: "
            f"{refusal.resource} because {refusal.because}",
        )

    # ---- what lies there ------------------------------------------------------------------------

    def bodies(self, queue_arn: str) -> list[str]:
        """What lies in a queue, oldest first; looking takes nothing out."""
        queue = moto_messages.queue(queue_arn)
        return [message.body for message in moto_messages.messages(queue)] if queue is not None else []

    def attributes(self, queue_arn: str) -> list[dict[str, str]]:
        """The attributes of what lies in a queue, oldest first, as strings by name; bytes in base64."""
        queue = moto_messages.queue(queue_arn)
        messages = moto_messages.messages(queue) if queue is not None else []
        return [
            {name: _text(value) for name, value in message.message_attributes.items()} for message in messages
        ]


def _attribute(kind: str, value: str) -> dict[str, Any]:
    """A message's attribute as moto keeps it: of a binary one, whose value comes in base64, the bytes."""
    if kind.partition(".")[0] == "Binary":
        return {"DataType": kind, "BinaryValue": base64.b64decode(value)}
    return {"DataType": kind, "StringValue": value}


def _text(attribute: Mapping[str, Any]) -> str:
    if "BinaryValue" in attribute:
        return base64.b64encode(attribute["BinaryValue"]).decode()
    return str(attribute["StringValue"])

"""SNS and SQS: who may publish and send, what the envelopes look like, and an inbox one can read.

Topics deliver to Lambda functions, queues and e-mail addresses; what an endpoint refuses
goes to the subscription's dead-letter queue, if it has one. Publishing to an encrypted
topic and sending to an encrypted queue also ask the key: `kms:GenerateDataKey*` and
`kms:Decrypt`.

Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.caller import ApiCall, Caller
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kms.keys import key_arn
from scenarios.cloud.setting import Setting

KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
EMAIL = ("email", "email-json")

Attributes = Mapping[str, tuple[str, str]]
"""A message's attributes: name -> (data type, value)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One e-mail in the inbox."""

    at: datetime
    to: str
    subject: str
    text: str
    attributes: Mapping[str, str]
    topic_arn: str
    sender: str  # ARN of the publisher, or the service's name


class Messaging:
    """Topics, queues and the inbox."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._functions: Functions | None = None
        self.inbox: list[Message] = []
        setting.calls.check("sns", "Publish", self._may_encrypt)
        setting.calls.after("sns", "Publish", self._published)
        for operation in ("PublishBatch", "ConfirmSubscription"):
            setting.calls.check("sns", operation, self._not_yet)

    def connect(self, functions: Functions) -> None:
        """Let topics reach functions."""
        self._functions = functions

    # ---- publishing -----------------------------------------------------------------------------

    def publish_by_service(
        self, service: str, topic_arn: str, *, subject: str, message: str, source_arn: str
    ) -> str | None:
        """An AWS service publishes; returns why it may not, or None when SNS took it."""
        topic = moto_hooks.topic(topic_arn)
        if topic is None:
            return "NO_RESOURCE"
        context: Mapping[str, str | bool] = {
            "aws:SourceArn": source_arn,
            "aws:SourceAccount": self._setting.account,
        }
        if not self._setting.identity.service_may(service, "sns:Publish", topic_arn, context).allowed:
            return "NO_PERMISSIONS"
        key = self._key_of(topic)
        for action in KEY_ACTIONS if key else ():
            if not self._setting.identity.service_may(service, action, key, context).allowed:
                return "NO_PERMISSIONS"
        self._fan_out(topic_arn, subject, message, {}, sender=service)
        return None

    def _may_encrypt(self, asked: Asked) -> None:
        """Publishing to an encrypted topic needs the key as well."""
        topic = moto_hooks.topic(str(asked.parameters.get("TopicArn", "")))
        key = self._key_of(topic) if topic is not None else ""
        for action in KEY_ACTIONS if key else ():
            decision = self._setting.identity.judge(asked.caller, action, key)
            if not decision.allowed:
                raise Refused(
                    "KMSAccessDenied",
                    f"User: {asked.caller.arn} is not authorized to perform: {action} on resource: {key} "
                    f"because {decision.because}",
                )

    def _key_of(self, topic: Any) -> str:
        return key_arn(topic.kms_master_key_id, topic.arn)

    def _key_of_queue(self, queue: Any) -> str:
        return key_arn(queue.kms_master_key_id, queue.queue_arn)

    def _published(self, call: ApiCall) -> None:
        parameters = call.parameters
        if "TopicArn" not in parameters:
            raise NotSimulated("sns", "Publish to a phone number or an endpoint")
        if "MessageStructure" in parameters:
            raise NotSimulated("sns", "Publish with another message for each protocol (MessageStructure)")
        attributes = {
            name: _attribute(name, value) for name, value in parameters.get("MessageAttributes", {}).items()
        }
        self._fan_out(
            parameters["TopicArn"],
            parameters.get("Subject", ""),
            parameters["Message"],
            attributes,
            sender=call.caller.arn,
        )

    def _fan_out(
        self, topic_arn: str, subject: str, message: str, attributes: Attributes, *, sender: str
    ) -> None:
        self._setting.note("published", subject or message.splitlines()[0], sender=sender)
        for subscription in moto_hooks.subscriptions(topic_arn):
            if subscription.attributes.get("FilterPolicy"):
                raise NotSimulated("sns", f"the filter policy of {subscription.arn}")
            envelope = self._envelope(topic_arn, subscription.arn, subject, message, attributes)
            match subscription.protocol:
                case protocol if protocol in EMAIL:
                    self._mail(subscription, envelope, attributes, sender)
                case "sqs":
                    self._delivered(
                        subscription, envelope, self._to_queue(subscription, envelope, attributes)
                    )
                case "lambda":
                    self._delivered(subscription, envelope, self._to_function(subscription, envelope))
                case other:
                    raise NotSimulated("sns", f"delivery over {other} ({subscription.endpoint})")

    def _delivered(self, subscription: Any, envelope: Mapping[str, Any], why: str | None) -> None:
        """What the endpoint refuses is not tried again: it goes to the dead-letter queue, or is gone."""
        if not why:
            return
        dead_letters = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
        queue = dead_letters.get("deadLetterTargetArn", "")
        lost = self.send_by_service(
            "sns.amazonaws.com", queue, _body(envelope), source_arn=subscription.topic.arn, attributes={}
        )
        if lost:
            name = subscription.topic.arn.rpartition(":")[2]
            self._setting.note("lost", f"{name} could not reach {subscription.endpoint} ({why})")

    def _envelope(
        self, topic_arn: str, arn: str, subject: str, message: str, attributes: Attributes
    ) -> dict[str, Any]:
        return {
            "Type": "Notification",
            "MessageId": self._setting.new_uuid("sns.message"),
            "TopicArn": topic_arn,
            "Subject": subject or None,
            "Message": message,
            "Timestamp": f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%S}.000Z",
            "SignatureVersion": "1",
            "Signature": "simulated",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/simulated.pem",
            "UnsubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}",
            "MessageAttributes": {
                name: {"Type": kind, "Value": value} for name, (kind, value) in attributes.items()
            },
        }

    def _mail(
        self, subscription: Any, envelope: Mapping[str, Any], attributes: Attributes, sender: str
    ) -> None:
        self.inbox.append(
            Message(
                at=self._setting.clock.now,
                to=subscription.endpoint,
                subject=envelope["Subject"] or "AWS Notification Message",
                text=_body(envelope) if subscription.protocol == "email-json" else envelope["Message"],
                attributes={name: value for name, (_, value) in attributes.items()},
                topic_arn=envelope["TopicArn"],
                sender=sender,
            )
        )

    def _to_queue(self, subscription: Any, envelope: Mapping[str, Any], attributes: Attributes) -> str | None:
        raw = str(subscription.attributes.get("RawMessageDelivery")).lower() == "true"
        return self.send_by_service(
            "sns.amazonaws.com",
            subscription.endpoint,
            envelope["Message"] if raw else _body(envelope),
            source_arn=subscription.topic.arn,
            attributes={name: value for name, (_, value) in attributes.items()} if raw else {},
        )

    def _to_function(self, subscription: Any, envelope: Mapping[str, Any]) -> str | None:
        assert self._functions is not None
        sns = {**envelope, "SigningCertUrl": envelope["SigningCertURL"]}
        sns["UnsubscribeUrl"] = sns.pop("UnsubscribeURL")
        del sns["SigningCertURL"]
        event = {
            "Records": [
                {
                    "EventSource": "aws:sns",
                    "EventVersion": "1.0",
                    "EventSubscriptionArn": subscription.arn,
                    "Sns": sns,
                }
            ]
        }
        return self._functions.invoke_by_service(
            "sns.amazonaws.com", subscription.endpoint, event, source_arn=subscription.topic.arn
        )

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("sns", asked.operation)

    # ---- queues ---------------------------------------------------------------------------------

    def send_by_service(
        self, service: str, queue_arn: str, body: str, *, source_arn: str, attributes: Mapping[str, str]
    ) -> str | None:
        """An AWS service sends; returns why it may not, or None when the queue took it."""
        queue = moto_hooks.queue(queue_arn) if queue_arn else None
        if queue is None:
            return "NO_RESOURCE"
        context: Mapping[str, str | bool] = {
            "aws:SourceArn": source_arn,
            "aws:SourceAccount": self._setting.account,
        }
        if not self._setting.identity.service_may(service, "sqs:SendMessage", queue_arn, context).allowed:
            return "NO_PERMISSIONS"
        key = self._key_of_queue(queue)
        for action in KEY_ACTIONS if key else ():
            if not self._setting.identity.service_may(service, action, key, context).allowed:
                return "NO_PERMISSIONS"
        self._put(queue_arn, body, attributes)
        return None

    def send_by_role(self, queue_arn: str, body: str, caller: Caller, attributes: Mapping[str, str]) -> bool:
        """A service sends under a role it was given; False where that role may not, or the queue is gone."""
        queue = moto_hooks.queue(queue_arn)
        if queue is None:
            return False
        key = self._key_of_queue(queue)
        asked = [("sqs:SendMessage", queue_arn), *((action, key) for action in KEY_ACTIONS if key)]
        if not all(self._setting.identity.judge(caller, *each).allowed for each in asked):
            return False
        self._put(queue_arn, body, attributes)
        return True

    def _put(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        queue = moto_hooks.queue(queue_arn)
        assert queue is not None
        moto_hooks.backend("sqs", queue.account_id, queue.region).send_message(
            queue.name,
            body,
            {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
        )
        self._setting.note("queued", queue.name)

    def bodies(self, queue_arn: str) -> list[str]:
        """What lies in a queue, oldest first; looking takes nothing out."""
        queue = moto_hooks.queue(queue_arn)
        return [message.body for message in moto_hooks.messages(queue)] if queue is not None else []

    def attributes(self, queue_arn: str) -> list[dict[str, str]]:
        """The attributes of what lies in a queue, oldest first, as strings by name."""
        queue = moto_hooks.queue(queue_arn)
        messages = moto_hooks.messages(queue) if queue is not None else []
        return [
            {name: str(value["StringValue"]) for name, value in message.message_attributes.items()}
            for message in messages
        ]


def _attribute(name: str, given: Mapping[str, Any]) -> tuple[str, str]:
    if "StringValue" not in given:
        raise NotSimulated("sns", f"binary message attributes ({name})")
    return given["DataType"], given["StringValue"]


def _body(envelope: Mapping[str, Any]) -> str:
    """The envelope as queues and e-mail get it: what is absent is left out."""
    return json.dumps({name: value for name, value in envelope.items() if value not in (None, {})})

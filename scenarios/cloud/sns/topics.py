"""SNS: who may publish, what the envelopes look like, and an inbox one can read.

Topics deliver to Lambda functions, queues and e-mail addresses; what an endpoint refuses
goes to the subscription's dead-letter queue, if it has one. Publishing to an encrypted
topic also asks the key: `kms:GenerateDataKey*` and `kms:Decrypt`.

Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html; error codes,
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import (
    Delivery,
    Door,
    Event,
    Key,
    Message,
    Missing,
    Need,
    Notification,
    Refusal,
)
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

SERVICE = "sns.amazonaws.com"
EMAIL = ("email", "email-json")

Attributes = Mapping[str, tuple[str, str]]
"""A message's attributes: name -> (data type, value)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One e-mail in the inbox."""

    at: datetime
    to: str
    subject: str
    text: str
    attributes: Mapping[str, str]
    topic_arn: str
    sender: str  # ARN of the publisher, or the service's name


class Topics(Door[Notification]):
    """Every topic of the account, and the inbox of everybody who is subscribed by e-mail."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.inbox: list[Mail] = []
        setting.deliveries.register("sns", Notification, self)
        setting.calls.check("sns", "Publish", self._may_encrypt)
        setting.calls.after("sns", "Publish", self._published)
        for operation in ("PublishBatch", "ConfirmSubscription"):
            setting.calls.check("sns", operation, self._not_yet)

    # ---- the door -------------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[Notification]) -> bool:
        """Whether there is such a topic."""
        return moto_hooks.topic(delivery.arn) is not None

    def needs(self, delivery: Delivery[Notification]) -> Sequence[Need]:
        """What a publisher must be allowed."""
        return (Need("sns:Publish", delivery.arn),)

    def key(self, delivery: Delivery[Notification]) -> Key | None:
        """The key of an encrypted topic."""
        topic = moto_hooks.topic(delivery.arn)
        name = topic.kms_master_key_id if topic is not None else ""
        return Key(name=name) if name else None

    def take(self, delivery: Delivery[Notification]) -> None:
        """Publish."""
        given = delivery.payload
        self._fan_out(delivery.arn, given.subject, given.text, {}, sender=delivery.sender)

    # ---- publishing -----------------------------------------------------------------------------

    def _may_encrypt(self, asked: Asked) -> None:
        """Publishing to an encrypted topic needs the key as well."""
        parameters = asked.parameters
        if "TopicArn" not in parameters:
            return
        given = Notification(text=parameters["Message"])
        refusal = self._setting.deliveries.key_refusal(parameters["TopicArn"], given, by=asked.caller)
        if refusal is None:
            return
        if refusal.missing is Missing.USABLE_KEY:
            raise Refused("KMSDisabled", refusal.because)
        raise Refused(
            "KMSAccessDenied",
            f"User: {asked.caller.arn} is not authorized to perform: {refusal.action} on resource: "
            f"{refusal.resource} because {refusal.because}",
        )

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

    def _delivered(self, subscription: Any, envelope: Mapping[str, Any], refusal: Refusal | None) -> None:
        """What the endpoint refuses is not tried again: it goes to the dead-letter queue, or is gone."""
        if refusal is None:
            return
        dead_letters = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
        queue, topic = dead_letters.get("deadLetterTargetArn"), subscription.topic.arn
        message = Message(body=_body(envelope))
        kept = queue and not self._setting.deliveries.hand_over(queue, message, by=SERVICE, source=topic)
        if not kept:
            name = topic.rpartition(":")[2]
            self._setting.note("lost", f"{name} could not reach {subscription.endpoint} ({refusal.missing})")

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
            Mail(
                at=self._setting.clock.now,
                to=subscription.endpoint,
                subject=envelope["Subject"] or "AWS Notification Message",
                text=_body(envelope) if subscription.protocol == "email-json" else envelope["Message"],
                attributes={name: value for name, (_, value) in attributes.items()},
                topic_arn=envelope["TopicArn"],
                sender=sender,
            )
        )

    def _to_queue(
        self, subscription: Any, envelope: Mapping[str, Any], attributes: Attributes
    ) -> Refusal | None:
        raw = str(subscription.attributes.get("RawMessageDelivery")).lower() == "true"
        message = Message(
            body=envelope["Message"] if raw else _body(envelope),
            attributes={name: value for name, (_, value) in attributes.items()} if raw else {},
        )
        return self._hand_over(subscription, message)

    def _to_function(self, subscription: Any, envelope: Mapping[str, Any]) -> Refusal | None:
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
        return self._hand_over(subscription, Event(content=event))

    def _hand_over(self, subscription: Any, payload: object) -> Refusal | None:
        return self._setting.deliveries.hand_over(
            subscription.endpoint, payload, by=SERVICE, source=subscription.topic.arn
        )

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("sns", asked.operation)


def _attribute(name: str, given: Mapping[str, Any]) -> tuple[str, str]:
    if "StringValue" not in given:
        raise NotSimulated("sns", f"binary message attributes ({name})")
    return given["DataType"], given["StringValue"]


def _body(envelope: Mapping[str, Any]) -> str:
    """The envelope as queues and e-mail get it: what is absent is left out."""
    return json.dumps({name: value for name, value in envelope.items() if value not in (None, {})})

"""SNS: who may publish, what the envelopes look like, and an inbox that tests can read.

Topics deliver to Lambda functions, queues and e-mail addresses; a message that an
endpoint refuses goes to the subscription's dead-letter queue, if it has one. Publishing to an encrypted
topic also asks the key: `kms:GenerateDataKey*` and `kms:Decrypt`.

Sources: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html; error codes,
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel import moto_state
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
from scenarios.cloud.sns.confirmations import Confirmations, waits
from scenarios.cloud.sns.emitted import measure
from scenarios.cloud.sns.filtering import ATTRIBUTES, Attributes, takes
from scenarios.cloud.sns.validation import bytes_of, entry_refusal

SERVICE = "sns.amazonaws.com"
EMAIL = ("email", "email-json")

# What these bring tells the topic's owner: the policy that a topic begins with, which lets in whoever acts
# for its owner, is enough for them. CloudWatch's alarms are recorded as such; EventBridge isn't one:
# https://repost.aws/knowledge-center/sns-not-getting-eventbridge-notification
TELLS_THE_OWNER = frozenset({"cloudwatch.amazonaws.com"})
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: for a topic that is encrypted,
# EventBridge tells KMS neither aws:SourceArn nor aws:SourceAccount.
KEEPS_THE_SOURCE = frozenset({"events.amazonaws.com"})
MOST_RAW_ATTRIBUTES = 10


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """A message on its way to all subscriptions. `by_protocol`: `text` has one for each, as JSON."""

    topic_arn: str
    message_id: str
    subject: str
    text: str
    sender: str
    attributes: Attributes = field(default_factory=dict)
    by_protocol: bool = False

    def for_protocol(self, protocol: str) -> str:
        """What a protocol's subscriptions are sent."""
        if not self.by_protocol:
            return self.text
        texts = json.loads(self.text)
        return str(texts.get(protocol, texts["default"]))


class Topics(Door[Notification]):
    """Every topic of the account, and the inbox of everybody who is subscribed by e-mail."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.inbox: list[Mail] = []
        setting.deliveries.register("sns", Notification, self)
        setting.calls.check("sns", "Publish", self._may_encrypt)
        setting.calls.check("sns", "PublishBatch", self._may_encrypt)
        setting.calls.after("sns", "Publish", self._published)
        setting.calls.after("sns", "PublishBatch", self._several_published)
        setting.calls.answer("sns", "PublishBatch", self._batch)
        self.confirmations = Confirmations(setting)

    # ---- the door -------------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[Notification]) -> bool:
        """Whether there is such a topic."""
        return moto_state.topic(delivery.arn) is not None

    def needs(self, delivery: Delivery[Notification]) -> Sequence[Need]:
        """What a publisher must be allowed."""
        owner = {"aws:SourceOwner": self._setting.account} if delivery.sender in TELLS_THE_OWNER else {}
        return (Need("sns:Publish", delivery.arn, owner),)

    def key(self, delivery: Delivery[Notification]) -> Key | None:
        """The key of an encrypted topic."""
        topic = moto_state.topic(delivery.arn)
        name = topic.kms_master_key_id if topic is not None else ""
        return Key(name=name, sourced=delivery.sender not in KEEPS_THE_SOURCE) if name else None

    def take(self, delivery: Delivery[Notification]) -> None:
        """Publish."""
        given = delivery.payload
        published = _Published(
            topic_arn=delivery.arn,
            message_id=self._setting.new_uuid("sns.message"),
            subject=given.subject,
            text=given.text,
            sender=delivery.sender,
        )
        self._fan_out(published)

    # ---- publishing -----------------------------------------------------------------------------

    def _may_encrypt(self, asked: Asked) -> None:
        """Publishing to an encrypted topic needs the key as well."""
        topic = _topic_of(asked.parameters)
        if moto_state.topic(topic) is None:
            return  # SNS says so
        given = Notification(text=str(asked.parameters.get("Message", "")))
        refusal = self._setting.deliveries.key_refusal(topic, given, by=asked.caller)
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
        if moto_state.topic(_topic_of(call.parameters)) is None:
            raise NotSimulated("sns", "Publish to a phone number or an endpoint")
        self._publish(call, call.parameters, str((call.response or {})["MessageId"]))

    def _batch(self, asked: Asked) -> dict[str, Any]:
        """Each entry is taken or refused by itself."""
        if moto_state.topic(_topic_of(asked.parameters)) is None:
            raise Refused("NotFound", "Topic does not exist", 404)
        taken, failed = [], []
        for entry in asked.parameters["PublishBatchRequestEntries"]:
            refused = entry_refusal(entry)
            if refused is None:
                taken.append({"Id": entry["Id"], "MessageId": self._setting.new_uuid("sns.message")})
            else:
                why = {"Code": refused.code, "Message": refused.message, "SenderFault": True}
                failed.append({"Id": entry["Id"], **why})
        return {"Successful": taken, "Failed": failed}

    def _several_published(self, call: ApiCall) -> None:
        """Each entry is a message of its own."""
        ids = {entry["Id"]: entry["MessageId"] for entry in (call.response or {}).get("Successful", ())}
        for entry in call.parameters["PublishBatchRequestEntries"]:
            if entry["Id"] in ids:
                self._publish(call, entry, ids[entry["Id"]])

    def _publish(self, call: ApiCall, given: Mapping[str, Any], message_id: str) -> None:
        self._fan_out(
            _Published(
                topic_arn=_topic_of(call.parameters),
                message_id=message_id,
                subject=given.get("Subject", ""),
                text=given["Message"],
                attributes={
                    name: _attribute(value) for name, value in given.get("MessageAttributes", {}).items()
                },
                by_protocol="MessageStructure" in given,
                sender=call.caller.arn,
            )
        )

    def _fan_out(self, published: "_Published") -> None:
        title = published.subject or published.for_protocol("default").splitlines()[0]
        self._setting.note("published", title, sender=published.sender)
        measure(
            self._setting,
            published.topic_arn,
            NumberOfMessagesPublished=1,
            PublishSize=len(published.text.encode()),
        )
        subscriptions = moto_state.subscriptions(published.topic_arn)
        for subscription in (each for each in subscriptions if not waits(each)):
            message, attributes = published.for_protocol(subscription.protocol), published.attributes
            policy = str(subscription.attributes.get("FilterPolicy") or "")
            scope = str(subscription.attributes.get("FilterPolicyScope") or ATTRIBUTES)
            if not takes(policy, scope, message, attributes):
                measure(self._setting, published.topic_arn, NumberOfNotificationsFilteredOut=1)
                continue
            envelope = self._envelope(published, subscription.arn, message)
            match subscription.protocol:
                case protocol if protocol in EMAIL:
                    self._mail(subscription, envelope, attributes, published.sender)
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
        topic = subscription.topic.arn
        if refusal is None:
            measure(self._setting, topic, NumberOfNotificationsDelivered=1)
            return
        measure(self._setting, topic, NumberOfNotificationsFailed=1)
        dead_letters = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
        queue = dead_letters.get("deadLetterTargetArn")
        message = Message(body=_body(envelope))
        kept = queue and not self._setting.deliveries.hand_over(queue, message, by=SERVICE, source=topic)
        if queue:
            how = "NumberOfNotifications" + ("RedrivenToDlq" if kept else "FailedToRedriveToDlq")
            measure(self._setting, topic, **{how: 1})
        if not kept:
            name = topic.rpartition(":")[2]
            self._setting.note("lost", f"{name} could not reach {subscription.endpoint} ({refusal.missing})")

    def _envelope(self, published: "_Published", arn: str, message: str) -> dict[str, Any]:
        return {
            "Type": "Notification",
            "MessageId": published.message_id,
            "TopicArn": published.topic_arn,
            "Subject": published.subject or None,
            "Message": message,
            "Timestamp": f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%S}.000Z",
            "SignatureVersion": "1",
            "Signature": "simulated",
            "SigningCertURL": "https://sns.us-east-1.amazonaws.com/simulated.pem",
            "UnsubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}",
            "MessageAttributes": {
                name: {"Type": kind, "Value": value} for name, (kind, value) in published.attributes.items()
            },
        }

    def _mail(
        self, subscription: Any, envelope: Mapping[str, Any], attributes: Attributes, sender: str
    ) -> None:
        measure(self._setting, envelope["TopicArn"], NumberOfNotificationsDelivered=1)
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
        """To a queue; a raw message takes its attributes along, and no queue takes more than ten."""
        if str(subscription.attributes.get("RawMessageDelivery")).lower() != "true":
            return self._hand_over(subscription, Message(body=_body(envelope)))
        if len(attributes) > MOST_RAW_ATTRIBUTES:
            why = f"a raw message to a queue has at most {MOST_RAW_ATTRIBUTES} attributes"
            return Refusal(missing=Missing.CLIENT_ERROR, because=why, resource=subscription.endpoint)
        message = Message(
            body=envelope["Message"],
            attributes={name: value for name, (_, value) in attributes.items()},
            types={name: kind for name, (kind, _) in attributes.items()},
        )
        return self._hand_over(subscription, message)

    def _to_function(self, subscription: Any, envelope: Mapping[str, Any]) -> Refusal | None:
        sns = {**envelope, "SigningCertUrl": envelope["SigningCertURL"]}
        sns["UnsubscribeUrl"] = sns.pop("UnsubscribeURL")
        del sns["SigningCertURL"]
        # A function gets the type String for every attribute that is not binary; queues get the published
        # type. https://github.com/spring-media/aws-lambda-router/blob/master/lib/event-examples/sns.json
        sns["MessageAttributes"] = {
            name: each if each["Type"].startswith("Binary") else {**each, "Type": "String"}
            for name, each in envelope["MessageAttributes"].items()
        }
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


def _topic_of(parameters: Mapping[str, Any]) -> str:
    """The topic that is published to, if it is one: TargetArn may be an endpoint of a phone's."""
    return str(parameters.get("TopicArn") or parameters.get("TargetArn") or "")


def _attribute(given: Mapping[str, Any]) -> tuple[str, str]:
    """Type and value; bytes are written in base64, as JSON has them."""
    if "BinaryValue" in given:
        return given["DataType"], base64.b64encode(bytes_of(given["BinaryValue"])).decode()
    return given["DataType"], given["StringValue"]


def _body(envelope: Mapping[str, Any]) -> str:
    """The envelope as queues and e-mail get it: what is absent is left out."""
    return json.dumps({name: value for name, value in envelope.items() if value not in (None, {})})

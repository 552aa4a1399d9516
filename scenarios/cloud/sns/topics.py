"""SNS: who may publish, what the envelopes look like, and an inbox that tests can read.

Topics deliver to Lambda functions, queues, e-mail addresses and endpoints on the web, FIFO topics to queues
alone; a message that an endpoint refuses goes to the subscription's dead-letter queue, if it has one.
Publishing to an encrypted topic also asks the key: `kms:GenerateDataKey*` and `kms:Decrypt`.

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
from functools import partial
from typing import Any, TypedDict

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.blobs import bytes_of
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
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.setting import Setting
from scenarios.cloud.sns.confirmations import Confirmations, waits
from scenarios.cloud.sns.emitted import measure
from scenarios.cloud.sns.fifo import Receipt, deduplication_of, receive
from scenarios.cloud.sns.filtering import ATTRIBUTES, Attributes, takes
from scenarios.cloud.sns.validation import NO_GROUP, entry_refusal, of_endpoint, structure
from scenarios.cloud.sns.web_endpoints import PROTOCOLS, WebEndpoints, shown

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


class _Order(TypedDict, total=False):
    """What a message to a queue says of its order."""

    group: str
    deduplication: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    """A message on its way to all subscriptions. `by_protocol`: `text` has one for each, as JSON.

    `group`, `deduplication` and `number`: what a FIFO topic knows of it; a group may have a standard topic's.
    """

    topic_arn: str
    message_id: str
    subject: str
    text: str
    sender: str
    attributes: Attributes = field(default_factory=dict)
    by_protocol: bool = False
    group: str = ""
    deduplication: str = ""
    number: str = ""

    @property
    def is_in_order(self) -> bool:
        """Whether it comes from a FIFO topic."""
        return bool(self.number)

    def to_queue(self, queue_arn: str) -> "_Order":
        """The group and the deduplication id that go along to a queue.

        A FIFO topic's go to FIFO queues alone; a standard topic's group goes to standard queues, which share
        themselves fairly among groups.
        """
        if self.is_in_order:
            to_fifo = queue_arn.endswith(".fifo")
            return _Order(group=self.group, deduplication=self.deduplication) if to_fifo else _Order()
        return _Order(group=self.group)

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
        self._receipts: dict[str, Receipt] = {}
        self._web = WebEndpoints(setting)
        setting.deliveries.register("sns", Notification, self)
        setting.calls.check("sns", "Publish", _endpoint_takes)
        setting.calls.check("sns", "Publish", self._may_encrypt)
        setting.calls.check("sns", "PublishBatch", self._may_encrypt)
        setting.calls.after("sns", "Publish", self._published)
        setting.calls.after("sns", "PublishBatch", self._several_published)
        setting.calls.tell("sns", "Publish", self._tell_number)
        setting.calls.answer("sns", "PublishBatch", self._batch)
        self.confirmations = Confirmations(setting, self._web)

    # ---- the door -------------------------------------------------------------------------------

    def is_there(self, delivery: Delivery[Notification]) -> bool:
        """Whether there is such a topic."""
        return moto_messages.topic(delivery.arn) is not None

    def needs(self, delivery: Delivery[Notification]) -> Sequence[Need]:
        """What a publisher must be allowed."""
        owner = {"aws:SourceOwner": self._setting.account} if delivery.sender in TELLS_THE_OWNER else {}
        return (Need("sns:Publish", delivery.arn, owner),)

    def key(self, delivery: Delivery[Notification]) -> Key | None:
        """The key of an encrypted topic."""
        topic = moto_messages.topic(delivery.arn)
        name = topic.kms_master_key_id if topic is not None else ""
        return Key(name=name, sourced=delivery.sender not in KEEPS_THE_SOURCE) if name else None

    def objection(self, delivery: Delivery[Notification]) -> str:
        """Services name no group, so they can't publish to a FIFO topic."""
        topic = moto_messages.topic(delivery.arn)
        return NO_GROUP if topic is not None and topic.fifo_topic else ""

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
        if moto_messages.topic(topic) is None:
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
        topic = moto_messages.topic(_topic_of(call.parameters))
        if topic is None:
            raise NotSimulated("sns", "Publish to a phone number or an endpoint")
        message_id = str((call.response or {})["MessageId"])
        if topic.fifo_topic:
            receipt = self._receipts[message_id] = self._received(topic, call.parameters, message_id)
            if not receipt.is_new:
                self._again(topic)
                return
        self._publish(call, call.parameters, message_id)

    def _received(self, topic: Any, given: Mapping[str, Any], message_id: str) -> Receipt:
        return receive(topic, given, message_id, self._setting.clock.now)

    def _again(self, topic: Any) -> None:
        self._setting.note("published", f"to {topic.name} again within five minutes: nobody gets it twice")

    def _tell_number(self, _: Asked, response: dict[str, Any]) -> dict[str, Any]:
        """A FIFO topic numbers its messages; who publishes one again is told the first one's number."""
        receipt = self._receipts.get(str(response.get("MessageId", "")))
        if receipt is None:
            return response
        return {**response, "MessageId": receipt.message_id, "SequenceNumber": receipt.number}

    def _batch(self, asked: Asked) -> dict[str, Any]:
        """Each entry is taken or refused by itself."""
        topic_arn = _topic_of(asked.parameters)
        topic = moto_messages.topic(topic_arn)
        if topic is None:
            raise Refused("NotFound", "Topic does not exist", 404)
        taken, failed = [], []
        for entry in asked.parameters["PublishBatchRequestEntries"]:
            refused = entry_refusal(topic_arn, entry)
            if refused is None:
                taken.append({"Id": entry["Id"], **self._taken(topic, entry)})
            else:
                why = {"Code": refused.code, "Message": refused.message, "SenderFault": True}
                failed.append({"Id": entry["Id"], **why})
        return {"Successful": taken, "Failed": failed}

    def _taken(self, topic: Any, entry: Mapping[str, Any]) -> dict[str, str]:
        message_id = self._setting.new_uuid("sns.message")
        if not topic.fifo_topic:
            return {"MessageId": message_id}
        receipt = self._received(topic, entry, message_id)
        if receipt.is_new:
            self._receipts[message_id] = receipt
        else:
            self._again(topic)
        return {"MessageId": receipt.message_id, "SequenceNumber": receipt.number}

    def _several_published(self, call: ApiCall) -> None:
        """Each entry is a message of its own; of a FIFO topic only those that are new."""
        topic = moto_messages.topic(_topic_of(call.parameters))
        ids = {entry["Id"]: entry["MessageId"] for entry in (call.response or {}).get("Successful", ())}
        published: set[str] = set()
        for entry in call.parameters["PublishBatchRequestEntries"]:
            message_id = ids.get(entry["Id"], "")
            is_new = topic is None or not topic.fifo_topic or self._is_due(message_id, published)
            if message_id and is_new:
                self._publish(call, entry, message_id)

    def _is_due(self, message_id: str, published: set[str]) -> bool:
        """Whether a FIFO topic's message was taken just now, and not published already."""
        receipt = self._receipts.get(message_id)
        due = receipt is not None and receipt.at == self._setting.clock.now and message_id not in published
        published.add(message_id)
        return due

    def _publish(self, call: ApiCall, given: Mapping[str, Any], message_id: str) -> None:
        topic, receipt = moto_messages.topic(_topic_of(call.parameters)), self._receipts.get(message_id)
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
                group=given.get("MessageGroupId", ""),
                deduplication=deduplication_of(topic, given) if receipt else "",
                number=receipt.number if receipt else "",
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
        subscriptions = moto_messages.subscriptions(published.topic_arn)
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
                    refusal = self._to_queue(subscription, published, envelope)
                    self._delivered(subscription, published, envelope, _why(refusal))
                case "lambda":
                    refusal = self._to_function(subscription, envelope)
                    self._delivered(subscription, published, envelope, _why(refusal))
                case protocol if protocol in PROTOCOLS:
                    self._web.notify(
                        subscription,
                        envelope,
                        raw=_is_raw(subscription),
                        ended=partial(self._delivered, subscription, published, envelope),
                    )
                case other:
                    raise NotSimulated("sns", f"delivery over {other} ({subscription.endpoint})")

    def _delivered(
        self, subscription: Any, published: "_Published", envelope: Mapping[str, Any], why: str
    ) -> None:
        """What the endpoint refuses goes to the dead-letter queue, or is gone; `why`: "" if it was taken."""
        topic = subscription.topic.arn
        if not why:
            measure(self._setting, topic, NumberOfNotificationsDelivered=1)
            return
        measure(self._setting, topic, NumberOfNotificationsFailed=1)
        dead_letters = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
        queue = dead_letters.get("deadLetterTargetArn")
        message = Message(body=_body(envelope), **published.to_queue(queue or ""))
        kept = queue and not self._setting.deliveries.hand_over(queue, message, by=SERVICE, source=topic)
        if queue:
            how = "NumberOfNotifications" + ("RedrivenToDlq" if kept else "FailedToRedriveToDlq")
            measure(self._setting, topic, **{how: 1})
        if not kept:
            name, endpoint = topic.rpartition(":")[2], shown(subscription)
            self._setting.note("lost", f"{name} could not reach {endpoint} ({why})")

    def _envelope(self, published: "_Published", arn: str, message: str) -> dict[str, Any]:
        region = published.topic_arn.split(":")[3]
        # A FIFO topic's messages carry no signature: `create_sns_message_body` in
        # https://github.com/localstack/localstack/blob/main/localstack-core/localstack/services/sns/publisher.py
        signature = {
            "SignatureVersion": "1",
            "Signature": "simulated",
            "SigningCertURL": f"https://sns.{region}.amazonaws.com/simulated.pem",
        }
        return {
            "Type": "Notification",
            "MessageId": published.message_id,
            **({"SequenceNumber": published.number} if published.is_in_order else {}),
            "TopicArn": published.topic_arn,
            "Subject": published.subject or None,
            "Message": message,
            "Timestamp": f"{self._setting.clock.now:%Y-%m-%dT%H:%M:%S}.000Z",
            **({} if published.is_in_order else signature),
            "UnsubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}",
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
        self, subscription: Any, published: "_Published", envelope: Mapping[str, Any]
    ) -> Refusal | None:
        """To a queue; a raw message takes its attributes along, and no queue takes more than ten."""
        order, attributes = published.to_queue(subscription.endpoint), published.attributes
        if not _is_raw(subscription):
            return self._hand_over(subscription, Message(body=_body(envelope), **order))
        if len(attributes) > MOST_RAW_ATTRIBUTES:
            why = f"a raw message to a queue has at most {MOST_RAW_ATTRIBUTES} attributes"
            return Refusal(missing=Missing.CLIENT_ERROR, because=why, resource=subscription.endpoint)
        message = Message(
            body=envelope["Message"],
            attributes={name: value for name, (_, value) in attributes.items()},
            types={name: kind for name, (kind, _) in attributes.items()},
            **order,
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


def _endpoint_takes(asked: Asked) -> None:
    """An endpoint that is disabled takes nothing, whatever the message is.

    Recorded on AWS in https://github.com/getmoto/moto/blob/master/tests/test_sns/test_application.py
    """
    given = asked.parameters
    if not of_endpoint(given):
        return
    endpoint = moto_messages.platform_endpoint(given["TargetArn"])
    if endpoint is not None and not endpoint.enabled:
        raise Refused("EndpointDisabled", "Endpoint is disabled")
    if "MessageStructure" in given:
        structure(given)


def _is_raw(subscription: Any) -> bool:
    return is_true(subscription.attributes.get("RawMessageDelivery"))


def _why(refusal: Refusal | None) -> str:
    return refusal.missing.value if refusal is not None else ""


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

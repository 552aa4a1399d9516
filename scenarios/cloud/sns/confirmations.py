"""Subscriptions that wait for a confirmation: until then they get nothing, and after 48 hours they are gone.

SNS asks the endpoint of a subscription over HTTP, HTTPS or e-mail, and of one to a queue in another account
than the caller's. What it sends holds a token that is good for two days, and ConfirmSubscription takes it.
Who reads the mail is not simulated: a test finds the token in `Confirmations.sent`. A queue of another
account gets it as a message, an endpoint over HTTP as a signed request, if a scenario says what that
endpoint answers. Whoever has the token or the URL with it may confirm, without credentials: `visit`.
The token stands in no trace and no record.

A notification's UnsubscribeURL needs no credentials either, unless the subscription was confirmed with
AuthenticateOnUnsubscribe. An endpoint over HTTP whose subscription ends is told so, with a token that brings
the subscription back.

The subscriptions of a stack are confirmed from the start, as if their mails were answered at deployment.

Sources: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html,
https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html (48 hours; one that waits can't
be deleted), https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html; the words of
a refused Unsubscribe, `resourceTopicSubscriptionDelete` in
https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/sns/topic_subscription.go
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.deliveries import Message
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting
from scenarios.cloud.sns.web_endpoints import PROTOCOLS, WebEndpoints, shown

SERVICE = "sns.amazonaws.com"
WAITS = timedelta(hours=48)
_ASKED = frozenset({"email", "email-json", "http", "https"})
_PENDING = "PendingConfirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What SNS sent to an endpoint, to be confirmed with the token."""

    at: datetime
    endpoint: str
    topic_arn: str
    subscription_arn: str
    token: str = field(repr=False)


def waits(subscription: Any) -> bool:
    """Whether a subscription, as moto keeps it, still waits for its confirmation."""
    return bool(subscription.attributes.get(_PENDING) == "true")


class Confirmations:
    """All that was sent to be confirmed, the oldest first."""

    def __init__(self, setting: Setting, web: WebEndpoints) -> None:
        self._setting = setting
        self._web = web
        self.sent: list[Confirmation] = []
        self._standing: set[str] = set()
        self._left: dict[str, Any] = {}  # subscriptions that ended, by the token that brings each back
        self._leaving: Any = None
        calls = setting.calls
        calls.check("sns", "Subscribe", self._look)
        calls.after("sns", "Subscribe", self._subscribed)
        calls.tell("sns", "Subscribe", self._tell_subscribed)
        calls.answer("sns", "ConfirmSubscription", self._confirm)
        calls.check("sns", "Unsubscribe", self._may_unsubscribe)
        calls.after("sns", "Unsubscribe", lambda _: self._say_farewell(self._leaving))
        for operation in ("ListSubscriptions", "ListSubscriptionsByTopic"):
            calls.tell("sns", operation, self._tell_listed)
        calls.tell("sns", "GetTopicAttributes", self._tell_counts)
        calls.in_every_account("sns", "Subscribe", "ConfirmSubscription", "Unsubscribe")

    # ---- asking ---------------------------------------------------------------------------------

    def _look(self, asked: Asked) -> None:
        """Remember which subscriptions there are: one that is confirmed needs no new confirmation."""
        topic = str(asked.parameters["TopicArn"])
        standing = moto_messages.subscriptions(topic) if moto_messages.topic(topic) is not None else []
        self._standing = {each.arn for each in standing if not waits(each)}

    def _subscribed(self, call: ApiCall) -> None:
        """Ask the endpoint; each further Subscribe of it asks again."""
        arn = str((call.response or {})["SubscriptionArn"])
        subscription = moto_messages.subscription(arn)
        if subscription is None or arn in self._standing or not _is_asked(call):
            return
        subscription.attributes |= {_PENDING: "true", "ConfirmationWasAuthenticated": "false"}
        asked = Confirmation(
            at=self._setting.clock.now,
            endpoint=subscription.endpoint,
            topic_arn=subscription.topic.arn,
            subscription_arn=arn,
            token=self._new_token(),
        )
        self.sent.append(asked)
        name = asked.topic_arn.rpartition(":")[2]
        who = shown(subscription)
        self._setting.note("pending", f"{who} is asked to confirm its subscription to {name}")
        if subscription.protocol == "sqs":
            self._to_queue(asked)
        elif subscription.protocol in PROTOCOLS:
            self._web.confirm(subscription, self._body(asked))
        self._setting.clock.after(
            WAITS.total_seconds(), lambda: self._gone(arn), "SNS deletes an unconfirmed subscription"
        )

    def _new_token(self) -> str:
        return f"2336412f37{self._setting.random('sns.token').getrandbits(800):0200x}"

    def _say_farewell(self, subscription: Any) -> None:
        """Tell an endpoint on the web that its subscription ended, and how it comes back.

        https://docs.aws.amazon.com/sns/latest/dg/http-unsubscribe-confirmation-json.html
        """
        if subscription is None or subscription.protocol not in PROTOCOLS:
            return
        token, topic = self._new_token(), subscription.topic.arn
        self._left[token] = subscription
        body = {
            **self._envelope("UnsubscribeConfirmation", topic, token),
            "Message": f"You have chosen to deactivate subscription {subscription.arn}.\n"
            "To cancel this operation and restore the subscription, visit the SubscribeURL included in this "
            "message.",
        }
        self._web.confirm(subscription, body)

    def _body(self, asked: Confirmation) -> dict[str, Any]:
        """What SNS sends, without a signature.

        https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html
        """
        topic = asked.topic_arn
        return {
            **self._envelope("SubscriptionConfirmation", topic, asked.token),
            "Message": f"You have chosen to subscribe to the topic {topic}.\n"
            "To confirm the subscription, visit the SubscribeURL included in this message.",
        }

    def _envelope(self, kind: str, topic: str, token: str) -> dict[str, Any]:
        region, now = topic.split(":")[3], self._setting.clock.now
        url = f"https://sns.{region}.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token="
        return {
            "Type": kind,
            "MessageId": self._setting.new_uuid("sns.message"),
            "Token": token,
            "TopicArn": topic,
            "SubscribeURL": f"{url}{token}",
            "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.000Z",
        }

    def _to_queue(self, asked: Confirmation) -> None:
        region = asked.topic_arn.split(":")[3]
        body = {
            **self._body(asked),
            "SignatureVersion": "1",
            "Signature": "simulated",
            "SigningCertURL": f"https://sns.{region}.amazonaws.com/simulated.pem",
        }
        message = Message(body=json.dumps(body))
        self._setting.deliveries.hand_over(asked.endpoint, message, by=SERVICE, source=asked.topic_arn)

    def _gone(self, arn: str) -> None:
        subscription = moto_messages.subscription(arn)
        if subscription is None or not waits(subscription):
            return
        moto_messages.forget_subscription(arn)
        name = subscription.topic.arn.rpartition(":")[2]
        self._setting.note(
            "pending", f"the unconfirmed subscription of {subscription.endpoint} to {name} is deleted"
        )

    # ---- the API --------------------------------------------------------------------------------

    def _confirm(self, asked: Asked) -> dict[str, Any]:
        """Take the token; to confirm twice changes nothing."""
        given = asked.parameters
        authenticated = str(given.get("AuthenticateOnUnsubscribe", "false")).lower()
        arn = self._take(str(given["TopicArn"]), given["Token"], authenticated=authenticated)
        return {"SubscriptionArn": arn}

    def _take(self, topic: str, token: str, *, authenticated: str) -> str:
        if moto_messages.topic(topic) is None:
            raise Refused("NotFound", "Topic does not exist", 404)
        if token in self._left and self._left[token].topic.arn == topic:
            return self._bring_back(self._left[token])
        sent = next((each for each in self.sent if each.token == token and each.topic_arn == topic), None)
        subscription = moto_messages.subscription(sent.subscription_arn) if sent else None
        if sent is None or subscription is None or self._setting.clock.now - sent.at > WAITS:
            raise Refused("InvalidParameter", "Invalid parameter: Token")
        if waits(subscription):
            subscription.attributes |= {_PENDING: "false", "ConfirmationWasAuthenticated": authenticated}
        return sent.subscription_arn

    def _bring_back(self, subscription: Any) -> str:
        moto_messages.remember_subscription(subscription)
        name = subscription.topic.arn.rpartition(":")[2]
        self._setting.note("pending", f"{shown(subscription)} is subscribed to {name} again")
        return str(subscription.arn)

    def visit(self, url: str) -> None:
        """Somebody without credentials opens a SubscribeURL or an UnsubscribeURL.

        Raises:
            Refused: SNS answers with an error.
        """
        given = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        match given.get("Action"):
            case "ConfirmSubscription":
                self._take(given.get("TopicArn", ""), given.get("Token", ""), authenticated="false")
            case "Unsubscribe":
                self._leave(given.get("SubscriptionArn", ""))
            case other:
                raise NotSimulated("sns", f"{other} by a URL")

    def _leave(self, arn: str) -> None:
        subscription = moto_messages.subscription(arn)
        if subscription is None:
            return
        if subscription.attributes.get("ConfirmationWasAuthenticated") == "true":
            why = "Subscription was confirmed with AuthenticateOnUnsubscribe; its owner must sign"
            raise Refused("AuthorizationError", why, 403)
        moto_messages.forget_subscription(arn)
        name = subscription.topic.arn.rpartition(":")[2]
        self._setting.note("pending", f"somebody ended a subscription to {name} by its UnsubscribeURL")
        self._say_farewell(subscription)

    def _may_unsubscribe(self, asked: Asked) -> None:
        subscription = self._leaving = moto_messages.subscription(asked.parameters["SubscriptionArn"])
        if subscription is not None and waits(subscription):
            raise Refused(
                "InvalidParameter",
                "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is "
                "pending confirmation",
            )

    # ---- what callers are told ------------------------------------------------------------------

    def _tell_subscribed(self, asked: Asked, response: dict[str, Any]) -> dict[str, Any]:
        if self._is_waiting(response) and not asked.parameters.get("ReturnSubscriptionArn"):
            return {**response, "SubscriptionArn": "pending confirmation"}
        return response

    def _tell_listed(self, _: Asked, response: dict[str, Any]) -> dict[str, Any]:
        """In a list a subscription that waits has no ARN."""
        listed = [
            {**each, "SubscriptionArn": _PENDING} if self._is_waiting(each) else each
            for each in response.get("Subscriptions", ())
        ]
        return {**response, "Subscriptions": listed}

    def _tell_counts(self, asked: Asked, response: dict[str, Any]) -> dict[str, Any]:
        subscriptions = moto_messages.subscriptions(asked.parameters["TopicArn"])
        pending = sum(waits(each) for each in subscriptions)
        counts = {
            "SubscriptionsPending": str(pending),
            "SubscriptionsConfirmed": str(len(subscriptions) - pending),
        }
        topic = moto_messages.topic(asked.parameters["TopicArn"])
        more = {}
        if topic is not None and topic.fifo_topic:
            more["FifoThroughputScope"] = getattr(topic, "fifo_throughput_scope", "Topic")
        return {**response, "Attributes": {**response["Attributes"], **counts, **more}}

    @staticmethod
    def _is_waiting(told: Mapping[str, Any]) -> bool:
        subscription = moto_messages.subscription(str(told.get("SubscriptionArn", "")))
        return subscription is not None and waits(subscription)


def _is_asked(call: ApiCall) -> bool:
    """Whether SNS asks the endpoint first: always over HTTP and e-mail, a queue of another account too."""
    protocol, endpoint = call.parameters["Protocol"], str(call.parameters.get("Endpoint", ""))
    if protocol == "sqs":
        return endpoint.split(":")[4] != call.caller.account
    return protocol in _ASKED

"""Deliveries over HTTP and HTTPS: requests to endpoints outside AWS, tried again as the delivery policy says.

An endpoint has 15 seconds to answer. A status from 200 to 499 ends a delivery, also one that refuses it: SNS
counts that as delivered. Anything else, and no answer, is tried again; what was tried in vain goes to the
subscription's dead letters.

Sources: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html (times and statuses),
https://docs.aws.amazon.com/sns/latest/dg/http-header.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.web import WebAnswer, WebRequest, place_of
from scenarios.cloud.setting import Setting
from scenarios.cloud.sns.delivery_policies import DeliveryPolicy, of_subscription
from scenarios.cloud.sns.signatures import signed

PROTOCOLS: Final = ("http", "https")
TIMEOUT_SECONDS: Final = 15.0
LATENCY_SECONDS: Final = 0.1
_BY: Final = "sns.amazonaws.com"
_AGENT: Final = "Amazon Simple Notification Service Agent"
_CONTENT_TYPE: Final = "text/plain; charset=UTF-8"

Ended = Callable[[str], None]
"""What became of a delivery: "" where it was taken, else why it was given up."""


@dataclass(slots=True, kw_only=True)
class _WebDelivery:
    """One message on its way to one endpoint, over all attempts."""

    subscription: Any
    headers: Mapping[str, str]
    body: str
    policy: DeliveryPolicy
    ended: Ended
    retries: int = 0


class WebEndpoints:
    """The endpoints of subscriptions over HTTP and HTTPS."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._last_due: dict[str, datetime] = {}

    def notify(self, subscription: Any, envelope: Mapping[str, Any], *, raw: bool, ended: Ended) -> None:
        """Deliver a notification; raw, it is the message alone."""
        self._deliver(subscription, envelope, raw=raw, ended=ended)

    def confirm(self, subscription: Any, envelope: Mapping[str, Any]) -> None:
        """Ask an endpoint to confirm its subscription or its end, if somebody speaks for it."""
        if self._setting.web.is_known(subscription.endpoint):
            self._deliver(subscription, envelope, raw=False, ended=lambda _: None)

    def _deliver(self, subscription: Any, envelope: Mapping[str, Any], *, raw: bool, ended: Ended) -> None:
        topic = subscription.topic
        version = str(getattr(topic, "signature_version", "1"))
        policy = of_subscription(
            str(subscription.attributes.get("DeliveryPolicy") or ""), str(topic.delivery_policy or "")
        )
        delivery = _WebDelivery(
            subscription=subscription,
            headers=_headers(subscription, envelope, policy, raw=raw),
            body=str(envelope["Message"]) if raw else json.dumps(signed(_told(envelope), version)),
            policy=policy,
            ended=ended,
        )
        due = self._setting.clock.now + timedelta(seconds=LATENCY_SECONDS)
        if policy.most_a_second:
            last = self._last_due.get(subscription.arn)
            due = max(due, last + timedelta(seconds=1 / policy.most_a_second)) if last else due
            self._last_due[subscription.arn] = due
        self._setting.clock.at(due, partial(self._attempt, delivery), "SNS asks an endpoint")

    def _attempt(self, delivery: _WebDelivery) -> None:
        endpoint = delivery.subscription.endpoint
        about_itself = delivery.headers["x-amz-sns-message-type"] != "Notification"
        if moto_messages.subscription(delivery.subscription.arn) is None and not about_itself:
            return  # nobody is subscribed any more
        answer = self._setting.web.ask(
            WebRequest(
                at=self._setting.clock.now,
                by=_BY,
                method="POST",
                url=endpoint,
                headers=delivery.headers,
                body=delivery.body,
            )
        )
        failure = _failure(answer)
        if not failure:
            refused = f": {answer.status} counts as delivered" if answer.status >= 400 else ""
            self._setting.note("delivered", f"SNS to {place_of(endpoint)}{refused}")
            delivery.ended("")
        elif delivery.retries < len(delivery.policy.delays):
            self._again(delivery, failure, min(answer.seconds, TIMEOUT_SECONDS))
        else:
            self._setting.note("refused", f"SNS gives up {place_of(endpoint)}: {failure}")
            delivery.ended(failure)

    def _again(self, delivery: _WebDelivery, failure: str, waited: float) -> None:
        delay = delivery.policy.delays[delivery.retries]
        delivery.retries += 1
        jitter = self._setting.random("sns.retries").uniform(1.0, 1.1)
        where = place_of(delivery.subscription.endpoint)
        self._setting.note("refused", f"SNS to {where}: {failure}, attempt {delivery.retries}")
        self._setting.clock.after(
            waited + delay * jitter, partial(self._attempt, delivery), "SNS tries again"
        )


def shown(subscription: Any) -> str:
    """An endpoint as the timeline shows it: a URL may hold a password."""
    endpoint = str(subscription.endpoint)
    return place_of(endpoint) if subscription.protocol in PROTOCOLS else endpoint


def _failure(answer: WebAnswer) -> str:
    if answer.seconds > TIMEOUT_SECONDS:
        return f"no answer within {TIMEOUT_SECONDS:.0f} seconds"
    if not answer.status:
        return "no connection"
    return "" if 200 <= answer.status < 500 else f"it answers {answer.status}"


def _told(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """What is absent is left out; the signature is made anew."""
    return {name: value for name, value in envelope.items() if value not in (None, {})}


def _headers(
    subscription: Any, envelope: Mapping[str, Any], policy: DeliveryPolicy, *, raw: bool
) -> dict[str, str]:
    kind = str(envelope["Type"])
    headers = {
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": str(envelope["MessageId"]),
        "x-amz-sns-topic-arn": str(envelope["TopicArn"]),
        "Content-Type": policy.content_type or _CONTENT_TYPE,
        "User-Agent": _AGENT,
    }
    if kind != "SubscriptionConfirmation":
        headers["x-amz-sns-subscription-arn"] = subscription.arn
    if raw:
        headers["x-amz-sns-rawdelivery"] = "true"
    return headers

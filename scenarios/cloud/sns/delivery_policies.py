"""When SNS tries again to deliver over HTTP: the four phases of a delivery policy.

First without a delay, then some after the shortest delay, then ever later up to the longest delay, then some
after the longest. AWS names four functions for the third phase, without their formulas: here the linear one
grows by the same amount each time, the arithmetic one by ever more, and the geometric and the exponential
one by the same factor. The jitter that SNS adds is a tenth at most.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

FUNCTIONS: Final = ("arithmetic", "exponential", "geometric", "linear")
LONGEST_SECONDS: Final = 3600
MOST_RETRIES: Final = 100
_NAMES: Final[Mapping[str, str]] = {
    "numRetries": "retries",
    "numNoDelayRetries": "at_once",
    "numMinDelayRetries": "after_shortest",
    "numMaxDelayRetries": "after_longest",
    "minDelayTarget": "shortest",
    "maxDelayTarget": "longest",
    "backoffFunction": "function",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """A policy in seconds and numbers of retries; the defaults are SNS's own."""

    retries: int = 3
    at_once: int = 0
    after_shortest: int = 0
    after_longest: int = 0
    shortest: float = 20
    longest: float = 20
    function: str = "linear"
    most_a_second: float = 0
    content_type: str = ""

    @property
    def delays(self) -> tuple[float, ...]:
        """The seconds before each retry."""
        growing = self.retries - self.at_once - self.after_shortest - self.after_longest
        return (
            *[0.0] * self.at_once,
            *[float(self.shortest)] * self.after_shortest,
            *(self._grown(number, growing) for number in range(growing)),
            *[float(self.longest)] * self.after_longest,
        )

    def _grown(self, number: int, of: int) -> float:
        part = number / (of - 1) if of > 1 else 0.0
        span = self.longest - self.shortest
        match self.function:
            case "linear":
                return self.shortest + span * part
            case "arithmetic":
                return self.shortest + span * part * (number + 1) / of
            case _:
                return float(self.shortest * (self.longest / self.shortest) ** part)


DEFAULT: Final = DeliveryPolicy()


def of_subscription(own: str, topics: str) -> DeliveryPolicy:
    """The policy in force: the subscription's own, unless the topic's says that there may be none.

    Both are JSON texts, or "".
    """
    of_topic = _parsed(topics).get("http") or {}
    of_own = _parsed(own)
    if of_topic.get("disableSubscriptionOverrides") is True:
        of_own = {}
    retry = of_own.get("healthyRetryPolicy") or of_topic.get("defaultHealthyRetryPolicy") or {}
    throttle = of_own.get("throttlePolicy") or of_topic.get("defaultThrottlePolicy") or {}
    request = of_own.get("requestPolicy") or of_topic.get("defaultRequestPolicy") or {}
    return DeliveryPolicy(
        **{_NAMES[name]: value for name, value in retry.items() if name in _NAMES},
        most_a_second=float(throttle.get("maxReceivesPerSecond") or 0),
        content_type=str(request.get("headerContentType") or ""),
    )


def objection(text: str, *, of_topic: bool) -> str:
    """Why SNS refuses a policy; "" where it takes it. The words are ours."""
    if not text:
        return ""
    policy = _parsed(text)
    part = (policy.get("http") or {}) if of_topic else policy
    retry = part.get("defaultHealthyRetryPolicy" if of_topic else "healthyRetryPolicy") or {}
    if not policy or not isinstance(retry, dict):
        return "failed to parse JSON."
    numbers = {name: retry[name] for name in retry.keys() & _NAMES.keys() if name != "backoffFunction"}
    for name, value in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            return f"{name} must be a number that is 0 or greater"
    if retry.get("backoffFunction", "linear") not in FUNCTIONS:
        return f"backoffFunction must be one of {', '.join(FUNCTIONS)}"
    return _beyond(of_subscription("" if of_topic else text, text if of_topic else ""))


def _beyond(policy: DeliveryPolicy) -> str:
    if not 1 <= policy.shortest <= policy.longest <= LONGEST_SECONDS:
        return "minDelayTarget is between 1 and maxDelayTarget, and that at most 3600"
    if policy.retries > MOST_RETRIES:
        return f"numRetries is at most {MOST_RETRIES}"
    if policy.at_once + policy.after_shortest + policy.after_longest > policy.retries:
        return "numRetries is less than the retries of the phases"
    if sum(policy.delays) > LONGEST_SECONDS:
        return f"the total policy retry time is greater than {LONGEST_SECONDS} seconds"
    return ""


def _parsed(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text) if text else {}
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}

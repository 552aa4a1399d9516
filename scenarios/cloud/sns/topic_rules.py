"""What SNS refuses of topics and subscriptions, in its own words where people have published them.

Sources: https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html,
https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html,
https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.authorization.document import MalformedPolicy, parse
from scenarios.cloud.authorization.wildcards import matches
from scenarios.cloud.kernel import moto_messages, moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.kernel.validation import Request
from scenarios.cloud.sns import delivery_policies, fifo

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
_FIFO_NAME: Final = (
    "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
    "numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
)
_LONGEST_DISPLAY_NAME: Final = 100
# What an endpoint looks like, by protocol, and what SNS calls one that doesn't.
_ENDPOINTS: Final[Mapping[str, tuple[str, str]]] = {
    "application": (r"arn:aws[a-z-]*:sns:.+", "Application endpoint ARN"),
    "email": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Email address"),
    "email-json": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Email address"),
    "firehose": (r"arn:aws[a-z-]*:firehose:.+", "Firehose endpoint ARN"),
    "http": (r"http://\S+", "Endpoint must match the specified protocol"),
    "https": (r"https://\S+", "Endpoint must match the specified protocol"),
    "lambda": (r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:\S+", "Lambda endpoint ARN"),
    "sms": (r"\+?[\d ./-]+", "Invalid SMS endpoint"),
    "sqs": (r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:\S+", "SQS endpoint ARN"),
}
PROTOCOLS: Final = tuple(_ENDPOINTS)
_RAW: Final = frozenset({"firehose", "http", "https", "sqs"})
_SCOPES: Final = ("MessageAttributes", "MessageBody")


def topic(request: Request) -> None:
    """A topic that is made."""
    name, given = request.parameters["Name"], request.parameters.get("Attributes") or {}
    if not _NAME.fullmatch(name):
        raise invalid("Topic Name")
    is_fifo = is_true(given.get("FifoTopic"))
    if is_fifo != name.endswith(".fifo"):
        raise invalid(_FIFO_NAME if is_fifo else "Topic Name")
    for attribute, value in given.items():
        _check_topic_attribute(attribute, value)
        _check_order(attribute, value, is_fifo=is_fifo)


def topic_attribute(request: Request) -> None:
    """One attribute of a topic; what its policy names is the topic itself."""
    name, value = request.parameters["AttributeName"], request.parameters.get("AttributeValue", "")
    _check_topic_attribute(name, value)
    found = moto_messages.topic(request.parameters["TopicArn"])
    if name == "FifoTopic":
        raise invalid("AttributeName")
    if found is not None:
        _check_order(name, value, is_fifo=found.fifo_topic)
    if name == "Policy":
        _check_resources(value, request.parameters["TopicArn"])


def subscription(request: Request) -> None:
    """A subscription that is made: the endpoint is one of its protocol, the attributes fit both."""
    given = request.parameters
    if moto_messages.topic(given["TopicArn"]) is None:
        raise Refused("NotFound", "Topic does not exist", 404)
    protocol, endpoint = given["Protocol"], given.get("Endpoint", "")
    if protocol not in _ENDPOINTS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    form, words = _ENDPOINTS[protocol]
    if not re.fullmatch(form, endpoint):
        raise invalid(words)
    _check_types(given["TopicArn"], protocol, endpoint)
    attributes = given.get("Attributes") or {}
    if "FilterPolicyScope" in attributes and not attributes.get("FilterPolicy"):
        raise invalid("FilterPolicyScope: a scope needs a FilterPolicy")
    for name, value in attributes.items():
        _check_subscription_attribute(name, value, protocol, endpoint)


def _check_order(name: str, value: str, *, is_fifo: bool) -> None:
    """Attributes that only FIFO topics have; the words about the scope are ours."""
    if name == "ContentBasedDeduplication" and not is_fifo:
        raise invalid("Attributes Reason: Content-based deduplication can only be set for FIFO topics")
    if name == "FifoThroughputScope" and not is_fifo:
        raise invalid("Attributes Reason: FifoThroughputScope can only be set for FIFO topics")
    if name == "FifoThroughputScope" and value not in fifo.SCOPES:
        raise invalid(f"FifoThroughputScope: Invalid value [{value}]")
    if name == "ArchivePolicy":
        raise NotSimulated("sns", "the message archive of a FIFO topic")


def _check_types(topic_arn: str, protocol: str, endpoint: str) -> None:
    """FIFO topics deliver to queues alone, and FIFO queues get messages of FIFO topics alone.

    Sources: https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html; the words,
    https://github.com/localstack/localstack/blob/main/localstack-core/localstack/services/sns/provider.py
    """
    if topic_arn.endswith(".fifo"):
        if protocol != "sqs":
            raise invalid("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue")
    elif protocol == "sqs" and endpoint.endswith(".fifo"):
        raise invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
        )


def subscription_attribute(request: Request) -> None:
    """One attribute of a subscription."""
    given = request.parameters
    subscriptions = moto_state.backend("sns", request.account, request.region).subscriptions
    found = subscriptions.get(given["SubscriptionArn"])
    protocol, endpoint = (found.protocol, found.endpoint) if found is not None else ("", "")
    _check_subscription_attribute(given["AttributeName"], given.get("AttributeValue", ""), protocol, endpoint)


def invalid(why: str) -> Refused:
    """What SNS answers to a parameter that it doesn't take."""
    return Refused("InvalidParameter", f"Invalid parameter: {why}")


def _check_topic_attribute(name: str, value: str) -> None:
    if name == "DeliveryPolicy" and (why := delivery_policies.objection(value, of_topic=True)):
        raise invalid(f"DeliveryPolicy: {why}")
    if name == "SignatureVersion" and value not in ("1", "2"):
        raise invalid("SignatureVersion")
    if name == "DisplayName" and len(value) > _LONGEST_DISPLAY_NAME:
        raise invalid(f"DisplayName is longer than {_LONGEST_DISPLAY_NAME} characters")
    if name == "Policy":
        try:
            parse(value, attached_to_resource=True)
        except MalformedPolicy as error:
            raise invalid(f"Policy Error: {error}") from error


def _check_resources(policy: str, topic_arn: str) -> None:
    """AWS's page: of a statement's resource, "the value must match the ARN of the policy's topic"."""
    statements = json.loads(policy)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        named = statement.get("Resource", topic_arn)
        for resource in named if isinstance(named, list) else [named]:
            if not matches(resource, topic_arn):
                raise invalid(f"Policy Error: {resource} is not the topic {topic_arn}")


def _check_subscription_attribute(name: str, value: str, protocol: str, endpoint: str) -> None:
    match name:
        case "DeliveryPolicy":
            if why := delivery_policies.objection(value, of_topic=False):
                raise invalid(f"DeliveryPolicy: {why}")
        case "ReplayPolicy":
            raise NotSimulated("sns", "the message archive of a FIFO topic")
        case "RawMessageDelivery":
            if value.lower() not in ("true", "false"):
                raise invalid(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
            if value.lower() == "true" and protocol and protocol not in _RAW:
                raise invalid(f"Delivery protocol [{protocol}] does not support raw message delivery.")
        case "FilterPolicyScope":
            if value not in _SCOPES:
                raise invalid(
                    f"FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or "
                    "MessageAttributes"
                )
        case "RedrivePolicy":
            _check_redrive(value, endpoint)


def _check_redrive(text: str, endpoint: str) -> None:
    if not text:
        return
    policy = _parsed(text)
    if not isinstance(policy, dict):
        raise invalid("RedrivePolicy: failed to parse JSON.")
    if not re.fullmatch(_ENDPOINTS["sqs"][0], str(policy.get("deadLetterTargetArn", ""))):
        raise invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if endpoint and policy["deadLetterTargetArn"].endswith(".fifo") != endpoint.endswith(".fifo"):
        raise invalid("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO queue, and for no other")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None

"""IAM's rows for SNS: topics; a subscription is asked about by its topic."""

from functools import partial

from scenarios.cloud.authorization.rows import (
    Arn,
    ContextKey,
    DenialStyle,
    Document,
    Permissions,
    Place,
    document,
)
from scenarios.cloud.authorization.wildcards import ARN_PARTS
from scenarios.cloud.kernel import moto_messages
from scenarios.cloud.kernel.errors import Refused

_LINES = """
ListTopics                      =                         *
ListSubscriptions               =                         *
CreateTopic                     =                         topic(Name)
DeleteTopic                     =                         topic_arn(TopicArn)
GetTopicAttributes              =                         topic_arn(TopicArn)
SetTopicAttributes              =                         topic_arn(TopicArn)
AddPermission                   =                         topic_arn(TopicArn)
RemovePermission                =                         topic_arn(TopicArn)
ListSubscriptionsByTopic        =                         topic_arn(TopicArn)
Publish +TopicArn               =                         topic_arn(TopicArn)
Publish +TargetArn              =                         target_arn(TargetArn)
Publish +PhoneNumber            =                         *
PublishBatch                    sns:Publish               topic_arn(TopicArn)
Subscribe                       =                         topic_arn(TopicArn)
ConfirmSubscription             =                         topic_arn(TopicArn)
Unsubscribe                     =                         subscribed(SubscriptionArn)
GetSubscriptionAttributes       =                         subscribed(SubscriptionArn)
SetSubscriptionAttributes       =                         subscribed(SubscriptionArn)
TagResource                     =                         topic(ResourceArn)
UntagResource                   =                         topic(ResourceArn)
ListTagsForResource             =                         topic(ResourceArn)
"""

_SUBSCRIBE = frozenset({"Subscribe"})


def _in_capitals(action: str) -> str:
    """SNS writes its own name in capitals, where it denies an action of its own."""
    return f"SNS:{action.partition(':')[2]}" if action.startswith("sns:") else action


def _given(parameter: str, _place: Place, arn: str) -> str:
    """A parameter that is an ARN; SNS looks at its form before it asks IAM."""
    elements = arn.count(":") + 1
    if elements < ARN_PARTS:
        why = f"{parameter} Reason: An ARN must have at least {ARN_PARTS} elements, not {elements}"
        raise Refused("InvalidParameter", f"Invalid parameter: {why}")
    return arn


def _subscribed(place: Place, subscription: str) -> str:
    """The topic of a subscription, whose ARN is the topic's with an id behind it."""
    return _given("SubscriptionArn", place, subscription).rpartition(":")[0]


def _topic_policy(arn: Arn) -> Document | None:
    topic = moto_messages.topic(arn.text)
    return document(topic.policy) if topic is not None and topic.policy else None


def _topic_tags(arn: Arn) -> dict[str, str]:
    topic = moto_messages.topic(arn.text)
    return moto_messages.topic_tags(topic) if topic is not None else {}


PERMISSIONS = Permissions(
    prefix="sns",
    denial=DenialStyle(code="AuthorizationError", status=403, spelled=_in_capitals),
    lines=_LINES,
    kinds={
        "subscribed": _subscribed,
        "target_arn": partial(_given, "TargetArn"),
        "topic_arn": partial(_given, "TopicArn"),
    },
    context=(
        ContextKey(key="sns:Endpoint", parameter="Endpoint", operations=_SUBSCRIBE),
        ContextKey(key="sns:Protocol", parameter="Protocol", operations=_SUBSCRIBE),
    ),
    policy_of=_topic_policy,
    tags_of=_topic_tags,
)

"""SNS: topics; a subscription is asked about by its topic."""

from scenarios.cloud.authorization.rows import (
    Arn,
    ContextKey,
    DenialStyle,
    Document,
    Permissions,
    Place,
    document,
)
from scenarios.cloud.kernel import moto_state

_LINES = """
ListTopics                      =                         *
ListSubscriptions               =                         *
CreateTopic                     =                         topic(Name)
DeleteTopic                     =                         topic(TopicArn)
GetTopicAttributes              =                         topic(TopicArn)
SetTopicAttributes              =                         topic(TopicArn)
AddPermission                   =                         topic(TopicArn)
RemovePermission                =                         topic(TopicArn)
ListSubscriptionsByTopic        =                         topic(TopicArn)
Publish +TopicArn               =                         topic(TopicArn)
Publish +TargetArn              =                         topic(TargetArn)
Publish +PhoneNumber            =                         *
PublishBatch                    sns:Publish               topic(TopicArn)
Subscribe                       =                         topic(TopicArn)
ConfirmSubscription             =                         topic(TopicArn)
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


def _subscribed(_place: Place, subscription: str) -> str:
    """The topic of a subscription, whose ARN is the topic's with an id behind it."""
    return subscription.rpartition(":")[0]


def _topic_policy(arn: Arn) -> Document | None:
    topic = moto_state.topic(arn.text)
    return document(topic.policy) if topic is not None and topic.policy else None


def _topic_tags(arn: Arn) -> dict[str, str]:
    topic = moto_state.topic(arn.text)
    return moto_state.topic_tags(topic) if topic is not None else {}


PERMISSIONS = Permissions(
    prefix="sns",
    denial=DenialStyle(code="AuthorizationError", status=403, spelled=_in_capitals),
    lines=_LINES,
    kinds={
        "subscribed": _subscribed,
    },
    context=(
        ContextKey(key="sns:Endpoint", parameter="Endpoint", operations=_SUBSCRIBE),
        ContextKey(key="sns:Protocol", parameter="Protocol", operations=_SUBSCRIBE),
    ),
    policy_of=_topic_policy,
    tags_of=_topic_tags,
)

"""What somebody does to the ways on which people are told: the heartbeat, the plain topic, the watch itself.

One deed is one call, or the few calls without which it is not done. `ALL_DEEDS` has these and those to every
other part of the stack.
"""

import json
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.deployment import STACK_NAME
from scenarios.cloud.world import World
from scenarios.runner.words.blinding import DEEDS, DENY_ALL, BlindingDeed, Given, all_named, deed, named

_NOBODY = '{"source": ["nobody"]}'


def _resource(world: World, part: str) -> str:
    return str(world.home.resources[part].physical_id)


def _every_alarm(world: World) -> Mapping[str, Any]:
    return {"AlarmNames": [each.physical_id for each in world.home.of_type("AWS::CloudWatch::Alarm")]}


def _nobody_publishes(part: str) -> Given:
    def given(world: World) -> Mapping[str, Any]:
        topic = _resource(world, part)
        statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        return {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": json.dumps(policy)}

    return given


def _without_mail(part: str) -> Given:
    return named("SubscriptionArn", part, AttributeName="FilterPolicy", AttributeValue='{"never": ["told"]}')


def _asleep(world: World) -> Mapping[str, Any]:
    """The schedule as it is, but disabled: an update gives everything anew."""
    target = world.home.resources["HeartbeatSchedule"].properties["Target"]
    return {
        "Name": _resource(world, "HeartbeatSchedule"),
        "ScheduleExpression": "rate(1 minute)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
        "State": "DISABLED",
    }


def _unprotected(world: World) -> Mapping[str, Any]:
    """The ledger's name, its protection taken away already: that call is a deed by itself."""
    name = _resource(world, "Ledger")
    world.client(world.root(), "dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    return {"TableName": name}


_WATCHES = [f"StackChangedTrigger{number}" for number in range(1, 7)]
_WAYS = (
    # the heartbeat
    deed("heartbeat_disabled", "scheduler.update_schedule", "HeartbeatSchedule", _asleep),
    deed(
        "heartbeat_deleted",
        "scheduler.delete_schedule",
        "HeartbeatSchedule",
        named("Name", "HeartbeatSchedule"),
    ),
    deed(
        "heartbeat_rule_disabled",
        "events.disable_rule",
        "HeartbeatTrigger1",
        named("Name", "HeartbeatTrigger1"),
    ),
    deed(
        "heartbeat_function_deleted",
        "lambda.delete_function",
        "Heartbeat",
        named("FunctionName", "Heartbeat"),
    ),
    deed(
        "heartbeat_unsubscribed",
        "sns.unsubscribe",
        "HeartbeatsSubscription",
        named("SubscriptionArn", "HeartbeatsSubscription"),
    ),
    deed("heartbeats_deleted", "sqs.delete_queue", "Heartbeats", named("QueueUrl", "Heartbeats")),
    deed(
        "heartbeat_alarm_deleted",
        "cloudwatch.delete_alarms",
        "HeartbeatAlarm",
        all_named("AlarmNames", "HeartbeatAlarm"),
    ),
    # the mail, of both ways
    deed(
        "mail_filtered",
        "sns.set_subscription_attributes",
        "AlertSubscription",
        _without_mail("AlertSubscription"),
    ),
    deed(
        "plain_unsubscribed",
        "sns.unsubscribe",
        "PlainSubscription",
        named("SubscriptionArn", "PlainSubscription"),
    ),
    deed(
        "plain_mail_filtered",
        "sns.set_subscription_attributes",
        "PlainSubscription",
        _without_mail("PlainSubscription"),
    ),
    deed("plain_topic_deleted", "sns.delete_topic", "PlainTopic", named("TopicArn", "PlainTopic")),
    deed("plain_topic_denied", "sns.set_topic_attributes", "PlainTopic", _nobody_publishes("PlainTopic")),
    # every alarm
    deed("every_alarm_deleted", "cloudwatch.delete_alarms", "HeartbeatAlarm", _every_alarm),
    deed("every_alarm_silenced", "cloudwatch.disable_alarm_actions", "HeartbeatAlarm", _every_alarm),
    # what keeps an eye on the first way
    deed(
        "first_way_rule_disabled",
        "events.disable_rule",
        "FirstWayTouchedRule",
        named("Name", "FirstWayTouchedRule"),
    ),
    deed(
        "first_way_queue_deleted",
        "sqs.delete_queue",
        "FirstWayTouchedCalls",
        named("QueueUrl", "FirstWayTouchedCalls"),
    ),
    # the watch over the stack
    *(
        deed(f"watch_{number}_disabled", "events.disable_rule", part, named("Name", part))
        for number, part in enumerate(_WATCHES, start=1)
    ),
    deed(
        "watch_rewritten",
        "events.put_rule",
        "StackChangedTrigger1",
        named("Name", "StackChangedTrigger1", EventPattern=_NOBODY),
    ),
    deed("guard_disabled", "events.disable_rule", "StackChangedGuard", named("Name", "StackChangedGuard")),
    deed("watch_deleted", "lambda.delete_function", "StackChanged", named("FunctionName", "StackChanged")),
    deed(
        "watch_stopped",
        "lambda.put_function_concurrency",
        "StackChanged",
        named("FunctionName", "StackChanged", ReservedConcurrentExecutions=0),
    ),
    deed(
        "watch_denied",
        "iam.put_role_policy",
        "StackChangedRole",
        named("RoleName", "StackChangedRole", PolicyName="mine", PolicyDocument=DENY_ALL),
    ),
)
# The whole stack, the table, and the switch that holds all acts back.
_WHOLE = (
    deed("stack_deleted", "cloudformation.delete_stack", "AlertTopic", lambda _: {"StackName": STACK_NAME}),
    deed("ledger_deleted", "dynamodb.delete_table", "Ledger", _unprotected),
    deed(
        "kill_switch_set",
        "ssm.put_parameter",
        "KillSwitch",
        named("Name", "KillSwitch", Value="on", Overwrite=True),
    ),
)
# There is forwarding only where an archive account watches.
_FORWARDING = (
    deed("forwarding_disabled", "events.disable_rule", "WatchForward1", named("Name", "WatchForward1")),
    deed(
        "forwarding_disabled_for_topics",
        "events.disable_rule",
        "WatchForward3",
        named("Name", "WatchForward3"),
    ),
    deed(
        "forwarding_rewritten",
        "events.put_rule",
        "WatchForward1",
        named("Name", "WatchForward1", EventPattern='{"source": ["trailwarden.heartbeat"]}'),
    ),
    deed(
        "forwarding_guard_deleted",
        "events.remove_targets",
        "WatchForwardGuard",
        named("Rule", "WatchForwardGuard", Ids=["watch"]),
    ),
    deed(
        "forwarding_denied",
        "iam.put_role_policy",
        "WatchForwardRole",
        named("RoleName", "WatchForwardRole", PolicyName="mine", PolicyDocument=DENY_ALL),
    ),
)
FORWARDING_DEEDS: Mapping[str, BlindingDeed] = {each.name: each for each in _FORWARDING}
ALL_DEEDS: Mapping[str, BlindingDeed] = {**DEEDS, **{each.name: each for each in (*_WAYS, *_WHOLE)}}

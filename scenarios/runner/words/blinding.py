"""What somebody does to Trailwarden itself, one deed at a time: to its rules, functions, topics, keys, roles.

Each is one call on one part of the stack. `DEEDS` has one of each kind, by name; `VOICELESS` are those which
stop the function that would tell them, or take its voice away.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action
from scenarios.runner.words.actors import Actor, refused_by

Given = Callable[[World], Mapping[str, Any]]
DENY_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindingDeed:
    """One call on one part of the stack. `event`: its name in CloudTrail; `part`: its logical id or name.

    `blinds`: nobody is told of something any more, or may not be.
    """

    name: str
    service: str
    operation: str
    event: str
    part: str
    given: Given
    blinds: bool = True

    def by(self, actor: Actor, *, unrecorded: bool = False, refused: str = "") -> Action:
        """The actor does it. `unrecorded`: no event of it comes; `refused`: AWS says no, with this code."""

        def do(world: World, caller: Caller) -> None:
            call = getattr(world.client(caller, self.service), self.operation)
            with world.calls.muted():
                given = self.given(world)
            unheard = world.calls.muted() if unrecorded else nullcontext()
            with unheard, refused_by(refused, f"{self.operation} was to be refused, and was not"):
                call(**given)

        return actor.does(f"calls {self.service} {self.operation} on {self.part}", do)


def named(parameter: str, part: str, **more: Any) -> Given:
    """The part's physical id as one parameter, the others as they are."""
    return lambda world: {parameter: world.home.resources[part].physical_id, **more}


def all_named(parameter: str, *parts: str) -> Given:
    """The physical ids of the parts as one parameter, a list."""
    return lambda world: {parameter: [world.home.resources[part].physical_id for part in parts]}


def _filter(part: str, group: str, **more: Any) -> Given:
    return lambda world: {
        "filterName": world.home.resources[part].physical_id,
        "logGroupName": world.home.resources[group].physical_id,
        **more,
    }


def _targets(world: World) -> dict[str, Any]:
    rule = world.home.resources["RootLoginTrigger1"]
    return {"Rule": rule.physical_id, "Ids": [each["Id"] for each in rule.properties["Targets"]]}


def _one_more_target(world: World) -> dict[str, Any]:
    resources = world.home.resources
    arn = resources["Validations"].attributes["Arn"]
    return {"Rule": resources["RootLoginTrigger1"].physical_id, "Targets": [{"Id": "mine", "Arn": arn}]}


def _ignoring_all(world: World) -> dict[str, Any]:
    function = world.home.resources["TableDeleted"]
    variables = dict(function.properties["Environment"]["Variables"])
    return {
        "FunctionName": function.physical_id,
        "Environment": {"Variables": {**variables, "TRAILWARDEN_IGNORED_PRINCIPALS": "*"}},
    }


def _rewritten_alarm(world: World) -> dict[str, Any]:
    return {
        "AlarmName": world.home.resources["RootUsageAlarm"].physical_id,
        "MetricName": "Nothing",
        "Namespace": "Nowhere",
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }


def _key_policy(world: World) -> dict[str, Any]:
    """Only administrators by IAM are left: alarms can't use the key any more."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": ["kms:Put*", "kms:Get*", "kms:Describe*"],
        "Resource": "*",
    }
    return {
        "KeyId": world.home.resources["AlertKey"].physical_id,
        "PolicyName": "default",
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }


def _denied_topic(world: World) -> dict[str, Any]:
    topic = world.home.resources["AlertTopic"].physical_id
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": json.dumps(policy)}


def _trust(world: World) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {
        "RoleName": world.home.resources["RootLoginRole"].physical_id,
        "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    }


def _own_policy(world: World) -> dict[str, Any]:
    role = world.home.resources["RootLoginRole"]
    return {"RoleName": role.physical_id, "PolicyName": role.properties["Policies"][0]["PolicyName"]}


def deed(
    name: str, call: str, part: str, given: Given, *, event: str = "", blinds: bool = True
) -> BlindingDeed:
    """A deed by its call (`events.disable_rule`). `event`: CloudTrail's name of it, if that is another."""
    service, _, operation = call.partition(".")
    usual = "".join(word.capitalize() for word in operation.split("_"))
    return BlindingDeed(
        name=name,
        service=service,
        operation=operation,
        event=event or usual,
        part=part,
        given=given,
        blinds=blinds,
    )


_PATTERN = json.dumps({"source": ["nobody"]})
COUNTS_NOTHING = [{"metricName": "Nothing", "metricNamespace": "Nowhere", "metricValue": "1"}]

_ALL = (
    deed("rule_disabled", "events.disable_rule", "RootLoginTrigger1", named("Name", "RootLoginTrigger1")),
    deed("targets_removed", "events.remove_targets", "RootLoginTrigger1", _targets),
    deed("target_added", "events.put_targets", "RootLoginTrigger1", _one_more_target, blinds=False),
    deed(
        "rule_rewritten",
        "events.put_rule",
        "TableDeletedTrigger1",
        named("Name", "TableDeletedTrigger1", EventPattern=_PATTERN),
    ),
    deed(
        "schedule_disabled",
        "events.disable_rule",
        "TrailStoppedTrigger4",
        named("Name", "TrailStoppedTrigger4"),
    ),
    deed(
        "function_stopped",
        "lambda.put_function_concurrency",
        "TableDeleted",
        named("FunctionName", "TableDeleted", ReservedConcurrentExecutions=0),
        event="PutFunctionConcurrency20171031",
    ),
    deed(
        "ignores_everybody",
        "lambda.update_function_configuration",
        "TableDeleted",
        _ignoring_all,
        event="UpdateFunctionConfiguration20150331v2",
    ),
    deed(
        "permission_removed",
        "lambda.remove_permission",
        "RootLogin",
        named("FunctionName", "RootLogin", StatementId="RootLoginTrigger1"),
        event="RemovePermission20150331v2",
    ),
    deed(
        "permission_added",
        "lambda.add_permission",
        "TableDeleted",
        named(
            "FunctionName",
            "TableDeleted",
            StatementId="mine",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        ),
        event="AddPermission20150331v2",
        blinds=False,
    ),
    deed(
        "mapping_disabled",
        "lambda.update_event_source_mapping",
        "TrailValidationTrigger1",
        named("UUID", "TrailValidationTrigger1", Enabled=False),
        event="UpdateEventSourceMapping20150331",
    ),
    deed(
        "mapping_deleted",
        "lambda.delete_event_source_mapping",
        "TrailValidationTrigger1",
        named("UUID", "TrailValidationTrigger1"),
        event="DeleteEventSourceMapping20150331",
    ),
    deed(
        "metric_filter_deleted",
        "logs.delete_metric_filter",
        "RootUsageFilter",
        _filter("RootUsageFilter", "TrailGroup"),
    ),
    deed(
        "metric_filter_rewritten",
        "logs.put_metric_filter",
        "RootUsageFilter",
        _filter(
            "RootUsageFilter", "TrailGroup", filterPattern="nothing", metricTransformations=COUNTS_NOTHING
        ),
    ),
    deed(
        "subscription_filter_deleted",
        "logs.delete_subscription_filter",
        "FailedLoginTrigger1",
        _filter("FailedLoginTrigger1", "SecureGroup"),
    ),
    deed(
        "log_group_deleted",
        "logs.delete_log_group",
        "SecureGroup",
        named("logGroupName", "SecureGroup"),
    ),
    deed(
        "log_kept_a_day",
        "logs.put_retention_policy",
        "RootLoginLogGroup",
        named("logGroupName", "RootLoginLogGroup", retentionInDays=1),
        blinds=False,
    ),
    deed(
        "log_policy_deleted",
        "logs.delete_resource_policy",
        "InstanceStateEventsPolicy",
        named("policyName", "InstanceStateEventsPolicy"),
        blinds=False,
    ),
    deed(
        "alarms_silenced",
        "cloudwatch.disable_alarm_actions",
        "DeadLettersAlarm",
        all_named("AlarmNames", "DeadLettersAlarm", "RootUsageAlarm"),
    ),
    deed("alarm_rewritten", "cloudwatch.put_metric_alarm", "RootUsageAlarm", _rewritten_alarm),
    deed(
        "alarms_deleted",
        "cloudwatch.delete_alarms",
        "ConsoleFailuresAlarm",
        all_named("AlarmNames", "ConsoleFailuresAlarm"),
    ),
    deed(
        "alarm_set",
        "cloudwatch.set_alarm_state",
        "DeadLettersAlarm",
        named("AlarmName", "DeadLettersAlarm", StateValue="OK", StateReason="quiet"),
        blinds=False,
    ),
    deed(
        "unsubscribed", "sns.unsubscribe", "AlertSubscription", named("SubscriptionArn", "AlertSubscription")
    ),
    deed(
        "subscription_filtered",
        "sns.set_subscription_attributes",
        "CisAlarmsTrigger1",
        named(
            "SubscriptionArn",
            "CisAlarmsTrigger1",
            AttributeName="FilterPolicy",
            AttributeValue='{"nothing": ["never"]}',
        ),
    ),
    deed("topic_denied", "sns.set_topic_attributes", "AlertTopic", _denied_topic),
    deed("topic_deleted", "sns.delete_topic", "CisTopic", named("TopicArn", "CisTopic")),
    deed("queue_purged", "sqs.purge_queue", "DeadLetters", named("QueueUrl", "DeadLetters")),
    deed(
        "queue_forgets",
        "sqs.set_queue_attributes",
        "DeadLetters",
        named("QueueUrl", "DeadLetters", Attributes={"MessageRetentionPeriod": "60", "Policy": ""}),
    ),
    deed("queue_deleted", "sqs.delete_queue", "Validations", named("QueueUrl", "Validations")),
    deed(
        "ledger_unprotected",
        "dynamodb.update_table",
        "Ledger",
        named("TableName", "Ledger", DeletionProtectionEnabled=False),
        blinds=False,
    ),
    deed(
        "ledger_not_restorable",
        "dynamodb.update_continuous_backups",
        "Ledger",
        named("TableName", "Ledger", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}),
        blinds=False,
    ),
    deed("key_disabled", "kms.disable_key", "TellingSealKey", named("KeyId", "TellingSealKey")),
    deed(
        "key_to_be_deleted",
        "kms.schedule_key_deletion",
        "TableDeletedSealKey",
        named("KeyId", "TableDeletedSealKey", PendingWindowInDays=7),
    ),
    deed("key_denied", "kms.put_key_policy", "AlertKey", _key_policy),
    deed(
        "role_denied",
        "iam.put_role_policy",
        "RootLoginRole",
        named("RoleName", "RootLoginRole", PolicyName="mine", PolicyDocument=DENY_ALL),
    ),
    deed("role_lost_its_policy", "iam.delete_role_policy", "RootLoginRole", _own_policy),
    deed(
        "role_got_a_policy",
        "iam.attach_role_policy",
        "RootLoginRole",
        named("RoleName", "RootLoginRole", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll"),
    ),
    deed("role_not_trusted", "iam.update_assume_role_policy", "RootLoginRole", _trust),
    deed(
        "function_deleted",
        "lambda.delete_function",
        "ErrorBurst",
        named("FunctionName", "ErrorBurst"),
        event="DeleteFunction20150331",
    ),
    deed(
        "watcher_stopped",
        "lambda.put_function_concurrency",
        "StackChanged",
        named("FunctionName", "StackChanged", ReservedConcurrentExecutions=0),
        event="PutFunctionConcurrency20171031",
    ),
    deed("alert_topic_deleted", "sns.delete_topic", "AlertTopic", named("TopicArn", "AlertTopic")),
)
DEEDS: Mapping[str, BlindingDeed] = {each.name: each for each in _ALL}
VOICELESS = ("watcher_stopped", "alert_topic_deleted")

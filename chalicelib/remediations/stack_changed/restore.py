"""The calls that put a part of the stack back as it was deployed. Pure: what is declared in, calls out.

Each of them writes what the template says, or takes away what the template doesn't hold, so that a forged
event can make us change nothing that was deployed. What can't be put back exactly is not: code, deleted
functions and topics, subscriptions that a person has to confirm. Rights of roles are only taken away here
and never given: a role that may write role policies may make itself an administrator. None has an undo:
that would be the call of who blinds us, and the alert says whose it is to make it again.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.events import ApiCallEvent
from chalicelib.remediation import Call
from chalicelib.remediations.stack_changed.deeds import name_of
from chalicelib.remediations.stack_changed.grants import ALERT_KEY
from chalicelib.remediations.stack_changed.parts import service_of
from chalicelib.remediations.stack_changed.promise import Part, Place

Properties = Mapping[str, Any]

# Which other parts say something of a part of that type, and in which field they name it.
BESIDE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "AWS::IAM::Role": (("AWS::IAM::Policy", "Roles"),),
    "AWS::Lambda::Function": (("AWS::Lambda::EventInvokeConfig", "FunctionName"),),
    "AWS::SNS::Topic": (("AWS::SNS::TopicPolicy", "Topics"),),
    "AWS::SQS::Queue": (("AWS::SQS::QueuePolicy", "Queues"),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What was deployed of one part: its properties, and those of the parts beside it, by type.

    `statements`: those of a function's policy, by their ids.
    """

    properties: Properties
    statements: Mapping[str, Properties] = field(default_factory=dict)
    beside: Mapping[str, tuple[Properties, ...]] = field(default_factory=dict)

    def first_beside(self, kind: str) -> Properties:
        """The properties of the one part of that type; empty where there is none."""
        return next(iter(self.beside.get(kind, ())), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One part to be put back after one call. `place`: where it is, whatever the event says."""

    event: ApiCallEvent
    place: Place
    part: Part
    declared: Declared

    @property
    def properties(self) -> Properties:
        """What the template says of the part."""
        return self.declared.properties

    def call(
        self,
        service: str,
        operation: str,
        *,
        already: tuple[str, ...] = (),
        **parameters: Any,
    ) -> Call:
        """A call where the stack is."""
        return Call(
            service=service,
            operation=operation,
            parameters=parameters,
            account=self.place.account,
            region=self.place.region,
            already=already,
        )


def restore(event: ApiCallEvent, place: Place, part: Part, declared: Declared) -> tuple[Call, ...]:
    """The calls that put the part back, in order; none where it can't be put back exactly."""
    make = _MAKES.get((service_of(event), name_of(event)))
    order = Order(event=event, place=place, part=part, declared=declared)
    return tuple(make(order)) if make else ()


def heard_again(event: ApiCallEvent, place: Place, rule: Part, declared: Declared) -> tuple[Call, ...]:
    """The call that switches a rule on again, whatever the event was about."""
    return tuple(_enabled(Order(event=event, place=place, part=rule, declared=declared)))


# ---- rules ------------------------------------------------------------------------------------------


def _enabled(order: Order) -> Iterator[Call]:
    state = order.properties.get("State", "ENABLED")
    if state == "ENABLED":
        yield order.call("events", "enable_rule", Name=order.part.physical_id)
    elif state != "DISABLED":
        yield from _rule(order)  # EnableRule knows one state only


def _rule(order: Order) -> Iterator[Call]:
    given = order.properties
    if "RoleArn" in given:
        return
    pattern: dict[str, Any] = (
        {"EventPattern": _text(given["EventPattern"])} if "EventPattern" in given else {}
    )
    yield order.call(
        "events",
        "put_rule",
        Name=order.part.physical_id,
        State=given.get("State", "ENABLED"),
        **pattern,
        **_picked(given, "ScheduleExpression", "Description"),
    )


def _targets(order: Order) -> Iterator[Call]:
    targets = order.properties.get("Targets", [])
    if any("RoleArn" in each for each in targets):
        return
    name, declared = order.part.physical_id, {each["Id"] for each in targets}
    put = order.event.parameters.get("targets")
    strange = [
        each["id"]
        for each in (put if isinstance(put, list) else [])
        if isinstance(each, Mapping) and isinstance(each.get("id"), str) and each["id"] not in declared
    ]
    if strange:
        yield order.call("events", "remove_targets", Rule=name, Ids=strange)
    yield order.call("events", "put_targets", Rule=name, Targets=targets)


def _rule_and_targets(order: Order) -> Iterator[Call]:
    yield from _rule(order)
    yield from _targets(order)


# ---- functions --------------------------------------------------------------------------------------


def _reserved(order: Order) -> Iterator[Call]:
    """As many runs at once as the template keeps for it, or no number at all."""
    name = order.part.physical_id
    found = order.event.parameters.get("reservedConcurrentExecutions")
    wanted = order.properties.get("ReservedConcurrentExecutions")
    if wanted is None:
        # Where that is what was done, it is as deployed.
        if found is not None:
            yield order.call("lambda", "delete_function_concurrency", FunctionName=name)
    else:
        yield order.call(
            "lambda",
            "put_function_concurrency",
            FunctionName=name,
            ReservedConcurrentExecutions=int(wanted),
        )


def _configured(order: Order) -> Iterator[Call]:
    """Not the role: to pass one is a right that this function shall not have."""
    given = order.properties
    if "role" in order.event.parameters:
        return
    yield order.call(
        "lambda",
        "update_function_configuration",
        FunctionName=order.part.physical_id,
        Environment={"Variables": given.get("Environment", {}).get("Variables", {})},
        Layers=given.get("Layers", []),
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": [], **given.get("VpcConfig", {})},
        # Whose key encrypts the variables can keep the function from reading them.
        KMSKeyArn=given.get("KmsKeyArn", ""),
        Timeout=int(given.get("Timeout", 3)),
        MemorySize=int(given.get("MemorySize", 128)),
        **_picked(given, "Handler", "Runtime", "LoggingConfig"),
    )


def _permitted(order: Order) -> Iterator[Call]:
    """What one statement of the function's policy lets a service do. None that denies: AddPermission can't.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    statement = str(order.event.parameters.get("statementId"))
    declared = order.declared.statements.get(statement, {})
    if declared.get("Effect") != "Allow":
        return
    asked = {name: value for each in declared.get("Condition", {}).values() for name, value in each.items()}
    yield order.call(
        "lambda",
        "add_permission",
        already=("ResourceConflictException",),
        FunctionName=order.part.physical_id,
        StatementId=statement,
        Action=declared["Action"],
        Principal=declared["Principal"]["Service"],
        **{name.removeprefix("AWS:"): value for name, value in asked.items()},
    )


def _stranger_not_permitted(order: Order) -> Iterator[Call]:
    statement = order.event.parameters.get("statementId")
    stranger = isinstance(statement, str) and statement not in order.declared.statements
    if order.part.type == "AWS::Lambda::Function" and stranger:
        yield order.call(
            "lambda",
            "remove_permission",
            already=("ResourceNotFoundException",),
            FunctionName=order.part.physical_id,
            StatementId=statement,
        )


def _read_again(order: Order) -> Iterator[Call]:
    given = order.properties
    yield order.call(
        "lambda",
        "update_event_source_mapping",
        UUID=order.part.physical_id,
        Enabled=bool(given.get("Enabled", True)),
        **_picked(given, "FunctionName", "BatchSize", "ScalingConfig"),
    )


def _kept_when_it_fails(order: Order) -> Iterator[Call]:
    given = order.declared.first_beside("AWS::Lambda::EventInvokeConfig")
    if given:
        yield order.call(
            "lambda",
            "put_function_event_invoke_config",
            FunctionName=order.part.physical_id,
            **_picked(given, "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"),
        )


# ---- logs -------------------------------------------------------------------------------------------


def _metric_filter(order: Order) -> Iterator[Call]:
    given = order.properties
    if order.part.type != "AWS::Logs::MetricFilter":
        return
    yield order.call(
        "logs",
        "put_metric_filter",
        filterName=order.part.physical_id,
        logGroupName=given["LogGroupName"],
        filterPattern=given["FilterPattern"],
        metricTransformations=[_small(each) for each in given["MetricTransformations"]],
    )


def _subscription_filter(order: Order) -> Iterator[Call]:
    given = order.properties
    if order.part.type != "AWS::Logs::SubscriptionFilter" or "RoleArn" in given:
        return
    yield order.call(
        "logs",
        "put_subscription_filter",
        filterName=order.part.physical_id,
        logGroupName=given["LogGroupName"],
        filterPattern=given["FilterPattern"],
        destinationArn=given["DestinationArn"],
    )


def _retention(order: Order) -> Iterator[Call]:
    days = order.properties.get("RetentionInDays")
    if order.part.type == "AWS::Logs::LogGroup" and days:
        yield order.call(
            "logs", "put_retention_policy", logGroupName=order.part.physical_id, retentionInDays=int(days)
        )


def _log_policy(order: Order) -> Iterator[Call]:
    if order.part.type == "AWS::Logs::ResourcePolicy":
        given = order.properties
        yield order.call(
            "logs",
            "put_resource_policy",
            policyName=order.part.physical_id,
            policyDocument=given["PolicyDocument"],
        )


# ---- alarms -----------------------------------------------------------------------------------------


def _loud(order: Order) -> Iterator[Call]:
    if order.properties.get("ActionsEnabled", True):
        yield order.call("cloudwatch", "enable_alarm_actions", AlarmNames=[order.part.physical_id])


_WHOLE = ("Period", "EvaluationPeriods", "DatapointsToAlarm")


def _alarm(order: Order) -> Iterator[Call]:
    if order.part.type != "AWS::CloudWatch::Alarm":
        return
    given = {name: value for name, value in order.properties.items() if name not in ("AlarmName", "Tags")}
    numbers: dict[str, Any] = {name: int(given[name]) for name in _WHOLE if name in given}
    if "Threshold" in given:
        numbers["Threshold"] = float(given["Threshold"])
    yield order.call(
        "cloudwatch", "put_metric_alarm", AlarmName=order.part.physical_id, **{**given, **numbers}
    )


# ---- topics and queues ------------------------------------------------------------------------------


def _topic(order: Order) -> Iterator[Call]:
    changed = order.event.parameters.get("attributeName", "Policy")
    policy = order.declared.first_beside("AWS::SNS::TopicPolicy").get("PolicyDocument")
    wanted = {
        "Policy": _text(policy) if policy else None,
        # A topic without a key of its own is put back to none: who took ours away may have given it theirs.
        "KmsMasterKeyId": order.properties.get("KmsMasterKeyId", ""),
    }
    value = wanted.get(str(changed))
    if order.part.type == "AWS::SNS::Topic" and value is not None:
        yield order.call(
            "sns",
            "set_topic_attributes",
            TopicArn=order.part.physical_id,
            AttributeName=changed,
            AttributeValue=value,
        )


def _subscription(order: Order) -> Iterator[Call]:
    """Its filter, how it delivers, and where what can't be delivered goes.

    Not the role of a subscription to Firehose: to pass one is a right that this function shall not have.

    Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
    """
    if order.part.type != "AWS::SNS::Subscription":
        return
    given, changed = order.properties, str(order.event.parameters.get("attributeName"))
    policy = given.get("FilterPolicy")
    wanted = {
        "FilterPolicy": _text(policy) if policy else "{}",
        "FilterPolicyScope": given.get("FilterPolicyScope", "MessageAttributes") if policy else None,
        "RawMessageDelivery": _plain(given.get("RawMessageDelivery", False)),
        # What was deployed without one keeps the stranger's: how to take one away is not documented.
        "RedrivePolicy": _text(given["RedrivePolicy"]) if "RedrivePolicy" in given else None,
    }
    # A policy made for the other scope may be one that the deployed scope doesn't take: so ours comes first.
    names = ("FilterPolicy", changed) if changed == "FilterPolicyScope" else (changed,)
    for name in names:
        if wanted.get(name) is not None:
            yield order.call(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=order.part.physical_id,
                AttributeName=name,
                AttributeValue=wanted[name],
            )


_QUEUE_ATTRIBUTES = ("MessageRetentionPeriod", "VisibilityTimeout", "SqsManagedSseEnabled", "RedrivePolicy")
_QUEUE_DEFAULTS = {"DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0"}


def _queue(order: Order) -> Iterator[Call]:
    given = _picked(order.properties, *_QUEUE_ATTRIBUTES, *_QUEUE_DEFAULTS)
    policy = order.declared.first_beside("AWS::SQS::QueuePolicy").get("PolicyDocument")
    yield order.call(
        "sqs",
        "set_queue_attributes",
        QueueUrl=order.part.physical_id,
        Attributes={
            **_QUEUE_DEFAULTS,
            **{name: _plain(value) for name, value in given.items()},
            "Policy": _text(policy) if policy else "",
        },
    )


# ---- ledger, keys, roles ----------------------------------------------------------------------------


def _protected(order: Order) -> Iterator[Call]:
    if order.properties.get("DeletionProtectionEnabled"):
        yield order.call(
            "dynamodb",
            "update_table",
            TableName=order.part.physical_id,
            DeletionProtectionEnabled=True,
        )


def _restorable(order: Order) -> Iterator[Call]:
    wanted = order.properties.get("PointInTimeRecoverySpecification")
    if wanted:
        yield order.call(
            "dynamodb",
            "update_continuous_backups",
            TableName=order.part.physical_id,
            PointInTimeRecoverySpecification=wanted,
        )


def _expiring(order: Order) -> Iterator[Call]:
    wanted = order.properties.get("TimeToLiveSpecification")
    if wanted:
        yield order.call(
            "dynamodb",
            "update_time_to_live",
            TableName=order.part.physical_id,
            TimeToLiveSpecification=wanted,
        )


def _key_enabled(order: Order) -> Iterator[Call]:
    yield order.call("kms", "enable_key", KeyId=order.part.physical_id)


def _key_kept(order: Order) -> Iterator[Call]:
    # Enabled before anything else needs it: a key whose deletion is cancelled stays disabled.
    yield order.call("kms", "cancel_key_deletion", KeyId=order.part.physical_id)
    yield from _key_enabled(order)


def _key_policy(order: Order) -> Iterator[Call]:
    """Of the alerts' key only: who may write the policy of a seal's key could make seals."""
    if order.part.logical_id == ALERT_KEY:
        yield order.call(
            "kms",
            "put_key_policy",
            KeyId=order.part.physical_id,
            PolicyName="default",
            Policy=_text(order.properties["KeyPolicy"]),
        )


def _strange_policy_gone(order: Order) -> Iterator[Call]:
    name = order.event.parameters.get("policyName")
    own = [*order.properties.get("Policies", ()), *order.declared.beside.get("AWS::IAM::Policy", ())]
    if isinstance(name, str) and name not in {each["PolicyName"] for each in own}:
        yield order.call(
            "iam",
            "delete_role_policy",
            already=("NoSuchEntity",),
            RoleName=order.part.physical_id,
            PolicyName=name,
        )


def _strange_policy_detached(order: Order) -> Iterator[Call]:
    arn = order.event.parameters.get("policyArn")
    if isinstance(arn, str) and arn not in order.properties.get("ManagedPolicyArns", ()):
        yield order.call(
            "iam",
            "detach_role_policy",
            already=("NoSuchEntity",),
            RoleName=order.part.physical_id,
            PolicyArn=arn,
        )


# ---- all of them ------------------------------------------------------------------------------------

_MAKES: Mapping[tuple[str, str], Callable[[Order], Iterator[Call]]] = {
    ("events", "DisableRule"): _enabled,
    ("events", "PutRule"): _rule,
    ("events", "DeleteRule"): _rule_and_targets,
    ("events", "RemoveTargets"): _targets,
    ("events", "PutTargets"): _targets,
    ("lambda", "PutFunctionConcurrency"): _reserved,
    ("lambda", "DeleteFunctionConcurrency"): _reserved,
    ("lambda", "UpdateFunctionConfiguration"): _configured,
    ("lambda", "RemovePermission"): _permitted,
    ("lambda", "AddPermission"): _stranger_not_permitted,
    ("lambda", "UpdateEventSourceMapping"): _read_again,
    ("lambda", "PutFunctionEventInvokeConfig"): _kept_when_it_fails,
    ("lambda", "UpdateFunctionEventInvokeConfig"): _kept_when_it_fails,
    ("lambda", "DeleteFunctionEventInvokeConfig"): _kept_when_it_fails,
    ("logs", "DeleteMetricFilter"): _metric_filter,
    ("logs", "PutMetricFilter"): _metric_filter,
    ("logs", "DeleteSubscriptionFilter"): _subscription_filter,
    ("logs", "PutSubscriptionFilter"): _subscription_filter,
    ("logs", "PutRetentionPolicy"): _retention,
    ("logs", "DeleteRetentionPolicy"): _retention,
    ("logs", "PutResourcePolicy"): _log_policy,
    ("logs", "DeleteResourcePolicy"): _log_policy,
    ("monitoring", "DisableAlarmActions"): _loud,
    ("monitoring", "PutMetricAlarm"): _alarm,
    ("monitoring", "DeleteAlarms"): _alarm,
    ("sns", "SetTopicAttributes"): _topic,
    ("sns", "AddPermission"): _topic,
    ("sns", "RemovePermission"): _topic,
    ("sns", "SetSubscriptionAttributes"): _subscription,
    ("sqs", "SetQueueAttributes"): _queue,
    ("sqs", "AddPermission"): _queue,
    ("sqs", "RemovePermission"): _queue,
    ("dynamodb", "UpdateTable"): _protected,
    ("dynamodb", "UpdateContinuousBackups"): _restorable,
    ("dynamodb", "UpdateTimeToLive"): _expiring,
    ("kms", "DisableKey"): _key_enabled,
    ("kms", "ScheduleKeyDeletion"): _key_kept,
    ("kms", "PutKeyPolicy"): _key_policy,
    ("iam", "PutRolePolicy"): _strange_policy_gone,
    ("iam", "AttachRolePolicy"): _strange_policy_detached,
}


def _picked(given: Properties, *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, separators=(",", ":"))


def _plain(value: Any) -> str:
    """A queue's attribute, which is always text."""
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if isinstance(value, Mapping) else str(value)


def _small(given: Properties) -> dict[str, Any]:
    """CloudWatch Logs' own names begin small, CloudFormation's don't."""
    return {name[0].lower() + name[1:]: value for name, value in given.items()}

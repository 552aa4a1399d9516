"""What stack_changed may do: read its own stack, and in the modes that act, put back what is the stack's.

Every resource is one of the stack's, by its name or by its id. No right over roles' policies but to take away
what a stranger gave them, none over keys of seals but to enable them, none over code.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.references import TRAIL_GROUP, TRAIL_ROLE
from chalicelib.remediation import Call, DeclaredCall, Grant
from chalicelib.stack import CloudFormation

ALERT_KEY = "AlertKey"
# The keys have no names: a test holds this list against the template.
KEYS = (
    ALERT_KEY,
    "TellingSealKey",
    "TableDeletedSealKey",
    "TrailStoppedSealKey",
    "StackChangedSealKey",
    "SecurityGroupOpenedSealKey",
    "BucketPublicSealKey",
    "AccessKeyCreatedSealKey",
    "DetectorDisabledSealKey",
    "AdministratorMadeSealKey",
    "SnapshotSharedSealKey",
    "ImageSharedSealKey",
    "DatabaseSnapshotSharedSealKey",
    "KeyDeletionScheduledSealKey",
    "FunctionOpenedSealKey",
    "PasswordOrMfaChangedSealKey",
    "DatabaseDeletedSealKey",
    "BackupMissingSealKey",
    "InstanceCredentialsSealKey",
    "InstructionKey",
)

STACK, STACK_NAME, REGION = "STACK_CHANGED_STACK", "STACK_CHANGED_STACK_NAME", "AWS_REGION"
TRAIL_GROUP_NAME, TRAIL_ROLE_NAME = "STACK_CHANGED_TRAIL_GROUP", "STACK_CHANGED_TRAIL_ROLE"
MAPPING = "TrailValidationTrigger1"
MAPPING_VARIABLE = "STACK_CHANGED_MAPPING"


_BY_NAME = "each of the stack's own, which the policy would hold by the hundred"


def _variable(key: str) -> str:
    return f"STACK_CHANGED_{key.upper()}"


# For each `${Name}` in the resources below, the variable that holds it.
NAMES = {
    "AWS::StackName": STACK_NAME,
    "AWS::Region": REGION,
    MAPPING: MAPPING_VARIABLE,
    **{key: _variable(key) for key in KEYS},
}
VARIABLES: dict[str, CloudFormation] = {
    STACK: {"Ref": "AWS::StackId"},
    STACK_NAME: {"Ref": "AWS::StackName"},
    TRAIL_GROUP_NAME: TRAIL_GROUP,
    TRAIL_ROLE_NAME: TRAIL_ROLE,
    MAPPING_VARIABLE: {"Ref": MAPPING},
    **{_variable(key): {"Ref": key} for key in KEYS},
}

_READ = ("ListStackResources", "DescribeStackEvents", "DescribeStacks", "GetTemplate")

# By service: the part of an ARN before the stack's name, and the parameter of calls that has what follows.
_RULE, _FUNCTION = "events:{place}:rule/", "lambda:{place}:function:"
_GROUP, _ALARM = "logs:{place}:log-group:", "cloudwatch:{place}:alarm:"
_TABLE, _ROLE = "dynamodb:{place}:table/", "iam::{account}:role/"
_PLACE_OF_CALL, _PLACE_OF_STACK = "{region}:{account}", "${AWS::Region}:${AWS::AccountId}"


def _of_call(arn: str, name: str) -> str:
    return f"arn:{{partition}}:{arn.replace('{place}', _PLACE_OF_CALL)}{name}"


def _of_stack(arn: str, name: str = "${AWS::StackName}-*") -> str:
    placed = arn.replace("{place}", _PLACE_OF_STACK).replace("{account}", "${AWS::AccountId}")
    return f"arn:${{AWS::Partition}}:{placed}{name}"


# boto3's operation, IAM's action, the ARN's beginning, and what names the resource in the call.
_CALLS = (
    ("events.enable_rule", "events:EnableRule", _RULE, "{Name}"),
    ("events.put_rule", "events:PutRule", _RULE, "{Name}"),
    ("events.put_targets", "events:PutTargets", _RULE, "{Rule}"),
    ("events.remove_targets", "events:RemoveTargets", _RULE, "{Rule}"),
    *(
        (f"lambda.{operation}", f"lambda:{action}", _FUNCTION, "{FunctionName}")
        for operation, action in (
            ("delete_function_concurrency", "DeleteFunctionConcurrency"),
            ("put_function_concurrency", "PutFunctionConcurrency"),
            ("update_function_configuration", "UpdateFunctionConfiguration"),
            ("add_permission", "AddPermission"),
            ("remove_permission", "RemovePermission"),
            ("put_function_event_invoke_config", "PutFunctionEventInvokeConfig"),
        )
    ),
    *(
        (f"logs.{operation}", f"logs:{action}", _GROUP, "{logGroupName}:*")
        for operation, action in (
            ("put_metric_filter", "PutMetricFilter"),
            ("put_subscription_filter", "PutSubscriptionFilter"),
            ("put_retention_policy", "PutRetentionPolicy"),
        )
    ),
    ("cloudwatch.put_metric_alarm", "cloudwatch:PutMetricAlarm", _ALARM, "{AlarmName}"),
    *(
        (f"dynamodb.{operation}", f"dynamodb:{action}", _TABLE, "{TableName}")
        for operation, action in (
            ("update_table", "UpdateTable"),
            ("update_continuous_backups", "UpdateContinuousBackups"),
            ("update_time_to_live", "UpdateTimeToLive"),
        )
    ),
    ("iam.delete_role_policy", "iam:DeleteRolePolicy", _ROLE, "{RoleName}"),
    ("iam.detach_role_policy", "iam:DetachRolePolicy", _ROLE, "{RoleName}"),
)
_KEY = "kms:{place}:key/"
_OF_KEYS = (
    ("kms.enable_key", "kms:EnableKey", KEYS),
    ("kms.cancel_key_deletion", "kms:CancelKeyDeletion", KEYS),
    ("kms.put_key_policy", "kms:PutKeyPolicy", (ALERT_KEY,)),
)
_MAPPING = "lambda:{place}:event-source-mapping:"
_LOG_GROUPS = (
    "${AWS::StackName}-*",
    "${AWS::StackName}/*",
    "/aws/events/${AWS::StackName}/*",
)


def _only(**wanted: Any) -> Callable[[Call], bool]:
    """Whether those parameters of a call have these values."""
    return lambda call: all(call.parameters.get(name) == value for name, value in wanted.items())


def _of_one_alarm(call: Call) -> bool:
    return len(call.parameters["AlarmNames"]) == 1


def _acting() -> tuple[Grant, ...]:
    named = [
        Grant(action=action, resource=resource, because=_BY_NAME, acting=True)
        for _, action, arn, _ in _CALLS
        for resource in (
            [f"{_of_stack(arn, name)}:*" for name in _LOG_GROUPS] if arn == _GROUP else [_of_stack(arn)]
        )
    ]
    keys = [
        Grant(action=action, resource=_of_stack(_KEY, f"${{{key}}}"), acting=True)
        for _, action, names in _OF_KEYS
        for key in names
    ]
    return (
        *named,
        *keys,
        Grant(
            action="lambda:UpdateEventSourceMapping",
            resource=_of_stack(_MAPPING, f"${{{MAPPING}}}"),
            acting=True,
        ),
        Grant(
            action="cloudwatch:EnableAlarmActions", resource=_of_stack(_ALARM), because=_BY_NAME, acting=True
        ),
        Grant(
            action="sns:SetTopicAttributes", resource=_of_stack("sns:{place}:"), because=_BY_NAME, acting=True
        ),
        Grant(
            action="sns:SetSubscriptionAttributes",
            resource=_of_stack("sns:{place}:"),
            because=_BY_NAME,
            acting=True,
        ),
        Grant(
            action="sqs:SetQueueAttributes", resource=_of_stack("sqs:{place}:"), because=_BY_NAME, acting=True
        ),
        Grant(
            action="logs:PutResourcePolicy",
            resource="*",
            because="policies for log groups take no resource",
            acting=True,
        ),
    )


GRANTS = (
    *(Grant(action=f"cloudformation:{action}", resource="${AWS::StackId}") for action in _READ),
    Grant(
        action="cloudformation:DescribeStackRefactor",
        resource="*",
        because="a stack refactor has no ARN, and its id doesn't tell which stacks it is of",
    ),
    Grant(action="events:DescribeRule", resource=_of_stack(_RULE), because=_BY_NAME),
    *_acting(),
)

DECLARED_CALLS = (
    *(
        DeclaredCall(operation=operation, needs=((action, _of_call(arn, name)),))
        for operation, action, arn, name in _CALLS
        if operation != "dynamodb.update_table"
    ),
    DeclaredCall(
        operation="dynamodb.update_table",
        needs=(("dynamodb:UpdateTable", _of_call(_TABLE, "{TableName}")),),
        fits=_only(DeletionProtectionEnabled=True),
    ),
    *(
        DeclaredCall(operation=operation, needs=((action, _of_call(_KEY, "{KeyId}")),))
        for operation, action, _ in _OF_KEYS
    ),
    DeclaredCall(
        operation="lambda.update_event_source_mapping",
        needs=(("lambda:UpdateEventSourceMapping", _of_call(_MAPPING, "{UUID}")),),
    ),
    DeclaredCall(
        operation="sns.set_topic_attributes",
        needs=(("sns:SetTopicAttributes", "{TopicArn}"),),
    ),
    DeclaredCall(
        operation="sns.set_subscription_attributes",
        needs=(("sns:SetSubscriptionAttributes", "{SubscriptionArn}"),),
    ),
    DeclaredCall(
        operation="cloudwatch.enable_alarm_actions",
        needs=(("cloudwatch:EnableAlarmActions", _of_call(_ALARM, "{AlarmNames[0]}")),),
        fits=_of_one_alarm,
    ),
    DeclaredCall(
        operation="sqs.set_queue_attributes",
        needs=(("sqs:SetQueueAttributes", _of_call("sqs:{place}:", "{QueueName}")),),
    ),
    DeclaredCall(operation="logs.put_resource_policy", needs=(("logs:PutResourcePolicy", "*"),)),
)

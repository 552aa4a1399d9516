"""What each call does to a part of the stack: how grave it is, and what of Trailwarden stops by it. Pure.

A name that is not in the table is a call we don't know: grave, because what it does is unknown.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chalicelib.events import ApiCallEvent
from chalicelib.remediation import Severity
from chalicelib.remediations.stack_changed.parts import (
    ACCOUNT_POLICY,
    EXISTING_ROLE,
    PARAMETER,
    REGION,
    SPOKES_RULE,
    is_of_a_spoke,
    service_of,
)
from chalicelib.remediations.stack_changed.promise import Part
from chalicelib.stack import CLOSED

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL

# Lambda's event names bear the version of its API: RemovePermission20150331v2.
_VERSION = re.compile(r"20\d{6}(v\d+)?$")

KINDS: Mapping[str, str] = {
    "AWS::ApiGateway::RestApi": "HTTP side",
    "AWS::CloudFormation::Stack": "stack",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::CloudWatch::CompositeAlarm": "alarm",
    "AWS::DynamoDB::Table": "table",
    "AWS::Events::EventBus": "event bus",
    "AWS::Events::Rule": "rule",
    "AWS::IAM::Role": "role",
    "AWS::KMS::Key": "key",
    "AWS::Lambda::EventSourceMapping": "event source mapping",
    "AWS::Lambda::Function": "function",
    ACCOUNT_POLICY: "policy for all log groups",
    "AWS::Logs::LogGroup": "log group",
    "AWS::Logs::MetricFilter": "metric filter",
    "AWS::Logs::ResourcePolicy": "policy for log groups",
    "AWS::Logs::SubscriptionFilter": "subscription filter",
    "AWS::SNS::Subscription": "subscription",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    REGION: "region",
    "AWS::SSM::Association": "association",
    "AWS::SSM::Parameter": "parameter",
    "AWS::Scheduler::Schedule": "schedule",
    SPOKES_RULE: "spoke's rule",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a call does. `done`: to the part, as the end of a sentence; `means`: for Trailwarden, a sentence.

    `{whose}` in it is the remediation that the part belongs to.
    """

    severity: Severity
    done: str
    means: str


_NOTHING = "Nothing stops by it."
_NOT_WOKEN = "{whose} sends no alerts any more of what this rule waits for, because the rule "
_OFF = "{whose} sends no alerts any more, because its function "
_FAILURES = "Events that {whose} fails on may be lost, and nobody is told of that."
_NO_COUNT = "{whose} is not told by this alarm any more, because what it counts "
_NO_LINES = "{whose} sends no alerts any more of what is in this log, because its lines "
_QUIET = "Nobody is told by this alarm any more, because "
_NO_MAIL = "Alerts are not sent any more, because their topic "
_NO_READER = "Alerts don't reach a reader any more, because a subscription "
_LOST = "What could not be handled or told may get lost, because the queue "
_FORGED = "What {whose} is handed may be made up: what it tells of that may not have happened."
_PLANTED = (
    "Items may be planted in the ledger, or be missing from it. What has no genuine seal counts for nothing."
)
_ITEMS_WRITTEN = (
    "PutItem UpdateItem DeleteItem BatchWriteItem TransactWriteItems "
    "ExecuteStatement BatchExecuteStatement ExecuteTransaction"
)
_MAY_NOT = "{whose} may send no alerts any more, because its role "
_NO_LOG = "The trail may write no more to its log group, where filters and searches look, because its role "
_NO_KEY = "{whose} can't do its work any more, because the key "

# By the event's source: how grave, the calls' names, what was done, what that means.
_ROWS: Mapping[str, tuple[tuple[Severity, str, str, str], ...]] = {
    "events": (
        (CRITICAL, "DisableRule", "was disabled", _NOT_WOKEN + "is disabled."),
        (CRITICAL, "DeleteRule", "was deleted", _NOT_WOKEN + "is gone."),
        (CRITICAL, "RemoveTargets", "was cut off from its targets", _NOT_WOKEN + "wakes nothing any more."),
        (CRITICAL, "PutRule", "was rewritten", _NOT_WOKEN + "waits for something else, or for nothing."),
        (
            CRITICAL,
            "UpdateEventBus",
            "was changed",
            "Alerts may not be sent any more, because all events go over this bus.",
        ),
        (
            CRITICAL,
            "PutPermission",
            "got a policy that may deny",
            "Alerts of other regions may not be sent any more, because their events may not come in.",
        ),
        (
            MEDIUM,
            "RemovePermission",
            "lost permissions",
            "Events of other accounts don't come in any more; Trailwarden waits for none.",
        ),
        (HIGH, "PutTargets", "got other targets", "What this rule hears goes to somebody else, too."),
        (LOW, "EnableRule", "was enabled", "The rule does its work again."),
        (LOW, "TagResource UntagResource", "got other tags", _NOTHING),
    ),
    "scheduler": (
        (CRITICAL, "UpdateSchedule", "was rewritten", "{whose} may not be woken by the clock any more."),
        (CRITICAL, "DeleteSchedule", "was deleted", "{whose} is not woken by the clock any more."),
    ),
    "lambda": (
        (HIGH, "Invoke InvokeAsync InvokeWithResponseStream", "was run by hand", _FORGED),
        (CRITICAL, "DeleteFunction", "was deleted", _OFF + "is gone."),
        (CRITICAL, "UpdateFunctionCode", "got other code", _OFF + "may do something else now."),
        (
            CRITICAL,
            "UpdateFunctionConfiguration",
            "got other settings",
            _OFF + "may watch something else, or tell nobody.",
        ),
        (CRITICAL, "PutFunctionConcurrency", "was limited", _OFF + "is not run any more."),
        (CRITICAL, "RemovePermission", "lost a permission", _OFF + "may not be woken any more."),
        (
            CRITICAL,
            "PutResourcePolicy DeleteResourcePolicy",
            "got another policy",
            _OFF + "may not be woken any more.",
        ),
        (
            CRITICAL,
            "DeleteEventSourceMapping UpdateEventSourceMapping",
            "was changed",
            _OFF + "may not read its queue any more.",
        ),
        (HIGH, "AddPermission", "may be woken by somebody else", "Somebody may send it forged events."),
        (
            HIGH,
            "CreateFunctionUrlConfig UpdateFunctionUrlConfig",
            "got a URL",
            "Somebody may send it forged events.",
        ),
        (HIGH, "PutFunctionEventInvokeConfig", "loses its failures elsewhere", _FAILURES),
        (HIGH, "UpdateFunctionEventInvokeConfig", "loses its failures elsewhere", _FAILURES),
        (HIGH, "DeleteFunctionEventInvokeConfig", "loses its failures", _FAILURES),
        (
            LOW,
            "DeleteFunctionConcurrency",
            "is limited no more",
            "Nothing limits {whose}, and nothing is reserved for it.",
        ),
        (LOW, "PublishVersion CreateAlias TagResource UntagResource", "was marked", _NOTHING),
    ),
    "logs": (
        (CRITICAL, "DeleteMetricFilter", "was deleted", _NO_COUNT + "is not counted any more."),
        (CRITICAL, "PutMetricFilter", "was rewritten", _NO_COUNT + "is something else now."),
        (
            CRITICAL,
            "DeleteSubscriptionFilter PutSubscriptionFilter",
            "was changed",
            _NO_LINES + "don't reach it.",
        ),
        (CRITICAL, "DeleteLogGroup", "was deleted", _NO_LINES + "are gone."),
        (
            CRITICAL,
            "PutDataProtectionPolicy PutTransformer AssociateKmsKey",
            "was changed",
            _NO_LINES + "may be hidden.",
        ),
        (
            CRITICAL,
            "PutAccountPolicy",
            "was put",
            "Trailwarden may send no alerts any more of what is in logs, because their lines may be hidden.",
        ),
        (LOW, "DeleteAccountPolicy", "was taken away", _NOTHING),
        (
            HIGH,
            "PutResourcePolicy DeleteResourcePolicy",
            "was changed",
            "{whose} may know less, because events may not be written down.",
        ),
        (
            MEDIUM,
            "PutRetentionPolicy DeleteRetentionPolicy DeleteLogStream",
            "keeps less",
            "What was logged may be gone earlier.",
        ),
        (LOW, "CreateLogGroup TagResource UntagResource", "was made", _NOTHING),
    ),
    "monitoring": (
        (CRITICAL, "DisableAlarmActions", "was silenced", _QUIET + "its actions are switched off."),
        (CRITICAL, "DeleteAlarms", "was deleted", _QUIET + "it is gone."),
        (
            CRITICAL,
            "PutMetricAlarm PutCompositeAlarm",
            "was rewritten",
            _QUIET + "it waits for something else.",
        ),
        (CRITICAL, "PutAlarmMuteRule", "was muted", _QUIET + "a rule mutes its actions."),
        (HIGH, "SetAlarmState", "was set by hand", "It tells what isn't so, or keeps quiet once."),
        (LOW, "EnableAlarmActions", "tells again", "The alarm does its work again."),
        (LOW, "TagResource UntagResource", "got other tags", _NOTHING),
    ),
    "sns": (
        (CRITICAL, "DeleteTopic", "was deleted", _NO_MAIL + "is gone, with all its subscriptions."),
        (CRITICAL, "SetTopicAttributes", "was changed", _NO_MAIL + "may take none, or deliver none."),
        (CRITICAL, "RemovePermission", "got another policy", _NO_MAIL + "may take none from alarms."),
        (
            CRITICAL,
            "PutDataProtectionPolicy",
            "got a policy on its messages",
            _NO_MAIL + "may hold them back.",
        ),
        (CRITICAL, "Unsubscribe", "lost a subscription", _NO_READER + "is gone."),
        (
            CRITICAL,
            "SetSubscriptionAttributes",
            "was changed",
            _NO_READER + "may filter what it takes, or takes it otherwise.",
        ),
        (HIGH, "AddPermission", "got another policy", "Somebody else may send to it, or read it."),
        (MEDIUM, "Subscribe", "got one more subscription", "Somebody else reads what is sent to it."),
        (MEDIUM, "ConfirmSubscription", "got one more reader", "Somebody else reads what is sent to it."),
        (LOW, "CreateTopic TagResource UntagResource", "was marked", _NOTHING),
        (
            HIGH,
            "Publish PublishBatch",
            "got a message",
            "What readers were sent may be made up: no alert that came then is to be trusted.",
        ),
    ),
    "sqs": (
        (
            CRITICAL,
            "DeleteQueue",
            "was deleted",
            "What nobody was told of is gone, and more of it gets lost.",
        ),
        (CRITICAL, "PurgeQueue", "was emptied", "What could not be handled or told is gone: it lay here."),
        (CRITICAL, "SetQueueAttributes", "was changed", _LOST + "may not take or keep it."),
        (HIGH, "AddPermission RemovePermission", "got another policy", _LOST + "may not take it."),
        (
            HIGH,
            "StartMessageMoveTask CancelMessageMoveTask",
            "was emptied elsewhere",
            "What could not be handled is elsewhere.",
        ),
        (LOW, "CreateQueue TagQueue UntagQueue", "was marked", _NOTHING),
        (
            CRITICAL,
            "DeleteMessage DeleteMessageBatch",
            "lost a message",
            "What could not be handled or told may be gone: it lay here.",
        ),
        (
            HIGH,
            "ChangeMessageVisibility ChangeMessageVisibilityBatch",
            "had a message hidden",
            "What lies here is handled late.",
        ),
        (HIGH, "SendMessage SendMessageBatch", "got a message", "What lies in this queue may be made up."),
    ),
    "dynamodb": (
        (CRITICAL, "DeleteTable", "was deleted", "Nothing acts any more, because the ledger is gone."),
        (
            CRITICAL,
            "PutResourcePolicy",
            "got a policy",
            "Nothing may act any more, because the ledger may be denied to us.",
        ),
        (HIGH, "UpdateTable", "was changed", "The ledger may not be protected from deletion any more."),
        (
            HIGH,
            "UpdateContinuousBackups",
            "was changed",
            "The ledger may not be restorable any more, should it be deleted.",
        ),
        (HIGH, "DeleteResourcePolicy", "lost its policy", "Somebody else may write to the ledger."),
        (
            HIGH,
            "EnableKinesisStreamingDestination ExportTableToPointInTime RestoreTableToPointInTime",
            "is copied",
            "Somebody else reads the ledger.",
        ),
        (MEDIUM, "UpdateTimeToLive", "keeps its items for another time", "The ledger may grow, or forget."),
        (LOW, "CreateTable CreateBackup TagResource UntagResource", "was copied or marked", _NOTHING),
        (
            CRITICAL,
            _ITEMS_WRITTEN,
            "was written to by hand",
            _PLANTED,
        ),
    ),
    "kms": (
        (CRITICAL, "DisableKey", "was disabled", _NO_KEY + "is disabled."),
        (CRITICAL, "ScheduleKeyDeletion", "is to be deleted", _NO_KEY + "is disabled until it is deleted."),
        (CRITICAL, "PutKeyPolicy", "got another policy", _NO_KEY + "may be denied to it."),
        (HIGH, "CreateGrant", "was granted to somebody", "Somebody else may use this key."),
        (MEDIUM, "DisableKeyRotation RevokeGrant RetireGrant ReplicateKey", "was changed", _NOTHING),
        (LOW, "EnableKey CancelKeyDeletion", "was enabled", "The key does its work again."),
        (LOW, "EnableKeyRotation UpdateKeyDescription TagResource UntagResource", "was marked", _NOTHING),
    ),
    "account": (
        (
            CRITICAL,
            "DisableRegion",
            "is being switched off",
            "What happens there wakes no rule any more; in the stack's own, nothing runs any more.",
        ),
    ),
    "iam": (
        (CRITICAL, "DeleteRole", "was deleted", _MAY_NOT + "is gone."),
        (CRITICAL, "DeleteRolePolicy", "lost a policy", _MAY_NOT + "lost its permissions."),
        (CRITICAL, "PutRolePolicy", "got another policy", _MAY_NOT + "may be denied what it needs."),
        (CRITICAL, "AttachRolePolicy", "got one more policy", _MAY_NOT + "may be denied what it needs."),
        (CRITICAL, "DetachRolePolicy", "lost a policy", _MAY_NOT + "lost permissions."),
        (
            CRITICAL,
            "UpdateAssumeRolePolicy",
            "got another trust policy",
            _MAY_NOT + "may not be assumed by its service.",
        ),
        (CRITICAL, "PutRolePermissionsBoundary", "got a boundary", _MAY_NOT + "may be denied what it needs."),
        (HIGH, "DeleteRolePermissionsBoundary", "may do more", "Somebody may use what {whose} may do."),
        (HIGH, "AddRoleToInstanceProfile", "may be used by hosts", "Somebody may use what {whose} may do."),
        (LOW, "UpdateRole UpdateRoleDescription TagRole UntagRole", "was marked", _NOTHING),
    ),
    "cloudformation": (
        (
            CRITICAL,
            "DeleteStack",
            "is being deleted",
            "Nobody is told of anything any more, once it is gone.",
        ),
        (
            HIGH,
            "UpdateStack ExecuteChangeSet",
            "is being deployed",
            "All of it may be something else afterwards.",
        ),
        (
            CRITICAL,
            "ExecuteStackRefactor",
            "is taken apart",
            "What moves to another stack is a part of this one no more, and nobody watches over it.",
        ),
        (MEDIUM, "CreateStackRefactor", "is to be taken apart", "Nothing stops before it is executed."),
        (
            HIGH,
            "ImportStacksToStackSet",
            "was put into a stack set",
            "Whoever owns the stack set may deploy something else.",
        ),
        (
            HIGH,
            "RollbackStack CancelUpdateStack ContinueUpdateRollback",
            "is being taken back",
            "See which part.",
        ),
        (HIGH, "UpdateTerminationProtection", "may be deleted", "Nothing stops by it yet."),
        (HIGH, "SetStackPolicy", "got another policy", "Deploying it again may not put everything back."),
        (LOW, "CreateChangeSet DeleteChangeSet", "got a change set", "Nothing stops before it is executed."),
        (LOW, "DetectStackDrift DetectStackResourceDrift SignalResource", "was looked over", _NOTHING),
    ),
    "ssm": (
        (
            HIGH,
            "PutParameter DeleteParameter DeleteParameters",
            "was changed",
            "It may hold back what we do.",
        ),
    ),
}
_TABLE: Mapping[tuple[str, str], Deed] = {
    (service, name): Deed(severity=severity, done=done, means=means)
    for service, rows in _ROWS.items()
    for severity, names, done, means in rows
    for name in names.split()
}
# What a service's other calls do; of the services that are not here, something that blinds us perhaps.
_OTHERWISE: Mapping[str, Deed] = {
    "apigateway": Deed(
        severity=HIGH,
        done="was changed",
        means="A request may reach it in somebody else's name, and so may an approval; or none reaches it.",
    ),
    "ssm": Deed(
        severity=MEDIUM,
        done="was changed",
        means="Hosts may not get the agent that sends their logs.",
    ),
}
# Of an account's policies by type; the others may hide lines from filters.
_ACCOUNT_POLICIES: Mapping[str, tuple[Severity, str]] = {
    "SUBSCRIPTION_FILTER_POLICY": (HIGH, "Somebody else may read what is in these logs."),
    "RETENTION_POLICY": (MEDIUM, "What was logged may be gone earlier."),
    "FIELD_INDEX_POLICY": (LOW, _NOTHING),
    "METRIC_EXTRACTION_POLICY": (LOW, _NOTHING),
}
# What lets others in by some of its parameters only.
_OPENS: Mapping[tuple[str, str], tuple[Severity, Callable[[ApiCallEvent], bool]]] = {
    ("events", "PutPermission"): (
        HIGH,
        lambda event: "Deny" not in str(event.parameters.get("policy", "")),
    ),
    ("lambda", "RemovePermission"): (
        CRITICAL,
        lambda event: event.parameters.get("statementId") == CLOSED,
    ),
}
_FORWARDS = "What happens in the spoke's region may reach Trailwarden no more, because this forwards it."
# What CloudFormation does when a spoke is deployed; what it takes away is told as by anybody.
_DEPLOYED = Deed(
    severity=HIGH, done="is being deployed", means="The spoke may forward something else afterwards."
)
_DEPLOYS = ("Put", "Create", "Attach", "Tag")
_ANYTHING = Deed(
    severity=HIGH, done="was changed", means="What this call does to Trailwarden is not known here."
)


_ROLES_OF_THE_TRAIL = ("TrailGroupRole", EXISTING_ROLE)


def name_of(event: ApiCallEvent) -> str:
    """The call's name, without the version that Lambda's bear."""
    return _VERSION.sub("", event.name)


def deploying(event: ApiCallEvent, part: Part) -> str:
    """What CloudFormation is at with a spoke: it deploys it, or takes parts of it away; "" for all else."""
    if not is_of_a_spoke(part) or event.actor.invoked_by != "cloudformation.amazonaws.com":
        return ""
    return "deployed" if name_of(event).startswith(_DEPLOYS) else "taken away"


def off() -> Deed:
    """What it means that a rule is off, whoever switched it off."""
    return replace(_TABLE["events", "DisableRule"], done="is disabled")


def deed_of(event: ApiCallEvent, part: Part) -> Deed:
    """What a call does to a part."""
    if not is_of_a_spoke(part):
        return _deed_of(event, part)
    if deploying(event, part) == "deployed":
        return _DEPLOYED
    deed = _TABLE.get((service_of(event), name_of(event)), _ANYTHING)
    return replace(deed, means=_NOTHING if deed.severity is LOW else _FORWARDS)


def _deed_of(event: ApiCallEvent, part: Part) -> Deed:
    service, name = service_of(event), name_of(event)
    deed = _TABLE.get((service, name)) or _OTHERWISE.get(service, _ANYTHING)
    limit = event.parameters.get("reservedConcurrentExecutions")
    if name == "PutFunctionConcurrency" and limit not in (0, "0"):
        return Deed(severity=HIGH, done=deed.done, means="{whose} may be run late, or be held back.")
    if name == "PutAccountPolicy" and part.physical_id in _ACCOUNT_POLICIES:
        severity, means = _ACCOUNT_POLICIES[part.physical_id]
        return Deed(severity=severity, done=deed.done, means=means)
    severity, opens = _OPENS.get((service, name), (HIGH, lambda _: False))
    if opens(event):
        return Deed(severity=severity, done="lets somebody in", means="Somebody else may send forged events.")
    if name in ("DeleteLogGroup", "AssociateKmsKey") and part.logical_id.endswith("LogGroup"):
        # A function's own log, which wakes nothing.
        return Deed(severity=MEDIUM, done=deed.done, means="What {whose} itself logs may be lost.")
    if part.type == PARAMETER and not part.physical_id.startswith("/"):
        return _OTHERWISE["ssm"]
    return _of_the_trail(deed) if part.logical_id in _ROLES_OF_THE_TRAIL else deed


def _of_the_trail(deed: Deed) -> Deed:
    """The same deed, where the role is the trail's: no function stops by it."""
    if not deed.means.startswith(_MAY_NOT):
        return deed
    return replace(deed, means=_NO_LOG + deed.means.removeprefix(_MAY_NOT))

"""A remediation's own parts of the stack, as data, and parts of CloudFormation that many need.

The template is made of these. The functions themselves read only their names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What CloudFormation makes of it: a reference, or the value itself.
CloudFormation = Mapping[str, Any]

LOGS_KEPT_DAYS = 365
# The stack's roles, by name: a table's policy can't refer to roles whose own policies refer to the table.
# CloudFormation begins a name with the stack's, which it shortens only where 64 characters are too few.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-supplied-physical-resource-ids.html
_OUR_ROLES = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-*"
OPERATORS = "Operators"

# What a person has chosen: all of it, or what it begins with.
_NOT_WIDE = "([^*?]{3}.*|[^*?]+)"
# A path is not a name: whoever may create roles may create one of any path, `service-role/` too.
_WITH_ITS_PATH = "([^*?/]+/)*([^*?/]{3,}[*?].*|[^*?/]+)"
# Paths where AWS alone creates roles: IAM Identity Center's, and those of its services.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_OF_AWS = "aws-(reserved|service-role)/[^*?/]{3}.*"
# A role's session or a federated user: the name, and perhaps the session's.
_SESSION = "([^*?/]{3}.*|[^*?/]+(/.*)?)"
# Regular expressions for the values of parameters, and the same in words. Whoever may choose a name may
# choose one that is like a pattern; so a pattern is of one account, and of few names there.
PRINCIPALS = (
    f"arn:aws[a-z-]*:(iam|sts)::[0-9]{{12}}:(root|(user|role)/{_WITH_ITS_PATH}|role/{_OF_AWS}"
    f"|(assumed-role|federated-user)/{_SESSION})"
)
PRINCIPALS_ARE = (
    "ARNs with an account's number; wildcards come after three characters of the name at least, "
    "and a path alone is no name."
)
NO_OPERATOR = "none"
ADDRESSES = _NOT_WIDE
ADDRESSES_ARE = "Wildcards come after three characters at least."

CLOSED = "NobodyElse"  # the statement of a resource's own policy that turns others away
# Everything that puts a message into a queue, hides one or takes one out.
USE_QUEUE = tuple(
    f"sqs:{action}"
    for action in ("SendMessage", "ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage", "PurgeQueue")
)

# The heartbeat: its function's name, which is also the attribute of its message, and the event that wakes it.
HEARTBEAT = "heartbeat"
HEARTBEAT_SOURCE = "trailwarden.heartbeat"
HEARTBEAT_DETAIL_TYPE = "Trailwarden Heartbeat"
# What the functions measure (`runtime.measures`), and by what.
FINDINGS, LATENCY, SEVERITY = "Findings", "AlertLatency", "Severity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of the stack, chosen when it is deployed.

    `type` is CloudFormation's. `allowed`: the allowed values; empty for any. `minimum` and
    `maximum`: of a number. `pattern`: a regular expression for each value that isn't empty, and
    `constraint`: the same in words. `description`: what it does, as a sentence, for the console and for
    README.
    """

    name: str
    default: str
    description: str
    type: str = "String"
    allowed: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    pattern: str = ""
    constraint: str = ""

    @property
    def ref(self) -> CloudFormation:
        """The chosen value."""
        return {"Ref": self.name}

    @property
    def joined(self) -> CloudFormation:
        """The chosen values of a list, as text with commas between."""
        return {"Fn::Join": [",", self.ref]}

    def isnt(self, value: str) -> CloudFormation:
        """The condition that something else was chosen."""
        return {"Fn::Not": [{"Fn::Equals": [self.ref, value]}]}


def logical_id(function_name: str) -> str:
    """`root_login` is `RootLogin` in CloudFormation, as Chalice names it."""
    return "".join(part.capitalize() for part in function_name.split("_"))


def declared(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """A template's section `Parameters`."""
    return {each.name: _declaration(each) for each in parameters}


def _declaration(parameter: Parameter) -> CloudFormation:
    limits = {
        "AllowedValues": list(parameter.allowed) or None,
        "MinValue": parameter.minimum,
        "MaxValue": parameter.maximum,
        "AllowedPattern": f"^({parameter.pattern})?$" if parameter.pattern else None,
        "ConstraintDescription": parameter.constraint or None,
    }
    return {
        "Type": parameter.type,
        "Default": parameter.default,
        **{name: limit for name, limit in limits.items() if limit is not None},
        "Description": parameter.description,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAlarm:
    """A metric filter that counts matching log events, and the alarm on their sum.

    The stack declares them as `{name}Filter` and `{name}Alarm`: value 1 for each match, statistic Sum, one
    evaluation period of `period_seconds`, in ALARM at `threshold` and above, missing data not breaching, as
    the CIS benchmark asks. `namespace` is text for Fn::Sub. `notifies`: the logical ids of the topics that
    CloudWatch itself notifies; an alarm whose state change wakes a remediation needs none. `tells_its_end`:
    those that it notifies when the alarm is OK again, too.

    `alarm_name`: text for Fn::Sub, where CloudFormation's own name won't do. `condition`: the stack's, where
    it isn't always there.
    """

    name: str
    log_group: CloudFormation
    pattern: str | CloudFormation
    metric: str
    namespace: str
    threshold: int | CloudFormation
    period_seconds: int | CloudFormation
    description: str
    notifies: tuple[str, ...] = ()
    tells_its_end: tuple[str, ...] = ()
    alarm_name: str = ""
    condition: str = ""


def log_group(name: CloudFormation | None = None) -> dict[str, Any]:
    """A log group with a retention of a year; it has a name only if something outside the stack needs it."""
    named = {"LogGroupName": name} if name else {}
    return {"Type": "AWS::Logs::LogGroup", "Properties": {**named, "RetentionInDays": LOGS_KEPT_DAYS}}


def closed_to_others(*actions: str, on: CloudFormation | str) -> dict[str, Any]:
    """A statement of a resource's own policy: only the stack's functions, and operators, may do this.

    Nobody else of the account may, whatever their own policies say. It denies no AWS service, since a service
    has no aws:PrincipalAccount, and lets nobody in: the functions' own policies do, or another statement. It
    denies what is done with a resource, never what is done to it, so that the account can always repair it,
    and its policy.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    ours = {"Fn::Sub": _OUR_ROLES}
    operators = {"Fn::Join": [",", {"Ref": OPERATORS}]}
    closed = closed_to_all(*actions, on=on)
    # Of a session this is its role's ARN. Two lists in one: CloudFormation joins texts, not lists.
    others = {"aws:PrincipalArn": {"Fn::Split": [",", {"Fn::Join": [",", [ours, operators]]}]}}
    return {**closed, "Condition": {**closed["Condition"], "StringNotLike": others}}


def closed_to_all(*actions: str, on: CloudFormation | str) -> dict[str, Any]:
    """The same, but for nobody of the account is there an exception: only AWS services may do this."""
    return {
        "Sid": CLOSED,
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": on,
        "Condition": {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}},
    }


def queue_policy(queue: str, *statements: Mapping[str, Any]) -> dict[str, Any]:
    """The policy of a queue, by its logical id: these statements, and nobody else uses it."""
    closed = closed_to_others(*USE_QUEUE, on={"Fn::GetAtt": [queue, "Arn"]})
    return open_queue_policy(queue, *statements, closed)


def open_queue_policy(queue: str, *statements: Mapping[str, Any]) -> dict[str, Any]:
    """The policy of a queue, by its logical id: these statements alone."""
    return {
        f"{queue}Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": queue}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)},
            },
        }
    }


def topic_for_alarms(topic: str) -> dict[str, Any]:
    """A topic of this name, encrypted with the alerts' key; alarms may notify it, and our functions."""
    return {
        topic: {
            "Type": "AWS::SNS::Topic",
            "Properties": {"KmsMasterKeyId": {"Ref": "AlertKey"}},
        },
        f"{topic}Policy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": topic}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "AlarmsTellTheTopic",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": {"Ref": topic},
                            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                        },
                        closed_to_others("sns:Publish", on={"Ref": topic}),
                    ],
                },
            },
        },
    }

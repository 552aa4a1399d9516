"""A watch from the archive account: it tells of what is done to Trailwarden, and of silence.

Whoever takes over the watched account can take away everything that tells of it there. So rules forward the
heartbeat, and each call that touches the stack, to an event bus of the archive account. Two alarms there
notify its own topic: one tells of each call that comes, the other when no heartbeat comes. Who stops the
forwarding stops the heartbeat; the rule that carries it also carries the calls about rules, so that nobody
can take the one away and leave the other, and a second rule carries the calls about that rule.

A call of who deploys the stack is told as well: the archive account trusts nobody here.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html ($or)
"""

from collections.abc import Iterable
from typing import Any

from chalicelib.remediation import Remediation
from chalicelib.stack import HEARTBEAT_SOURCE, Parameter, declared
from chalicelib.template.heartbeat import KEPT_SECONDS, heartbeat_alarm
from chalicelib.template.parts import Template, only_from_here, trusting
from chalicelib.template.second_way import calls_kept
from chalicelib.triggers import OnEvent

# The remediation whose events are forwarded: it knows which calls touch the stack.
OF_THE_STACK = "stack_changed"

WATCH_BUS = Parameter(
    name="WatchBusArn",
    default="none",
    description="An event bus of the archive account that watches from there; archive.json makes one.",
)
CONDITION: Template = {"IsWatched": WATCH_BUS.isnt("none")}
_WATCH_EMAIL = Parameter(
    name="WatchEmail",
    default="",
    description="Who is told from here what is done to Trailwarden, or that it is silent. Empty: no watch.",
)


# ---- in the watched account ---------------------------------------------------------------------


def forwarding(remediations: Iterable[Remediation]) -> Template:
    """The rules that forward to the archive account's bus, and the role for it."""
    about_rules, *others = _touching_the_stack(remediations) or [{"source": ["nobody"]}]
    heartbeat = {"source": [HEARTBEAT_SOURCE]}
    patterns = {
        "WatchForward1": {"$or": [about_rules, heartbeat]},
        **{f"WatchForward{number}": each for number, each in enumerate(others, start=2)},
        "WatchForwardGuard": _ABOUT_FORWARDING,
        "WatchForwardAlarm": _HEARTBEAT_IS_MISSING,
    }
    resources = {"WatchForwardRole": _role(), **{name: _rule(each) for name, each in patterns.items()}}
    return {name: {"Condition": "IsWatched", **each} for name, each in resources.items()}


def _touching_the_stack(remediations: Iterable[Remediation]) -> list[Any]:
    """The patterns of calls that touch the stack; those about rules come first."""
    return [
        trigger.pattern
        for each in remediations
        if each.name == OF_THE_STACK
        for trigger in each.triggers
        if isinstance(trigger, OnEvent)
    ]


_FORWARDING = [{"wildcard": {"Fn::Sub": "*${AWS::StackName}-WatchForward*"}}]
_ABOUT_FORWARDING: Template = {
    "source": ["aws.events"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {
        "readOnly": [False],
        "$or": [{"requestParameters": {field: _FORWARDING}} for field in ("name", "rule")],
    },
}
_HEARTBEAT_IS_MISSING: Template = {
    "source": ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    "detail": {
        "alarmName": [{"prefix": {"Fn::Sub": "${AWS::StackName}-HeartbeatAlarm-"}}],
        "state": {"value": ["ALARM"]},
    },
}


def _rule(pattern: Any) -> Template:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": pattern,
            "Targets": [
                {
                    "Id": "watch",
                    "Arn": WATCH_BUS.ref,
                    "RoleArn": {"Fn::GetAtt": ["WatchForwardRole", "Arn"]},
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}},
                }
            ],
        },
    }


def _role() -> Template:
    may = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": WATCH_BUS.ref}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": trusting("events.amazonaws.com"),
            "Policies": [
                {"PolicyName": "forward", "PolicyDocument": {"Version": "2012-10-17", "Statement": [may]}}
            ],
        },
    }


# ---- in the archive account ---------------------------------------------------------------------

WATCH_PARAMETERS = declared([_WATCH_EMAIL])
WATCH_CONDITION: Template = {"Watches": _WATCH_EMAIL.isnt("")}
WATCH_OUTPUT: Template = {
    "WatchBusArn": {"Condition": "Watches", "Value": {"Fn::GetAtt": ["WatchBus", "Arn"]}}
}


def watch() -> Template:
    """The bus, what is kept and counted of it, and whom the alarms tell."""
    bus, topic = {"Ref": "WatchBus"}, {"Ref": "WatchTopic"}
    resources = {
        "WatchBus": {
            "Type": "AWS::Events::EventBus",
            "Properties": {"Name": {"Fn::Sub": "${AWS::StackName}-watch"}},
        },
        "WatchBusPolicy": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {
                "EventBusName": bus,
                "StatementId": "TheWatchedAccountForwards",
                "Action": "events:PutEvents",
                "Principal": {"Ref": "WatchedAccount"},
            },
        },
        **_topic(topic),
        **calls_kept(
            "Watched",
            "Somebody touched Trailwarden in the watched account, or its heartbeat is missing there. The "
            "queue WatchedCalls keeps the call for 14 days. If nobody deployed just now, look at once.",
            topic,
            closed=False,  # the archive account's administrators are trusted
            EventBusName=bus,
            EventPattern={"source": [{"anything-but": [HEARTBEAT_SOURCE]}]},
        ),
        **_heartbeats(bus, topic),
    }
    return {name: {"Condition": "Watches", **each} for name, each in resources.items()}


def _topic(topic: Template) -> Template:
    return {
        "WatchTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"Subscription": [{"Protocol": "email", "Endpoint": _WATCH_EMAIL.ref}]},
        },
        "WatchTopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [topic],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "AlarmsTellTheTopic",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": topic,
                            "Condition": only_from_here(),
                        }
                    ],
                },
            },
        },
    }


def _heartbeats(bus: Template, topic: Template) -> Template:
    """Heartbeats end in a queue that is only counted."""
    kept = calls_kept(
        "WatchedHeartbeats",
        "",
        topic,
        kept_seconds=KEPT_SECONDS,
        closed=False,
        EventBusName=bus,
        EventPattern={"source": [HEARTBEAT_SOURCE]},
    )
    return {**kept, "WatchedHeartbeatsAlarm": heartbeat_alarm("WatchedHeartbeatsCalls", topic)}

"""The heartbeat: what sends it each minute, what takes it in the end, and the alarm that counts it.

EventBridge Scheduler puts an event on a bus, which a rule with a schedule can't: that one wakes its targets
and nothing else, so no pattern would be tried. Scheduler's precision is a minute. A minute without a
heartbeat may follow from that alone, two minutes in a row don't. A minute has one where one came into the
queue and the function ran without an error: false ones alone are none.

The alarm outlives the stack, as the plain topic does: who deletes the stack deletes all else that tells.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html (PutEvents),
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html (60 seconds' precision),
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from typing import Any

from chalicelib.ledger.grants import on_ledger
from chalicelib.ledger.table import Kind
from chalicelib.remediation import Grant
from chalicelib.stack import (
    HEARTBEAT,
    HEARTBEAT_DETAIL_TYPE,
    HEARTBEAT_SOURCE,
    Parameter,
    queue_policy,
)
from chalicelib.template.parts import STAYS, Template, only_from_here, trusting

KEPT_SECONDS = 60  # SQS's shortest; the queue is only counted

SEND = Parameter(
    name="SendHeartbeat",
    default="yes",
    allowed=("yes", "no"),
    description="Whether an event a minute goes the way of an alert, and an alarm tells if none arrives.",
)
CONDITION: Template = {"HasHeartbeat": {"Fn::Equals": [SEND.ref, "yes"]}}

# What the subscriptions of people leave out. Alarms' own messages have no attribute at all.
FOR_PEOPLE: Template = {"remediation": [{"anything-but": [HEARTBEAT]}, {"exists": False}]}
_FOR_THE_QUEUE: Template = {"remediation": [HEARTBEAT]}
_BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"

GRANTS = (
    *on_ledger(Kind.HEARTBEAT, HEARTBEAT, "PutItem"),
    Grant(action="sns:Publish", resource="${AlertTopic}"),
    Grant(action="kms:GenerateDataKey", resource="${AlertKey.Arn}"),
    Grant(action="kms:Decrypt", resource="${AlertKey.Arn}"),
)


def heartbeat() -> Template:
    """All but the function and its rule, which are always there; what costs something has a condition."""
    return {name: _where_wanted(each) for name, each in (_schedule() | _counted()).items()}


def _where_wanted(resource: Template) -> Template:
    return {"Condition": "HasHeartbeat", **resource}


def _schedule() -> Template:
    return {
        "HeartbeatScheduleRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _from_this_account(trusting("scheduler.amazonaws.com")),
                "Policies": [
                    {
                        "PolicyName": "beat",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": "events:PutEvents",
                                    "Resource": {"Fn::Sub": _BUS},
                                }
                            ],
                        },
                    }
                ],
            },
        },
        "HeartbeatSchedule": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "Description": "Trailwarden's heartbeat; without it the alarm HeartbeatAlarm goes off",
                "ScheduleExpression": "rate(1 minute)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": {
                    "Arn": {"Fn::Sub": _BUS},
                    "RoleArn": {"Fn::GetAtt": ["HeartbeatScheduleRole", "Arn"]},
                    "EventBridgeParameters": {
                        "Source": HEARTBEAT_SOURCE,
                        "DetailType": HEARTBEAT_DETAIL_TYPE,
                    },
                    "Input": "{}",
                    "RetryPolicy": {"MaximumRetryAttempts": 0},
                },
            },
        },
    }


def _from_this_account(trust: Template) -> Template:
    (statement,) = trust["Statement"]
    return {**trust, "Statement": [{**statement, "Condition": only_from_here()}]}


def _counted() -> Template:
    """The queue at the end of the way, and the alarm, which needs nothing of that way."""
    return {
        "Heartbeats": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"MessageRetentionPeriod": KEPT_SECONDS, "SqsManagedSseEnabled": True},
        },
        **queue_policy(
            "Heartbeats", heartbeats_arrive({"Fn::GetAtt": ["Heartbeats", "Arn"]}, {"Ref": "AlertTopic"})
        ),
        "HeartbeatsSubscription": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "AlertTopic"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Heartbeats", "Arn"]},
                "FilterPolicy": _FOR_THE_QUEUE,
            },
        },
        "HeartbeatAlarm": {**STAYS, **_function_ran(heartbeat_alarm("Heartbeats", {"Ref": "PlainTopic"}))},
    }


def heartbeats_arrive(queue: Any, topic: Any) -> Template:
    """A queue's statement: this topic may send to it."""
    return {
        "Sid": "TheTopicSendsHeartbeats",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }


def _function_ran(alarm: Template) -> Template:
    """The alarm, which also goes off where the function doesn't run, or fails.

    The queue counts whatever is published to the topic, by whomever; so a heartbeat that somebody else sends
    does not stand for one of ours. Lambda's own metrics are nobody's to write.
    """
    metric = {name: alarm["Properties"][name] for name in ("Namespace", "MetricName", "Dimensions")}
    function = [{"Name": "FunctionName", "Value": {"Ref": "Heartbeat"}}]
    counted = {
        "came": metric,
        "ran": {"Namespace": "AWS/Lambda", "MetricName": "Invocations", "Dimensions": function},
        "failed": {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": function},
    }
    kept = {name: value for name, value in alarm["Properties"].items() if name not in _OF_ONE_METRIC}
    arrived = {
        "Id": "arrived",
        "Expression": "MIN([FILL(came, 0), FILL(ran, 0) - FILL(failed, 0)])",
        "Period": 60,
    }
    queries = [
        {"Id": name, "MetricStat": {"Metric": each, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
        for name, each in counted.items()
    ]
    return {**alarm, "Properties": {**kept, "Metrics": [arrived, *queries]}}


_OF_ONE_METRIC = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")


def heartbeat_alarm(queue: str, topic: Any) -> Template:
    """An alarm that goes off where nothing comes into this queue for two minutes."""
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": "No heartbeat of Trailwarden came out at the end of its way for two minutes. "
            "Bus, rule, function, ledger, key, topic or subscription: something of it is broken, or somebody "
            "broke it, and alerts may be lost. Look in CloudTrail who changed the stack's resources last; "
            "deploying the stack again puts them back.",
            "Namespace": "AWS/SQS",
            "MetricName": "NumberOfMessagesSent",
            "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 2,
            "DatapointsToAlarm": 2,
            "Threshold": 1,
            "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "breaching",
            "AlarmActions": [topic],
            "OKActions": [topic],
        },
    }

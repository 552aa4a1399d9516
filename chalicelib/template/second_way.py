"""A second way to be told, which needs neither our key, our topic nor our functions.

A plain topic: not encrypted, so that no key can be taken from it; only AWS's alarms and rules publish there.
The alarms are on AWS's own metrics, a minute each:

- errors and throttles of each function: `Errors` comes before the dead letters do, `Throttles` where somebody
  set a function's concurrency to 0, since Lambda keeps such events for hours and says nothing;
- what is lost for good: `DestinationDeliveryFailures` and `InvocationsFailedToBeSentToDlq` count what could
  not even be kept as a dead letter. Both are of all functions and rules of the account: a loss is rare, and
  one metric costs as much as one function's. `NumberOfNotificationsFailed` is the alert topic's own;
- the dead letters' own alarms notify this topic too, and so does the heartbeat's;
- who touches what the first way ends with, its topic, subscriptions and key, or what watches over the stack:
  such an event goes from a rule straight into a queue, which keeps it, and an alarm tells of each. The guard
  of `stack_changed` publishes to the topic itself, at once and in more words; this rule stands beside it, so
  that nobody silences both with one call.

Left out: `DeadLetterErrors`, since our functions have destinations and no dead-letter queue of Lambda's;
`FailedInvocations` and `InvocationsSentToDlq` of rules, which end among the dead letters. CloudTrail emits no
metric. DynamoDB's count every caller's errors, and KMS's only how long imported key material lasts: what is
refused there shows as an error of the function.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html,
https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html,
https://docs.aws.amazon.com/kms/latest/developerguide/monitoring-cloudwatch.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (ten metrics an alarm)
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.remediation import Remediation
from chalicelib.stack import Parameter, closed_to_others, open_queue_policy, queue_policy
from chalicelib.template.parts import STAYS, Template, logical_id, only_from_here

MOST_METRICS = 10
KEPT_SECONDS = 14 * 24 * 3600

PLAIN_EMAIL = Parameter(
    name="PlainEmail",
    default="",
    description="Where AWS's own alarms about Trailwarden go: best another person. Empty: to AlertEmail.",
)
CONDITIONS: Template = {
    "HasPlainEmail": PLAIN_EMAIL.isnt(""),
    "IsPlainToldByMail": {"Fn::Or": [{"Condition": "HasPlainEmail"}, {"Condition": "HasAlertEmail"}]},
}


def second_way(remediations: Iterable[Remediation]) -> Template:
    """The plain topic with its subscription, and the alarms on AWS's own metrics."""
    functions = [logical_id(each.name) for each in remediations]
    return {
        **_topic(),
        **_of_functions(
            "FunctionErrors",
            "Errors",
            functions,
            "Functions of Trailwarden fail. What they give up on, after three tries, is a dead letter.",
        ),
        **_of_functions(
            "FunctionThrottles",
            "Throttles",
            functions,
            "Lambda runs functions of Trailwarden late or not at all: their concurrency, or the account's, "
            "is used up, or somebody set it to 0.",
        ),
        **_touched(),
        "LostAlarm": alarm(
            "Something was lost for good: an event of a function or a rule of this account that could not be "
            "kept as a dead letter, or an alert that SNS could not deliver.",
            {
                "functions": ("AWS/Lambda", "DestinationDeliveryFailures", {}),
                "rules": ("AWS/Events", "InvocationsFailedToBeSentToDlq", {}),
                "alerts": (
                    "AWS/SNS",
                    "NumberOfNotificationsFailed",
                    {"TopicName": {"Fn::GetAtt": ["AlertTopic", "TopicName"]}},
                ),
            },
            {"Ref": "PlainTopic"},
        ),
    }


def _topic() -> Template:
    return {
        # It stays when the stack is deleted: whoever does that is told here.
        "PlainTopic": {
            **STAYS,
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": "Trailwarden, by AWS itself"},
        },
        "PlainTopicPolicy": {
            **STAYS,
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "PlainTopic"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "AlarmsTellTheTopic",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": {"Ref": "PlainTopic"},
                            "Condition": only_from_here(),
                        },
                        {
                            # EventBridge's page shows no condition for topics; whether a rule brings the
                            # account's number is unconfirmed, and this one must be heard.
                            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
                            "Sid": "TheGuardTellsTheTopic",
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": {"Ref": "PlainTopic"},
                        },
                        closed_to_others("sns:Publish", on={"Ref": "PlainTopic"}),
                    ],
                },
            },
        },
        "PlainSubscription": {
            **STAYS,
            "Type": "AWS::SNS::Subscription",
            "Condition": "IsPlainToldByMail",
            "Properties": {
                "TopicArn": {"Ref": "PlainTopic"},
                "Protocol": "email",
                "Endpoint": {"Fn::If": ["HasPlainEmail", PLAIN_EMAIL.ref, {"Ref": "AlertEmail"}]},
            },
        },
    }


def calls_kept(
    name: str,
    description: str,
    topic: Any,
    *,
    kept_seconds: int = KEPT_SECONDS,
    closed: bool = True,
    **rule: Any,
) -> Template:
    """A rule that puts the calls of its pattern into a queue, and an alarm that tells of each of them.

    `closed`: nobody else of the account uses the queue, as of all queues of the main stack.
    """
    queue = {"Fn::GetAtt": [f"{name}Calls", "Arn"]}
    let_in = {
        "Sid": "TheRuleKeepsCallsHere",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [f"{name}Rule", "Arn"]}}},
    }
    policy = (queue_policy if closed else open_queue_policy)(f"{name}Calls", let_in)
    return {
        f"{name}Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {**rule, "Targets": [{"Id": "kept", "Arn": queue}]},
        },
        f"{name}Calls": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"MessageRetentionPeriod": kept_seconds, "SqsManagedSseEnabled": True},
        },
        **policy,
        f"{name}Alarm": alarm(
            description,
            {
                "calls": (
                    "AWS/SQS",
                    "NumberOfMessagesSent",
                    {"QueueName": {"Fn::GetAtt": [f"{name}Calls", "QueueName"]}},
                )
            },
            topic,
        ),
    }


# Of what ends with people, and of what watches over the stack.
_WATCHES = [{"wildcard": {"Fn::Sub": "*${AWS::StackName}-StackChanged*"}}]
TOUCHES_THE_FIRST_WAY: Template = {
    "source": ["aws.sns", "aws.kms", "aws.events", "aws.lambda", "aws.iam"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {
        "readOnly": [False],
        "managementEvent": [True],
        "errorCode": [{"exists": False}],
        # One more reader takes nothing away from the others; the function tells it.
        "eventName": [{"anything-but": ["ConfirmSubscription"]}],
        "$or": [
            {"requestParameters": {"topicArn": [{"Ref": "AlertTopic"}]}},
            {"requestParameters": {"subscriptionArn": [{"prefix": {"Fn::Sub": "${AlertTopic}:"}}]}},
            {"requestParameters": {"keyId": [{"suffix": {"Ref": "AlertKey"}}]}},
            *(
                {"requestParameters": {field: _WATCHES}}
                for field in ("name", "rule", "functionName", "roleName")
            ),
        ],
    },
}


def _touched() -> Template:
    return calls_kept(
        "FirstWayTouched",
        "Somebody changed what tells you of alerts: the alert topic, a subscription, its key, or what "
        "watches over Trailwarden's own stack. You may not have been told of it there. The queue "
        "FirstWayTouchedCalls keeps the call for 14 days.",
        {"Ref": "PlainTopic"},
        EventPattern=TOUCHES_THE_FIRST_WAY,
    )


def _of_functions(name: str, metric: str, functions: Iterable[str], description: str) -> Template:
    """As few alarms as hold the metric of every function."""
    every = list(functions)
    parts = [every[start : start + MOST_METRICS] for start in range(0, len(every), MOST_METRICS)]
    return {
        f"{name}{number}Alarm": alarm(
            description,
            {
                f"f{place}": ("AWS/Lambda", metric, {"FunctionName": {"Ref": each}})
                for place, each in enumerate(some, start=1)
            },
            {"Ref": "PlainTopic"},
        )
        for number, some in enumerate(parts, start=1)
    }


def alarm(
    description: str, metrics: Mapping[str, tuple[str, str, Mapping[str, Any]]], topic: Any
) -> Template:
    """An alarm on the sum of these: (namespace, name, dimensions), by an id.

    A datapoint may come late, and FILL puts 0 for it meanwhile: one of the last three minutes is enough.
    """
    summed = ", ".join(f"FILL({each}, 0)" for each in metrics)
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            "Metrics": [
                {"Id": "breaching", "Expression": f"SUM([{summed}])", "Period": 60},
                *(_query(each, *metric) for each, metric in metrics.items()),
            ],
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [topic],
        },
    }


def _query(name: str, namespace: str, metric: str, dimensions: Mapping[str, Any]) -> Template:
    named = [{"Name": each, "Value": value} for each, value in dimensions.items()]
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                **({"Dimensions": named} if named else {}),
            },
            "Period": 60,
            "Stat": "Sum",
        },
        "ReturnData": False,
    }

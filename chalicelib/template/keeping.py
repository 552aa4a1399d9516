"""Alerts and storage: the alert topic and its key, the ledger, the dead letters, the queue of validations."""

from chalicelib.ledger.shape import SHAPE, TIME_TO_LIVE
from chalicelib.stack import closed_to_others, queue_policy, topic_for_alarms
from chalicelib.template.heartbeat import FOR_PEOPLE
from chalicelib.template.parts import Template

# PartiQL's statements and transactions need these rights too.
_WRITE_ITEMS = tuple(
    f"dynamodb:{action}"
    for action in (
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
        *("PartiQLInsert", "PartiQLUpdate", "PartiQLDelete"),
    )
)
DEAD_LETTERS_KEPT_SECONDS = 14 * 24 * 3600
VALIDATION_HIDDEN_SECONDS = 6 * 50


def alerts() -> Template:
    """The topic, encrypted with a key of its own; alarms may notify it, and functions that are granted so."""
    return {
        "AlertKey": {
            "Type": "AWS::KMS::Key",
            "Properties": {
                "Description": "Encrypts the alert topic of Trailwarden",
                "EnableKeyRotation": True,
                "KeyPolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "TheAccountDelegatesToItsPolicies",
                            "Effect": "Allow",
                            "Principal": {
                                "AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
                            },
                            "Action": "kms:*",
                            "Resource": "*",
                        },
                        {
                            # CloudWatch publishes as a service principal; with an AWS managed key it could
                            # not. For a service the page asks GenerateDataKey*, for principals
                            # GenerateDataKey.
                            # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
                            "Sid": "AlarmsTellTheTopic",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
                            "Resource": "*",
                        },
                    ],
                },
            },
        },
        **topic_for_alarms("AlertTopic"),
        "AlertSubscription": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasAlertEmail",
            "Properties": {
                "TopicArn": {"Ref": "AlertTopic"},
                "Protocol": "email",
                "Endpoint": {"Ref": "AlertEmail"},
                "FilterPolicy": FOR_PEOPLE,
            },
        },
    }


def ledger() -> Template:
    """The one table; its items expire, and it can be restored to any second of the last 35 days.

    Until its deletion protection is taken off, neither DeleteTable nor deleting the stack deletes it. Only
    the functions write to it, each what its role lets it.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-create-table.html
    """
    return {
        "Ledger": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                **SHAPE,
                "DeletionProtectionEnabled": True,
                "TimeToLiveSpecification": TIME_TO_LIVE,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                # The policy hangs on the table, which has no ARN before it is there.
                "ResourcePolicy": {"PolicyDocument": _policy(closed_to_others(*_WRITE_ITEMS, on="*"))},
            },
        }
    }


def _alarm_on_dead_letters(description: str, expression: str, *metrics: Template) -> Template:
    """An alarm on what is `sent` to the dead letters' queue, or on what is `there`.

    CloudWatch notifies only when the state changes. So an alarm on the number that is there would be heard
    once, and then not again while anything stays there, even if more is added. These two go back to OK by
    themselves.
    What SQS moves there from another queue is not counted as sent; it is seen by what is there. A minute's
    datapoints may come late, and FILL puts 0 for them meanwhile: one of the last three minutes is enough.

    Sources: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    ("NumberOfMessagesSent" of a dead-letter queue),
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (FILL in alarms),
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
    """
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            "Metrics": [
                {"Id": "breaching", "Expression": expression, "Period": 60},
                *metrics,
            ],
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": "AlertTopic"}, {"Ref": "PlainTopic"}],
        },
    }


def _of_dead_letters(name: str, metric: str, statistic: str) -> Template:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SQS",
                "MetricName": metric,
                "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}],
            },
            "Period": 60,
            "Stat": statistic,
        },
        "ReturnData": False,
    }


def dead_letters() -> Template:
    """The queue for what could not be handled or delivered, and the alarms that tell of it."""
    sent = _of_dead_letters("sent", "NumberOfMessagesSent", "Sum")
    there = _of_dead_letters("there", "ApproximateNumberOfMessagesVisible", "Maximum")
    return {
        "DeadLetters": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "MessageRetentionPeriod": DEAD_LETTERS_KEPT_SECONDS,
                "SqsManagedSseEnabled": True,
            },
        },
        "DeadLettersAlarm": _alarm_on_dead_letters(
            "Events could not be handled or delivered. The queue DeadLetters keeps them for 14 days, and "
            "what a function gave up on says why. This alarm goes off whenever there are more.",
            "MAX([FILL(sent, 0), DIFF(FILL(there, 0))])",
            sent,
            there,
        ),
        "DeadLettersWaitAlarm": _alarm_on_dead_letters(
            "Events that could not be handled or delivered still wait in the queue DeadLetters. This alarm "
            "goes off every full hour, as long as one is there.",
            "IF(MINUTE(there) == 0, there, 0)",
            there,
        ),
        **queue_policy(
            "DeadLetters",
            {
                "Sid": "RulesKeepWhatTheyCouldNotDeliver",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
            },
        ),
    }


def _policy(*statements: Template) -> Template:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def validations() -> Template:
    """The queue of full validations: one message for each part, five tries each.

    AWS advises six times the function's timeout; a part whose function died waits so long for its next try.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    return {
        "Validations": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": VALIDATION_HIDDEN_SECONDS,
                "MessageRetentionPeriod": DEAD_LETTERS_KEPT_SECONDS,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                    "maxReceiveCount": 5,
                },
            },
        },
        **queue_policy("Validations"),
    }

"""What the functions stand on, as CloudFormation: one declaration for the deploy and for the rehearsal.

Everything here is load-bearing: change a leaf, and a scenario must notice (`make mutate`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.alarm_path import LogAlarm
from chalicelib.policies import acting_grants_of, document, logical_id
from chalicelib.remediation import OnEvent, OnLogs, OnSchedule, Remediation, Trigger
from chalicelib.remediations.failed_login import CONSOLE_FAILURES
from chalicelib.remediations.root_login import ROOT_USAGE
from chalicelib.settings import ACTS_PER_HOUR, LEDGER, MODE, TOPIC

Template = dict[str, Any]

# Lambda's runtime, whatever interpreter packages: Amazon Linux 2023, supported to mid-2029.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIME = "python3.13"
TIMEOUT_SECONDS = 50  # Lambda tries again after 60: by then a crashed run's claim has lapsed
MEMORY_MB = 256
DEAD_LETTERS_KEPT_SECONDS = 14 * 24 * 3600
LOGS_KEPT_DAYS = 365

# Alarms that tell the topic themselves; the others wake a remediation, which tells more.
TELLING_ALARMS = (ROOT_USAGE,)
WAKING_ALARMS = (CONSOLE_FAILURES,)


def fragment(remediations: Iterable[Remediation]) -> Template:
    """Parameters, conditions, resources and outputs beyond Chalice's own."""
    functions = tuple(remediations)
    return {
        "Parameters": {**_PARAMETERS, **_mode_parameters(functions)},
        "Conditions": {**_CONDITIONS, **_mode_conditions(functions)},
        "Resources": {
            **_alerts(),
            **_ledger(),
            **_trail(),
            **_dead_letters(),
            "SecureGroup": log_group({"Fn::Sub": "${AWS::StackName}/secure"}),
            **_alarms(),
            **{
                name: resource
                for remediation in functions
                for name, resource in _function(remediation).items()
            },
            **_http(),
        },
        "Outputs": {
            "AlertTopicArn": {"Value": {"Ref": "AlertTopic"}},
            "LedgerName": {"Value": {"Ref": "Ledger"}},
            "SecureGroupName": {"Value": {"Ref": "SecureGroup"}},
            "DeadLettersUrl": {"Value": {"Ref": "DeadLetters"}},
        },
    }


_PARAMETERS: Template = {
    "AlertEmail": {
        "Type": "String",
        "Default": "",
        "Description": "Where alerts go by e-mail; the address must confirm. Empty: subscribe yourself.",
    },
    "ExistingTrailArn": {
        "Type": "String",
        "Default": "",
        "Description": "A trail that is there already. Empty: the stack makes one, with bucket and group.",
    },
    # Not empty where there is no such trail: cfn-lint judges names by their defaults too, used or not.
    "ExistingTrailBucket": {
        "Type": "String",
        "Default": "none",
        "Description": "That trail's bucket; EventBridge must be switched on for it.",
    },
    "ExistingTrailGroup": {
        "Type": "String",
        "Default": "none",
        "Description": "That trail's log group, by name.",
    },
    "IgnoredPrincipals": {
        "Type": "CommaDelimitedList",
        "Default": "",
        "Description": "ARNs whose deletions of tables are expected, wildcards allowed: recorded, not told.",
    },
    "FailedLoginThreshold": {
        "Type": "Number",
        "Default": "5",
        "MinValue": 2,
        "Description": "So many failed SSH logins from one address within the window raise an alert.",
    },
    "FailedLoginWindowSeconds": {
        "Type": "Number",
        "Default": "600",
        "MinValue": 60,
        "MaxValue": 3600,
        "Description": "The window in which failed SSH logins are counted.",
    },
    "ConsoleFailuresThreshold": {
        "Type": "Number",
        "Default": "3",
        "MinValue": 1,
        "Description": "So many failed console sign-ins within five minutes raise an alert.",
    },
}

_CONDITIONS: Template = {
    "HasAlertEmail": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlertEmail"}, ""]}]},
    "OwnTrail": {"Fn::Equals": [{"Ref": "ExistingTrailArn"}, ""]},
}


def _mode_parameters(remediations: Iterable[Remediation]) -> Template:
    """One mode for each remediation that can act. A fresh deploy observes."""
    return {
        f"{logical_id(each.name)}Mode": {
            "Type": "String",
            "Default": "observe",
            "AllowedValues": ["observe", "approve", "enforce"],
            "Description": f"How far {each.name} may go: plan and tell, wait for a yes, or act.",
        }
        for each in remediations
        if each.acts
    }


def _mode_conditions(remediations: Iterable[Remediation]) -> Template:
    return {
        f"{logical_id(each.name)}Acts": {
            "Fn::Not": [{"Fn::Equals": [{"Ref": f"{logical_id(each.name)}Mode"}, "observe"]}]
        }
        for each in remediations
        if each.acts
    }


# ---- alerts -------------------------------------------------------------------------------------


def _alerts() -> Template:
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
                            # CloudWatch publishes in its own name; a managed key would shut it out.
                            # https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
                            "Sid": "AlarmsTellTheTopic",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
                            "Resource": "*",
                        },
                    ],
                },
            },
        },
        "AlertTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"KmsMasterKeyId": {"Ref": "AlertKey"}},
        },
        "AlertTopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "AlertTopic"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "AlarmsTellTheTopic",
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": {"Ref": "AlertTopic"},
                            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                        }
                    ],
                },
            },
        },
        "AlertSubscription": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasAlertEmail",
            "Properties": {
                "TopicArn": {"Ref": "AlertTopic"},
                "Protocol": "email",
                "Endpoint": {"Ref": "AlertEmail"},
            },
        },
    }


# ---- ledger and dead letters --------------------------------------------------------------------


def _ledger() -> Template:
    return {
        "Ledger": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            },
        }
    }


def _dead_letters() -> Template:
    return {
        "DeadLetters": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "MessageRetentionPeriod": DEAD_LETTERS_KEPT_SECONDS,
                "SqsManagedSseEnabled": True,
            },
        },
        "DeadLettersAlarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmDescription": (
                    "An event could not be handled or delivered. The queue DeadLetters keeps it for 14 days, "
                    "and what a function gave up on says why."
                ),
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}],
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "AlertTopic"}],
            },
        },
        "DeadLettersPolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "DeadLetters"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "RulesKeepWhatTheyCouldNotDeliver",
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                        }
                    ],
                },
            },
        },
    }


# ---- the trail ----------------------------------------------------------------------------------

_TRAIL_ARN = {
    "Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/"
    "${AWS::StackName}-trail"
}
_TRAIL_OBJECTS = {"Fn::Sub": "${TrailBucket.Arn}/AWSLogs/${AWS::AccountId}/*"}


def _trail() -> Template:
    """A trail of every region, its bucket, and the log group; all of it only where no trail is given."""
    resources: Template = {
        "TrailBucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "VersioningConfiguration": {"Status": "Enabled"},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                    ]
                },
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "TrailBucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "TrailBucket"}, "PolicyDocument": _trail_bucket_policy()},
        },
        "TrailGroup": log_group(),
        "TrailGroupRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": _trusting("cloudtrail.amazonaws.com"),
                "Policies": [
                    {
                        "PolicyName": "write",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                                    "Resource": {"Fn::GetAtt": ["TrailGroup", "Arn"]},
                                }
                            ],
                        },
                    }
                ],
            },
        },
        "Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": ["TrailBucketPolicy"],
            "Properties": {
                "TrailName": {"Fn::Sub": "${AWS::StackName}-trail"},
                "S3BucketName": {"Ref": "TrailBucket"},
                "IsLogging": True,
                "IsMultiRegionTrail": True,
                "IncludeGlobalServiceEvents": True,
                "EnableLogFileValidation": True,
                "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["TrailGroup", "Arn"]},
                "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["TrailGroupRole", "Arn"]},
            },
        },
    }
    return {name: {**resource, "Condition": "OwnTrail"} for name, resource in resources.items()}


def _trail_bucket_policy() -> Template:
    """Only CloudTrail writes, and only this trail.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    from_this_trail = {"aws:SourceArn": _TRAIL_ARN}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CloudTrailLooks",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:GetBucketAcl",
                "Resource": {"Fn::GetAtt": ["TrailBucket", "Arn"]},
                "Condition": {"StringEquals": from_this_trail},
            },
            {
                "Sid": "CloudTrailWrites",
                "Effect": "Allow",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": _TRAIL_OBJECTS,
                "Condition": {
                    "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **from_this_trail}
                },
            },
            {
                "Sid": "NobodyElseWrites",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": {"Fn::Sub": "${TrailBucket.Arn}/*"},
                "Condition": {"StringNotEquals": {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com"}},
            },
        ],
    }


# ---- functions ----------------------------------------------------------------------------------


def _function(remediation: Remediation) -> Template:
    """What Chalice leaves out of a function: its triggers, its variables, where its failures go."""
    name = logical_id(remediation.name)
    variables = {LEDGER: {"Ref": "Ledger"}, TOPIC: {"Ref": "AlertTopic"}, **remediation.settings}
    if remediation.acts:
        variables |= {MODE: {"Ref": f"{name}Mode"}, ACTS_PER_HOUR: "10"}
    resources: Template = {
        name: {
            "Properties": {
                "Runtime": RUNTIME,
                "Timeout": TIMEOUT_SECONDS,
                "MemorySize": MEMORY_MB,
                "Environment": {"Variables": variables},
                "LoggingConfig": {"LogGroup": {"Ref": f"{name}LogGroup"}},
                "Events": {
                    f"Trigger{number}": _event(trigger)
                    for number, trigger in enumerate(remediation.triggers, start=1)
                },
                "EventInvokeConfig": {
                    "MaximumRetryAttempts": 2,
                    "DestinationConfig": {
                        "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
                    },
                },
            }
        },
        f"{name}LogGroup": log_group(),
    }
    if remediation.acts:
        acting = _attached(name, document(acting_grants_of(remediation)))
        resources[f"{name}ActingPolicy"] = {**acting, "Condition": f"{name}Acts"}
    return resources


def _attached(function: str, policy: Mapping[str, Any]) -> Template:
    """A policy on a function's role, beside the one Chalice writes: lists in a template can't be extended."""
    return {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "more",
            "PolicyDocument": policy,
            "Roles": [{"Ref": f"{function}Role"}],
        },
    }


def _event(trigger: Trigger) -> Template:
    """SAM's word for a trigger; rule, permission and subscription are made from it."""
    dead_letters = {"Arn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    match trigger:
        case OnEvent(pattern=pattern):
            return {
                "Type": "EventBridgeRule",
                "Properties": {"Pattern": pattern, "DeadLetterConfig": dead_letters},
            }
        case OnSchedule(expression=expression):
            return {
                "Type": "Schedule",
                "Properties": {"Schedule": expression, "DeadLetterConfig": dead_letters},
            }
        case OnLogs(log_group=group, pattern=pattern):
            return {
                "Type": "CloudWatchLogs",
                "Properties": {"LogGroupName": {"Ref": group}, "FilterPattern": pattern},
            }


def _http() -> Template:
    return {
        "APIHandler": {
            "Properties": {
                "Runtime": RUNTIME,
                "Timeout": TIMEOUT_SECONDS,
                "MemorySize": MEMORY_MB,
                "Environment": {"Variables": {LEDGER: {"Ref": "Ledger"}}},
                "LoggingConfig": {"LogGroup": {"Ref": "APIHandlerLogGroup"}},
            }
        },
        "APIHandlerLogGroup": log_group(),
    }


# ---- logs and alarms ----------------------------------------------------------------------------


def log_group(name: Mapping[str, Any] | None = None) -> Template:
    """A log group that forgets after a year; named only where somebody outside must find it."""
    named = {"LogGroupName": name} if name else {}
    return {"Type": "AWS::Logs::LogGroup", "Properties": {**named, "RetentionInDays": LOGS_KEPT_DAYS}}


def _alarms() -> Template:
    resources: Template = {}
    for alarm in TELLING_ALARMS:
        resources |= _alarm(alarm, actions=[{"Ref": "AlertTopic"}])
    for alarm in WAKING_ALARMS:
        resources |= _alarm(alarm, actions=[])
    return resources


def _alarm(alarm: LogAlarm, actions: list[Any]) -> Template:
    namespace = {"Fn::Sub": alarm.namespace}
    told = {"AlarmActions": actions} if actions else {}
    return {
        f"{alarm.name}Filter": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": alarm.log_group,
                "FilterPattern": alarm.pattern,
                "MetricTransformations": [
                    {"MetricName": alarm.metric, "MetricNamespace": namespace, "MetricValue": "1"}
                ],
            },
        },
        f"{alarm.name}Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmDescription": alarm.description,
                "MetricName": alarm.metric,
                "Namespace": namespace,
                "Statistic": "Sum",
                "Period": alarm.period_seconds,
                "EvaluationPeriods": 1,
                "Threshold": alarm.threshold,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
                **told,
            },
        },
    }


def _trusting(service: str) -> Template:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }

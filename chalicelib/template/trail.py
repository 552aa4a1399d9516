"""The trail of every region, with its bucket and its log group, for an account that has none yet."""

from typing import Any

from chalicelib.data_events import EVERY_MANAGEMENT_EVENT, Owner, selectors
from chalicelib.stack import log_group
from chalicelib.template.bucket import kept, trail_bucket, trail_bucket_policy
from chalicelib.template.parts import Template, trusting

_TRAIL_ARN = {
    "Fn::Sub": "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/"
    "${AWS::StackName}-trail"
}
_TELLS_EVENTBRIDGE: Template = {
    "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
}
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_InsightSelector.html
_INSIGHTS = [{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]


def trail() -> Template:
    """A trail of every region, its bucket, and the log group; all of it only where no trail is given."""
    resources: Template = {
        "TrailBucket": {**kept({**trail_bucket(), **_TELLS_EVENTBRIDGE}), "Condition": "OwnBucket"},
        "TrailBucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Condition": "OwnBucket",
            "Properties": {
                "Bucket": {"Ref": "TrailBucket"},
                "PolicyDocument": trail_bucket_policy("TrailBucket", _TRAIL_ARN, "${AWS::AccountId}"),
            },
        },
        "TrailGroup": log_group(),
        "TrailGroupRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": trusting("cloudtrail.amazonaws.com"),
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
            # CloudTrail looks at the bucket's policy first; DependsOn can't name what may not be there.
            "Metadata": {
                "After": {"Fn::If": ["OwnBucket", {"Ref": "TrailBucketPolicy"}, {"Ref": "ArchiveBucket"}]}
            },
            "Properties": {
                "TrailName": {"Fn::Sub": "${AWS::StackName}-trail"},
                "S3BucketName": {"Fn::If": ["OwnBucket", {"Ref": "TrailBucket"}, {"Ref": "ArchiveBucket"}]},
                "IsLogging": True,
                "IsMultiRegionTrail": True,
                "IncludeGlobalServiceEvents": True,
                "EnableLogFileValidation": True,
                "AdvancedEventSelectors": _recorded(),
                "InsightSelectors": {"Fn::If": ["RecordsInsights", _INSIGHTS, {"Ref": "AWS::NoValue"}]},
                "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["TrailGroup", "Arn"]},
                "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["TrailGroupRole", "Arn"]},
            },
        },
    }
    return {name: {"Condition": "OwnTrail", **resource} for name, resource in resources.items()}


def _recorded() -> Template:
    """Every management event, and, where it is wanted, what others do with the stack's own parts."""
    return {"Fn::If": ["RecordsDataEvents", _substituted(selectors(Owner())), [EVERY_MANAGEMENT_EVENT]]}


def _substituted(value: Any) -> Any:
    if isinstance(value, list):
        return [_substituted(each) for each in value]
    if isinstance(value, dict):
        return {name: _substituted(each) for name, each in value.items()}
    return {"Fn::Sub": value} if "${" in value else value


def auditors() -> Template:
    """Two groups for those who audit: one may do everything with CloudTrail, one may look; off by default.

    Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security-iam-awsmanpol.html
    """
    return {
        name: {
            "Type": "AWS::IAM::Group",
            "Condition": "HasAuditGroups",
            "Properties": {
                "ManagedPolicyArns": [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{policy}"}]
            },
        }
        for name, policy in (
            ("AuditAdministrators", "AWSCloudTrail_FullAccess"),
            ("Auditors", "AWSCloudTrail_ReadOnlyAccess"),
        )
    }

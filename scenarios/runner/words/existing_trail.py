"""Somebody's trail that was there before the stack: many accounts have one on the first day."""

from typing import Any

NAME = "company"
BUCKET = "company-audit-123456789012"
GROUP = "company/cloudtrail"
ROLE = "company-audit-delivery"
ARN = f"arn:aws:cloudtrail:us-east-1:123456789012:trail/{NAME}"

# What the stack is told of it.
PARAMETERS = (
    ("ExistingTrailArn", ARN),
    ("ExistingTrailBucket", BUCKET),
    ("ExistingTrailGroup", GROUP),
    ("ExistingTrailRole", ROLE),
)


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


_CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}

EXISTING_TRAIL: dict[str, Any] = {
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": BUCKET,
                "VersioningConfiguration": {"Status": "Enabled"},
                "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            },
        },
        "BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": _policy(
                    {
                        "Effect": "Allow",
                        "Principal": _CLOUDTRAIL,
                        "Action": "s3:GetBucketAcl",
                        "Resource": f"arn:aws:s3:::{BUCKET}",
                    },
                    {
                        "Effect": "Allow",
                        "Principal": _CLOUDTRAIL,
                        "Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/123456789012/*",
                    },
                ),
            },
        },
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": ROLE,
                "AssumeRolePolicyDocument": _policy(
                    {"Effect": "Allow", "Principal": _CLOUDTRAIL, "Action": "sts:AssumeRole"}
                ),
                "Policies": [
                    {
                        "PolicyName": "write",
                        "PolicyDocument": _policy(
                            {
                                "Effect": "Allow",
                                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                                "Resource": {"Fn::GetAtt": ["Group", "Arn"]},
                            }
                        ),
                    }
                ],
            },
        },
        "Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": ["BucketPolicy"],
            "Properties": {
                "TrailName": NAME,
                "S3BucketName": {"Ref": "Bucket"},
                "IsLogging": True,
                "IsMultiRegionTrail": True,
                "IncludeGlobalServiceEvents": True,
                "EnableLogFileValidation": True,
                "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]},
                "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
    }
}

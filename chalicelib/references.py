"""Names that the deployed code and the template share, and the trail's resources as CloudFormation.

The trail, its bucket, its log group and its role are the stack's own, or those of an existing trail. Metric
filters and alarms (`NAMESPACE`) are the second path of a detection: slower than an event rule, because
CloudTrail takes minutes to a log group and an alarm waits for its period, and independent of it.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html
"""

from chalicelib.stack import PRINCIPALS, PRINCIPALS_ARE, CloudFormation, Parameter

# Stacks of two stages in one account must not count into one metric.
NAMESPACE = "Trailwarden/${AWS::StackName}"

# Principals whose actions are expected; several remediations read it.
EXPECTED_PRINCIPALS = Parameter(
    name="IgnoredPrincipals",
    type="CommaDelimitedList",
    default="",
    description="ARNs whose actions are expected, wildcards allowed: recorded, no alert.",
    pattern=PRINCIPALS,
    constraint=PRINCIPALS_ARE,
)

# A tag that excuses a resource; the remediations that may undo what is done to resources read it.
EXPECTED_TAG = Parameter(
    name="ExpectedTag",
    default="",
    description="Key of a tag whose value names remediations that leave its resource alone: told as LOW.",
)

# Accounts that are ours as well: what is shared with them is no alert.
TRUSTED_ACCOUNTS = Parameter(
    name="TrustedAccounts",
    type="CommaDelimitedList",
    default="",
    description="Numbers of accounts that things may be shared with, beside the stack's own.",
    pattern="[0-9]{12}",
    constraint="Account numbers of twelve digits, with commas between.",
)

# The middle of the name of a host's composite alarm: MAIN_STACK-host-pressure-INSTANCE_ID.
HOST_PRESSURE = "-host-pressure-"

# The log group CloudTrail writes to: the stack's own, or that of the existing trail.
TRAIL_GROUP: CloudFormation = {
    "Fn::If": ["OwnTrail", {"Ref": "TrailGroup"}, {"Ref": "ExistingTrailGroup"}],
}

# The bucket CloudTrail writes to: the stack's own, that of the existing trail, or that of an archive account.
TRAIL_BUCKET: CloudFormation = {
    "Fn::If": [
        "OwnBucket",
        {"Ref": "TrailBucket"},
        {"Fn::If": ["OwnTrail", {"Ref": "ArchiveBucket"}, {"Ref": "ExistingTrailBucket"}]},
    ],
}

# That bucket, if it belongs to this account and can be watched from here.
WATCHED_BUCKET: CloudFormation = {
    "Fn::If": ["OwnBucket", {"Ref": "TrailBucket"}, {"Ref": "ExistingTrailBucket"}],
}

# The trail: the stack's own, or the existing one.
TRAIL_ARN: CloudFormation = {
    "Fn::If": ["OwnTrail", {"Fn::GetAtt": ["Trail", "Arn"]}, {"Ref": "ExistingTrailArn"}],
}

# The name of the role under which CloudTrail writes to the log group: the stack's own, or the existing
# trail's.
TRAIL_ROLE: CloudFormation = {
    "Fn::If": ["OwnTrail", {"Ref": "TrailGroupRole"}, {"Ref": "ExistingTrailRole"}],
}

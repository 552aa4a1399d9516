"""The second path of a detection: a metric filter on a log group, and an alarm on the metric.

It is slower than an event rule (CloudTrail takes minutes to a log group, an alarm waits for its period) and
independent of it: a change that silences one does not silence the other.
Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html
"""

from chalicelib.stack import CloudFormation, Parameter

# Stacks of two stages in one account must not count into one metric.
NAMESPACE = "Trailwarden/${AWS::StackName}"

# Whose actions are expected; several remediations read it.
EXPECTED_PRINCIPALS = Parameter(
    name="IgnoredPrincipals",
    type="CommaDelimitedList",
    default="",
    description="ARNs whose actions are expected, wildcards allowed: recorded, no alert.",
)

# What stands in the name of a host's composite alarm, between the main stack's name and the instance's id.
HOST_PRESSURE = "-host-pressure-"

# The log group CloudTrail writes to: the stack's own, or the one of a trail that was there before.
TRAIL_GROUP: CloudFormation = {
    "Fn::If": ["OwnTrail", {"Ref": "TrailGroup"}, {"Ref": "ExistingTrailGroup"}],
}

# The bucket CloudTrail writes to, likewise; or that of an archive account.
TRAIL_BUCKET: CloudFormation = {
    "Fn::If": [
        "OwnBucket",
        {"Ref": "TrailBucket"},
        {"Fn::If": ["OwnTrail", {"Ref": "ArchiveBucket"}, {"Ref": "ExistingTrailBucket"}]},
    ],
}

# That bucket where it is this account's, and so can be watched from here.
WATCHED_BUCKET: CloudFormation = {
    "Fn::If": ["OwnBucket", {"Ref": "TrailBucket"}, {"Ref": "ExistingTrailBucket"}],
}

# The trail itself, likewise.
TRAIL_ARN: CloudFormation = {
    "Fn::If": ["OwnTrail", {"Fn::GetAtt": ["Trail", "Arn"]}, {"Ref": "ExistingTrailArn"}],
}

# The name of the role under which CloudTrail writes to the log group, likewise.
TRAIL_ROLE: CloudFormation = {
    "Fn::If": ["OwnTrail", {"Ref": "TrailGroupRole"}, {"Ref": "ExistingTrailRole"}],
}

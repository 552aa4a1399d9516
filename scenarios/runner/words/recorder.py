"""AWS Config as accounts have it before Trailwarden comes: their recorder, its channel and its bucket."""

from typing import Any

from scenarios.cloud.world import World
from scenarios.runner.scenario import Check
from scenarios.runner.words.checks import alerts

RECORDS = (("ConfigRules", "yes"),)
"""The stack's parameters in an account that has a recorder."""
BUCKET = "config-123456789012"
_ROLE = "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"


def recorder(*types: str) -> dict[str, Any]:
    """CloudFormation of a recorder that runs, for a scenario's `before`; `types`: those it records."""
    group = {"AllSupported": False, "ResourceTypes": list(types)} if types else {"AllSupported": True}
    delivers = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:PutObject", "s3:GetBucketAcl"],
                "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
            }
        ],
    }
    trusts = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    return {
        "Resources": {
            "ConfigBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
            "ConfigRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "config",
                    "AssumeRolePolicyDocument": trusts,
                    "ManagedPolicyArns": [_ROLE],
                    "Policies": [{"PolicyName": "delivers", "PolicyDocument": delivers}],
                },
            },
            "Recorder": {
                "Type": "AWS::Config::ConfigurationRecorder",
                "Properties": {"RoleARN": {"Fn::GetAtt": ["ConfigRole", "Arn"]}, "RecordingGroup": group},
            },
            "Channel": {
                "Type": "AWS::Config::DeliveryChannel",
                "DependsOn": ["Recorder"],
                "Properties": {"S3BucketName": {"Ref": "ConfigBucket"}},
            },
        }
    }


def judged(rule: str, resource: str, compliance: str) -> Check:
    """What AWS Config holds of a resource under a rule of the stack; "" for nothing.

    `resource`: its id, or the name of a security group or an instance.
    """

    def judge(world: World) -> str | None:
        with world.calls.muted():
            client = world.client(world.user("reader"), "config")
            answer = client.get_compliance_details_by_config_rule(
                ConfigRuleName=f"{world.home.name}-{rule}", Limit=100
            )
        found = {
            each["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: each
            for each in answer["EvaluationResults"]
        }
        known = id_of(world, resource)
        said = found[known]["ComplianceType"] if known in found else ""
        return None if said == compliance else f"it holds {said or 'nothing'} of it"

    return Check(f"{resource} is {compliance or 'not judged'} under {rule}", judge)


def who_is_named(who: str, *, said: str = "") -> Check:
    """Some alert about a resource's compliance names this caller, the first one or the later one."""

    def judge(world: World) -> str | None:
        found = [each for each in alerts(world) if each.attributes["remediation"] == "noncompliant"]
        if any(who in each.text and said in f"{each.subject} {each.text}" for each in found):
            return None
        return f"there came {'; '.join(each.subject for each in found) or 'none'}"

    return Check(f"an alert of noncompliant names {who}{f', {said}' if said else ''}", judge)


def id_of(world: World, resource: str) -> str:
    """The id of a security group or an instance by its name; of anything else what was given."""
    with world.calls.muted():
        ec2 = world.client(world.user("reader"), "ec2")
        groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [resource]}])
        tagged = ec2.describe_tags(Filters=[{"Name": "value", "Values": [resource]}])
    found = [each["GroupId"] for each in groups["SecurityGroups"]]
    found += [each["ResourceId"] for each in tagged["Tags"] if each["Key"] == "Name"]
    return str(found[0]) if found else resource

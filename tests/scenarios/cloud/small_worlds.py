"""Small stacks to set worlds on: a queue that hears, a topic that mails, a bucket that tells, a trail."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT, START, Deployment
from scenarios.cloud.kernel.faults import NONE
from scenarios.cloud.world import World

HOME = "us-east-1"
VERSION = "2012-10-17"


def world(resources, *, seed=1, faults=NONE, spoke=None, regions=(HOME,), start=START):
    """A world on a stack of these resources; `spoke`: resources for every region but the first."""
    spoken = {"Parameters": {"HomeRegion": {"Type": "String"}}, "Resources": spoke or {}}
    deployment = Deployment(
        template=json.dumps({"Resources": resources}),
        spoke=json.dumps(spoken),
        home=regions[0],
        spokes=tuple(regions[1:]) if spoke else (),
        regions=tuple(regions),
        start=start,
    )
    return World(deployment, seed=seed, faults=faults)


def arn(service, rest, region=HOME):
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"


def lets(service, *actions, resource="*", **more):
    """A statement: this AWS service may do that."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": list(actions),
        "Resource": resource,
        **more,
    }


def document(*statements):
    return {"Version": VERSION, "Statement": list(statements)}


def total(world, namespace, metric, statistic="Sum", **dimensions):
    """What a metric comes to since the world began; None without a datapoint."""
    start, end = world.deployment.start, world.clock.now + timedelta(minutes=1)
    store = world.cloudwatch.store(world.deployment.home)
    points = store.statistic(namespace, metric, dimensions, statistic, period=60, start=start, end=end)
    return sum(value for _, value in points) if points else None


# ---- resources ----------------------------------------------------------------------------------


def queue(name="Heard", by="events"):
    """A queue, and a policy under which one service may send to it; none where `by` is empty."""
    resources = {name: {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}}
    if by:
        properties = {
            "Queues": [{"Ref": name}],
            "PolicyDocument": document(lets(by, "sqs:SendMessage", resource={"Fn::GetAtt": [name, "Arn"]})),
        }
        resources[f"{name}Policy"] = {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}
    return resources


def rule(name="Rule", pattern=None, to="Heard", target=None, **properties):
    """A rule whose one target is a queue of the stack, with more said about the target in `target`."""
    given = {"Name": name, "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": [to, "Arn"]}, **(target or {})}]}
    if "ScheduleExpression" not in properties:
        given["EventPattern"] = pattern or {"account": [ACCOUNT]}
    return {name: {"Type": "AWS::Events::Rule", "Properties": given | properties}}


def role(name, service, *statements):
    """A role that a service assumes."""
    properties = {
        "RoleName": name,
        "AssumeRolePolicyDocument": document(
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": f"{service}.amazonaws.com"},
            }
        ),
        "Policies": [{"PolicyName": "p", "PolicyDocument": document(*statements)}] if statements else [],
    }
    return {name: {"Type": "AWS::IAM::Role", "Properties": properties}}


def may(action, resource="*"):
    """A statement of an identity policy."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def topic(*publishers, name="Alerts", mail="on-call@example.com", key=None):
    """A topic that mails, and whom its policy lets publish."""
    properties = {"TopicName": name}
    if mail:
        properties["Subscription"] = [{"Protocol": "email", "Endpoint": mail}]
    if key:
        properties["KmsMasterKeyId"] = {"Ref": key}
    resources = {name: {"Type": "AWS::SNS::Topic", "Properties": properties}}
    if publishers:
        statements = [lets(each, "sns:Publish", resource={"Ref": name}) for each in publishers]
        properties = {"Topics": [{"Ref": name}], "PolicyDocument": document(*statements)}
        resources[f"{name}Policy"] = {"Type": "AWS::SNS::TopicPolicy", "Properties": properties}
    return resources


def group(name="/host/secure", logical="Group"):
    return {logical: {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}}


def function(name="look", **properties):
    """A function that fails at once, and a queue where what it was sent is kept: see `arrived`."""
    given = {
        "FunctionName": name,
        "Code": {"S3Bucket": "b", "S3Key": "k"},
        "Handler": "nowhere.look",
        "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
        "Runtime": "python3.13",
    }
    failing = {
        "FunctionName": {"Ref": name},
        "Qualifier": "$LATEST",
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Kept", "Arn"]}}},
    }
    return {
        **role(f"{name}Role", "lambda", may("*")),
        **queue("Kept", by=""),
        name: {"Type": "AWS::Lambda::Function", "Properties": given | properties},
        f"{name}Failing": {"Type": "AWS::Lambda::EventInvokeConfig", "Properties": failing},
    }


def permission(service, name="look", **properties):
    given = {
        "FunctionName": {"Ref": name},
        "Action": "lambda:InvokeFunction",
        "Principal": f"{service}.amazonaws.com",
    }
    return {f"{name}By{service}": {"Type": "AWS::Lambda::Permission", "Properties": given | properties}}


def bucket(name="tw-logs", **properties):
    return {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, **properties}}}


def trail(**properties):
    """A multi-region trail with validation and a log group, and all that it needs."""
    statements = (
        lets("cloudtrail", "s3:GetBucketAcl", resource={"Fn::GetAtt": ["Bucket", "Arn"]}),
        lets("cloudtrail", "s3:PutObject", resource={"Fn::Sub": "${Bucket.Arn}/*"}),
    )
    given = {
        "TrailName": "main",
        "S3BucketName": {"Ref": "Bucket"},
        "IsLogging": True,
        "IsMultiRegionTrail": True,
        "EnableLogFileValidation": True,
        "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["TrailGroup", "Arn"]},
        "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["TrailRole", "Arn"]},
    }
    policy = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document(*statements)}
    return {
        **bucket(VersioningConfiguration={"Status": "Enabled"}),
        **group("trail", "TrailGroup"),
        **role("TrailRole", "cloudtrail", may("logs:CreateLogStream"), may("logs:PutLogEvents")),
        "BucketPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy},
        "Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": ["BucketPolicy"],
            "Properties": given | properties,
        },
    }


# ---- what came of it ----------------------------------------------------------------------------


def heard(world, name="Heard", region=HOME):
    """The bodies that lie in a queue, parsed."""
    return [json.loads(body) for body in world.queues.bodies(arn("sqs", name, region))]


def arrived(world):
    """The events that the world's function was invoked with."""
    return [record["requestPayload"] for record in heard(world, "Kept")]


def noted(world, kind):
    """The lines of the trace of one kind."""
    return [moment.words for moment in world.setting.trace if moment.kind == kind]


def refusal(call, *args, **parameters):
    """The code of the error that the call ends with; a call that ends well fails the test."""
    with pytest.raises(ClientError) as caught:
        call(*args, **parameters)
    return caught.value.response["Error"]["Code"]


def admin(world, service, region=""):
    """A client of somebody who may do everything."""
    return world.client(world.user("alice"), service, region)

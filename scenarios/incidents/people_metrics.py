"""The stack's own metrics reach a third party by Firehose, though its intake is down at first."""

from typing import Any

from chalicelib.remediation import Severity
from scenarios.runner.scenario import Scenario, at, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert
from scenarios.runner.words.dashboards import intake, intake_has

root = Actor(name="root", address="203.0.113.7")
INTAKE = "https://intake.example.com/metrics"


def _role(service: str, action: str, resource: Any) -> dict[str, Any]:
    """A role that one service assumes and that may do one thing."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": action, "Resource": resource}
    version = "2012-10-17"
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": version, "Statement": [trust]},
            "Policies": [
                {"PolicyName": "deliver", "PolicyDocument": {"Version": version, "Statement": [may]}}
            ],
        },
    }


_TO_THE_INTAKE = {
    "EndpointConfiguration": {"Url": INTAKE, "AccessKey": "of-the-third-party"},
    "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
    "S3Configuration": {
        "BucketARN": {"Fn::GetAtt": ["Left", "Arn"]},
        "RoleARN": {"Fn::GetAtt": ["Delivers", "Arn"]},
    },
}
STREAMING = {
    "Resources": {
        "Left": {"Type": "AWS::S3::Bucket"},
        "Delivers": _role("firehose.amazonaws.com", "s3:PutObject", {"Fn::Sub": "${Left.Arn}/*"}),
        "Delivery": {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {"HttpEndpointDestinationConfiguration": _TO_THE_INTAKE},
        },
        "Streams": _role(
            "streams.metrics.cloudwatch.amazonaws.com",
            "firehose:PutRecord*",
            {"Fn::GetAtt": ["Delivery", "Arn"]},
        ),
        "Stream": {
            "Type": "AWS::CloudWatch::MetricStream",
            "Properties": {
                "FirehoseArn": {"Fn::GetAtt": ["Delivery", "Arn"]},
                "RoleArn": {"Fn::GetAtt": ["Streams", "Arn"]},
                "OutputFormat": "opentelemetry1.0",
                "IncludeFilters": [{"Namespace": "Trailwarden/trailwarden"}],
            },
        },
    }
}

SCENARIO = Scenario(
    name="people.metrics",
    title="Metrics of findings stream to a third party, whose intake is down when the first ones come",
    before=STREAMING,
    given=[intake(INTAKE, fails=2)],
    when=[at("00:00", root.signs_in(mfa=False))],
    then=[
        by("02:30", alert("root_login", "CRITICAL", "Root signed in")),
        by("09:00", intake_has(INTAKE, Severity.CRITICAL)),
    ],
    lasts="09:30",
)

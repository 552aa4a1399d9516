"""Small stacks, each resource with telling defaults, and a session to build them through."""

from typing import Any, ClassVar

import boto3

from scenarios.cloud.cloudformation.provision import provision
from scenarios.cloud.cloudformation.schemas import has_property
from scenarios.cloud.services import REGISTRY

REGION = "eu-west-1"
ACCOUNT = "123456789012"


class OneClientEach(boto3.Session):
    """Makes each client once for all tests: making them would take most of the time."""

    made: ClassVar[dict[tuple[str, str], Any]] = {}

    def client(self, service, region_name=REGION):  # type: ignore[override]  # as the tests ask
        if (service, region_name) not in self.made:
            self.made[service, region_name] = super().client(service, region_name=region_name)
        return self.made[service, region_name]


SESSION = OneClientEach(
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="dummy", region_name=REGION
)
VERSION = "2012-10-17"


def client(service):
    return SESSION.client(service, region_name=REGION)


def build(resources, *, region=REGION, stack_name="watch", parameters=None, **sections):
    """A stack; each attribute that one of its resources answers to is one that CloudFormation's has."""
    stack = provision(
        {"Resources": resources, **sections},
        region=region,
        account=ACCOUNT,
        parameters=parameters or {},
        stack_name=stack_name,
        session=SESSION,
        kinds=REGISTRY.kinds,
        validators=REGISTRY.validators,
    )
    for made in stack.resources.values():
        for attribute in made.attributes:
            assert has_property(made.type, attribute), f"{made.type} has no attribute {attribute}"
    return stack


def one(kind, **properties):
    return {"One": {"Type": kind, "Properties": properties}}


def allow(action="*", resource="*", service=None, **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    if service:
        statement["Principal"] = {"Service": f"{service}.amazonaws.com"}
    return {"Version": VERSION, "Statement": [statement]}


def trust(service):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    return {
        "Version": VERSION,
        "Statement": [statement | {"Principal": {"Service": f"{service}.amazonaws.com"}}],
    }


def role(service="lambda", *policies):
    inline = [{"PolicyName": f"p{i}", "PolicyDocument": policy} for i, policy in enumerate(policies)]
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": trust(service), "Policies": inline},
    }


def function(**properties):
    given = {
        "Code": {"S3Bucket": "b", "S3Key": "k"},
        "Handler": "app.look",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.12",
    }
    return {"Type": "AWS::Lambda::Function", "Properties": given | properties}


QUEUE = {"Type": "AWS::SQS::Queue"}
TOPIC = {"Type": "AWS::SNS::Topic"}
GROUP = {"Type": "AWS::Logs::LogGroup"}
BUCKET = {"Type": "AWS::S3::Bucket"}
KEY = {"Type": "AWS::KMS::Key"}
QUEUE_ARN = {"Fn::GetAtt": ["Queue", "Arn"]}
LAMBDA = {"Role": role("lambda", allow()), "One": function()}

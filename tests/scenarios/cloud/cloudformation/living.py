"""A world in which stacks are created and updated by calls, and what it then says of them."""

import json

import pytest

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.world import World

IAM = ["CAPABILITY_NAMED_IAM"]
NAME = "app"
REFUSED = {
    "Type": "AWS::Lambda::EventInvokeConfig",
    "Properties": {"FunctionName": "nobody", "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
}
TOPIC = {"Type": "AWS::SNS::Topic"}


def queue(seconds=40, **more):
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds, **more}}


def body(resources, **sections):
    return json.dumps({"Resources": resources, **sections})


class Stacks:
    """What ann does with stacks of one world."""

    def __init__(self, world, who="ann"):
        self.world, self.who = world, who

    def client(self, service="cloudformation"):
        return self.world.client(self.world.user(self.who), service)

    def creates(self, resources, *, name=NAME, given=None, **sections):
        self.client().create_stack(
            StackName=name, TemplateBody=body(resources, **sections), Capabilities=IAM, **(given or {})
        )
        self.world.run(60)

    def updates(self, resources, *, name=NAME, given=None, **sections):
        self.client().update_stack(
            StackName=name, TemplateBody=body(resources, **sections), Capabilities=IAM, **(given or {})
        )
        self.world.run(60)

    def found(self, name=NAME):
        [stack] = self.client().describe_stacks(StackName=name)["Stacks"]
        return stack

    def status(self, name=NAME):
        return self.found(name)["StackStatus"]

    def why(self, name=NAME):
        """The reasons that its events give, the newest first."""
        events = self.client().describe_stack_events(StackName=name)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if "ResourceStatusReason" in event]

    def there(self, name=NAME):
        listed = self.client().list_stack_resources(StackName=name)["StackResourceSummaries"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}

    def timeout(self, logical_id="Queue"):
        url = self.there()[logical_id]
        told = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        return told["Attributes"]["VisibilityTimeout"]


@pytest.fixture
def stacks():
    with World(Deployment(template="")) as world:
        yield Stacks(world)

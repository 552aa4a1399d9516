"""What CloudFormation tells of a world's stacks, and EC2 of its regions. Nothing is updated or drifts.

As on AWS, a resource that somebody deleted by hand is still listed: CloudFormation isn't told.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html,
API_ListStackResources.html and API_GetTemplate.html there;
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
"""

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scenarios.cloud.calls import Asked
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting


class DescribedStacks:
    """Answers CloudFormation's and EC2's describe calls about the stacks."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._stacks: Sequence[Stack] = ()
        self._since = setting.clock.now
        for operation, answer in (
            ("DescribeStacks", self._describe),
            ("ListStackResources", self._resources),
            ("GetTemplate", self._template),
        ):
            setting.calls.answer("cloudformation", operation, answer)
        setting.calls.answer("ec2", "DescribeRegions", self._regions)

    def start(self, stacks: Sequence[Stack]) -> None:
        """Know these stacks."""
        self._stacks = stacks
        self._since = self._setting.clock.now

    def _named(self, asked: Asked) -> Stack:
        name = str(asked.parameters.get("StackName", ""))
        for each in self._stacks:
            if each.region == asked.region and name in (each.name, each.stack_id):
                return each
        raise Refused("ValidationError", f"Stack with id {name} does not exist")

    def _describe(self, asked: Asked) -> dict[str, Any]:
        if "StackName" in asked.parameters:
            return {"Stacks": [_description(self._named(asked), self._since)]}
        there = [each for each in self._stacks if each.region == asked.region]
        return {"Stacks": [_description(each, self._since) for each in there]}

    def _resources(self, asked: Asked) -> dict[str, Any]:
        resources = self._named(asked).resources.values()
        summaries = [
            {
                "LogicalResourceId": each.logical_id,
                "PhysicalResourceId": each.physical_id,
                "ResourceType": each.type,
                "ResourceStatus": "CREATE_COMPLETE",
                "LastUpdatedTimestamp": self._since,
            }
            for each in resources
        ]
        return {"StackResourceSummaries": summaries}

    def _template(self, asked: Asked) -> dict[str, Any]:
        return {
            "TemplateBody": copy.deepcopy(self._named(asked).template),
            "StagesAvailable": ["Original", "Processed"],
        }

    def _regions(self, asked: Asked) -> dict[str, Any]:
        named = asked.parameters.get("RegionNames", self._setting.regions)
        regions = [
            {
                "RegionName": region,
                "Endpoint": f"ec2.{region}.amazonaws.com",
                "OptInStatus": "opt-in-not-required",
            }
            for region in self._setting.regions
            if region in named
        ]
        return {"Regions": regions}


def _description(stack: Stack, since: datetime) -> dict[str, Any]:
    declared = stack.template.get("Parameters", {})
    defaults = {name: str(each.get("Default", "")) for name, each in declared.items()}
    values = {**defaults, **stack.parameters}
    return {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        "CreationTime": since,
        "StackStatus": "CREATE_COMPLETE",
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in stack.outputs.items()],
    }

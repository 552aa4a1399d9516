"""What CloudFormation tells of a world's stacks, how one is deleted, and EC2 of its regions.

Nothing is updated or drifts. As on AWS, a resource that somebody deleted by hand is still listed:
CloudFormation isn't told.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html,
API_DescribeStackEvents.html, API_ListStackResources.html, API_DescribeStackResources.html,
API_GetTemplate.html, API_DeleteStack.html and API_UpdateTerminationProtection.html there;
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html and
event-detail-resource-status-change.html there;
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
"""

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from scenarios.cloud.calls import Asked
from scenarios.cloud.cloudformation.deletion import SERVICE, Deletion, retained_by
from scenarios.cloud.cloudformation.standing import Standing, Status, created
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.setting import Setting

STACK_CHANGE: Final = "CloudFormation Stack Status Change"
RESOURCE_CHANGE: Final = "CloudFormation Resource Status Change"
EVENTS = (EmittedEvents(source="aws.cloudformation", detail_types=(STACK_CHANGE, RESOURCE_CHANGE)),)
EVENT_SECONDS: Final = 1.0
# moto's own stacks are not the world's: what it would answer here is about nothing.
_UNKNOWN: Final = (
    *("CreateStack", "UpdateStack", "CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack"),
    *("CreateChangeSet", "ExecuteChangeSet", "DescribeStackResource"),
    *("DetectStackDrift", "DetectStackResourceDrift", "SetStackPolicy", "GetStackPolicy", "ListStacks"),
    *("GetTemplateSummary", "SignalResource"),
)


class Stacks:
    """Answers CloudFormation's calls about the stacks, and EC2's about the regions."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._stacks: Sequence[Standing] = ()
        for operation, answer in (
            ("DescribeStacks", self._describe),
            ("DescribeStackEvents", self._events),
            ("ListStackResources", self._list_resources),
            ("DescribeStackResources", self._describe_resources),
            ("GetTemplate", self._template),
            ("UpdateTerminationProtection", self._protect),
            ("DeleteStack", self._delete),
        ):
            setting.calls.answer("cloudformation", operation, answer)
        for operation in _UNKNOWN:
            setting.calls.check("cloudformation", operation, _loud)
        setting.calls.answer("ec2", "DescribeRegions", self._regions)

    def start(self, stacks: Iterable[Stack]) -> None:
        """Know these stacks."""
        self._stacks = [created(each, self._setting.clock.now) for each in stacks]

    # ---- what is told ---------------------------------------------------------------------------

    def _found(self, asked: Asked) -> Standing | None:
        """A stack by its name, or by its id, which still finds one that is gone."""
        name = str(asked.parameters.get("StackName", ""))
        for each in self._stacks:
            named = name == each.stack.name and not each.deleted
            if each.stack.region == asked.region and (named or name == each.stack.stack_id):
                return each
        return None

    def _named(self, asked: Asked) -> Standing:
        found = self._found(asked)
        if found is None:
            name = asked.parameters.get("StackName", "")
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        return found

    def _describe(self, asked: Asked) -> dict[str, Any]:
        if "StackName" in asked.parameters:
            return {"Stacks": [_description(self._named(asked))]}
        there = [each for each in self._stacks if each.stack.region == asked.region and not each.deleted]
        return {"Stacks": [_description(each) for each in there]}

    def _events(self, asked: Asked) -> dict[str, Any]:
        """Of the stack itself, the newest first; those of its resources are left out."""
        found = self._named(asked)
        stack, statuses = found.stack, [found.status, *reversed(found.before)]
        return {
            "StackEvents": [
                {
                    "StackId": stack.stack_id,
                    "EventId": f"{stack.stack_id}#{len(statuses) - number}",
                    "StackName": stack.name,
                    "LogicalResourceId": stack.name,
                    "PhysicalResourceId": stack.stack_id,
                    "ResourceType": "AWS::CloudFormation::Stack",
                    "Timestamp": each.since,
                    "ResourceStatus": each.name,
                }
                for number, each in enumerate(statuses)
            ]
        }

    def _list_resources(self, asked: Asked) -> dict[str, Any]:
        found = self._named(asked)
        return {
            "StackResourceSummaries": [
                _resource(found, each, "LastUpdatedTimestamp") for each in found.stack.resources.values()
            ]
        }

    def _describe_resources(self, asked: Asked) -> dict[str, Any]:
        if "PhysicalResourceId" in asked.parameters:
            raise NotSimulated("cloudformation", "DescribeStackResources by PhysicalResourceId")
        found, only = self._named(asked), asked.parameters.get("LogicalResourceId")
        return {
            "StackResources": [
                {
                    "StackName": found.stack.name,
                    "StackId": found.stack.stack_id,
                    **_resource(found, each, "Timestamp"),
                }
                for each in found.stack.resources.values()
                if only in (None, each.logical_id)
            ]
        }

    def _template(self, asked: Asked) -> dict[str, Any]:
        return {
            "TemplateBody": copy.deepcopy(self._named(asked).stack.template),
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

    # ---- what is done ---------------------------------------------------------------------------

    def _protect(self, asked: Asked) -> dict[str, Any]:
        found = self._named(asked)
        found.protected = bool(asked.parameters["EnableTerminationProtection"])
        return {"StackId": found.stack.stack_id}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        """Begin to delete a stack; of one that isn't there CloudFormation says nothing."""
        for name in ("RoleARN", "DeletionMode"):
            if asked.parameters.get(name, "STANDARD") != "STANDARD":
                raise NotSimulated("cloudformation", f"DeleteStack with {name}")
        found, retained = self._found(asked), frozenset(asked.parameters.get("RetainResources", ()))
        if found is None or found.deleted or found.status.name == "DELETE_IN_PROGRESS":
            return {}
        if found.protected:
            why = f"Stack [{found.stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise Refused("ValidationError", why)
        if retained and found.status.name != "DELETE_FAILED":
            # The words are unconfirmed.
            why = f"Invalid operation on stack [{found.stack.stack_id}]: RetainResources needs DELETE_FAILED"
            raise Refused("ValidationError", why)
        Deletion(
            setting=self._setting,
            standing=found,
            caller=asked.caller.through(SERVICE),
            retained=retained | retained_by(found.stack.template),
            tell=partial(self._tell, str(asked.parameters.get("ClientRequestToken", ""))),
        ).begin()
        return {}

    def _tell(self, token: str, standing: Standing, logical_id: str, status: str, reason: str) -> None:
        """A status changed; EventBridge is told."""
        stack, now = standing.stack, Status(status, self._setting.clock.now, reason)
        detail: dict[str, Any] = {"stack-id": stack.stack_id}
        if logical_id:
            resource = stack.resources[logical_id]
            standing.resources[logical_id] = now
            detail |= {
                "logical-resource-id": logical_id,
                "physical-resource-id": resource.physical_id,
                "resource-type": resource.type,
            }
        else:
            standing.becomes(now)
            self._setting.note("stack", f"{stack.name} is {status}{f': {reason}' if reason else ''}")
        detail |= {
            "status-details": {"status": status, "status-reason": reason},
            "client-request-token": token,
        }
        kind = RESOURCE_CHANGE if logical_id else STACK_CHANGE
        event = self._setting.service_event(
            stack.region, "aws.cloudformation", kind, [stack.stack_id], detail
        )
        announce = partial(self._setting.announce, stack.region, event, by=SERVICE)
        self._setting.clock.after(EVENT_SECONDS, announce, kind)


def _loud(asked: Asked) -> None:
    raise NotSimulated("cloudformation", asked.operation)


def _description(standing: Standing) -> dict[str, Any]:
    stack, status = standing.stack, standing.status
    declared = stack.template.get("Parameters", {})
    defaults = {name: str(each.get("Default", "")) for name, each in declared.items()}
    values = {**defaults, **stack.parameters}
    return {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        "CreationTime": standing.created,
        "StackStatus": status.name,
        **({"StackStatusReason": status.reason} if status.reason else {}),
        **({"DeletionTime": status.since} if status.name.startswith("DELETE") else {}),
        "EnableTerminationProtection": standing.protected,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in stack.outputs.items()],
    }


def _resource(standing: Standing, resource: Resource, since: str) -> Mapping[str, Any]:
    status = standing.resources[resource.logical_id]
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "ResourceStatus": status.name,
        **({"ResourceStatusReason": status.reason} if status.reason else {}),
        since: status.since,
    }

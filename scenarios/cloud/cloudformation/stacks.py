"""What CloudFormation tells of a world's stacks, and EC2 of its regions.

Nothing drifts. As on AWS, a resource that somebody deleted by hand is still listed: CloudFormation isn't
told.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html,
API_DescribeStackEvents.html, API_ListStacks.html, API_ListStackResources.html,
API_DescribeStackResource.html, API_DescribeStackResources.html and API_GetTemplate.html there;
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html and
event-detail-resource-status-change.html there;
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
"""

import copy
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudformation.custom_resources import Data
from scenarios.cloud.cloudformation.notifications import notification
from scenarios.cloud.cloudformation.standing import SERVICE, StackEvent, Standing, Status, Tell, created
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.deliveries import Notification
from scenarios.cloud.kernel.emitted import EmittedEvents
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.texts import is_true
from scenarios.cloud.setting import Setting

STACK_CHANGE: Final = "CloudFormation Stack Status Change"
RESOURCE_CHANGE: Final = "CloudFormation Resource Status Change"
EVENTS = (EmittedEvents(source="aws.cloudformation", detail_types=(STACK_CHANGE, RESOURCE_CHANGE)),)
EVENT_SECONDS: Final = 1.0
# moto's own stacks are not the world's: what it would answer here is about nothing.
_UNKNOWN: Final = (
    *("CancelUpdateStack", "SignalResource"),
    *("DetectStackDrift", "DetectStackResourceDrift"),
)


class Stacks:
    """Every stack of the world, and the answers to CloudFormation's reads; EC2's of the regions."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.all: list[Standing] = []
        for operation, answer in (
            ("DescribeStacks", self._describe),
            ("DescribeStackEvents", self._events),
            ("ListStacks", self._list),
            ("ListStackResources", self._list_resources),
            ("DescribeStackResource", self._describe_resource),
            ("DescribeStackResources", self._describe_resources),
            ("GetTemplate", self._template),
        ):
            setting.calls.answer("cloudformation", operation, answer)
        for operation in _UNKNOWN:
            setting.calls.check("cloudformation", operation, _loud)
        setting.calls.answer("ec2", "DescribeRegions", self._regions)

    def start(self, stacks: Iterable[Stack]) -> None:
        """Know these stacks."""
        self.all = [created(each, self._setting.clock.now) for each in stacks]

    # ---- which stack ----------------------------------------------------------------------------

    def found(self, asked: Asked) -> Standing | None:
        """A stack by its name, or by its id, which still finds one that is gone."""
        name = str(asked.parameters.get("StackName", ""))
        for each in self.all:
            named = name == each.stack.name and not each.deleted
            if each.stack.region == asked.region and (named or name == each.stack.stack_id):
                return each
        return None

    def named(self, asked: Asked) -> Standing:
        """The same; raises Refused where there is none."""
        found = self.found(asked)
        if found is None:
            name = asked.parameters.get("StackName", "")
            raise Refused("ValidationError", f"Stack with id {name} does not exist")
        return found

    # ---- what is told ---------------------------------------------------------------------------

    def _describe(self, asked: Asked) -> dict[str, Any]:
        if "StackName" in asked.parameters:
            return {"Stacks": [_description(self.named(asked))]}
        there = [each for each in self.all if each.stack.region == asked.region and not each.deleted]
        return {"Stacks": [_description(each) for each in there]}

    def _list(self, asked: Asked) -> dict[str, Any]:
        """The newest first; those that are gone, too."""
        wanted = asked.parameters.get("StackStatusFilter")
        return {
            "StackSummaries": [
                {
                    "StackId": each.stack.stack_id,
                    "StackName": each.stack.name,
                    "CreationTime": each.created,
                    "StackStatus": each.status.name,
                    **({"StackStatusReason": each.status.reason} if each.status.reason else {}),
                    **({"DeletionTime": each.status.since} if each.deleted else {}),
                    **({"LastUpdatedTime": each.updated} if each.updated else {}),
                }
                for each in reversed(self.all)
                if each.stack.region == asked.region and (not wanted or each.status.name in wanted)
            ]
        }

    def _events(self, asked: Asked) -> dict[str, Any]:
        """The newest first; of a stack that was there before the world began, its creation as one event."""
        found = self.named(asked)
        numbered = list(enumerate(found.events, start=1))
        return {"StackEvents": [_event(found.stack, number, each) for number, each in reversed(numbered)]}

    def _list_resources(self, asked: Asked) -> dict[str, Any]:
        found = self.named(asked)
        return {
            "StackResourceSummaries": [
                _resource(found, each, "LastUpdatedTimestamp") for each in found.resources
            ]
        }

    def _describe_resource(self, asked: Asked) -> dict[str, Any]:
        found, wanted = self.named(asked), str(asked.parameters["LogicalResourceId"])
        if wanted not in found.resources:
            why = f"Resource {wanted} does not exist for stack {found.stack.name}"
            raise Refused("ValidationError", why)
        detail = _resource(found, wanted, "LastUpdatedTimestamp")
        return {"StackResourceDetail": {**_place(found.stack), **detail}}

    def _describe_resources(self, asked: Asked) -> dict[str, Any]:
        if "PhysicalResourceId" in asked.parameters:
            raise NotSimulated("cloudformation", "DescribeStackResources by PhysicalResourceId")
        found, only = self.named(asked), asked.parameters.get("LogicalResourceId")
        return {
            "StackResources": [
                {**_place(found.stack), **_resource(found, each, "Timestamp")}
                for each in found.resources
                if only in (None, each)
            ]
        }

    def _template(self, asked: Asked) -> dict[str, Any]:
        """A template that was handed in as text comes back as it was, its comments included."""
        if "ChangeSetName" in asked.parameters:
            raise NotSimulated("cloudformation", "GetTemplate of a change set")
        found = self.named(asked)
        processed = asked.parameters.get("TemplateStage", "Original") == "Processed"
        template = found.stack.template if processed else found.original
        return {"TemplateBody": copy.deepcopy(template), "StagesAvailable": ["Original", "Processed"]}

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

    # ---- what becomes of one --------------------------------------------------------------------

    def teller(self, asked: Asked) -> Tell:
        """Tells what becomes of a stack because of this call."""
        return partial(self._tell, asked)

    def _tell(self, asked: Asked, standing: Standing, logical_id: str, status: str, reason: str) -> None:
        """A status changed; EventBridge is told, and the stack's topics."""
        token = str(asked.parameters.get("ClientRequestToken", ""))
        stack, now = standing.stack, Status(status, self._setting.clock.now, reason)
        standing.becomes(logical_id, now, token)
        detail: dict[str, Any] = {"stack-id": stack.stack_id}
        if logical_id:
            detail |= {
                "logical-resource-id": logical_id,
                "physical-resource-id": standing.physical_id_of(logical_id),
                "resource-type": standing.type_of(logical_id),
            }
        else:
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
        if standing.notified:
            told = notification(standing, len(standing.events), asked.caller)
            notify = partial(self._notify, standing.notified, told, asked.caller.through(SERVICE))
            self._setting.clock.after(EVENT_SECONDS, notify, "CloudFormation notifies topics")

    def _notify(self, topics: Iterable[str], told: Notification, caller: Caller) -> None:
        """Publish in the name of whoever asked; a topic that doesn't take it is not tried again."""
        for arn in topics:
            refusal = self._setting.deliveries.hand_over(arn, told, by=caller)
            if refusal is not None:
                self._setting.note("stack", f"CloudFormation could not notify {arn}: {refusal.because}")

    def changed(self) -> None:
        """Another resource stands in some stack, or is gone: the laws that read stacks look again."""
        self._setting.laws.stacks_are(tuple(each.stack for each in self.all if not each.deleted))


def _loud(asked: Asked) -> None:
    raise NotSimulated("cloudformation", asked.operation)


def _place(stack: Stack) -> dict[str, str]:
    return {"StackName": stack.name, "StackId": stack.stack_id}


def _description(standing: Standing) -> dict[str, Any]:
    stack, status = standing.stack, standing.status
    return {
        **_place(stack),
        **({"Description": standing.description} if standing.description else {}),
        "CreationTime": standing.created,
        **({"LastUpdatedTime": standing.updated} if standing.updated else {}),
        "StackStatus": status.name,
        **({"StackStatusReason": status.reason} if status.reason else {}),
        **({"DeletionTime": status.since} if status.name.startswith("DELETE") else {}),
        "DisableRollback": standing.disable_rollback,
        "EnableTerminationProtection": standing.protected,
        "Capabilities": list(standing.capabilities),
        "Parameters": told_parameters(stack),
        "Tags": [{"Key": key, "Value": value} for key, value in standing.tags.items()],
        "Outputs": [_output(stack, key) for key in stack.outputs],
        "NotificationARNs": list(standing.notified),
        **({"RoleARN": standing.role} if standing.role else {}),
    }


def _output(stack: Stack, key: str) -> dict[str, str]:
    declared = stack.template.get("Outputs", {}).get(key, {})
    return {
        "OutputKey": key,
        "OutputValue": "*****" if _shows_what_is_secret(stack, declared) else stack.outputs[key],
        **({"Description": declared["Description"]} if "Description" in declared else {}),
        **({"ExportName": stack.exports[key]} if key in stack.exports else {}),
    }


def _shows_what_is_secret(stack: Stack, declared: Mapping[str, Any]) -> bool:
    """Whether an output takes an attribute of a custom resource that said NoEcho."""
    secret = [
        name
        for name, each in stack.resources.items()
        if isinstance(each.attributes, Data) and each.attributes.secret
    ]
    text = json.dumps(declared.get("Value", ""))
    # Fn::GetAtt as a list or as a text, and Fn::Sub.
    return any(f'["{name}", ' in text or f'"{name}.' in text or f"${{{name}." in text for name in secret)


def told_parameters(stack: Stack) -> list[dict[str, str]]:
    """A value that is not to be echoed is told as asterisks."""
    declared = stack.template.get("Parameters", {})
    secret = {name for name, each in declared.items() if is_true(each.get("NoEcho"))}
    return [
        {"ParameterKey": name, "ParameterValue": "****" if name in secret else value}
        for name, value in stack.values_of_parameters.items()
    ]


def _event(stack: Stack, number: int, event: StackEvent) -> dict[str, Any]:
    status = event.status
    return {
        **_place(stack),
        "EventId": f"{event.logical_id or stack.stack_id}-{status.name}-{number}",
        "LogicalResourceId": event.logical_id or stack.name,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": status.since,
        "ResourceStatus": status.name,
        **({"ResourceStatusReason": status.reason} if status.reason else {}),
        **({"ClientRequestToken": event.token} if event.token else {}),
    }


def _resource(standing: Standing, logical_id: str, since: str) -> Mapping[str, Any]:
    status = standing.resources[logical_id]
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": standing.physical_id_of(logical_id),
        "ResourceType": standing.type_of(logical_id),
        "ResourceStatus": status.name,
        **({"ResourceStatusReason": status.reason} if status.reason else {}),
        since: status.since,
    }

"""What a stack's topics are told of each of its events.

The lines are those of AWS's example, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-notifications.html
and https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html
"""

import json
from typing import Final

from scenarios.cloud.cloudformation.standing import Standing
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.deliveries import Notification
from scenarios.cloud.kernel.moments import iso_milliseconds

_SUBJECT: Final = "AWS CloudFormation Notification"


def notification(standing: Standing, number: int, caller: Caller) -> Notification:
    """What is told of the `number`th event, the first being 1; `caller`: who asked for the operation."""
    event, stack = standing.events[number - 1], standing.stack
    made = stack.resources.get(event.logical_id)
    told = {
        "StackId": stack.stack_id,
        "Timestamp": iso_milliseconds(event.status.since),
        "EventId": f"{event.logical_id or stack.stack_id}-{event.status.name}-{number}",
        "LogicalResourceId": event.logical_id or stack.name,
        "Namespace": stack.account,
        "PhysicalResourceId": event.physical_id,
        "PrincipalId": caller.principal_id,
        "ResourceProperties": json.dumps(made.properties, default=str) if made is not None else "null",
        "ResourceStatus": event.status.name,
        "ResourceStatusReason": event.status.reason,
        "ResourceType": event.type,
        "StackName": stack.name,
        "ClientRequestToken": event.token or "null",
    }
    lines = "".join(f"{name}='{value}'\n" for name, value in told.items())
    return Notification(text=lines, subject=_SUBJECT)

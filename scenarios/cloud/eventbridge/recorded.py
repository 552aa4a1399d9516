"""How CloudTrail records EventBridge.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cloudtrail.html
"""

from scenarios.cloud.cloudtrail.records.resources import arn_of, prefixed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style

_DATA_EVENTS = frozenset({"PutEvents", "PutPartnerEvents"})


def _bus(call: ApiCall) -> list[Resource]:
    if call.operation not in _DATA_EVENTS:
        return []
    buses = {entry.get("EventBusName") or "default": None for entry in call.parameters.get("Entries", ())}
    arns = (arn_of(call, "events", prefixed("event-bus/", bus)) for bus in buses)
    return [{"type": "AWS::Events::EventBus", "ARN": arn} for arn in arns]


RECORDED = Recorded(
    service="events",
    api_version="2015-10-07",
    data_events=_DATA_EVENTS,
    style=Style(masked=frozenset({"Detail"})),
    resources=_bus,
)

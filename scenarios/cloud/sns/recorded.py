"""How CloudTrail records SNS."""

from scenarios.cloud.cloudtrail.records.resources import typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style


def _topic(call: ApiCall) -> list[Resource]:
    arn: str | None = call.parameters.get("TopicArn") or call.parameters.get("TargetArn")
    return [typed(call, "AWS::SNS::Topic", arn)] if arn else []


RECORDED = Recorded(
    service="sns",
    data_events=frozenset({"Publish", "PublishBatch"}),
    style=Style(masked=frozenset({"Message", "MessageAttributes", "Subject"})),
    resources=_topic,
    history={"topicArn": "AWS::SNS::Topic"},
)

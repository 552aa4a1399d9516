"""How CloudTrail records SNS."""

from scenarios.cloud.cloudtrail.records.resources import typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style


def _topic(call: ApiCall) -> list[Resource]:
    arn: str | None = call.parameters.get("TopicArn") or call.parameters.get("TargetArn")
    return [typed(call, "AWS::SNS::Topic", arn)] if arn else []


# That a confirmation's token is masked is unconfirmed; whoever reads it could confirm with it.
RECORDED = Recorded(
    service="sns",
    data_events=frozenset({"Publish", "PublishBatch"}),
    style=Style(masked=frozenset({"Message", "MessageAttributes", "Subject", "Token"})),
    resources=_topic,
    history={"topicArn": "AWS::SNS::Topic"},
)

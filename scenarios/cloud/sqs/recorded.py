"""How CloudTrail records SQS.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-logging-using-cloudtrail.html
"""

from scenarios.cloud.cloudtrail.records.resources import arn_of, typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style

_DATA_EVENTS = frozenset(
    {
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "DeleteMessage",
        "DeleteMessageBatch",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "ListQueueTags",
        "ListQueues",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
    }
)


def _queue(call: ApiCall) -> list[Resource]:
    url: str | None = call.parameters.get("QueueUrl")
    if url is None or call.operation not in _DATA_EVENTS:
        return []
    return [typed(call, "AWS::SQS::Queue", arn_of(call, "sqs", url.rpartition("/")[2]))]


RECORDED = Recorded(
    service="sqs",
    data_events=_DATA_EVENTS,
    reads=frozenset({"ReceiveMessage"}),
    style=Style(masked=frozenset({"MessageAttributes", "MessageBody", "MessageSystemAttributes"})),
    resources=_queue,
    history={"queueName": "AWS::SQS::Queue", "queueUrl": "AWS::SQS::Queue"},
)

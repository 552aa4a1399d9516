"""How CloudTrail records Kinesis Data Streams."""

from scenarios.cloud.cloudtrail.records.resources import arn_of, prefixed, typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource

_DATA_EVENTS = frozenset({"GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"})


def _stream(call: ApiCall) -> list[Resource]:
    stream: str | None = call.parameters.get("StreamARN") or call.parameters.get("StreamName")
    if stream is None or call.operation not in _DATA_EVENTS:
        return []
    return [typed(call, "AWS::Kinesis::Stream", arn_of(call, "kinesis", prefixed("stream/", stream)))]


RECORDED = Recorded(service="kinesis", data_events=_DATA_EVENTS, resources=_stream)

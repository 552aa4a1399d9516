"""IAM's rows for Kinesis: data streams."""

from scenarios.cloud.authorization.rows import JSON, Arn, Document, Permissions, document
from scenarios.cloud.kernel import moto_state

_LINES = """
ListStreams                     =                         *
DescribeLimits                  =                         *
CreateStream                    =                         stream(StreamName)
DescribeStream +StreamName      =                         stream(StreamName)
DescribeStream +StreamARN       =                         stream(StreamARN)
DescribeStreamSummary +StreamName =                       stream(StreamName)
DescribeStreamSummary +StreamARN  =                       stream(StreamARN)
DeleteStream +StreamName        =                         stream(StreamName)
DeleteStream +StreamARN         =                         stream(StreamARN)
ListShards +StreamName          =                         stream(StreamName)
ListShards +StreamARN           =                         stream(StreamARN)
PutRecord +StreamName           =                         stream(StreamName)
PutRecord +StreamARN            =                         stream(StreamARN)
PutRecords +StreamName          =                         stream(StreamName)
PutRecords +StreamARN           =                         stream(StreamARN)
GetShardIterator +StreamName    =                         stream(StreamName)
GetShardIterator +StreamARN     =                         stream(StreamARN)
GetRecords +StreamARN           =                         stream(StreamARN)
IncreaseStreamRetentionPeriod +StreamName =               stream(StreamName)
IncreaseStreamRetentionPeriod +StreamARN  =               stream(StreamARN)
DecreaseStreamRetentionPeriod +StreamName =               stream(StreamName)
DecreaseStreamRetentionPeriod +StreamARN  =               stream(StreamARN)
StartStreamEncryption +StreamName =                       stream(StreamName)
StartStreamEncryption +StreamARN  =                       stream(StreamARN)
StopStreamEncryption +StreamName  =                       stream(StreamName)
StopStreamEncryption +StreamARN   =                       stream(StreamARN)
"""


def _stream_policy(arn: Arn) -> Document | None:
    found = moto_state.backend("kinesis", arn.account, arn.region).resource_policies.get(arn.text)
    return document(found) if found else None


def _stream_tags(arn: Arn) -> dict[str, str] | None:
    """A stream's tags; nobody here knows of consumers'."""
    kind, _, name = arn.rest.partition("/")
    if kind != "stream" or "/" in name:
        return None
    stream = moto_state.backend("kinesis", arn.account, arn.region).streams.get(name)
    return dict(stream.tags) if stream is not None else {}


PERMISSIONS = Permissions(
    prefix="kinesis",
    denial=JSON,
    lines=_LINES,
    policy_of=_stream_policy,
    tags_of=_stream_tags,
)

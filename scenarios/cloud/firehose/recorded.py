"""How CloudTrail records Data Firehose."""

from scenarios.cloud.kernel.recorded import Recorded

RECORDED = Recorded(service="firehose", data_events=frozenset({"PutRecord", "PutRecordBatch"}))

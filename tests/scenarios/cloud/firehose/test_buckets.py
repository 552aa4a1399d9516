"""Delivery streams to buckets: when they deliver, under which names, what they do with records before."""

import gzip
import json
import re

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.firehose.stream_worlds import (
    FORWARDS,
    LAKE,
    READS,
    STORES,
    bodies,
    failures,
    lake,
    objects,
    of_logs,
    put,
    put_by_logs,
)
from tests.scenarios.cloud.logs.log_worlds import stream
from tests.scenarios.cloud.small_worlds import admin, arn, group, may, noted, refusal, role, total, world

FEED = arn("kinesis", "stream/feed")
FROM_STREAM = {
    "DeliveryStreamType": "KinesisStreamAsSource",
    "KinesisStreamSourceConfiguration": {
        "KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
        "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
    },
}


def write(cloud, *records):
    """Into the Kinesis stream."""
    for record in records:
        admin(cloud, "kinesis").put_record(StreamName="feed", Data=record, PartitionKey="p")


# ---- when ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_records_wait_for_the_interval_and_make_one_object():
    with world(lake()) as cloud:
        put(cloud, b"one,")
        cloud.run(40)
        put(cloud, b"two")
        cloud.run(19)
        before = bodies(cloud)
        cloud.run(2)

        assert (before, bodies(cloud)) == ([], [b"one,two"])


@pytest.mark.slow
def test_one_request_has_4_mib_at_most():
    with world(lake()) as cloud:
        firehose, record = admin(cloud, "firehose"), {"Data": b"a" * 1_024_000}
        firehose.put_record_batch(DeliveryStreamName="lake", Records=[record] * 4)
        with pytest.raises(ClientError, match="Records size exceeds 4 MB limit") as refused:
            firehose.put_record_batch(DeliveryStreamName="lake", Records=[record] * 5)
        assert refused.value.response["Error"]["Code"] == "InvalidArgumentException"


@pytest.mark.slow
def test_records_that_are_enough_do_not_wait():
    with world(lake()) as cloud:
        put(cloud, b"a" * 600_000, b"b" * 500_000)
        cloud.run(1)
        put(cloud, b"c")
        cloud.run(59)
        before = [len(each) for each in bodies(cloud)]
        cloud.run(2)

        assert (before, [len(each) for each in bodies(cloud)]) == ([1_100_000], [1_100_000, 1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hints", "seconds"),
    [
        pytest.param({"IntervalInSeconds": 0, "SizeInMBs": 1}, 1, id="none"),
        pytest.param({}, 300, id="by default"),
    ],
)
def test_how_long_records_wait(hints, seconds):
    with world(lake(BufferingHints=hints)) as cloud:
        put(cloud, b"one")
        cloud.run(seconds - 0.5)
        before = bodies(cloud)
        cloud.run(1)

        assert (before, bodies(cloud)) == ([], [b"one"])


def test_what_is_gathered_is_counted_as_it_comes_and_as_it_goes():
    with world(lake()) as cloud:
        admin(cloud, "firehose").put_record_batch(
            DeliveryStreamName="lake", Records=[{"Data": b"one"}, {"Data": b"two!"}]
        )
        cloud.run(120)

        found = {
            metric: total(cloud, "AWS/Firehose", metric, DeliveryStreamName="lake")
            for metric in (
                *("IncomingRecords", "IncomingBytes", "IncomingPutRequests", "DeliveryToS3.Records"),
                *("DeliveryToS3.Bytes", "DeliveryToS3.Success", "DeliveryToS3.DataFreshness"),
            )
        }
        assert list(found.values()) == [2, 7, 1, 2, 7, 1, 60]


# ---- under which name ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({}, r"2026/03/02/03/lake-1-2026-03-02-03-01-00-UUID", id="by the hour"),
        pytest.param({"Prefix": "logs-"}, r"logs-2026/03/02/03/lake-1-.*-UUID", id="behind a prefix"),
        pytest.param(
            {"Prefix": "y=!{timestamp:yyyy}/!{timestamp:MM-dd'T'HH}/", "ErrorOutputPrefix": "e/"},
            r"y=2026/03-02T03/lake-1-.*-UUID",
            id="by expressions",
        ),
        pytest.param(
            {"CustomTimeZone": "Asia/Tokyo"}, r"2026/03/02/12/lake-1-2026-03-02-12-01-00-UUID", id="elsewhere"
        ),
        pytest.param({"CompressionFormat": "GZIP"}, r"2026/03/02/03/lake-1-.*-UUID\.gz", id="packed"),
    ],
)
def test_an_object_has_its_name(given, expected):
    with world(lake(**given)) as cloud:
        put(cloud, b"one")
        cloud.run(61)

        ((key, body),) = objects(cloud)
        assert re.fullmatch(expected.replace("UUID", "[0-9a-f-]{36}"), key), key
        assert (gzip.decompress(body) if key.endswith(".gz") else body) == b"one"


@pytest.mark.slow
def test_an_expression_that_is_not_known_is_not_simulated():
    with world(lake(Prefix="!{partitionKeyFromQuery:user}/", ErrorOutputPrefix="e/")) as cloud:
        put(cloud, b"one")
        with pytest.raises(NotSimulated, match="partitionKeyFromQuery"):
            cloud.run(61)


# ---- what is done before ------------------------------------------------------------------------

UNPACKS = {
    "Type": "Decompression",
    "Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}],
}
EXTRACTS = {
    "Type": "CloudWatchLogProcessing",
    "Parameters": [{"ParameterName": "DataMessageExtraction", "ParameterValue": "true"}],
}
DELIMITS = {"Type": "AppendDelimiterToRecord"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processors", "records", "expected"),
    [
        pytest.param([DELIMITS], [b"one", b"two"], [b"one\ntwo"], id="a line each"),
        pytest.param([UNPACKS], [gzip.compress(b"one")], [b"one"], id="unpacked"),
        pytest.param(
            [UNPACKS, EXTRACTS],
            [of_logs("a", "b"), of_logs("checks", kind="CONTROL_MESSAGE"), of_logs("c")],
            [b"a\nb\nc\n"],
            id="the events of a log",
        ),
        pytest.param([UNPACKS, EXTRACTS], [of_logs("checks", kind="CONTROL_MESSAGE")], [], id="nothing left"),
    ],
)
def test_records_are_processed_before_they_are_delivered(processors, records, expected):
    processing = {"Enabled": True, "Processors": processors}
    with world({**lake(ProcessingConfiguration=processing), **FORWARDS}) as cloud:
        put_by_logs(cloud, *records)
        cloud.run(61)

        assert bodies(cloud) == expected


@pytest.mark.slow
def test_what_can_not_be_processed_goes_to_a_folder_of_its_own_and_is_logged():
    logging = {"Enabled": True, "LogGroupName": "/host/secure", "LogStreamName": "errors"}
    given = {
        "ProcessingConfiguration": {"Enabled": True, "Processors": [UNPACKS]},
        "CloudWatchLoggingOptions": logging,
    }
    with world({**group(), **lake(STORES, may("logs:*"), **given), **FORWARDS}) as cloud:
        with pytest.raises(ClientError, match="Only requests from CloudWatch Logs"):
            put(cloud, b"of somebody else")
        put_by_logs(cloud, b"plain", gzip.compress(b"packed", mtime=0))
        cloud.run(61)

        (fine, bad) = objects(cloud)
        told = json.loads(bad[1])
        (logged,) = admin(cloud, "logs").filter_log_events(logGroupName="/host/secure")["events"]
        assert (fine[1], bad[0].split("/")[0]) == (b"packed", "decompression-failed")
        assert (told["rawData"], told["attemptsMade"]) == ("cGxhaW4=", 1)
        assert json.loads(logged["message"])["errorCode"] == told["errorCode"] == "Decompression failed."


# ---- what stands in the way ---------------------------------------------------------------------


@pytest.mark.slow
def test_what_the_role_may_not_write_is_written_once_it_may():
    with world(lake(may("s3:GetObject"))) as cloud:
        put(cloud, b"one")
        cloud.run(600)
        (told,) = noted(cloud, "refused")
        let = json.dumps({"Version": "2012-10-17", "Statement": [STORES]})
        admin(cloud, "iam").put_role_policy(RoleName="delivers", PolicyName="p", PolicyDocument=let)
        cloud.run(300)

        assert told.startswith(f"lake can't write to {LAKE}: ")
        assert bodies(cloud) == [b"one"]


@pytest.mark.slow
def test_after_a_day_it_is_lost():
    with world(lake(may("s3:GetObject"))) as cloud:
        put(cloud, b"one")
        cloud.run(24 * 3600)
        before = noted(cloud, "lost")
        cloud.run(600)

        assert (before, noted(cloud, "lost")) == ([], [f"lake could not write to {LAKE} for a day"])


@pytest.mark.parametrize(
    ("service", "code"),
    [
        pytest.param("firehose", None, id="one that trusts Firehose"),
        pytest.param("lambda", "InvalidArgumentException", id="one that trusts another"),
    ],
)
def test_a_new_delivery_stream_needs_a_role_that_firehose_can_assume(service, code):
    bucket = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": LAKE}}}
    with world({**bucket, **role("delivers", service, STORES)}) as cloud:
        given = {"BucketARN": f"arn:aws:s3:::{LAKE}", "RoleARN": "arn:aws:iam::123456789012:role/delivers"}
        create = admin(cloud, "firehose").create_delivery_stream

        if code:
            error = refusal(create, DeliveryStreamName="n", ExtendedS3DestinationConfiguration=given)
            assert code in str(error)
        else:
            assert create(DeliveryStreamName="n", ExtendedS3DestinationConfiguration=given)[
                "DeliveryStreamARN"
            ]


# ---- a Kinesis stream ---------------------------------------------------------------------------


@pytest.mark.slow
def test_a_kinesis_streams_records_are_read_and_delivered():
    with world({**stream(shards=2), **lake(STORES, READS, stream=FROM_STREAM)}) as cloud:
        write(cloud, b"one,")
        cloud.run(5)
        write(cloud, b"two")
        cloud.run(60)
        write(cloud, b"three")
        cloud.run(65)

        assert bodies(cloud) == [b"one,two", b"three"]
        read = total(cloud, "AWS/Firehose", "DataReadFromKinesisStream.Records", DeliveryStreamName="lake")
        assert read == 3


@pytest.mark.slow
def test_what_was_in_the_stream_before_is_not_read():
    resources = {**stream(), **lake(STORES, READS)}
    with world(resources) as cloud:
        write(cloud, b"old")
        cloud.run(10)
        admin(cloud, "firehose").create_delivery_stream(
            DeliveryStreamName="late",
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={
                "KinesisStreamARN": FEED,
                "RoleARN": "arn:aws:iam::123456789012:role/delivers",
            },
            ExtendedS3DestinationConfiguration={
                "BucketARN": f"arn:aws:s3:::{LAKE}",
                "RoleARN": "arn:aws:iam::123456789012:role/delivers",
                "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1},
            },
        )
        cloud.run(10)
        write(cloud, b"new")
        cloud.run(70)

        assert bodies(cloud) == [b"new"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "missing", ["kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords"]
)
def test_a_role_that_may_not_read_the_stream_is_told_and_asked_again(missing):
    granted = may([each for each in READS["Action"] if each != missing])
    with world({**stream(), **lake(STORES, granted, stream=FROM_STREAM)}) as cloud:
        write(cloud, b"one")
        cloud.run(130)
        (told,) = noted(cloud, "lost")
        let = json.dumps({"Version": "2012-10-17", "Statement": [STORES, READS]})
        admin(cloud, "iam").put_role_policy(RoleName="delivers", PolicyName="p", PolicyDocument=let)
        cloud.run(130)

        assert told.startswith(f"lake does not read feed: delivers may not {missing}")
        assert bodies(cloud) == [b"one"]


def test_a_delivery_stream_that_reads_takes_no_records():
    with world({**stream(), **lake(STORES, READS, stream=FROM_STREAM)}) as cloud:
        with pytest.raises(ClientError, match="not permitted on KinesisStreamAsSource"):
            put(cloud, b"one")
        cloud.run(70)

        assert bodies(cloud) == []


def test_records_of_failures_are_lines_of_json():
    """The helper of the tests beside reads them so."""
    unpacks = {"Enabled": True, "Processors": [UNPACKS]}
    with world({**lake(ProcessingConfiguration=unpacks), **FORWARDS}) as cloud:
        put_by_logs(cloud, b"plain", b"too")
        cloud.run(61)

        assert [each["rawData"] for each in failures(cloud)] == ["cGxhaW4=", "dG9v"]

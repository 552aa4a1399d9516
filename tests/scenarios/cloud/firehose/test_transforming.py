"""Functions that transform records: what they are given, what becomes of their answers, what fails."""

import json

import pytest

from tests.scenarios.cloud.firehose.stream_worlds import READS, STORES, bodies, failures, lake, put
from tests.scenarios.cloud.functions.function_worlds import LOOK, code, function, outcomes, world
from tests.scenarios.cloud.logs.log_worlds import stream
from tests.scenarios.cloud.small_worlds import admin, arn, may, total

INVOKES = may("lambda:InvokeFunction", LOOK)
# As in https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html.
SHOUTS = """
    import base64

    def look(event, context):
        told = []
        for record in event["records"]:
            text = base64.b64decode(record["data"]).decode()
            told.append({
                "recordId": record["recordId"],
                "result": {"drop": "Dropped", "fail": "ProcessingFailed"}.get(text, "Ok"),
                "data": base64.b64encode(text.upper().encode()).decode(),
            })
        return {"records": told}
"""


def transformed(folder, app, *statements, more=(), stream=None, **parameters):
    """A delivery stream to a bucket, whose records a function transforms."""
    given = {"LambdaArn": LOOK, **parameters}
    processor = {
        "Type": "Lambda",
        "Parameters": [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()],
    }
    processing = {"Enabled": True, "Processors": [processor, *more]}
    statements = statements or (STORES, INVOKES)
    resources = {
        **function(Timeout=3),
        **lake(*statements, stream=stream, ProcessingConfiguration=processing),
    }
    return world(code(folder, app), resources)


@pytest.mark.slow
def test_records_are_delivered_as_the_function_returns_them(tmp_path):
    more = ({"Type": "AppendDelimiterToRecord"},)
    with transformed(tmp_path, SHOUTS, more=more) as cloud:
        put(cloud, b"one", b"drop", b"fail", b"two")
        cloud.run(61)

        (fine, _) = sorted(bodies(cloud), key=lambda body: b"rawData" in body)
        (failed,) = [json.loads(body) for body in bodies(cloud) if b"rawData" in body]
        assert fine == b"ONE\nTWO"
        assert (failed["rawData"], failed["lambdaARN"]) == ("ZmFpbA==", LOOK)
        assert failed["errorCode"] == "Lambda.ProcessingFailedStatus"


@pytest.mark.slow
def test_the_function_is_given_what_awss_page_shows(tmp_path):
    """https://docs.aws.amazon.com/lambda/latest/dg/services-kinesisfirehose.html ."""
    with transformed(tmp_path, "def look(event, context): return {**event, 'records': []} | event") as cloud:
        put(cloud, b"Hello, this is a test 123.")
        cloud.run(61)

        (event,) = outcomes(cloud)
        (record,) = event["records"]
        assert event.keys() == {"invocationId", "deliveryStreamArn", "region", "records"}
        assert event["deliveryStreamArn"] == arn("firehose", "deliverystream/lake")
        assert (event["region"], record["data"]) == ("us-east-1", "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0IDEyMy4=")
        assert record.keys() == {"recordId", "approximateArrivalTimestamp", "data"}


@pytest.mark.slow
def test_records_of_a_kinesis_stream_name_it(tmp_path):
    source = {
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {
            "KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
            "RoleARN": {"Fn::GetAtt": ["delivers", "Arn"]},
        },
    }
    processing = {
        "Enabled": True,
        "Processors": [
            {"Type": "Lambda", "Parameters": [{"ParameterName": "LambdaArn", "ParameterValue": LOOK}]}
        ],
    }
    delivers = lake(STORES, INVOKES, READS, stream=source, ProcessingConfiguration=processing)
    resources = {**stream(), **function(), **delivers}
    with world(code(tmp_path, "def look(event, context): return event"), resources) as cloud:
        admin(cloud, "kinesis").put_record(StreamName="feed", Data=b"one", PartitionKey="p")
        cloud.run(65)

        assert outcomes(cloud)[0]["sourceKinesisStreamArn"] == arn("kinesis", "stream/feed")


@pytest.mark.slow
def test_many_records_are_given_in_portions(tmp_path):
    app = "def look(event, context): return len(event['records'])"
    with transformed(tmp_path, app, BufferSizeInMBs="0.2") as cloud:
        put(cloud, *[b"x" * 100_000] * 5)
        cloud.run(61)

        assert outcomes(cloud) == [2, 2, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("app", "code_", "runs"),
    [
        pytest.param(
            "def look(event, context): raise ValueError('no')", "Lambda.FunctionError", 1, id="raises"
        ),
        pytest.param(
            "import time\ndef look(event, context): time.sleep(9)",
            "Lambda.FunctionTimedOut",
            4,
            id="too slow",
        ),
        pytest.param("def look(event, context): return 7", "Lambda.JsonMappingException", 1, id="no records"),
        pytest.param(
            "def look(event, context): return {'records': []}",
            "Lambda.MissingRecordId",
            1,
            id="one is missing",
        ),
        pytest.param(
            "def look(event, context):\n"
            "    one = {'recordId': event['records'][0]['recordId'], 'result': 'Ok', 'data': ''}\n"
            "    return {'records': [one, one]}",
            "Lambda.DuplicatedRecordId",
            1,
            id="twice",
        ),
        pytest.param(
            "def look(event, context):\n"
            "    one = {'recordId': event['records'][0]['recordId'], 'result': 'Ok', 'data': '?'}\n"
            "    return {'records': [one]}",
            "Lambda.JsonMappingException",
            1,
            id="no base64",
        ),
        pytest.param(
            "def look(event, context):\n"
            "    one = {'recordId': event['records'][0]['recordId'], 'result': 'Fine', 'data': ''}\n"
            "    return {'records': [one]}",
            "Lambda.JsonMappingException",
            1,
            id="another result",
        ),
    ],
)
def test_what_the_function_does_not_transform_is_kept(tmp_path, app, code_, runs):
    with transformed(tmp_path, app) as cloud:
        put(cloud, b"one")
        cloud.run(200)

        assert [each["errorCode"] for each in failures(cloud)] == [code_]
        assert total(cloud, "AWS/Lambda", "Invocations", FunctionName="look") == runs


@pytest.mark.slow
def test_a_role_that_may_not_invoke_transforms_nothing(tmp_path):
    with transformed(tmp_path, SHOUTS, STORES, may("lambda:InvokeFunction", f"{LOOK}2")) as cloud:
        put(cloud, b"one")
        cloud.run(61)

        assert [each["errorCode"] for each in failures(cloud)] == ["Lambda.InvokeAccessDenied"]
        assert outcomes(cloud) == []


@pytest.mark.slow
def test_a_function_that_is_throttled_is_asked_four_times(tmp_path):
    with transformed(tmp_path, SHOUTS) as cloud:
        lam = admin(cloud, "lambda")
        lam.put_function_concurrency(FunctionName="look", ReservedConcurrentExecutions=0)
        put(cloud, b"one")
        cloud.run(61)

        assert [each["errorCode"] for each in failures(cloud)] == ["Lambda.InvokeLimitExceeded"]

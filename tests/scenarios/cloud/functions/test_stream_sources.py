"""Streams that functions read: what arrives, in which order, and what becomes of what fails."""

import json
from base64 import b64decode
from datetime import UTC

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.functions.invocations import Result
from scenarios.cloud.functions.pollers import pause_after
from scenarios.cloud.functions.stream_sources import _first_that_failed
from scenarios.cloud.kernel.errors import InvalidTemplate, NotSimulated
from scenarios.cloud.kernel.faults import PROFILES, Faults
from tests.sample import in_turn
from tests.scenarios.cloud.functions.function_worlds import (
    SENDS,
    WRITES_LOGS,
    code,
    failures,
    function,
    outcomes,
    world,
)
from tests.scenarios.cloud.small_worlds import admin, arn, may, noted, queue, total

READS_TABLE = may(["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"])
READS_STREAM = may(["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream"])
WHOLE = "def look(event, context): return event"
DATA = """
    from base64 import b64decode

    def look(event, context):
        return [b64decode(each["kinesis"]["data"]).decode() for each in event["Records"]]
"""
FAILS_ON_BAD = """
    from base64 import b64decode

    def look(event, context):
        data = [b64decode(each["kinesis"]["data"]).decode() for each in event["Records"]]
        print("given", *data)
        if "bad" in data:
            raise ValueError("no such luck")
        return data
"""
REPORTS = """
    from base64 import b64decode

    def look(event, context):
        done = []
        for each in event["Records"]:
            data = b64decode(each["kinesis"]["data"]).decode()
            if data == "bad":
                number = each["kinesis"]["sequenceNumber"]
                print("done", *done)
                return {"batchItemFailures": [{"itemIdentifier": number}]}
            done.append(data)
        print("done", *done)
"""
SOURCES = {"Orders": {"Fn::GetAtt": ["Orders", "StreamArn"]}, "Clicks": {"Fn::GetAtt": ["Clicks", "Arn"]}}


def reads(source, **properties):
    given = {
        "EventSourceArn": SOURCES[source],
        "FunctionName": {"Ref": "look"},
        "StartingPosition": "TRIM_HORIZON",
        **properties,
    }
    return {"Reads": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": given}}


def of_table(view="NEW_AND_OLD_IMAGES", statements=(WRITES_LOGS, READS_TABLE, SENDS), **mapping):
    table = {
        "TableName": "orders",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamViewType": view},
    }
    return {
        **function(statements=statements),
        "Orders": {"Type": "AWS::DynamoDB::Table", "Properties": table},
        **reads("Orders", **mapping),
    }


def of_stream(statements=(WRITES_LOGS, READS_STREAM, SENDS), **mapping):
    return {
        **function(statements=statements),
        "Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks", "ShardCount": 1}},
        **reads("Clicks", **mapping),
    }


def click(each, *data):
    """Put these in one request, so that one batch may hold them."""
    records = [{"Data": one.encode(), "PartitionKey": "k"} for one in data]
    admin(each, "kinesis").put_records(StreamName="clicks", Records=records)


def given(each):
    """What the function printed, or its runs that went well returned, in order."""
    logs = admin(each, "logs")
    found = logs.filter_log_events(logGroupName="/aws/lambda/look")["events"]
    return [event["message"] for event in found if event["message"].startswith(("given", "done"))]


# ---- a table's stream ---------------------------------------------------------------------------


@pytest.mark.slow
def test_a_changed_item_reaches_the_function_as_its_stream_tells_it(tmp_path):
    code(tmp_path, WHOLE)
    with world(tmp_path, of_table()) as each:
        dynamodb = admin(each, "dynamodb")
        dynamodb.put_item(TableName="orders", Item={"id": {"S": "1"}, "n": {"N": "1"}})
        each.run(5)
        dynamodb.update_item(
            TableName="orders",
            Key={"id": {"S": "1"}},
            UpdateExpression="SET n = :two",
            ExpressionAttributeValues={":two": {"N": "2"}},
        )
        dynamodb.delete_item(TableName="orders", Key={"id": {"S": "1"}})
        each.run(5)

        (inserted,), (modified, removed) = (event["Records"] for event in outcomes(each))
    assert [one["eventName"] for one in (inserted, modified, removed)] == ["INSERT", "MODIFY", "REMOVE"]
    assert (inserted["eventSource"], inserted["eventVersion"]) == ("aws:dynamodb", "1.1")
    assert ":table/orders/stream/" in inserted["eventSourceARN"]
    assert inserted["dynamodb"]["Keys"] == {"id": {"S": "1"}}
    assert "OldImage" not in inserted["dynamodb"]
    assert (modified["dynamodb"]["OldImage"]["n"], modified["dynamodb"]["NewImage"]["n"]) == (
        {"N": "1"},
        {"N": "2"},
    )
    assert "NewImage" not in removed["dynamodb"]
    numbers = [int(one["dynamodb"]["SequenceNumber"]) for one in (inserted, modified, removed)]
    assert numbers == sorted(numbers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "images"),
    [("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"}), ("OLD_IMAGE", {"OldImage"})],
)
def test_a_stream_has_the_images_that_its_view_says(tmp_path, view, images):
    code(tmp_path, WHOLE)
    with world(tmp_path, of_table(view)) as each:
        for number in ("1", "2"):
            item = {"id": {"S": "1"}, "n": {"N": number}}
            admin(each, "dynamodb").put_item(TableName="orders", Item=item)
        each.run(5)

        *_, modified = outcomes(each)[-1]["Records"]
    assert modified["dynamodb"].keys() & {"NewImage", "OldImage"} == images


def test_a_write_that_changes_nothing_is_no_record(tmp_path):
    code(tmp_path, WHOLE)
    with world(tmp_path, of_table()) as each:
        for _ in range(2):
            admin(each, "dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}})
        each.run(5)

        assert [len(event["Records"]) for event in outcomes(each)] == [1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        pytest.param({"data": {"n": [7]}}, [['{"n": 7}']], id="JSON"),
        pytest.param({"data": ["plain"]}, [["plain"]], id="plain text"),
        pytest.param({"partitionKey": ["other"]}, [], id="the key"),
    ],
)
def test_a_filter_asks_for_what_a_kinesis_record_holds(tmp_path, wanted, seen):
    code(tmp_path, DATA)
    with world(tmp_path, of_stream(FilterCriteria={"Filters": [{"Pattern": json.dumps(wanted)}]})) as each:
        click(each, "plain", '{"n": 7}', '{"n": 8}')
        each.run(10)

        assert outcomes(each) == seen


def test_a_filter_asks_for_what_the_record_says(tmp_path):
    code(tmp_path, WHOLE)
    wanted = {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {"n": {"N": ["7"]}}}}
    with world(tmp_path, of_table(FilterCriteria={"Filters": [{"Pattern": json.dumps(wanted)}]})) as each:
        dynamodb = admin(each, "dynamodb")
        for number in ("6", "7"):
            dynamodb.put_item(TableName="orders", Item={"id": {"S": number}, "n": {"N": number}})
            dynamodb.delete_item(TableName="orders", Key={"id": {"S": number}})
        each.run(5)

        (event,) = outcomes(each)
    assert [one["dynamodb"]["Keys"]["id"] for one in event["Records"]] == [{"S": "7"}]


# ---- a Kinesis stream ---------------------------------------------------------------------------


@pytest.mark.slow
def test_a_record_reaches_the_function_as_kinesis_tells_it(tmp_path):
    code(tmp_path, WHOLE)
    with world(tmp_path, of_stream()) as each:
        click(each, "one")
        each.run(5)

        (event,) = outcomes(each)
        (record,) = event["Records"]
        assert total(each, "AWS/Lambda", "IteratorAge", FunctionName="look") == pytest.approx(1000)
    assert (record["eventSource"], record["eventName"]) == ("aws:kinesis", "aws:kinesis:record")
    assert record["eventID"].startswith("shardId-000000000000:")
    assert record["invokeIdentityArn"].endswith(":role/lookRole")
    assert record["eventSourceARN"].endswith(":stream/clicks")
    assert b64decode(record["kinesis"]["data"]) == b"one"
    assert record["kinesis"]["partitionKey"] == "k"


@pytest.mark.slow
def test_a_batch_has_no_more_records_than_its_size_and_they_come_in_order(tmp_path):
    code(tmp_path, DATA)
    with world(tmp_path, of_stream(BatchSize=2)) as each:
        click(each, "a", "b", "c", "d", "e")
        each.run(10)

        assert outcomes(each) == [["a", "b"], ["c", "d"], ["e"]]


def test_a_window_waits_for_more(tmp_path):
    code(tmp_path, DATA)
    with world(tmp_path, of_stream(BatchSize=10, MaximumBatchingWindowInSeconds=20)) as each:
        click(each, "a")
        each.run(10)
        click(each, "b")
        each.run(5)
        assert outcomes(each) == []
        each.run(10)

        assert outcomes(each) == [["a", "b"]]


@pytest.mark.parametrize(
    ("position", "seen"), [("TRIM_HORIZON", [["before", "after"]]), ("LATEST", [["after"]])]
)
def test_a_mapping_starts_where_it_says(tmp_path, position, seen):
    code(tmp_path, DATA)
    resources = of_stream()
    del resources["Reads"]
    with world(tmp_path, resources) as each:
        click(each, "before")
        admin(each, "lambda").create_event_source_mapping(
            EventSourceArn=arn("kinesis", "stream/clicks"), FunctionName="look", StartingPosition=position
        )
        click(each, "after")
        each.run(10)

        assert outcomes(each) == seen


def test_a_mapping_may_start_at_a_time(tmp_path):
    code(tmp_path, DATA)
    resources = of_stream()
    del resources["Reads"]
    with world(tmp_path, resources) as each:
        click(each, "early")
        each.run(60)
        since = each.clock.now.astimezone(UTC)
        click(each, "late")
        admin(each, "lambda").create_event_source_mapping(
            EventSourceArn=arn("kinesis", "stream/clicks"),
            FunctionName="look",
            StartingPosition="AT_TIMESTAMP",
            StartingPositionTimestamp=since,
        )
        each.run(10)

        assert outcomes(each) == [["late"]]


# ---- what fails ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_batch_that_fails_holds_up_its_shard_until_it_works(tmp_path):
    code(tmp_path, FAILS_ON_BAD.replace('"bad" in data', "len(SEEN.append(1) or SEEN) < 3 and 'bad' in data"))
    app = (tmp_path / "app.py").read_text()
    (tmp_path / "app.py").write_text(f"SEEN = []\n{app}")
    with world(tmp_path, of_stream(BatchSize=1)) as each:
        click(each, "bad", "next")
        each.run(30)

        assert given(each) == ["given bad", "given bad", "given bad", "given next"]
        assert outcomes(each) == [["bad"], ["next"]]


def given_up(tmp_path, **mapping):
    """A stream whose mapping gives up, and tells a queue."""
    code(tmp_path, FAILS_ON_BAD)
    destination = {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}}
    resources = of_stream(DestinationConfig=destination, **mapping)
    return world(tmp_path, {**resources, **queue("Failures", by="")})


@pytest.mark.slow
def test_a_batch_is_given_up_after_its_retries_and_the_destination_is_told_where_it_was(tmp_path):
    with given_up(tmp_path, MaximumRetryAttempts=1) as each:
        click(each, "good", "bad")
        each.run(5)
        click(each, "next")
        each.run(30)

        assert given(each) == ["given good bad", "given good bad", "given next"]
        (told,) = failures(each)
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    batch = told["KinesisBatchInfo"]
    assert (batch["batchSize"], batch["shardId"]) == (2, "shardId-000000000000")
    assert int(batch["startSequenceNumber"]) + 1 == int(batch["endSequenceNumber"])
    assert "requestPayload" not in told


@pytest.mark.slow
def test_a_batch_may_be_halved_until_only_the_bad_record_is_left(tmp_path):
    with given_up(tmp_path, MaximumRetryAttempts=0, BisectBatchOnFunctionError=True) as each:
        click(each, "a", "b", "bad", "c")
        each.run(60)

        assert given(each) == [
            "given a b bad c",
            "given a b",
            "given bad c",
            "given bad",
            "given c",
        ]
        (told,) = failures(each)
        assert told["KinesisBatchInfo"]["batchSize"] == 1


@pytest.mark.slow
def test_a_record_that_is_too_old_is_given_up(tmp_path):
    with given_up(tmp_path, MaximumRecordAgeInSeconds=60) as each:
        click(each, "bad")
        each.run(300)

        (told,) = failures(each)
        assert told["requestContext"]["condition"] == "RecordAgeExceeded"
        assert len(given(each)) < 10


@pytest.mark.slow
def test_a_function_that_names_the_record_that_failed_goes_on_from_there(tmp_path):
    code(tmp_path, REPORTS)
    partial = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    with world(tmp_path, of_stream(MaximumRetryAttempts=1, **partial)) as each:
        click(each, "a", "b", "bad", "c")
        each.run(60)

        assert given(each)[0] == "done a b"
        assert set(given(each)[1:]) == {"done"}
        assert [
            words for words in noted(each, "lost") if words.startswith("look gave up 2 records of clicks")
        ]


@pytest.mark.slow
def test_without_a_destination_what_is_given_up_is_lost_and_the_trace_says_so(tmp_path):
    code(tmp_path, FAILS_ON_BAD)
    with world(tmp_path, of_stream(MaximumRetryAttempts=0)) as each:
        click(each, "bad")
        each.run(10)

        assert noted(each, "lost") == ["look gave up 1 record of clicks, and has no on-failure destination"]


RECORDS = ["11", "12", "13"]


@pytest.mark.parametrize(
    ("result", "back"),
    [
        pytest.param(Result(None), None, id="nothing returned"),
        pytest.param(Result({"batchItemFailures": []}), None, id="none named"),
        pytest.param(Result({"batchItemFailures": [{"itemIdentifier": "12"}]}), 1, id="one named"),
        pytest.param(
            Result({"batchItemFailures": [{"itemIdentifier": "13"}, {"itemIdentifier": "12"}]}),
            1,
            id="the first counts",
        ),
        pytest.param(
            Result({"batchItemFailures": [{"itemIdentifier": "9"}]}), 0, id="one that was not there"
        ),
        pytest.param(Result({"batchItemFailures": [{"itemIdentifier": ""}]}), 0, id="an empty name"),
        pytest.param(Result({"batchItemFailures": "12"}), 0, id="no list"),
        pytest.param(Result("done"), 0, id="no object"),
        pytest.param(Result(None, error={"errorType": "E"}), 0, id="failed"),
    ],
)
def test_what_the_answer_says_of_a_batch(result, back):
    records = [type("Record", (), {"sequence": each})() for each in RECORDS]

    assert _first_that_failed(result, records, partial=True) == back


@pytest.mark.parametrize("profile", in_turn(PROFILES, of=4))
def test_no_record_is_lost_under_any_fault_and_their_order_holds(tmp_path, profile):
    code(tmp_path, FAILS_ON_BAD)
    with world(tmp_path, of_stream(BatchSize=1), faults=PROFILES[profile]) as each:
        click(each, "a", "b", "c")
        each.run(120)

        told = [words for (words,) in outcomes(each)]
        assert list(dict.fromkeys(told)) == ["a", "b", "c"]
        assert told == sorted(told)


@pytest.mark.slow
@pytest.mark.parametrize("profile", in_turn(PROFILES, of=4))
def test_no_change_of_a_table_is_lost_under_any_fault_and_their_order_holds(tmp_path, profile):
    code(tmp_path, WHOLE)
    with world(tmp_path, of_table(BatchSize=1), faults=PROFILES[profile]) as each:
        for number in ("1", "2", "3"):
            admin(each, "dynamodb").put_item(TableName="orders", Item={"id": {"S": number}})
        each.run(120)

        told = [event["Records"][0]["dynamodb"]["Keys"]["id"]["S"] for event in outcomes(each)]
        assert list(dict.fromkeys(told)) == ["1", "2", "3"]
        assert told == sorted(told)


def test_a_batch_may_come_twice(tmp_path):
    code(tmp_path, DATA)
    with world(tmp_path, of_stream(), faults=Faults(name="twice", duplicates=True)) as each:
        click(each, "a")
        each.run(10)

        assert outcomes(each) == [["a"], ["a"]]


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_role_that_may_no_longer_read_reads_nothing_until_it_may(tmp_path):
    code(tmp_path, DATA)
    with world(tmp_path, of_stream()) as each:
        iam = admin(each, "iam")
        kept = iam.get_role_policy(RoleName="lookRole", PolicyName="p")["PolicyDocument"]
        iam.delete_role_policy(RoleName="lookRole", PolicyName="p")
        click(each, "a")
        each.run(90)
        assert outcomes(each) == []
        assert [words for words in noted(each, "lost") if words.startswith("look does not read clicks")]
        iam.put_role_policy(RoleName="lookRole", PolicyName="p", PolicyDocument=json.dumps(kept))
        each.run(90)

        assert outcomes(each) == [["a"]]


@pytest.mark.slow
def test_a_stream_with_a_key_is_read_by_a_role_that_may_use_that_key(tmp_path):
    code(tmp_path, DATA)
    keys = arn("kms", "key/*")
    with world(tmp_path, of_stream((WRITES_LOGS, READS_STREAM, may("kms:Decrypt", keys)))) as each:
        key = admin(each, "kms").create_key()["KeyMetadata"]["KeyId"]
        admin(each, "kinesis").start_stream_encryption(StreamName="clicks", EncryptionType="KMS", KeyId=key)
        click(each, "a")
        each.run(10)

        assert outcomes(each) == [["a"]]


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        pytest.param(
            lambda: of_stream(statements=(WRITES_LOGS,)), "Cannot access stream", id="no permission"
        ),
        pytest.param(
            lambda: of_table(statements=(WRITES_LOGS,)), "Cannot access stream", id="none on the table's"
        ),
        pytest.param(
            lambda: of_table(StartingPosition="AT_TIMESTAMP"), "AT_TIMESTAMP", id="a time in a table's"
        ),
        pytest.param(
            lambda: of_stream(
                DestinationConfig={"OnFailure": {"Destination": arn("events", "event-bus/default")}}
            ),
            "where failed events can go",
            id="a bus as destination",
        ),
    ],
)
def test_a_mapping_that_lambda_refuses_is_refused(tmp_path, resources, says):
    code(tmp_path, DATA)
    with pytest.raises(InvalidTemplate, match=says), world(tmp_path, resources()):
        pass


def test_a_stream_needs_a_starting_position(tmp_path):
    code(tmp_path, DATA)
    resources = of_stream()
    del resources["Reads"]
    with world(tmp_path, resources) as each, pytest.raises(ClientError, match="startingPosition"):
        admin(each, "lambda").create_event_source_mapping(
            EventSourceArn=arn("kinesis", "stream/clicks"), FunctionName="look"
        )


def test_the_pause_between_attempts_stays_a_minute_however_many_there_were():
    assert [pause_after(attempts) for attempts in (0, 1, 2, 7, 8, 5000)] == [1, 1, 2, 60, 60, 60]


# ---- several batches of a shard at once -----------------------------------------------------------


def clicks(each, *pairs):
    """Put data under keys of their own: `a1` under `a`."""
    records = [{"Data": one.encode(), "PartitionKey": one[0]} for one in pairs]
    admin(each, "kinesis").put_records(StreamName="clicks", Records=records)


@pytest.mark.slow
def test_a_batch_that_fails_holds_up_its_own_keys_alone(tmp_path):
    code(tmp_path, FAILS_ON_BAD.replace('"bad" in data', 'any(each.endswith("!") for each in data)'))
    with world(tmp_path, of_stream(ParallelizationFactor=10, MaximumRetryAttempts=3, BatchSize=1)) as each:
        clicks(each, "a1!", "a2", "b1", "b2")
        each.run(60)

        seen = [line.removeprefix("given ") for line in given(each)]
    assert seen.index("b2") < [at for at, one in enumerate(seen) if one == "a1!"][-1]
    assert [one for one in seen if one[0] == "a"] == ["a1!"] * 4 + ["a2"]
    assert [one for one in seen if one[0] == "b"] == ["b1", "b2"]


@pytest.mark.slow
def test_another_number_of_lanes_takes_over_where_the_others_stand(tmp_path):
    code(tmp_path, DATA)
    with world(tmp_path, of_stream(ParallelizationFactor=2)) as each:
        clicks(each, "a1", "b1", "c1")
        each.run(10)
        update = admin(each, "lambda").update_event_source_mapping
        update(UUID=each.home.resources["Reads"].physical_id, ParallelizationFactor=5)
        clicks(each, "a2", "b2", "c2")
        each.run(10)

        assert sorted(one for batch in outcomes(each) for one in batch) == [
            "a1",
            "a2",
            "b1",
            "b2",
            "c1",
            "c2",
        ]
        clicks(each, "a3")
        with pytest.raises(NotSimulated, match="while records of the shard wait"):
            update(UUID=each.home.resources["Reads"].physical_id, ParallelizationFactor=1)


# ---- tumbling windows -----------------------------------------------------------------------------

SUMS = """
    from base64 import b64decode

    def look(event, context):
        data = [b64decode(each["kinesis"]["data"]).decode() for each in event["Records"]]
        print("given", *data, event["isFinalInvokeForWindow"])
        if "bad" in data:
            raise ValueError("no such luck")
        return {"state": {"sum": [*event["state"].get("sum", []), *data]}, "event": event}
"""


@pytest.mark.slow
def test_a_window_hands_its_state_on_and_ends_with_a_call_without_records(tmp_path):
    code(tmp_path, SUMS)
    with world(tmp_path, of_stream(TumblingWindowInSeconds=30)) as each:
        for data in ("1", "2"):
            click(each, data)
            each.run(10)
        each.run(15)
        click(each, "3")
        each.run(40)

        events = [one["event"] for one in outcomes(each)]
    assert [(len(one["Records"]), one["state"]) for one in events] == [
        (1, {}),
        (1, {"sum": ["1"]}),
        (0, {"sum": ["1", "2"]}),
        (1, {}),
        (0, {"sum": ["3"]}),
    ]
    first, _, last, *_ = events
    assert first["window"] == {"start": "2026-03-02T03:00:00Z", "end": "2026-03-02T03:00:30Z"}
    assert (last["isFinalInvokeForWindow"], last["isWindowTerminatedEarly"]) == (True, False)
    assert first["shardId"].startswith("shardId-")
    assert first["eventSourceARN"].endswith(":stream/clicks")


@pytest.mark.slow
def test_an_answer_without_a_state_counts_as_failed(tmp_path):
    code(tmp_path, DATA)
    with world(tmp_path, of_stream(TumblingWindowInSeconds=30, MaximumRetryAttempts=1)) as each:
        click(each, "1")
        each.run(20)

        assert outcomes(each) == [["1"], ["1"]]
        assert any("gave up 1 record" in words for words in noted(each, "lost"))


@pytest.mark.slow
def test_the_last_call_of_a_window_is_tried_until_it_succeeds(tmp_path):
    fails = """
        def look(event, context):
            print("given", event["isFinalInvokeForWindow"])
            if event["isFinalInvokeForWindow"] and context.get_remaining_time_in_millis():
                raise ValueError("no such luck")
            return {"state": {}}
    """
    code(tmp_path, fails)
    with world(tmp_path, of_stream(TumblingWindowInSeconds=30, MaximumRetryAttempts=0)) as each:
        click(each, "1")
        each.run(45)
        click(each, "2")
        each.run(30)

        assert given(each)[:4] == ["given False", "given True", "given True", "given True"]
        assert "given False" not in given(each)[1:]


def test_lanes_and_windows_together_are_not_simulated(tmp_path):
    code(tmp_path, DATA)
    with (
        pytest.raises(NotSimulated, match="several batches of a shard at once in tumbling windows"),
        world(tmp_path, of_stream(ParallelizationFactor=2, TumblingWindowInSeconds=30)),
    ):
        pass


@pytest.mark.slow
def test_what_a_service_puts_into_a_stream_is_read_too(tmp_path):
    code(tmp_path, DATA)
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                },
            },
            "Policies": [
                {
                    "PolicyName": "p",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": may("kinesis:PutRecord")},
                }
            ],
        },
    }
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": ["mine"]},
            "Targets": [
                {
                    "Id": "t",
                    "Arn": SOURCES["Clicks"],
                    "RoleArn": {"Fn::GetAtt": ["Puts", "Arn"]},
                    "InputPath": "$.detail.who",
                }
            ],
        },
    }
    with world(tmp_path, {**of_stream(), "Puts": role, "Rule": rule}) as each:
        entry = {"Source": "mine", "DetailType": "t", "Detail": '{"who": "mallory"}'}
        admin(each, "events").put_events(Entries=[entry])
        each.run(10)

        assert outcomes(each) == [['"mallory"']]

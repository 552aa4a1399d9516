import pytest

from scenarios.cloud.kernel.faults import Faults
from tests.scenarios.cloud.functions.function_worlds import (
    FAILS,
    LOOK,
    LOOPS,
    WRITES_LOGS,
    asynchronous,
    code,
    failures,
    function,
    moments,
    outcomes,
    sends,
    told,
    world,
)
from tests.scenarios.cloud.small_worlds import arn, may, noted, queue

# ---- failures -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_failure_is_tried_again_after_one_minute_and_two_more_and_then_told(tmp_path):
    code(tmp_path, FAILS)
    with world(tmp_path) as each:
        sends(each, {"detail": {"who": "mallory"}}, seconds=400)

        assert moments(each, "failed") == [0.61, 60.61, 180.61]
        [record] = failures(each)
    request_id = record["requestContext"].pop("requestId")
    assert len(request_id) == 36
    assert record == {
        "version": "1.0",
        "timestamp": "2026-03-02T03:03:00.610Z",
        "requestContext": {
            "functionArn": f"{LOOK}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"detail": {"who": "mallory"}},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {
            "errorMessage": "no such luck",
            "errorType": "ValueError",
            "stackTrace": [
                '  File "/var/task/app.py", line 3, in look\n    raise ValueError("no such luck")\n'
            ],
        },
    }


@pytest.mark.slow
@pytest.mark.parametrize(("retries", "attempts"), [(0, 1), (1, 2), (2, 3)])
def test_the_template_says_how_often_it_is_tried_again(tmp_path, retries, attempts):
    code(tmp_path, FAILS)
    with world(tmp_path, {**function(), **asynchronous(MaximumRetryAttempts=retries)}) as each:
        sends(each, seconds=400)

        assert len(noted(each, "failed")) == attempts
        assert failures(each)[0]["requestContext"]["approximateInvokeCount"] == attempts


@pytest.mark.slow
def test_an_event_that_is_too_old_is_not_tried_again(tmp_path):
    code(tmp_path, FAILS)
    with world(tmp_path, {**function(), **asynchronous(MaximumEventAgeInSeconds=100)}) as each:
        sends(each, seconds=400)

        assert len(noted(each, "failed")) == 2
        [record] = failures(each)
        assert record["requestContext"]["condition"] == "EventAgeExceeded"
        assert record["requestContext"]["approximateInvokeCount"] == 2
        assert record["responsePayload"]["errorType"] == "ValueError"


def test_a_retry_that_succeeds_ends_it(tmp_path):
    code(tmp_path, "tries = []\n\ndef look(event, context):\n    tries.append(1)\n    assert len(tries) == 2")
    with world(tmp_path) as each:
        sends(each, seconds=400)

        assert (len(noted(each, "failed")), len(noted(each, "ran"))) == (1, 1)
        assert failures(each) == []


@pytest.mark.slow
def test_a_success_is_told_to_the_destination_for_it(tmp_path):
    code(tmp_path, "def look(event, context): return {'ok': event}")
    config = {"OnSuccess": {"Destination": {"Fn::GetAtt": ["Done", "Arn"]}}}
    resources = {**function(), **queue("Done", by=""), **asynchronous(failures="", DestinationConfig=config)}
    with world(tmp_path, resources) as each:
        sends(each, 7)

        [record] = failures(each, "Done")
        assert record["requestContext"]["condition"] == "Success"
        assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
        assert record["responsePayload"] == {"ok": 7}


@pytest.mark.slow
def test_the_dead_letter_queue_gets_the_event_itself(tmp_path):
    code(tmp_path, FAILS)
    dead_letters = {"TargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}
    with world(tmp_path, {**queue("Dead", by=""), **function(DeadLetterConfig=dead_letters)}) as each:
        sends(each, {"who": "mallory"}, seconds=400)

        assert failures(each, "Dead") == [{"who": "mallory"}]
        assert noted(each, "lost") == []
        with each.calls.muted():
            sqs = each.client(each.user("reader"), "sqs")
            url = sqs.get_queue_url(QueueName="Dead")["QueueUrl"]
            [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
        assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no such luck"
        assert set(message["MessageAttributes"]) == {"RequestID", "ErrorCode", "ErrorMessage"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("resources", "says"),
    [
        pytest.param(function(), "has no on-failure destination", id="no destination"),
        pytest.param(
            {**function(statements=(WRITES_LOGS,)), **queue("Failures", by="")},
            "may not write to its on-failure destination",
            id="the role may not send",
        ),
        pytest.param(
            {**function(), **asynchronous()},
            "may not write to its on-failure destination",
            id="the queue is gone",
        ),
    ],
)
def test_an_event_that_nobody_keeps_is_lost_and_the_trace_says_so(tmp_path, resources, says):
    code(tmp_path, FAILS)
    with world(tmp_path, resources) as each:
        with each.calls.muted():
            if "may not write" in says:
                destination = {"OnFailure": {"Destination": arn("sqs", "Failures")}}
                each.client(each.user("ops"), "lambda").put_function_event_invoke_config(
                    FunctionName="look", DestinationConfig=destination
                )
            if "lookAsynchronous" in resources:
                sqs = each.client(each.user("ops"), "sqs")
                sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="Failures")["QueueUrl"])
        sends(each, seconds=400)

        [lost] = noted(each, "lost")
        assert says in lost
        assert "no such luck" in lost


@pytest.mark.parametrize(
    ("app", "kind", "message"),
    [
        pytest.param(
            "import nowhere",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere'",
            id="an import error",
        ),
        pytest.param(
            "look = None",
            "Runtime.HandlerNotFound",
            "Handler 'look' missing on module 'app'",
            id="no handler",
        ),
        pytest.param("1 / 0", "ZeroDivisionError", "division by zero", id="an error while importing"),
        pytest.param(
            "def look(event, context): return object()",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type object is not JSON serializable",
            id="an answer that is no JSON",
        ),
        pytest.param(
            "import sys\n\ndef look(event, context): sys.exit(3)",
            "Runtime.ExitError",
            "Error: Runtime exited with error: exit status 3",
            id="an exit",
        ),
    ],
)
def test_what_else_can_go_wrong_is_a_failed_attempt(tmp_path, app, kind, message):
    code(tmp_path, app)
    with world(tmp_path) as each:
        sends(each, seconds=400)

        [record] = failures(each)
        assert record["responsePayload"]["errorType"] == kind
        assert message in record["responsePayload"]["errorMessage"]
        assert len(noted(each, "failed")) == 3


def test_after_a_failed_start_the_next_attempt_imports_everything_anew(tmp_path):
    code(
        tmp_path,
        "import chalicelib.counter\nimport nowhere",
        counter="import os\nprint('imported')",
    )
    with world(tmp_path) as each:
        sends(each, seconds=400)

        assert told(each).count("imported") == 3


# ---- timeouts and crashes -----------------------------------------------------------------------


@pytest.mark.slow
def test_a_handler_that_goes_on_calling_is_ended_at_its_timeout(tmp_path):
    code(tmp_path, LOOPS)
    with world(tmp_path, {**function(Timeout=3), **asynchronous(MaximumRetryAttempts=0)}) as each:
        sends(each, seconds=60)

        assert moments(each, "failed") == [3.61]
        [record] = failures(each)
        assert record["responsePayload"]["errorType"] == "Sandbox.Timedout"
        assert record["responsePayload"]["errorMessage"].endswith("Error: Task timed out after 3.00 seconds")


def test_a_handler_that_sleeps_past_its_timeout_is_ended_at_its_timeout(tmp_path):
    code(tmp_path, "import time\n\ndef look(event, context): time.sleep(1000)")
    with world(tmp_path, {**function(Timeout=3), **asynchronous(MaximumRetryAttempts=0)}) as each:
        sends(each, seconds=60)

        assert moments(each, "failed") == [3.61]


def test_a_timeout_cannot_be_caught(tmp_path):
    code(
        tmp_path,
        """
        import time

        def look(event, context):
            try:
                time.sleep(1000)
            except BaseException:
                return "survived"
        """,
    )
    with world(tmp_path, {**function(Timeout=3), **asynchronous(MaximumRetryAttempts=0)}) as each:
        sends(each, seconds=60)

        assert outcomes(each) == []
        assert failures(each)[0]["responsePayload"]["errorType"] == "Sandbox.Timedout"


MARKS = """
    import boto3

    count = 0

    def look(event, context):
        global count
        count += 1
        logs = boto3.client("sqs")
        url = logs.get_queue_url(QueueName="Marks")["QueueUrl"]
        try:
            for mark in "abc":
                logs.send_message(QueueUrl=url, MessageBody=f'"{mark}"')
        finally:
            logs.send_message(QueueUrl=url, MessageBody='"cleaned up"')
        return count
"""
MARKING = {**function(statements=(WRITES_LOGS, may("sqs:*"))), **queue("Marks", by=""), **asynchronous()}
WHOLE = ["a", "b", "c", "cleaned up"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("crash_at", "done"),
    [
        pytest.param((3, True), ["a"], id="before the third call"),
        pytest.param((3, False), ["a", "b"], id="after the third call"),
        pytest.param((1, True), [], id="before the first call"),
        pytest.param((9, True), WHOLE, id="after all calls there are"),
    ],
)
def test_a_crash_ends_the_first_attempt_there_and_nothing_is_cleaned_up(tmp_path, crash_at, done):
    code(tmp_path, MARKS)
    with world(tmp_path, MARKING, faults=Faults(name="crash", crash_at=crash_at)) as each:
        sends(each)
        assert failures(each, "Marks") == done

        each.run(100)
        if done is not WHOLE:
            assert failures(each, "Marks") == [*done, *WHOLE]
            assert outcomes(each) == [1]  # in a new environment


@pytest.mark.slow
def test_a_crash_is_told_as_lambda_tells_it(tmp_path):
    code(tmp_path, MARKS)
    resources = {**MARKING, **asynchronous(MaximumRetryAttempts=0)}
    with world(tmp_path, resources, faults=Faults(name="crash", crash_at=(1, True))) as each:
        sends(each)

        assert failures(each)[0]["responsePayload"]["errorType"] == "Runtime.ExitError"


def test_a_crash_cannot_be_caught(tmp_path):
    code(
        tmp_path,
        """
        import boto3

        def look(event, context):
            try:
                boto3.client("sqs").get_queue_url(QueueName="Failures")
            except BaseException:
                return "survived"
        """,
    )
    with world(tmp_path, faults=Faults(name="crash", crash_at=(1, True))) as each:
        sends(each)

        assert outcomes(each) == []


def test_the_timeline_tells_a_failures_type_message_and_place_and_keeps_the_event(tmp_path):
    code(tmp_path, FAILS)
    with world(tmp_path) as each:
        sends(each, {"a": 1}, seconds=1)

        (failed,) = [moment for moment in each.setting.trace if moment.kind == "failed"]
        assert failed.words == "look: ValueError: no such luck, app.py line 3 (attempt 1)"
        assert failed.facts["event"] == {"a": 1}
        assert failed.facts["error"]["errorType"] == "ValueError"


@pytest.mark.slow
def test_a_recursion_without_an_end_is_the_functions_error(tmp_path):
    code(
        tmp_path,
        """
        def look(event, context):
            return look(event, context)
        """,
    )
    with world(tmp_path) as each:
        sends(each, seconds=400)

        [record] = failures(each)
    trace = record["responsePayload"]["stackTrace"]
    assert record["responsePayload"]["errorType"] == "RecursionError"
    assert '"/var/task/app.py"' in trace[0]
    assert "Previous line repeated" in trace[-1]

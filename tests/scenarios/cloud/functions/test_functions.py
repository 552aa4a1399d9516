import json
from base64 import b64decode
from functools import partial

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.functions.invocations import Invocation
from scenarios.cloud.kernel.deliveries import Event, Missing
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.kernel.faults import Faults
from tests.scenarios.cloud.functions.function_worlds import (
    FAILS,
    LOOK,
    LOOPS,
    asynchronous,
    code,
    failures,
    function,
    invoked_by_events,
    moments,
    outcomes,
    sends,
    told,
    world,
)
from tests.scenarios.cloud.small_worlds import HOME, arn, may, noted, queue, role

# ---- what a handler is given --------------------------------------------------------------------


def test_a_handler_gets_the_event_and_what_it_returns_is_kept(tmp_path):
    code(tmp_path, "def look(event, context): return {'heard': event}")
    with world(tmp_path) as each:
        sends(each, {"a": [1, None]})

        assert outcomes(each) == [{"heard": {"a": [1, None]}}]


def test_an_event_travels_as_json_and_is_shared_with_nobody(tmp_path):
    code(tmp_path, "def look(event, context):\n    event['list'].append(2)\n    return event")
    event = {"list": [1], "tuple": (1, 2)}
    with world(tmp_path) as each:
        each.functions.accept(LOOK, event)
        event["list"].append("afterwards")
        each.run(10)

        assert outcomes(each) == [{"list": [1, 2], "tuple": [1, 2]}]
        assert event["list"] == [1, "afterwards"]


def test_the_context_tells_the_truth(tmp_path):
    code(
        tmp_path,
        """
        import time

        def look(event, context):
            before = context.get_remaining_time_in_millis()
            time.sleep(12.5)
            return {
                "name": context.function_name,
                "arn": context.invoked_function_arn,
                "memory": context.memory_limit_in_mb,
                "group": context.log_group_name,
                "version": context.function_version,
                "left": [before, context.get_remaining_time_in_millis()],
            }
        """,
    )
    with world(tmp_path, function(MemorySize=256, LoggingConfig={"LogGroup": "/aws/lambda/look"})) as each:
        sends(each, seconds=60)

        assert outcomes(each) == [
            {
                "name": "look",
                "arn": LOOK,
                "memory": "256",
                "group": "/aws/lambda/look",
                "version": "$LATEST",
                "left": [30_000, 17_500],
            }
        ]


def test_a_function_sees_the_variables_of_lambda_and_of_its_template_and_no_others(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "the-one-who-runs-this")
    code(tmp_path, "import os\n\ndef look(event, context): return dict(os.environ)")
    with world(tmp_path, function(Environment={"Variables": {"STAGE": "prod"}})) as each:
        sends(each)
        [seen] = outcomes(each)

    assert seen["STAGE"] == "prod"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == HOME
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "look"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == "/aws/lambda/look"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert seen["_HANDLER"] == "app.look"
    assert seen["TZ"] == ":UTC"
    assert "AWS_PROFILE" not in seen
    assert "PATH" not in seen


@pytest.mark.slow
def test_two_functions_have_modules_and_variables_of_their_own(tmp_path):
    code(
        tmp_path,
        """
        import os

        seen = []

        def look(event, context):
            seen.append(os.environ["WHO"])
            return seen

        tell = look
        """,
    )
    resources = {
        **function("look", Environment={"Variables": {"WHO": "look"}}),
        **function("tell", Environment={"Variables": {"WHO": "tell"}}),
    }
    with world(tmp_path, resources) as each:
        for name in ("look", "tell", "look"):
            sends(each, arn=arn("lambda", f"function:{name}"))

        assert outcomes(each) == [["look"], ["tell"], ["look", "look"]]


# ---- cold and warm ------------------------------------------------------------------------------

COUNTS = """
    import os

    count = 0

    def look(event, context):
        global count
        count += 1
        return [count, context.log_stream_name, os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]]
"""


def counted(each):
    return [outcome[0] for outcome in outcomes(each)]


def test_a_warm_environment_is_used_again_for_some_minutes(tmp_path):
    code(tmp_path, COUNTS)
    with world(tmp_path) as each:
        for idle in (10, 500, 700, 10):
            sends(each, seconds=idle)

        assert counted(each) == [1, 2, 3, 1]  # after 700 idle seconds it had been taken down


def test_a_cold_start_takes_its_time_and_a_warm_one_does_not(tmp_path):
    code(tmp_path, COUNTS)
    with world(tmp_path) as each:
        sends(each)
        sends(each)

        assert moments(each, "ran") == [0.61, 10.01]


def test_an_environment_writes_to_one_log_stream_of_its_own(tmp_path):
    code(tmp_path, COUNTS)
    with world(tmp_path) as each:
        for idle in (10, 700, 10):
            sends(each, seconds=idle)
        streams = [outcome[1] for outcome in outcomes(each)]

        assert streams[0] == streams[1] != streams[2]
        assert streams[0].startswith("2026/03/02/[$LATEST]")
        assert [outcome[2] for outcome in outcomes(each)] == streams


def test_an_update_of_the_configuration_starts_anew(tmp_path):
    code(tmp_path, COUNTS)
    with world(tmp_path) as each:
        sends(each)
        with each.calls.muted():
            each.client(each.user("ops"), "lambda").update_function_configuration(
                FunctionName="look", Environment={"Variables": {"STAGE": "prod"}}
            )
        sends(each)

        assert counted(each) == [1, 1]


def test_a_profile_can_have_every_start_cold(tmp_path):
    code(tmp_path, COUNTS)
    with world(tmp_path, faults=Faults(name="cold", always_cold=True)) as each:
        sends(each)
        sends(each)

        assert counted(each) == [1, 1]


def test_a_handler_that_raises_keeps_its_environment(tmp_path):
    code(
        tmp_path,
        """
        count = 0

        def look(event, context):
            global count
            count += 1
            return [1 / (count - 1)]
        """,
    )
    with world(tmp_path) as each:
        sends(each, seconds=70)

        assert outcomes(each) == [[1.0]]  # the second attempt counted on


# ---- who may ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_service_needs_the_functions_permission(tmp_path):
    code(tmp_path, "def look(event, context): pass")
    with world(tmp_path, {**function(), **invoked_by_events()}) as each:
        rule = arn("events", "rule/watch")

        def invoked(by="events", function=LOOK, source=rule):
            deliveries, event = each.setting.deliveries, Event(content={})
            refusal = deliveries.hand_over(function, event, by=f"{by}.amazonaws.com", source=source)
            return refusal and refusal.missing

        assert invoked() is None
        assert invoked(source=f"{rule}-not") == Missing.PERMISSION
        assert invoked(by="sns") == Missing.PERMISSION
        assert invoked(function=f"{LOOK}-not") == Missing.RESOURCE
        each.run(10)
        assert len(noted(each, "ran")) == 1


def test_what_its_role_is_not_granted_is_refused_to_the_handler(tmp_path):
    code(
        tmp_path,
        """
        import boto3

        def look(event, context):
            dynamodb = boto3.client("dynamodb")
            try:
                dynamodb.list_tables()
            except dynamodb.exceptions.ClientError as error:
                return [type(error).__name__, error.response["Error"]["Code"], str(error)]
        """,
    )
    with world(tmp_path) as each:
        sends(each)

        [[kind, error_code, words]] = outcomes(each)
    assert (kind, error_code) == ("ClientError", "AccessDeniedException")
    assert "assumed-role/lookRole/look is not authorized to perform: dynamodb:ListTables" in words


def test_a_denial_that_the_service_models_is_of_the_clients_own_class(tmp_path):
    code(
        tmp_path,
        """
        import boto3

        def look(event, context):
            logs = boto3.client("cloudtrail")
            sns = boto3.client("sns")
            try:
                sns.list_topics()
            except sns.exceptions.AuthorizationErrorException as error:
                return error.response["ResponseMetadata"]["HTTPStatusCode"]
        """,
    )
    with world(tmp_path) as each:
        sends(each)

        assert outcomes(each) == [403]


@pytest.mark.slow
def test_functions_sign_with_sessions_of_their_own_even_of_one_role(tmp_path):
    code(
        tmp_path,
        """
        import boto3

        def look(event, context):
            boto3.client("sqs").list_queues()

        tell = look
        """,
    )
    calls = []
    shared = {"Fn::GetAtt": ["lookRole", "Arn"]}
    resources = {**function(statements=(may("sqs:ListQueues"),)), **function("tell", Role=shared)}
    with world(tmp_path, resources) as each:
        each.calls.after_everything(calls.append)
        sends(each)
        sends(each, arn=arn("lambda", "function:tell"))

    callers = [call.caller for call in calls if call.operation == "ListQueues"]
    assert [caller.arn.rpartition(":")[2] for caller in callers] == [
        "assumed-role/lookRole/look",
        "assumed-role/lookRole/tell",
    ]
    assert callers[0].access_key_id.startswith("ASIA")
    assert callers[0].access_key_id != callers[1].access_key_id
    assert callers[0].session_created.isoformat() == "2026-03-02T03:00:00.610000+00:00"


# ---- the Invoke API -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["look", LOOK, "123456789012:function:look"])
def test_invoke_accepts_an_event_by_name_or_arn(tmp_path, name):
    code(tmp_path, "def look(event, context): return event")
    with world(tmp_path) as each:
        client = each.client(each.user("ops"), "lambda")
        answer = client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"n": 1}))
        each.run(10)

        assert answer["StatusCode"] == 202
        assert outcomes(each) == [{"n": 1}]


@pytest.mark.parametrize(
    ("asked", "error_code"),
    [
        pytest.param({"FunctionName": "nobody"}, "ResourceNotFoundException", id="no such function"),
        pytest.param({"Payload": b"{"}, "InvalidRequestContentException", id="a payload that is no JSON"),
    ],
)
def test_invoke_refuses_as_lambda_does(tmp_path, asked, error_code):
    with world(tmp_path) as each:
        client = each.client(each.user("ops"), "lambda")
        with pytest.raises(client.exceptions.from_code(error_code)) as caught:
            client.invoke(**{"FunctionName": "look", "InvocationType": "Event"} | asked)

        assert caught.value.response["Error"]["Code"] == error_code


def test_invoke_needs_its_permission(tmp_path):
    with world(tmp_path) as each:
        nobody = each.client(each.user("nobody", policies=()), "lambda")
        with pytest.raises(ClientError, match="AccessDenied"):
            nobody.invoke(FunctionName="look", InvocationType="Event")


def test_who_waits_for_a_function_gets_its_answer_its_error_and_the_end_of_its_log(tmp_path):
    code(tmp_path, "def look(event, context):\n    print('looked')\n    return 1 / event['by']")
    with world(tmp_path) as each:
        ask = partial(each.client(each.user("ops"), "lambda").invoke, FunctionName="look", LogType="Tail")
        right, wrong = ask(Payload=b'{"by": 2}'), ask(Payload=b'{"by": 0}')

        assert json.load(right["Payload"]) == 0.5
        assert b64decode(right["LogResult"]) == b"looked\n"
        assert "FunctionError" not in right
        assert json.load(wrong["Payload"])["errorType"] == "ZeroDivisionError"
        assert wrong["FunctionError"] == "Unhandled"


@pytest.mark.parametrize("kept_in", ["a destination", "a dead-letter queue"])
def test_events_of_a_function_without_concurrency_go_where_failures_go_at_once(tmp_path, kept_in):
    code(tmp_path, "def look(event, context): pass")
    dead_letters = {"DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}}}
    more = asynchronous() if kept_in == "a destination" else queue("Failures", by="")
    resources = function(
        ReservedConcurrentExecutions=0, **(dead_letters if kept_in == "a dead-letter queue" else {})
    )
    with world(tmp_path, {**resources, **more}) as each:
        sends(each, {"a": 1}, seconds=1)

        (kept,) = failures(each)
        assert (kept["requestPayload"] if kept_in == "a destination" else kept) == {"a": 1}
        assert noted(each, "ran") == noted(each, "failed") == []
        codes = [attributes.get("ErrorCode") for attributes in each.queues.attributes(arn("sqs", "Failures"))]
        assert codes == ([None] if kept_in == "a destination" else ["429"])


@pytest.mark.parametrize(("runtime", "said"), [("python3.8", 1), ("python3.13", 0)])
def test_an_old_python_runs_on_this_one_and_the_trace_says_so_once(tmp_path, runtime, said):
    code(tmp_path, "def look(event, context): return 7")
    with world(tmp_path, {**function(Runtime=runtime), **asynchronous()}) as each:
        for _ in range(2):
            sends(each, seconds=1200)

        assert outcomes(each) == [7, 7]
        assert len(noted(each, "runtime")) == said


def test_a_function_in_another_language_stands_and_does_not_run(tmp_path):
    code(tmp_path, "def look(event, context): return 7")
    resources = {**function(Runtime="nodejs22.x"), **asynchronous()}
    with (
        world(tmp_path, resources) as each,
        pytest.raises(NotSimulated, match="written for nodejs22"),
    ):
        sends(each)


# ---- meanwhile ----------------------------------------------------------------------------------


def test_a_function_deleted_meanwhile_loses_what_it_had_queued(tmp_path):
    code(tmp_path, FAILS)
    with world(tmp_path) as each:
        sends(each)
        with each.calls.muted():
            each.client(each.user("ops"), "lambda").delete_function(FunctionName="look")
        each.run(400)

        assert len(noted(each, "failed")) == 1
        assert noted(each, "lost") == ["look was deleted with an event in its queue"]


def test_one_function_does_not_run_inside_another(tmp_path):
    code(tmp_path, "def look(event, context): pass")
    with world(tmp_path) as each:
        invocation = Invocation(arn=LOOK, event={}, request_id="1", accepted=each.clock.now)
        each.functions._running = invocation
        with pytest.raises(WorldError, match="inside another"):
            each.functions.run(invocation)


def test_an_error_of_the_rehearsal_is_not_the_handlers(tmp_path):
    code(
        tmp_path,
        """
        import socket

        def look(event, context):
            try:
                socket.create_connection(("192.0.2.1", 80))
            except Exception:
                return "swallowed"
        """,
    )
    with world(tmp_path) as each, pytest.raises(WorldError, match=r"192\.0\.2\.1"):
        sends(each)


@pytest.mark.slow
def test_a_hole_in_the_simulation_is_not_the_handlers(tmp_path):
    code(
        tmp_path,
        """
        import boto3

        def look(event, context):
            try:
                boto3.client("sns").publish(PhoneNumber="+15550100", Message="m")
            except Exception:
                return "swallowed"
        """,
    )
    with world(tmp_path, function(statements=(may("sns:*"),))) as each, pytest.raises(NotSimulated):
        sends(each)


# ---- the log ------------------------------------------------------------------------------------


def test_what_a_function_prints_goes_to_its_log_group_and_stream(tmp_path):
    code(
        tmp_path,
        "def look(event, context):\n    print('one')\n    print('two')\n    return context.log_stream_name",
    )
    with world(tmp_path) as each:
        sends(each)
        logs = each.client(each.user("reader"), "logs")
        with each.calls.muted():
            events = logs.filter_log_events(logGroupName="/aws/lambda/look")["events"]

        assert [event["message"] for event in events] == ["one", "two"]
        assert {event["logStreamName"] for event in events} == set(outcomes(each))


def test_how_a_handler_failed_is_one_event_of_its_log(tmp_path):
    code(tmp_path, FAILS)
    with world(tmp_path) as each:
        sends(each)

        [message] = told(each)
        assert message.splitlines() == [
            "[ERROR] ValueError: no such luck",
            "Traceback (most recent call last):",
            '  File "/var/task/app.py", line 3, in look',
            '    raise ValueError("no such luck")',
        ]


@pytest.mark.slow
def test_a_timeout_stands_in_the_log(tmp_path):
    code(tmp_path, LOOPS)
    with world(tmp_path, function(Timeout=3)) as each:
        sends(each)

        [line] = told(each)
        assert line.endswith("Task timed out after 3.00 seconds")


@pytest.mark.slow
def test_without_the_permission_to_log_the_output_is_lost_and_the_trace_says_so(tmp_path):
    code(tmp_path, "def look(event, context): print('one')")
    with world(tmp_path, function(statements=(may("logs:CreateLogStream"),))) as each:
        sends(each)

        assert told(each) == []
        assert noted(each, "lost") == ["look may not logs:PutLogEvents: its output is gone"]


@pytest.mark.parametrize(
    ("action", "lines", "lost"),
    [
        pytest.param("logs:*", ["one"], [], id="its role may make it"),
        pytest.param(
            "logs:PutLogEvents", [], ["look may not logs:CreateLogGroup: its output is gone"], id="it may not"
        ),
    ],
)
def test_a_log_group_that_is_missing_is_made_where_the_role_may(tmp_path, action, lines, lost):
    code(tmp_path, "def look(event, context): print('one')")
    resources = function(statements=(may(action),))
    del resources["lookGroup"]
    with world(tmp_path, resources) as each:
        sends(each)

        assert told(each) == lines
        assert noted(each, "lost") == lost


def test_a_role_nobody_here_has_heard_of_may_nothing(tmp_path):
    code(tmp_path, "def look(event, context): print('one')")
    with world(tmp_path, {**function(), **role("Other", "lambda", may("*"))}) as each:
        with each.calls.muted():
            each.client(each.user("ops"), "iam").delete_role_policy(RoleName="lookRole", PolicyName="p")
        sends(each)

        assert noted(each, "lost") == ["look may not logs:CreateLogStream: its output is gone"]

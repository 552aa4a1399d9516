"""Functions that wait for another, and destinations that are no queue."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import NONE, PROFILES
from tests.sample import in_turn
from tests.scenarios.cloud.functions.function_worlds import (
    FAILS,
    LOOK,
    SENDS,
    WRITES_LOGS,
    asynchronous,
    code,
    function,
    outcomes,
    sends,
    told,
    world,
)
from tests.scenarios.cloud.small_worlds import arn, heard, may, noted, queue, rule

INVOKES = may("lambda:InvokeFunction")
ASKS = """
    import json
    import boto3

    SEEN = []

    def look(event, context):
        SEEN.append(event)
        answer = boto3.client("lambda").invoke(FunctionName="other", Payload=json.dumps(event))
        return {
            "status": answer["StatusCode"],
            "error": answer.get("FunctionError"),
            "told": json.load(answer["Payload"]),
            "seen": len(SEEN),
        }

    def other(event, context):
        SEEN.append(event)
        print("other works")
        return {"half": 1 / event["by"], "seen": len(SEEN)}
"""


def two(tmp_path, app=ASKS, statements=(WRITES_LOGS, INVOKES), **other):
    code(tmp_path, app)
    made = {**function(statements=statements), **function("other", (WRITES_LOGS, INVOKES), **other)}
    return world(tmp_path, made)


@pytest.mark.slow
def test_a_function_gets_what_the_other_returned_and_neither_sees_the_others_variables(tmp_path):
    with two(tmp_path) as each:
        sends(each, {"by": 2})

        inner, outer = outcomes(each)
        assert inner == {"half": 0.5, "seen": 1}
        assert outer == {"status": 200, "error": None, "told": inner, "seen": 1}
        assert "other works" in told(each)


def test_a_function_gets_the_others_error(tmp_path):
    with two(tmp_path) as each:
        sends(each, {"by": 0})

        (outer,) = outcomes(each)
        assert outer["error"] == "Unhandled"
        assert outer["told"]["errorType"] == "ZeroDivisionError"


@pytest.mark.slow
def test_a_function_may_only_invoke_what_its_role_allows(tmp_path):
    with two(tmp_path, statements=(WRITES_LOGS,)) as each:
        sends(each, {"by": 2})

        (failed,) = noted(each, "failed")
        assert "not authorized to perform: lambda:InvokeFunction" in failed


WAITS = """
    import time
    import boto3

    def look(event, context):
        boto3.client("lambda").invoke(FunctionName="other")

    def other(event, context):
        time.sleep(event or 40)
"""


@pytest.mark.slow
def test_who_waits_longer_than_it_may_run_times_out_and_the_other_one_ends(tmp_path):
    with two(tmp_path, WAITS, Timeout=60) as each:
        sends(each, seconds=50)

        assert [words for words in noted(each, "ran") if words.startswith("other in 40.")]
        assert "timed out after 30.00 seconds" in noted(each, "failed")[0]


@pytest.mark.slow
def test_to_wait_longer_than_the_client_does_is_not_simulated(tmp_path):
    slow = WAITS.replace("event or 40", "70")
    with (
        two(tmp_path, slow, Timeout=100) as each,
        pytest.raises(NotSimulated, match="a client that waits 71 s"),
    ):
        sends(each)


@pytest.mark.slow
def test_functions_that_wait_for_each_other_end_loudly(tmp_path):
    rounds = ASKS.replace(
        'return {"half": 1 / event["by"], "seen": len(SEEN)}', "return look(event, context)"
    )
    with two(tmp_path, rounds, Timeout=60) as each, pytest.raises(NotSimulated, match="wait for each other"):
        sends(each, {"by": 1})


SELF = """
    import json
    import boto3

    SEEN = []

    def look(event, context):
        SEEN.append(event)
        if event:
            boto3.client("lambda").invoke(FunctionName="look", Payload=json.dumps(event - 1))
        return len(SEEN)
"""


@pytest.mark.slow
def test_a_function_that_waits_for_itself_has_another_environment_each_time(tmp_path):
    code(tmp_path, SELF)
    with world(tmp_path, function(statements=(WRITES_LOGS, INVOKES))) as each:
        sends(each, 2)

        assert outcomes(each) == [1, 1, 1]


@pytest.mark.parametrize(("sort", "most"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
def test_a_payload_that_is_too_large_is_refused(tmp_path, sort, most):
    code(tmp_path, "def look(event, context): return len(event)")
    with world(tmp_path) as each:
        invoke = each.client(each.user("ops"), "lambda").invoke
        with pytest.raises(ClientError, match=f"limit {most} bytes") as caught:
            invoke(FunctionName="look", InvocationType=sort, Payload=json.dumps("x" * most))

        assert caught.value.response["Error"]["Code"] == "RequestEntityTooLargeException"


# ---- destinations -------------------------------------------------------------------------------

BUS = arn("events", "event-bus/default")


def ends(tmp_path, app, which, target, *statements, faults=NONE, **more):
    """A world whose function tells a destination how it ended."""
    code(tmp_path, app)
    config = {which: {"Destination": target}}
    stands = asynchronous(failures="", DestinationConfig=config, MaximumRetryAttempts=0)
    resources = {**function(statements=(WRITES_LOGS, SENDS, *statements)), **stands, **more}
    return world(tmp_path, resources, faults=faults)


def test_a_topic_is_told_of_a_failure(tmp_path):
    subscribed = [{"Protocol": "email", "Endpoint": "on-call@example.com"}]
    topic = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Subscription": subscribed}}}
    with ends(tmp_path, FAILS, "OnFailure", {"Ref": "Topic"}, may("sns:Publish"), **topic) as each:
        sends(each, {"a": 1})

        (mail,) = each.topics.inbox
        assert json.loads(mail.text)["requestPayload"] == {"a": 1}


@pytest.mark.parametrize(
    ("app", "which", "ended"),
    [
        pytest.param(FAILS, "OnFailure", "Failure", id="failed"),
        pytest.param("def look(event, context): return 7", "OnSuccess", "Success", id="went well"),
    ],
)
def test_an_event_bus_is_told_how_a_function_ended(tmp_path, app, which, ended):
    hears = {**queue(), **rule(pattern={"source": ["lambda"]})}
    with ends(tmp_path, app, which, BUS, may("events:PutEvents"), **hears) as each:
        sends(each, {"a": 1}, seconds=30)

        (event,) = heard(each)
        assert event["detail-type"] == f"Lambda Function Invocation Result - {ended}"
        assert event["resources"] == [BUS, f"{LOOK}:$LATEST"]
        assert event["detail"]["requestPayload"] == {"a": 1}


def test_another_function_is_invoked_with_the_record(tmp_path):
    app = "def look(event, context): return 7\ndef then(event, context): return event['responsePayload']"
    target = {"Fn::GetAtt": ["then", "Arn"]}
    with ends(tmp_path, app, "OnSuccess", target, INVOKES, **function("then")) as each:
        sends(each, {"a": 1})

        assert outcomes(each) == [7, 7]


@pytest.mark.parametrize("faults", in_turn(PROFILES, of=4))
def test_an_event_bus_hears_of_each_failure_under_every_fault(tmp_path, faults):
    hears = {**queue(), **rule(pattern={"source": ["lambda"]})}
    profile = PROFILES[faults]
    with ends(tmp_path, FAILS, "OnFailure", BUS, may("events:PutEvents"), faults=profile, **hears) as each:
        for number in range(3):
            sends(each, {"n": number})
        each.run(120)

        told = [event["detail"]["requestPayload"]["n"] for event in heard(each)]
        assert set(told) == {0, 1, 2}
        assert len(told) == (6 if profile.duplicates else 3)


@pytest.mark.slow
def test_a_destination_that_the_role_may_no_longer_reach_loses_the_record(tmp_path):
    with ends(tmp_path, FAILS, "OnFailure", BUS, may("events:PutEvents")) as each:
        with each.calls.muted():
            iam = each.client(each.user("ops"), "iam")
            iam.delete_role_policy(RoleName="lookRole", PolicyName="p")
        sends(each)

        assert [words for words in noted(each, "lost") if "on-failure destination" in words]

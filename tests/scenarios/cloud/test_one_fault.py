"""One fault at one call or delivery of a function, and what the function and AWS see of it."""

import pytest

from scenarios.cloud.kernel.fault_points import FaultKind, FaultPoint
from scenarios.cloud.kernel.faults import Faults
from tests.scenarios.cloud.functions.function_worlds import code, function, sends, world
from tests.scenarios.cloud.small_worlds import may

EVERYTHING = function(statements=(may("*"),), Timeout=50)
HANDLER = """
    import boto3
    from botocore.config import Config

    def look(event, context):
        queue = boto3.client("sqs", config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
        for name in ("first", "second"):
            queue.create_queue(QueueName=name)
        return [url.rpartition("/")[2] for url in queue.list_queues().get("QueueUrls", [])]
"""


def run_with(folder, point, *, seconds=1200):
    """The handler of three calls under one fault: the queues it left, and its errors in order."""
    faults = Faults(name="one", point=FaultPoint.parse(point))
    with world(code(folder, HANDLER), EVERYTHING, faults=faults) as simulated:
        made = []
        simulated.calls.after("sqs", "CreateQueue", lambda call: made.append(call.parameters["QueueName"]))
        sends(simulated, {"n": 1})
        simulated.run(seconds)
        failed = [
            each.facts["error"]["errorType"] for each in simulated.setting.trace if each.kind == "failed"
        ]
        return made, failed, simulated.one_fault.struck


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "made", "failed"),
    [
        ("1.1.crash-before", ["first", "second"], ["Runtime.ExitError"]),
        ("1.1.crash-after", ["first", "first", "second"], ["Runtime.ExitError"]),
        ("1.1.crash-twice", ["first", "first", "first", "second"], ["Runtime.ExitError"] * 2),
        ("1.2.hang", ["first", "first", "second"], ["Sandbox.Timedout"]),
        ("1.2.answer-lost", ["first", "second", "first", "second"], ["ReadTimeoutError"]),
        ("1.2.sent-again", ["first", "second", "second"], []),
        ("1.2.refused", ["first", "first", "second"], ["EndpointConnectionError"]),
        ("1.2.throttled", ["first", "first", "second"], ["ClientError"]),
        ("1.2.5xx", ["first", "first", "second"], ["ClientError"]),
        ("1.2.denied", ["first"], ["ClientError"] * 3),
        ("1.2.no-sqs", ["first"], ["ClientError"] * 3),
        ("1.2.no-kms", ["first", "second"], []),
        ("1.0.twice", ["first", "second"] * 2, []),
        ("1.2.meanwhile", ["first", "first", "second", "second"], []),
        ("1.0.late", ["first", "second"], []),
    ],
)
def test_a_fault_strikes_once_at_its_point(tmp_path, point, made, failed):
    assert run_with(tmp_path, point) == (made, failed, True)


@pytest.mark.slow
def test_what_is_sent_again_says_so(tmp_path):
    handler = """
        import boto3

        def look(event, context):
            answer = boto3.client("sqs").create_queue(QueueName="first")
            raise RuntimeError(answer["ResponseMetadata"]["RetryAttempts"])
    """
    faults = Faults(name="one", point=FaultPoint.parse("1.1.sent-again"))
    with world(code(tmp_path, handler), EVERYTHING, faults=faults) as simulated:
        sends(simulated, {"n": 1})
        simulated.run(1200)
        failed = [
            each.facts["error"]["errorMessage"] for each in simulated.setting.trace if each.kind == "failed"
        ]

    assert failed == ["1", "0", "0"]


@pytest.mark.slow
def test_a_point_that_a_run_never_comes_to_strikes_nowhere(tmp_path):
    made, failed, struck = run_with(tmp_path, "1.9.crash-after")

    assert (made, failed, struck) == (["first", "second"], [], False)


@pytest.mark.parametrize(
    "text", ["", "1.2", "1.2.rain", "x.1.crash-after", "1.0.crash-after", "1.1.late", "1.1.late "]
)
def test_what_is_no_point_is_refused(text):
    with pytest.raises(ValueError, match=r"point like|call 0 is the delivery"):
        FaultPoint.parse(text)


@pytest.mark.parametrize("kind", FaultKind)
def test_a_point_is_read_as_it_is_written(kind):
    call = 0 if kind in ("twice", "twice-hours-apart", "late", "reordered") else 3
    point = FaultPoint(invocation=7, call=call, kind=kind)

    assert FaultPoint.parse(str(point)) == point

"""Functions whose concurrency is set to 0 while they stand, and set free again."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.functions.function_worlds import (
    FAILS,
    WRITES_LOGS,
    asynchronous,
    code,
    failures,
    function,
    moments,
    outcomes,
    sends,
    world,
)
from tests.scenarios.cloud.functions.test_event_sources import (
    BODIES,
    READS,
    dead_letters,
    left,
    send,
    standing,
)
from tests.scenarios.cloud.small_worlds import admin, arn, heard, noted, queue, total


def stops(each):
    admin(each, "lambda").put_function_concurrency(FunctionName="look", ReservedConcurrentExecutions=0)


def frees(each):
    admin(each, "lambda").delete_function_concurrency(FunctionName="look")


def throttles(each):
    return total(each, "AWS/Lambda", "Throttles", FunctionName="look")


@pytest.mark.slow
def test_a_stopped_function_runs_nothing_until_it_is_free_again(tmp_path):
    code(tmp_path, "def look(event, context): return event")
    with world(tmp_path) as each:
        stops(each)
        assert admin(each, "lambda").get_function_concurrency(FunctionName="look") | {
            "ResponseMetadata": 0
        } == {"ReservedConcurrentExecutions": 0, "ResponseMetadata": 0}
        sends(each, "lost")
        assert (outcomes(each), throttles(each)) == ([], 1)
        assert total(each, "AWS/Lambda", "Errors", FunctionName="look") is None

        frees(each)
        sends(each, "found")
        assert outcomes(each) == ["found"]
        assert [record["requestPayload"] for record in failures(each)] == ["lost"]


def test_an_event_that_waits_for_a_retry_is_turned_away_when_its_time_comes(tmp_path):
    code(tmp_path, FAILS)
    with world(tmp_path, {**function(), **asynchronous()}) as each:
        sends(each, {"a": 1})
        stops(each)
        each.run(400)

        assert len(noted(each, "failed")) == 1
        assert moments(each, "kept") == [60.61]
        (record,) = failures(each)
        assert record["responsePayload"]["errorType"] == "TooManyRequestsException"


def test_who_waits_for_the_answer_is_told_that_there_are_too_many_requests(tmp_path):
    with world(tmp_path) as each:
        stops(each)
        with pytest.raises(ClientError, match="Rate Exceeded") as refused:
            admin(each, "lambda").invoke(FunctionName="look")

        assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        assert throttles(each) == 1


@pytest.mark.slow
@pytest.mark.parametrize("window", [0, 5])
def test_a_queue_shows_what_a_stopped_function_can_not_take_again(tmp_path, window):
    code(tmp_path, BODIES)
    with world(tmp_path, standing(MaximumBatchingWindowInSeconds=window)) as each:
        stops(each)
        send(each, "a")
        each.run(50)
        assert (outcomes(each), left(each), throttles(each)) == ([], ["a"], 1)

        frees(each)
        each.run(60)
        assert outcomes(each) == [["a"]]


@pytest.mark.slow
def test_a_queue_gives_up_what_a_stopped_function_was_shown_too_often(tmp_path):
    code(tmp_path, BODIES)
    resources = {
        **queue("Dead", by=""),
        **standing((WRITES_LOGS, READS), queue_says=dead_letters(received=2)),
    }
    with world(tmp_path, resources) as each:
        stops(each)
        send(each, '"a"')
        each.run(200)

        assert (outcomes(each), heard(each, "Dead"), throttles(each)) == ([], ["a"], 2)
        assert each.queues.bodies(arn("sqs", "Jobs")) == []

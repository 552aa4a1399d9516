import pytest

from scenarios.cloud.kernel.faults import Faults
from tests.scenarios.cloud.functions.function_worlds import (
    WRITES_LOGS,
    code,
    function,
    outcomes,
    sends,
    world,
)
from tests.scenarios.cloud.small_worlds import arn, may

CALLS = {
    "dynamodb": "dynamodb.list_tables()",
    "ec2": "ec2.describe_instances()",
    "events": "events.list_rules()",
    "iam": "iam.list_roles()",
    "kms": "kms.list_keys()",
    "lambda": "client.list_functions()",
    "logs": "logs.describe_log_groups()",
    "s3": "s3.list_buckets()",
    "sns": "sns.list_topics()",
    "sqs": "sqs.list_queues()",
}
# What laws answer instead of moto, by protocol.
ANSWERED = {
    "JSON": "logs.filter_log_events(logGroupName='/aws/lambda/look')",
    "CBOR": "cloudwatch.describe_alarms()",
    "query": "sts.get_caller_identity()",
    "EC2": "ec2.describe_regions()",
    "REST with XML": "s3.get_object_lock_configuration(Bucket='locked')",
}
LOCKED = {
    "Bucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "locked", "ObjectLockEnabled": True},
    }
}
EVERYTHING = function(statements=(may("*"),))


def throttled(every):
    return Faults(name="throttled", throttled_every=every)


def calling(folder, call, *, times=2, config=""):
    """A handler that calls so often and tells how each went: the retries it took, or the error."""
    service, _, method = call.partition(".")
    client = {"client": "lambda"}.get(service, service)
    return code(
        folder,
        f"""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError

        def look(event, context):
            client = boto3.client({client!r}, config=Config({config}))
            before, went = context.get_remaining_time_in_millis(), []
            for _ in range({times}):
                try:
                    went.append(client.{method}["ResponseMetadata"]["RetryAttempts"])
                except ClientError as error:
                    told = error.response
                    went.append([told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]])
            return [went, before - context.get_remaining_time_in_millis()]
        """,
    )


def run(folder, faults, resources=EVERYTHING):
    with world(folder, resources, faults=faults) as each:
        sends(each)
        [[went, took]] = outcomes(each)
    return went, took


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_botocore_tries_a_throttled_call_again_and_its_waiting_moves_the_clock(tmp_path, call):
    calling(tmp_path, call)

    calm = run(tmp_path, throttled(0))
    rough = run(tmp_path, throttled(2))

    assert calm == ([0, 0], 40)
    assert rough[0] == [0, 1]
    assert rough[1] > calm[1]


@pytest.mark.slow
@pytest.mark.parametrize("call", ANSWERED.values(), ids=ANSWERED)
def test_what_a_law_answers_is_throttled_and_tried_again_too(tmp_path, call):
    calling(tmp_path, call)

    calm = run(tmp_path, throttled(0), EVERYTHING | LOCKED)
    rough = run(tmp_path, throttled(2), EVERYTHING | LOCKED)

    assert calm == ([0, 0], 40)
    assert rough[0] == [0, 1]
    assert rough[1] > calm[1]


def test_what_a_law_answers_is_the_same_after_a_retry(tmp_path):
    code(
        tmp_path,
        """
        import boto3

        def look(event, context):
            return [boto3.client("sts").get_caller_identity()["Account"] for _ in range(2)]
        """,
    )

    with world(tmp_path, EVERYTHING, faults=throttled(2)) as each:
        sends(each)
        assert outcomes(each) == [["123456789012"] * 2]


@pytest.mark.parametrize(
    ("service", "code_and_status"),
    [
        ("cloudwatch", ["ThrottlingException", 400]),
        ("dynamodb", ["ThrottlingException", 400]),
        ("ec2", ["RequestLimitExceeded", 503]),
        ("lambda", ["TooManyRequestsException", 429]),
        ("s3", ["SlowDown", 503]),
        ("sns", ["Throttling", 400]),
        ("sqs", ["ThrottlingException", 400]),
    ],
)
@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_call_that_is_throttled_for_good_fails_with_the_code_of_its_service(
    tmp_path, service, code_and_status, mode
):
    call = {**CALLS, "cloudwatch": ANSWERED["CBOR"]}[service]
    calling(tmp_path, call, times=1, config=f"retries={{'mode': {mode!r}, 'max_attempts': 1}}")

    assert run(tmp_path, throttled(1))[0] == [code_and_status]


def test_each_nth_request_of_functions_is_refused(tmp_path):
    calling(tmp_path, "sqs.list_queues()", times=6)

    assert run(tmp_path, throttled(3))[0] == [0, 0, 1, 0, 1, 0]


def test_an_overloaded_service_refuses_a_function_every_time_and_other_services_do_not(tmp_path):
    code(
        tmp_path,
        """
        import boto3
        from botocore.config import Config

        def look(event, context):
            patient = Config(retries={"mode": "standard", "total_max_attempts": 3})
            boto3.client("sqs").list_queues()
            try:
                boto3.client("logs", config=patient).filter_log_events(logGroupName="/aws/lambda/look")
            except Exception as error:
                return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["RetryAttempts"]]
        """,
    )

    with world(tmp_path, EVERYTHING) as each:
        each.throttles.overload("cloudwatch-logs")
        sends(each)
        assert outcomes(each) == [["ThrottlingException", 2]]


def test_only_functions_are_throttled(tmp_path):
    code(tmp_path, "def look(event, context): pass")
    with world(tmp_path, EVERYTHING, faults=throttled(1)) as each:
        client = each.client(each.user("alice"), "sqs")

        assert client.list_queues()["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_throttled_call_is_one_call_to_those_who_hear_of_it(tmp_path):
    calling(tmp_path, "sqs.list_queues()", times=3)
    heard = []
    with world(tmp_path, EVERYTHING, faults=throttled(2)) as each:
        each.calls.after("sqs", "ListQueues", lambda call: heard.append(call.error))
        sends(each)

    assert heard == [None] * 3


@pytest.mark.slow
def test_throttling_can_take_a_function_past_its_timeout(tmp_path):
    calling(tmp_path, "sqs.list_queues()", times=100, config="retries={'mode': 'standard'}")
    with world(
        tmp_path, function(statements=(WRITES_LOGS, may("*")), Timeout=3), faults=throttled(2)
    ) as each:
        sends(each, arn=arn("lambda", "function:look"))
        words = [moment.words for moment in each.setting.trace if moment.kind == "failed"]

    assert "Task timed out after 3.00 seconds" in words[0]

"""What the stack does about an incident becomes a line of its trace, and nothing else does."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scenarios.cloud.kernel.caller import ApiCall, Caller, CallerKind
from scenarios.incidents.error_burst import CHANGED_BY_HAND
from scenarios.incidents.table_deleted import RESTORED
from scenarios.runner.acts import act_in_words
from scenarios.runner.run import run


@pytest.fixture(scope="module")
def restored():
    return run(RESTORED)


@pytest.mark.slow
def test_an_act_is_noted_where_it_happens(restored):
    (act,) = [moment for moment in restored.timeline if moment.kind == "did"]

    assert act.words == "dynamodb restore-table-from-backup -> orders"
    assert act.cause == 0


def test_what_follows_from_a_action_knows_its_number(restored):
    causes = {moment.kind: moment.cause for moment in restored.timeline if moment.cause is not None}

    assert {"action", "matched", "did", "mail", "ran"} <= set(causes)
    assert set(causes.values()) == {0}


@pytest.mark.slow
def test_what_the_stack_only_observes_is_no_act():
    watching = run(replace(RESTORED, parameters=()))

    assert "did" not in {moment.kind for moment in watching.timeline}


CALLS = [
    pytest.param("s3", "PutBucketPolicy", {"Bucket": "logs", "Policy": "{}"}, "s3 put-bucket-policy -> logs"),
    pytest.param(
        "cloudtrail",
        "StartLogging",
        {"Name": "arn:aws:cloudtrail:us-east-1:123456789012:trail/company"},
        "cloudtrail start-logging -> company",
    ),
    pytest.param("ec2", "StopInstances", {"InstanceIds": ["i-1"]}, "ec2 stop-instances"),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "words"), CALLS)
def test_an_act_is_named_as_the_aws_cli_names_it(service, operation, parameters, words):
    call = ApiCall(
        sequence=1,
        service=service,
        operation=operation,
        parameters=parameters,
        region="us-east-1",
        caller=Caller(kind=CallerKind.ASSUMED_ROLE, account="123456789012"),
        moment=datetime(2026, 3, 2, tzinfo=UTC),
    )

    assert act_in_words(call) == words


@pytest.mark.slow
def test_a_function_that_asks_for_what_it_may_not_do_fails_the_run():
    """The function copes with it and sends its alert; in the account nobody would notice."""
    unexpected = run(replace(CHANGED_BY_HAND, denied=()))

    assert unexpected.failures == ("no function is denied a call: ErrorBurst may not logs:FilterLogEvents",)
    assert run(CHANGED_BY_HAND).passed

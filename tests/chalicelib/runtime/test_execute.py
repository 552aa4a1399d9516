from dataclasses import replace
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from chalicelib.errors import NotAllowed, Throttled, Unavailable
from chalicelib.ledger.entries import entry_of
from chalicelib.remediation import CallProgress, Outcome, Plan
from chalicelib.runtime.execute import carry_out
from chalicelib.runtime.notify import message_of
from tests.chalicelib.runtime.house import ACCOUNT, Happening, Remedy, alert, built, creates, deletes


@pytest.fixture
def house():
    with built() as house:
        yield house


def planned(house, *calls):
    return house.ledger.store(
        entry_of("remedy", Happening(), Plan.alert(alert(), calls=calls), Outcome.ACTED)
    )


def carried(house, finding):
    remediation = Remedy(finding.plan).remediation
    return carry_out(house.aws, house.ledger, finding, remediation=remediation, settings=house.settings)


def text_of(finding):
    return message_of(
        alert(),
        finding.id,
        finding.outcome,
        finding.plan.calls,
        finding.progress,
        failure=finding.failure,
    )


@pytest.mark.slow
def test_calls_are_made_in_order_and_noted(house):
    finding, error = carried(house, planned(house, creates("a"), deletes("a"), creates("b")))

    assert error is None
    assert house.tables() == ["b"]
    assert finding.progress == {0: CallProgress.DONE, 1: CallProgress.DONE, 2: CallProgress.DONE}
    assert house.ledger.stored("remedy", Happening()) == finding


@pytest.mark.slow
def test_what_somebody_else_did_is_not_ours_to_undo(house):
    house.aws.client("dynamodb").create_table(**creates("orders").parameters)

    finding, error = carried(house, planned(house, creates("orders"), creates("invoices")))

    assert error is None
    assert finding.progress == {0: CallProgress.FOUND, 1: CallProgress.DONE}
    text = text_of(finding)
    assert (
        "This was so already, and not by Trailwarden:\n  - aws dynamodb create-table --table-name orders"
        in text
    )
    assert "which does:\n  - aws dynamodb delete-table --table-name invoices" in text
    assert "delete-table --table-name orders" not in text


@pytest.mark.slow
def test_what_an_earlier_try_may_have_done_is_told_as_unsure(house):
    """The first try died after its call and before it could note it."""
    begun = house.ledger.did(planned(house, creates("orders")), 0, CallProgress.BEGUN)
    house.aws.client("dynamodb").create_table(**creates("orders").parameters)

    finding, _ = carried(house, begun)

    assert finding.progress == {0: CallProgress.UNSURE}
    assert "Perhaps done by an earlier try of Trailwarden's" in text_of(finding)
    assert "To undo it:" not in text_of(finding)


@pytest.mark.slow
def test_what_botocore_may_have_done_before_it_sent_a_call_again_is_told_as_unsure(house):
    house.aws.client("dynamodb").create_table(**creates("orders").parameters)
    told = ClientError(
        {
            "Error": {"Code": "ResourceInUseException", "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 1},
        },
        "CreateTable",
    )
    finding = planned(house, creates("orders"))
    aws = Mock(account=ACCOUNT)
    aws.client.return_value.create_table.side_effect = told

    finding, _ = carry_out(
        aws, house.ledger, finding, remediation=Remedy(finding.plan).remediation, settings=house.settings
    )

    assert finding.progress == {0: CallProgress.UNSURE}


@pytest.mark.slow
def test_settled_calls_are_not_made_again(house):
    finding = planned(house, creates("a"), creates("b"), creates("c"))
    for index, progress in enumerate((CallProgress.DONE, CallProgress.FOUND, CallProgress.UNSURE)):
        finding = house.ledger.did(finding, index, progress)

    assert carried(house, finding) == (finding, None)
    assert house.aws.asked == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        pytest.param("UnauthorizedOperation", NotAllowed, id="denied, in EC2's word"),
        pytest.param("AuthorizationError", NotAllowed, id="denied, in SNS's word"),
        pytest.param("ProvisionedThroughputExceededException", Throttled, id="throttled"),
        pytest.param(ConnectTimeoutError(endpoint_url="x"), Unavailable, id="no answer"),
        pytest.param(ZeroDivisionError("bug"), ZeroDivisionError, id="a bug"),
    ],
)
def test_the_first_failure_stops_the_plan(house, refusal, kind):
    house.aws.refused["delete_table"] = refusal

    finding, error = carried(house, planned(house, creates("a"), deletes("a"), creates("b")))

    assert isinstance(error, kind)
    assert house.tables() == ["a"]
    assert finding.progress == {0: CallProgress.DONE, 1: CallProgress.BEGUN}
    assert (finding.outcome, finding.failure) == (Outcome.FAILED, str(error))
    assert house.ledger.stored("remedy", Happening()) == finding


def test_a_failure_names_the_call_and_the_event(house):
    house.aws.refused["create_table"] = "AccessDeniedException"

    _, error = carried(house, planned(house, creates("a")))

    assert str(error) == "remedy: create_table: no on dynamodb.create_table for event e-1"
    assert error.__cause__.response["Error"]["Code"] == "AccessDeniedException"


def test_only_an_already_code_means_already(house):
    house.aws.client("dynamodb").create_table(**creates("orders").parameters)

    finding, error = carried(house, planned(house, creates("orders", already=("SomethingElse",))))

    assert "ResourceInUseException" in str(error)
    assert finding.outcome is Outcome.FAILED


def test_a_call_for_another_account_is_not_made_in_this_one(house):
    stranger = replace(creates("orders"), account="999988887777")

    finding, error = carried(house, planned(house, stranger))

    assert isinstance(error, NotAllowed)
    assert f"belongs to account '999988887777', this function to {ACCOUNT}" in finding.failure
    assert house.tables() == []


def test_a_call_is_made_in_the_region_it_names(house):
    elsewhere = replace(creates("orders"), region="us-west-2")

    carried(house, planned(house, elsewhere))

    assert house.tables() == []
    assert house.aws.client("dynamodb", "us-west-2").list_tables()["TableNames"] == ["orders"]

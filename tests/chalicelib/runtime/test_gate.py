"""Whether a plan's calls may be made: the deployed mode, the brakes, the hour's cap."""

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.brakes import kill_switch, mode_of
from chalicelib.errors import Throttled, Unavailable
from chalicelib.remediation import Outcome, Plan
from chalicelib.settings import Mode
from tests.chalicelib.runtime.house import STACK, Happening, Remedy, alert, built, creates

OBSERVE, APPROVE, ENFORCE = Mode
SWITCH, MODE = kill_switch(STACK), mode_of("remedy", STACK)


@pytest.fixture
def house():
    with built() as house:
        yield house


def acting(table="orders") -> Remedy:
    return Remedy(plan=Plan.alert(alert(), calls=[creates(table)]))


def reads(house) -> int:
    return house.aws.asked.count("get_parameters")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("deployed", "now", "outcome"),
    [
        pytest.param(ENFORCE, ENFORCE, Outcome.ACTED, id="as deployed"),
        pytest.param(ENFORCE, APPROVE, Outcome.AWAITING_APPROVAL, id="lowered by one"),
        pytest.param(ENFORCE, OBSERVE, Outcome.OBSERVED, id="lowered by two"),
        pytest.param(APPROVE, OBSERVE, Outcome.OBSERVED, id="approve, lowered"),
        pytest.param(APPROVE, ENFORCE, Outcome.AWAITING_APPROVAL, id="approve is not raised"),
        pytest.param(OBSERVE, ENFORCE, Outcome.OBSERVED, id="observe is not raised"),
    ],
)
def test_the_lower_of_the_deployed_mode_and_the_one_of_now_holds(house, deployed, now, outcome):
    house.lowers(now)

    became = house.handle(acting(), mode=deployed)

    assert became is outcome
    assert house.tables() == (["orders"] if outcome is Outcome.ACTED else [])
    assert (f"because {MODE} lowers its mode to {now}" in house.mail[0].text) == now.below(deployed)


@pytest.mark.slow
@pytest.mark.parametrize("deployed", [APPROVE, ENFORCE])
@pytest.mark.parametrize(
    ("breaks", "why"),
    [
        pytest.param(
            lambda house: house.loses(SWITCH), f"the parameter {SWITCH} is not there", id="no switch"
        ),
        pytest.param(lambda house: house.loses(MODE), f"the parameter {MODE} is not there", id="no mode"),
        pytest.param(
            lambda house: house.sets(SWITCH, "ON"),
            f"the parameter {SWITCH} is 'ON', and none of off, on",
            id="another word",
        ),
        pytest.param(
            lambda house: house.lowers("Enforce"), f"the parameter {MODE} is 'Enforce', and", id="in capitals"
        ),
        pytest.param(
            lambda house: house.aws.refused.update(get_parameters="AccessDeniedException"),
            "get_parameters: no",
            id="denied",
        ),
    ],
)
def test_brakes_that_can_not_be_read_hold_back_and_that_is_told(house, deployed, breaks, why):
    breaks(house)

    outcome = house.handle(acting(), mode=deployed)

    assert outcome is Outcome.CAPPED
    assert house.tables() == []
    told = house.mail[0].text
    assert "Trailwarden held back:\n  - aws dynamodb create-table --table-name orders" in told
    assert f"    because whether it may act could not be read: {why}" in told


@pytest.mark.slow
def test_that_we_may_not_read_them_is_an_alert_of_its_own(house):
    house.aws.refused["get_parameters"] = "AccessDeniedException"

    house.handle(acting())

    assert [each.subject for each in house.mail] == [
        "HIGH: Something happened",
        "HIGH: Trailwarden was not allowed to look: remedy",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        pytest.param("ThrottlingException", Throttled, id="throttled"),
        pytest.param(ReadTimeoutError(endpoint_url="ssm"), Unavailable, id="no answer"),
    ],
)
def test_what_may_pass_is_told_at_once_and_the_retry_acts(house, refusal, error):
    house.aws.refused["get_parameters"] = refusal
    with pytest.raises(error):
        house.handle(acting())
    first = house.mail[0].text
    house.aws.refused.clear()

    outcome = house.handle(acting())

    assert "Trailwarden did not yet try:\n" in first
    assert "    because whether it may act could not be read: " in first
    assert "It is tried again a few times" in first
    assert outcome is Outcome.ACTED
    assert house.tables() == ["orders"]
    assert "You were told of this before it was over" in house.mail[1].text


@pytest.mark.slow
def test_they_are_read_once_for_each_plan_that_would_run_and_for_no_other(house):
    house.handle(Remedy(plan=Plan.alert(alert())), Happening(key="tells"))
    house.handle(acting(), Happening(key="observes"), mode=OBSERVE)
    assert reads(house) == 0

    house.handle(acting(), Happening(key="acts"))
    assert reads(house) == 1


@pytest.mark.slow
def test_a_plan_that_was_begun_goes_on_only_as_far_as_the_mode_of_now(house):
    remedy = acting()
    house.aws.refused["create_table"] = "ThrottlingException"
    with pytest.raises(Throttled):
        house.handle(remedy)
    house.aws.refused.clear()
    house.lowers(APPROVE)

    outcome = house.handle(remedy)

    assert outcome is Outcome.AWAITING_APPROVAL
    assert house.tables() == []


@pytest.mark.slow
def test_a_redrive_after_its_hour_takes_a_place_of_the_hour_it_runs_in(house):
    remedy = acting()
    house.aws.refused["create_table"] = "ThrottlingException"
    with pytest.raises(Throttled):
        house.handle(remedy, acts_per_hour=1)
    house.aws.refused.clear()
    for item in house.items("acts#"):  # its own place has lapsed, and another event has it
        house.ledger.rows.delete({"pk": item["pk"], "sk": item["sk"]})
    house.handle(acting("invoices"), Happening(key="e-2"), acts_per_hour=1)

    outcome = house.handle(remedy, acts_per_hour=1)

    assert outcome is Outcome.CAPPED
    assert house.tables() == ["invoices"]

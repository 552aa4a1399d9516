"""Alerts that name nobody are folded by their kind, where an hourly look tells what is left over."""

from dataclasses import replace

import pytest

from chalicelib.remediation import Plan
from chalicelib.runtime.answer import Invocation
from chalicelib.triggers import OnSchedule
from tests.chalicelib.runtime.house import Context, Happening, Remedy, alert, built


@pytest.fixture
def house():
    with built() as house:
        yield house


def run(house, *, counts, times, principal="", **about):
    """So many alerts, about nobody unless a principal is named; then the hourly look, if there is one."""
    remedy = Remedy(plan=Plan.alert(alert("a knock")))
    remediation = remedy.remediation
    hourly = remedy.way(OnSchedule(expression="rate(1 hour)"))
    if counts:
        remediation = replace(remediation, ways=(*remediation.ways, hourly))
    call = Invocation(remediation, remediation.ways[0], house.settings, house.aws, Context())
    for number in range(times):
        call.handle(Happening(key=f"e-{number}", principal=principal, **about))
    if counts:
        call.count()


@pytest.mark.slow
def test_of_many_that_name_nobody_a_few_are_sent_and_then_the_count(house):
    run(house, counts=True, times=25)

    assert len(house.mail) == 12  # ten, the twentieth, the rest by the hour
    assert "5 more alerts were not sent one by one" in house.mail[-1].subject
    assert len(house.findings) == 25


@pytest.mark.slow
def test_without_an_hourly_look_each_is_sent(house):
    run(house, counts=False, times=15)

    assert len(house.mail) == 15


@pytest.mark.slow
def test_items_that_somebody_planted_are_folded_too(house):
    for number in range(25):
        key = {"pk": {"S": "acts#remedy"}, "sk": {"S": f"{number:04}"}}
        house.ledger.client.put_item(TableName=house.ledger.table, Item={**key, "holder": {"S": "x"}})
    remedy = Remedy(plan=Plan.alert(alert("a knock")))
    hourly = remedy.way(OnSchedule(expression="rate(1 hour)"))
    remediation = replace(remedy.remediation, ways=(*remedy.remediation.ways, hourly))
    call = Invocation(remediation, remediation.ways[0], house.settings, house.aws, Context())
    call.ledger.rows.all("acts#remedy")

    call.handle(Happening())

    ledgers = [each for each in house.mail if "ledger" in each.subject]
    assert len(ledgers) == 11  # of the twenty that one event reports: ten, and the twentieth


@pytest.mark.slow
@pytest.mark.parametrize(
    ("principal", "asked"),
    [
        pytest.param("", "trailwarden query what-was-refused --since ", id="nobody"),
        pytest.param(
            "arn:aws:iam::123456789012:user/ann",
            "what-did-principal-do --set principal=arn:aws:iam::123456789012:user/ann --since ",
            id="one principal",
        ),
        pytest.param("x'; drop", "(left out: it is about a name with characters", id="a name that is a trap"),
    ],
)
def test_a_count_ends_with_the_questions_that_fit_all_it_counts(house, principal, asked):
    run(house, counts=True, times=25, principal=principal)

    count = house.mail[-1]
    assert "not sent one by one" in count.subject
    assert "To ask next" in count.text
    assert asked in count.text

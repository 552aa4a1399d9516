"""The page of response times has a row for each remediation, and what it says is what a run takes."""

import pytest

from chalicelib.catalog import CATALOG
from scenarios.runner import response_times
from scenarios.runner.response_times import PAGE, Times, measured, page, scenario_of, written
from tests.sample import in_turn

ANEW = "python -m scenarios.runner.response_times --write writes it anew"
ROWS = written(PAGE.read_text())


def test_every_remediation_has_its_row_and_the_page_is_as_it_is_written():
    assert {name: each.scenario for name, each in ROWS.items()} == {
        each.name: scenario_of(each.name).name for each in CATALOG
    }, ANEW
    assert page(PAGE.read_text(), ROWS) == PAGE.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", in_turn(ROWS, 16, in_ci=2))
def test_a_run_takes_as_long_as_the_page_says(name):
    found = measured(name)

    assert found.like(ROWS[name]), f"{found}; {ANEW}"


ROW = Times(scenario="a.enforced", alert=20, act=800)


@pytest.mark.parametrize(
    ("now", "like"),
    [
        pytest.param(Times(scenario="a.enforced", alert=120, act=700), True, id="another seed"),
        pytest.param(Times(scenario="a.enforced", alert=141, act=800), False, id="a later alert"),
        pytest.param(Times(scenario="a.enforced", alert=20, act=None), False, id="no act any more"),
        pytest.param(Times(scenario="a.enforced", alert=20, act=0), False, id="nothing is waited for"),
        pytest.param(Times(scenario="a", alert=20, act=800), False, id="another scenario"),
    ],
)
def test_only_what_the_seed_draws_may_differ(now, like):
    assert now.like(ROW) is like


def test_one_row_is_written_anew_and_the_others_stay(monkeypatch, tmp_path):
    first, second = CATALOG[0].name, CATALOG[1].name
    copy = tmp_path / "page.md"
    copy.write_text(page(PAGE.read_text(), {first: ROW, second: ROW}))
    monkeypatch.setattr(response_times, "PAGE", copy)
    monkeypatch.setattr(response_times, "measured", lambda _: Times(scenario="a", alert=None, act=None))

    response_times.main([first, "--write"])

    assert written(copy.read_text()) == {first: Times(scenario="a", alert=None, act=None), second: ROW}

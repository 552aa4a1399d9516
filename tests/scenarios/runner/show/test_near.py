"""Which near misses of rules are shown of a run that failed."""

from dataclasses import replace

import pytest

from scenarios.cloud.eventbridge.near_misses import NearMiss
from scenarios.runner.show.failure import failure
from tests.scenarios.runner.show.made_up import BEGAN, report

OURS, OTHER, THIRD = (
    NearMiss(at=BEGAN, rule=rule, region="us-east-1", what="an event", why="source: wants 'a', found \"b\"")
    for rule in ("RootLoginTrigger1", "StackChangedTrigger5", "TrailDigestTrigger3")
)
MORE = "2 rules of other remediations nearly matched; --trace names each"


@pytest.mark.parametrize(
    ("name", "failures", "near", "shown"),
    [
        ("root_login.degrees", (), (OURS, OTHER, THIRD), [str(OURS), MORE]),
        ("root_login", ("stack_changed tells HIGH: none came",), (OURS, OTHER), [str(OURS), str(OTHER)]),
        ("root_login", (), (OTHER, THIRD), [MORE]),
        ("somebody_elses", (), (OTHER, THIRD), [str(OTHER), str(THIRD)]),
        ("root_login", (), (), []),
    ],
)
def test_rules_are_named_of_the_remediations_that_the_run_is_about(name, failures, near, shown):
    told = failure(replace(report(name=name, failures=failures), near=near), name).splitlines()

    assert [line for line in told if "nearly matched" in line] == shown

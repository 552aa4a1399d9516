"""An event for every rule, and what the dead letters lack when a rule or a function has no way to them."""

import pytest

from chalicelib.matching import EventPattern
from scenarios.incidents.dead_letters import BROKEN, UNREADABLE
from scenarios.runner.mutate.judge import judge
from scenarios.runner.mutate.mutants import every_mutant
from scenarios.runner.words.giving_up import matching_event
from tests.sample import in_turn

PATTERNS = [
    pytest.param({"source": ["aws.s3"]}, id="a value"),
    pytest.param({"detail": {"a": {"b": [1, 2]}}}, id="nested, a number"),
    pytest.param({"resources": ["arn:aws:s3:::logs"]}, id="a list of the event"),
    pytest.param({"detail": {"error": [{"exists": False}], "name": ["x"]}}, id="what must not be there"),
    pytest.param({"detail": {"error": [{"exists": True}]}}, id="what must be there"),
    pytest.param({"detail": {"key": [{"prefix": "a/"}, {"suffix": ".gz"}]}}, id="of several, the first"),
    pytest.param({"detail": {"key": [{"suffix": ".gz"}]}}, id="an end"),
    pytest.param({"detail": {"key": [{"wildcard": "a/*/b"}]}}, id="a wildcard"),
    pytest.param({"detail": {"key": [{"anything-but": ["a"]}]}}, id="anything but"),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_event_is_one_that_the_pattern_matches(pattern):
    assert EventPattern(pattern).matches(matching_event(pattern))


def test_a_pattern_that_cannot_be_met_by_reading_it_is_named():
    with pytest.raises(ValueError, match=r"no event is known that .*numeric.* matches"):
        matching_event({"detail": {"size": [{"numeric": [">", 10]}]}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("leaf", "scenario", "missing"),
    in_turn(
        [
            ("InstanceStateTrigger2.Properties.Targets.0.DeadLetterConfig", BROKEN, "InstanceStateTrigger2"),
            ("ErrorBurstEventInvokeConfig.Properties.FunctionName", UNREADABLE, "ErrorBurst"),
        ],
        of=2,
    ),
)
def test_a_rule_and_a_function_without_dead_letters_are_named(leaf, scenario, missing):
    (mutant,) = [each for each in every_mutant() if leaf in each.name]

    assert judge(mutant, [scenario]).killed_by.endswith(f"it holds nothing of {missing}")

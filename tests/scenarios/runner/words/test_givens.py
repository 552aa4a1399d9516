"""What is there before an incident is what its words say, and no more."""

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel import moto_events
from scenarios.runner.run import run
from scenarios.runner.scenario import Scenario
from scenarios.runner.words.givens import no_looks_for_floods


@pytest.mark.slow
def test_only_those_hourly_looks_are_off_that_do_nothing_but_count():
    quiet = Scenario(
        name="quiet", title="Nothing happens", given=[no_looks_for_floods()], when=[], then=[], lasts="01:00"
    )
    rules = []

    run(quiet, before_leaving=lambda world: rules.extend(moto_events.rules(ACCOUNT, "us-east-1", "default")))

    names = {rule.name.removeprefix("trailwarden-"): rule for rule in rules}
    off = {name for name, rule in names.items() if rule.state == "DISABLED"}
    hourly = {name for name, rule in names.items() if rule.scheduled_expression == "rate(1 hour)"}
    assert {name.partition("Trigger")[0] for name in hourly - off} == {
        "TrailDigest",
        "TrailStopped",
        "Noncompliant",
    }
    assert "RootLoginTrigger2" in off
    assert off < hourly

"""Root signs in to the console at three in the morning."""

from scenarios.runner.actors import Actor
from scenarios.runner.checks import alarm_mail, alert, no_more_alerts_than
from scenarios.runner.scenario import Scenario, at, at_the_end, by, holds, told

root = Actor(name="root", address="203.0.113.7")

SCENARIO = Scenario(
    name="root_login",
    title="Root signs in at three in the morning, without a second factor",
    when=told(at("00:00", root.signs_in(mfa=False))),
    then=holds(
        by("02:30", alert("root_login", "CRITICAL", "203.0.113.7", "123456789012", "MFA used:         no")),
        by("14:00", alarm_mail("RootUsageAlarm")),
        at_the_end(no_more_alerts_than(1)),
    ),
)

SCENARIOS = (SCENARIO,)

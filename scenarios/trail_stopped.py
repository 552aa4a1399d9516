"""Somebody stops, blinds or weakens the audit trail, or its bucket."""

from chalicelib.remediation import Outcome
from scenarios.runner.actors import Actor
from scenarios.runner.checks import alert, no_more_alerts_than, outcome, state
from scenarios.runner.scenario import Check, Scenario, at, at_the_end, by, holds, told

mallory = Actor(name="mallory", address="203.0.113.66")
TRAIL = "trailwarden-trail"


def trail_logs(name: str = TRAIL, *, on: bool) -> Check:
    """Whether the trail logs."""

    def judge(cloudtrail: object) -> str | None:
        logging = cloudtrail.get_trail_status(Name=name)["IsLogging"]  # type: ignore[attr-defined]  # boto3 makes its methods
        return None if logging == on else f"IsLogging is {logging}"

    return state(f"the trail {name} {'logs' if on else 'does not log'}", judge, "cloudtrail")


SCENARIO = Scenario(
    name="trail_stopped",
    title="Somebody stops the trail; it is told",
    when=told(at("00:00", mallory.calls("cloudtrail", "stop_logging", Name=TRAIL))),
    then=holds(
        by("02:30", alert("trail_stopped", "CRITICAL", "user/mallory", "on -> off")),
        at_the_end(
            trail_logs(on=False),
            no_more_alerts_than(1, of="trail_stopped"),
            outcome("trail_stopped", Outcome.OBSERVED),
        ),
    ),
)

ENFORCED = Scenario(
    name="trail_stopped.enforced",
    title="Somebody stops the trail; it is started again",
    parameters=(("TrailStoppedMode", "enforce"),),
    when=told(at("01:05:00", mallory.calls("cloudtrail", "stop_logging", Name=TRAIL))),
    lasts="01:20:00",
    then=holds(
        by("01:07:30", alert("trail_stopped", "CRITICAL", "user/mallory", "on -> off")),
        at_the_end(
            trail_logs(on=True),
            no_more_alerts_than(1, of="trail_stopped"),
            outcome("trail_stopped", Outcome.ACTED),
        ),
    ),
)
SCENARIOS = (SCENARIO, ENFORCED)

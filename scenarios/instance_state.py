"""Instances come and go."""

import json
from typing import Any

from scenarios.runner.actors import Actor
from scenarios.runner.checks import alert, no_more_alerts_than, state
from scenarios.runner.machines import WatchedHost
from scenarios.runner.scenario import Check, Scenario, at, at_the_end, by, holds, told

mallory = Actor(name="mallory", address="203.0.113.66")
web = WatchedHost(name="web-1")
GROUP = "/aws/events/trailwarden/instance-states"


def written_down(times: int) -> Check:
    """So many changes of state stand in the log group."""

    def judge(logs: Any) -> str | None:
        # EventBridge may deliver one twice; its id tells.
        found = {
            json.loads(each["message"])["id"] for each in logs.filter_log_events(logGroupName=GROUP)["events"]
        }
        return None if len(found) == times else f"there are {len(found)}"

    return state(f"{times} changes stand in {GROUP}", judge, "logs")


SCENARIO = Scenario(
    name="instance_state",
    title="A host is launched, stopped a while later, and terminated at last",
    lasts="30:00",
    when=told(
        at("00:00", web.launched_by(mallory)),
        at("10:00", web.stopped_by(mallory)),
        at("20:00", web.terminated_by(mallory)),
    ),
    then=holds(
        by(
            "12:00",
            alert("instance_state", "INFO", "lookup-events", subject="is stopped"),
            web.is_now("stopped"),
        ),
        by("22:00", alert("instance_state", "LOW", subject="is terminated"), web.is_now("terminated")),
        at_the_end(no_more_alerts_than(2), written_down(6)),
    ),
)

SCENARIOS = (SCENARIO,)

"""Instances come and go."""

import json
from typing import Any

from scenarios.runner.actors import Actor
from scenarios.runner.checks import alert, in_time, no_more_alerts_than, state
from scenarios.runner.machines import WatchedHost
from scenarios.runner.scenario import Check, Scenario, at, at_the_end, by, holds, told

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
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
            alert("instance_state", "INFO", "203.0.113.66", subject="stopped"),
            web.is_now("stopped"),
        ),
        by(
            "22:00",
            alert("instance_state", "LOW", subject="is terminated"),
            alert("instance_state", "LOW", "203.0.113.66", subject="terminated"),
            web.is_now("terminated"),
        ),
        # One that is stopped is terminated at once, before CloudTrail can say by whom.
        at_the_end(in_time(no_more_alerts_than(3), late=no_more_alerts_than(4)), written_down(5)),
    ),
)

far = WatchedHost(name="far-1", region="us-east-1")

SPOKE = Scenario(
    name="instance_state.spoke",
    title="A host in another region is stopped: its events are forwarded, the alert names region and caller",
    home="eu-west-1",
    spokes=("us-east-1",),
    lasts="30:00",
    given=(far.there(),),
    when=told(at("00:00", far.stopped_by(mallory))),
    then=holds(
        by(
            "05:00",
            alert("instance_state", "INFO", "us-east-1", subject="is stopped"),
            alert("instance_state", "INFO", "mallory", "203.0.113.66", "us-east-1", subject=":user/mallory"),
        ),
        at_the_end(in_time(no_more_alerts_than(1), late=no_more_alerts_than(2)), written_down(2)),
    ),
)

deployer = Actor(name="deployer", address="198.51.100.9")

EXPECTED = Scenario(
    name="instance_state.expected",
    title="Whoever is expected to stop hosts does so: it is written down, and nobody is told",
    parameters=(("IgnoredPrincipals", "arn:aws:iam::*:user/deployer"),),
    lasts="30:00",
    given=(web.there(),),
    when=told(at("00:00", web.stopped_by(deployer))),
    # Without the call nobody can know that the change was expected.
    then=holds(
        at_the_end(
            in_time(no_more_alerts_than(0), late=no_more_alerts_than(1)),
            web.is_now("stopped"),
            written_down(2),
        )
    ),
)

BY_ITSELF = Scenario(
    name="instance_state.by_an_alarm",
    title="An idle host is stopped by its own alarm: the alert names the role of CloudWatch's alarms",
    given=(web.there(),),
    lasts="03:00:00",
    when=told(at("00:00", web.watched_by(alice, StopWhenIdle="yes")), at("00:00", web.works(cpu=0.5))),
    then=holds(
        by(
            "02:30:00",
            alert("instance_state", "INFO", "AWSServiceRoleForCloudWatchEvents", subject="stopped"),
        ),
    ),
)

SCENARIOS = (SCENARIO, SPOKE, EXPECTED, BY_ITSELF)

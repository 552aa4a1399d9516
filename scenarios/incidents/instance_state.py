"""Instances come and go."""

import json
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.runner.scenario import Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor, arrives
from scenarios.runner.words.checks import alert, in_time, no_more_alerts_than, outcome, state
from scenarios.runner.words.givens import no_looks_for_floods
from scenarios.runner.words.machines import WatchedHost

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
    when=[
        at("00:00", web.launched_by(mallory)),
        at("10:00", web.stopped_by(mallory)),
        at("20:00", web.terminated_by(mallory)),
    ],
    then=[
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
    ],
)

far = WatchedHost(name="far-1", region="us-east-1")

SPOKE = Scenario(
    name="instance_state.spoke",
    title="A host in another region is stopped: its events are forwarded, the alert names region and caller",
    home="eu-west-1",
    spokes=("us-east-1",),
    lasts="30:00",
    given=(far.there(),),
    when=[at("00:00", far.stopped_by(mallory))],
    then=[
        by(
            "05:00",
            alert("instance_state", "INFO", "us-east-1", subject="is stopped"),
            alert(
                "instance_state", "INFO", "mallory", "203.0.113.66", "us-east-1", subject="by user/mallory"
            ),
        ),
        at_the_end(in_time(no_more_alerts_than(1), late=no_more_alerts_than(2)), written_down(2)),
    ],
)


def _far_told(call: str, severity: str = "INFO") -> Check:
    """Who made this call in the other region, be it with the change or after it."""
    return alert("instance_state", severity, call, "203.0.113.66", "us-east-1", subject=" by user/")


SPOKE_LIFE = Scenario(
    name="instance_state.spoke_life",
    title="A host is started and stopped in another region: each alert names who did it",
    home="eu-west-1",
    spokes=("us-east-1",),
    parameters=(("InstanceStatesTold", "running,stopped,terminated"),),
    lasts="60:00",
    when=[
        at("00:00", far.launched_by(mallory)),
        at("05:00", far.stopped_by(mallory)),
        at("25:00", far.started_by(mallory)),
        at("35:00", far.terminated_by(mallory)),
    ],
    then=[
        by("05:00", _far_told("RunInstances")),
        by("10:00", _far_told("StopInstances")),
        by("30:00", _far_told("StartInstances")),
        by("40:00", _far_told("TerminateInstances", "LOW")),
        at_the_end(no_more_alerts_than(8), written_down(8)),
    ],
)

deployer = Actor(name="deployer", address="198.51.100.9")

EXPECTED = Scenario(
    name="instance_state.expected",
    title="An expected principal stops a host: it is written down, and no alert is sent",
    parameters=(("IgnoredPrincipals", "arn:aws:iam::123456789012:user/deployer"),),
    lasts="30:00",
    given=(web.there(),),
    when=[at("00:00", web.stopped_by(deployer))],
    # Without the call it is unknown that the change was expected.
    then=[
        at_the_end(
            in_time(no_more_alerts_than(0), late=no_more_alerts_than(1)),
            web.is_now("stopped"),
            written_down(2),
        )
    ],
)

BY_ITSELF = Scenario(
    name="instance_state.by_an_alarm",
    title="An idle host is stopped by its own alarm: the alert names the role of CloudWatch's alarms",
    given=(no_looks_for_floods(), web.there()),
    lasts="03:00:00",
    when=[at("00:00", web.watched_by(alice, StopWhenIdle="yes")), at("00:00", web.works(cpu=0.5))],
    then=[
        by(
            "02:30:00",
            alert("instance_state", "INFO", "AWSServiceRoleForCloudWatchEvents", subject="stopped"),
            web.is_now("stopped"),
        ),
        at_the_end(
            in_time(
                no_more_alerts_than(1, of="instance_state"), late=no_more_alerts_than(2, of="instance_state")
            )
        ),
    ],
)

INSTANCE = "i-0123456789abcdef0"


def _event(source: str, kind: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": f"30000000-0000-4000-8000-{number:012d}",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-03-02T03:00:00Z",
        "region": "us-east-1",
        **more,
    }


STOPPED = _event(
    "aws.ec2",
    "EC2 Instance State-change Notification",
    1,
    resources=[f"arn:aws:ec2:us-east-1:123456789012:instance/{INSTANCE}"],
    detail={"instance-id": INSTANCE, "state": "stopped"},
)
ASKED_FOR = _event(
    "aws.ec2",
    "AWS API Call via CloudTrail",
    2,
    resources=[],
    detail={
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/mallory"},
        "eventTime": "2026-03-02T02:59:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "StopInstances",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "203.0.113.66",
        "requestParameters": {"instancesSet": {"items": [{"instanceId": INSTANCE}]}},
        "eventID": "40000000-0000-4000-8000-000000000000",
    },
)

AGAIN = Scenario(
    name="instance_state.again",
    title="A change is delivered three times, and so is the call for it, late: each is reported once",
    lasts="45:00",
    when=[
        at("00:00", arrives(f"{INSTANCE} is stopped", STOPPED)),
        at("00:03", arrives("the same event, once more", STOPPED)),
        at("02:00", arrives("the call for it comes in", ASKED_FOR)),
        at("02:03", arrives("the same call, once more", ASKED_FOR)),
        at("40:00", arrives("the change once more, much later", STOPPED), arrives("and the call", ASKED_FOR)),
    ],
    then=[
        by("01:00", alert("instance_state", "INFO", "no call for it is known yet", subject="is stopped")),
        by("03:00", alert("instance_state", "INFO", "203.0.113.66", subject="was stopped by")),
        at_the_end(
            outcome("instance_state", Outcome.TOLD, times=2),
            no_more_alerts_than(2),
            written_down(1),
        ),
    ],
)

SCENARIOS = (SCENARIO, SPOKE, SPOKE_LIFE, EXPECTED, BY_ITSELF, AGAIN)

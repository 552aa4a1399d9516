"""Somebody launches an instance without detailed monitoring."""

from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, state
from scenarios.runner.words.givens import no_looks_for_floods
from scenarios.runner.words.recorder import RECORDS, id_of, judged, recorder, who_is_named

NAME = "monitoring_off"
INSTANCE = "AWS::EC2::Instance"
MENDS = (*RECORDS, ("MonitoringOffMode", "enforce"))

mallory = Actor(name="mallory", address="203.0.113.66")


def launches(actor: Actor, name: str, *, monitored: bool) -> Action:
    """RunInstances, with or without detailed monitoring."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "ec2").run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            Monitoring={"Enabled": monitored},
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
        )

    return actor.does(f"launches {name} {'with' if monitored else 'without'} detailed monitoring", do)


def starts(actor: Actor, name: str) -> Action:
    """StartInstances."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "ec2").start_instances(InstanceIds=[id_of(world, name)])

    return actor.does(f"starts {name} again", do)


def instance_is(name: str, wanted: str) -> Check:
    """The state of the instance of this name."""

    def judge(ec2: Any) -> str | None:
        answer = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": [name]}])
        found = [each["State"]["Name"] for one in answer["Reservations"] for each in one["Instances"]]
        return None if found == [wanted] else f"it is {', '.join(found) or 'not there'}"

    return state(f"{name} is {wanted}", judge, "ec2")


SCENARIO = Scenario(
    name=NAME,
    title="An instance without detailed monitoring is not compliant, and runs on",
    before=recorder(INSTANCE),
    parameters=RECORDS,
    lasts="22:00",
    when=[at("00:00", launches(mallory, "web", monitored=False))],
    then=[
        by(
            "08:00",
            judged(NAME, "web", "NON_COMPLIANT"),
            alert("noncompliant", "LOW", "detailed monitoring is disabled"),
        ),
        at_the_end(
            instance_is("web", "running"),
            who_is_named("user/mallory", said="RunInstances"),
            no_more_alerts_than(2, of="noncompliant"),
        ),
    ],
)

ENFORCED = Scenario(
    name=f"{NAME}.enforced",
    title="Config stops it by AWS's runbook, which ends the matter; one that is monitored runs on",
    before=recorder(INSTANCE),
    parameters=MENDS,
    lasts="24:00",
    when=[
        at("00:00", launches(mallory, "web", monitored=False), launches(mallory, "good", monitored=True)),
    ],
    then=[
        by("14:00", instance_is("web", "stopped"), judged(NAME, "good", "COMPLIANT")),
        at_the_end(
            instance_is("good", "running"),
            judged(NAME, "web", ""),
            alert("noncompliant", "LOW", "AWS Config starts AWS-StopEC2Instance", subject="is not compliant"),
            alert("noncompliant", "INFO", "was running, is stopp", subject="is gone, or no longer judged"),
            who_is_named("user/mallory", said="RunInstances"),
            no_more_alerts_than(4, of="noncompliant"),
        ),
    ],
)

FOUGHT = Scenario(
    name=f"{NAME}.fought",
    title="Somebody starts it again each time Config has stopped it: Config gives up, and that is an alert",
    before=recorder(INSTANCE),
    parameters=MENDS,
    lasts="01:20:00",
    given=(no_looks_for_floods(),),
    when=[
        at("00:00", launches(mallory, "web", monitored=False)),
        at("12:00", starts(mallory, "web")),
        at("24:00", starts(mallory, "web")),
        at("36:00", starts(mallory, "web")),
    ],
    then=[
        by("30:00", instance_is("web", "stopped"), alert("noncompliant", "HIGH", times=0)),
        by(
            "01:12:00",
            instance_is("web", "running"),
            alert(
                "noncompliant",
                "HIGH",
                "Exceeded the maximum number of automatic remediation attempts",
                " times in 24 h",  # three or four: a retry may tell it before the fourth time is noted
                "delete-remediation-exceptions",
                subject="no longer mends Instance",
            ),
        ),
        at_the_end(
            instance_is("web", "running"),
            judged(NAME, "web", "NON_COMPLIANT"),
            who_is_named("user/mallory", said="StartInstances"),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, FOUGHT)

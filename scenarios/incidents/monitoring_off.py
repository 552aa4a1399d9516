"""Somebody launches an instance without detailed monitoring."""

from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import state
from scenarios.runner.words.recorder import RECORDS, judged, recorder

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
    when=[at("00:00", launches(mallory, "web", monitored=False))],
    then=[
        by("10:00", judged(NAME, "web", "NON_COMPLIANT")),
        at_the_end(instance_is("web", "running")),
    ],
)

ENFORCED = Scenario(
    name=f"{NAME}.enforced",
    title="Config stops it by AWS's runbook, which ends the matter; one that is monitored runs on",
    before=recorder(INSTANCE),
    parameters=MENDS,
    when=[
        at("00:00", launches(mallory, "web", monitored=False), launches(mallory, "good", monitored=True)),
    ],
    then=[
        by("14:00", instance_is("web", "stopped"), judged(NAME, "good", "COMPLIANT")),
        at_the_end(instance_is("good", "running"), judged(NAME, "web", "")),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED)

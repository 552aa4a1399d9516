"""Somebody leaves a security group behind that nothing uses."""

from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import state
from scenarios.runner.words.recorder import RECORDS, judged, recorder

NAME = "group_unused"
GROUP, INTERFACE = "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkInterface"
MENDS = (*RECORDS, ("GroupUnusedMode", "enforce"))

mallory = Actor(name="mallory", address="203.0.113.66")


def makes_group(actor: Actor, name: str, *, used: bool = False) -> Action:
    """CreateSecurityGroup; `used`: and a network interface that has it."""

    def do(world: World, caller: Caller) -> None:
        ec2 = world.client(caller, "ec2")
        subnet = ec2.describe_subnets()["Subnets"][0]
        group = ec2.create_security_group(GroupName=name, Description="d", VpcId=subnet["VpcId"])["GroupId"]
        if used:
            ec2.create_network_interface(SubnetId=subnet["SubnetId"], Groups=[group])

    return actor.does(f"makes a security group {name}{' with an interface' if used else ''}", do)


def group_is_there(name: str, *, there: bool = True) -> Check:
    """Whether there is a security group of this name."""

    def judge(ec2: Any) -> str | None:
        found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])
        return None if bool(found["SecurityGroups"]) == there else f"it is {'gone' if there else 'there'}"

    return state(f"the group {name} is {'there' if there else 'gone'}", judge, "ec2")


SCENARIO = Scenario(
    name=NAME,
    title="A security group that nothing uses is not compliant, and stays",
    before=recorder(GROUP, INTERFACE),
    parameters=RECORDS,
    when=[at("00:00", makes_group(mallory, "left"))],
    then=[
        by("10:00", judged(NAME, "left", "NON_COMPLIANT")),
        at_the_end(group_is_there("left")),
    ],
)

ENFORCED = Scenario(
    name=f"{NAME}.enforced",
    title="Config deletes it by AWS's runbook; one that an interface has stays, and the default group too",
    before=recorder(GROUP, INTERFACE),
    parameters=MENDS,
    when=[at("00:00", makes_group(mallory, "left"), makes_group(mallory, "taken", used=True))],
    then=[
        by("14:00", group_is_there("left", there=False), judged(NAME, "taken", "COMPLIANT")),
        at_the_end(
            group_is_there("taken"),
            group_is_there("default"),
            judged(NAME, "left", ""),
            judged(NAME, "default", ""),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED)

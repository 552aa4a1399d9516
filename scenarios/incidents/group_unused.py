"""Somebody leaves a security group behind that nothing uses."""

from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, state
from scenarios.runner.words.recorder import RECORDS, id_of, judged, recorder, who_is_named

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


def lets_in(actor: Actor, name: str, other: str) -> Action:
    """AuthorizeSecurityGroupIngress: who has the other group may come into this one."""

    def do(world: World, caller: Caller) -> None:
        pair = [{"GroupId": id_of(world, other)}]
        world.client(caller, "ec2").authorize_security_group_ingress(
            GroupId=id_of(world, name),
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": pair}],
        )

    return actor.does(f"lets {other} into {name}", do)


def deletes_group(actor: Actor, name: str) -> Action:
    """DeleteSecurityGroup."""

    def do(world: World, caller: Caller) -> None:
        world.client(caller, "ec2").delete_security_group(GroupId=id_of(world, name))

    return actor.does(f"deletes {name}", do)


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
    lasts="22:00",
    when=[at("00:00", makes_group(mallory, "left"))],
    then=[
        by(
            "08:00",
            judged(NAME, "left", "NON_COMPLIANT"),
            alert(
                "noncompliant", "LOW", "no network interface", "no earlier item", subject="is not compliant"
            ),
        ),
        at_the_end(
            group_is_there("left"),
            who_is_named("user/mallory", said="named left"),
            no_more_alerts_than(2, of="noncompliant"),
        ),
    ],
)

ENFORCED = Scenario(
    name=f"{NAME}.enforced",
    title="Config deletes it by AWS's runbook; one that an interface has stays, and the default group too",
    before=recorder(GROUP, INTERFACE),
    parameters=MENDS,
    lasts="24:00",
    when=[at("00:00", makes_group(mallory, "left"), makes_group(mallory, "taken", used=True))],
    then=[
        by("14:00", group_is_there("left", there=False), judged(NAME, "taken", "COMPLIANT")),
        at_the_end(
            group_is_there("taken"),
            group_is_there("default"),
            judged(NAME, "left", ""),
            judged(NAME, "default", ""),
            alert("noncompliant", "LOW", "DeleteUnusedSecurityGroup", subject="is not compliant"),
            alert("noncompliant", "INFO", subject="is gone"),
            who_is_named("user/mallory", said="named left"),
            no_more_alerts_than(4, of="noncompliant"),
        ),
    ],
)

REFUSED = Scenario(
    name=f"{NAME}.refused",
    title="Another group's rule names it, so EC2 refuses to delete it: Config gives up, and that is an alert",
    before=recorder(GROUP, INTERFACE),
    parameters=MENDS,
    lasts="24:00",
    when=[
        at("00:00", makes_group(mallory, "left"), makes_group(mallory, "taken", used=True)),
        at("00:00", lets_in(mallory, "taken", "left")),
    ],
    then=[
        at_the_end(
            group_is_there("left"),
            judged(NAME, "left", "NON_COMPLIANT"),
            alert("noncompliant", "LOW", "DeleteUnusedSecurityGroup", subject="is not compliant"),
            alert(
                "noncompliant",
                "HIGH",
                "Exceeded the maximum number",
                "FAILED: DeleteSecurityGroup: ",
                "has a dependent object",
                subject="no longer mends",
            ),
        ),
    ],
)

GONE = Scenario(
    name=f"{NAME}.gone",
    title="It is deleted before Config comes to it: the runbook finds nothing, and nobody is told so",
    before=recorder(GROUP, INTERFACE),
    parameters=MENDS,
    lasts="24:00",
    when=[at("00:00", makes_group(mallory, "left")), at("01:05", deletes_group(mallory, "left"))],
    then=[
        by("12:00", judged(NAME, "left", "")),
        at_the_end(
            group_is_there("left", there=False),
            alert("noncompliant", "HIGH", times=0),
            no_more_alerts_than(4, of="noncompliant"),
        ),
    ],
)

SILENT = Scenario(
    name=f"{NAME}.silent",
    title="In use when Config looks, kept by its name, or not recorded: no alert, and nothing is deleted",
    before=recorder(GROUP, INTERFACE),
    parameters=(*MENDS, ("GroupUnusedKeptNames", "spare-*")),
    when=[at("00:00", makes_group(mallory, "taken", used=True), makes_group(mallory, "spare-1"))],
    then=[
        at_the_end(
            no_more_alerts_than(0, of="noncompliant"),
            group_is_there("taken"),
            group_is_there("spare-1"),
            judged(NAME, "taken", "COMPLIANT"),
        )
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, REFUSED, GONE, SILENT)

"""A network interface without a security group, and a function of the account's own that gives it one."""

from typing import Any

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than, state
from scenarios.runner.words.own_function import NAME as FUNCTION
from scenarios.runner.words.own_function import own_function
from scenarios.runner.words.recorder import RECORDS, recorder, who_is_named

NAME = "eni_ungrouped"
INTERFACE = "AWS::EC2::NetworkInterface"
MENDS = (*RECORDS, ("EniUngroupedMode", "enforce"), ("EniUngroupedFunction", FUNCTION))
ACTIONS = (
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:ModifyNetworkInterfaceAttribute",
)

mallory = Actor(name="mallory", address="203.0.113.66")


def with_function(*actions: str) -> dict[str, Any]:
    """A recorder of interfaces, and the function."""
    made = recorder(INTERFACE)
    made["Resources"] |= own_function(*actions)
    return made


def makes_interface(actor: Actor, *, grouped: bool) -> Action:
    """CreateNetworkInterface; without a group as only AWS's own services make one."""

    def do(world: World, caller: Caller) -> None:
        ec2 = world.client(caller, "ec2")
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
        if not grouped:
            enis = moto_state.backend("ec2", ACCOUNT, world.deployment.home).enis
            enis[made].group_set.clear()

    return actor.does(f"makes a network interface with{'' if grouped else 'out'} a group", do)


def interfaces_have_groups(*, so: bool = True) -> Check:
    """Whether each network interface has a group."""

    def judge(ec2: Any) -> str | None:
        found = [each["Groups"] for each in ec2.describe_network_interfaces()["NetworkInterfaces"]]
        return None if all(found) == so else f"their groups: {found}"

    return state(f"{'each' if so else 'not each'} interface has a group", judge, "ec2")


SCENARIO = Scenario(
    name=NAME,
    title="An interface without a security group is not compliant; one with the default group is",
    before=recorder(INTERFACE),
    parameters=RECORDS,
    lasts="22:00",
    when=[at("00:00", makes_interface(mallory, grouped=False), makes_interface(mallory, grouped=True))],
    then=[
        by("08:00", alert("noncompliant", "MEDIUM", "no security group", subject="is not compliant")),
        at_the_end(
            interfaces_have_groups(so=False),
            who_is_named("user/mallory", said="CreateNetworkInterface"),
            no_more_alerts_than(2, of="noncompliant"),
        ),
    ],
)

ENFORCED = Scenario(
    name=f"{NAME}.enforced",
    title="Config runs a function of the account's own by our runbook, and the interface is compliant again",
    before=with_function(*ACTIONS),
    parameters=MENDS,
    lasts="24:00",
    when=[at("00:00", makes_interface(mallory, grouped=False))],
    then=[
        by("14:00", interfaces_have_groups(), alert("noncompliant", "INFO", subject="is compliant again")),
        at_the_end(
            alert("noncompliant", "MEDIUM", "AWS Config starts", "Undo it with", subject="is not compliant"),
            alert("noncompliant", "HIGH", times=0),
        ),
    ],
)

REFUSED = Scenario(
    name=f"{NAME}.refused",
    title="The function may not change interfaces: it fails, Config gives up, and that is an alert",
    before=with_function(*ACTIONS[:2]),
    parameters=MENDS,
    lasts="24:00",
    when=[at("00:00", makes_interface(mallory, grouped=False))],
    then=[
        at_the_end(
            interfaces_have_groups(so=False),
            alert(
                "noncompliant", "HIGH", "FAILED: run: ", "Lambda function returned", subject="no longer mends"
            ),
        )
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, REFUSED)

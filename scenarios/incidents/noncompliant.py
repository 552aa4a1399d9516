"""Somebody changes a resource so that it breaks a rule of AWS Config, and somebody changes it back."""

from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.group_unused import REFUSED
from scenarios.incidents.monitoring_off import INSTANCE, launches
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.recorder import RECORDS, id_of, recorder, who_is_named

NAME = "noncompliant"
GROUP = "AWS::EC2::SecurityGroup"
# What a look reads, for the test that takes each of these away.
READS = (
    ("config", "GetComplianceDetailsByResource"),
    ("config", "GetResourceConfigHistory"),
    ("config", "DescribeRemediationConfigurations"),
    ("config", "DescribeRemediationExceptions"),
    ("config", "DescribeRemediationExecutionStatus"),
    ("cloudtrail", "LookupEvents"),
)

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")


def switches_monitoring(actor: Actor, name: str, *, on: bool) -> Action:
    """MonitorInstances or UnmonitorInstances."""

    def do(world: World, caller: Caller) -> None:
        ec2 = world.client(caller, "ec2")
        (ec2.monitor_instances if on else ec2.unmonitor_instances)(InstanceIds=[id_of(world, name)])

    return actor.does(f"switches detailed monitoring of {name} {'on' if on else 'off'}", do)


def with_a_managed_rule(*types: str) -> dict[str, Any]:
    """A recorder, and a rule of AWS's own that is none of the stack's: SSH is closed to the internet."""
    made = recorder(*types)
    made["Resources"]["Ssh"] = {
        "Type": "AWS::Config::ConfigRule",
        "DependsOn": ["Channel"],
        "Properties": {
            "ConfigRuleName": "restricted-ssh",
            "Source": {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"},
        },
    }
    made["Resources"]["Password"] = {
        "Type": "AWS::Config::ConfigRule",
        "DependsOn": ["Channel"],
        "Properties": {
            "ConfigRuleName": "password-policy",
            "Source": {"Owner": "AWS", "SourceIdentifier": "IAM_PASSWORD_POLICY"},
        },
    }
    return made


def opens_ssh(actor: Actor) -> Action:
    """AuthorizeSecurityGroupIngress on a group of their own."""

    def do(world: World, caller: Caller) -> None:
        ec2 = world.client(caller, "ec2")
        group = ec2.create_security_group(GroupName="web", Description="d")["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
        )

    return actor.does("opens SSH to the internet", do)


SCENARIO = Scenario(
    name=NAME,
    title="Monitoring is switched off and on again: who did each, since when, and what it was before",
    before=recorder(INSTANCE),
    parameters=RECORDS,
    lasts="50:00",
    when=[
        at("00:00", launches(alice, "web", monitored=True)),
        at("10:00", switches_monitoring(mallory, "web", on=False)),
        at("25:00", switches_monitoring(alice, "web", on=True)),
    ],
    then=[
        by(
            "18:00",
            alert(
                NAME,
                "LOW",
                "detailed monitoring is disabled",
                "configuration.monitoring.state: was enabled, is disabled",
                subject="is not compliant: ",
            ),
        ),
        by("33:00", alert(NAME, "INFO", "was disabled, is enabled", subject="is compliant again")),
        at_the_end(
            who_is_named("user/mallory", said="UnmonitorInstances"),
            no_more_alerts_than(4, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name=f"{NAME}.silent",
    title="What stays compliant, and what breaks a rule that nobody asked us to tell of: no alert",
    before=with_a_managed_rule(INSTANCE, GROUP),
    parameters=(*RECORDS, ("GroupUnusedKeptNames", "w?b")),
    when=[at("00:00", launches(alice, "web", monitored=True), opens_ssh(mallory))],
    then=[at_the_end(no_more_alerts_than(0, of=NAME))],
)

TOLD = Scenario(
    name=f"{NAME}.others_rules",
    title="Rules of AWS's own are told of where the stack names them; of the account there is no past",
    before=with_a_managed_rule(GROUP),
    parameters=(*RECORDS, ("ConfigRulesTold", "restricted-*,password-policy")),
    lasts="22:00",
    when=[at("00:00", opens_ssh(mallory))],
    then=[
        by(
            "08:00",
            alert(NAME, "MEDIUM", "the rule gives no reason", subject="is not compliant: restricted-ssh"),
            alert(
                NAME, "MEDIUM", "it doesn't record its type", subject="Account 123456789012 is not compliant"
            ),
        ),
        at_the_end(who_is_named("user/mallory", said="AuthorizeSecurityGroupIngress")),
    ],
)

READING = REFUSED
SCENARIOS = (SCENARIO, SILENT, TOLD)

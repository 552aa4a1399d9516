"""Somebody changes a resource so that it breaks a rule of AWS Config, and somebody changes it back."""

from typing import Any

from chalicelib.catalog import CATALOG
from chalicelib.template.managed_rules import managed_rules
from scenarios.cloud.config.managed.all_rules import SIMULATED
from scenarios.cloud.config.rules import Rules
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.group_unused import INTERFACE, REFUSED, makes_group
from scenarios.incidents.monitoring_off import INSTANCE, launches
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.recorder import RECORDS, id_of, judged, recorder, who_is_named

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
intern = Actor(name="intern", address="192.0.2.15", policies=())


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


def with_the_packaged_rules(*types: str) -> dict[str, Any]:
    """A recorder, a group that is open to the internet, and what of `config-rules.json` is simulated."""
    made = recorder(*types)
    made["Resources"]["Open"] = {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "GroupName": "web",
            "GroupDescription": "d",
            "SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
            ],
        },
    }
    packaged = managed_rules(CATALOG)["Resources"]
    made["Resources"] |= {
        name: {**rule, "DependsOn": ["Channel"]}
        for name, rule in packaged.items()
        if rule["Properties"]["Source"]["SourceIdentifier"] in SIMULATED
    }
    return made


BEFORE_US = Scenario(
    name=f"{NAME}.before_us",
    title="A group was open before Trailwarden came: AWS's own rule finds it, and nobody is named",
    before=with_the_packaged_rules(GROUP),
    parameters=(*RECORDS, ("ConfigRulesTold", "trailwarden-*")),
    lasts="22:00",
    when=[],
    then=[
        by(
            "15:00",
            alert(NAME, "MEDIUM", "sg-", subject="is not compliant: trailwarden-incoming-ssh-disabled"),
        ),
        at_the_end(no_more_alerts_than(0, of="security_group_opened")),
    ],
)


def with_rule(
    actor: Actor, words: str, operation: str, rule: str, *, refused: bool = False, **given: Any
) -> Action:
    """A call about one rule of the stack's; `refused`: IAM must say no."""

    def do(world: World, caller: Caller) -> None:
        client = world.client(caller, "config")
        try:
            getattr(client, operation)(ConfigRuleName=f"{world.home.name}-{rule}", **given)
        except client.exceptions.ClientError as error:
            if not refused or error.response["Error"]["Code"] != "AccessDeniedException":
                raise

    return actor.does(f"{words} {rule}", do)


def _puts_anew(actor: Actor, rule: str, how: str, **said: Any) -> Action:
    """PutConfigRule over a rule: as it is, but for what is said."""

    def do(world: World, caller: Caller) -> None:
        client = world.client(caller, "config")
        name = f"{world.home.name}-{rule}"
        (known,) = client.describe_config_rules(ConfigRuleNames=[name])["ConfigRules"]
        put = {key: value for key, value in known.items() if key not in _NOT_PUT}
        client.put_config_rule(ConfigRule={**put, **said})

    return actor.does(f"puts {rule} anew, {how}", do)


_NOT_PUT = ("ConfigRuleState", "ConfigRuleArn", "ConfigRuleId", "EvaluationModes")


def lets_pass(actor: Actor, rule: str) -> Action:
    """Every group is one that need not be in use."""
    return _puts_anew(actor, rule, "so that every group passes", InputParameters='{"keptNames": "*"}')


def narrows(actor: Actor, rule: str) -> Action:
    """It is about buckets from then on."""
    scope = {"ComplianceResourceTypes": ["AWS::S3::Bucket"]}
    return _puts_anew(actor, rule, "about buckets", Scope=scope)


def puts_result(actor: Actor, rule: str, resource: str, *, trial: bool = False) -> Action:
    """PutEvaluations with the token of the rule's function, which takes reading its memory."""

    def do(world: World, caller: Caller) -> None:
        custom, name = world.setting.laws[Rules].custom, f"{world.home.name}-{rule}"
        world.client(caller, "config").put_evaluations(
            Evaluations=[
                {
                    "ComplianceResourceType": GROUP,
                    "ComplianceResourceId": id_of(world, resource),
                    "ComplianceType": "COMPLIANT",
                    "OrderingTimestamp": world.clock.now,
                }
            ],
            ResultToken="TESTMODE" if trial else custom.newest_token(world.deployment.home, name),
            TestMode=trial,
        )

    return actor.does(f"puts a result of {rule} about {resource}{', as a trial' if trial else ''}", do)


TAMPERED = Scenario(
    name=f"{NAME}.tampered",
    title="A rule is made to lie, and a remediation to do nothing: each call is told with who made it",
    before=recorder(GROUP, INTERFACE),
    parameters=(*RECORDS, ("GroupUnusedMode", "approve")),
    lasts="40:00",
    when=[
        at("00:00", makes_group(alice, "left")),
        at("08:00", puts_result(mallory, "group_unused", "left")),
        at(
            "12:00", with_rule(mallory, "deletes the results of", "delete_evaluation_results", "group_unused")
        ),
        at("16:00", lets_pass(mallory, "group_unused"), narrows(mallory, "monitoring_off")),
        at(
            "20:00",
            with_rule(
                mallory,
                "excepts a group from",
                "put_remediation_exceptions",
                "group_unused",
                ResourceKeys=[{"ResourceType": GROUP, "ResourceId": "sg-1"}],
                Message="mine",
            ),
        ),
        at(
            "24:00",
            with_rule(mallory, "deletes how to mend", "delete_remediation_configuration", "group_unused"),
        ),
    ],
    then=[
        by(
            "10:30",
            alert(NAME, "HIGH", "user/mallory", "COMPLIANT", subject="no rule's function puts results"),
        ),
        by(
            "14:30", alert(NAME, "MEDIUM", "user/mallory", "start-config-rules-evaluation", subject="results")
        ),
        by(
            "18:30",
            alert(NAME, "HIGH", "user/mallory", '"keptNames": "*"', subject="was put anew"),
            alert(NAME, "HIGH", "is about AWS::S3::Bucket, not AWS::EC2::Instance", subject="was put anew"),
        ),
        by("22:30", alert(NAME, "MEDIUM", "sg-1", "mine", subject="were excepted")),
        by("26:30", alert(NAME, "HIGH", "user/mallory", subject="no longer mends what a rule finds")),
        at_the_end(judged("group_unused", "left", "")),
    ],
)

UNTOUCHED = Scenario(
    name=f"{NAME}.untouched",
    title="Another rule is put, a trial of results, a refused call: no alert",
    before=with_a_managed_rule(GROUP),
    parameters=(*RECORDS, ("GroupUnusedKeptNames", "*")),
    when=[
        at(
            "00:00",
            mallory.calls("config", "delete_evaluation_results", ConfigRuleName="restricted-ssh"),
            mallory.calls(
                "config",
                "put_config_rule",
                ConfigRule={
                    "ConfigRuleName": "mine",
                    "Source": {"Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES"},
                },
            ),
            puts_result(mallory, "group_unused", "default", trial=True),
            with_rule(
                intern,
                "is refused to put exceptions of",
                "put_remediation_exceptions",
                "group_unused",
                refused=True,
                ResourceKeys=[{"ResourceType": GROUP, "ResourceId": "sg-1"}],
            ),
        )
    ],
    then=[at_the_end(no_more_alerts_than(0, of=NAME))],
)

READING = REFUSED
SCENARIOS = (SCENARIO, SILENT, TOLD, BEFORE_US, TAMPERED, UNTOUCHED)

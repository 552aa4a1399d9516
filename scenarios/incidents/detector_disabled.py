"""Somebody switches off what watches the account."""

from collections.abc import Callable
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.people import ann
from scenarios.runner.scenario import Action, Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, heard_of, no_more_alerts_than, outcome, state
from scenarios.runner.words.people import decides
from scenarios.runner.words.undoing import undoes_by_hand

NAME = "detector_disabled"
ACTING = (
    ("DetectorDisabledMode", "enforce"),
    ("IgnoredPrincipals", f"arn:aws:iam::{ACCOUNT}:user/deploy-bot"),
)

mallory = Actor(name="mallory", address="203.0.113.66")
deployer = Actor(name="deploy-bot", address="198.51.100.9")
intern = Actor(name="intern", address="192.0.2.15", policies=())


def _policy(action: str, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **more}]}


def guardduty(*, region: str = "") -> Given:
    """A detector that is on."""

    def do(world: World) -> None:
        world.client(world.user("builder"), "guardduty", region).create_detector(Enable=True)

    return Given("GuardDuty is on", do)


RECORDER: dict[str, Any] = {
    "Resources": {
        "History": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "config-history"}},
        "Recording": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "recording",
                "AssumeRolePolicyDocument": _policy(
                    "sts:AssumeRole", Principal={"Service": "config.amazonaws.com"}
                ),
                "Policies": [{"PolicyName": "all", "PolicyDocument": _policy("*", Resource="*")}],
            },
        },
        "Recorder": {
            "Type": "AWS::Config::ConfigurationRecorder",
            "Properties": {"Name": "default", "RoleARN": {"Fn::GetAtt": ["Recording", "Arn"]}},
        },
        "Channel": {
            "Type": "AWS::Config::DeliveryChannel",
            "Properties": {"S3BucketName": {"Ref": "History"}},
        },
    }
}


def watched() -> Given:
    """Security Hub, Macie and EBS encryption by default are on."""

    def do(world: World) -> None:
        builder = world.user("builder")
        world.client(builder, "securityhub").enable_security_hub()
        world.client(builder, "macie2").enable_macie(status="ENABLED")
        world.client(builder, "ec2").enable_ebs_encryption_by_default()

    return Given("Security Hub, Macie and encryption by default are on", do)


def with_detector(actor: Actor, words: str, operation: str, *, region: str = "", **given: Any) -> Action:
    """A call about the one detector there is."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            reader = world.client(world.user("reader"), "guardduty", region)
            (detector,) = reader.list_detectors()["DetectorIds"]
        client = world.client(caller, "guardduty", region)
        getattr(client, operation)(DetectorId=detector, **given)

    return actor.does(words, do)


def guardduty_is(status: str, *, region: str = "") -> Check:
    """ENABLED or DISABLED; "" where there is no detector."""

    def judge(client: Any) -> str | None:
        found = [
            client.get_detector(DetectorId=each)["Status"] for each in client.list_detectors()["DetectorIds"]
        ]
        return None if found == [status] * bool(status) else f"its detectors are {found or 'none'}"

    return state(f"GuardDuty is {status or 'gone'}", judge, "guardduty", region)


def flow_logs() -> Given:
    """Flow logs of the default network."""

    def do(world: World) -> None:
        ec2: Any = world.client(world.user("builder"), "ec2")
        world.client(world.user("builder"), "logs").create_log_group(logGroupName="flows")
        ec2.create_flow_logs(
            ResourceIds=[ec2.describe_vpcs()["Vpcs"][0]["VpcId"]],
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName="flows",
            DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/flows",
        )

    return Given("flow logs", do)


def drops_flow_logs(actor: Actor) -> Action:
    """DeleteFlowLogs of all there are."""

    def do(world: World, caller: Caller) -> None:
        with world.calls.muted():
            found = world.client(world.user("reader"), "ec2").describe_flow_logs()["FlowLogs"]
        ids = [each["FlowLogId"] for each in found]
        world.client(caller, "ec2").delete_flow_logs(FlowLogIds=ids)

    return actor.does("deletes the flow logs", do)


def _records(config: Any) -> str | None:
    (found,) = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    return None if found["recording"] else "it is stopped"


def _encrypts(ec2: Any) -> str | None:
    return None if ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] else "it does not"


def _hub_is_on(hub: Any) -> str | None:
    return None if hub.describe_hub() else "it is off"


def _opposite_of(judge: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    return lambda client: None if judge(client) else "it is on"


def _hub_is_off(hub: Any) -> str | None:
    try:
        return f"it is on: {hub.describe_hub()['HubArn']}"
    except hub.exceptions.InvalidAccessException:
        return None


def _macie_is_off(macie: Any) -> str | None:
    try:
        return f"it is {macie.get_macie_session()['status']}"
    except macie.exceptions.ResourceNotFoundException:  # moto's own word for it, which a check hears
        return None


def _macie_is_on(macie: Any) -> str | None:
    return None if macie.get_macie_session()["status"] == "ENABLED" else "it is off"


SCENARIO = Scenario(
    name="detector_disabled",
    title="GuardDuty is suspended, flow logs are deleted, AWS Config keeps less: three alerts",
    given=[guardduty(), flow_logs()],
    when=[
        at("00:00", with_detector(mallory, "suspends GuardDuty", "update_detector", Enable=False)),
        at(
            "05:00",
            drops_flow_logs(mallory),
            mallory.calls("config", "put_retention_configuration", RetentionPeriodInDays=30),
        ),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "user/mallory", "203.0.113.66", subject="GuardDuty is suspended")),
        by(
            "07:30",
            alert(NAME, "HIGH", "describe-flow-logs", subject="Flow logs were deleted"),
            alert(
                NAME, "HIGH", "30 days", "not in event history", subject="keeps its items for a shorter time"
            ),
        ),
        at_the_end(
            guardduty_is("DISABLED"),
            outcome(NAME, Outcome.OBSERVED),
            outcome(NAME, Outcome.TOLD, times=2),
            no_more_alerts_than(3, of=NAME),
        ),
    ],
)

ENFORCED = Scenario(
    name="detector_disabled.enforced",
    title="What was suspended is on again at once, what was deleted once event history knows it",
    parameters=ACTING,
    lasts="50:00",
    before=RECORDER,
    given=[guardduty(), watched()],
    when=[
        at("00:00", with_detector(mallory, "suspends GuardDuty", "update_detector", Enable=False)),
        at(
            "05:00",
            mallory.calls("ec2", "disable_ebs_encryption_by_default"),
            mallory.calls("config", "stop_configuration_recorder", ConfigurationRecorderName="default"),
        ),
        at("10:00", with_detector(mallory, "deletes the detector", "delete_detector")),
        at("11:00", mallory.calls("securityhub", "disable_security_hub")),
        at("12:00", mallory.calls("macie2", "disable_macie")),
    ],
    then=[
        by("02:30", guardduty_is("ENABLED"), alert(NAME, "HIGH", "Trailwarden did:", subject="is suspended")),
        by(
            "07:30",
            alert(NAME, "MEDIUM", "To undo it:", subject="not encrypted by default"),
            alert(NAME, "HIGH", "To undo it:", subject="Config records no changes"),
        ),
        # Event history may not know the call yet when it is looked at, or know it already.
        by("12:30", heard_of(NAME, "HIGH", subject="its detector was deleted")),
        at_the_end(
            guardduty_is("ENABLED"),
            state("new volumes are encrypted", _encrypts, "ec2"),
            state("Config records", _records, "config"),
            state("Security Hub is on", _hub_is_on, "securityhub"),
            state("Macie is on", _macie_is_on, "macie2"),
            heard_of(NAME, "HIGH", "Lost with it", "create-detector"),
            outcome(NAME, Outcome.ACTED, times=6),
            no_more_alerts_than(9, of=NAME),
        ),
    ],
)

SILENT = Scenario(
    name="detector_disabled.silent",
    title="On already, refused, expected, kept longer, a filter that hides nothing: silent; on again: told",
    home="eu-west-1",
    spokes=("us-east-1", "ap-southeast-2"),
    parameters=ACTING,
    lasts="35:00",
    given=[guardduty(), guardduty(region="ap-southeast-2")],
    when=[
        at(
            "00:00",
            with_detector(mallory, "leaves GuardDuty on", "update_detector", Enable=True),
            with_detector(
                mallory,
                "makes a filter",
                "create_filter",
                Name="mine",
                Action="NOOP",
                FindingCriteria={"Criterion": {}},
            ),
            intern.calls("ec2", "disable_ebs_encryption_by_default", refused="UnauthorizedOperation"),
            with_detector(mallory, "suspends GuardDuty", "update_detector", Enable=False),
            with_detector(deployer, "goes on with GuardDuty", "update_detector", Enable=True),
            deployer.calls("config", "put_retention_configuration", RetentionPeriodInDays=90),
        ),
        at(
            "05:00",
            with_detector(
                mallory, "suspends it in Sydney", "update_detector", region="ap-southeast-2", Enable=False
            ),
        ),
        at(
            "20:00",
            undoes_by_hand(deployer, NAME),
            mallory.calls("config", "put_retention_configuration", RetentionPeriodInDays=365),
        ),
    ],
    then=[
        by("02:30", alert(NAME, "HIGH", "user/mallory", subject="was suspended, and is on again by now")),
        by(
            "07:30",
            guardduty_is("ENABLED", region="ap-southeast-2"),
            alert(NAME, "HIGH", "ap-southeast-2", subject="GuardDuty is suspended"),
        ),
        at_the_end(
            guardduty_is("DISABLED", region="ap-southeast-2"),
            guardduty_is("ENABLED"),
            no_more_alerts_than(2, of=NAME),
        ),
    ],
)

UNDONE = Scenario(
    name="detector_disabled.undone",
    title="All that was switched off was meant to be: what Trailwarden switched on again is undone",
    parameters=ACTING,
    lasts="01:25:00",
    before=RECORDER,
    given=[watched()],
    when=[
        at("00:00", mallory.calls("ec2", "disable_ebs_encryption_by_default")),
        at("05:00", decides(ann, "undo", NAME)),
        at(
            "10:00",
            mallory.calls("config", "stop_configuration_recorder", ConfigurationRecorderName="default"),
        ),
        at("15:00", decides(ann, "undo", NAME)),
        at("20:00", mallory.calls("securityhub", "disable_security_hub")),
        at("38:00", decides(ann, "undo", NAME)),
        at("40:00", mallory.calls("macie2", "update_macie_session", status="PAUSED")),
        at("45:00", decides(ann, "undo", NAME)),
        at("50:00", mallory.calls("macie2", "disable_macie")),
        at("01:08:00", decides(ann, "undo", NAME)),
    ],
    then=[
        at_the_end(
            state("new volumes are not encrypted", _opposite_of(_encrypts), "ec2"),
            state("Config records nothing", _opposite_of(_records), "config"),
            state("Security Hub is off", _hub_is_off, "securityhub"),
            state("Macie is off", _macie_is_off, "macie2"),
            outcome(NAME, Outcome.UNDONE, times=5),
            alert(NAME, "MEDIUM", "and then undid it", subject="Undone"),
            alert(NAME, "HIGH", "and then undid it", subject="Undone", times=4),
            no_more_alerts_than(12, of=NAME),
        ),
    ],
)

SCENARIOS = (SCENARIO, ENFORCED, SILENT, UNDONE)

READS = (
    ("guardduty", "GetDetector"),
    ("guardduty", "ListDetectors"),
    ("securityhub", "DescribeHub"),
    ("macie2", "GetMacieSession"),
    ("config", "DescribeConfigurationRecorderStatus"),
    ("ec2", "GetEbsEncryptionByDefault"),
    ("cloudtrail", "LookupEvents"),
)
READING = ENFORCED

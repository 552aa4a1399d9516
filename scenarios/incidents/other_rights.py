"""Somebody holds exactly one right over what Trailwarden hears and says, or makes it blind, step by step.

The rights over its ledger, its functions and its queues are in `one_right`. Here are those over the bus, the
topics, the logs, the keys and the roles, and an administrator who has all of them.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from chalicelib.references import NAMESPACE
from chalicelib.remediations.cis_alarms.controls import CIS_CONTROLS
from chalicelib.stack import HEARTBEAT, HEARTBEAT_DETAIL_TYPE, HEARTBEAT_SOURCE
from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.incidents.failed_login import bastion, knock
from scenarios.incidents.one_right import LET_IN, holder
from scenarios.incidents.silence import archive_tells, plain_mail
from scenarios.incidents.trail_stopped import trail_logs
from scenarios.runner.scenario import Action, Scenario, TimedAction, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor, syslog
from scenarios.runner.words.archive_account import WATCH_BUS, watching_archive
from scenarios.runner.words.blinding_ways import ALL_DEEDS, FORWARDING_DEEDS
from scenarios.runner.words.checks import alert, no_more_alerts_than
from scenarios.runner.words.trail_settings import on_trail

BEATS = ("SendHeartbeat", "yes")
SECOND_PERSON = ("PlainEmail", "second@example.com")
# Whom the attackers want to be blamed.
FRAMED, FRAMED_ADDRESS = f"arn:aws:iam::{ACCOUNT}:user/alice", "198.51.100.4"
(GROUPS_CHANGED,) = (each for each in CIS_CONTROLS if each.number == "4.10")

putter = holder("events:PutEvents")
# The topics are encrypted: who may only publish is refused by their key.
publisher = holder("sns:Publish", "kms:GenerateDataKey", "kms:Decrypt")
logger, denier, identifier = holder("logs:PutLogEvents"), holder("kms:PutKeyPolicy"), holder("iam:*")
eve = Actor(name="eve", address="203.0.113.67")
root = Actor(name="root", address="203.0.113.7")


# ---- events:PutEvents -----------------------------------------------------------------------------


def _record(world: World, **detail: Any) -> dict[str, Any]:
    """A call of the framed user's that never was, as CloudTrail would record it."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "arn": FRAMED, "accountId": ACCOUNT, "userName": "alice"},
        "eventTime": f"{world.clock.now:%Y-%m-%dT%H:%M:%SZ}",
        "awsRegion": world.deployment.home,
        "sourceIPAddress": FRAMED_ADDRESS,
        "eventID": world.setting.new_uuid("forged"),
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
        **detail,
    }


def puts_a_made_up_call() -> Action:
    """Put a call of alice's on the bus: as a source of its own, and as AWS's, which is refused."""

    def do(world: World, caller: Caller) -> None:
        call = {"eventSource": "ec2.amazonaws.com", "eventName": "ModifySecurityGroupRules"}
        detail = json.dumps(_record(world, **call, requestParameters={}))
        kind = "AWS API Call via CloudTrail"
        entries = [{"Source": each, "DetailType": kind, "Detail": detail} for each in ("aws.ec2", "mallory")]
        answer = world.client(caller, "events").put_events(Entries=entries)
        assert [each.get("ErrorCode") for each in answer["Entries"]] == [
            "NotAuthorizedForSourceException",
            None,
        ]

    return putter.does("puts a call of alice's on the bus, under a source of their own", do)


def _puts_a_heartbeat(world: World, caller: Caller) -> None:
    beat = {"Source": HEARTBEAT_SOURCE, "DetailType": HEARTBEAT_DETAIL_TYPE, "Detail": "{}"}
    world.client(caller, "events").put_events(Entries=[beat])


def _publishes_a_heartbeat(world: World, caller: Caller) -> None:
    attribute = {"DataType": "String", "StringValue": HEARTBEAT}
    world.client(caller, "sns").publish(
        TopicArn=world.home.resources["AlertTopic"].physical_id,
        Message="Trailwarden is awake",
        MessageAttributes={"remediation": attribute},
    )


def each_minute(first: int, last: int, action: Action) -> Iterator[TimedAction]:
    """The same at the 20th second of each of these minutes, as the Scheduler might have done it."""
    for minute in range(first, last):
        yield from at(f"{minute:02}:20", action)


PUT_EVENTS = Scenario(
    name="one_right.put_events",
    title="events:PutEvents: a made up call accuses nobody, and false heartbeats don't hide a broken way",
    parameters=(BEATS, SECOND_PERSON),
    lasts="16:00",
    loses=True,  # a heartbeat whose function is gone is kept nowhere
    when=[
        at("05:00", puts_a_made_up_call()),
        at("08:00", ALL_DEEDS["heartbeat_function_deleted"].by(eve)),
        *each_minute(6, 16, putter.does("puts a heartbeat on the bus", _puts_a_heartbeat)),
    ],
    then=[
        until("08:00", no_more_alerts_than(0)),
        by("13:00", plain_mail("HeartbeatAlarm")),
        at_the_end(no_more_alerts_than(0, of="cis_alarms")),
    ],
)


# ---- sns:Publish ----------------------------------------------------------------------------------


def _alarm_message(world: World, second: int) -> Mapping[str, Any]:
    """What CloudWatch would send if the alarm on security groups had gone off so many seconds ago."""
    alarm = world.home.resources[f"{GROUPS_CHANGED.name}Alarm"]
    changed = world.clock.now - timedelta(seconds=second)
    return {
        "AlarmName": alarm.physical_id,
        "AlarmArn": alarm.attributes["Arn"],
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed, says mallory",
        "StateChangeTime": f"{changed:%Y-%m-%dT%H:%M:%S}.000+0000",
        "Trigger": {
            "MetricName": GROUPS_CHANGED.name,
            "Namespace": NAMESPACE.replace("${AWS::StackName}", world.home.name),
            "Period": 300,
        },
    }


def publishes_alarms(count: int) -> Action:
    """Publish so many messages of an alarm that did not go off."""

    def do(world: World, caller: Caller) -> None:
        sns = world.client(caller, "sns")
        topic = world.home.resources["CisTopic"].physical_id
        for second in range(count):
            sns.publish(TopicArn=topic, Message=json.dumps(_alarm_message(world, second)))

    return publisher.does(f"publishes {count} made up messages of an alarm", do)


def _makes_a_group(world: World, caller: Caller) -> None:
    world.client(caller, "ec2").create_security_group(GroupName="open", Description="x")


PUBLISHED_ALARMS = Scenario(
    name="one_right.published_alarms",
    title="sns:Publish: made up alarms are told as forged, and the true one among them is told at once",
    parameters=LET_IN,
    lasts="40:00",
    when=[
        at("05:00", publishes_alarms(14)),
        at("10:00", eve.does("makes a security group", _makes_a_group)),
    ],
    then=[
        by(
            "09:00",  # CloudWatch is asked again first: it may not show yet what it has sent
            alert("cis_alarms", "CRITICAL", "CloudWatch knows of no change to ALARM", subject="forged event"),
        ),
        by("35:00", alert("cis_alarms", "MEDIUM", "user/eve", "CIS 4.10", without=("says mallory",))),
        at_the_end(no_more_alerts_than(2, of="cis_alarms")),
    ],
)


def _breaks_the_heartbeat(world: World, caller: Caller) -> None:
    name = world.home.resources["Heartbeat"].physical_id
    world.client(caller, "lambda").update_function_configuration(FunctionName=name, Handler="gone.away")


FALSE_HEARTBEATS = Scenario(
    name="one_right.false_heartbeats",
    title="sns:Publish: heartbeats published to the topic don't stand for a function that is gone",
    parameters=(BEATS, SECOND_PERSON, *LET_IN),
    lasts="16:00",
    loses=True,  # a heartbeat whose function is gone is kept nowhere
    when=[
        at("08:00", ALL_DEEDS["heartbeat_function_deleted"].by(eve)),
        *each_minute(6, 16, publisher.does("publishes a heartbeat", _publishes_a_heartbeat)),
    ],
    then=by("13:00", plain_mail("HeartbeatAlarm", times=2)),  # once before its first data came
)

FALSE_HEARTBEATS_OF_A_FAILURE = Scenario(
    name="one_right.false_heartbeats_of_a_failure",
    title="sns:Publish: heartbeats published to the topic don't stand for a function that fails",
    parameters=(BEATS, SECOND_PERSON, *LET_IN),
    lasts="16:00",
    loses=True,  # a failed heartbeat is not tried again, and kept nowhere
    when=[
        at("08:00", eve.does("breaks the heartbeat's function", _breaks_the_heartbeat)),
        *each_minute(6, 16, publisher.does("publishes a heartbeat", _publishes_a_heartbeat)),
    ],
    then=by("13:00", plain_mail("HeartbeatAlarm", times=2)),  # once before its first data came
)


# ---- logs:PutLogEvents ----------------------------------------------------------------------------


def _writes(world: World, caller: Caller, group: str, lines: list[str]) -> None:
    """Lines in the newest stream that is there: whoever may only write can't make one."""
    with world.calls.muted():
        reader = world.client(world.user("reader"), "logs")
        stream = reader.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
    now = int(world.clock.now.timestamp() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    world.client(caller, "logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def writes_failed_logins() -> Action:
    """Lines of an sshd that never ran, about failures from alice's address; one brings a line break."""

    def do(world: World, caller: Caller) -> None:
        names = ("root", "admin", "oracle", f"x\nFrom: {FRAMED_ADDRESS}", "test", "backup")
        for number, name in enumerate(names):
            said = [f"Failed password for invalid user {name} from {FRAMED_ADDRESS} port 40022 ssh2"]
            lines = syslog(world.clock.now, "bastion", "sshd", 9000 + number, said)
            _writes(world, caller, f"{world.home.name}/secure", lines)

    return logger.does("writes lines of failed logins from alice's address", do)


def writes_failed_sign_ins() -> Action:
    """Records of alice's sign-ins that failed, in the trail's log group."""

    def do(world: World, caller: Caller) -> None:
        group = world.home.resources["TrailGroup"].physical_id
        failed = {
            "eventSource": "signin.amazonaws.com",
            "eventName": "ConsoleLogin",
            "errorMessage": "Failed authentication",
            "responseElements": {"ConsoleLogin": "Failure"},
            "additionalEventData": {"MFAUsed": "No"},
        }
        _writes(world, caller, group, [json.dumps(_record(world, **failed)) for _ in range(4)])

    return logger.does("writes records of alice's failed sign-ins into the trail's log group", do)


LOG_LINES = Scenario(
    name="one_right.log_lines",
    title="logs:PutLogEvents: whom forged lines accuse is told as text from a log, with what proves it",
    lasts="40:00",
    when=[
        at("00:00", knock(bastion, "admin", 700, "192.0.2.9"), eve.calls("dynamodb", "list_tables")),
        at("15:00", writes_failed_logins(), writes_failed_sign_ins()),
    ],
    then=[
        by(
            "16:00",
            alert(
                "failed_login",
                "MEDIUM",
                FRAMED_ADDRESS,
                "text in the log group trailwarden/secure; whoever may write there can name anybody",
                without=(f"\nFrom: {FRAMED_ADDRESS}",),  # ours has more spaces there
            ),
        ),
        by(
            "35:00",
            alert(
                "failed_login",
                "MEDIUM",
                "user/alice",
                "whoever may write there can name anybody",
                "Prove it with: aws cloudtrail lookup-events",
                subject="console sign-ins",
            ),
        ),
        at_the_end(no_more_alerts_than(2, of="failed_login")),
    ],
)


# ---- kms:PutKeyPolicy, iam:* ----------------------------------------------------------------------

KEY_POLICY = Scenario(
    name="one_right.key_policy",
    title="kms:PutKeyPolicy: who denies us the alerts' key is told by AWS itself, and so is what it loses",
    parameters=(SECOND_PERSON,),
    lasts="15:00",
    denied=("kms:GenerateDataKey",),
    loses=True,  # an alarm whose topic's key is denied has no other place for its message
    when=[
        at("00:00", ALL_DEEDS["key_denied"].by(denier)),
        at("05:00", root.signs_in(mfa=False)),
    ],
    then=[
        by("05:00", plain_mail("FirstWayTouchedAlarm")),
        by("10:00", plain_mail("FunctionErrors1Alarm")),
    ],
)


def takes_all_roles() -> Action:
    """Deny every function of ours everything, by policies of their roles: the watch over the stack first."""

    def do(world: World, caller: Caller) -> None:
        iam = world.client(caller, "iam")
        everything = [{"Effect": "Deny", "Action": "*", "Resource": "*"}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": everything})
        for name in ("StackChangedRole", "TrailStoppedRole", "RootLoginRole"):
            role = world.home.resources[name].physical_id
            iam.put_role_policy(RoleName=role, PolicyName="mine", PolicyDocument=policy)

    return identifier.does("denies our roles everything, the one that watches the stack first", do)


IAM = Scenario(
    name="one_right.iam",
    title="iam:*: who takes our roles' rights is told by AWS itself, and that events are lost",
    parameters=(SECOND_PERSON,),
    lasts="20:00",
    denied=(
        "kms:GenerateMac",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "cloudformation:ListStackResources",
        "SNS:Publish",
    ),
    loses=True,
    when=[
        at("00:00", takes_all_roles()),
        at("05:00", root.signs_in(mfa=False), on_trail(eve, "stop_logging")),
    ],
    then=[
        by("05:00", plain_mail("FirstWayTouchedAlarm")),
        by("10:00", plain_mail("FunctionErrors1Alarm")),
        by("20:00", plain_mail("LostAlarm")),
        at_the_end(trail_logs(on=False)),
    ],
)

# ---- an administrator -----------------------------------------------------------------------------

ADMINISTRATOR = Scenario(
    name="one_right.administrator",
    title="An administrator ends the forwarding first, then both mails: the archive account hears of silence",
    before=watching_archive(),
    parameters=(BEATS, SECOND_PERSON, ("WatchBusArn", WATCH_BUS)),
    lasts="15:00",
    loses=True,  # what can't be forwarded any more
    when=[
        at("08:00", FORWARDING_DEEDS["forwarding_denied"].by(eve)),
        at("08:01", ALL_DEEDS["unsubscribed"].by(eve)),
        at("08:02", ALL_DEEDS["plain_unsubscribed"].by(eve)),
    ],
    then=[
        until("08:00", archive_tells("WatchedHeartbeats", times=1)),
        by("14:00", archive_tells("WatchedHeartbeats", times=2)),
    ],
)

SCENARIOS = (
    PUT_EVENTS,
    PUBLISHED_ALARMS,
    FALSE_HEARTBEATS,
    FALSE_HEARTBEATS_OF_A_FAILURE,
    LOG_LINES,
    KEY_POLICY,
    IAM,
    ADMINISTRATOR,
)

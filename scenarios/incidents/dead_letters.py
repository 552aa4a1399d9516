"""What can't be handled or delivered is kept: functions are broken, or an event is not what it should be."""

import json
from typing import Any

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.world import World
from scenarios.incidents.error_burst import BEFORE, GROUP, logs
from scenarios.incidents.failed_login import bastion, knock
from scenarios.incidents.trail_validation import asks
from scenarios.runner.scenario import Action, Check, Scenario, at, at_the_end, by, until
from scenarios.runner.words.actors import Actor, arrives
from scenarios.runner.words.checks import alarm_mail, alert, kept, no_more_alerts_than
from scenarios.runner.words.givens import table
from scenarios.runner.words.giving_up import (
    every_function_gets,
    every_function_keeps,
    every_rule_hears,
    every_rule_keeps,
)
from scenarios.runner.words.machines import WatchedHost
from scenarios.runner.words.trail_actions import lifts_the_policy
from scenarios.runner.words.trail_settings import on_trail

root = Actor(name="root", address="203.0.113.7")
mallory = Actor(name="mallory", address="203.0.113.66")
# Both may use the queues directly; a root user is an operator as little as anybody else.
OPERATORS = (("Operators", f"arn:aws:iam::{ACCOUNT}:root,arn:aws:iam::{ACCOUNT}:user/mallory"),)
alice = Actor(name="alice", address="198.51.100.4")
web = WatchedHost(name="web-1")


def _event(source: str, name: str, **detail: Any) -> dict[str, Any]:
    """A record that its rule matches and no function can read: its time is invalid."""
    kind = "Console Sign In" if source == "signin" else "API Call"
    return {
        "version": "0",
        "id": f"20000000-0000-4000-8000-{len(name):012d}",
        "detail-type": f"AWS {kind} via CloudTrail",
        "source": f"aws.{source}",
        "account": "123456789012",
        "time": "2026-03-02T03:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "eventTime": "yesterday, I think",
            "eventID": f"20000000-0000-4000-8000-{len(name):012d}",
            **detail,
        },
    }


UNREADABLE = Scenario(
    name="dead_letters",
    title="Events that can't be read are tried three times and kept, with the reason",
    parameters=(("Operators", f"arn:aws:iam::{ACCOUNT}:user/alice"),),
    when=[
        at(
            "00:00",
            arrives(
                "a sign-in without a time arrives",
                _event("signin", "ConsoleLogin", userIdentity={"type": "Root"}),
            ),
            arrives("a deletion without a time arrives", _event("dynamodb", "DeleteTable")),
        ),
        at("01:00", root.signs_in(mfa=True)),
        at("05:00", every_function_gets(alice, {"nobody": "knows what this is"})),
    ],
    then=[
        until("05:00", kept(2, "MalformedEvent", "yesterday, I think", "RetriesExhausted")),
        by("07:00", alarm_mail("DeadLettersAlarm")),
        by("10:00", every_function_keeps("MalformedEvent", "RetriesExhausted", "knows what this is")),
        at_the_end(alert("root_login", "HIGH"), no_more_alerts_than(1, of="root_login")),
    ],
)


def _deletes_every_function() -> Action:
    def do(world: World, caller: Any) -> None:
        client = world.client(caller, "lambda")
        for resource in world.home.of_type("AWS::Lambda::Function"):
            client.delete_function(FunctionName=resource.physical_id)

    return mallory.does("deletes every function of the stack", do)


def _plants_a_file() -> Action:
    def do(world: World, caller: Any) -> None:
        bucket = world.home.resources["TrailBucket"].physical_id
        s3 = world.client(caller, "s3")
        s3.put_object(Bucket=bucket, Key="AWSLogs/planted.json.gz", Body=b"{}")
        s3.delete_object(Bucket=bucket, Key="AWSLogs/planted.json.gz")

    return mallory.does("plants a file in the trail's bucket and deletes it", do)


BROKEN = Scenario(
    name="dead_letters.broken",
    title="Somebody deletes every function of the stack; what their rules could not deliver is kept",
    lasts="01:10:00",
    loses=True,  # a topic and a log group keep nothing that they could not deliver
    when=[
        at("00:00", _deletes_every_function()),
        at("01:00", root.signs_in(mfa=True)),
        at("01:30", every_rule_hears()),
    ],
    then=[at_the_end(every_rule_keeps("NO_RESOURCE"), no_more_alerts_than(0))],
)


def _host_is_under_pressure() -> Action:
    def do(world: World, caller: Any) -> None:
        alarm = world.stacks[f"{world.home.name}-host-{web.name}"].resources["HostPressure"].physical_id
        world.client(caller, "cloudwatch").set_alarm_state(
            AlarmName=alarm, StateValue="ALARM", StateReason="CPU and disk at once"
        )

    return mallory.does("sets the alarm of web-1 off", do)


def _deletes_the_topic() -> Action:
    def do(world: World, caller: Any) -> None:
        topic = world.home.resources["AlertTopic"].physical_id
        world.client(caller, "sns").delete_topic(TopicArn=topic)

    return mallory.does("deletes the alert topic", do)


# Whose alerts the incident asks for; trail_validation has a queue of its own.
TOLD = (
    "root_login",
    "table_deleted",
    "trail_digest",
    "trail_stopped",
    "failed_login",
    "cis_alarms",
    "error_burst",
    "host_pressure",
    "instance_state",
)

SILENCED = Scenario(
    name="dead_letters.silenced",
    title="Somebody deletes the alert topic: what could not be reported is kept, and why",
    before=BEFORE,
    parameters=(("ErrorBurstGroup", GROUP),),
    given=(table("orders"), web.there()),
    lasts="20:00",
    loses=True,  # CloudWatch has no dead letters: what the alarm would have told is gone
    when=[
        at("00:00", _deletes_the_topic(), web.watched_by(alice)),
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 60)),
        at("00:30", root.signs_in(mfa=True)),
        at("00:40", mallory.calls("dynamodb", "delete_table", TableName="orders")),
        *(at(f"00:{50 + number}", knock(bastion, "admin", 700 + number)) for number in range(5)),
        at("01:30", lifts_the_policy(mallory), _plants_a_file()),
        at("01:40", _host_is_under_pressure(), web.stopped_by(mallory)),
        at("02:00", on_trail(mallory, "delete_trail"), asks(alice, 0.1)),
    ],
    then=[
        at_the_end(
            every_function_keeps("(NotFound) when calling the Publish", "RetriesExhausted", of=TOLD),
            no_more_alerts_than(0),
        )
    ],
)


def _sends(number: int, to: str = "DeadLetters") -> Action:
    def do(world: World, caller: Any) -> None:
        queue = world.home.resources[to].physical_id
        for _ in range(number):
            world.client(caller, "sqs").send_message(QueueUrl=queue, MessageBody="{}")

    return mallory.does(f"puts {number} messages into the queue {to}", do)


def _takes_one() -> Action:
    def do(world: World, caller: Any) -> None:
        sqs, queue = world.client(caller, "sqs"), world.home.resources["DeadLetters"].physical_id
        (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    return mallory.does("takes one of them away", do)


def _purges() -> Action:
    def do(world: World, caller: Any) -> None:
        queue = world.home.resources["DeadLetters"].physical_id
        world.client(caller, "sqs").purge_queue(QueueUrl=queue)

    return root.does("empties the queue", do)


def _mails(alarm: str, times: int) -> Check:
    """CloudWatch has sent so many messages of this alarm through the alert topic."""

    def judge(world: World) -> str | None:
        name, topic = (world.home.resources[each].physical_id for each in (alarm, "AlertTopic"))
        sent = [
            message
            for message in world.topics.inbox
            if message.topic_arn == topic
            and message.sender == "cloudwatch.amazonaws.com"
            and json.loads(message.text)["AlarmName"] == name
        ]
        return None if len(sent) == times else f"it has sent {len(sent)}"

    return Check(f"the alarm {alarm} has sent {times}", judge)


GROWING = Scenario(
    name="dead_letters.growing",
    title="Somebody puts messages among the dead letters: whatever lies there already, each more is heard of",
    parameters=OPERATORS,
    lasts="02:10:00",
    when=[
        at("00:30", _sends(1)),
        # Nobody can read it; after five tries SQS itself moves it, which it doesn't count as sent.
        at("05:00", _sends(1, to="Validations")),
        at("20:30", _sends(2)),
        # One taken and one put in the same minute: as many lie there as before.
        at("40:10", _takes_one()),
        at("40:40", _sends(1)),
        at("01:30:00", _purges()),
    ],
    then=[
        by("05:00", _mails("DeadLettersAlarm", 1)),
        by("25:00", _mails("DeadLettersAlarm", 2)),
        by("38:00", _mails("DeadLettersAlarm", 3)),
        by("45:00", _mails("DeadLettersAlarm", 4), _mails("DeadLettersWaitAlarm", 0)),
        by("01:05:00", _mails("DeadLettersWaitAlarm", 1)),
        at_the_end(_mails("DeadLettersWaitAlarm", 1), _mails("DeadLettersAlarm", 4)),
    ],
)

SCENARIOS = (UNREADABLE, BROKEN, SILENCED, GROWING)

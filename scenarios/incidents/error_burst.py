"""A word comes up in an application's log again and again; and the log can't be read when it matters."""

import json
from datetime import timedelta
from typing import Any

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.world import World
from scenarios.runner.scenario import Action, Scenario, at, at_the_end, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert, kept, no_more_alerts_than
from scenarios.runner.words.outages import falls_ill

mallory = Actor(name="mallory", address="203.0.113.66")
alice = Actor(name="alice", address="198.51.100.4")
GROUP = "shop/web"
BEFORE = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}}}}


def logs(stream: str, line: str, times: int) -> Action:
    """A line written again and again, twice a second."""

    def do(world: World) -> None:
        now = world.clock.now
        lines = [(now + timedelta(seconds=number / 2), f"{line} #{number}") for number in range(times)]
        world.logs.write(world.deployment.home, GROUP, stream, lines)

    return Action(f"{stream} logs {line!r} {times} times", do)


SCENARIO = Scenario(
    name="error_burst",
    title="A shop answers 400 sixty times in a minute; the alert says which hosts",
    before=BEFORE,
    parameters=(("ErrorBurstGroup", GROUP),),
    when=[
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 40), logs("web-1", "INFO: 200 sold", 30)),
        at("00:40", logs("web-2", "ERROR: 400 bad basket", 20)),
    ],
    then=[
        by("06:00", alert("error_burst", "MEDIUM", "web-1 (40)", "web-2 (20)", GROUP, subject="60 lines")),
        at_the_end(no_more_alerts_than(1)),
    ],
)

FEW = Scenario(
    name="error_burst.few",
    title="One less than the threshold, another word, or enough but too slowly: no alert is sent",
    before=BEFORE,
    parameters=(
        ("ErrorBurstGroup", GROUP),
        ("ErrorBurstPattern", '"ERROR: 500"'),
        ("ErrorBurstThreshold", "10"),
        ("ErrorBurstPeriodSeconds", "60"),
    ),
    lasts="20:00",
    when=[
        at("00:10", logs("web-1", "ERROR: 500 no stock", 9), logs("web-1", "ERROR: 400 bad basket", 90)),
        at("10:00", logs("web-1", "ERROR: 500 no stock", 6)),
        at("13:00", logs("web-1", "ERROR: 500 no stock", 6)),
    ],
    then=[at_the_end(no_more_alerts_than(0))],
)

DELETED = Scenario(
    name="error_burst.deleted",
    title="The group is deleted before the function reads it: the alert is sent, and says what is missing",
    before=BEFORE,
    parameters=(("ErrorBurstGroup", GROUP),),
    when=[
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 60)),
        at("00:50", mallory.calls("logs", "delete_log_group", logGroupName=GROUP)),
    ],
    then=[
        by(
            "06:00",
            alert(
                "error_burst",
                "MEDIUM",
                f"could not be read: there is no log group {GROUP}",
                "ErrorBurstGroup=none",
                subject="again and again",
            ),
        ),
        at_the_end(no_more_alerts_than(1)),
    ],
)


def _points_elsewhere(group: str) -> Action:
    """The function's variable is changed, and neither the stack's parameter nor what the function may."""

    def do(world: World, caller: Caller) -> None:
        functions = world.client(caller, "lambda")
        name = world.home.resources["ErrorBurst"].physical_id
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        changed = {"Variables": {**variables, "ERROR_BURST_GROUP": group}}
        functions.update_function_configuration(FunctionName=name, Environment=changed)

    return alice.does(f"has the function look into {group}, by hand", do)


CHANGED_BY_HAND = Scenario(
    name="error_burst.changed_by_hand",
    title="Somebody points the function at a group that it may not read: the alert says so",
    before=BEFORE,
    parameters=(("ErrorBurstGroup", GROUP),),
    denied=("logs:FilterLogEvents",),
    when=[
        at("00:00", _points_elsewhere("shop/api")),
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 60)),
    ],
    then=[
        by(
            "06:00",
            alert(
                "error_burst",
                "MEDIUM",
                "could not be read: not allowed to read the log group shop/api",
                "is not authorized to perform: logs:FilterLogEvents",
                "change it there, and not in the function",
            ),
        ),
        # Besides, cis_alarms tells that somebody, our own function, was refused.
        at_the_end(
            alert("error_burst", "HIGH", "Denied", subject="was not allowed to look"),
            no_more_alerts_than(2, of="error_burst"),
        ),
    ],
)


def _key_policy(*more: dict[str, Any]) -> dict[str, Any]:
    everything = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    account = {**everything, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
    return {"Version": "2012-10-17", "Statement": [account, *more]}


_FOR_LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
    "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
    "Resource": "*",
    "Condition": {
        "ArnEquals": {
            "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
        }
    },
}
ENCRYPTED = {
    "Resources": {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": _key_policy(_FOR_LOGS)}},
        "Group": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": GROUP, "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
        },
    }
}

OWN_KEY = Scenario(
    name="error_burst.own_key",
    title="The group has its own KMS key, which allows CloudWatch Logs: the lines are counted as usual",
    before=ENCRYPTED,
    parameters=(("ErrorBurstGroup", GROUP),),
    when=[at("00:10", logs("web-1", "ERROR: 400 bad basket", 60))],
    then=[
        by("06:00", alert("error_burst", "MEDIUM", "web-1 (60)", subject="60 lines")),
        at_the_end(no_more_alerts_than(1)),
    ],
)


def _shuts_the_key() -> Action:
    def do(world: World, caller: Caller) -> None:
        key = world.stacks["before"].resources["Key"].physical_id
        policy = json.dumps(_key_policy())
        world.client(caller, "kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)

    return mallory.does("has the group's key let CloudWatch Logs in no more", do)


KEY_SHUT = Scenario(
    name="error_burst.key_shut",
    title="Somebody takes the group's key away from CloudWatch Logs: the alert names the key",
    before=ENCRYPTED,
    parameters=(("ErrorBurstGroup", GROUP),),
    when=[
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 60)),
        at("00:50", _shuts_the_key()),
    ],
    then=[
        by(
            "06:00",
            alert(
                "error_burst",
                "MEDIUM",
                f"could not be read: not allowed to read the log group {GROUP}",
                "The specified KMS key does not exist or is not allowed to be used",
                "as long as the key lets CloudWatch Logs decrypt",
            ),
        ),
        at_the_end(
            alert("error_burst", "HIGH", "Denied", subject="was not allowed to look"),
            no_more_alerts_than(2, of="error_burst"),
        ),
    ],
)

BUSY = Scenario(
    name="error_burst.busy",
    title="CloudWatch Logs throttles every search: the alert doesn't wait, and the event is kept",
    before=BEFORE,
    parameters=(("ErrorBurstGroup", GROUP),),
    when=[
        at(
            "00:00",
            falls_ill("cloudwatch-logs"),
        ),
        at("00:10", logs("web-1", "ERROR: 400 bad basket", 60)),
    ],
    then=[
        by(
            "06:00",
            alert(
                "error_burst",
                "MEDIUM",
                "Could not look",
                "Rate exceeded",
                GROUP,
            ),
        ),
        at_the_end(no_more_alerts_than(1), kept(1, "Rate exceeded", "RetriesExhausted")),
    ],
)

SCENARIOS = (SCENARIO, FEW, DELETED, CHANGED_BY_HAND, OWN_KEY, KEY_SHUT, BUSY)

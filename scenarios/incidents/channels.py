"""Alerts reach people on other channels, too: Security Hub, and Slack or Teams by Amazon Q."""

import json
from collections.abc import Mapping
from typing import Any

from chalicelib.remediation import Outcome
from scenarios.cloud.world import World
from scenarios.incidents.table_deleted import FLOOD, mallory
from scenarios.runner.scenario import Check, Given, Scenario, at, at_the_end, by
from scenarios.runner.words.checks import alarm_mail, alert, alerts, no_more_alerts_than, outcome
from scenarios.runner.words.givens import table
from scenarios.runner.words.outages import throttles

HUB, CHAT = ("SecurityHubFindings", "yes"), ("ChatNotifications", "yes")
_CHANNEL = "chat-channel"


def _enable(world: World) -> None:
    with world.calls.muted():
        world.harness.client("securityhub").enable_security_hub()


def _subscribe(world: World) -> None:
    topic = world.home.resources["ChatTopic"].physical_id
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    with world.calls.muted():
        sqs = world.harness.client("sqs")
        url = sqs.create_queue(QueueName=_CHANNEL, Attributes={"Policy": policy})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        world.harness.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)


hub_enabled = Given("Security Hub is enabled", _enable)
channel_listens = Given("a chat channel listens to the chat topic", _subscribe)


def imported(world: World) -> list[Mapping[str, Any]]:
    """The findings in Security Hub."""
    with world.calls.muted():
        found: list[Mapping[str, Any]] = world.harness.client("securityhub").get_findings()["Findings"]
    return found


def shown(world: World) -> list[Mapping[str, Any]]:
    """What the chat's channel was sent."""
    region, account = world.deployment.home, world.setting.account
    bodies = world.queues.bodies(f"arn:aws:sqs:{region}:{account}:{_CHANNEL}")
    return [json.loads(json.loads(body)["Message"]) for body in bodies]


def in_the_hub(label: str, title: str, times: int = 1) -> Check:
    """So many findings, each of which the mail tells, too."""

    def judge(world: World) -> str | None:
        found = [
            each
            for each in imported(world)
            if title in each["Title"] and each["FindingProviderFields"]["Severity"]["Label"] == label
        ]
        return None if len(found) == times else f"there are {[each['Title'] for each in imported(world)]}"

    return Check(f"Security Hub has {times} of {label}: {title}", judge)


def in_the_chat(title: str, *says: str) -> Check:
    """A notification that Amazon Q understands, with these whole lines."""

    def judge(world: World) -> str | None:
        for each in shown(world):
            if (each["version"], each["source"]) != ("1.0", "custom"):
                return f"it is no custom notification: {each}"
            content = each["content"]
            lines = content["description"].splitlines()
            if title in content["title"] and all(any(word in line for line in lines) for word in says):
                return None
        return f"it shows {[each['content'] for each in shown(world)]}"

    return Check(f"the chat shows {title}: {', '.join(says)}", judge)


def as_many_as_mails() -> Check:
    """Every channel has the same alerts."""

    def judge(world: World) -> str | None:
        mails, findings, chats = len(alerts(world)), len(imported(world)), len(shown(world))
        # A mail that came twice is one finding.
        return (
            None if findings <= mails == chats else f"{mails} mails, {findings} findings, {chats} in the chat"
        )

    return Check("each channel has what the mail has", judge, counts=True)


ALL = Scenario(
    name="channels.all",
    title="A deleted table is told by mail, as a Security Hub finding and in the chat",
    parameters=(HUB, CHAT),
    given=(hub_enabled, channel_listens, table("orders", recoverable=True)),
    when=[at("00:00", mallory.calls("dynamodb", "delete_table", TableName="orders"))],
    then=[
        by(
            "02:30",
            alert("table_deleted", "HIGH", "orders"),
            in_the_hub("HIGH", "DynamoDB table orders was deleted"),
            in_the_chat(
                "[HIGH] DynamoDB table orders", "user/mallory", "aws dynamodb restore-table-from-backup"
            ),
        ),
        at_the_end(no_more_alerts_than(1)),
    ],
)

FLOODED = Scenario(
    name="channels.flood",
    title="A flood is folded on every channel alike",
    parameters=(HUB, CHAT),
    given=(hub_enabled, channel_listens, *FLOOD.given),
    lasts=FLOOD.lasts,
    when=FLOOD.when,
    then=[
        at_the_end(
            no_more_alerts_than(4, of="table_deleted"),
            in_the_chat("not sent one by one", "Counted"),
            as_many_as_mails(),
        )
    ],
)

BUSY = Scenario(
    name="channels.busy",
    title="Security Hub is too busy: mail and chat are told at once, and it is a minute later",
    parameters=(HUB, CHAT),
    given=(hub_enabled, channel_listens, table("orders", recoverable=True)),
    when=[
        at(
            "00:00",
            throttles("securityhub", "BatchImportFindings", calls=1),
            mallory.calls("dynamodb", "delete_table", TableName="orders"),
        )
    ],
    then=[
        by("00:45", alert("table_deleted", "HIGH", "orders"), in_the_chat("[HIGH] DynamoDB table orders")),
        by("03:30", in_the_hub("HIGH", "DynamoDB table orders was deleted")),
        at_the_end(no_more_alerts_than(1), as_many_as_mails(), outcome("table_deleted", Outcome.OBSERVED)),
    ],
)

NOT_ENABLED = Scenario(
    name="channels.not_enabled",
    title="Security Hub is not enabled: the mail is told once, and the dead letters say what is wrong",
    parameters=(HUB,),
    given=(table("orders", recoverable=True),),
    when=[at("00:00", mallory.calls("dynamodb", "delete_table", TableName="orders"))],
    then=[
        by("02:30", alert("table_deleted", "HIGH", "orders")),
        at_the_end(alarm_mail("DeadLettersAlarm"), no_more_alerts_than(1, of="table_deleted")),
    ],
)

SCENARIOS = (ALL, FLOODED, BUSY, NOT_ENABLED)

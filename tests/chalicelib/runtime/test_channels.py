"""Security Hub findings and chat notifications: their schemas, their limits, and each channel on its own."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.errors import NotTaken
from chalicelib.remediation import Alert, Outcome, Plan, Severity
from chalicelib.runtime.channels import Chat, SecurityHub, Telling, finding_of, notification_of
from scenarios.cloud.securityhub.findings import complaints
from tests.chalicelib.runtime.house import ACCOUNT, NOON, REGION, Happening, Remedy, alert, built

PRODUCT = f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default"
HOSTILE = "x\nWho: arn:aws:iam::1:root\r\n\x1b[31m <!channel> <@U1> <http://evil|ok> `rm -rf` ```\u202e"


@pytest.fixture
def house():
    with built() as house:
        yield house


def telling(**more) -> Telling:
    told = alert(facts=(("Who", "mallory"),), advice="Look.")
    text = "[HIGH] Something happened\n\nWho: mallory\n\nLook."
    about = {"remediation": "remedy", "account": ACCOUNT, "region": REGION, "at": NOON, "now": NOON}
    return Telling(**{"id": "remedy:1#0", "alert": told, "text": text, **about, **more})


def wrong(told: Telling) -> list[str]:
    return list(complaints(finding_of(told, PRODUCT), ACCOUNT, REGION))


LONG = "y" * 5000
TELLINGS = [
    pytest.param({}, id="plain"),
    pytest.param({"alert": Alert(severity=Severity.INFO, title="t")}, id="nothing but a title"),
    pytest.param(
        {
            "id": LONG,
            "text": LONG,
            "alert": alert(LONG, facts=tuple((LONG, LONG) for _ in range(80)), advice=LONG),
        },
        id="all too long",
    ),
    pytest.param(
        {"text": HOSTILE, "alert": alert(HOSTILE, facts=((HOSTILE, HOSTILE), ("Empty", ""))), "region": ""},
        id="hostile",
    ),
    pytest.param({"account": ""}, id="no account"),
]


@pytest.mark.parametrize("more", TELLINGS)
def test_every_alert_is_a_finding_that_security_hub_takes(more):
    assert wrong(telling(**more)) == []


@pytest.mark.parametrize(
    ("severity", "label"),
    [
        (Severity.INFO, "INFORMATIONAL"),
        *((each, str(each)) for each in Severity if each is not Severity.INFO),
    ],
)
def test_a_severity_has_its_label_in_security_hub(severity, label):
    found = finding_of(telling(alert=Alert(severity=severity, title="t")), PRODUCT)

    assert found["FindingProviderFields"]["Severity"] == {"Label": label}


def test_the_same_alert_is_the_same_finding_and_only_updated():
    first = finding_of(telling(), PRODUCT)
    again = finding_of(telling(now=NOON + timedelta(minutes=1)), PRODUCT)

    assert {name for name in first if first[name] != again[name]} == {"UpdatedAt"}
    assert finding_of(telling(id="remedy:1#1"), PRODUCT)["Id"] != first["Id"]


def test_an_alert_about_another_account_is_a_finding_of_ours_about_theirs():
    found = finding_of(telling(account="999999999999"), PRODUCT)

    assert found["AwsAccountId"] == ACCOUNT
    assert found["Resources"][0]["Id"] == "AWS::::Account:999999999999"


def test_what_security_hub_did_not_take_is_an_error():
    class Refusing:
        def batch_import_findings(self, **_):
            failed = {"Id": "1", "ErrorCode": "InvalidInput", "ErrorMessage": "no Types"}
            return {"FailedCount": 1, "SuccessCount": 0, "FailedFindings": [failed]}

    with pytest.raises(NotTaken, match="InvalidInput: no Types"):
        SecurityHub(Refusing(), PRODUCT).send(telling())


def test_a_chats_notification_is_of_amazon_qs_schema():
    shown = notification_of(telling())

    assert (shown["version"], shown["source"]) == ("1.0", "custom")
    assert set(shown) <= {"version", "source", "id", "content", "metadata"}
    assert set(shown["content"]) <= {"textType", "title", "description", "nextSteps", "keywords"}
    assert shown["content"]["textType"] == "client-markdown"
    assert shown["content"]["title"] == "[HIGH] Something happened"
    assert shown["content"]["description"] == "```\nWho: mallory\n\nLook.\n```"
    known = {"threadId", "summary", "eventType", "relatedResources", "additionalContext"}
    assert set(shown["metadata"]) <= known
    assert all(isinstance(value, str) for value in shown["metadata"]["additionalContext"].values())


def test_nothing_in_a_chat_is_a_link_or_a_mention_or_leaves_its_block():
    shown = notification_of(telling(text=f"[HIGH] {HOSTILE}"))

    text = json.dumps(shown["content"], ensure_ascii=False)
    assert "<" not in text
    assert ">" not in text
    assert shown["content"]["description"].count("```") == 2
    assert "`" not in shown["content"]["title"]


def test_a_chat_shows_whole_lines_or_none_of_them():
    command = f"aws dynamodb restore-table-from-backup --table {'t' * 200}"
    lines = [f"{number:03} {command}" for number in range(100)]

    shown = notification_of(telling(text="\n".join(["[HIGH] t", *lines])))["content"]["description"]

    kept = [line for line in shown.splitlines() if "aws" in line]
    assert kept == lines[: len(kept)]
    assert f"... and {100 - len(kept)} more lines in the mail" in shown
    assert len(shown) < 3000


# ---- each on its own -----------------------------------------------------------------------------


class Ill:
    """A channel that fails so many times, and then remembers what it is sent."""

    def __init__(self, name, fails=0) -> None:
        self.name, self.fails, self.sent = name, fails, []

    def send(self, telling) -> None:
        if self.fails:
            self.fails -= 1
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "no"}}, "Send")
        self.sent.append((telling.id.partition("#")[2], telling.alert.title))


def handled(house, *channels, remedy=None):
    run = house.run(remedy or Remedy(plan=Plan.alert(alert("one"), alert("two"))))
    run.voice = replace(run.voice, others=channels)
    return run.handle(Happening())


@pytest.mark.slow
def test_when_one_fails_the_others_have_told_and_are_not_told_again(house):
    chat, hub = Ill("chat"), Ill("security hub", fails=1)
    with pytest.raises(Exception, match="no"):
        handled(house, hub, chat)
    assert len(house.mail) == 1
    assert chat.sent == [("0", "one")]

    outcome = handled(house, hub, chat)

    assert outcome is Outcome.TOLD
    assert [each.subject for each in house.mail] == ["HIGH: one", "HIGH: two"]
    assert chat.sent == hub.sent == [("0", "one"), ("1", "two")]


def test_when_the_topic_fails_the_others_tell(house):
    house.aws.refused["publish"] = "ThrottlingException"
    chat = Ill("chat")
    with pytest.raises(Exception, match="no"):
        handled(house, chat)

    assert house.mail == []
    assert chat.sent == [("0", "one")]


@pytest.mark.slow
def test_without_a_ledger_every_channel_is_told(house):
    house.aws.refused["put_item"] = "ThrottlingException"
    chat = Ill("chat")
    with pytest.raises(Exception, match="ledger"):
        handled(house, chat)

    assert len(house.mail) == 2
    assert [title for _, title in chat.sent] == ["one", "two"]


def test_a_chat_is_told_on_a_topic_of_its_own():
    class Topic:
        published = None

        def publish(self, **message):
            self.published = message

    topic = Topic()
    Chat(topic, "arn:chat").send(telling())

    assert topic.published == {"TopicArn": "arn:chat", "Message": json.dumps(notification_of(telling()))}

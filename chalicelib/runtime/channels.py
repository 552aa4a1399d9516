"""Other ways by which an alert reaches people: a Security Hub finding, and a notification in Slack or Teams.

Both are off by default. Each is told every alert that the topic is told, so a flood is folded on all of them
alike. A name that somebody else chose can't forge a line, a link or a mention in any of them.

Sources: https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html,
https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html,
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.aws import Aws
from chalicelib.errors import NotTaken
from chalicelib.ledger.table import stamp
from chalicelib.remediation import Alert, Severity
from chalicelib.settings import Settings
from chalicelib.wording import number_of, safe

# Security Hub's limits, in characters.
_TITLE, _DESCRIPTION, _RECOMMENDATION, _FIELD_NAME, _FIELD = 256, 1024, 512, 128, 2048
_MOST_FIELDS = 50
_LABELS: Mapping[Severity, str] = {Severity.INFO: "INFORMATIONAL"}
# Of a chat's message; whole lines are left out, never a part of one: commands stay whole.
_CHAT_TITLE, _CHAT_LINES = 200, 2500
# Stands between the mail's lines in a finding's description, and in none of them.
_NEXT_LINE = " \u2016 "
# What Slack and Teams would read as a link, a mention or the end of a block.
_NOT_MARKUP = str.maketrans({"<": "\u2039", ">": "\u203a", "`": "'"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One alert on its way.

    `id`: the same whenever it is sent again; `text`: as the mail says it, but for the `questions` at its end,
    for which a finding of Security Hub has no room.
    """

    id: str
    alert: Alert
    text: str
    remediation: str
    account: str
    region: str
    at: datetime
    now: datetime
    questions: str = ""


class Channel(Protocol):
    """A way to people."""

    @property
    def name(self) -> str:
        """A short word, for marks in the ledger."""

    def send(self, telling: Telling) -> None:
        """Send it; raises what AWS raises, NotTaken where AWS took the call and not the alert."""


def channels_of(aws: Aws, settings: Settings) -> tuple[Channel, ...]:
    """The channels that are switched on, beside the topic."""
    found: list[Channel] = []
    if settings.security_hub:
        found.append(SecurityHub(aws.client("securityhub"), settings.security_hub))
    if settings.chat_topic_arn:
        found.append(Chat(aws.client("sns"), settings.chat_topic_arn))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SecurityHub:
    """Findings of the account's own default product."""

    client: Any
    product_arn: str
    name: str = "security hub"

    def send(self, telling: Telling) -> None:
        """Import a finding, or the same one anew."""
        answer = self.client.batch_import_findings(Findings=[finding_of(telling, self.product_arn)])
        # AWS answers with 200 even if it took nothing.
        for refused in answer.get("FailedFindings", ()):
            why = f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}"
            raise NotTaken(f"Security Hub did not take an alert ({why})", remediation=telling.remediation)


@dataclass(frozen=True, slots=True)
class Chat:
    """A topic that Amazon Q in chat applications is subscribed to."""

    client: Any
    topic_arn: str
    name: str = "chat"

    def send(self, telling: Telling) -> None:
        """Publish a custom notification."""
        self.client.publish(TopicArn=self.topic_arn, Message=json.dumps(notification_of(telling)))


def finding_of(telling: Telling, product_arn: str) -> dict[str, Any]:
    """The alert in the AWS Security Finding Format.

    Its account must be the caller's; the resource is the account where it happened. Severity and types are
    the provider's fields, so that what an analyst has set stays when the same finding comes again.
    """
    alert, account = telling.alert, product_arn.split(":")[4]
    partition = product_arn.split(":")[1]
    where = telling.account or account
    advice = _in_one(alert.advice.splitlines(), " ", _RECOMMENDATION)
    recommendation = {"Remediation": {"Recommendation": {"Text": advice}}}
    return {
        "SchemaVersion": "2018-10-08",
        "Id": safe(f"trailwarden/{telling.id}", 512),
        "ProductArn": product_arn,
        "GeneratorId": f"trailwarden/{telling.remediation}",
        "AwsAccountId": account,
        "CreatedAt": stamp(telling.at),
        "UpdatedAt": stamp(telling.now),
        "Title": safe(alert.title, _TITLE),
        "Description": _in_one(telling.text.splitlines(), _NEXT_LINE, _DESCRIPTION),
        "FindingProviderFields": {
            "Severity": {"Label": _LABELS.get(alert.severity, str(alert.severity))},
            "Types": [f"Unusual Behaviors/Trailwarden/{telling.remediation}"],
        },
        "Resources": [
            {
                "Type": "AwsAccount",
                "Id": f"AWS::::Account:{where}",
                "Partition": partition,
                **({"Region": telling.region} if telling.region else {}),
            }
        ],
        "ProductFields": dict(_fields(alert)),
        "RecordState": "ACTIVE",
        **(recommendation if advice else {}),
    }


def _in_one(lines: Iterable[str], between: str, most: int) -> str:
    """Lines in one, as many as fit, none cut but the first; no line holds what stands between two."""
    whole = ""
    for line in map(str.strip, lines):
        shown = safe(line, most).replace(between.strip() or "\n", "/")
        longer = f"{whole}{between}{shown}" if whole else shown
        if shown and len(longer) <= most:
            whole = longer
    return whole


def _fields(alert: Alert) -> Iterator[tuple[str, str]]:
    """The facts, numbered: two may have the same label."""
    for number, (label, fact) in enumerate(alert.facts[:_MOST_FIELDS], start=1):
        yield safe(f"trailwarden/{number:02} {label}", _FIELD_NAME), safe(fact, _FIELD) or "-"


def notification_of(telling: Telling) -> dict[str, Any]:
    """The alert as Amazon Q's custom notification: the mail's lines, in a block that is shown as it is.

    The service answers no one, so that what its schema doesn't allow is just not shown: it is kept well below
    the limits of Slack and Teams.
    """
    alert = telling.alert
    heading, _, rest = telling.text.partition("\n")
    whole = "\n\n".join(filter(None, (rest.strip(), telling.questions)))
    lines = "\n".join(_within(whole.translate(_NOT_MARKUP).splitlines()))
    return {
        "version": "1.0",
        "source": "custom",
        "id": telling.id,
        "content": {
            "textType": "client-markdown",
            "title": safe(heading.translate(_NOT_MARKUP), _CHAT_TITLE),
            "description": f"```\n{lines}\n```",
            "keywords": [str(alert.severity), telling.remediation],
        },
        "metadata": {
            "threadId": telling.id,
            "summary": safe(heading.translate(_NOT_MARKUP), _CHAT_TITLE),
            "eventType": f"trailwarden-{telling.remediation}",
            "additionalContext": {"severity": str(alert.severity), "remediation": telling.remediation},
        },
    }


def _within(lines: list[str]) -> Iterator[str]:
    room, left_out = _CHAT_LINES, 0
    for line in lines:
        fits = len(line) < room and not (left_out and line.startswith("  "))
        if fits:
            room -= len(line) + 1
            yield line
        else:
            left_out += 1
    if left_out:
        yield f"... and {number_of(left_out, 'more line')} in the mail"

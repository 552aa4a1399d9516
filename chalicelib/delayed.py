"""Events that are put off: a queue of the function's own shows each of them again some minutes later.

For a remediation whose events are proven by CloudTrail's event history, which has a call only some minutes
after it. The queue carries what first woke the function, unchanged.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import MalformedEvent
from chalicelib.events import Raw
from chalicelib.remediation import AnEvent, Facts, Grant, Way
from chalicelib.settings import PUT_OFF_URL, Settings
from chalicelib.stack import CloudFormation, queue_policy
from chalicelib.triggers import OnQueue

MOST_SECONDS = 900  # of DelaySeconds


def delayed(way: Way[AnEvent, Facts], queue: str) -> Way[AnEvent, Facts]:
    """The same way, for events that this queue (a logical id) has kept for a while."""

    def parse(raw: Raw) -> Iterable[AnEvent]:
        return [event for original in originals(raw) for event in way.parse(original)]

    return replace(way, on=OnQueue(queue=queue), parse=parse)


def originals(raw: Raw) -> list[Raw]:
    """What the messages of a queue carry; raises MalformedEvent for what isn't an object."""
    bodies: list[Raw] = []
    for record in raw["Records"]:
        try:
            body = json.loads(record["body"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise MalformedEvent(f"a message of the queue can't be read ({error})") from error
        if not isinstance(body, Mapping):
            raise MalformedEvent("a message of the queue does not hold an event")
        bodies.append(body)
    return bodies


def put_off(aws: Aws, settings: Settings, original: Raw, delay: timedelta) -> None:
    """Have this payload shown again after so long, at most 15 minutes; raises what SQS raises."""
    aws.client("sqs").send_message(
        QueueUrl=settings.text(PUT_OFF_URL),
        MessageBody=json.dumps(original, ensure_ascii=False),
        DelaySeconds=min(int(delay.total_seconds()), MOST_SECONDS),
    )


def grants(queue: str) -> tuple[Grant, ...]:
    """What it takes to ask event history and to put events off; needed only where something may act."""
    return (
        Grant(
            action="cloudtrail:LookupEvents",
            resource="*",
            because="event history takes no resource",
            acting=True,
        ),
        *putting_off(queue),
    )


def putting_off(queue: str) -> tuple[Grant, ...]:
    """The same for who asks event history anyway."""
    return (Grant(action="sqs:SendMessage", resource=f"${{{queue}.Arn}}", acting=True),)


def resources(queue: str) -> dict[str, CloudFormation]:
    """The queue; what fails five times is a dead letter.

    AWS advises that a message is hidden for six times the function's timeout.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    hidden_seconds, kept_seconds = 6 * 50, 14 * 24 * 3600
    return {
        queue: {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": hidden_seconds,
                "MessageRetentionPeriod": kept_seconds,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                    "maxReceiveCount": 5,
                },
            },
        },
        **queue_policy(queue),
    }


def settings_of(queue: str) -> dict[str, Any]:
    """The variable that names the queue."""
    return {PUT_OFF_URL: {"Ref": queue}}

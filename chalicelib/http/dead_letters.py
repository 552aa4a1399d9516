"""The dead letters: what each is, why it is there, and sending it again to where it was going.

Three write to the queue: Lambda, for a function that gave up on an event; EventBridge, for a rule that could
not deliver one; SQS, for a message of another queue that was tried too often. Anything else was put there by
somebody, and is never sent anywhere. SQS brings two kinds: a step of a validation goes back to its queue; an
event that was put off wakes its function, which looks anew and may put it off again.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.errors import AWS_ERRORS, NotConfigured
from chalicelib.http.instructions import functions, pairs, wake
from chalicelib.http.validation_requests import queue_url
from chalicelib.ledger.table import stamp
from chalicelib.settings import DEAD_LETTERS, PUT_OFF_QUEUES
from chalicelib.wording import safe

MOST_READ = 100
HIDDEN_SECONDS = 60  # while they are looked at; then they come back by themselves, if not before
_BATCH = 10  # messages that SQS hands over, or takes back, at once
_TRIED_TOO_OFTEN = "its function tried it too often; the function's log says why"
_NO_CONCURRENCY = "TooManyRequestsException"
_NEVER_RAN = "the function could not run at all: look whether its reserved concurrency is 0"
_STAYS = "it was sent, but could not be taken away; sent twice it is handled once"
_STRANGE = "nothing of Trailwarden's put it there, so it is not sent anywhere"


class BadRedrive(ValueError):
    """What was asked can't be done; the message is one sentence for the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of the queue. `to`: the name of the function or of the queue that it goes to; "" for none."""

    id: str
    at: datetime
    to: str
    reason: str
    payload: Any = field(repr=False)
    receipt: str = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """For HTTP."""
        return {
            "id": self.id,
            "at": stamp(self.at),
            "to": self.to,
            "reason": self.reason,
            "event": self.payload,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What was found in the queue, and how many `hidden` ones there are besides: for at most a minute."""

    letters: Sequence[DeadLetter]
    hidden: int

    def as_json(self) -> dict[str, Any]:
        """For HTTP."""
        return {"dead_letters": [each.as_json() for each in self.letters], "hidden": self.hidden}


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The queue, through clients of SQS and Lambda. Every method raises what boto3 raises, NotConfigured."""

    sqs: Any = field(repr=False)
    functions: Any = field(repr=False)

    def listed(self) -> Listing:
        """What is there, the oldest first; it stays there."""
        hidden, found = self._hidden(), list(self._received())
        self._given_back(found)
        return Listing(letters=tuple(sorted(found, key=lambda letter: letter.at)), hidden=hidden)

    def sent_again(self, ids: Sequence[str] | None) -> dict[str, Any]:
        """Send these again, or all, and take each away once it is sent.

        Returns the ids that were `sent`, those that could not be (`not_sent`), each with the reason, and how
        many were `hidden`, so that nobody could say what they are.
        """
        hidden = self._hidden()
        found = {letter.id: letter for letter in self._received()}
        wanted = list(found) if ids is None else list(dict.fromkeys(ids))
        sent, not_sent = [], {each: "there is no such dead letter" for each in wanted if each not in found}
        for letter in (found.pop(each) for each in wanted if each in found):
            why = self._send(letter)
            if why:
                not_sent[letter.id] = why
                found[letter.id] = letter
            else:
                sent.append(letter.id)
        self._given_back(found.values())
        return {"sent": sent, "not_sent": not_sent, "hidden": hidden}

    def _send(self, letter: DeadLetter) -> str:
        """Send one again; returns why not. It is sent before it is taken away: twice is better than never."""
        if not letter.to:
            return _STRANGE
        try:
            if letter.to == _name_of_queue(queue_url()):
                self.sqs.send_message(QueueUrl=queue_url(), MessageBody=json.dumps(letter.payload))
            else:
                wake(self.functions, letter.to, letter.payload)
        except AWS_ERRORS as error:
            return safe(str(error))
        try:
            self.sqs.delete_message(QueueUrl=_queue(), ReceiptHandle=letter.receipt)
        except AWS_ERRORS as error:
            return f"{_STAYS}: {safe(str(error))}"
        return ""

    def _hidden(self) -> int:
        """How many somebody else looks at just now, or looked at a minute ago and died."""
        name = "ApproximateNumberOfMessagesNotVisible"
        asked = self.sqs.get_queue_attributes(QueueUrl=_queue(), AttributeNames=[name])
        return int(asked["Attributes"][name])

    def _received(self) -> Iterator[DeadLetter]:
        """Everything that is there, hidden from others for a moment; each once."""
        seen: set[str] = set()
        while len(seen) < MOST_READ:
            answer = self.sqs.receive_message(
                QueueUrl=_queue(),
                MaxNumberOfMessages=_BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            messages = [each for each in answer.get("Messages", ()) if each["MessageId"] not in seen]
            if not messages:
                return
            seen |= {each["MessageId"] for each in messages}
            yield from map(letter_of, messages)

    def _given_back(self, letters: Iterable[DeadLetter]) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
            for number, letter in enumerate(letters)
        ]
        for begin in range(0, len(entries), _BATCH):
            # Those that can't be given back come back by themselves, and what was sent is sent.
            with suppress(*AWS_ERRORS):
                self.sqs.change_message_visibility_batch(
                    QueueUrl=_queue(), Entries=entries[begin : begin + _BATCH]
                )


def asked_for(body: Mapping[str, Any]) -> list[str] | None:
    """The ids that a request's body asks for, None for all; raises BadRedrive."""
    if body == {"all": True}:
        return None
    ids = body.get("ids")
    named = isinstance(ids, list) and ids and all(isinstance(each, str) for each in ids)
    if set(body) != {"ids"} or not named or len(ids or ()) > MOST_READ:
        raise BadRedrive(f'say which: {{"ids": [...]}}, at most {MOST_READ}, or {{"all": true}}')
    return ids


def letter_of(message: Mapping[str, Any]) -> DeadLetter:
    """A message as SQS hands it over."""
    to, payload, reason = _taken_apart(message)
    system = message.get("Attributes", {})
    return DeadLetter(
        id=message["MessageId"],
        at=datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1000, UTC),
        to=to,
        reason=safe(reason),
        payload=payload,
        receipt=message["ReceiptHandle"],
    )


def _taken_apart(message: Mapping[str, Any]) -> tuple[str, Any, str]:
    """Where it was going, what was to be handed over, and why that failed."""
    try:
        body = json.loads(message["Body"])
    except (ValueError, RecursionError):
        return "", message["Body"], _STRANGE
    given = {name: each.get("StringValue", "") for name, each in message.get("MessageAttributes", {}).items()}
    source = message.get("Attributes", {}).get("DeadLetterQueueSourceArn", "")
    known = functions()
    if to := _behind(source.rpartition(":")[2], known):
        return to, body, _TRIED_TOO_OFTEN
    if "TARGET_ARN" in given:
        to = _name_of_function(given["TARGET_ARN"])
        reason = (
            f"the rule could not deliver it: {given.get('ERROR_CODE', '')} {given.get('ERROR_MESSAGE', '')}"
        )
        return (to if to in known.values() else "", body, reason)
    if isinstance(body, Mapping) and isinstance(body.get("requestContext"), Mapping):
        to = _name_of_function(str(body["requestContext"].get("functionArn", "")))
        return (to if to in known.values() else "", body.get("requestPayload"), _gave_up(body))
    return "", body, _STRANGE


def _behind(queue: str, known: Mapping[str, str]) -> str:
    """Where a message of this queue goes: back, or to the function whose events it puts off; else ""."""
    if not queue:
        return ""
    put_off = {_name_of_queue(url): name for name, url in pairs(os.environ.get(PUT_OFF_QUEUES, "")).items()}
    if queue in put_off:
        return known.get(put_off[queue], "")
    return queue if queue == _name_of_queue(queue_url()) else ""


def _gave_up(record: Mapping[str, Any]) -> str:
    """`RetriesExhausted after 3 tries: MalformedEvent: ...`."""
    context, answer = record["requestContext"], record.get("responsePayload")
    error = answer if isinstance(answer, Mapping) else {}
    tries = context.get("approximateInvokeCount", "?")
    if error.get("errorType") == _NO_CONCURRENCY and not tries:
        return f"{context.get('condition', '')}: {_NEVER_RAN}"
    said = f"{error.get('errorType', 'no error')}: {error.get('errorMessage', 'the record says no more')}"
    return f"{context.get('condition', '')} after {tries} tries: {said}"


def _name_of_function(arn: str) -> str:
    """`arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER`."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else ""


def _name_of_queue(url: str) -> str:
    return url.rpartition("/")[2]


def _queue() -> str:
    if url := os.environ.get(DEAD_LETTERS):
        return url
    raise NotConfigured(f"the environment variable {DEAD_LETTERS} is missing")

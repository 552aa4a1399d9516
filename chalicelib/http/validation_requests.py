"""A request for a full validation: its limits, and the way into the queue."""

import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.errors import NotConfigured
from chalicelib.ledger.ledger import Ledger
from chalicelib.ledger.validations import Job, ask, new_job
from chalicelib.settings import VALIDATIONS

LONGEST_SPAN = timedelta(days=92)
MOST_REGIONS = 50
_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d+", re.ASCII)
_NAMES = {"since", "until", "regions"}


class BadSpan(ValueError):
    """What was asked for can't be validated; the message is one sentence for the caller."""


def asked_for(body: Mapping[str, Any], now: datetime, nonce: str) -> Job:
    """The job a request's body asks for; raises BadSpan."""
    if unknown := sorted(set(body) - _NAMES):
        raise BadSpan(f"{unknown[0][:100]!r} is not known here; a validation has since, until and regions")
    since, until = _moment(body, "since"), _moment(body, "until")
    if since >= until:
        raise BadSpan("since must be before until")
    if until > now:
        raise BadSpan("until lies in the future")
    if until - since > LONGEST_SPAN:
        raise BadSpan(f"from since to until are at most {LONGEST_SPAN.days} days")
    return new_job(since, until, _regions(body.get("regions", [])), now, nonce)


def queue_url() -> str:
    """Where steps are sent; raises NotConfigured."""
    if url := os.environ.get(VALIDATIONS):
        return url
    raise NotConfigured(f"the environment variable {VALIDATIONS} is missing")


def begin(sqs: Any, url: str, ledger: Ledger, job: Job) -> None:
    """Note the job and send its first step; raises what boto3 raises."""
    ask(ledger, job)
    body = json.dumps({"step": "plan", "job": job.id, "at": job.asked_at.isoformat()})
    sqs.send_message(QueueUrl=url, MessageBody=body)


def _moment(body: Mapping[str, Any], name: str) -> datetime:
    text = body.get(name)
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadSpan(f"{name} is a time with its zone, such as 2026-03-01T00:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadSpan(f"{name} is no time that a trail can hold") from None


def _regions(value: Any) -> tuple[str, ...]:
    named = isinstance(value, list) and all(isinstance(one, str) and _REGION.fullmatch(one) for one in value)
    if not named or len(value) > MOST_REGIONS:
        raise BadSpan(f"regions is a list of at most {MOST_REGIONS} names such as eu-west-1; empty means all")
    return tuple(sorted(set(value)))

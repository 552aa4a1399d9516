"""How Firehose writes to an HTTP endpoint, such as a third party's.

A batch is one request, or several of at most 10,000 records; each keeps its id over all its tries. Only 200
with a JSON body that names the request is taken for delivered. 413 is final, and such a batch is lost: the
page says that it isn't kept in the bucket either. All else is tried again after 1, 2, 4 ... seconds, at most
120, each 15 % more or less, for the retry duration; then the batch goes to the bucket.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html,
https://docs.aws.amazon.com/firehose/latest/dev/retry.html (HTTP endpoint),
https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html (error codes)
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

from scenarios.cloud.firehose.configured import Configured, standing
from scenarios.cloud.firehose.processors import Record, failure, milliseconds
from scenarios.cloud.firehose.roles import SERVICE
from scenarios.cloud.kernel.web import WebAnswer, WebRequest
from scenarios.cloud.setting import Setting

FAILED: Final = "http-endpoint-failed"
MOST_RECORDS: Final = 10_000
TIMEOUT_SECONDS: Final = 180.0
LONGEST_PAUSE: Final = 120.0
JITTER: Final = 0.15
MOST_ANSWERED: Final = 1 << 20
OK, TOO_LARGE = 200, 413
_TYPE: Final = "application/json"


@dataclass(slots=True, kw_only=True)
class Batch:
    """Records on their way in one request. `begun`: its first try; `attempts`: how many there were."""

    arn: str
    id: str
    records: Sequence[Record]
    begun: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a batch wasn't taken. `final`: it isn't tried again, and not kept."""

    code: str
    message: str
    final: bool = False


class Owner(Protocol):
    """What the delivery streams do about a batch."""

    def endpoint_took(self, found: Configured, records: Sequence[Record]) -> None:
        """They were delivered."""

    def endpoint_refused(self, found: Configured, trouble: Trouble) -> None:
        """Tell of it, and log it."""

    def keep_for_endpoint(self, found: Configured, records: Sequence[Record], body: bytes) -> None:
        """Put what can't be delivered into the bucket."""


def accepted(request: WebRequest, at: datetime) -> WebAnswer:
    """What an endpoint answers that has taken a request."""
    told = {"requestId": request.headers["X-Amz-Firehose-Request-Id"], "timestamp": milliseconds(at)}
    return WebAnswer(status=OK, headers={"Content-Type": _TYPE}, body=json.dumps(told))


def records_in(request: WebRequest) -> list[bytes]:
    """The data of each record that a request carries."""
    return [base64.b64decode(each["data"]) for each in json.loads(request.body)["records"]]


class HttpEndpoints:
    """Every HTTP endpoint, as Firehose writes to it."""

    def __init__(self, setting: Setting, owner: Owner) -> None:
        self._setting = setting
        self._owner = owner

    def send(self, arn: str, records: Sequence[Record]) -> None:
        """Begin to deliver a batch."""
        for begin in range(0, len(records), MOST_RECORDS):
            identity, now = self._setting.new_uuid("firehose.request"), self._setting.clock.now
            self._try(Batch(arn=arn, id=identity, records=records[begin : begin + MOST_RECORDS], begun=now))

    def _try(self, batch: Batch) -> None:
        """One request, under the configuration as it is now."""
        found = standing(batch.arn)
        if found is None or found.endpoint is None:
            self._setting.note("lost", f"{batch.arn.rpartition('/')[2]} was deleted with what it had to send")
            return
        batch.attempts += 1
        trouble = _trouble(self._ask(found, batch), batch.id)
        if trouble is None:
            self._owner.endpoint_took(found, batch.records)
            return
        self._owner.endpoint_refused(found, trouble)
        if trouble.final:
            self._setting.note("lost", f"{found.name}: the endpoint can't take a request that is so large")
            return
        pause = min(LONGEST_PAUSE, 2.0 ** (batch.attempts - 1))
        pause *= self._setting.random("firehose.pause").uniform(1 - JITTER, 1 + JITTER)
        over = (self._setting.clock.now - batch.begun).total_seconds() + pause
        if over > found.endpoint.retry_seconds:
            body = b"".join(self._failed(batch, trouble))
            self._owner.keep_for_endpoint(found, batch.records, body)
            return
        again = f"Firehose tries the endpoint of {found.name} again"
        self._setting.clock.after(pause, partial(self._try, batch), again)

    def _ask(self, found: Configured, batch: Batch) -> WebAnswer:
        assert found.endpoint is not None  # its caller looked
        now = milliseconds(self._setting.clock.now)
        records = [{"data": base64.b64encode(each.data).decode()} for each in batch.records]
        request = WebRequest(
            at=self._setting.clock.now,
            by=SERVICE,
            method="POST",
            url=found.endpoint.url,
            headers={
                "Content-Type": _TYPE,
                "X-Amz-Firehose-Protocol-Version": "1.0",
                "X-Amz-Firehose-Request-Id": batch.id,
                "X-Amz-Firehose-Source-Arn": found.arn,
                **_secret(found.endpoint.access_key),
                **_common(found.endpoint.attributes),
            },
            body=json.dumps({"requestId": batch.id, "timestamp": now, "records": records}),
        )
        return self._setting.web.ask(request)

    def _failed(self, batch: Batch, trouble: Trouble) -> Iterable[bytes]:
        """The line that the bucket gets of each record."""
        for each in batch.records:
            yield failure(
                each,
                attempts=batch.attempts,
                code=trouble.code,
                message=trouble.message,
                ended=self._setting.clock.now,
            )


def _secret(key: str) -> dict[str, str]:
    return {"X-Amz-Firehose-Access-Key": key} if key else {}


def _common(attributes: Sequence[tuple[str, str]]) -> dict[str, str]:
    told = json.dumps({"commonAttributes": dict(attributes)})
    return {"X-Amz-Firehose-Common-Attributes": told} if attributes else {}


def _trouble(answer: WebAnswer, request: str) -> Trouble | None:
    """Why an answer is no delivery; None where it is one."""
    if not answer.status:
        return Trouble("HttpEndpoint.ConnectionFailed", "The endpoint could not be reached")
    if answer.seconds > TIMEOUT_SECONDS:
        return Trouble("HttpEndpoint.RequestTimeout", "The endpoint did not answer within 3 minutes")
    if answer.status == TOO_LARGE:
        return Trouble("HttpEndpoint.RequestTooLarge", "The endpoint answered 413", final=True)
    if answer.status != OK:
        words = f"Received the following response from the endpoint destination. {answer.status}: "
        return Trouble("HttpEndpoint.DestinationException", words + _said(answer.body))
    wrong = _wrong(answer, request)
    return Trouble("HttpEndpoint.InvalidResponseFromDestination", wrong) if wrong else None


def _wrong(answer: WebAnswer, request: str) -> str:
    """Why an answer of 200 doesn't keep the format, or ""."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if headers.get("content-type", "").partition(";")[0].strip() != _TYPE:
        return "the answer's Content-Type is not application/json"
    if "content-encoding" in headers:
        return "the answer has a Content-Encoding"
    if len(answer.body.encode()) > MOST_ANSWERED:
        return "the answer is longer than 1 MiB"
    try:
        told: Any = json.loads(answer.body)
    except ValueError:
        return "the answer is no JSON"
    if not isinstance(told, dict) or told.get("requestId") != request:
        return "the answer's requestId is not the request's"
    stamp = told.get("timestamp")
    return "" if isinstance(stamp, int) and not isinstance(stamp, bool) else "the answer has no timestamp"


def _said(body: str) -> str:
    try:
        told: Any = json.loads(body)
    except ValueError:
        return ""
    return str(told.get("errorMessage", ""))[:8192] if isinstance(told, dict) else ""

"""How Firehose writes to an OpenSearch domain: bulk requests, tried again for the retry duration.

Each record must be one JSON object on one line. An answer other than 2xx, and documents that the domain puts
off (429, 5xx), are tried again; a document that the domain refuses (400) is not: unconfirmed. What is left at
the end goes to the bucket, in the form that AWS documents.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/retry.html (Amazon OpenSearch Service),
https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html,
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-es
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.firehose.configured import Index
from scenarios.cloud.firehose.names import index_name
from scenarios.cloud.firehose.processors import Record, failure
from scenarios.cloud.firehose.roles import SERVICE, denied
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.web import WebRequest
from scenarios.cloud.setting import Setting

FAILED: Final = "AmazonOpenSearchService_failed"
TIMEOUT_SECONDS: Final = 60.0
TOO_MANY: Final = 429


@dataclass(slots=True, kw_only=True, eq=False)
class Document:
    """A record on its way into an index. `code`, `message`: why it isn't there yet; `attempts`: how many."""

    record: Record
    index: str
    id: str
    attempts: int = 0
    code: str = ""
    message: str = ""
    final: bool = field(default=False)

    def failed(self, ended: datetime) -> bytes:
        """The line that the bucket gets of it."""
        return failure(
            self.record,
            attempts=self.attempts,
            code=self.code,
            message=self.message,
            ended=ended,
            esDocumentId=self.id,
            esIndexName=self.index,
            esTypeName="",
        )


def documents(records: Sequence[Record], index: Index, new: Callable[[], str]) -> list[Document]:
    """What a batch of records becomes; those that are no JSON object fail at once."""
    found = []
    for record in records:
        document = Document(
            record=record,
            index=index_name(index.name, index.rotation, record.arrived),
            id=new() if index.with_ids else "",
        )
        if not _is_object(record.data):
            document.code, document.message, document.final = "400", "the record is no JSON object", True
            document.attempts = 1
        found.append(document)
    return found


class Domains:
    """Every OpenSearch domain, as Firehose writes to it."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def send(self, index: Index, region: str, waiting: Sequence[Document]) -> list[Document]:
        """One bulk request; returns the documents that are not there after it, each with why."""
        for each in waiting:
            each.attempts += 1
        endpoint, code, why = self._endpoint(index, region)
        if not endpoint:
            return _all(waiting, code, why)
        answer = self._setting.web.ask(
            WebRequest(
                at=self._setting.clock.now,
                by=SERVICE,
                method="POST",
                url=f"{endpoint}/_bulk",
                headers={"Content-Type": "application/x-ndjson"},
                body="".join(map(_lines, waiting)),
            )
        )
        if not answer.status or answer.seconds > TIMEOUT_SECONDS:
            return _all(waiting, "503", "the domain could not be reached")
        if not 200 <= answer.status < 300:
            return _all(waiting, str(answer.status), answer.body or f"the domain answered {answer.status}")
        return _left(waiting, answer.body)

    def _endpoint(self, index: Index, region: str) -> tuple[str, str, str]:
        """Where the domain is, or "", the code and why not."""
        found = moto_state.opensearch_domain(self._setting.account, region, index.domain or index.endpoint)
        if found is None:
            return "", "404", "there is no such domain"
        describes = [("es:DescribeDomain", found.arn)] if index.domain else []
        why = denied(self._setting, index.role, [("es:ESHttpPost", f"{found.arn}/_bulk"), *describes])
        return ("", "403", why) if why else (f"https://{found.endpoint}", "", "")


def _lines(document: Document) -> str:
    """What asks for one document to be indexed."""
    place = {"_index": document.index, **({"_id": document.id} if document.id else {})}
    text = document.record.data.decode("utf-8", "replace").strip()
    return f"{json.dumps({'index': place})}\n{text}\n"


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict) and b"\n" not in data.strip()
    except ValueError:
        return False


def _all(waiting: Sequence[Document], code: str, message: str) -> list[Document]:
    for each in waiting:
        each.code, each.message = code, message
    return list(waiting)


def _left(waiting: Sequence[Document], body: str) -> list[Document]:
    """The documents that the domain did not take, by the items of its answer; an empty one took all."""
    told: Any = json.loads(body) if body else {}
    left = []
    for document, item in zip(waiting, told.get("items", ()), strict=False):
        ((_, result),) = item.items()
        status = int(result.get("status", 200))
        if status < 300:
            continue
        error = result.get("error", {})
        document.code = str(status)
        document.message = json.dumps(error) if isinstance(error, dict) else str(error)
        document.final = status < 500 and status != TOO_MANY
        left.append(document)
    return left

"""What Firehose does with records before it delivers them: unpack them, and take log events out.

Functions that transform are in transforming.py; a delimiter stands between records, and not behind the last
(recorded: https://github.com/radkawar/stackd/blob/main/docs/firehose.md). Left out: records that are
split or read for their partition.

Sources: https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs-decompression.html,
https://docs.aws.amazon.com/firehose/latest/dev/Message_extraction.html,
https://docs.aws.amazon.com/firehose/latest/APIReference/API_Processor.html
"""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

FOLDERS: Final = {
    "Lambda": "processing-failed",
    "Decompression": "decompression-failed",
    "CloudWatchLogProcessing": "decompression-failed",
}
"""What kind of failure the bucket is told, by the processor."""
_NOT_UNPACKED: Final = "Decompression failed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record, and when Firehose received it."""

    data: bytes
    arrived: datetime


def failure(record: Record, *, attempts: int, code: str, message: str, ended: datetime, **more: str) -> bytes:
    """The line that the bucket gets of a record that failed; `more`: what is said of its kind of failure."""
    told = {
        "attemptsMade": attempts,
        "arrivalTimestamp": milliseconds(record.arrived),
        "errorCode": code,
        "errorMessage": message,
        "attemptEndingTimestamp": milliseconds(ended),
        "rawData": base64.b64encode(record.data).decode(),
        **more,
    }
    return f"{json.dumps(told)}\n".encode()


def milliseconds(moment: datetime) -> int:
    """Since 1970, as Firehose writes moments."""
    return int(moment.timestamp() * 1000)


class NotProcessed(ValueError):
    """A record can't be processed; it goes to the bucket's folder of failures. `code`: what Firehose says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def processed(kind: str, parameters: Mapping[str, str], record: Record) -> list[Record]:
    """What a processor makes of a record: of a log's record its events, nothing of a control message.

    Raises NotProcessed.
    """
    match kind:
        case "Decompression":
            return [replace(record, data=_unpacked(record.data))]
        case "CloudWatchLogProcessing":
            extracts = parameters.get("DataMessageExtraction", "false").lower() == "true"
            return _of_logs(record) if extracts else [record]
        case _:
            return [record]


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise NotProcessed(_NOT_UNPACKED, "The record is not compressed with GZIP") from error


def _of_logs(record: Record) -> list[Record]:
    """The messages of the events of a subscription's record, a line each."""
    try:
        told = json.loads(record.data)
        events = told["logEvents"] if told["messageType"] == "DATA_MESSAGE" else []
        return [replace(record, data=f"{each['message']}\n".encode()) for each in events]
    except (ValueError, KeyError, TypeError) as error:
        raise NotProcessed(_NOT_UNPACKED, "The record is none of CloudWatch Logs") from error

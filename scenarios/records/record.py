"""What the reader hands on: a record, something that is none, or a file that lies beside the records.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

import hashlib
import json
import marshal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.wording import safe, size

LARGEST_RECORD_BYTES = 1 << 20
"""CloudTrail's records are of 256 KB, or of 1 MB where they are told in full."""
LONGEST_ID = 256
DEEPEST = 100
INSIGHT = "AwsCloudTrailInsight"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stood: a file's name, its line where lines count, and which record of several."""

    file: str
    line: int = 0
    number: int = 0

    def __str__(self) -> str:
        line = f"{self.file}:{self.line}" if self.line else self.file
        return f"{line}, record {self.number}" if self.number else line

    def record(self, number: int) -> "Place":
        """The place of one of several records here."""
        return replace(self, number=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A record and where it stood.

    `envelope`: the EventBridge event it came in, if any. An event of another service than CloudTrail has an
    envelope and no record.
    """

    where: Place
    record: Mapping[str, Any] = field(default_factory=dict)
    envelope: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """The event's name, such as `ConsoleLogin`; of an event without a record its detail-type."""
        if not self.record and self.envelope:
            return str(self.envelope.get("detail-type"))
        return str(self.record.get("eventName") or self.record.get("eventType"))

    @property
    def event_id(self) -> str:
        """CloudTrail's `eventID`; where there is none, one made from the record itself, always the same."""
        given = self.record.get("eventID")
        if isinstance(given, str) and given:
            return given
        if not self.record and self.envelope and isinstance(self.envelope.get("id"), str):
            return str(self.envelope["id"])
        text = json.dumps(self.record or self.envelope, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotARecord:
    """What could not be read, where, and why, as one sentence that is safe to be printed."""

    where: Place
    why: str

    def __str__(self) -> str:
        return f"{self.where}: {safe(self.why)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What lies beside records and is none, such as a digest: counted, and nothing else."""

    where: Place
    kind: str


Found = FoundRecord | NotARecord | Beside


def is_record(value: Any) -> bool:
    """Whether it is a record of CloudTrail, by its own fields.

    Records of streams, queues and buckets name a source such as `aws:kinesis`, which CloudTrail never writes.
    Insights have no source.
    """
    if not isinstance(value, Mapping):
        return False
    source = value.get("eventSource")
    if is_name(source) and is_name(value.get("eventName")):
        return not str(source).startswith("aws:")
    return value.get("eventType") == INSIGHT and isinstance(value.get("insightDetails"), Mapping)


def is_name(value: Any) -> bool:
    """Whether it is text that isn't empty."""
    return isinstance(value, str) and bool(value)


# ---- bounds of a record --------------------------------------------------------------------------


def past_a_bound(value: Any) -> str:
    """Why a record is refused; nothing for one that isn't. Quick, for there may be a hundred thousand."""
    given = value.get("eventID") if isinstance(value, Mapping) else None
    if isinstance(given, str) and len(given) > LONGEST_ID:
        return f"its eventID is longer than {LONGEST_ID} characters"
    packed = marshal.dumps(value, 2)  # nearly as long as its JSON, and made four times as fast
    if len(packed) > LARGEST_RECORD_BYTES:
        return f"it is larger than {size(LARGEST_RECORD_BYTES)}, the largest that CloudTrail's are"
    # There are at most as many lists and objects in it as bytes that mark one.
    if packed.count(b"[") + packed.count(b"{") > DEEPEST and is_deep(value):
        return "it is nested too deeply"
    return ""


def is_deep(value: Any) -> bool:
    """Whether more than `DEEPEST` lists and objects lie in each other; found without recursion."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            each
            for outer in level
            if isinstance(outer, (dict, list))
            for each in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(each, (dict, list))
        ]
    return depth > DEEPEST

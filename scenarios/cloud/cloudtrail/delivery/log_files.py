"""How records become log files: gzip of `{"Records": [...]}`, none larger than 50 MB.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LARGEST_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """One log file's content.

    Attributes:
        records: The records in it.
        body: Its bytes, gzip, without a time in them.
        sha256: SHA-256 of its uncompressed content, lower-case hex.
    """

    records: Sequence[Mapping[str, Any]]
    body: bytes
    sha256: str


def packed(records: Sequence[Mapping[str, Any]], largest_bytes: int = LARGEST_BYTES) -> Iterator[Packed]:
    """Pack records into as few files as their size allows; a record that is too large alone stays whole."""
    text = json.dumps({"Records": list(records)}).encode()
    body = gzip.compress(text, mtime=0)
    if len(body) > largest_bytes and len(records) > 1:
        half = len(records) // 2
        yield from packed(records[:half], largest_bytes)
        yield from packed(records[half:], largest_bytes)
    else:
        yield Packed(records=tuple(records), body=body, sha256=hashlib.sha256(text).hexdigest())

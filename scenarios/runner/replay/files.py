"""Text that a user hands over: a file, a gzip of one, or standard input.

Somebody else may have made it, so nothing is read without a bound: only regular files and pipes, only so many
bytes, lines and values. What is past a bound is refused in one sentence, before it takes the memory.
"""

import json
import sys
from pathlib import Path
from typing import Any

from chalicelib.trail.integrity.gunzip import MalformedGzip, inflate
from chalicelib.wording import safe, size
from scenarios.files import NotRead, bounded, bounded_bytes

STANDARD_INPUT = "-"
LARGEST_PACKED_BYTES = 64 << 20  # as it lies there, if it is gzip
LARGEST_BYTES = 128 << 20  # of a text
MOST_LINES = 500_000
MOST_VALUES = 3_000_000
"""Values in one JSON document: an empty list takes two bytes of a file, and sixty of memory."""

_FEW_BYTES = 1 << 20  # a text that is not longer can't hold too many values to be read
_GZIP_MAGIC = b"\x1f\x8b"


class Unreadable(ValueError):
    """A file that can't be read as text; the message says why, and `name` which, safe to be printed."""

    def __init__(self, name: str, why: str) -> None:
        self.name = safe(name)
        self.why = why
        super().__init__(f"{self.name}: {why}")


def shown_name(name: str) -> str:
    """What to call a file in front of a line's number; safe to be printed."""
    return "standard input" if name == STANDARD_INPUT else safe(Path(name).name)


def text_of(name: str) -> str:
    """The whole text of a file, or of standard input for `-`. Raises Unreadable."""
    if not name:
        raise Unreadable("''", "the name of a file is empty")
    try:
        data = (
            bounded(sys.stdin.buffer, LARGEST_BYTES)
            if name == STANDARD_INPUT
            else bounded_bytes(name, LARGEST_BYTES)
        )
        if data.startswith(_GZIP_MAGIC) or name.endswith(".gz"):
            data = _unpacked(data)
        _few_lines(data)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(name, (error.strerror or str(error)).lower()) from error
    except NotRead as error:
        raise Unreadable(name, str(error)) from error
    except MalformedGzip as error:
        raise Unreadable(name, f"it is no sound gzip file ({error})") from error
    except UnicodeDecodeError as error:
        raise Unreadable(name, "it is neither text in UTF-8 nor gzip") from error
    except ValueError as error:  # a NUL in the name
        raise Unreadable(ascii(name), str(error)) from error


def json_of(text: str) -> Any:
    """What a JSON text says, unless it says too many things; raises ValueError and RecursionError."""
    if len(text) > _FEW_BYTES and sum(map(text.count, ",[{")) > MOST_VALUES:
        raise ValueError(f"it holds more than {MOST_VALUES} values")
    return json.loads(text)


def _unpacked(data: bytes) -> bytes:
    if len(data) > LARGEST_PACKED_BYTES:
        raise NotRead(f"it is larger than {size(LARGEST_PACKED_BYTES)} of gzip")
    return b"".join(inflate(data, LARGEST_BYTES))


def _few_lines(data: bytes) -> None:
    if len(data) > MOST_LINES and data.count(b"\n") > MOST_LINES:
        raise NotRead(f"it has more than {MOST_LINES} lines; split it")

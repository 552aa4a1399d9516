"""Text that a user hands over: a file, a gzip of one, or standard input."""

import sys
from pathlib import Path

from chalicelib.trail.integrity.gunzip import MalformedGzip, inflate

STANDARD_INPUT = "-"
LARGEST_BYTES = 1 << 30  # of a file, unpacked
_GZIP_MAGIC = b"\x1f\x8b"


class Unreadable(ValueError):
    """A file that can't be read as text; the message says why, and `name` which."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.why = why
        super().__init__(f"{name}: {why}")


def shown_name(name: str) -> str:
    """What to call a file in front of a line's number."""
    return "standard input" if name == STANDARD_INPUT else Path(name).name


def text_of(name: str) -> str:
    """The whole text of a file, or of standard input for `-`. Raises Unreadable."""
    if not name:
        raise Unreadable("''", "the name of a file is empty")
    try:
        data = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
        if data.startswith(_GZIP_MAGIC) or name.endswith(".gz"):
            data = b"".join(inflate(data, LARGEST_BYTES))
        return data.decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(name, (error.strerror or str(error)).lower()) from error
    except MalformedGzip as error:
        raise Unreadable(name, f"it is no sound gzip file ({error})") from error
    except UnicodeDecodeError as error:
        raise Unreadable(name, "it is neither text in UTF-8 nor gzip") from error
    except ValueError as error:  # a NUL in the name
        raise Unreadable(ascii(name), str(error)) from error


def reason(error: Exception) -> str:
    """Why a text is no JSON, in few words: from `json`'s ValueError or RecursionError."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    message, column = getattr(error, "msg", str(error)), getattr(error, "colno", None)
    return f"{message[:1].lower()}{message[1:]}" + (f" at column {column}" if column else "")

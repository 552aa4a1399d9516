r"""Bodies in chunks, each with its size and perhaps its signature: `aws-chunked`, as S3's uploads are sent.

    5;chunk-signature=...\r\n
    hello\r\n
    0;chunk-signature=...\r\n
    x-amz-checksum-crc32:NhCmhg==\r\n
    \r\n

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scenarios.serve.messages import HttpRequest

_LINE = b"\r\n"
_SIZE = re.compile(r"[0-9a-fA-F]{1,16}")
_ENCODING = "aws-chunked"


class BrokenBody(Exception):
    """The chunks don't fit together."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One of a body's chunks; the last is empty. `signature`: "" where chunks aren't signed."""

    data: bytes = field(repr=False)
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was in the chunks. `trailers`: headers that stood behind the last one."""

    chunks: tuple[Chunk, ...]
    trailers: Mapping[str, str]

    @property
    def data(self) -> bytes:
        """The body that they carried."""
        return b"".join(chunk.data for chunk in self.chunks)


def is_chunked(request: HttpRequest) -> bool:
    """Whether a request's body is in chunks."""
    encodings = request.headers.get("content-encoding", "")
    return _ENCODING in encodings or request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-")


def unpacked(body: bytes) -> Unpacked:
    """Take a body's chunks apart. Raises BrokenBody."""
    chunks, at = [], 0
    while True:
        line, at = _line(body, at)
        size, _, extension = line.partition(";")
        if not _SIZE.fullmatch(size):  # `int` would take -2, and lead back in the body
            raise BrokenBody(f"{size[:20]!r} is no size of a chunk")
        length = int(size, 16)
        if at + length > len(body):
            raise BrokenBody("a chunk ends before its size says")
        chunks.append(Chunk(body[at : at + length], extension.partition("=")[2]))
        at += length
        if not length:
            return Unpacked(tuple(chunks), dict(_trailers(body, at)))
        if body[at : at + 2] != _LINE:
            raise BrokenBody("a chunk goes on behind its size")
        at += 2


def encoding_left(encodings: str) -> str:
    """What is left of a Content-Encoding once the chunks are taken apart: S3 keeps that with the object."""
    left = [each.strip() for each in encodings.split(",") if each.strip() not in {"", _ENCODING}]
    return ",".join(left)


def _line(body: bytes, at: int) -> tuple[str, int]:
    end = body.find(_LINE, at)
    if end < 0:
        raise BrokenBody("the last chunk is missing")
    return body[at:end].decode("latin-1"), end + 2


def _trailers(body: bytes, at: int) -> Iterator[tuple[str, str]]:
    for line in body[at:].split(_LINE):
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            yield name.strip().lower(), value.strip()

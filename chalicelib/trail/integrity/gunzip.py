"""Gzip read with suspicion: bounded, one member, and nothing after it.

An attacker who can write to the bucket chooses these bytes. A file of a few kilobytes can swell to gigabytes,
and bytes behind the stream are invisible to many readers, so both are reported.
"""

import zlib
from collections.abc import Iterator

SLICE_BYTES = 1 << 16
PIECE_BYTES = 1 << 20
_GZIP = zlib.MAX_WBITS | 16


class MalformedGzip(ValueError):
    """Bytes that CloudTrail would not have delivered as gzip; the message says in what way."""


class TooLarge(MalformedGzip):
    """Gzip that swells past the limit; what follows is not known."""


def inflate(packed: bytes, limit: int) -> Iterator[bytes]:
    """Decompress piece by piece, holding at most a megabyte at a time.

    Args:
        packed: One gzip stream.
        limit: How many bytes it may swell to.

    Yields:
        Pieces of the content, in order.

    Raises:
        MalformedGzip: not gzip, damaged, cut short, or followed by other bytes.
        TooLarge: past the limit.
    """
    stream, total = zlib.decompressobj(_GZIP), 0
    for start in range(0, len(packed), SLICE_BYTES):
        rest = packed[start : start + SLICE_BYTES]
        while rest and not stream.eof:
            try:
                piece = stream.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise MalformedGzip("damaged gzip" if total else "not gzip, or damaged") from error
            rest, total = stream.unconsumed_tail, total + len(piece)
            if total > limit:
                raise TooLarge(f"swells to more than {limit} bytes when decompressed")
            yield piece
        if stream.eof:
            following = len(packed) - start - SLICE_BYTES
            _nothing_follows(len(stream.unused_data) + max(following, 0))
            return
    raise MalformedGzip("gzip cut short" if packed else "empty")


def _nothing_follows(count: int) -> None:
    if count:
        raise MalformedGzip(f"{count} bytes follow the end of the gzip stream")

"""A file's bytes, unpacked.

Source: https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html
"""

import zlib
from typing import Final

from scenarios.queries.sql.errors import BadFile, SqlNotSimulated

LARGEST_FILE_BYTES: Final = 1 << 30  # unpacked
_MEMBER: Final = b"\x1f\x8b\x08"  # how each member of gzip begins
_MOST_PACKED: Final = 1032  # times: no deflate packs better, https://zlib.net/zlib_tech.html
_OTHER_PACKINGS: Final = (".bz2", ".zst", ".snappy", ".lz4", ".lzo", ".deflate", ".zip")


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes of a file, unpacked where its name says that it is packed, as Hadoop does.

    Raises:
        BadFile: it is cut, damaged, no gzip, or would be too large.
        SqlNotSimulated: it is packed in another way.
    """
    lower = name.lower()
    if lower.endswith(_OTHER_PACKINGS):
        raise SqlNotSimulated(f"files packed as {lower.rpartition('.')[2]} ({name})")
    if not lower.endswith(".gz"):
        if data.startswith(b"\x1f\x8b"):
            raise BadFile(name, "it is gzip, and its name doesn't end with .gz")
        return data
    found = _at_once(data)
    if found is not None:
        return found
    pieces, left = [], data
    size = 0
    while left.strip(b"\0"):
        piece, left = _member(left, name, LARGEST_FILE_BYTES - size)
        pieces.append(piece)
        size += len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _at_once(data: bytes) -> bytes | None:
    """A file that is one member of gzip, into memory of its size: quicker by a tenth than memory that grows.

    zlib stops behind the first member, and doesn't say where. So it is None where another one may follow,
    which would begin as each does; where the last four bytes are not the size of what was found, as they
    are in a file that is one member and nothing else; where it could become too large; and where it is
    damaged, which remains to be said.

    Source: https://datatracker.ietf.org/doc/html/rfc1952#section-2.3
    """
    size = int.from_bytes(data[-4:], "little")
    if size > len(data) * _MOST_PACKED or len(data) * _MOST_PACKED > LARGEST_FILE_BYTES:
        return None
    if data.find(_MEMBER, 1) > 0:
        return None
    try:
        found = zlib.decompress(data, 31, max(size, 1))
    except zlib.error:
        return None
    return found if len(found) == size else None


def _member(data: bytes, name: str, most: int) -> tuple[bytes, bytes]:
    unpacker = zlib.decompressobj(31)
    try:
        found = unpacker.decompress(data, most)
    except zlib.error as error:
        why = str(error).rpartition(": ")[2]
        raise BadFile(name, why) from error
    if unpacker.unconsumed_tail:
        raise BadFile(name, f"it is larger than {LARGEST_FILE_BYTES} bytes unpacked")
    if not unpacker.eof:
        raise BadFile(name, "Unexpected end of input stream")
    return found, unpacker.unused_data

"""What is around a text: gzip, zstd, tar, zip, UTF-16. Told by its first bytes, whatever its name.

Everything is read in pieces, so that no file takes more memory than another. Somebody else may have packed
it: what is in each other more than a few times is refused, and so is what ends too early.
"""

import io
import tarfile
import tempfile
import zipfile
import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from chalicelib.wording import safe, size
from scenarios.files import NotRead, pieces_of

PIECE_BYTES = 1 << 17
MOST_LAYERS = 5
MOST_MEMBERS = 1_000_000
LARGEST_ZIP_IN_A_STREAM = 4 << 30

_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_TAR_AT, _TAR = 257, b"ustar"
_TAR_END_BYTES = 1024
_HEAD_BYTES = 512
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"{\x00": "utf-16-le", b"[\x00": "utf-16-le"}
_UTF8_MARK = b"\xef\xbb\xbf"
NO_TEXT = "it is neither text in UTF-8 or UTF-16 nor gzip, zstd, tar or zip"

Pieces = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Text:
    """One text, without what was around it: its name, and its bytes in UTF-8, piece by piece."""

    name: str
    pieces: Pieces


def texts(name: str, pieces: Iterable[bytes], layers: int = 0) -> Iterator[Text]:
    """The texts in a file: one, or those in an archive. Each must be read before the next is asked for.

    Raises NotRead, here or while the pieces are read.
    """
    head, pieces = _with_head(iter(pieces))
    if layers > MOST_LAYERS:
        raise NotRead(f"it is packed more than {MOST_LAYERS} times")
    if head.startswith(_GZIP):
        yield from texts(name, _gunzipped(pieces), layers + 1)
    elif head.startswith(_ZSTD):
        yield from texts(name, _unzstd(pieces), layers + 1)
    elif head.startswith((_ZIP, _EMPTY_ZIP)):
        yield from _of_zip(name, pieces, layers)
    elif head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        yield from _of_tar(name, pieces, layers)
    elif name.endswith(".gz") and head and not layers:
        raise NotRead("it is no sound gzip file (not gzip, or damaged)")
    else:
        yield Text(name, _in_utf8(head, pieces))


def _with_head(pieces: Pieces) -> tuple[bytes, Pieces]:
    """The first bytes, and everything."""
    first: list[bytes] = []
    while sum(map(len, first)) < _HEAD_BYTES and (piece := next(pieces, b"")):
        first.append(piece)
    begun = b"".join(first)
    return begun[:_HEAD_BYTES], chain([begun] if begun else [], pieces)


# ---- compression ---------------------------------------------------------------------------------


def _gunzipped(pieces: Pieces) -> Pieces:
    """Every member of a gzip file, one after the other, as `cat a.gz b.gz` makes them."""
    stream, any_yet = zlib.decompressobj(zlib.MAX_WBITS | 16), False
    for piece in pieces:
        rest = piece
        while rest:
            if stream.eof:
                if not rest.strip(b"\0"):  # tapes and some tools pad with zeros
                    break
                stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                out = stream.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                why = "damaged gzip" if any_yet else "not gzip, or damaged"
                raise NotRead(f"it is no sound gzip file ({why})") from error
            if out:
                any_yet = True
                yield out
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
    if not stream.eof:
        raise NotRead("it is no sound gzip file (gzip cut short)")


def _unzstd(pieces: Pieces) -> Pieces:
    """Every frame of a zstd file; as much of it is held as its window says, at most 32 MB."""
    new, broken = _zstd()
    stream = new()
    for piece in pieces:
        rest = piece
        while rest or not (stream.eof or stream.needs_input):
            if stream.eof:
                stream = new()
            try:
                out = stream.decompress(rest, PIECE_BYTES)
            except broken as error:
                raise NotRead(f"it is no sound zstd file ({error})") from error
            if out:
                yield out
            rest = stream.unused_data if stream.eof else b""
    if not stream.eof:
        raise NotRead("it is no sound zstd file (cut short)")


def _zstd() -> tuple[Callable[[], Any], type[Exception]]:
    """What makes a decompressor, and what it raises; loaded where a file needs it."""
    zstd = _zstd_module()
    most = {zstd.DecompressionParameter.window_log_max: 25}
    return (lambda: zstd.ZstdDecompressor(options=most)), zstd.ZstdError


def _zstd_module() -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415
    except ImportError:  # before Python 3.14
        from backports import zstd  # noqa: PLC0415
    return zstd


# ---- archives ------------------------------------------------------------------------------------


class _AsFile(io.RawIOBase):
    """Pieces as a file that can be read once."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._rest = b""
        self._tail = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._pieces, b"")
            self._tail = (self._tail + self._rest)[-_TAR_END_BYTES:]
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def ends_in_zeros(self) -> bool:
        """Whether what is left, read to its end, ends as a tar file does."""
        while self.read(PIECE_BYTES):
            pass
        return len(self._tail) == _TAR_END_BYTES and not self._tail.strip(b"\0")


def _of_tar(name: str, pieces: Pieces, layers: int) -> Iterator[Text]:
    packed = _AsFile(pieces)
    try:
        with tarfile.open(fileobj=io.BufferedReader(packed), mode="r|") as archive:
            for number, member in enumerate(archive):
                file = archive.extractfile(member) if member.isreg() else None
                if file is not None and _is_of_interest(member.name, number):
                    yield from texts(f"{name}/{safe(member.name)}", pieces_of(file, PIECE_BYTES), layers + 1)
    except (tarfile.TarError, EOFError) as error:
        raise NotRead(f"it is no sound tar file ({error})") from error
    if not packed.ends_in_zeros():
        raise NotRead("it is no sound tar file (cut short)")


def _of_zip(name: str, pieces: Pieces, layers: int) -> Iterator[Text]:
    """A zip's contents stand at its end, so it is kept in a file first."""
    with tempfile.TemporaryFile() as kept:
        total = 0
        for piece in pieces:
            total += len(piece)
            if total > LARGEST_ZIP_IN_A_STREAM:
                raise NotRead(f"it is a zip file larger than {size(LARGEST_ZIP_IN_A_STREAM)}")
            kept.write(piece)
        try:
            with zipfile.ZipFile(kept) as archive:
                for number, member in enumerate(archive.infolist()):
                    if not member.is_dir() and _is_of_interest(member.filename, number):
                        with archive.open(member) as file:
                            yield from texts(
                                f"{name}/{safe(member.filename)}", pieces_of(file, PIECE_BYTES), layers + 1
                            )
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise NotRead(f"it is no sound zip file ({error})") from error


def _is_of_interest(name: str, number: int) -> bool:
    if number >= MOST_MEMBERS:
        raise NotRead(f"it holds more than {MOST_MEMBERS} files")
    return not hidden(name)


def hidden(path: str) -> bool:
    """Whether a file is a system's own, such as .DS_Store."""
    return path.rpartition("/")[2].startswith(".") or path.startswith("__MACOSX/")


# ---- text ----------------------------------------------------------------------------------------


def _in_utf8(head: bytes, pieces: Pieces) -> Pieces:
    if head.startswith(_UTF8_MARK):
        first = next(pieces)
        return chain([first[len(_UTF8_MARK) :]], pieces)
    encoding = _UTF16.get(head[:2])
    if encoding is not None:
        return _from_utf16(encoding, pieces)
    if b"\0" in head:
        raise NotRead(NO_TEXT)
    return pieces


def _from_utf16(encoding: str, pieces: Pieces) -> Pieces:
    """As Windows writes it. What begins with no character of plain English is no UTF-16, but binary."""
    decoder, begun = getincrementaldecoder(encoding)(), False
    try:
        for piece in chain(pieces, [b""]):
            text = decoder.decode(piece, final=not piece)
            if text and not begun and not text[0].isascii():
                raise NotRead(NO_TEXT)
            begun = begun or bool(text)
            yield text.encode()
    except UnicodeError as error:
        raise NotRead(NO_TEXT) from error

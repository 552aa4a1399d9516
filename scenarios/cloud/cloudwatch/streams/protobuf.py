"""As much of Protocol Buffers' wire format as OpenTelemetry's metrics need.

Source: https://protobuf.dev/programming-guides/encoding/
"""

import struct
from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class NotProtobuf(ValueError):
    """Bytes that are no such message."""


def varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def message(field: int, data: bytes) -> bytes:
    """A field that holds a message, or bytes."""
    return varint(field << 3 | _BYTES) + varint(len(data)) + data


def text(field: int, value: str) -> bytes:
    """A field that holds a string."""
    return message(field, value.encode())


def double(field: int, value: float) -> bytes:
    """A field that holds a double; its default, 0, is left out, as proto3 does."""
    return varint(field << 3 | _FIXED64) + struct.pack("<d", value) if value else b""


def fixed64(field: int, value: int) -> bytes:
    """A field that holds eight bytes of a whole number."""
    return varint(field << 3 | _FIXED64) + struct.pack("<Q", value) if value else b""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and the place behind it; raises NotProtobuf."""
    number = 0
    for place in range(_LONGEST_VARINT):
        if at + place >= len(data):
            raise NotProtobuf("it ends within a number")
        byte = data[at + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return number, at + place + 1
    raise NotProtobuf("a number has no end")


def delimited(data: bytes, at: int) -> tuple[bytes, int]:
    """A message behind its length, and the place behind it; raises NotProtobuf."""
    size, at = read_varint(data, at)
    if at + size > len(data):
        raise NotProtobuf("a message is longer than what is there")
    return data[at : at + size], at + size


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each field's number and bytes, in order; a number's bytes are eight. Raises NotProtobuf."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            number, at = read_varint(data, at)
            yield key >> 3, struct.pack("<Q", number & (1 << 64) - 1)
            continue
        if kind == _BYTES:
            value, at = delimited(data, at)
            yield key >> 3, value
            continue
        if kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise NotProtobuf(f"field {key >> 3} has the unknown kind {kind}")
        if at + size > len(data):
            raise NotProtobuf(f"field {key >> 3} is longer than what is there")
        yield key >> 3, data[at : at + size]
        at += size


def as_double(data: bytes) -> float:
    """What eight bytes say as a double."""
    return float(struct.unpack("<d", data)[0])


def as_whole(data: bytes) -> int:
    """What eight bytes say as a whole number."""
    return int(struct.unpack("<Q", data)[0])

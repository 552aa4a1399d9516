"""CBOR as AWS's RPC v2 protocol speaks it, from botocore's own reader and writer, turned around.

botocore writes requests and reads answers; an endpoint reads requests and writes answers, in the same shapes.

Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from botocore.model import OperationModel
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer

HEADERS: Mapping[str, str] = MappingProxyType(
    {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
)


def parameters(operation: OperationModel, body: bytes) -> dict[str, Any]:
    """A request's parameters, as boto3 takes them. Raises what botocore's reader raises at other bytes."""
    if not body or operation.input_shape is None:
        return {}
    parser: Any = RpcV2CBORParser()
    read = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    if not isinstance(read, dict):
        raise TypeError("the body is no map")
    return dict(parser._parse_shape(operation.input_shape, read))  # noqa: SLF001 - the way back isn't public


def answer(operation: OperationModel, response: Mapping[str, Any]) -> bytes:
    """An answer's body."""
    shape: Any = operation.output_shape
    if shape is None:
        return b"\xa0"
    told = {name: value for name, value in response.items() if name in shape.members and value is not None}
    return _written(told, shape)


def refusal(code: str, message: str) -> bytes:
    """An error's body: `{"__type": CODE, "message": MESSAGE}`."""
    return b"\xa2" + _text("__type") + _text(code) + _text("message") + _text(message)


def _written(value: Any, shape: Any) -> bytes:
    writer: Any = RpcV2CBORSerializer()
    body = bytearray()
    writer._serialize_data_item(body, value, shape)  # noqa: SLF001 - likewise
    return bytes(body)


def _text(text: str) -> bytes:
    """A text, with its length before it."""
    told = text.encode()
    return b"\x7a" + len(told).to_bytes(4, "big") + told

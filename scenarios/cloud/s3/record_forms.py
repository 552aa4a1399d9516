"""How S3 prints requests and answers in CloudTrail: bucket, host, query flags, headers, the XML body as JSON.

Example: PutBucketVersioning is `{"bucketName": ..., "Host": "bucket.s3.eu-west-1.amazonaws.com",
"versioning": "", "VersioningConfiguration": {"xmlns": "http://s3...", "Status": "Suspended"}}`.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from json import loads
from typing import Any, Final
from urllib.parse import parse_qsl

from botocore.model import ListShape, Shape, StructureShape

from scenarios.cloud.cloudtrail.records.shapes import Writer
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import HIDDEN
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.s3.requests import host

_XMLNS: Final = "http://s3.amazonaws.com/doc/2006-03-01/"

# A list of keys, which S3 records one by one.
_BODIES_NOT_PRINTED: Final = frozenset({"Delete"})
_HEADERS_NOT_PRINTED: Final = frozenset({"x-amz-mfa", "x-amz-sdk-checksum-algorithm"})
# botocore calls these sensitive; CloudTrail prints them, as the name of a key is no key.
_NOT_SECRET: Final = frozenset({"SSEKMSKeyId", "NonEmptyKmsKeyArnString"})


def request_parameters(call: ApiCall) -> dict[str, Any] | None:
    """`requestParameters` of an S3 call; never empty, as the host is always there."""
    printed: dict[str, Any] = {}
    if "Bucket" in call.parameters:
        printed["bucketName"] = call.parameters["Bucket"]
    printed["Host"] = host(call)
    if "Key" in call.parameters:
        printed["key"] = call.parameters["Key"]
    flags, members = _request_plan(call.operation)
    printed.update(flags)
    for name, key, writer in members:
        if name in call.parameters:
            printed[key] = writer(call.parameters[name])
    return printed


def response_elements(call: ApiCall, _request_id: str) -> dict[str, Any] | None:
    """`responseElements`: the `x-amz-` headers of a write's answer, mostly none."""
    response = call.response or {}
    headers = _answer_headers(call.operation)
    return {key: writer(response[name]) for name, key, writer in headers if name in response} or None


def additional_event_data(call: ApiCall) -> dict[str, Any]:
    """`additionalEventData` of every S3 record, as far as a simulated connection has it."""
    body = call.parameters.get("Body", b"")
    sent = len(body) if isinstance(body, bytes | str) else 0
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": sent,
        "AuthenticationMethod": "AuthHeader",
        "bytesTransferredOut": int((call.response or {}).get("ContentLength", 0)),
    }


def user_agent(agent: str) -> str:
    """S3 puts the caller's agent in brackets."""
    return f"[{agent}]"


@cache
def _request_plan(operation: str) -> tuple[dict[str, str], tuple[tuple[str, str, Writer], ...]]:
    """The query flags that every call of `operation` has, and (parameter, key, writer) for its parameters."""
    model = operation_model("s3", operation)
    query = model.http["requestUri"].partition("?")[2]
    flags = {key: value for key, value in parse_qsl(query, keep_blank_values=True) if key != "x-id"}
    shape = model.input_shape
    members = (_member(name, member, shape) for name, member in shape.members.items()) if shape else ()
    return flags, tuple(member for member in members if member is not None)


def _member(name: str, member: Shape, request: StructureShape) -> tuple[str, str, Writer] | None:
    if name == request.serialization.get("payload"):
        return _body(name, member)
    key = member.serialization.get("name", name)
    location = member.serialization.get("location")
    printed_header = location == "header" and key.startswith("x-amz-") and key not in _HEADERS_NOT_PRINTED
    if location != "querystring" and not printed_header:
        return None
    return name, key, _hidden if _is_secret(member) else _header


def _body(name: str, member: Shape) -> tuple[str, str, Writer] | None:
    """The body's JSON under the name of its root element; an object's bytes are not printed."""
    if name == "Policy":
        return name, "bucketPolicy", _policy
    if name in _BODIES_NOT_PRINTED or not isinstance(member, StructureShape):
        return None
    return name, member.serialization.get("name", name), partial(_write_root, _element(member))


def _write_root(element: Writer, value: Any) -> dict[str, Any]:
    return {"xmlns": _XMLNS, **(element(value) or {})}


def _policy(text: str) -> Any:
    """A bucket policy is printed as the JSON it is; text that is none stays text."""
    try:
        return loads(text)
    except ValueError:
        return text


def _element(shape: Shape) -> Writer:
    """XML as JSON: an element that occurs once is the value itself, one that occurs often is a list."""
    if isinstance(shape, StructureShape):
        members = tuple(
            (name, member.serialization.get("name", name), _element(member))
            for name, member in shape.members.items()
        )
        return partial(_write_element, members)
    if isinstance(shape, ListShape):
        item = _element(shape.member)
        wrapper = (
            None if shape.serialization.get("flattened") else shape.member.serialization.get("name", "member")
        )
        return partial(_write_elements, item, wrapper)
    return _hidden if _is_secret(shape) else _leaf


def _write_element(members: tuple[tuple[str, str, Writer], ...], value: Mapping[str, Any]) -> Any:
    """An element without content is text without content: `"Filter": ""`."""
    return {key: writer(value[name]) for name, key, writer in members if name in value} or ""


def _write_elements(item: Writer, wrapper: str | None, values: Any) -> Any:
    printed = [item(value) for value in values]
    inner = printed[0] if len(printed) == 1 else printed
    return inner if wrapper is None else {wrapper: inner} if printed else ""


def _leaf(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


@cache
def _answer_headers(operation: str) -> tuple[tuple[str, str, Writer], ...]:
    shape = operation_model("s3", operation).output_shape
    members = shape.members.items() if shape else ()
    headers = (
        (name, member.serialization.get("name", ""), _hidden if _is_secret(member) else _header)
        for name, member in members
        if member.serialization.get("location") == "header"
    )
    return tuple(header for header in headers if header[1].startswith("x-amz-"))


def _is_secret(shape: Shape) -> bool:
    return bool(shape.metadata.get("sensitive")) and shape.name not in _NOT_SECRET


def _hidden(_: Any) -> str:
    return HIDDEN


def _header(value: Any) -> str:
    """A header's or query parameter's text; a copy's source may have been given as a mapping."""
    if isinstance(value, Mapping):
        return f"{value['Bucket']}/{value['Key']}"
    if isinstance(value, list | tuple):
        return ",".join(map(_header, value))
    return str(value).lower() if isinstance(value, bool) else str(_leaf(value))

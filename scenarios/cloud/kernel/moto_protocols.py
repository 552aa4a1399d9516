"""Requests and answers as they travel over HTTP, by moto's own routers, parsers and serialisers.

A request becomes an operation and boto3's parameters, and what boto3 returns or raises becomes an answer in
the protocol that was asked in. CBOR, which moto doesn't read, is botocore's (`kernel.cbor`).

Source: the protocols, https://smithy.io/2.0/aws/protocols/index.html
"""

import json
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import moto.core.request as moto_request
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.utils import parse_timestamp
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class

from scenarios.cloud.kernel import cbor
from scenarios.cloud.kernel.service_models import service_model

CBOR, QUERY = "smithy-rpc-v2-cbor", "query"
_OK = 200
_WITH_DOCUMENTS = frozenset({"cloudformation", "iam"})  # whose text botocore reads into objects


class Unreadable(Exception):
    """The bytes are no request of this operation; AWS would answer 400 to them."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as it came, its address in AWS's own form: `https://sqs.us-east-1.amazonaws.com/`."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b"")


@dataclass(frozen=True, slots=True)
class Understood:
    """What is asked: boto3's names, and the protocol that it was asked in."""

    service: str
    operation: OperationModel
    protocol: str
    parameters: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as it travels."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b"")


def understood(services: Iterable[str], wire: Wire) -> Understood | None:
    """The operation that a request is for: the first of these services has it that knows one; else None.

    Raises Unreadable.
    """
    if wire.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return _from_cbor(services, wire)
    request: Any = moto_request.Request.from_primitives(wire.method, wire.url, wire.headers, wire.body)
    for service in services:
        try:
            operation, in_url = get_service_router(service).match(request)
            protocol = _spoken(operation, request)
        except (NotFound, NotImplementedError):
            continue
        return Understood(
            service, operation, protocol, _parameters(operation, protocol, request, wire.body, in_url)
        )
    return None


def _spoken(operation: Any, request: Any) -> str:
    return str(moto_request.determine_request_protocol(operation.service_model, request.content_type))


def _parameters(
    operation: Any, protocol: str, request: Any, body: bytes, in_url: Mapping[str, Any]
) -> dict[str, Any]:
    parser = PROTOCOL_PARSERS[protocol](operation, timestamp_parser=_moment)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,  # as it came: werkzeug takes forms apart, and one may be an object of S3's
                "url_path": request.path,
                "url_params": in_url,
            }
        )
    except (RequestParserError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise Unreadable(f"{operation.name}: {error}") from error
    if parsed is None:  # JSON's null
        raise Unreadable(f"{operation.name}: the body is no object")
    asked = operation.input_shape.members if operation.input_shape else {}
    return {
        name: value
        for name, value in parsed.items()
        if value is not None and not (value == [] and _in_the_query(asked[name]))
    }


def _in_the_query(shape: Any) -> bool:
    """Whether a member stands in the query string: of a list that isn't there, moto makes an empty one."""
    return str(shape.serialization.get("location", "")) == "querystring"


def _moment(value: str) -> datetime:
    """An aware datetime; moto's own would be naive, and laws compare aware ones."""
    moment: datetime = parse_timestamp(value)
    return moment


def _from_cbor(services: Iterable[str], wire: Wire) -> Understood | None:
    *_, named, _, operation = wire.url.partition("?")[0].split("/")
    for service in services:
        model = service_model(service)
        if CBOR in model.metadata.get("protocols", ()) and operation in model.operation_names:
            asked = model.operation_model(operation)
            try:
                return Understood(service, asked, CBOR, cbor.parameters(asked, wire.body))
            except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
                raise Unreadable(f"{named} {operation}: {error}") from error
    return None


# What an error says of a delete marker: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
_OF_MARKERS = ("x-amz-delete-marker", "x-amz-version-id")


class _Raised(Exception):
    """An error as moto's serialisers take one: `code`, `message`, and the members that its shape models."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


# ---- answers ------------------------------------------------------------------------------------


def written(asked: Understood, response: Mapping[str, Any], request_id: str) -> Written:
    """What boto3 returned, as AWS sends it."""
    told = {name: _read(value) for name, value in response.items() if name != "ResponseMetadata"}
    if asked.service in _WITH_DOCUMENTS and (answer := asked.operation.output_shape) is not None:
        told = {
            name: _as_text(value, answer.members[name], asked.service) if name in answer.members else value
            for name, value in told.items()
        }
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", _OK))
    if asked.protocol == CBOR:
        return Written(status, cbor.HEADERS, cbor.answer(asked.operation, told))
    made: Any = _serializer(asked, request_id).serialize(told)
    # Laws answer with 200 where the model may have a better number; moto's own numbers are kept.
    status = int(made["status_code"]) if status == _OK else status
    headers = _texts(made["headers"]) | _type_of_the_body(asked, told)
    return Written(_in_model(asked, told, status), headers, _bytes(made["body"]))


def _type_of_the_body(asked: Understood, told: Mapping[str, Any]) -> dict[str, str]:
    """An object's own type; moto's serialisers would tell their protocol's."""
    shape: Any = asked.operation.output_shape
    for name, member in shape.members.items() if shape is not None else ():
        where = member.serialization
        if where.get("location") == "header" and where.get("name") == "Content-Type" and name in told:
            return {"Content-Type": str(told[name])}
    return {}


def _as_text(value: Any, shape: Any, service: str) -> Any:
    """Documents that botocore makes objects of are text on the way: JSON, which IAM escapes as in a URL."""
    if shape.type_name == "string" and isinstance(value, Mapping):
        text = json.dumps(value)
        return quote(text, safe="") if service == "iam" else text
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members = shape.members
        return {
            name: _as_text(part, members[name], service) if name in members else part
            for name, part in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_as_text(each, shape.member, service) for each in value]
    return value


def refused(asked: Understood, error: ClientError, request_id: str) -> Written:
    """An error as AWS sends it, with what the service models beside code and message."""
    response: Any = error.response
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400))
    code, message = str(response["Error"].get("Code", "")), str(response["Error"].get("Message", ""))
    if asked.protocol == CBOR:
        return Written(status, cbor.HEADERS, cbor.refusal(code, message))
    raised = _Raised(code, message)
    for name, value in response.items():
        if name not in {"Error", "ResponseMetadata"}:
            setattr(raised, name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of codes that the service's model doesn't have
        made: Any = _serializer(asked, request_id).serialize(raised)
    body = _bytes(made["body"])
    headers = _texts(made["headers"])
    if asked.service == "s3":
        body = body.replace(b"</Error>", _beside_the_message(response["Error"]) + b"</Error>")
        told = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        headers |= {name: str(told[name]) for name in _OF_MARKERS if name in told}
    return Written(status, headers, body)


def _beside_the_message(error: Mapping[str, Any]) -> bytes:
    """What an error of S3's has that no model names, such as the bucket that it is about.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
    """
    more = {name: value for name, value in error.items() if name not in {"Code", "Message", "Type"}}
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in more.items()).encode()


def _serializer(asked: Understood, request_id: str) -> Any:
    kind = get_serializer_class(asked.service, asked.protocol)
    return kind(asked.operation, SerializationContext(request_id=request_id))


def _in_model(asked: Understood, told: Mapping[str, Any], status: int) -> int:
    """The status where it is a member of the answer, such as Lambda's StatusCode."""
    shape: Any = asked.operation.output_shape
    for name, member in shape.members.items() if shape is not None else ():
        if member.serialization.get("location") == "statusCode" and name in told:
            return int(told[name])
    return status


def _read(value: Any) -> Any:
    """The bytes of a streamed body."""
    return value.read() if hasattr(value, "read") else value


def _texts(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in headers.items()}


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else bytes(body)

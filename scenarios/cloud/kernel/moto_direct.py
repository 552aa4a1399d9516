"""The direct way to moto: its responder is asked by a call, without a request in HTTP between the two.

Half of what a call costs is the way there and back: botocore writes parameters as JSON or as a form, signs,
and sends; moto reads the headers and finds the responder. The direct way hands over what botocore wrote, and
has it read what moto answers. It ends where the long way ends, ids and headers included.

Calls go this way that are JSON or a form at a service's one URL, and those at URLs of their own with JSON;
for those with XML see `moto_at_urls`. Of these only those that nobody listens to: a handler that code
registered on its client would hear nothing of it. Whatever may be throttled takes the long way.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlparse

import botocore.endpoint
import moto.core.botocore_stubber as stubber
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.validate import ParamValidator
from moto.core.responses import BaseResponse
from moto.core.utils import utcnow
from moto.iam.models import mark_account_as_visited
from moto.utilities.utils import get_partition
from werkzeug.http import http_date

from scenarios.cloud.kernel.kept_clients import module_of
from scenarios.cloud.kernel.moto_at_urls import asked_at_url
from scenarios.cloud.kernel.moto_requests import way_of

_EVENTS = (
    "provide-client-params",
    "before-parameter-build",
    "before-endpoint-resolution",
    "before-call",
    "request-created",
    "choose-signer",
    "before-sign",
    "before-send",
    "before-parse",
    "response-received",
    "needs-retry",
    "after-call",
)
# Whose handlers need not hear of a call. Powertools' writes into a header that nobody here reads.
_NEED_NOT_HEAR = ("botocore.", "moto.core.", "aws_lambda_powertools.shared.user_agent")
_MUST_HEAR = ("botocore.retries.adaptive",)  # it counts, and lets callers wait
_REFUSED = 300
_PROTOCOLS = ("json", "query", "rest-json")
_AT_URLS = "rest-xml"
# IAM has one endpoint for all regions of a partition, and calls are signed for that region.
# https://docs.aws.amazon.com/general/latest/gr/iam-service.html
_EVERYWHERE = {"aws-global": "https://iam.amazonaws.com"}
_SIGNED_FOR = {"aws-global": "us-east-1"}
_dispatch: Any = BaseResponse.dispatch.__func__
_response_of: Any = botocore.endpoint.convert_to_response_dict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A request as botocore writes it, before it becomes one of HTTP.

    `url`: without what follows a question mark. `queried`: what stands in the query or in a form, by name.
    `labels`: parameters that stand in the path.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    queried: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)


def asked_directly(
    client: BaseClient, operation: str, parameters: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the client's method returns, or None where only the long way leads there.

    Raises ClientError, and what a responder raises.
    """
    if client.meta.service_model.resolved_protocol == _AT_URLS:
        return asked_at_url(client, operation, parameters) if _nobody_listens(client, operation) else None
    if not _is_ordinary(client) or not _nobody_listens(client, operation):
        return None
    written = _written(client, operation, parameters)
    kind = _asked_alone(written.url) if written is not None else None
    if written is None or kind is None:
        return None
    uuid.uuid4()  # botocore draws an id for each call
    responder = kind()
    _tell(responder, client, operation, written)
    status, headers, body = responder.call_action()
    meta: Any = client.meta
    http = AWSResponse(meta.endpoint_url, int(status), headers, stubber.MockRawResponse(body))
    return _read(client, operation, http)


def taken_by_botocore(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> bool:
    """Whether botocore finds nothing wrong with the parameters, of which it would say more."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    return shape is None or not ParamValidator().validate(dict(parameters), shape).has_errors()


def _written(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> _Written | None:
    """What botocore writes; it would look through the parameters first, as was done already.

    None where it would be more than a responder can be told: a payload, a header or a list in the query.
    """
    serializer: Any = client._serializer  # type: ignore[attr-defined]  # noqa: SLF001
    writer: Any = getattr(serializer, "_serializer", serializer)
    meta: Any = client.meta
    model = meta.service_model.operation_model(operation)
    protocol, described = meta.service_model.resolved_protocol, meta.service_model.metadata
    if protocol == "rest-json" and not _is_plain(model):
        return None
    made: Any = writer.serialize_to_request(dict(parameters), model)
    root = f"{meta.endpoint_url}/"
    if protocol == "query":
        form = {name: str(value) for name, value in made["body"].items()}
        return _Written(method="POST", url=root, headers=made["headers"], queried=form)
    if protocol == "rest-json":
        queried = made["query_string"]
        if "?" in made["url_path"] or not all(isinstance(each, str) for each in queried.values()):
            return None
        return _Written(
            method=made["method"],
            url=meta.endpoint_url + made["url_path"],
            headers=made["headers"],
            body=made["body"] or b"",
            queried=queried,
            labels=_labels(model, parameters),
        )
    headers = {
        "Content-Type": f"application/x-amz-json-{described['jsonVersion']}",
        "x-amz-target": f"{described['targetPrefix']}.{operation}",
    }
    return _Written(method="POST", url=root, headers=headers, body=made["body"])


@lru_cache(maxsize=1024)
def _is_plain(model: Any) -> bool:
    """Whether all of a call stands in its path, its query or a body of JSON, and all of its answer."""
    shapes = [each for each in (model.input_shape, model.output_shape) if each is not None]
    places = {
        member.serialization.get("location", "body") for each in shapes for member in each.members.values()
    }
    payloads = any("payload" in each.serialization for each in shapes)
    return not payloads and places <= {"uri", "querystring", "body", "statusCode"}


def _labels(model: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    members = model.input_shape.members.items() if model.input_shape is not None else ()
    return {
        member.serialization.get("name", name): parameters[name]
        for name, member in members
        if member.serialization.get("location") == "uri"
    }


def _is_ordinary(client: BaseClient) -> bool:
    """Whether the client speaks to AWS's own endpoint, in a protocol that has a direct way."""
    meta: Any = client.meta
    if meta.config.signature_version != "v4" or meta.service_model.resolved_protocol not in _PROTOCOLS:
        return False
    host = f"https://{meta.service_model.endpoint_prefix}.{meta.region_name}.amazonaws.com"
    return bool(meta.endpoint_url in (host, _EVERYWHERE.get(meta.region_name)))


@lru_cache(maxsize=4096)
def _asked_alone(url: str) -> Any | None:
    """The class of moto's responder, where it can be asked for an action alone."""
    way = way_of(url)
    answer: Any = way.answer if way is not None else None
    if getattr(answer, "__func__", None) is not _dispatch:
        return None
    return answer.__self__


def _nobody_listens(client: BaseClient, operation: str) -> bool:
    """Whether the call's handlers need not hear of it; asked again when one is registered."""
    emitter: Any = client.meta.events
    heard: dict[str, Any] = emitter._emitter._lookup_cache  # noqa: SLF001 - emptied by each registration
    key = f"{__name__}.{operation}"
    if key not in heard:
        service = client.meta.service_model.service_id.hyphenize()
        model = client.meta.service_model.operation_model(operation)
        heard[key] = not model.idempotent_members and all(  # botocore draws a token for those
            _need_not_hear(handler)
            for event in _EVENTS
            for handler in emitter._emitter._handlers.prefix_search(f"{event}.{service}.{operation}")  # noqa: SLF001
        )
    return bool(heard[key])


def _need_not_hear(handler: Any) -> bool:
    module = module_of(handler)
    return module.startswith(_NEED_NOT_HEAR) and module not in _MUST_HEAR


def _tell(responder: Any, client: BaseClient, operation: str, written: _Written) -> None:
    """What `BaseResponse.setup_class` and moto's router read of a request."""
    meta: Any = client.meta
    credentials: Any = client._request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001
    region = _SIGNED_FOR.get(meta.region_name, meta.region_name)
    responder.headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/",
        **written.headers,
    }
    responder.method, responder.path = written.method, urlparse(written.url).path
    responder.querystring = {name: [value] for name, value in written.queried.items()}
    responder.data, responder.uri_match = responder.querystring, dict(written.labels)
    responder.raw_body, responder.body = written.body, written.body.decode()
    responder.region, responder.partition = region, get_partition(region)
    responder.response_headers = {"server": "amazon.com", "date": http_date(utcnow())}
    responder._get_action = lambda: operation  # noqa: SLF001 - moto would read it from method and path
    if responder.automated_parameter_parsing:
        responder.parse_parameters(
            SimpleNamespace(
                content_type=written.headers.get("Content-Type", ""),
                data=written.body,
                headers=responder.headers,
                method=responder.method,
                path=responder.path,
                values=written.queried,
            )
        )
    responder.access_key = responder.get_access_key()
    responder.current_account = responder.get_current_account()
    mark_account_as_visited(
        account_id=responder.current_account,
        access_key=responder.access_key,
        service=responder.service_name,
        region=responder.region,
    )


def _read(client: BaseClient, operation: str, http: AWSResponse) -> dict[str, Any]:
    """As `Endpoint` and `BaseClient` read an answer that nobody tries again for."""
    within: Any = client
    model = client.meta.service_model.operation_model(operation)
    response = _response_of(http, model)
    parser = within._endpoint._response_parser_factory.create_parser(  # noqa: SLF001
        model.service_model.resolved_protocol
    )
    parsed: dict[str, Any] = parser.parse(response, model.output_shape)
    if http.status_code >= _REFUSED:
        within._endpoint._add_modeled_error_fields(response, parsed, model, parser)  # noqa: SLF001
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    event = f"after-call.{model.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.emit(event, http_response=http, parsed=parsed, model=model, context={})
    if http.status_code >= _REFUSED:
        error_class: Any = client.exceptions.from_code(parsed["Error"]["Code"])
        raise error_class(parsed, operation)
    return parsed

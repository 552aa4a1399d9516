"""The direct way to moto: its responder is asked by a call, without a request in HTTP between the two.

Half of what a call costs is the way there and back: botocore writes parameters as JSON, signs, and sends;
moto reads the headers and finds the responder. The direct way hands over what botocore wrote, and has it read
what moto answers. It ends where the long way ends, ids and headers included.

Only calls of services with one URL and JSON go this way, and only those that nobody listens to: a handler
that code registered on its client would hear nothing of it. Whatever may be throttled takes the long way.
"""

import functools
import uuid
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

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
_dispatch: Any = BaseResponse.dispatch.__func__
_response_of: Any = botocore.endpoint.convert_to_response_dict


def asked_directly(
    client: BaseClient, operation: str, parameters: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the client's method returns, or None where only the long way leads there.

    Raises ClientError, and what a responder raises.
    """
    kind = _responder(client)
    if kind is None or not _nobody_listens(client, operation):
        return None
    uuid.uuid4()  # botocore draws an id for each call
    responder = kind()
    _tell(responder, client, operation, _written(client, operation, parameters))
    status, headers, body = responder.call_action()
    meta: Any = client.meta
    http = AWSResponse(meta.endpoint_url, int(status), headers, stubber.MockRawResponse(body))
    return _read(client, operation, http)


def taken_by_botocore(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> bool:
    """Whether botocore finds nothing wrong with the parameters, of which it would say more."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    return shape is None or not ParamValidator().validate(dict(parameters), shape).has_errors()


def _written(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> bytes:
    """The body that botocore writes; it would look through the parameters first, as was done already."""
    serializer: Any = client._serializer  # type: ignore[attr-defined]  # noqa: SLF001
    writer: Any = getattr(serializer, "_serializer", serializer)
    model = client.meta.service_model.operation_model(operation)
    body: bytes = writer.serialize_to_request(dict(parameters), model)["body"]
    return body


def _responder(client: BaseClient) -> Any | None:
    """The class of moto's responder, where it can be asked for an action alone."""
    meta: Any = client.meta
    host = f"https://{meta.service_model.endpoint_prefix}.{meta.region_name}.amazonaws.com"
    ordinary = meta.endpoint_url == host and meta.config.signature_version == "v4"
    return _asked_alone(host) if ordinary and meta.service_model.resolved_protocol == "json" else None


@lru_cache(maxsize=256)
def _asked_alone(host: str) -> Any | None:
    way = way_of(f"{host}/")
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
    function = handler.func if isinstance(handler, functools.partial) else handler
    module = getattr(function, "__module__", None) or type(function).__module__
    return module.startswith(_NEED_NOT_HEAR) and module not in _MUST_HEAR


def _tell(responder: Any, client: BaseClient, operation: str, body: bytes) -> None:
    """What `BaseResponse.setup_class` reads of a request that has everything in its body, as JSON."""
    meta: Any = client.meta
    described = meta.service_model.metadata
    credentials: Any = client._request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001
    responder.headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/",
        "Content-Type": f"application/x-amz-json-{described['jsonVersion']}",
        "x-amz-target": f"{described['targetPrefix']}.{operation}",
    }
    responder.method, responder.path = "POST", "/"
    responder.querystring, responder.uri_match = {}, {}
    responder.body = responder.raw_body = body.decode()
    responder.region, responder.partition = meta.region_name, get_partition(meta.region_name)
    responder.response_headers = {"server": "amazon.com", "date": http_date(utcnow())}
    if responder.automated_parameter_parsing:
        responder.parse_parameters(
            SimpleNamespace(
                content_type=responder.headers["Content-Type"],
                data=body,
                headers=responder.headers,
                method=responder.method,
                path=responder.path,
                values={},
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
    parser = within._endpoint._response_parser_factory.create_parser("json")  # noqa: SLF001
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

"""The direct way to moto for calls that are a URL, headers and a body of their own: S3's.

S3's responder reads the request itself, where others are asked for an action. So it gets one: botocore writes
it, its handlers look at parameters, request and answer as ever, and what lies between them is left out: to
sign, to send, and to ask whether to send again.
"""

import re
import uuid
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import botocore.endpoint
import moto.core.botocore_stubber as stubber
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSResponse, prepare_request_dict
from botocore.client import BaseClient
from botocore.credentials import Credentials
from botocore.httpchecksum import (
    apply_request_checksum,
    handle_checksum_body,
    resolve_checksum_context,
)
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import HTTPException
from moto.core.request import Request
from moto.core.utils import utcnow
from werkzeug.datastructures import ImmutableMultiDict

from scenarios.cloud.kernel.moto_requests import FORMS, way_of

# No ARN, and no bucket or access point with an endpoint of its own.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_PLAIN_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias)")
_SIGNED = "s3v4"
_AUTHORITY = "v4"  # not the key of a session with a directory bucket, and not the one for many regions
_WRITES = ("PUT", "POST")  # with such a call moto keeps what its content was signed as
_SIGNATURE: Any = S3SigV4Auth(Credentials("", ""), "s3", "")
_NO_FORM: Any = ImmutableMultiDict()
_REFUSED, _FAILED = 300, 500
_response_of: Any = botocore.endpoint.convert_to_response_dict
_check: Any = handle_checksum_body


class _Endpoint(NamedTuple):
    """Where a bucket is asked, and how: botocore works it out by some fifty rules."""

    url: str
    headers: Mapping[str, str]
    properties: Mapping[str, Any]
    signing: Mapping[str, Any]


_endpoints: WeakKeyDictionary[Any, dict[tuple[str, str], _Endpoint | None]] = WeakKeyDictionary()


def asked_at_url(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the client's method returns, or None where only the long way leads there.

    The caller has seen that nobody but botocore's own handlers listens. Raises ClientError, and what a
    responder raises; NotImplementedError at an answer after which botocore would ask again.
    """
    within: Any = client
    bucket = parameters.get("Bucket")
    if (
        within.meta.config.signature_version != _SIGNED
        or type(bucket) is not str
        or not _PLAIN_NAME.fullmatch(bucket)
        or within._request_signer._credentials is None  # noqa: SLF001
    ):
        return None
    model = within.meta.service_model.operation_model(operation)
    endpoint = _endpoint(within, model, parameters)
    if endpoint is None:
        return None
    context = _context(within, model)
    # As in botocore its handlers change the caller's own parameters: the service is asked with those.
    built = within._emit_api_params(parameters, model, context)  # noqa: SLF001
    context["signing"] = dict(endpoint.signing)
    if endpoint.properties:
        context["endpoint_properties"] = endpoint.properties
    written = _written(within, model, built, context, endpoint)
    way = way_of(written["url"].partition("?")[0])
    if way is None:
        raise NotImplementedError(f"nobody answers at {written['url']}")
    uuid.uuid4()  # botocore draws an id for each call
    _ = way.backends[DEFAULT_ACCOUNT_ID][way.region]  # moto makes it here, before it asks the responder
    request = _request(within, written, endpoint)
    try:
        status, headers, body = way.answer(request, request.raw_url, request.headers)
    except HTTPException as error:
        status, headers, body = error.code, error.get_headers(), error.get_body()
    http = AWSResponse(written["url"], int(status or 0), headers, stubber.MockRawResponse(body))
    return _read(within, model, http, context)


def _context(client: Any, model: Any) -> dict[str, Any]:
    """What botocore's handlers are told beside the parameters."""
    meta = client.meta
    return {
        "client_region": meta.region_name,
        "client_config": meta.config,
        "has_streaming_input": model.has_streaming_input,
        "auth_type": model.resolved_auth_type,
        "unsigned_payload": model.unsigned_payload,
        "auth_options": meta.service_model.metadata.get("auth"),
    }


def _endpoint(client: Any, model: Any, parameters: Mapping[str, Any]) -> _Endpoint | None:
    """Where to ask, which for a plain bucket depends on nothing else; None where moto isn't."""
    resolver = client._ruleset_resolver  # noqa: SLF001
    if resolver is None:
        return None
    known = _endpoints.setdefault(resolver, {})
    asked = model.name, parameters["Bucket"]
    if asked not in known:
        context = _context(client, model)
        built = client._emit_api_params(dict(parameters), model, context)  # noqa: SLF001
        url, headers, properties = client._resolve_endpoint_ruleset(model, built, context)  # noqa: SLF001
        usual = context["auth_type"] == _AUTHORITY and way_of(f"{url.rstrip('/')}/") is not None
        known[asked] = _Endpoint(url, headers, properties, context["signing"]) if usual else None
    return known[asked]


def _written(
    client: Any, model: Any, built: Mapping[str, Any], context: dict[str, Any], endpoint: _Endpoint
) -> dict[str, Any]:
    """The request as botocore has it before it signs. It would look through the parameters first."""
    serializer = client._serializer  # noqa: SLF001
    writer = getattr(serializer, "_serializer", serializer)
    written: dict[str, Any] = writer.serialize_to_request(built, model)
    written["headers"].update(endpoint.headers)
    prepare_request_dict(written, endpoint_url=endpoint.url, context=context)
    resolve_checksum_context(written, model, built)
    client.meta.events.emit(
        f"before-call.{model.service_model.service_id.hyphenize()}.{model.name}",
        model=model,
        params=written,
        request_signer=client._request_signer,  # noqa: SLF001
        context=context,
    )
    apply_request_checksum(written)
    return written


def _request(client: Any, written: Mapping[str, Any], endpoint: _Endpoint) -> Any:
    """The request as moto has it, with the headers of a signature that moto reads."""
    key, region = client._request_signer._credentials.access_key, endpoint.signing["region"]  # noqa: SLF001
    headers, body = written["headers"], written["body"]
    if hasattr(body, "read"):
        body = body.read()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key}/{utcnow():%Y%m%d}/{region}/s3/aws4_request,"
    )
    if written["method"] in _WRITES:
        unsigned = SimpleNamespace(context=written["context"], url=written["url"], headers=headers, body=body)
        headers["X-Amz-Content-SHA256"] = _SIGNATURE.payload(unsigned)
    request: Any = Request.from_primitives(written["method"], written["url"], headers, body)
    if not (request.content_type or "").startswith(FORMS):
        vars(request).update(form=_NO_FORM, files=_NO_FORM)  # as werkzeug would find after a longer look
    return request


def _read(client: Any, model: Any, http: AWSResponse, context: dict[str, Any]) -> dict[str, Any]:
    """As `Endpoint` and `BaseClient` read an answer that nobody tries again for."""
    events, service = client.meta.events, model.service_model.service_id.hyphenize()
    response = _response_of(http, model)
    _check(http, response, context, model)
    customized: dict[str, Any] = {}
    events.emit(
        f"before-parse.{service}.{model.name}",
        operation_model=model,
        response_dict=response,
        customized_response_dict=customized,
    )
    parser = client._endpoint._response_parser_factory.create_parser(  # noqa: SLF001
        model.service_model.resolved_protocol
    )
    parsed: dict[str, Any] = parser.parse(response, model.output_shape)
    parsed.update(customized)
    if http.status_code >= _REFUSED:
        client._endpoint._add_modeled_error_fields(response, parsed, model, parser)  # noqa: SLF001
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    if _is_asked_again(response["status_code"], parsed):
        raise NotImplementedError(f"an answer with {response['status_code']}, after which it is asked again")
    events.emit(
        f"after-call.{service}.{model.name}", http_response=http, parsed=parsed, model=model, context=context
    )
    if http.status_code >= _REFUSED:
        error_class: Any = client.exceptions.from_code(parsed["Error"]["Code"])
        raise error_class(parsed, model.name)
    return parsed


def _is_asked_again(status: int, parsed: Mapping[str, Any]) -> bool:
    """Whether botocore would try again, or elsewhere; `status` is 500 too where a 200 holds an error."""
    elsewhere = status in {301, 302, 307} or parsed.get("Error", {}).get("Code") in _ELSEWHERE
    return status >= _FAILED or elsewhere


_ELSEWHERE = frozenset({"AuthorizationHeaderMalformed", "PermanentRedirect", "RequestTimeout", "SlowDown"})

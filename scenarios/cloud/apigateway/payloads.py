"""What a function behind an API or a URL is handed, and how its answer is read: formats 1.0 and 2.0.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html,
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.apigateway.messages import HttpAnswer, HttpRequest

_TEXT = re.compile(r"text/.*|application/(json|javascript|xml)|application/.*\+(json|xml)")
_STATUS: Final = re.compile(r"[1-5]\d\d")


class Malformed(Exception):
    """A function's answer that is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request on its way to a function: what the event tells beside the request itself.

    `path`: as the event has it; `resource`: the route's path; `key`: the route's key.
    """

    request: HttpRequest
    account: str
    api: str
    stage: str
    key: str
    resource: str
    path: str
    parameters: Mapping[str, str]
    variables: Mapping[str, str]
    id: str
    now: datetime
    signed: bool  # whether it was asked who signed it
    said: Mapping[str, Any] | None = None  # by an authorizer, of the client
    by_token: bool = False  # whether a token said it, and no function
    key_sent: tuple[str, str] = ("", "")  # an API key: its value and its id
    binary: tuple[str, ...] = ()  # media types of which a REST API hands over the bytes


def first_format(asking: Asking, *, rest: bool) -> dict[str, Any]:
    """The event of format 1.0; a REST API's, which tells a little less."""
    request = asking.request
    headers = _headers(asking, lower=not rest)
    query: dict[str, list[str]] = {}
    for name, value in request.asked:
        query.setdefault(name, []).append(value)
    body, encoded = _body(asking, rest=rest)
    event = {
        "resource": asking.resource,
        "path": asking.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": dict(asking.parameters) or None,
        "stageVariables": dict(asking.variables) or None,
        "requestContext": {
            "accountId": asking.account,
            "apiId": asking.api,
            "domainName": request.host,
            "domainPrefix": request.host.partition(".")[0],
            "extendedRequestId": asking.id,
            "httpMethod": request.method,
            "identity": _identity(asking),
            "path": f"/{asking.stage}{asking.path}" if rest else asking.path,
            "protocol": "HTTP/1.1",
            "requestId": asking.id,
            "requestTime": f"{asking.now:%d/%b/%Y:%H:%M:%S +0000}",
            "requestTimeEpoch": int(asking.now.timestamp() * 1000),
            "resourceId": asking.key,
            "resourcePath": asking.resource,
            "stage": asking.stage,
        },
        "body": body,
        "isBase64Encoded": encoded,
    }
    if asking.said is not None:
        event["requestContext"] = {**context_of(event), "authorizer": dict(asking.said)}
    return event if rest else {"version": "1.0", **event}


def context_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event's request context."""
    context: Mapping[str, Any] = event["requestContext"]
    return context


def second_format(asking: Asking) -> dict[str, Any]:
    """The event of format 2.0, of an HTTP API or of a function's URL."""
    request = asking.request
    headers = _headers(asking, lower=True)
    cookies = headers.pop("cookie", "")
    query: dict[str, str] = {}
    for name, value in request.asked:
        query[name] = f"{query[name]},{value}" if name in query else value
    body, encoded = _body(asking, rest=False)
    signer = request.caller if asking.signed else None
    context: dict[str, Any] = {
        "accountId": asking.account if signer is not None or asking.key != "$url" else "anonymous",
        "apiId": asking.api,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": asking.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.address,
            "userAgent": request.agent,
        },
        "requestId": asking.id,
        "routeKey": "$default" if asking.key == "$url" else asking.key,
        "stage": asking.stage,
        "time": f"{asking.now:%d/%b/%Y:%H:%M:%S +0000}",
        "timeEpoch": int(asking.now.timestamp() * 1000),
    }
    if signer is not None:
        context["authorizer"] = {
            "iam": {
                "accessKey": signer.access_key_id,
                "accountId": signer.account,
                "callerId": signer.principal_id,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": signer.arn,
                "userId": signer.principal_id,
            }
        }
    if asking.said is not None:
        context["authorizer"] = {"jwt" if asking.by_token else "lambda": dict(asking.said)}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": asking.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": encoded,
    }
    parts = {
        "cookies": [each.strip() for each in cookies.split(";")] if cookies else None,
        "queryStringParameters": query,
        "pathParameters": dict(asking.parameters),
        "stageVariables": dict(asking.variables),
        "body": body,
    }
    return event | {name: part for name, part in parts.items() if part}


def _headers(asking: Asking, *, lower: bool) -> dict[str, str]:
    """What the client sent, and what is added on the way."""
    request = asking.request
    added = {
        "Host": request.host,
        "User-Agent": request.agent,
        "X-Forwarded-For": request.address,
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    known = {name.lower() for name in request.headers}
    every = {**request.headers, **{name: each for name, each in added.items() if name.lower() not in known}}
    return {name.lower() if lower else name: value for name, value in sorted(every.items())}


def _identity(asking: Asking) -> dict[str, Any]:
    request = asking.request
    signer = request.caller if asking.signed else None
    names = ("cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId")
    value, key_id = asking.key_sent
    return {
        **({"apiKey": value, "apiKeyId": key_id} if value else {}),
        "accessKey": signer.access_key_id if signer is not None else None,
        "accountId": signer.account if signer is not None else None,
        "caller": signer.principal_id if signer is not None else None,
        **dict.fromkeys((*names, "cognitoIdentityPoolId", "principalOrgId")),
        "sourceIp": request.address,
        "user": signer.principal_id if signer is not None else None,
        "userAgent": request.agent,
        "userArn": signer.arn if signer is not None else None,
    }


def _body(asking: Asking, *, rest: bool) -> tuple[str | None, bool]:
    """The body, and whether it is in base64: a REST API's binary media types, elsewhere what is no text."""
    body, kind = asking.request.body, asking.request.header("content-type").partition(";")[0].strip()
    if body is None:
        return None, False
    binary = (
        kind in asking.binary or "*/*" in asking.binary if rest else bool(kind) and not _TEXT.fullmatch(kind)
    )
    if binary:
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False


# ---- answers --------------------------------------------------------------------------------------


def first_answer(payload: Any, *, rest: bool) -> HttpAnswer:
    """The answer of format 1.0; raises Malformed."""
    if not isinstance(payload, Mapping) or "statusCode" not in payload:
        raise Malformed
    answer = _structured(payload)
    many = payload.get("multiValueHeaders") or {}
    if not isinstance(many, Mapping) or not all(isinstance(each, list) for each in many.values()):
        raise Malformed
    joined = {name: ",".join(_text(one) for one in values) for name, values in many.items()}
    headers = {"Content-Type": "application/json", **answer.headers, **joined} if rest else answer.headers
    return HttpAnswer(status=answer.status, body=answer.body, headers=headers)


def second_answer(payload: Any) -> HttpAnswer:
    """The answer of format 2.0: without a status, the function returned the body itself; raises Malformed."""
    if not isinstance(payload, Mapping) or "statusCode" not in payload:
        return HttpAnswer(status=200, body=json.dumps(payload), headers={"content-type": "application/json"})
    cookies = payload.get("cookies") or []
    if not isinstance(cookies, list):
        raise Malformed
    answer = _structured(payload)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return HttpAnswer(
        status=answer.status,
        body=answer.body,
        headers={"content-type": "application/json", **headers},
        cookies=tuple(_text(each) for each in cookies),
    )


def _structured(payload: Mapping[str, Any]) -> HttpAnswer:
    status, headers, body = payload["statusCode"], payload.get("headers") or {}, payload.get("body")
    if isinstance(status, bool) or not _STATUS.fullmatch(str(status)) or not isinstance(headers, Mapping):
        raise Malformed
    if body is None:
        body = ""
    if not isinstance(body, str):
        raise Malformed
    if payload.get("isBase64Encoded") is True:
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            raise Malformed from error
    return HttpAnswer(
        status=int(status), body=body, headers={name: _text(each) for name, each in headers.items()}
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise Malformed

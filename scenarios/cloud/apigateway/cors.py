"""What an HTTP API and a function's URL do about other origins, where they are configured to.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html,
https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.apigateway.messages import HttpAnswer, HttpRequest

_PREFIX: Final = "access-control-"
_PREFLIGHT: Final = {"allowMethods": "allow-methods", "allowHeaders": "allow-headers", "maxAge": "max-age"}


def preflight(cors: Mapping[str, Any] | None, request: HttpRequest) -> HttpAnswer | None:
    """The answer to a browser that asks whether it may ask; None where it is no such request, or no rule."""
    asks = request.method == "OPTIONS" and request.header(f"{_PREFIX}request-method")
    if not cors or not asks or not request.header("origin"):
        return None
    headers = _always(cors, request)
    for name, header in _PREFLIGHT.items():
        if headers and cors.get(name):
            headers[_PREFIX + header] = _listed(cors[name])
    return HttpAnswer(status=204, body="", headers=headers)


def with_cors(cors: Mapping[str, Any] | None, request: HttpRequest, answer: HttpAnswer) -> HttpAnswer:
    """The answer with the configured headers in place of the function's own."""
    if not cors or not request.header("origin"):
        return answer
    kept = {name: each for name, each in answer.headers.items() if not name.lower().startswith(_PREFIX)}
    headers = _always(cors, request)
    if headers and cors.get("exposeHeaders"):
        headers[f"{_PREFIX}expose-headers"] = _listed(cors["exposeHeaders"])
    return replace(answer, headers={**kept, **headers})


def _always(cors: Mapping[str, Any], request: HttpRequest) -> dict[str, str]:
    """The headers that every answer to this origin has; none for an origin that is not let in."""
    origin, allowed = request.header("origin"), cors.get("allowOrigins") or []
    if "*" not in allowed and origin not in allowed:
        return {}
    headers = {f"{_PREFIX}allow-origin": "*" if "*" in allowed else origin}
    if cors.get("allowCredentials") in {True, "true"}:
        headers[f"{_PREFIX}allow-credentials"] = "true"
    return headers


def _listed(value: Any) -> str:
    return ",".join(str(each) for each in value) if isinstance(value, list) else str(value)

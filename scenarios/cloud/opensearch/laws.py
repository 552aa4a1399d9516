"""Registers the laws of OpenSearch Service: who may send requests to a domain.

A domain's endpoint answers only what its access policy or the sender's own policies allow, by method and
path. Requests are signed, with the credentials of the role that a function runs under. What an allowed one is
answered, a scenario says.

Source: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ac.html
"""

import json
from typing import Any
from urllib.parse import urlsplit

from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.web import WebAnswer, WebRequest
from scenarios.cloud.setting import Setting

_HOST = ".es.amazonaws.com"
_SIGNED = "AWS4-HMAC-SHA256 "


def register(setting: Setting) -> None:
    """The laws of OpenSearch Service."""

    def refused(request: WebRequest) -> WebAnswer | None:
        return _refused(setting, request)

    setting.web.gate(refused)


def _refused(setting: Setting, request: WebRequest) -> WebAnswer | None:
    """What a domain answers to somebody who may not ask it; None where it is no domain, or they may."""
    place = urlsplit(request.url)
    host = place.hostname or ""
    if not host.endswith(_HOST):
        return None
    region = host.removesuffix(_HOST).rpartition(".")[2]
    domain = moto_state.opensearch_domain(setting.account, region, host)
    if domain is None or ":function:" not in request.by:
        return None  # Firehose was asked by its own law
    action, resource = f"es:ESHttp{request.method.capitalize()}", f"{domain.arn}{place.path}"
    if not _is_signed(request):
        if domain.access_policies:
            raise NotSimulated(
                "opensearch", "requests that are not signed, where a domain has an access policy"
            )
        return _denied("anonymous", action)
    function: Any = standing(setting.account, request.by)
    role = str(function.role)
    decision = setting.identity.role_may(role, "lambda.amazonaws.com", action, resource)
    return None if decision.allowed else _denied(role, action)


def _is_signed(request: WebRequest) -> bool:
    headers = {name.lower(): value for name, value in request.headers.items()}
    authorization = headers.get("authorization", "")
    return authorization.startswith(_SIGNED) and "/es/aws4_request" in authorization


def _denied(user: str, action: str) -> WebAnswer:
    words = f"User: {user} is not authorized to perform: {action} with an explicit or implicit deny"
    return WebAnswer(status=403, body=json.dumps({"Message": words}))

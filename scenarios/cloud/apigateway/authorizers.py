"""Authorizers: asked before the route's own function; what a function answers is remembered for a while.

A REST API hands over a token or the request, and reads a policy; an HTTP API hands over the request in either
format, and reads a policy or a plain yes. What the function says of the client reaches the route's function.
Where a client's token decides, `token_authorizers` reads it.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.cloud.apigateway.apis import HTTP, REST, SERVICE, Api, Authorizer
from scenarios.cloud.apigateway.messages import FORBIDDEN, UNAUTHORIZED, HttpAnswer, says
from scenarios.cloud.apigateway.payloads import Asking, first_format, second_format
from scenarios.cloud.apigateway.token_authorizers import Tokens, value_at
from scenarios.cloud.functions.invocations import Result
from scenarios.cloud.functions.service import may_invoke
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel.caller import Caller, CallerKind
from scenarios.cloud.setting import Setting

_FAILED: Final = {
    True: says(500, "AuthorizerConfigurationException", {"message": None}),
    False: says(500, "", {"message": "Internal Server Error"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came of asking. `refused`: why the client may not ask, or None; `context`: what is said of it.

    `key`: the API key that a function gives the client, "" for none.
    """

    refused: HttpAnswer | None
    context: Mapping[str, Any]
    key: str = ""


Invoke = Callable[[str, Mapping[str, Any], int], tuple[int, Result]]


@dataclass(frozen=True, slots=True)
class _Remembered:
    until: datetime
    answer: Mapping[str, Any]


class Authorizers:
    """Those of every API of a world. `invoke` runs a function for who waits for it."""

    def __init__(self, setting: Setting, invoke: Invoke) -> None:
        self._setting = setting
        self._invoke = invoke
        self._remembered: dict[tuple[str, ...], _Remembered] = {}
        self._tokens = Tokens(setting)

    def asked(
        self, api: Api, authorizer: Authorizer, asking: Asking, arn: str, scopes: tuple[str, ...] = ()
    ) -> Said:
        """Ask about a request. `arn`: the request's; `scopes`: of which a token must have one."""
        values = [value_at(source, asking.request) for source in authorizer.sources]
        unfit = authorizer.valid and values and not re.fullmatch(authorizer.valid, values[0])
        if authorizer.kind in {"jwt", "pools"}:
            token = "" if unfit or not values else values[0]
            return Said(**self._tokens.asked(api, authorizer, token, scopes))
        if unfit or any(not value for value in values):
            return Said(refused=UNAUTHORIZED, context={})
        answer = self._answer(api, authorizer, asking, arn, values)
        if isinstance(answer, HttpAnswer):
            return Said(refused=answer, context={})
        refused = self._refusal(api, authorizer, answer, arn)
        context = dict(answer.get("context") or {})
        if api.kind != HTTP:
            context = {"principalId": answer.get("principalId"), **{k: _text(v) for k, v in context.items()}}
        return Said(refused=refused, context=context, key=str(answer.get("usageIdentifierKey") or ""))

    def _answer(
        self, api: Api, authorizer: Authorizer, asking: Asking, arn: str, values: list[str]
    ) -> Mapping[str, Any] | HttpAnswer:
        """What the function answers now, or answered to the same client a while ago."""
        now, rest = self._setting.clock.now, api.kind == REST
        key = (api.id, authorizer.name, *values)
        known = self._remembered.get(key)
        if known is not None and now < known.until:
            return known.answer
        if standing(api.account, authorizer.function) is None or not self._may_invoke(api, authorizer):
            return _FAILED[rest]
        event = _event(authorizer, asking, arn, values, rest=rest)
        _, result = self._invoke(authorizer.function, event, asking.request.attempt)
        if result.failed:
            said = str((result.error or {}).get("errorMessage", ""))
            return UNAUTHORIZED if said == "Unauthorized" else _FAILED[rest]
        if not isinstance(result.payload, Mapping):
            return _FAILED[rest]
        if authorizer.seconds:
            until = self._setting.clock.now + timedelta(seconds=authorizer.seconds)
            self._remembered[key] = _Remembered(until, result.payload)
        return result.payload

    def _may_invoke(self, api: Api, authorizer: Authorizer) -> bool:
        source = f"arn:aws:execute-api:{api.region}:{api.account}:{api.id}/authorizers/{authorizer.id}"
        role = authorizer.credentials
        return may_invoke(self._setting, SERVICE, authorizer.function, source, role=role)

    def _refusal(
        self, api: Api, authorizer: Authorizer, answer: Mapping[str, Any], arn: str
    ) -> HttpAnswer | None:
        if authorizer.simple:
            return None if answer.get("isAuthorized") is True else FORBIDDEN
        document = answer.get("policyDocument")
        if not isinstance(document, Mapping):
            return _FAILED[api.kind == REST]
        client = Caller(
            kind=CallerKind.IAM_USER,
            account=api.account,
            arn=f"arn:aws:iam::{api.account}:user/{authorizer.name}",
            policies=(document,),
        )
        decision = self._setting.identity.judge(client, "execute-api:Invoke", arn)
        if decision.allowed:
            return None
        if api.kind != REST:
            return FORBIDDEN
        how = " with an explicit deny" if decision.explicit else ""
        message = f"User is not authorized to access this resource{how}"
        return says(403, "AccessDeniedException", {"Message": message})


def _event(
    authorizer: Authorizer, asking: Asking, arn: str, values: list[str], *, rest: bool
) -> dict[str, Any]:
    if authorizer.kind == "token":
        return {"type": "TOKEN", "methodArn": arn, "authorizationToken": values[0]}
    if authorizer.payload == "2.0":
        told = {"type": "REQUEST", "routeArn": arn, "identitySource": values}
        return {**second_format(asking), **told}
    return {**first_format(asking, rest=rest), "type": "REQUEST", "methodArn": arn}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

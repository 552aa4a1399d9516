"""Requests to the REST API of a stack: who may make them, and the event that its function is handed.

A method with the security scheme `sigv4` asks `execute-api:Invoke` of whoever signed the request; one
without lets everybody in. API Gateway itself needs the function's leave to invoke it. The function is waited
for; what it raises is a 502, as for a proxy integration. Left out: resource policies of an API, throttling,
caches, logs.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from scenarios.cloud.functions.invocations import Invocation
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.stack import Resource, Stack
from scenarios.cloud.setting import Setting

_NOT_SIGNED = '{"message":"Missing Authentication Token"}'
_BROKEN = '{"message": "Internal server error"}'
_SERVICE = "apigateway.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What a client of the API gets."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that a function was run for, and its answer. `invocation`: its number in the run, from 1."""

    invocation: int
    method: str
    path: str
    answer: HttpAnswer


@dataclass(frozen=True, slots=True)
class _Route:
    """A method of a path of an API, and what stands for the path's parameters in this request."""

    path: str
    signed: bool
    parameters: Mapping[str, str]


class Requests:
    """The REST APIs of a world's stacks."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._stacks: Sequence[Stack] = ()
        self.answered: list[Request] = []  # every request that a function was run for

    def know(self, stacks: Sequence[Stack]) -> None:
        """These stacks' APIs are there."""
        self._stacks = stacks

    def request(
        self,
        caller: Caller | None,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        attempt: int = 1,
    ) -> HttpAnswer:
        """Send a request to the first API there is; `caller` None signs it as nobody.

        `attempt`: how often the client has sent it by now.
        Raises WorldError where there is no API.
        """
        stack, api = self._api()
        route = _route(api.properties["Body"]["paths"], method, path)
        stage = stack.of_type("AWS::ApiGateway::Stage")[0].physical_id
        arn = f"arn:aws:execute-api:{stack.region}:{stack.account}:{api.physical_id}"
        if route is None or (route.signed and caller is None):
            return HttpAnswer(status=403, body=_NOT_SIGNED)
        asked = f"{arn}/{stage}/{method}{path}"
        if route.signed and caller is not None and not self._may(caller, asked):
            message = (
                f"User: {caller.arn} is not authorized to perform: execute-api:Invoke on resource: {asked}"
            )
            return HttpAnswer(status=403, body=json.dumps({"Message": message}))
        function = _function_of(stack)
        if not self._lets_it_in(function, asked):
            return HttpAnswer(status=500, body=_BROKEN)
        event = self._event(caller, method, path, route, stage, body, query, headers)
        number = self._setting.laws[Functions].next_number()
        answer = self._invoked(function, event, attempt, number)
        self.answered.append(Request(invocation=number, method=method, path=path, answer=answer))
        return answer

    def _api(self) -> tuple[Stack, Resource]:
        for stack in self._stacks:
            for api in stack.of_type("AWS::ApiGateway::RestApi"):
                return stack, api
        raise WorldError("no stack of this world has a REST API")

    def _may(self, caller: Caller, arn: str) -> bool:
        return self._setting.identity.judge(caller, "execute-api:Invoke", arn).allowed

    def _lets_it_in(self, function: Resource, arn: str) -> bool:
        context: Mapping[str, str | bool] = {"aws:SourceArn": arn, "aws:SourceAccount": self._setting.account}
        to = function.attributes["Arn"]
        return self._setting.identity.service_may(_SERVICE, "lambda:InvokeFunction", to, context).allowed

    def _event(  # noqa: PLR0917 - the parts of one event
        self,
        caller: Caller | None,
        method: str,
        path: str,
        route: _Route,
        stage: str,
        body: Any,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> dict[str, Any]:
        identity = (
            {"sourceIp": caller.source_ip, "userArn": caller.arn} if caller else {"sourceIp": "192.0.2.1"}
        )
        return {
            "resource": route.path,
            "path": path,
            "httpMethod": method,
            "headers": {"Content-Type": "application/json", **(headers or {})},
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()}
            or None,
            "pathParameters": dict(route.parameters) or None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": method,
                "resourcePath": route.path,
                "path": f"/{stage}{path}",
                "stage": stage,
                "requestId": self._setting.new_uuid("apigateway.request"),
                "identity": identity,
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }

    def _invoked(self, function: Resource, event: Mapping[str, Any], attempt: int, number: int) -> HttpAnswer:
        setting = self._setting
        result = setting.laws[Functions].run(
            Invocation(
                arn=function.attributes["Arn"],
                event=event,
                request_id=setting.new_uuid("lambda.request"),
                accepted=setting.clock.now,
                attempts=attempt,
                number=number,
                waited_for=True,
            )
        )
        if result.failed or not isinstance(result.payload, Mapping):
            return HttpAnswer(status=502, body=_BROKEN)
        payload = result.payload
        return HttpAnswer(
            status=int(payload["statusCode"]), body=payload["body"], headers=payload.get("headers", {})
        )


def path_of(*parts: str) -> str:
    """A path of these parts, each quoted as a client has to."""
    return "".join(f"/{quote(part, safe=':')}" for part in parts)


def _route(paths: Mapping[str, Any], method: str, path: str) -> _Route | None:
    for declared, methods in paths.items():
        definition = methods.get(method.lower())
        parameters = _matched(declared.strip("/").split("/"), path.strip("/").split("/"))
        if definition is not None and parameters is not None:
            return _Route(declared, bool(definition.get("security")), parameters)
    return None


def _matched(declared: Sequence[str], asked: Sequence[str]) -> Mapping[str, str] | None:
    """The path's parameters; None where the paths differ."""
    if len(declared) != len(asked):
        return None
    parameters = {}
    for name, part in zip(declared, asked, strict=True):
        if name.startswith("{"):
            parameters[name.strip("{}")] = unquote(part)
        elif name != part:
            return None
    return parameters


def _function_of(stack: Stack) -> Resource:
    """The one function behind the API, by the permission that names API Gateway."""
    (permission,) = (
        each for each in stack.of_type("AWS::Lambda::Permission") if each.properties["Principal"] == _SERVICE
    )
    name = permission.properties["FunctionName"]
    return next(each for each in stack.of_type("AWS::Lambda::Function") if each.physical_id == name)

"""Requests over HTTP to what the stacks have: REST APIs and HTTP APIs; a function's URL is asked of its law.

Who may ask: a route under IAM asks `execute-api:Invoke` of whoever signed the request; one without
authorization lets everybody in whom the API's resource policy, if there is one, allows. API Gateway itself
needs the function's leave to invoke it, or the role that the integration names does. The function is waited
for, with API Gateway's patience. Left out: caches, request validation, models, WAF, custom domains.

Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html (how long it waits)
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from scenarios.cloud.apigateway.access_logs import AccessLogs, Trip
from scenarios.cloud.apigateway.apis import (
    DEFAULT,
    HTTP,
    IAM,
    NONE,
    REST,
    SERVICE,
    Api,
    Integration,
    Route,
    Stage,
    behind,
    taken,
)
from scenarios.cloud.apigateway.authorizers import Authorizers
from scenarios.cloud.apigateway.cors import preflight, with_cors
from scenarios.cloud.apigateway.declared_apis import apis_of
from scenarios.cloud.apigateway.emitted import measure
from scenarios.cloud.apigateway.keys import Keys
from scenarios.cloud.apigateway.limits import Limits
from scenarios.cloud.apigateway.messages import FORBIDDEN, TOO_MANY, HttpAnswer, HttpRequest, says
from scenarios.cloud.apigateway.payloads import (
    Asking,
    Malformed,
    first_answer,
    first_format,
    second_answer,
    second_format,
)
from scenarios.cloud.authorization.rows import Arn, Document
from scenarios.cloud.functions.concurrency import has_no_concurrency, throttled
from scenarios.cloud.functions.invocations import Invocation, Result
from scenarios.cloud.functions.service import NOT_BY_URL, Functions, may_invoke
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.errors import NotSimulated, WorldError
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.kernel.web import WebRequest
from scenarios.cloud.setting import Setting

_INVOKE: Final = "execute-api:Invoke"
_AS_CALLER: Final = "arn:aws:iam::*:user/*"
_NOT_SIGNED = says(403, "MissingAuthenticationTokenException", {"message": "Missing Authentication Token"})
_NOT_FOUND = says(404, "", {"message": "Not Found"})
# What a client is told where the integration fails, by the kind of API: the permission, the function's own
# error or an answer that is none, no answer in time, a function that was throttled.
_NO_LEAVE = {
    REST: says(500, "InternalServerErrorException", {"message": "Internal server error"}),
    HTTP: says(500, "", {"message": "Internal Server Error"}),
}
_BROKEN = {
    REST: says(502, "InternalServerErrorException", {"message": "Internal server error"}),
    HTTP: says(500, "", {"message": "Internal Server Error"}),
}
_TOO_LATE = {
    REST: says(504, "InternalServerErrorException", {"message": "Endpoint request timed out"}),
    HTTP: says(503, "", {"message": "Service Unavailable"}),
}
_BUSY = {REST: _NO_LEAVE[REST], HTTP: _TOO_LATE[HTTP]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that a function was run for, and its answer. `invocation`: its number in the run, from 1."""

    invocation: int
    method: str
    path: str
    answer: HttpAnswer


Answering = Callable[[HttpRequest], HttpAnswer | None]


class Requests:
    """Everything of a world that is asked over HTTP."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._apis: dict[str, Api] = {}
        self._first_stage = ""
        self._limits = Limits()
        self._authorizers = Authorizers(setting, self.invoke)
        self._keys = Keys(setting)
        self._logs = AccessLogs(setting)
        self._others: list[Answering] = []
        self.answered: list[Request] = []  # every request that a function was run for
        setting.identity.policies_by("execute-api", self._policy_of)

    def know(self, stacks: Sequence[Stack]) -> None:
        """These stacks' APIs are there."""
        self._apis = {api.host: api for api in apis_of(stacks)}
        self._keys.know(stacks)
        self._logs.know(stacks)
        stages = [each for stack in stacks for each in stack.of_type("AWS::ApiGateway::Stage")]
        self._first_stage = stages[0].physical_id if stages else ""

    def also(self, answer: Answering) -> None:
        """Have others asked about hosts that are no API's; they return None for what isn't theirs."""
        self._others.append(answer)

    # ---- who asks -------------------------------------------------------------------------------

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
        """Send a request to the first REST API there is, in the first stage that a stack names.

        `caller` None signs it as nobody; `body` travels as JSON. `attempt`: how often the client has sent it
        by now. Raises WorldError where there is no API.
        """
        api = next((each for each in self._apis.values() if each.kind == REST), None)
        if api is None:
            raise WorldError("no stack of this world has a REST API")
        stage = self._first_stage or next(iter(api.stages), "")
        return self.send(
            HttpRequest(
                method=method,
                path=f"/{stage}{path}",
                host=api.host,
                query=urlencode(query or {}),
                headers={"Content-Type": "application/json", **(headers or {})},
                body=None if body is None else json.dumps(body).encode(),
                caller=caller,
                attempt=attempt,
            )
        )

    def fetch(
        self,
        caller: Caller | None,
        method: str,
        url: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        attempt: int = 1,
    ) -> HttpAnswer:
        """Send a request to a URL; `caller` None signs it as nobody.

        `body`: bytes or text as they are, anything else as JSON. Raises WorldError where nothing answers.
        """
        parts = urlsplit(url)
        given = dict(headers or {})
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
            given.setdefault("Content-Type", "application/json")
        return self.send(
            HttpRequest(
                method=method.upper(),
                path=parts.path or "/",
                host=parts.hostname or "",
                query=parts.query,
                headers=given,
                body=body.encode() if isinstance(body, str) else body,
                caller=caller,
                attempt=attempt,
            )
        )

    def url(self, api_id: str, stage: str = "") -> str | None:
        """Where a stage of an API answers, by default its last; None for an API that isn't here."""
        api = next((each for each in self._apis.values() if each.id == api_id), None)
        if api is None:
            return None
        # The stage that a deployment makes by itself comes before those that are declared.
        name = stage or (tuple(api.stages)[-1] if api.stages else "")
        return f"https://{api.host}" + (f"/{name}" if name and name != DEFAULT else "")

    def send(self, request: HttpRequest) -> HttpAnswer:
        """Send a request; raises WorldError where nothing answers at its host."""
        api = self._apis.get(request.host)
        if api is not None:
            began = self._setting.clock.now
            answer = self._answered(api, request)
            measure(self._setting, api, answer.status, began)
            return answer
        for other in self._others:
            told = other(request)
            if told is not None:
                return told
        return self._elsewhere(request)

    def _elsewhere(self, request: HttpRequest) -> HttpAnswer:
        """What the web outside AWS answers; what functions send over HTTP goes the same way."""
        url = f"https://{request.host}{request.path}" + (f"?{request.query}" if request.query else "")
        if not request.host or not self._setting.web.is_known(url):
            raise WorldError(f"nothing in this world answers at {request.host or 'no host'}")
        answer = self._setting.web.ask(
            WebRequest(
                at=self._setting.clock.now,
                by=request.caller.arn if request.caller is not None else "",
                method=request.method,
                url=url,
                headers=request.headers,
                body=(request.body or b"").decode("utf-8", "replace"),
            )
        )
        return HttpAnswer(status=answer.status, body=answer.body, headers=answer.headers)

    # ---- what an API does -----------------------------------------------------------------------

    def _answered(self, api: Api, request: HttpRequest) -> HttpAnswer:
        found = _stage(api, request.path) if api.reachable else None
        if found is None:
            return FORBIDDEN if api.kind == REST else _NOT_FOUND
        early = preflight(api.cors, request)
        if early is not None:
            return early
        stage, path = found
        trip = Trip(began=self._setting.clock.now)
        answer = with_cors(api.cors, request, self._in_stage(api, stage, path, request, trip))
        self._logs.write(api, stage, request, answer, trip)
        return answer

    def _in_stage(self, api: Api, stage: Stage, path: str, request: HttpRequest, trip: Trip) -> HttpAnswer:
        chosen = taken(api, request.method, path)
        if chosen is None:
            return _NOT_SIGNED if api.kind == REST else _NOT_FOUND
        route, parameters = chosen
        trip.route, trip.resource, trip.signed = route.key, route.path, route.authorization == IAM
        trip.id = self._setting.new_uuid("apigateway.request") if stage.logs else ""
        refused = self._refused(api, stage, route, request, path)
        if refused is None and not self._let_through(api, stage, route):
            refused = TOO_MANY
        if refused is not None:
            return refused
        asking = self._asking(api, stage, route, request, path, parameters, trip.id)
        given_key = request.header("x-api-key")
        if route.authorizer is not None:
            arn = api.arn(stage.name, request.method, path)
            said = self._authorizers.asked(api, route.authorizer, asking, arn, route.scopes)
            if said.refused is not None:
                return said.refused
            trip.said = said.context
            by_token = route.authorizer.kind == "jwt"
            asking = replace(asking, said=said.context, by_token=by_token)
            given_key = said.key if api.key_source == "AUTHORIZER" else given_key
        if route.needs_key:
            refused, key = self._keys.asked(api, stage, route, given_key)
            if refused is not None or key is None:
                return refused or FORBIDDEN
            asking = replace(asking, key_sent=(key.value, key.id))
        integration = behind(route)
        if integration.kind == "mock":
            return _mocked(integration)
        began = self._setting.clock.now
        answer = self._from_function(api, stage, route, asking, at=path)
        trip.integration = (self._setting.clock.now - began).total_seconds()
        return answer

    def _refused(
        self, api: Api, stage: Stage, route: Route, request: HttpRequest, path: str
    ) -> HttpAnswer | None:
        """Why this client may not ask; None where it may."""
        if route.authorizer is not None:
            return None  # it is asked itself
        if route.authorization not in {IAM, NONE}:
            raise NotSimulated("apigateway", f"{route.authorization}, which {route.key} asks")
        caller = request.caller if route.authorization == IAM else None
        if route.authorization == IAM and caller is None:
            return _NOT_SIGNED if api.kind == REST else FORBIDDEN
        identity, asked = self._setting.identity, api.arn(stage.name, request.method, path)
        context = {"aws:SourceIp": request.address}
        if caller is not None:
            decision = identity.judge(caller, _INVOKE, asked, context)
        elif api.policy is not None:
            decision = identity.anybody_may(_INVOKE, asked, context)
        else:
            return None
        if decision.allowed:
            return None
        if api.kind == HTTP:
            return FORBIDDEN
        who = caller.arn if caller is not None else "anonymous"
        hidden = asked.replace(f":{api.account}:", f":********{api.account[8:]}:")
        message = f"User: {who} is not authorized to perform: {_INVOKE} on resource: {hidden}"
        return says(403, "AccessDeniedException", {"Message": message})

    def _policy_of(self, arn: Arn) -> Document | None:
        """The resource policy of the API in an ARN."""
        name = arn.rest.partition("/")[0]
        return next((each.policy for each in self._apis.values() if each.id == name), None)

    def _let_through(self, api: Api, stage: Stage, route: Route) -> bool:
        key = route.key if route.key in stage.limits else ""
        if key not in stage.limits:
            return True
        rate, burst = stage.limits[key]
        return self._limits.let_through((api.id, stage.name, key), rate, burst, self._setting.clock.now)

    def _asking(  # noqa: PLR0917 - the parts of one request
        self,
        api: Api,
        stage: Stage,
        route: Route,
        request: HttpRequest,
        path: str,
        parameters: Mapping[str, str],
        request_id: str = "",
    ) -> Asking:
        return Asking(
            request=request,
            account=api.account,
            api=api.id,
            stage=stage.name,
            key=route.key,
            resource=route.path,
            path=path if api.kind == REST or stage.name == DEFAULT else request.path,
            parameters=parameters,
            variables=stage.variables,
            id=request_id or self._setting.new_uuid("apigateway.request"),
            now=self._setting.clock.now,
            signed=route.authorization == IAM,
            binary=api.binary,
        )

    def _from_function(self, api: Api, stage: Stage, route: Route, asking: Asking, *, at: str) -> HttpAnswer:
        """What the route's function answers; `at`: the path below the stage."""
        integration, kind, request = route.integration, api.kind, asking.request
        model = standing(api.account, integration.function)
        if model is None or not self._may_invoke(api, stage, route, request, at):
            return _NO_LEAVE[kind]
        if has_no_concurrency(model):
            throttled(self._setting, integration.function)
            return _BUSY[kind]
        second = kind == HTTP and integration.payload == "2.0"
        event = second_format(asking) if second else first_format(asking, rest=kind == REST)
        began = self._setting.clock.now
        number, result = self.invoke(integration.function, event, request.attempt)
        late = (self._setting.clock.now - began).total_seconds() >= integration.seconds
        answer = _TOO_LATE[kind] if late else _read(result, kind, second=second)
        self.note(number, request.method, at, answer)
        return answer

    def invoke(self, arn: str, event: Mapping[str, Any], attempt: int) -> tuple[int, Result]:
        """Run a function for who waits for it; the number of the event, and what came of it."""
        setting, functions = self._setting, self._setting.laws[Functions]
        number = functions.next_number()
        result = functions.run(
            Invocation(
                arn=arn,
                event=event,
                request_id=setting.new_uuid("lambda.request"),
                accepted=setting.clock.now,
                attempts=attempt,
                number=number,
                waited_for=True,
            )
        )
        return number, result

    def note(self, number: int, method: str, path: str, answer: HttpAnswer) -> None:
        """Remember what somebody was answered."""
        self.answered.append(Request(invocation=number, method=method, path=path, answer=answer))

    def _may_invoke(self, api: Api, stage: Stage, route: Route, request: HttpRequest, path: str) -> bool:
        function, role, caller = route.integration.function, route.integration.credentials, request.caller
        if role == _AS_CALLER:
            asked = "lambda:InvokeFunction", function, NOT_BY_URL
            return caller is not None and self._setting.identity.judge(caller, *asked).allowed
        method, at = (DEFAULT, "") if route.path == DEFAULT else (request.method, path)
        return may_invoke(self._setting, SERVICE, function, api.arn(stage.name, method, at), role=role)


def _stage(api: Api, path: str) -> tuple[Stage, str] | None:
    """The stage that a path names, and the rest of the path; None where there is no such stage."""
    first, slash, rest = path.lstrip("/").partition("/")
    if first in api.stages and first != DEFAULT:
        return api.stages[first], f"/{rest}" if slash else "/"
    return (api.stages[DEFAULT], path) if api.kind == HTTP and DEFAULT in api.stages else None


def _read(result: Result, kind: str, *, second: bool) -> HttpAnswer:
    """What the client gets of what the function returned."""
    if result.failed:
        return _BROKEN[kind]
    try:
        return second_answer(result.payload) if second else first_answer(result.payload, rest=kind == REST)
    except Malformed:
        return _BROKEN[kind]


def _mocked(integration: Integration) -> HttpAnswer:
    """The default answer of a mock: its status, and the headers that are texts in quotes."""
    default = integration.answers.get("default", {})
    start = "method.response.header."
    headers = {
        name.removeprefix(start): str(value)[1:-1]
        for name, value in default.get("responseParameters", {}).items()
        if name.startswith(start) and str(value).startswith("'")
    }
    body = str(default.get("responseTemplates", {}).get("application/json", "")).strip()
    return HttpAnswer(status=int(default.get("statusCode") or 200), body=body, headers=headers)

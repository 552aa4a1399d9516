"""WebSocket APIs: clients connect, send and are sent messages, and go.

A route's function is invoked for a connection ($connect, $disconnect) or a message, by the key that the
API's selection expression finds in it, otherwise $default. Without a status below 300 from $connect there
is no connection. What a function returns for a message reaches the client only where the route has a
response. A backend reaches a client with PostToConnection, at the API's own endpoint.

Left out: integrations but functions, models, API keys, access logs, what travels as bytes.

Sources:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from scenarios.cloud.apigateway.apis import DEFAULT, IAM, NONE, SERVICE, Api, Route, Stage
from scenarios.cloud.apigateway.authorizers import Authorizers
from scenarios.cloud.apigateway.declared_apis import sockets_of
from scenarios.cloud.apigateway.emitted import NAMESPACE
from scenarios.cloud.apigateway.messages import HttpRequest
from scenarios.cloud.apigateway.payloads import Asking
from scenarios.cloud.apigateway.requests import Requests
from scenarios.cloud.asked import Asked
from scenarios.cloud.functions.invocations import Result
from scenarios.cloud.functions.service import may_invoke
from scenarios.cloud.functions.versions import standing
from scenarios.cloud.kernel.blobs import bytes_of
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.clock import Entry
from scenarios.cloud.kernel.errors import NotSimulated, Refused, WorldError
from scenarios.cloud.kernel.stack import Stack
from scenarios.cloud.setting import Setting

CONNECT: Final = "$connect"
DISCONNECT: Final = "$disconnect"
SWITCHED: Final = 101  # HTTP's status for a connection that was made
_MANAGEMENT: Final = "apigatewaymanagementapi"
_LONGEST: Final = timedelta(hours=2)
_IDLE: Final = timedelta(minutes=10)
_LARGEST_BYTES: Final = 128 * 1024
_NORMAL, _GOING_AWAY, _TOO_BIG = 1000, 1001, 1009
_PATH = re.compile(r"\$request\.body\.([\w.-]+)|\$\{request\.body\.([\w.-]+)\}")


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """A client's connection, or the attempt at one. `status`: 101 where it was made; `received`: messages.

    `code`: why it was closed, as WebSocket numbers it; 0 while it is open.
    """

    id: str
    api: Api
    stage: Stage
    request: HttpRequest
    since: datetime
    status: int = SWITCHED
    received: list[str] = field(default_factory=list)
    code: int = 0
    active: datetime
    said: Mapping[str, Any] | None = None
    ends: Entry | None = None

    @property
    def open(self) -> bool:
        """Whether messages go either way."""
        return self.status == SWITCHED and not self.code


class WebSockets:
    """Every connection of a world."""

    def __init__(self, setting: Setting, requests: Requests) -> None:
        self._setting = setting
        self._requests = requests
        self._authorizers = Authorizers(setting, requests.invoke)
        self._apis: dict[str, Api] = {}
        self._connections: dict[str, Connection] = {}
        self._endpoint = ""
        for operation, answer in (
            ("PostToConnection", self._post),
            ("GetConnection", self._get),
            ("DeleteConnection", self._delete),
        ):
            setting.calls.answer(_MANAGEMENT, operation, answer)
        setting.calls.before_each(self._note_endpoint)

    def know(self, stacks: Sequence[Stack]) -> None:
        """These stacks' APIs are there."""
        self._apis = {api.host: api for api in sockets_of(stacks)}

    def url(self, api_id: str, stage: str = "") -> str | None:
        """Where clients connect to a stage, by default the last; None for an API that isn't here."""
        api = next((each for each in self._apis.values() if each.id == api_id), None)
        return None if api is None else f"wss://{api.host}/{stage or tuple(api.stages)[-1]}"

    # ---- what clients do ------------------------------------------------------------------------

    def connect(
        self, caller: Caller | None, url: str, headers: Mapping[str, str] | None = None
    ) -> Connection:
        """Connect to a stage; `caller` None signs it as nobody. Raises WorldError where nothing answers."""
        parts = urlsplit(url)
        api, name = self._apis.get(parts.hostname or ""), parts.path.strip("/")
        if api is None or name not in api.stages:
            raise WorldError(f"no WebSocket API answers at {url}")
        stage, now = api.stages[name], self._setting.clock.now
        if stage.logs is not None:
            raise NotSimulated("apigatewayv2", f"access logs of a WebSocket API ({api.name})")
        request = HttpRequest(
            method="GET",
            path=parts.path,
            host=api.host,
            query=parts.query,
            headers=dict(headers or {}),
            caller=caller,
        )
        draw = self._setting.random("apigatewayv2.connections").getrandbits(88).to_bytes(11, "big")
        number = base64.b64encode(draw).decode()
        connection = Connection(id=number, api=api, stage=stage, request=request, since=now, active=now)
        self._measure(connection, "ConnectCount")
        connection.status = self._status(connection)
        if connection.open:
            self._connections[connection.id] = connection
            self._watch(connection)
        elif connection.status < 500:
            self._measure(connection, "ClientError")
        return connection

    def send(self, connection: Connection, body: str) -> None:
        """Send a message to the API; raises WorldError on a connection that is closed."""
        if not connection.open:
            raise WorldError("this connection is closed")
        self._measure(connection, "MessageCount")
        connection.active = self._setting.clock.now
        if len(body.encode()) > _LARGEST_BYTES:
            self.close(connection, code=_TOO_BIG)
            return
        number = self._setting.new_uuid("apigateway.request")
        route = self._route(connection.api, body)
        if route is None:
            self._measure(connection, "ClientError")
            self._tell_error(connection, "Forbidden", number)
            return
        told = {"messageId": number[:16], "eventType": "MESSAGE", "requestId": number}
        result = self._invoked(connection, route, told, {"body": body})
        if result is None or result.failed:
            self._measure(connection, "IntegrationError")
            self._tell_error(connection, "Internal server error", number)
        elif route.responds and isinstance(result.payload, dict) and "body" in result.payload:
            connection.received.append(str(result.payload["body"]))

    def close(self, connection: Connection, *, code: int = _NORMAL, reason: str = "") -> None:
        """Close a connection, whoever does; $disconnect hears of it."""
        if not connection.open:
            return
        connection.code = code
        self._connections.pop(connection.id, None)
        if connection.ends is not None:
            connection.ends.cancelled = True
        route = _named(connection.api, DISCONNECT)
        if route is not None:
            told = {
                "eventType": "DISCONNECT",
                "disconnectStatusCode": code,
                "disconnectReason": reason,
                "requestId": self._setting.new_uuid("apigateway.request"),
            }
            self._invoked(connection, route, told, {})

    # ---- how long a connection lasts ------------------------------------------------------------

    def _watch(self, connection: Connection) -> None:
        """Close it when it has been idle, or open, for too long."""
        at = min(connection.active + _IDLE, connection.since + _LONGEST)
        look = partial(self._look, connection)
        connection.ends = self._setting.clock.at(at, look, "API Gateway looks at a connection")

    def _look(self, connection: Connection) -> None:
        now = self._setting.clock.now
        if now >= connection.since + _LONGEST or now >= connection.active + _IDLE:
            self.close(connection, code=_GOING_AWAY, reason="Going away")
        else:
            self._watch(connection)

    # ---- routes ---------------------------------------------------------------------------------

    def _status(self, connection: Connection) -> int:
        """What the client is answered when it connects."""
        api, request = connection.api, connection.request
        route = _named(api, CONNECT)
        if route is None:
            return SWITCHED
        refused = self._refused(connection, route)
        if refused:
            return refused
        told = {"eventType": "CONNECT", "requestId": self._setting.new_uuid("apigateway.request")}
        headers = {"Host": request.host, "User-Agent": request.agent, **request.headers}
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        more = {
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            **({"queryStringParameters": query} if query else {}),
        }
        result = self._invoked(connection, route, told, more)
        if result is None:
            return 500
        payload = result.payload
        if (
            result.failed
            or not isinstance(payload, dict)
            or not str(payload.get("statusCode", "")).isdecimal()
        ):
            return 502
        status = int(payload["statusCode"])
        return SWITCHED if 200 <= status < 300 else status

    def _refused(self, connection: Connection, route: Route) -> int:
        """The status of who may not connect; 0 for who may."""
        api, request, identity = connection.api, connection.request, self._setting.identity
        arn = api.arn(connection.stage.name, CONNECT, "")
        if route.authorizer is not None:
            asking = self._asking(connection, route)
            said = self._authorizers.asked(api, route.authorizer, asking, arn)
            connection.said = {key: value for key, value in said.context.items() if value is not None}
            return said.refused.status if said.refused is not None else 0
        if route.authorization == IAM:
            caller = request.caller
            allowed = caller is not None and identity.judge(caller, "execute-api:Invoke", arn).allowed
            return 0 if allowed else 403
        if route.authorization != NONE:
            raise NotSimulated("apigatewayv2", f"{route.authorization}, which {CONNECT} asks")
        return 0

    def _asking(self, connection: Connection, route: Route) -> Asking:
        api, request = connection.api, connection.request
        return Asking(
            request=request,
            account=api.account,
            api=api.id,
            stage=connection.stage.name,
            key=route.path,
            resource=route.path,
            path=f"/{connection.stage.name}",
            parameters={},
            variables=connection.stage.variables,
            id=self._setting.new_uuid("apigateway.request"),
            now=self._setting.clock.now,
            signed=route.authorization == IAM,
        )

    def _route(self, api: Api, body: str) -> Route | None:
        """The route of a message: the one that the selection expression names, or $default."""
        found = _PATH.search(api.selection)
        if found is None:
            raise NotSimulated("apigatewayv2", f"the route selection expression {api.selection}")
        try:
            value: Any = json.loads(body)
        except ValueError:
            value = None
        for part in (found[1] or found[2]).split("."):
            value = value.get(part) if isinstance(value, dict) else None
        chosen = (
            _named(api, str(value))
            if isinstance(value, str | int) and not str(value).startswith("$")
            else None
        )
        return chosen or _named(api, DEFAULT)

    def _invoked(
        self, connection: Connection, route: Route, told: Mapping[str, Any], more: Mapping[str, Any]
    ) -> Result | None:
        """Run a route's function; None where it isn't there, or API Gateway may not invoke it."""
        api, stage, integration = connection.api, connection.stage, route.integration
        if integration.kind != "aws_proxy" or not integration.function:
            raise NotSimulated(
                "apigatewayv2", f"the integration of {route.path}: {integration.kind or 'none'}"
            )
        function, source = integration.function, api.arn(stage.name, route.path, "")
        allowed = may_invoke(self._setting, SERVICE, function, source, role=integration.credentials)
        if standing(api.account, function) is None or not allowed:
            return None
        now = self._setting.clock.now
        event = {
            **more,
            "requestContext": {
                "routeKey": route.path,
                "messageDirection": "IN",
                "stage": stage.name,
                "connectedAt": int(connection.since.timestamp() * 1000),
                "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
                "requestTimeEpoch": int(now.timestamp() * 1000),
                "identity": {
                    "sourceIp": connection.request.address,
                    "userAgent": connection.request.agent,
                },
                "domainName": api.host,
                "connectionId": connection.id,
                "apiId": api.id,
                "extendedRequestId": told["requestId"],
                **({"authorizer": dict(connection.said)} if connection.said is not None else {}),
                **told,
            },
            "isBase64Encoded": False,
            **({"stageVariables": dict(stage.variables)} if stage.variables else {}),
        }
        _, result = self._requests.invoke(function, event, 1)
        return result

    @staticmethod
    def _tell_error(connection: Connection, message: str, number: str) -> None:
        told = {"message": message, "connectionId": connection.id, "requestId": number}
        connection.received.append(json.dumps(told))

    def _measure(self, connection: Connection, name: str) -> None:
        api = connection.api
        self._setting.measured(api.region, NAMESPACE, {name: 1.0}, {"ApiId": api.id})

    # ---- what backends do -----------------------------------------------------------------------

    def _note_endpoint(self, client: Any, asked: Asked) -> None:
        if asked.service == _MANAGEMENT:
            self._endpoint = str(client.meta.endpoint_url)

    def _found(self, asked: Asked, method: str) -> Connection:
        """The connection that a call names, at the endpoint of its own API and stage.

        No parameter tells the API, so IAM is asked here.
        """
        parts, name = urlsplit(self._endpoint), str(asked.parameters["ConnectionId"])
        api, stage = self._apis.get(parts.hostname or ""), parts.path.strip("/")
        if api is None or stage not in api.stages:
            raise Refused("ForbiddenException", "Forbidden", 403)
        arn = api.arn(stage, method, f"/@connections/{name}")
        action = "execute-api:ManageConnections"
        decision = self._setting.identity.judge(asked.caller, action, arn)
        if not decision.allowed:
            who = asked.caller.arn
            why = f"User: {who} is not authorized to perform: {action} on resource: {arn}"
            raise Refused("AccessDeniedException", why, 403)
        connection = self._connections.get(name)
        if connection is None or connection.api.id != api.id or connection.stage.name != stage:
            raise Refused("GoneException", "", 410)
        return connection

    def _post(self, asked: Asked) -> dict[str, Any]:
        connection = self._found(asked, "POST")
        content = bytes_of(asked.parameters["Data"])
        if len(content) > _LARGEST_BYTES:
            raise Refused("PayloadTooLargeException", "Message is too long", 413)
        connection.received.append(content.decode("utf-8", "replace"))
        connection.active = self._setting.clock.now
        self._measure(connection, "MessageCount")
        return {}

    def _get(self, asked: Asked) -> dict[str, Any]:
        connection = self._found(asked, "GET")
        request = connection.request
        return {
            "ConnectedAt": connection.since,
            "Identity": {"SourceIp": request.address, "UserAgent": request.agent},
            "LastActiveAt": connection.active,
        }

    def _delete(self, asked: Asked) -> dict[str, Any]:
        connection = self._found(asked, "DELETE")
        close = partial(self.close, connection, reason="Connection Closed Normally")
        self._setting.clock.after(0.1, close, "API Gateway closes a connection")
        return {}


def _named(api: Api, key: str) -> Route | None:
    return next((route for route in api.routes if route.path == key), None)

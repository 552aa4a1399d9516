"""An API of either kind: its routes and which of them is taken, what stands behind these, and its stages.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from scenarios.cloud.kernel.errors import NotSimulated

SERVICE: Final = "apigateway.amazonaws.com"
REST: Final = "REST"
HTTP: Final = "HTTP"
WEB_SOCKET: Final = "WEBSOCKET"
ANY: Final = "ANY"
DEFAULT: Final = "$default"
IAM: Final = "AWS_IAM"
NONE: Final = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What answers a route: `kind` is AWS's type of it, `function` an ARN; `credentials` a role's, or ""."""

    kind: str
    function: str = ""
    payload: str = "1.0"
    seconds: float = 29
    credentials: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)  # of a mock


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """Who is asked who may: a function (`kind` token or request), or a client's token (jwt or pools).

    `id`: as permissions name it; `sources`: where a client says who it is; `seconds`: for how long a
    function's answer is remembered; `simple`: it answers yes or no; `valid`: how a token looks. `issuer` and
    `audience` are a JWT's, `pools` the ARNs of user pools.
    """

    name: str
    kind: str
    function: str = ""
    sources: tuple[str, ...] = ()
    seconds: int = 300
    payload: str = "1.0"
    simple: bool = False
    valid: str = ""
    id: str = ""
    credentials: str = ""
    issuer: str = ""
    audience: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A method of a path. `path` is "$default" where a request goes that no other route takes."""

    method: str
    path: str
    integration: Integration
    authorization: str = NONE
    needs_key: bool = False
    authorizer: Authorizer | None = None
    scopes: tuple[str, ...] = ()  # of which a client's token must have one
    responds: bool = False  # whether a WebSocket's client gets what the function returns

    @property
    def key(self) -> str:
        """As an HTTP API names it."""
        return self.path if self.path == DEFAULT else f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage; `limits`: requests a second and at once, by `METHOD /path`, "" for every route.

    `logs`: DestinationArn and Format of its access logs; None where it has none.
    """

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    logs: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """An API as its stack has it. `kind`: REST or HTTP; `policy`: who may ask at all.

    `key_source`: where a client's API key comes from, HEADER or AUTHORIZER; `selection`: where a WebSocket's
    message names its route.
    """

    kind: str
    id: str
    name: str
    region: str
    account: str
    routes: tuple[Route, ...]
    stages: Mapping[str, Stage]
    policy: Mapping[str, Any] | None = None
    cors: Mapping[str, Any] | None = None
    reachable: bool = True
    binary: tuple[str, ...] = ()
    key_source: str = "HEADER"
    selection: str = ""

    @property
    def host(self) -> str:
        """Where it is asked."""
        return f"{self.id}.execute-api.{self.region}.amazonaws.com"

    def arn(self, stage: str, method: str, path: str) -> str:
        """The ARN of a request, for policies."""
        return f"arn:aws:execute-api:{self.region}:{self.account}:{self.id}/{stage}/{method}{path}"


def taken(api: Api, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The route that a request takes, with the path's parameters; None where none does.

    `path`: quoted, without the stage. A REST API chooses the path first, and then the method on it.
    """
    parts = path.strip("/").split("/")
    found = [
        (_rank(route), route, parameters)
        for route in api.routes
        if route.path != DEFAULT and (parameters := _matched(route.path, parts)) is not None
    ]
    if api.kind == HTTP:
        found = [each for each in found if each[1].method in {method, ANY}]
    elif found:
        best = min(rank for rank, _, _ in found)
        found = [each for each in found if each[0] == best and each[1].method in {method, ANY}]
    if found:
        _, route, parameters = min(found, key=lambda each: (each[0], each[1].method == ANY))
        return route, parameters
    return next(((route, {}) for route in api.routes if route.path == DEFAULT), None)


def _rank(route: Route) -> tuple[int, ...]:
    """Of two paths that a request matches, the one whose earlier parts are more certain."""
    parts = route.path.strip("/").split("/")
    return tuple(2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in parts)


def _matched(path: str, asked: list[str]) -> Mapping[str, str] | None:
    """The path's parameters; None where the paths differ."""
    parameters: dict[str, str] = {}
    declared = path.strip("/").split("/")
    for place, name in enumerate(declared):
        if name.endswith("+}"):
            rest = asked[place:]
            if not rest or rest == [""]:
                return None
            return parameters | {name[1:-2]: unquote("/".join(rest))}
        if place >= len(asked):
            return None
        if name.startswith("{"):
            if not asked[place]:
                return None
            parameters[name[1:-1]] = unquote(asked[place])
        elif name != unquote(asked[place]):
            return None
    return parameters if len(declared) == len(asked) else None


def behind(route: Route) -> Integration:
    """What answers a route, if it is one of those that are simulated; raises NotSimulated."""
    kind = route.integration.kind
    if kind not in {"aws_proxy", "mock"} or (kind == "aws_proxy" and not route.integration.function):
        raise NotSimulated("apigateway", f"the integration of {route.key}: {kind or 'none'}, or no function")
    return route.integration

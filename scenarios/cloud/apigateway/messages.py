"""A request over HTTP as a client sends it, and what it gets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from scenarios.cloud.kernel.caller import Caller

_NOBODYS_ADDRESS = "192.0.2.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What a client sends. `caller`: who signed it, None for nobody.

    `path` and `query` as in the URL, still quoted; `body` the bytes, None for none; `attempt`: how often the
    client has sent it by now.
    """

    method: str
    path: str
    host: str = ""
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    caller: Caller | None = None
    attempt: int = 1

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The query's names and values, in their order."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def address(self) -> str:
        """Where it comes from."""
        return self.caller.source_ip if self.caller is not None else _NOBODYS_ADDRESS

    @property
    def agent(self) -> str:
        """The client's name for itself."""
        given = self.header("user-agent")
        return given or (self.caller.user_agent if self.caller is not None else "curl/8.7.1")

    def header(self, name: str) -> str:
        """The value of a header, whatever the case of its name; "" without it."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    @property
    def plain_path(self) -> str:
        """The path, no longer quoted."""
        return unquote(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What a client of the API gets. `cookies`: the values of its Set-Cookie headers."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


def says(status: int, kind: str, body: Mapping[str, Any] | str) -> HttpAnswer:
    """An answer of AWS's own, with its name for the error; "" for none."""
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"content-type": "application/json", **({"x-amzn-errortype": kind} if kind else {})}
    return HttpAnswer(status=status, body=text, headers=headers)


UNAUTHORIZED: Final = says(401, "UnauthorizedException", {"message": "Unauthorized"})
FORBIDDEN: Final = says(403, "ForbiddenException", {"message": "Forbidden"})
TOO_MANY: Final = says(429, "TooManyRequestsException", {"message": "Too Many Requests"})


def path_of(*parts: str) -> str:
    """A path of these parts, each quoted as a client has to."""
    return "".join(f"/{quote(part, safe=':')}" for part in parts)

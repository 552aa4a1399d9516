"""A request and an answer in HTTP, as plain values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What a client sent. `target`: path and query as they came; names of headers in small letters."""

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    peer: str = "127.0.0.1"

    @property
    def path(self) -> str:
        """The path, still quoted."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query, still quoted."""
        return self.target.partition("?")[2]

    @property
    def asked(self) -> dict[str, str]:
        """The query's parameters by name; of one that comes twice, the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def host(self) -> str:
        """The name that the client asked for, without a port: `127.0.0.1`, `bucket.localhost`."""
        host = self.headers.get("host", "")
        if host.startswith("["):
            return host.partition("]")[0].lstrip("[")
        return host.partition(":")[0].lower()

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the path, unquoted."""
        return tuple(unquote(part) for part in self.path.strip("/").split("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What goes back."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(repr=False, default=b"")


def in_json(value: Any, status: int = 200, **headers: str) -> HttpAnswer:
    """An answer in JSON; moments are texts in it."""
    body = json.dumps(value, default=str, separators=(",", ":")).encode()
    return HttpAnswer(status=status, headers={"Content-Type": "application/json", **headers}, body=body)

"""What a program inside a world sends by http.client, and so by urllib and urllib3, never reaches a socket.

A connection only collects the request; whoever answers is asked once it is whole. So a refused connection is
an error of sending, and an answer that comes too late one of reading. Programs that open a socket themselves
are refused by the world as before.

How they are built: https://docs.python.org/3/library/http.client.html (HTTPConnection.connect);
https://github.com/urllib3/urllib3/blob/main/src/urllib3/connection.py
"""

import http
import http.client
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import urllib3.connection

from scenarios.cloud.kernel.replaced import replaced

_END_OF_HEADERS: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it was sent. `patience`: the seconds that its sender waits, None: for ever."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    patience: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What it is answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask = Callable[[Sent], Received]
"""Answers a request; raises OSError where there is no connection, TimeoutError where nobody waits so long."""


class _Connection:
    """What stands for a socket: it collects a request, and gives the answer as a file."""

    def __init__(self, ask: Ask, address: str, patience: float | None) -> None:
        self._ask = ask
        self._address = address
        self._patience = patience
        self._sent = b""
        self._answer = b""
        self._too_late: TimeoutError | None = None

    def sendall(self, data: Any) -> None:
        """Collect a part of the request; the last one sends it."""
        self._sent += bytes(data)
        if not _is_whole(self._sent):
            return
        sent, self._sent = self._sent, b""
        try:
            self._answer = _written(self._ask(_read(sent, self._address, self._patience)))
        except TimeoutError as late:
            self._too_late = late

    def makefile(self, *_: Any, **__: Any) -> io.BytesIO:
        """The answer."""
        if self._too_late is not None:
            raise self._too_late
        return io.BytesIO(self._answer)

    def settimeout(self, seconds: float | None) -> None:
        """Wait so long from now on."""
        self._patience = seconds

    def setsockopt(self, *_: Any) -> None:
        """There is nothing to set."""

    def shutdown(self, *_: Any) -> None:
        """There is nothing to end."""

    def close(self) -> None:
        """There is nothing to close."""


def _is_whole(sent: bytes) -> bool:
    """https://www.rfc-editor.org/rfc/rfc9112#section-6.3 ."""
    if _END_OF_HEADERS not in sent:
        return False
    _, headers, body = _parts(sent)
    if _is_chunked(headers):
        return body.endswith(b"0\r\n\r\n")
    lengths = [int(value) for name, value in headers.items() if name.lower() == "content-length"]
    return len(body) >= max(lengths, default=0)


def _parts(sent: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = sent.partition(_END_OF_HEADERS)
    first, *lines = head.decode("latin-1").split("\r\n")
    return first, {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}, body


def _is_chunked(headers: Mapping[str, str]) -> bool:
    return any(
        name.lower() == "transfer-encoding" and value.lower() == "chunked" for name, value in headers.items()
    )


def _read(sent: bytes, address: str, patience: float | None) -> Sent:
    first, headers, body = _parts(sent)
    method, target, _ = first.split(" ", 2)
    url = target if target.startswith("http") else f"{address}{target}"
    return Sent(
        method=method,
        url=url,
        headers=headers,
        body=_joined(body) if _is_chunked(headers) else body,
        patience=patience,
    )


def _joined(chunks: bytes) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc9112#section-7.1 ."""
    body, rest = b"", chunks
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if not length:
            break
        body, rest = body + rest[:length], rest[length + 2 :]
    return body


def _written(answer: Received) -> bytes:
    known = {each.value: each.phrase for each in http.HTTPStatus}
    headers = {
        **{name: value for name, value in answer.headers.items() if name.lower() != "content-length"},
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {answer.status} {known.get(answer.status, '')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1", "replace") + _END_OF_HEADERS + answer.body


@contextmanager
def connections(ask: Ask, *, whether: Callable[[], bool]) -> Iterator[None]:
    """Inside, `ask` answers what is sent; where it shouldn't (`whether`), connecting is as it was."""
    classes: tuple[Any, ...] = (
        http.client.HTTPConnection,
        http.client.HTTPSConnection,
        urllib3.connection.HTTPConnection,
        urllib3.connection.HTTPSConnection,
    )
    with replaced([(each, "connect", _connecting(each.connect, ask, whether)) for each in classes]):
        yield


def _connecting(original: Any, ask: Ask, whether: Callable[[], bool]) -> Any:
    def connect(connection: Any) -> None:
        if not whether():
            original(connection)
            return
        secure = connection.default_port == http.client.HTTPS_PORT
        usual = connection.port == (443 if secure else 80)
        port = "" if usual else f":{connection.port}"
        patience = connection.timeout if isinstance(connection.timeout, int | float) else None
        address = f"{'https' if secure else 'http'}://{connection.host}{port}"
        connection.sock = _Connection(ask, address, patience)
        connection.is_verified = True  # urllib3 warns without it

    return connect

"""HTTP in front of the desk: a thread for each connection reads a request, asks, and writes the answer.

Nothing here may wait by Python's own locks, or by `time`, nor start a thread as `threading` does: while there
is a world, all that is the world's.
"""

import _thread
import re
import select
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

from scenarios.serve.messages import HttpAnswer, HttpRequest

MOST_BYTES = 512 * 1024 * 1024  # of a body
_IDLE_SECONDS = 300  # after which a connection that says nothing is closed
_WAITING = 128  # connections that nobody has taken yet
_NEVER_A_BODY = frozenset({204, 304})
_NOT_THEIRS = frozenset({"connection", "transfer-encoding", "date", "server"})
_HEX = re.compile(rb"[0-9a-fA-F]{1,16}")
Ask = Callable[[HttpRequest, Callable[[], bool]], HttpAnswer]
"""What answers a request; whether its client is still there can be asked meanwhile."""


class TooLarge(Exception):
    """A body is larger than is taken."""


class Front:
    """A socket that listens. Each connection lives in a thread that ends with the process."""

    def __init__(self, host: str, port: int, ask: Ask) -> None:
        """Raises OSError where the port can't be had; port 0 is any that is free."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._ask = ask
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, port))
            self._socket.listen(_WAITING)
        except OSError:
            self._socket.close()
            raise

    @property
    def port(self) -> int:
        """The port that it listens at."""
        return int(self._socket.getsockname()[1])

    def open(self) -> None:
        """Take connections from now on, in a thread of its own."""
        _thread.start_new_thread(self._take, ())

    def close(self) -> None:
        """Take no more."""
        self._socket.close()

    def _take(self) -> None:
        while True:
            try:
                connection, peer = self._socket.accept()
            except OSError:
                return  # it was closed
            _thread.start_new_thread(self._talk, (connection, peer))

    def _talk(self, connection: socket.socket, peer: Any) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _Conversation(connection, peer, self)  # type: ignore[arg-type]  # it wants a server of the library's
        except OSError:
            pass  # the client is gone
        finally:
            connection.close()

    def ask(self, request: HttpRequest, is_there: Callable[[], bool]) -> HttpAnswer:
        """Ask the desk."""
        return self._ask(request, is_there)


class _Conversation(BaseHTTPRequestHandler):
    """All requests of one connection, one after the other."""

    server: Front  # type: ignore[assignment]  # what it was given
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    wbufsize = -1  # headers and body leave together

    def handle_one_request(self) -> None:
        """Read one request, ask, and write the answer."""
        try:
            self.raw_requestline = self.rfile.readline(65_537)
        except TimeoutError:
            self.close_connection = True
            return
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        try:
            body = self._body()
        except (ValueError, TooLarge) as error:
            self.close_connection = True
            self._write(
                HttpAnswer(status=413 if isinstance(error, TooLarge) else 400, body=str(error).encode())
            )
            return
        headers = {name.lower(): value for name, value in self._joined()}
        request = HttpRequest(
            method=self.command, target=self.path, headers=headers, body=body, peer=self.client_address[0]
        )
        self._write(self.server.ask(request, self._is_there))

    def _is_there(self) -> bool:
        """Whether the client still waits for an answer, as far as can be seen from here."""
        look = select.poll()
        try:
            look.register(self.connection, select.POLLIN)
            if not look.poll(0):
                return True  # it has nothing more to say, and has not hung up
            return len(self.connection.recv(1, socket.MSG_PEEK)) > 0
        except (OSError, ValueError):
            return False

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What can't be read as HTTP is answered in a few words, and not with the library's page."""
        self.close_connection = True
        self._write(HttpAnswer(status=code, body=(message or explain or "").encode()))

    def handle_expect_100(self) -> bool:
        """A client asks first whether it may send its body."""
        said = super().handle_expect_100()
        self.wfile.flush()
        return said

    def _joined(self) -> list[tuple[str, str]]:
        """Each header once; what came twice is one list."""
        names = dict.fromkeys(name.lower() for name in self.headers)
        return [(name, ",".join(self.headers.get_all(name, ()))) for name in names]

    def _body(self) -> bytes:
        """The body, whose length is told or comes in chunks. Raises ValueError, TooLarge."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise ValueError("Content-Length is no number")
        return self._exactly(int(length))

    def _chunks(self) -> bytes:
        """A body in HTTP's own chunks: https://datatracker.ietf.org/doc/html/rfc9112#section-7.1 ."""
        body = bytearray()
        while size := self._size_of_chunk():
            body += self._exactly(size, of=len(body))
            if self.rfile.readline(3).strip():
                raise ValueError("a chunk goes on behind its size")
        while self.rfile.readline(65_537).strip():
            pass  # trailers
        return bytes(body)

    def _size_of_chunk(self) -> int:
        size = self.rfile.readline(1_024).partition(b";")[0].strip()
        if not _HEX.fullmatch(size):
            raise ValueError(f"{size[:20]!r} is no size of a chunk")
        return int(size, 16)

    def _exactly(self, size: int, of: int = 0) -> bytes:
        if size + of > MOST_BYTES:
            raise TooLarge(f"a body has {MOST_BYTES} bytes at most")
        read = self.rfile.read(size)
        if len(read) < size:
            raise ValueError("the body ends too soon")
        return read

    def _write(self, answer: HttpAnswer) -> None:
        told = {name: _on_one_line(value) for name, value in answer.headers.items()}
        length = next((value for name, value in told.items() if name.lower() == "content-length"), None)
        self.send_response_only(answer.status)
        for name, value in told.items():
            if name.lower() not in {"content-length", *_NOT_THEIRS}:
                self.send_header(name, value)
        silent = self.command == "HEAD" or answer.status in _NEVER_A_BODY
        if answer.status not in _NEVER_A_BODY:
            self.send_header("Content-Length", length if silent and length else str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not silent:
            self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: the timeline has every call."""


def _on_one_line(value: str) -> str:
    """A header of an answer may hold what a client stored; no line of it begins a header of its own."""
    return value.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace").decode("latin-1")

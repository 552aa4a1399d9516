"""How long an answer may take: a server that drips bytes resets every timeout of a socket.

An answer may take as long as its bytes come at the pace of a slow line; then the server is not waited for. It
is not asked again once several answers were lost so, and these are more than one in a hundred; nor once
several listings had no end.
"""

import socket
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

PATIENCE_SECONDS = 15
"""For an answer, however short."""
SLOWEST_BYTES = 4096
"""A second, after that."""
MOST_LOST = 3
_EACH = 100
CALL_SECONDS = 45
"""For a call of a client with all its retries, which wait for half a minute together when S3 throttles."""

_Result = TypeVar("_Result")


class TooSlow(Exception):
    """The server is not waited for any longer; the message says what it did."""


class Patience:
    """Counts what a server did not end. Safe to be used by several threads at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ended = self._slow = self._endless = 0
        self._why = ""

    def endless(self, why: str) -> None:
        """A listing had no end."""
        with self._lock:
            self._endless, self._why = self._endless + 1, why

    def ask(self, call: Callable[[], _Result]) -> _Result:
        """What the call gives; raises TooSlow, and at once where the server is not asked any more."""
        if self._endless >= MOST_LOST or (self._slow >= MOST_LOST and self._slow * _EACH > self._ended):
            raise TooSlow(f"not asked again, since {self._why}")
        try:
            result = call()
        except TooSlow as error:
            with self._lock:
                self._slow, self._why = self._slow + 1, str(error)
            raise
        self._ended += 1  # a count that two threads make one does no harm
        return result


class PatientSocket(socket.SocketIO):
    """Reads a connection, and gives up on an answer that comes too slowly."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection, "rw")
        self._connection = connection
        self.kept = False  # used before: then it may have been cut off meanwhile, without a word
        self.begin()

    def begin(self) -> None:
        """The next answer is waited for from now on."""
        self._received, self._until = 0, time.monotonic() + PATIENCE_SECONDS

    def readinto(self, buffer: Any) -> int | None:
        """As many bytes as there are; raises TooSlow."""
        try:
            count = super().readinto(buffer)
        except TimeoutError as error:
            raise TooSlow("no answer came") from error
        self._received += count or 0
        if time.monotonic() > self._until + self._received / SLOWEST_BYTES:
            raise TooSlow(f"only {self._received} bytes of an answer came in time")
        return count

    def close(self) -> None:
        """Close the connection, too."""
        super().close()
        self._connection.close()


def within(seconds: float, call: Callable[[], _Result]) -> _Result:
    """What the call gives or raises; TooSlow where it takes longer. Its thread is left behind then."""
    answers: SimpleQueue[tuple[_Result | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            answers.put((call(), None))
        except BaseException as error:  # noqa: BLE001  # raised by the caller below
            answers.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except Empty:
        raise TooSlow(f"no whole answer came within {seconds:g} seconds") from None
    if error:
        raise error
    return result  # type: ignore[return-value]

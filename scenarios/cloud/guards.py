"""The machine outside must not show in a world: no socket, no waiting in real time, none of its settings."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import botocore.retries.standard

from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.isolation import without_aws_settings
from scenarios.cloud.kernel.replaced import replaced
from scenarios.cloud.kernel.threads import Threads


def whose_code() -> str:
    """The execution environment of the function that runs; "" while none does."""
    return os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")


@contextmanager
def guarded(threads: Threads) -> Iterator[None]:
    """No socket, no waiting in real time."""

    def no_socket(_: socket.socket, address: Any, *__: Any) -> NoReturn:
        raise WorldError(f"something inside a world tried to reach {address}")

    def no_lookup(host: Any, *_: Any, **__: Any) -> NoReturn:
        raise WorldError(f"something inside a world asked for the address of {host}")

    waiter: Any = botocore.retries.standard.RetryHandler.__init__  # its last default is time.sleep itself
    guards: list[tuple[Any, str, Any]] = [
        (socket.socket, "connect", no_socket),
        (socket.socket, "connect_ex", no_socket),
        (socket.socket, "sendto", no_socket),
        (socket, "getaddrinfo", no_lookup),
        (time, "sleep", threads.sleep),
        # A client outlives the world it was made in; it must wait on the clock of the one it is used in.
        (waiter, "__defaults__", (*waiter.__defaults__[:-1], _wait)),
    ]
    with replaced(guards):
        yield


def _wait(seconds: float) -> None:
    time.sleep(seconds)


@contextmanager
def machine_hidden() -> Iterator[None]:
    """The time zone is UTC, as some of moto's timestamps need; this machine's AWS settings are hidden."""
    try:
        with without_aws_settings():
            os.environ["TZ"] = "UTC"
            time.tzset()
            yield
    finally:
        time.tzset()

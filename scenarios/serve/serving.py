"""From what somebody wants served to a process that serves it."""

import _thread
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from scenarios.cloud.kernel.clock import real_now
from scenarios.cloud.kernel.errors import InvalidTemplate
from scenarios.runner.imperative import CannotOpen
from scenarios.serve.callers import ADMINISTRATOR
from scenarios.serve.deployments import deployment_of
from scenarios.serve.desk import Desk
from scenarios.serve.front import Front
from scenarios.serve.journal import CannotGoOn, Journal, plan_of
from scenarios.serve.served import Plan, Served

Say = Callable[[str], object]


class CannotServe(Exception):
    """Why not, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be served. `template`: a path, "empty", or None for Trailwarden's own stack."""

    host: str = "127.0.0.1"
    port: int = 4566
    template: Path | str | None = None
    code: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    speed: float = 1
    start: datetime | None = None
    seed: int = 1
    state: Path | None = None
    verify: bool = False


def serve(wanted: Wanted, say: Say) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises CannotServe."""
    plan = _plan(wanted)
    journal = _journal(wanted)
    try:
        head = journal.head() if journal is not None else None
        plan = plan if head is None else _kept(wanted, plan_of(head, plan), plan)
        desk = Desk(plan, say, journal)
        front = _front(wanted, desk)
        with _stopped_by_signals(desk):
            desk.serve(lambda served: _open(front, wanted, served, say))
        front.close()
    except InvalidTemplate as error:
        raise CannotServe(f"the stack can't be made: {error}") from error
    except CannotGoOn as error:
        raise CannotServe(f"{error}; remove the folder to begin anew") from error


def _plan(wanted: Wanted) -> Plan:
    start = wanted.start or real_now().replace(microsecond=0)
    try:
        deployment = deployment_of(
            template=wanted.template,
            code=wanted.code,
            parameters=wanted.parameters,
            region=wanted.region,
            start=start,
        )
    except CannotOpen as error:
        raise CannotServe(str(error)) from error
    return Plan(
        deployment=deployment,
        begins=start,
        follows_real_time=wanted.start is None and wanted.speed > 0,
        speed=wanted.speed,
        verify=wanted.verify,
        seed=wanted.seed,
    )


def _journal(wanted: Wanted) -> Journal | None:
    if wanted.state is None:
        return None
    try:
        return Journal.within(wanted.state)
    except OSError as error:
        raise CannotServe(f"{wanted.state} can't be the world's folder: {error.strerror or error}") from error


def _kept(wanted: Wanted, kept: Plan, asked: Plan) -> Plan:
    """The world that the folder holds; what was asked for by name must be that one."""
    if wanted.template is not None and kept.deployment.template != asked.deployment.template:
        raise CannotGoOn(f"{wanted.state} holds the world of another template")
    return kept


def _front(wanted: Wanted, desk: Desk) -> Front:
    try:
        return Front(wanted.host, wanted.port, desk.ask)
    except OSError as error:
        raise CannotServe(
            f"can't listen at {wanted.host}:{wanted.port}: {(error.strerror or str(error)).lower()}"
        ) from error


def _open(front: Front, wanted: Wanted, served: Served, say: Say) -> None:
    """Let requests in, and say what there is to know."""
    front.open()
    url = f"http://{wanted.host}:{front.port}"
    now = served.world.clock.now
    pace = f"{wanted.speed:g} x real time" if wanted.speed else "standing still"
    say(
        f"The simulated AWS is served at {url} (a page at {url}/); it is {now:%Y-%m-%d %H:%M:%S} UTC, {pace}."
    )
    say(f"  export AWS_ENDPOINT_URL={url} AWS_DEFAULT_REGION={wanted.region}")
    if wanted.verify:
        who = served.callers.administrator()
        secret = served.world.identity.secret_of(who.access_key_id)
        keys = f"AWS_ACCESS_KEY_ID={who.access_key_id} AWS_SECRET_ACCESS_KEY={secret}"
        say(f"  export {keys}  # {ADMINISTRATOR}'s")
        say("Signatures are checked; keys that nobody made here are refused.")
    else:
        say(
            f"Keys that nobody made here are those of an administrator, {ADMINISTRATOR}; a plain word as "
            "key is an administrator of that name. Signatures are not checked."
        )
    if not _is_loopback(wanted.host):
        say(
            f"It listens at {wanted.host}: whoever reaches this address may do everything in it, and have "
            "code of this machine's folders run by /_world/deploy."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _stopped_by_signals(desk: Desk) -> Iterator[None]:
    """Ctrl-C and SIGTERM end it after the request that is answered; a second one ends it at once."""
    kept: dict[int, Any] = {}

    def stop(number: int, _: Any) -> None:
        signal.signal(number, kept[number])
        desk.stop()

    for each in (signal.SIGINT, signal.SIGTERM):
        kept[each] = signal.signal(each, stop)
    try:
        with _awake_at_signals(desk):
            yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@contextmanager
def _awake_at_signals(desk: Desk) -> Iterator[None]:
    """Python runs a signal's handler when its main thread next does something.

    A signal that comes just before that thread begins to wait, or that the kernel gives to another thread,
    would be heard of only with the next request.

    https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
    """
    reads, writes = socket.socketpair()
    writes.setblocking(False)
    kept = signal.set_wakeup_fd(writes.fileno())

    def wake() -> None:
        while reads.recv(1):
            desk.wake()
        reads.close()

    _thread.start_new_thread(wake, ())
    try:
        yield
    finally:
        signal.set_wakeup_fd(kept)
        writes.close()

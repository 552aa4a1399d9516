"""One fault at one point of a run, where AWS or the way to it goes wrong.

A point (`kernel.fault_points`) strikes once, in the first attempt of its invocation. Whoever walks all points
is told of each spot before it is passed, and may take a snapshot there.

What the kinds stand for: https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html,
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html,
https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/

Left out: an outage holds for what functions ask; what services hand to each other still arrives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.denied import access_denied
from scenarios.cloud.boto3_calls import client_error
from scenarios.cloud.functions.invocations import Invocation
from scenarios.cloud.functions.service import Functions
from scenarios.cloud.kernel.arns import function_name
from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.kernel.fault_points import OUTAGES, FaultKind, FaultPoint
from scenarios.cloud.kernel.faults import Crash
from scenarios.cloud.setting import Setting
from scenarios.cloud.throttles import Throttles

OUTAGE_SECONDS = 600
AT_ONCE_SECONDS, SOON_SECONDS, LATE_SECONDS, LATER_SECONDS = 0.01, 3.0, 900.0, 3 * 3600.0
LONGEST_WAIT_FOR_ANOTHER_SECONDS = 120
# chalicelib.aws: three tries, of 10 seconds for an answer and of 3 for a connection.
NO_ANSWER_SECONDS, NO_CONNECTION_SECONDS = 30, 9
_LONGER_THAN_ANY_FUNCTION = 24 * 3600
_AGAIN = {FaultKind.TWICE: SOON_SECONDS, FaultKind.TWICE_LATER: LATER_SECONDS}
_AFTER = (FaultKind.CRASH_AFTER, FaultKind.CRASH_TWICE, FaultKind.LOST, FaultKind.SENT_AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a run is: about to make a call, or (call 0) about to deliver an event to a function.

    `waited_for`: somebody waits for the function's answer. `queued`: it is given messages of a queue.
    """

    invocation: int
    call: int
    function: str
    service: str = ""
    operation: str = ""
    waited_for: bool = False
    queued: bool = False

    def __str__(self) -> str:
        what = f"{self.service} {self.operation}" if self.call else "the delivery"
        return f"{what}, {self.function}"


class OneFault:
    """Watches the functions' calls and deliveries, and puts the fault at its point."""

    def __init__(self, setting: Setting, functions: Functions, throttles: Throttles) -> None:
        self._setting = setting
        self._functions = functions
        self._throttles = throttles
        self._denied: set[tuple[str, str, str]] = set()
        self._armed: FaultKind | None = None
        self._behind_this: Callable[[], None] | None = None
        self.point: FaultPoint | None = setting.faults.point
        self.visit: Callable[[Spot], None] = _pass_by
        self.struck = False
        setting.calls.before_each(self._before)
        setting.calls.around(lambda _: None, self._after)
        setting.calls.sent_again = self._is_sent_again
        functions.deliver = self._deliver
        functions.event_sources.comes_again = self._comes_again

    # ---- deliveries -----------------------------------------------------------------------------

    def _deliver(self, invocation: Invocation, attempt: Callable[[Invocation], None]) -> None:
        """Lambda attempts an event it has accepted, at once or as the fault has it."""
        clock = self._setting.clock
        kind = self._kind_at(_delivery(invocation))
        if self._behind_this is not None:
            clock.after(2 * AT_ONCE_SECONDS, self._behind_this, "an event comes after the one behind it")
            self._behind_this = None
        if kind is FaultKind.REORDERED:
            self._hold(lambda: attempt(invocation))
            return
        seconds = LATE_SECONDS if kind is FaultKind.LATE else AT_ONCE_SECONDS
        clock.after(seconds, lambda: attempt(invocation), "Lambda attempts an event")
        if kind in _AGAIN:
            again = invocation.again(self._functions.next_number())
            clock.after(_AGAIN[kind], lambda: attempt(again), "an event comes twice")

    def _comes_again(self, batch: Invocation) -> float | None:
        """A queue's messages are never late for themselves; they may be shown twice."""
        kind = self._kind_at(_delivery(batch))
        return _AGAIN.get(kind) if kind else None

    def _hold(self, attempt: Callable[[], None]) -> None:
        """Keep a delivery back until the next one, or for so long that none may come any more."""
        waiting = [attempt]

        def once() -> None:
            if waiting:
                waiting.pop()()

        self._behind_this = once
        self._setting.clock.after(LONGEST_WAIT_FOR_ANOTHER_SECONDS, once, "a reordered event comes alone")

    def _kind_at(self, spot: Spot) -> FaultKind | None:
        """What goes wrong here, if anything does."""
        self.visit(spot)
        point = self.point
        if point is None or self.struck or (point.invocation, point.call) != (spot.invocation, spot.call):
            return None
        self.struck = True
        self._setting.note("fault", f"{point.kind}: {spot}")
        return point.kind

    # ---- calls ----------------------------------------------------------------------------------

    def _before(self, client: Any, asked: Asked) -> None:
        running = self._functions.running
        if running is None:
            return
        if running.attempts_begun == 1:
            spot = Spot(
                invocation=running.number,
                call=running.calls,
                function=function_name(running.arn),
                service=asked.service,
                operation=asked.operation,
                waited_for=running.waited_for,
                queued=running.queued,
            )
            kind = self._kind_at(spot)
        else:
            kind = self._kind_in_retry(running)
        self._strike(kind, running, client, asked)
        if (function_name(running.arn), asked.service, asked.operation) in self._denied:
            raise _denial(self._setting, client, asked)

    def _kind_in_retry(self, running: Invocation) -> FaultKind | None:
        point = self.point
        again = (
            point is not None
            and point.kind is FaultKind.CRASH_TWICE
            and (point.invocation, point.call, 2) == (running.number, running.calls, running.attempts_begun)
        )
        return FaultKind.CRASH_AFTER if again else None

    def _strike(self, kind: FaultKind | None, running: Invocation, client: Any, asked: Asked) -> None:
        clock = self._setting.clock
        self._armed = kind if kind in _AFTER else None
        if kind is None or kind in _AFTER:
            return
        if kind is FaultKind.CRASH_BEFORE:
            _die(running)
        elif kind is FaultKind.MEANWHILE:
            self._functions.attempt_beside(running.again(self._functions.next_number()))
        elif kind is FaultKind.HANG:
            clock.pass_time(_LONGER_THAN_ANY_FUNCTION)
        elif kind is FaultKind.UNREACHABLE:
            clock.pass_time(NO_CONNECTION_SECONDS)
            raise EndpointConnectionError(endpoint_url=client.meta.endpoint_url)
        elif kind in (FaultKind.THROTTLED, FaultKind.FAILED):
            self._throttles.strike(asked, throttling=kind is FaultKind.THROTTLED)
        elif kind is FaultKind.DENIED:
            self._denied.add((function_name(running.arn), asked.service, asked.operation))
        elif kind in OUTAGES:
            service = OUTAGES[kind]
            self._throttles.overload(service)
            clock.after(OUTAGE_SECONDS, lambda: self._throttles.relieve(service), f"{service} is back")

    def _after(self, _caller: Caller) -> None:
        running = self._functions.running
        kind, self._armed = self._armed, None
        if running is None or kind is None:
            self._armed = kind
            return
        if kind is FaultKind.SENT_AGAIN:
            self._setting.clock.pass_time(NO_ANSWER_SECONDS / 3)
            self._armed = kind
        elif kind is FaultKind.LOST:
            self._setting.clock.pass_time(NO_ANSWER_SECONDS)
            raise ReadTimeoutError(endpoint_url="https://aws.example")
        else:
            _die(running)

    def _is_sent_again(self) -> bool:
        """Whether botocore makes the call that was just made once more."""
        again, self._armed = self._armed is FaultKind.SENT_AGAIN, None
        return again


def _delivery(invocation: Invocation) -> Spot:
    return Spot(
        invocation=invocation.number,
        call=0,
        function=function_name(invocation.arn),
        queued=invocation.queued,
    )


def _pass_by(_spot: Spot) -> None:
    return None


def _die(running: Invocation) -> None:
    running.ended = Crash()
    raise running.ended


def _denial(setting: Setting, client: Any, asked: Asked) -> Exception:
    code, message, status = access_denied(
        setting.actions.denial(asked.service, asked.operation),
        asked.operation,
        asked.caller,
        action=f"{asked.service}:{asked.operation}",
        resource="*",
        because="an explicit deny in a service control policy",
    )
    return client_error(client, asked.operation, code, message, status)


def register(setting: Setting) -> None:
    """Register the fault of this run, if its profile has one, and whoever walks all of them."""
    setting.laws.add(OneFault(setting, setting.laws[Functions], setting.laws[Throttles]))

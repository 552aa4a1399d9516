"""How simulated time goes on while real time does: so many times as fast, or not at all.

What calls and functions take passes at once, and the clock then waits until real time has come as far. What
is moved on request stays ahead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scenarios.cloud.kernel.clock import Clock, real_now, real_seconds


@dataclass(frozen=True, slots=True)
class _Anchor:
    """From this real moment on the clock goes on from that one of its own."""

    real: datetime
    counted: float
    world: datetime


class Pace:
    """The clock of a world beside real time. `speed` 0 is a clock that stands still."""

    def __init__(
        self,
        clock: Clock,
        speed: float,
        *,
        count: Callable[[], float] = real_seconds,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self._clock = clock
        self.speed = speed
        self._count = count
        self._now = now
        self._anchors: list[_Anchor] = []
        self.go_on_from_here()

    def go_on_from_here(self) -> None:
        """From now on, the clock goes on from where it stands."""
        self._anchors.append(_Anchor(self._now(), self._count(), self._clock.now))

    @property
    def due(self) -> datetime:
        """Where the clock should stand by now; it may be ahead, and is never behind."""
        anchor = self._anchors[-1]
        passed = (self._count() - anchor.counted) * self.speed
        return max(self._clock.now, anchor.world + timedelta(seconds=passed))

    @property
    def real(self) -> datetime:
        """The real moment."""
        return self._now()

    def seconds_to(self, moment: datetime | None) -> float | None:
        """In how many real seconds a moment comes; None where it never does by itself."""
        if moment is None or not self.speed:
            return None
        anchor = self._anchors[-1]
        wanted = (moment - anchor.world).total_seconds() / self.speed
        return max(0.0, wanted - (self._count() - anchor.counted))

    def catch_up(self) -> None:
        """Let everything happen that is due by now."""
        self._clock.run(self.due)

    def world_time_of(self, real: datetime) -> datetime:
        """What this clock showed at a real moment: clients sign by theirs, and URLs end by this one."""
        known = [each for each in self._anchors if each.real <= real] or self._anchors[:1]
        anchor = known[-1]
        moment = anchor.world + (real - anchor.real) * self.speed
        following = self._anchors[len(known) :]
        return min(moment, following[0].world) if following else moment

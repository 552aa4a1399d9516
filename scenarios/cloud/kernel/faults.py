"""Faults that a rehearsal injects: duplicates, delays, throttles, crashes, cold starts.

A profile is data; the laws ask it at the places where AWS itself would go wrong. The
same scenario runs under every profile, and its expectations stay the same.

Sources: at-least-once delivery, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from dataclasses import dataclass

from scenarios.cloud.kernel.fault_points import FaultPoint


class Crash(BaseException):
    """The execution environment died here. No `except Exception` catches it, no `finally` may call AWS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """One profile.

    `duplicates`: EventBridge and Logs deliver everything twice, some seconds apart, and a queue shows once
    more what its function handled. `late_seconds`: added to every delivery of a CloudTrail record to
    EventBridge. `reordered`: records that happen close together may arrive in any order. `throttled_every`:
    each n-th call of a function is answered with a throttling error once (0: never). `crash_at`: (n, before):
    the first attempt of each invocation dies before or after its n-th call (None: never). `always_cold`: no
    execution environment is used twice. `grace_seconds`: how much later than promised things may happen under
    this profile. `tells_again`: an alert may come twice: it is marked as sent only after SNS took the
    message, since a second alert is better than none. `targets_throttled`: each target of a rule refuses the
    first so many attempts of each delivery with a throttling error. `point`: one fault at one place, and no
    other. `draws_apart`: what chance brings to one action doesn't depend on what came of those before it.
    """

    name: str
    duplicates: bool = False
    late_seconds: float = 0
    reordered: bool = False
    throttled_every: int = 0
    crash_at: tuple[int, bool] | None = None
    always_cold: bool = False
    grace_seconds: float = 0
    tells_again: bool = False
    targets_throttled: int = 0
    point: FaultPoint | None = None
    draws_apart: bool = False


NONE = Faults(name="none")

PROFILES = {
    profile.name: profile
    for profile in (
        NONE,
        Faults(name="duplicates", duplicates=True),
        Faults(name="late", late_seconds=90, reordered=True, grace_seconds=150),
        Faults(name="throttled", throttled_every=3, grace_seconds=30),
        Faults(name="crash-before", crash_at=(4, True), grace_seconds=75),
        Faults(name="crash-after", crash_at=(4, False), grace_seconds=75, tells_again=True),
        Faults(name="cold", always_cold=True),
        Faults(name="targets-throttled", targets_throttled=2, grace_seconds=60),
    )
}

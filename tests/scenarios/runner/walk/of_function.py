"""A point named by its function, which stays the same when another remediation is added."""

from dataclasses import replace

from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.runner.scenario import Scenario
from scenarios.runner.walk.course import play


def point_of(scenario: Scenario, text: str) -> FaultPoint:
    """The point that a text like `TableDeleted 2.12.crash-after` means in a scenario.

    The first number counts what this function alone is given, where a FaultPoint counts what all are given.
    LookupError where the function is given less.
    """
    function, _, rest = text.partition(" ")
    point = FaultPoint.parse(rest)
    spots = play(scenario, seed=1).spots
    given = sorted({spot.invocation for spot in spots if f"-{function}-" in spot.function} - {0})
    if len(given) < point.invocation:
        raise LookupError(f"{scenario.name}: {function} is given {len(given)} events, so no point {text}")
    return replace(point, invocation=given[point.invocation - 1])

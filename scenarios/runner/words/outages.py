"""Words for AWS failing us: a service that throttles a function's every request, until it doesn't."""

from scenarios.runner.scenario import Action


def falls_ill(service: str) -> Action:
    """From now on the service, by its hyphenated id (`cloudwatch-logs`), throttles what functions ask."""
    return Action(f"{service} is overloaded", lambda world: world.throttles.overload(service))


def is_well_again(service: str) -> Action:
    """From now on it answers."""
    return Action(f"{service} is well again", lambda world: world.throttles.relieve(service))


def fails(service: str, operation: str, calls: int) -> Action:
    """So many calls of functions are answered with AWS's own failure (500), however often botocore sends.

    0: it works again.
    """
    requests = 3 * calls
    return Action(
        f"{service} {operation} fails {calls} times" if calls else f"{service} {operation} works again",
        lambda world: world.throttles.fail(service, operation, requests),
    )


def throttles(service: str, operation: str, calls: int) -> Action:
    """So many calls of functions fail, however often botocore sends each. 0: it works again."""
    requests = 3 * calls
    return Action(
        f"{service} {operation} is throttled {calls} times"
        if calls
        else f"{service} {operation} works again",
        lambda world: world.throttles.refuse(service, operation, requests),
    )

"""What scenarios say of the stack's own metrics and its dashboard."""

from datetime import timedelta

from chalicelib.references import NAMESPACE
from chalicelib.remediation import Severity
from chalicelib.stack import FINDINGS, LATENCY, SEVERITY
from scenarios.cloud.world import World
from scenarios.runner.scenario import Check

_DAY = timedelta(days=1)


def measured(severity: Severity, *, within_seconds: float) -> Check:
    """The stack's metrics have a finding of this severity, and an alert that was so late at most."""

    def judge(world: World) -> str | None:
        found = sum(_points(world, FINDINGS, {SEVERITY: str(severity)}, "Sum"))
        if not found:
            return "they have none"
        quickest = min(_points(world, LATENCY, {}, "Minimum"), default=None)
        if quickest is None or quickest > within_seconds:
            return f"the quickest alert came after {quickest} s"
        return None

    return Check(f"the stack's metrics count a finding that is {severity}", judge)


def _points(world: World, metric: str, dimensions: dict[str, str], statistic: str) -> list[float]:
    namespace = NAMESPACE.replace("${AWS::StackName}", world.home.name)
    store = world.cloudwatch.store(world.deployment.home)
    start, end = world.deployment.start - _DAY, world.clock.now + timedelta(seconds=1)
    points = store.statistic(namespace, metric, dimensions, statistic, period=60, start=start, end=end)
    return [value for _, value in points]

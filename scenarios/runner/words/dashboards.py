"""What scenarios say of the stack's own metrics, here and at a third party."""

from datetime import timedelta

from chalicelib.references import NAMESPACE
from chalicelib.remediation import Severity
from chalicelib.stack import FINDINGS, LATENCY, SEVERITY
from scenarios.cloud.cloudwatch.streams.opentelemetry import V1, of_opentelemetry
from scenarios.cloud.firehose.http_endpoint import accepted, records_in
from scenarios.cloud.kernel.web import WebAnswer, WebRequest, place_of
from scenarios.cloud.world import World
from scenarios.runner.scenario import Check, Given

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


def intake(url: str, *, fails: int = 0) -> Given:
    """A third party takes Firehose's requests there, after so many that it can't."""

    def do(world: World) -> None:
        left = [fails]

        def answer(request: WebRequest) -> WebAnswer:
            left[0] -= 1
            return WebAnswer(status=503) if left[0] >= 0 else accepted(request, world.clock.now)

        world.setting.web.answers(url, answer)

    return Given(f"{place_of(url)} takes metrics, after {fails} requests that it can't", do)


def intake_has(url: str, severity: Severity) -> Check:
    """The third party was sent a finding of this severity, by a metric stream in OpenTelemetry 1.0."""

    def judge(world: World) -> str | None:
        requests = [each for each in world.setting.web.requests if each.url == url]
        bodies = [body for each in requests for body in records_in(each)]
        updates = [update for body in bodies for update in of_opentelemetry(body, V1)]
        found = [each for each in updates if each.dimensions == {SEVERITY: str(severity)} and each.total >= 1]
        return None if found else f"in {len(requests)} requests it was sent {len(updates)} others"

    return Check(f"{place_of(url)} has a finding that is {severity}", judge)


def _points(world: World, metric: str, dimensions: dict[str, str], statistic: str) -> list[float]:
    namespace = NAMESPACE.replace("${AWS::StackName}", world.home.name)
    store = world.cloudwatch.store(world.deployment.home)
    start, end = world.deployment.start - _DAY, world.clock.now + timedelta(seconds=1)
    points = store.statistic(namespace, metric, dimensions, statistic, period=60, start=start, end=end)
    return [value for _, value in points]

"""Which fault points stand for one another, also across the scenarios of a run: plays of a few calls."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from scenarios.cloud.kernel.fault_points import FaultKind
from scenarios.cloud.one_fault import Spot
from scenarios.runner.scenario import Scenario
from scenarios.runner.walk.course import Course, MadeCall
from scenarios.runner.walk.points import all_points

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
SCENARIO = Scenario(name="s", title="S", when=(), then=())


@dataclass(frozen=True, kw_only=True)
class Step:
    """A call, as a function makes it. `item`: of the ledger."""

    service: str
    operation: str
    item: dict | None = None
    error: str = ""


def puts(kind, outcome="", **more):
    outcomes = {"outcome": {"S": outcome}} if outcome else {}
    return Step(service="dynamodb", operation="PutItem", item={"pk": {"S": f"{kind}#x"}, **outcomes, **more})


def claims(seconds):
    until = int((NOW + timedelta(seconds=seconds)).timestamp() * 1000)
    return puts("claim", until={"N": str(until)})


CLAIM, OVER = claims(50), claims(-1)
STORE, TOLD = puts("finding", "under way"), puts("finding", "told")
SEND = Step(service="sns", operation="Publish")
READ = Step(service="ec2", operation="DescribeSnapshots")
ACT = Step(service="ec2", operation="ModifySnapshotAttribute")
OTHER_ACT = Step(service="s3", operation="PutBucketPolicy")
TELLS = (CLAIM, READ, STORE, SEND, TOLD, OVER)
ACTS = (CLAIM, READ, STORE, ACT, SEND, TOLD, OVER)


def play(*steps, function="app-SnapshotShared-1", attempts=1, **spot):
    """A function is given one event, and makes these calls in each attempt."""
    spots = [Spot(invocation=1, call=0, function=function)]
    spots += [
        Spot(invocation=1, call=n, function=function, service=s.service, operation=s.operation, **spot)
        for n, s in enumerate(steps, 1)
    ]
    calls = [
        MadeCall(
            invocation=1,
            attempt=attempt,
            call=number,
            who=function,
            service=step.service,
            operation=step.operation,
            parameters={"Item": step.item} if step.item else {},
            error=step.error,
            at=NOW,
        )
        for attempt in range(1, attempts + 1)
        for number, step in enumerate(steps, 1)
    ]
    given = {"mail": (), "trace": (), "ledger": (), "dead_letters": (), "checks": {}, "struck": False}
    return Course(scenario=SCENARIO, point=None, calls=calls, spots=spots, **given)


def new_in(second, first):
    """What is walked in the second of two plays, as `3.throttled`."""
    known = {each.stands_for for each in all_points(first) if not each.rule}
    return {f"{each.point.call}.{each.point.kind}" for each in all_points(second, known) if not each.rule}


def calls_of(points):
    return {int(each.partition(".")[0]) for each in points}


def test_what_an_earlier_scenario_of_the_run_has_walked_is_skipped():
    assert new_in(play(*TELLS), play(*TELLS)) == set()
    assert len(new_in(play(*TELLS), play())) > len(TELLS)


@pytest.mark.parametrize(
    ("first", "second", "walked"),
    [
        pytest.param(play(*TELLS), play(CLAIM, READ, READ, *TELLS[2:]), set(), id="one more read"),
        pytest.param(play(*TELLS), play(*ACTS), {0, 3, 4, 5}, id="an act comes between"),
        pytest.param(
            play(*ACTS),
            play(*(OTHER_ACT if each is ACT else each for each in ACTS)),
            {0, 4},
            id="another act",
        ),
        pytest.param(
            play(*TELLS),
            play(CLAIM, Step(service="ec2", operation="DescribeSnapshots", error="NotFound"), *TELLS[2:]),
            {0, 2},
            id="a read is answered by an error",
        ),
        pytest.param(
            play(*TELLS), play(*TELLS, function="app-ImageShared-9"), {0, 2}, id="another remediation"
        ),
        pytest.param(
            play(*TELLS), play(*TELLS, function="app2-SnapshotShared-9"), set(), id="another stack's"
        ),
        pytest.param(
            play(*TELLS), play(*TELLS, function="app-Heartbeat-9"), {0, 1, 2, 3, 4, 5, 6}, id="no remediation"
        ),
        pytest.param(play(*TELLS), play(*TELLS, queued=True), {1, 3, 4, 5, 6}, id="woken by a queue"),
        pytest.param(play(*TELLS), play(*TELLS, attempts=2), {0}, id="a retry by itself"),
    ],
)
def test_a_point_is_told_apart_by_its_call_its_function_and_the_effects_around_it(first, second, walked):
    assert calls_of(new_in(second, first)) == walked


def test_where_somebody_waits_the_function_counts():
    assert calls_of(new_in(play(*TELLS, waited_for=True), play(*TELLS))) == {1, 3, 4, 5, 6}


def test_beside_a_claim_another_run_meets_the_same_until_something_changes():
    unclaimed = (READ, CLAIM, READ, STORE, OVER, READ)

    beside = {
        each.point.call
        for each in all_points(play(*unclaimed))
        if each.point.kind is FaultKind.MEANWHILE and not each.rule
    }

    assert beside == {1, 2, 4, 5, 6}

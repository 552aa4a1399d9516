"""Incidents of several remediations, faults, second deliveries and what people ask, in any order.

There is no run without a fault to hold this against: what must hold is what holds by itself. Each fault
passes, so at the end nothing is left open, nothing is lost, nobody was told twice without a reason, and no
table was restored twice. What people ask may be refused, and may meet a fault: then they see the error.

An outage of SNS that lasts longer than Lambda tries makes dead letters; somebody sends them again, in between
or at last. MET counts what the redrives met, so that they can't all have come too early.
"""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scenarios.cloud.kernel.fault_points import FaultKind, FaultPoint
from scenarios.cloud.kernel.faults import Faults
from scenarios.cloud.world import World
from scenarios.incidents.root_login import root
from scenarios.incidents.trail_stopped import mallory
from scenarios.runner.run import deployment_of
from scenarios.runner.scenario import Scenario
from scenarios.runner.walk.course import SETTLED_SECONDS, Watched
from scenarios.runner.walk.invariants import alerts, ledger, limits, whereabouts
from scenarios.runner.words.givens import table
from scenarios.runner.words.people import ask, on_call, path_of
from scenarios.runner.words.trail_settings import on_trail
from tests.sample import ALL, TODAY

MODES = (("TrailStoppedMode", "enforce"), ("TableDeletedMode", "approve"))
ANN, BEN = on_call("ann"), on_call("ben")
ACTING = ("table_deleted", "trail_stopped")
NAMES = ("orders", "carts", "users")
SCENARIO = Scenario(
    name="interleaved",
    title="Several incidents at once",
    parameters=MODES,
    given=tuple(table(name, backup=f"{name}-nightly") for name in NAMES),
    when=(),
    then=(),
)
PASSING = [
    kind for kind in FaultKind if not kind.startswith("no-") and kind not in ("denied", "twice-hours-apart")
]
LONGER_THAN_LAMBDA_TRIES = 250
MET = Counter()
HOLDS = (
    whereabouts.nothing_is_in_no_place,
    alerts.no_alert_is_sent_twice,
    ledger.the_ledger_tells_the_truth,
    ledger.the_ledger_holds_the_same,
    limits.no_remediation_acts_more_often_than_its_cap,
    limits.no_function_answers_itself,
)


class Interleaved(RuleBasedStateMachine):
    """One account, and what happens in it."""

    @initialize(begins=st.sampled_from(["an approval", "nothing", "a sign-in"]))
    def deploy(self, begins):
        faults = Faults(name="interleaved", tells_again=True)
        self.world = World(deployment_of(SCENARIO), seed=1, faults=faults)
        self.world.__enter__()
        with self.world.calls.muted():
            for given in SCENARIO.given:
                given.do(self.world)
        self.watched = Watched(self.world)
        self.before = replace(self.watched.course(SCENARIO), point=None)
        # Event history knows a call after minutes, and before that nothing can be approved.
        mallory.calls("dynamodb", "delete_table", TableName=NAMES[0]).do(self.world)
        self.world.run(900)
        self.deleted = {NAMES[0]}
        self.outages = 0
        if begins != "nothing":
            self.something_becomes_a_dead_letter(of=begins)

    def fault_ahead(self):
        """Whether a fault is set that has not struck and still can: there is one at a time."""
        point = self.world.one_fault.point
        passed = point is not None and self.world.functions.given > point.invocation + 3
        return point is not None and not self.world.one_fault.struck and not passed

    def dead_letters(self):
        return self.world.queues.bodies(self.world.home.resources["DeadLetters"].attributes["Arn"])

    @rule(ahead=st.integers(1, 3), call=st.integers(1, 24), kind=st.sampled_from(PASSING))
    def something_will_fail(self, ahead, call, kind):
        if self.fault_ahead():
            return
        delivery = kind in ("twice", "late", "reordered")
        number = self.world.functions.given + ahead
        self.world.one_fault.point = FaultPoint(invocation=number, call=0 if delivery else call, kind=kind)
        self.world.one_fault.struck = False

    @rule()
    def root_signs_in(self):
        root.signs_in(mfa=False).do(self.world)

    @rule()
    def the_trail_is_stopped(self):
        on_trail(mallory, "stop_logging").do(self.world)

    @rule(name=st.sampled_from(NAMES))
    def a_table_is_deleted(self, name):
        if name not in self.deleted:
            self.deleted.add(name)
            mallory.calls("dynamodb", "delete_table", TableName=name).do(self.world)

    def decides(self, who, verb, remediation):
        def do(world, caller):
            listed = ask(world, caller, "GET", "/findings", query={"remediation": remediation})
            found = [each for each in (listed.json or {}).get("findings", ()) if each["plan_digest"]]
            if listed.status == 200 and found:
                path = path_of("findings", found[0]["id"], verb)
                ask(world, caller, "POST", path, {"plan": found[0]["plan_digest"]})

        who.does(verb, do).do(self.world)

    @rule(who=st.sampled_from([ANN, BEN]))
    def somebody_approves(self, who):
        self.decides(who, "approve", "table_deleted")

    @rule()
    def somebody_refuses(self):
        self.decides(ANN, "refuse", "table_deleted")

    @rule(remediation=st.sampled_from(ACTING))
    def somebody_undoes(self, remediation):
        self.decides(BEN, "undo", remediation)

    @rule(of=st.sampled_from(["a sign-in", "an approval", "an undo", "a deletion"]))
    def something_becomes_a_dead_letter(self, of):
        self.outages += 1
        self.world.throttles.overload("sns")
        if of == "an approval":
            self.decides(ANN, "approve", "table_deleted")
        elif of == "an undo":
            self.decides(BEN, "undo", "trail_stopped")
        elif of == "a deletion":
            self.a_table_is_deleted(name=NAMES[-1])
        root.signs_in(mfa=True).do(self.world)
        self.world.run(LONGER_THAN_LAMBDA_TRIES)
        self.world.throttles.relieve("sns")

    @precondition(lambda self: self.dead_letters())
    @rule(who=st.sampled_from([ANN, BEN]))
    def somebody_redrives(self, who):
        def do(world, caller):
            answer = ask(world, caller, "POST", "/dead-letters/redrive", {"all": True})
            if answer.status == 200:
                MET["letters"] += len(answer.json["sent"])

        MET["redrives"] += 1
        who.does("redrive", do).do(self.world)

    @rule(seconds=st.sampled_from([5, 65, 200, 900]))
    def time_passes(self, seconds):
        self.world.run(seconds)

    @invariant()
    def what_the_ledger_says_is_true(self):
        if hasattr(self, "watched"):
            course = self.watched.course(SCENARIO)
            assert list(ledger.the_ledger_tells_the_truth(self.before, course)) == []

    def teardown(self):
        if not hasattr(self, "world"):
            return
        try:
            self.world.run(3 * SETTLED_SECONDS)
            assert self.outages or self.dead_letters() == []
            self.world.one_fault.point = None
            if self.dead_letters():
                self.somebody_redrives(who=ANN)
                self.world.run(SETTLED_SECONDS)
            course = replace(self.watched.course(SCENARIO), point=None)
            assert [each for holds in HOLDS for each in holds(self.before, course)] == []
            assert self.restored_twice(course) == {}
        finally:
            self.world.__exit__(None, None, None)

    @staticmethod
    def restored_twice(course):
        """The tables that were made again more than once: each is deleted once."""
        made = Counter(
            call.parameters["TargetTableName"]
            for call in course.calls
            if call.operation == "RestoreTableFromBackup" and not call.error
        )
        return {name: times for name, times in made.items() if times > 1}


class TestInterleaved(Interleaved.TestCase):
    """All examples, and then whether the redrives in them met anything."""

    def runTest(self):  # noqa: N802 - hypothesis's name
        super().runTest()
        assert MET["redrives"]
        assert MET["letters"] >= MET["redrives"]


# An example takes seconds: forty have their turn within five days, each day others.
seed(TODAY % 5)(Interleaved)
TestInterleaved.pytestmark = [pytest.mark.slow]
TestInterleaved.settings = settings(
    max_examples=8 if ALL else 1,
    stateful_step_count=12,
    deadline=None,
    database=None,
    phases=[Phase.generate] if not ALL else [Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

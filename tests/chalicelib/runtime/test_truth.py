"""Whatever the ledger says at any moment is true at that moment, and a run that died leaves nothing out."""

from dataclasses import replace

import pytest
from freezegun import freeze_time

from chalicelib.errors import NotAllowed
from chalicelib.remediation import CallProgress, Kept, Outcome, Plan, Quiet
from chalicelib.remediations.instance_state import Cause, cause_called, when_called
from chalicelib.remediations.trail_digest import Audit, anchors_of, audit_with
from chalicelib.runtime.answer import Invocation
from chalicelib.trail.integrity.findings import Anchor
from chalicelib.trail.integrity.keys import Chain
from tests.chalicelib.runtime.house import (
    NOON,
    Context,
    Happening,
    Remedy,
    Stubborn,
    alert,
    built,
    creates,
    later,
)


@pytest.fixture
def house():
    with built() as house:
        yield house


class Died(BaseException):
    """The execution environment went away; nothing catches it."""


class Watched(Stubborn):
    """AWS that is seen through: before a named call is made, what the ledger says is noted."""

    def __init__(self, house, *operations) -> None:
        super().__init__()
        self.house, self.operations, self.seen = house, operations, []

    def client(self, service, region=""):
        real = super().client(service, region)
        return _Seen(self, real)


class _Seen:
    def __init__(self, aws, real) -> None:
        self._aws, self._real = aws, real

    def __getattr__(self, name):
        if name in self._aws.operations:
            self._aws.seen.append((name, *(str(each.outcome) for each in self._aws.house.findings)))
        return getattr(self._real, name)


@pytest.mark.slow
def test_nothing_is_acted_or_told_before_it_is(house):
    aws = Watched(house, "create_table", "publish")

    ended = house.handle(Remedy(Plan.alert(alert(), calls=[creates("a"), creates("b")])), aws=aws)

    assert aws.seen == [("create_table", "under way"), ("create_table", "under way"), ("publish", "acted")]
    assert ended is Outcome.ACTED


@pytest.mark.slow
def test_what_only_tells_is_under_way_until_it_is_told(house):
    aws = Watched(house, "publish")

    ended = house.handle(Remedy(Plan.alert(alert("one"), alert("two"))), aws=aws)

    assert aws.seen == [("publish", "under way"), ("publish", "under way")]
    assert ended is Outcome.TOLD
    assert [each.outcome for each in house.findings] == [Outcome.TOLD]


@pytest.mark.slow
def test_what_is_quiet_is_never_told(house):
    hushed = Remedy(Plan.alert(alert(quiet=Quiet(subject="it", seconds=3600))))
    house.handle(hushed)
    aws = Watched(house, "publish")

    assert house.handle(hushed, Happening(key="e-2", at=later(1)), aws=aws) is Outcome.QUIET
    assert aws.seen == []


@pytest.mark.slow
def test_an_act_that_fails_is_never_read_as_done(house):
    house.aws.refused["create_table"] = "AccessDeniedException"

    with pytest.raises(NotAllowed):
        house.handle(Remedy(Plan.alert(alert(), calls=[creates("orders")])))

    (finding,) = house.findings
    assert (finding.outcome, finding.progress) == (Outcome.FAILED, {0: CallProgress.REFUSED})


# ---- what may be recorded only after the plan is stored ------------------------------------------


class Recorder(Remedy):
    """It records its facts, and dies once before it can."""

    def __init__(self, facts, *, dies=True) -> None:
        super().__init__(Plan.alert(alert()), facts=facts)
        self.dies, self.recorded = dies, []

    def way(self, trigger):
        return replace(
            super().way(trigger), records=self._record, kept=Kept(text=str, facts=lambda text: f"kept {text}")
        )

    def _record(self, aws, event, facts, settings):
        if self.dies:
            self.dies = False
            raise Died
        self.recorded.append(facts)


def dies(house, remedy):
    with freeze_time(NOON), pytest.raises(Died):
        house.handle(remedy)


@pytest.mark.slow
def test_a_retry_records_what_the_run_that_died_had_yet_to_record(house):
    remedy = Recorder("the cause")
    dies(house, remedy)

    with freeze_time(later(60)):
        house.handle(remedy)

    assert remedy.recorded == ["kept the cause"]
    assert remedy.looked == ["e-1"]


@pytest.mark.slow
def test_what_is_recorded_is_not_recorded_by_a_later_try(house):
    """A redrive days later must not write over what was recorded since."""
    remedy = Recorder("the cause", dies=False)
    with freeze_time(NOON):
        house.aws.refused["publish"] = "InternalError"
        remedy.plan = Plan.alert(alert(), alert("more"))
        real = Invocation(
            remedy.remediation, remedy.remediation.ways[0], house.settings, house.aws, Context()
        )
        real.voice = _SaysOne()
        with pytest.raises(Died):
            real.handle(Happening())
        house.aws.refused.clear()
    with freeze_time(later(60)):
        house.handle(remedy)

    assert remedy.recorded == ["the cause"]


class _SaysOne:
    """Says the first alert and dies with the second."""

    def say(self, _entry, index, *_):
        if index:
            raise Died
        return True


@pytest.mark.parametrize("cause", [Cause(), Cause(at=NOON, name="StopInstances")])
def test_a_retry_knows_whether_a_change_was_told_without_its_caller(cause):
    text = when_called(cause)

    assert text
    assert cause_called(text).at == cause.at


def test_a_retry_writes_the_anchors_that_the_audit_came_to():
    anchor = Anchor(
        chain=Chain(account="123456789012", region="eu-west-1", trail="audit", home_region="eu-west-1"),
        bucket="audit",
        key="AWSLogs/1",
        sha256="ab",
        signature="cd",
        ends_at=NOON,
    )

    assert audit_with(anchors_of(Audit(anchors=(anchor,)))).anchors == (anchor,)

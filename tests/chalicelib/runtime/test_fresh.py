"""A plan that waited is held against what is there now, before its next call."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time

from chalicelib.errors import NotAllowed, StillUnderWay, Throttled
from chalicelib.ledger.entries import entry_of
from chalicelib.remediation import CallProgress, Outcome, Plan, Severity
from chalicelib.runtime.fresh import following, held_against, known_again
from chalicelib.settings import Mode
from tests.chalicelib.runtime.house import (
    NOON,
    Happening,
    Remedy,
    alert,
    built,
    creates,
    deletes,
    later,
)

DONE, FOUND, UNSURE = CallProgress.DONE, CallProgress.FOUND, CallProgress.UNSURE
BEGUN, DROPPED = CallProgress.BEGUN, CallProgress.DROPPED
A, B, C = creates("aaa"), creates("bbb"), creates("ccc")
B_FOUND_OTHERWISE = replace(B, undo=deletes("what-was-there-before-bbb"))


def finding(*calls, progress=None, outcome=Outcome.FAILED, **more):
    entry = entry_of("remedy", Happening(), Plan.alert(alert(), calls=calls), outcome)
    return replace(entry, progress=progress or {}, **more)


@pytest.mark.parametrize(
    ("progress", "wanted", "became", "outcome"),
    [
        pytest.param({}, [A, B, C], {}, Outcome.FAILED, id="nothing has changed"),
        pytest.param({0: DONE}, [B, C], {0: DONE}, Outcome.FAILED, id="but for what we did"),
        pytest.param({0: BEGUN}, [A, B, C], {0: BEGUN}, Outcome.FAILED, id="what was begun had no effect"),
        pytest.param({0: BEGUN}, [B, C], {0: UNSURE}, Outcome.FAILED, id="what was begun is in effect"),
        pytest.param({0: DONE}, [C], {0: DONE, 1: DROPPED}, Outcome.FAILED, id="somebody did the second"),
        pytest.param({}, [], {0: DROPPED, 1: DROPPED, 2: DROPPED}, Outcome.SUPERSEDED, id="all is well"),
        pytest.param(
            {0: DONE}, [], {0: DONE, 1: DROPPED, 2: DROPPED}, Outcome.FAILED, id="all is well, in part by us"
        ),
    ],
)
def test_a_call_is_made_only_if_fresh_facts_call_for_it(progress, wanted, became, outcome):
    held = held_against(finding(A, B, C, progress=progress), Plan.alert(alert(), calls=wanted))

    assert (held.plan.calls, held.progress, held.outcome) == ((A, B, C), became, outcome)
    superseded = any(label == "Superseded" for label, _ in held.plan.alerts[0].facts)
    assert superseded == (held != finding(A, B, C, progress=progress))


@pytest.mark.parametrize(
    ("progress", "wanted", "calls", "became"),
    [
        pytest.param({}, [C], (A, B, C), {0: DROPPED, 1: DROPPED}, id="another call"),
        pytest.param({0: DONE}, [C, B], (A, B, C, B), {0: DONE, 1: DROPPED}, id="in the fresh plan's order"),
        pytest.param(
            {0: DONE},
            [B_FOUND_OTHERWISE],
            (A, B, B_FOUND_OTHERWISE),
            {0: DONE, 1: DROPPED},
            id="the same call, over something else than we found",
        ),
        pytest.param(
            {0: DONE, 1: BEGUN},
            [B_FOUND_OTHERWISE],
            (A, B, B_FOUND_OTHERWISE),
            {0: DONE, 1: DROPPED, 2: BEGUN},
            id="which was begun: if it is so already, it may have been us",
        ),
        pytest.param({1: BEGUN}, [C], (A, B, C), {0: DROPPED, 1: UNSURE}, id="begun, and gone since"),
        pytest.param({0: DROPPED, 1: DONE}, [C], (B, C), {0: DONE}, id="what was dropped before is left out"),
    ],
)
def test_where_fresh_facts_call_for_more_the_fresh_plan_takes_over(progress, wanted, calls, became):
    held = held_against(finding(A, B, progress=progress), Plan.alert(alert("fresh"), calls=wanted))

    assert (held.plan.calls, held.progress) == (calls, became)
    assert [each.title for each in held.plan.alerts] == ["fresh"]
    assert "decided from what is there now" in held.plan.alerts[0].facts[0][1]


def test_the_plan_that_takes_over_is_no_less_severe():
    mild = replace(alert("fresh"), severity=Severity.LOW)

    held = held_against(finding(A, warned=frozenset({0, 1})), Plan.alert(mild, calls=[B]))

    assert [each.severity for each in held.plan.alerts] == [Severity.HIGH]
    assert held.warned == {0}


FOLLOWING = replace(B, follows=True)


@pytest.mark.parametrize(
    ("progress", "stands", "kept"),
    [
        pytest.param({0: DONE}, True, True, id="what it follows was done and still is so"),
        pytest.param({0: BEGUN}, True, True, id="it may have been us"),
        pytest.param({0: UNSURE}, True, True, id="it may have been us, as an earlier try found"),
        pytest.param({0: DONE, 1: BEGUN}, True, True, id="it was begun itself"),
        pytest.param(
            {0: FOUND}, False, True, id="somebody else did what it follows first, before it was made"
        ),
        pytest.param({0: DONE}, False, False, id="what it follows was taken back on purpose"),
        pytest.param({}, True, False, id="nothing was done, so that others took the reason away"),
        pytest.param({0: DROPPED}, True, False, id="what it follows was not called for"),
    ],
)
def test_a_call_that_follows_is_made_as_long_as_what_it_follows_stands(progress, stands, kept):
    entry = finding(A, FOLLOWING, progress=progress)
    also = following(entry, lambda call: "" if stands and call == A else "it has moved")

    held = held_against(entry, Plan.alert(alert()), also)

    assert (1 in held.unsettled, also) == ((True, [FOLLOWING]) if kept else (False, []))


def test_a_call_that_follows_nothing_is_dropped_once_it_is_not_called_for():
    assert following(finding(A, B, progress={0: DONE}), lambda _call: "") == []


MAKES_A_GROUP = replace(A, gives={"GroupId": "${group}"})
USES_IT = replace(B, parameters={"GroupId": "${group}"}, undo=None)


@pytest.mark.parametrize(
    ("progress", "answer", "became"),
    [
        ({0: BEGUN}, {"GroupId": "sg-1"}, {0: DONE}),  # it is there, and ours
        ({0: BEGUN}, None, {0: BEGUN}),  # it isn't there, or can't be told from another's
        ({}, {"GroupId": "sg-1"}, {}),  # it was not begun, so what is there is somebody else's
    ],
)
def test_what_was_begun_is_done_where_what_it_makes_is_known_again(progress, answer, became):
    known = known_again(finding(MAKES_A_GROUP, USES_IT, progress=progress), lambda _call: answer)

    assert known.progress == became
    named = known.plan.calls[1].parameters["GroupId"]
    assert named == ("sg-1" if became == {0: DONE} else "${group}")


@pytest.mark.parametrize(("how_far", "made_again"), [(DONE, False), (BEGUN, True), (None, True)])
def test_what_makes_another_thing_each_time_is_not_made_again_once_it_was_answered(how_far, made_again):
    makes = replace(A, once=True)
    entry = finding(makes, B, progress={0: how_far} if how_far else {})

    held = held_against(entry, Plan.alert(alert(), calls=[makes, B]))

    assert [held.plan.calls[at] for at in held.unsettled] == ([makes, B] if made_again else [B])


# ---- the runtime ---------------------------------------------------------------------------------


@pytest.fixture
def house():
    with built() as house:
        yield house


class Fickle(Remedy):
    """It plans what its facts, a tuple of calls, ask for."""

    def __init__(self, *calls) -> None:
        super().__init__(Plan.nothing(), facts=calls)

    def _decide(self, event, facts, now, settings):
        self.decided.append(facts)
        return Plan.alert(alert(), calls=facts)


def failed(house, *calls):
    """A first try that may not make its calls."""
    remedy = Fickle(*calls)
    house.aws.refused["create_table"] = "AccessDeniedException"
    with pytest.raises(NotAllowed):
        house.handle(remedy)
    house.aws.refused.clear()
    return remedy


@pytest.mark.slow
def test_a_redrive_after_the_world_has_moved_on_does_nothing_and_says_so(house):
    remedy = failed(house, A)
    remedy.facts = ()

    ended = house.handle(remedy)

    assert ended is Outcome.SUPERSEDED
    assert house.tables() == []
    assert house.aws.asked.count("create_table") == 1  # the one that was refused
    text = house.mail[1].text
    assert "Superseded: what it was planned from has changed meanwhile, and nothing" in text
    assert "You were told" in text


@pytest.mark.slow
def test_a_retry_whose_facts_hold_is_not_decided_again(house):
    remedy = failed(house, A)

    assert house.handle(remedy) is Outcome.ACTED
    assert house.tables() == ["aaa"]
    assert len(remedy.decided) == 1


@pytest.mark.slow
def test_what_a_run_that_died_had_done_is_not_done_again(house):
    """It died between its call and the mark, so the facts are otherwise because of us."""
    remedy = Fickle(A, B)
    entry = house.run(remedy)._decided(Happening())
    house.ledger.did(entry, 0, BEGUN)
    house.aws.client("dynamodb").create_table(**A.parameters)
    remedy.facts = (B,)
    house.aws.asked.clear()

    assert house.handle(remedy) is Outcome.ACTED

    assert house.findings[0].progress == {0: UNSURE, 1: DONE}
    assert house.aws.asked.count("create_table") == 1


@pytest.mark.slow
@pytest.mark.parametrize(("moved", "made"), [("", ["aaa", "bbb"]), ("somebody took it back", ["aaa"])])
def test_a_call_that_follows_what_a_run_that_died_had_done_is_made(house, moved, made):
    remedy = Fickle(A, FOLLOWING)
    remedy.moved = moved
    entry = house.run(remedy)._decided(Happening())
    house.ledger.did(entry, 0, DONE)
    house.aws.client("dynamodb").create_table(**A.parameters)
    remedy.facts = ()

    assert house.handle(remedy) is Outcome.ACTED

    assert house.tables() == made


@pytest.mark.slow
def test_where_it_can_not_be_looked_at_whether_a_plan_holds_nothing_is_done(house):
    remedy = failed(house, A)
    remedy.facts = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "GetTrail")

    with pytest.raises(Throttled):
        house.handle(remedy)

    assert house.tables() == []
    assert "whether the plan still holds" in house.findings[0].failure


@pytest.mark.slow
def test_a_run_that_died_untold_is_told_though_it_can_not_be_looked_at_again(house):
    remedy = Fickle(A)
    house.run(remedy)._decided(Happening())
    remedy.facts = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "GetTrail")

    with pytest.raises(Throttled):
        house.handle(remedy)

    assert "did not yet try" in house.mail[0].text
    assert "because whether the plan still holds could not be looked at" in house.mail[0].text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "ended"),
    [
        pytest.param({"mode": Mode.OBSERVE}, Outcome.OBSERVED, id="mode"),
        pytest.param({"acts_per_hour": 0}, Outcome.CAPPED, id="cap"),
    ],
)
def test_a_retry_asks_mode_and_cap_again(house, how, ended):
    with freeze_time(NOON):
        remedy = failed(house, A)
    with freeze_time(later(7200)):
        assert house.handle(remedy, **how) is ended

    assert house.tables() == []


@pytest.mark.slow
def test_two_runs_never_change_the_same_plan(house):
    failed(house, A)
    (entry,) = house.findings
    house.ledger.did(entry, 0, DONE)

    with pytest.raises(StillUnderWay):
        house.ledger.replan(entry, replace(entry, outcome=Outcome.SUPERSEDED))

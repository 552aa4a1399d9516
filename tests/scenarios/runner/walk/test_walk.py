"""The walk over fault points: which are walked, and that what breaks is noticed and can be replayed."""

import shutil
from collections import Counter

import pytest

from scenarios.cloud.functions.runtime_environment import PROJECT
from scenarios.cloud.kernel.fault_points import FaultKind, FaultPoint
from scenarios.runner.library import named
from scenarios.runner.walk.apart import walk_apart
from scenarios.runner.walk.course import play
from scenarios.runner.walk.points import all_points
from scenarios.runner.walk.snapshots import Told
from scenarios.runner.walk.walk import MOST_PROVED, PROVED, walk, walk_one
from tests.sample import ALL, sample
from tests.scenarios.runner.walk.of_function import point_of

(ROOT_LOGIN,) = named(["root_login"])


@pytest.fixture(scope="module")
def course():
    return play(ROOT_LOGIN, seed=1)


@pytest.mark.slow
def test_every_call_and_every_delivery_has_its_points(course):
    found = all_points(course)

    of_calls = {each.point.call for each in found if each.point.invocation == 1}
    made = {call.call for call in course.calls if call.invocation == 1}
    assert of_calls == {0, *made}
    assert {each.point.kind for each in found} == set(FaultKind)


def test_rules_skip_what_cannot_differ_and_nothing_that_changes(course):
    found = all_points(course)

    walked = [each for each in found if not each.rule]
    assert 0 < len(walked) < len(found)
    changing = {str(call) for call in course.calls if call.invocation and call.changes}
    crashes = {str(each.place.made) for each in walked if each.point.kind is FaultKind.CRASH_AFTER}
    assert crashes == changing


def test_a_call_that_is_made_once_more_is_another_point_only_where_others_came_between(course):
    walked = [each.point for each in all_points(course) if not each.rule]

    reads_of_a_kind = Counter(
        (each.kind, each.invocation, str(made))
        for each in walked
        for made in course.calls
        if (made.invocation, made.call) == (each.invocation, each.call) and str(made) == "dynamodb GetItem"
    )
    assert reads_of_a_kind
    assert all(count <= 3 for count in reads_of_a_kind.values())


def test_an_invocation_like_one_that_is_walked_is_skipped(course):
    first = all_points(course)
    again = all_points(course, {each.stands_for for each in first if not each.rule})

    assert any(not each.rule for each in first)
    assert all(each.rule for each in again)


@pytest.mark.slow
@pytest.mark.parametrize("to_the_end", [True, False])
def test_only_what_was_walked_to_the_end_counts_for_other_scenarios(monkeypatch, to_the_end):
    def walks(_scenario, points, *, tell, **_):
        for point in points if to_the_end else points[1:]:
            tell(Told(point=point, broken=[]))

    monkeypatch.setattr("scenarios.runner.walk.walk._walk_points", walks)
    known = set()
    walked = walk(ROOT_LOGIN, share=0.1, of_the_day=20260302, known=known)

    assert walked.tried > 0
    assert len(known) == (walked.tried - walked.proved if to_the_end else 0)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0, 1])
def test_of_the_skipped_a_few_are_walked_all_the_same(monkeypatch, share):
    tried = []
    monkeypatch.setattr(
        "scenarios.runner.walk.walk._walk_points", lambda _scenario, points, **_: tried.extend(points)
    )

    walked = walk(ROOT_LOGIN, share=share)

    assert walked.proved == MOST_PROVED * share
    assert walked.skipped + walked.proved > MOST_PROVED / PROVED
    assert len(tried) == walked.proved + (walked.cut_short - walked.proved)


@pytest.mark.slow
def test_each_call_for_a_request_that_somebody_waits_for_is_a_point_too():
    (approve,) = named(["people.approve"])

    found = [each for each in all_points(play(approve, seed=1)) if each.place.spot.waited_for]

    made = {(each.place.spot.service, each.place.spot.operation) for each in found}
    assert made == {
        ("dynamodb", "Query"),
        ("dynamodb", "GetItem"),
        ("dynamodb", "PutItem"),
        ("kms", "GenerateMac"),
        ("lambda", "Invoke"),
    }
    assert {FaultKind.CRASH_AFTER, FaultKind.LOST, FaultKind.DENIED, FaultKind.HANG} < {
        each.point.kind for each in found
    }
    assert not {each.point.kind for each in found} & {FaultKind.CRASH_TWICE, FaultKind.MEANWHILE}


PART = {"share": 0.1 if ALL else 0.02, "of_the_day": 20260302}


@pytest.fixture(scope="module")
def walked():
    return walk_apart(ROOT_LOGIN, **PART)


@pytest.mark.slow
def test_a_walk_of_the_same_seeds_tries_the_same_points(monkeypatch, walked):
    tried = []

    def walks(_scenario, points, *, tell, **_):
        tried.append([str(point) for point in points])
        for point in points:
            tell(Told(point=point, broken=[]))

    monkeypatch.setattr("scenarios.runner.walk.walk._walk_points", walks)
    others = [walk(ROOT_LOGIN, **PART) for _ in range(2)]

    assert tried[0] == tried[1] != []
    assert [each.tried for each in others] == [walked.tried] * 2
    assert [each.left_out for each in others] == [walked.left_out] * 2
    assert walked.left_out > 0


@pytest.mark.slow
def test_a_point_is_replayed_from_the_beginning():
    course, broken = walk_one(ROOT_LOGIN, FaultPoint.parse("1.4.crash-after"))

    assert broken == []
    assert [moment.words for moment in course.trace if moment.kind == "fault"] == [
        f"crash-after: dynamodb PutItem, {course.spots[0].function}"
    ]


@pytest.mark.slow
def test_a_point_that_the_scenario_never_comes_to_is_told():
    with pytest.raises(LookupError, match=r"root_login has no point 99\.1\.crash-after"):
        walk_one(ROOT_LOGIN, FaultPoint.parse("99.1.crash-after"))


@pytest.fixture
def marks_first(tmp_path):
    """The product, but that an alert is marked as sent before it is."""
    for name in ("app.py", "chalicelib"):
        (shutil.copytree if (PROJECT / name).is_dir() else shutil.copy)(PROJECT / name, tmp_path / name)
    answer = tmp_path / "chalicelib" / "runtime" / "answer.py"
    text = answer.read_text()
    sends = "            try:\n                said = self.voice.say("
    assert text.count(sends) == 1
    answer.write_text(text.replace(sends, f"            entry = self._marked(entry, mark, index)\n{sends}"))
    return tmp_path


@pytest.mark.slow
def test_what_breaks_is_told_in_sentences(marks_first):
    point = point_of(ROOT_LOGIN, "RootLogin 1.5.crash-after")

    _, whole = walk_one(ROOT_LOGIN, point)
    _, broken = walk_one(ROOT_LOGIN, point, code=marks_first)

    assert whole == []
    assert [each.partition(":")[0] for each in broken] == [
        "each alert is sent",
        "the ledger tells the truth",
    ]


# Points (see `point_of`) that broke once, with what they were about.
MENDED = [
    # the second rule was off, and nobody heard of it
    ("stack_changed.itself", "StackChanged 1.0.late"),
    # the sixth attempt is the first one to be counted
    ("failed_login.agent", "FailedLogin 1.0.late"),
    # the approval comes when its plan has changed
    ("people.approve_replanned", "TableDeleted 2.0.late"),
    # an event that is a dead letter without the fault too
    ("stack_changed.voiceless", "StackChanged 1.0.twice"),
    # the function is gone by then
    ("silence.first_way", "StackChanged 1.0.twice-hours-apart"),
    # a dead letter for another reason than without the fault
    ("channels.not_enabled", "TableDeleted 1.9.no-sns"),
    # the alarm is on by then, and CloudWatch notifies once
    ("table_deleted.refused", "TableDeleted 1.1.denied"),
    # the hourly look runs twice, beside itself
    ("channels.flood", "TableDeleted 20.6.meanwhile"),
    # there is nothing yet that could be approved
    ("one_right.forged_approval", "TableDeleted 1.0.late"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "point"), sample(MENDED, len(MENDED)), ids=lambda each: each)
def test_a_point_that_broke_once_is_whole(name, point):
    (scenario,) = named([name])

    assert walk_one(scenario, point_of(scenario, point))[1] == []


@pytest.mark.slow
def test_nothing_breaks_in_a_sample_of_the_points(walked):
    assert walked.tried > 0
    assert {str(told.point): told.broken for told in walked.broken} == {}


@pytest.mark.slow
def test_a_walk_whose_time_is_over_begins_no_point_and_says_how_many_are_left():
    walked = walk_apart(ROOT_LOGIN, share=0.1, of_the_day=20260302, ends=0)

    assert walked.tried == 0
    assert walked.cut_short > 0

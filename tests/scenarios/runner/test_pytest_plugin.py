"""Scenarios under pytest: which items there are, what a failing one shows, what stops nobody else."""

import os
import subprocess
import sys

import pytest

from scenarios.cloud.kernel.faults import PROFILES
from scenarios.runner.library import library
from tests.processes import ended
from tests.project import PROJECT
from tests.sample import ALL
from tests.shared import made_once

PLUGIN = "scenarios.runner.pytest_plugin"
ROOT_LOGIN = "scenarios/incidents/root_login.py"

THEIRS = """
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.runner.scenario import Action, Scenario, at, by
from scenarios.runner.words.actors import Actor
from scenarios.runner.words.checks import alert

root = Actor(name="root", address="203.0.113.7")

def lands(world):
    raise NotSimulated("moon", "Landing")

def stumbles(world):
    raise RuntimeError("the actor stumbled")

def scenario(name, action=None, then=(), **more):
    more_actions = at("01:00", action) if action else ()
    when = [at("00:00", root.signs_in(mfa=False)), more_actions]
    return Scenario(name=name, title="Somebody's own", when=when, then=then, lasts="05:00", **more)

SCENARIOS = [
    scenario("noticed", then=by("03:00", alert("root_login", "CRITICAL"))),
    scenario("unsaid", then=by("03:00", alert("root_login", "LOW", "unsaid words"))),
    scenario("hole", Action("somebody lands", lands)),
    scenario("stumbles", Action("somebody stumbles", stumbles)),
    scenario("parameters", parameters=(("Nonsense", "1"),)),
]
"""
WORLD = """
import pytest

def test_steps(world):
    world.client("ann", "iam").list_users()
    world.run(minutes=1)
    assert world.inbox

def test_hole(world):
    world.client("ann", "cloudwatch").describe_anomaly_detectors()

@pytest.mark.world(template="empty", tempalte="empty")
def test_marker(world):
    pass

@pytest.mark.world(seed="x")
def test_seed(world):
    pass

@pytest.mark.world(parameters={"Nope": 1})
def test_parameters(world):
    pass

WAITS = {"AlarmName": "waits", "Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Statistic": "Sum"}
WAITS |= {"Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
TEMPLATE = {"Resources": {"Waits": {"Type": "AWS::CloudWatch::Alarm", "Properties": WAITS}}}

@pytest.mark.world(template=TEMPLATE)
def test_no_data(world):
    pass

@pytest.mark.world(template="empty", not_emitted=5)
def test_names(world):
    pass

@pytest.mark.world(template=TEMPLATE, not_emitted="Waits")
def test_no_data_and_said_so(world):
    pass
"""


class Recorder:
    """Keeps what a run of pytest collected."""

    def __init__(self):
        self.items = []

    def pytest_collection_finish(self, session):
        self.items = session.items


@pytest.fixture
def collected(monkeypatch, capsys, inner_pytest):
    """The items that pytest collects for these arguments, under the project's own configuration."""
    monkeypatch.chdir(PROJECT)

    def collect(*arguments):
        recorder = Recorder()
        code = inner_pytest(["-p", PLUGIN, "--collect-only", *arguments], plugins=[recorder])
        collect.told = capsys.readouterr().out
        assert code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), collect.told
        return recorder.items

    return collect


def ids(items):
    return [item.nodeid for item in items]


@pytest.mark.slow
def test_every_scenario_is_an_item(collected):
    items = collected("scenarios/")

    assert {item.scenario.name for item in items} == {scenario.name for scenario in library()}
    assert f"{ROOT_LOGIN}::root_login.degrees" in ids(items)
    assert len(items) == len(library())


@pytest.mark.slow
def test_under_all_faults_there_is_an_item_for_each_profile(collected):
    items = collected(ROOT_LOGIN, "--faults", "all", "-k", "degrees")

    assert ids(items) == [f"{ROOT_LOGIN}::root_login.degrees[{profile}]" for profile in PROFILES]
    assert [item.faults for item in items] == list(PROFILES.values())


@pytest.mark.slow
def test_the_parts_of_the_profiles_are_the_whole_and_share_only_what_runs_without_faults(collected):
    whole = ids(collected(ROOT_LOGIN, "--faults", "all"))
    first, second = (ids(collected(ROOT_LOGIN, "--faults", "all", "--part", f"{k}/2")) for k in (1, 2))

    assert sorted({*first, *second}) == sorted(whole)
    assert {*first} & {*second} == {each for each in whole if each.endswith("[none]")}
    assert abs(len(first) - len(second)) <= 1
    assert f"{len(whole) - len(second)} deselected" in collected.told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--faults", "all", "--part", "3/2"), "--part is K/N"),
        (("--faults", "all", "--part", "half"), "--part is K/N"),
        (("--part", "1/2"), "--part chooses among the profiles of --faults all"),
    ],
)
def test_a_part_of_nothing_is_refused(monkeypatch, capsys, inner_pytest, words, told):
    monkeypatch.chdir(PROJECT)

    assert inner_pytest(["-p", PLUGIN, "--collect-only", ROOT_LOGIN, *words]) == pytest.ExitCode.USAGE_ERROR
    assert told in capsys.readouterr().err


@pytest.mark.slow
def test_the_profiles_of_a_scenario_stand_side_by_side(collected):
    """So the workers of xdist make a scenario's stack as seldom as they can."""
    names = [item.scenario.name for item in collected(ROOT_LOGIN, "--faults", "all")]

    assert names == sorted(names, key=names.index)


@pytest.mark.slow
def test_one_profile_changes_no_id(collected):
    (item,) = collected(f"{ROOT_LOGIN}::root_login.degrees", "--faults", "late")

    assert item.nodeid == f"{ROOT_LOGIN}::root_login.degrees"
    assert item.faults is PROFILES["late"]


@pytest.mark.slow
def test_an_id_with_its_profile_can_be_given_back(collected):
    (item,) = collected(f"{ROOT_LOGIN}::root_login.degrees[late]")

    assert item.faults is PROFILES["late"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        pytest.param(["-k", "root_login.degrees"], {"root_login.degrees"}, id="by name"),
        pytest.param(
            ["-m", "host_pressure"],
            {"host_pressure", "host_pressure.alone", "host_pressure.busy"},
            id="by remediation",
        ),
        pytest.param(
            ["-m", "late", "--faults", "all", "-k", "dead_letters and broken"],
            {"dead_letters.broken"},
            id="by profile",
        ),
        pytest.param(["-m", "scenario and not scenario"], set(), id="none"),
    ],
)
def test_items_are_chosen_by_name_and_marker(collected, arguments, names):
    items = collected("scenarios/incidents", *arguments)

    assert {item.scenario.name for item in items} == names


@pytest.mark.slow
def test_what_holds_no_scenario_is_no_item(collected, tmp_path):
    (tmp_path / "settings.py").write_text("SCENARIO_COUNT = 3\n# SCENARIO = 1\n")

    assert collected("scenarios/cloud", "scenarios/runner", str(tmp_path / "settings.py")) == []


@pytest.mark.slow
def test_a_module_is_collected_wherever_it_lies_if_it_is_named(collected, tmp_path):
    theirs = tmp_path / "intrusion.py"
    theirs.write_text(THEIRS)

    assert [item.scenario.name for item in collected(str(theirs))][:2] == ["noticed", "unsaid"]
    assert collected(str(tmp_path)) == []


@pytest.mark.slow
def test_two_of_one_name_are_told(collected, tmp_path):
    for name in ("first.py", "second.py"):
        (tmp_path / name).write_text(THEIRS)

    items = collected(str(tmp_path / "first.py"), str(tmp_path / "second.py"))

    told = [item.clash for item in items]
    assert told[:5] == [""] * 5
    assert all("both have a scenario called" in clash for clash in told[5:])


@pytest.mark.slow
def test_a_profile_that_is_not_there_is_refused_in_one_sentence(monkeypatch, capsys, inner_pytest):
    monkeypatch.chdir(PROJECT)

    code = inner_pytest(["--collect-only", ROOT_LOGIN, "--faults", "rain"])

    assert code == pytest.ExitCode.USAGE_ERROR
    assert "there is no fault profile 'rain'; there are none, duplicates" in capsys.readouterr().err


# ---- run, in somebody's own project -------------------------------------------------------------


def project(folder, **modules):
    """Somebody's own project; `modules`: what stands in its folder of scenarios."""
    (folder / "scenarios").mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in modules.items():
        (folder / "scenarios" / f"{name}.py").write_text(text)
    return folder


def printed_by_pytest(folder, *arguments):
    code, printed, said = ended(
        "pytest:main", "-p", PLUGIN, *arguments, folder=folder, variables={"COLUMNS": "250"}
    )
    assert code == pytest.ExitCode.TESTS_FAILED, printed + said
    return printed


BROKEN = {"broken": "SCENARIO = 1\ndef broken(:\n", "lost": "\nimport nosuch\nSCENARIO = 1\n"}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What pytest prints in a project where some scenarios, and tests with a world, fail."""

    def printed():
        folder = project(tmp_path_factory.mktemp("project"), intrusion=THEIRS, **BROKEN)
        (folder / "test_steps.py").write_text(WORLD)
        return printed_by_pytest(folder, "--durations=0", "--seed=4", "scenarios", "test_steps.py")

    return made_once(tmp_path_factory, "told_by_the_plugin", printed)


@pytest.mark.skipif(not ALL, reason="takes four seconds: .ci/run asks it")
def test_a_worker_of_xdist_tells_the_same(tmp_path):
    printed = printed_by_pytest(project(tmp_path, **BROKEN), "-n", "1", "scenarios")

    assert "FAILED scenarios/broken.py::import - scenarios/broken.py:2: SyntaxError: " in printed
    assert "FAILED scenarios/lost.py::import - scenarios/lost.py:2: ModuleNotFoundError: " in printed
    assert "2 failed" in printed


@pytest.mark.skipif(not ALL, reason="takes two seconds: .ci/run asks it")
def test_another_process_collects_the_same_in_the_same_order(collected):
    """As xdist asks of its workers, which `make scenarios` runs."""
    arguments = ["--collect-only", "-q", "scenarios/incidents", "--faults", "all"]
    other = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line for line in other.stdout.splitlines() if "::" in line] == ids(
        collected("scenarios/incidents", "--faults", "all")
    )


def section(told, name):
    """What stands below the heading of one failed item."""
    heading = next(line for line in told.splitlines() if line.startswith("__") and line.strip("_ ") == name)
    return told.partition(heading)[2].partition("\n____")[0].partition("\n====")[0]


@pytest.mark.slow
def test_one_that_passes_passes_beside_those_that_fail(told):
    assert "9 failed, 2 passed, 4 errors" in told
    assert "5 rehearsals of scenarios, seed 4" in told


@pytest.mark.slow
def test_a_failing_one_shows_the_timeline_around_it_and_how_to_replay_it(told):
    text = section(told, "unsaid")

    assert "      00:00  action     root signs in to the console from 203.0.113.7 without MFA" in text
    assert "  alert      CRITICAL: Root signed in without MFA" in text
    assert "│ From:             203.0.113.7" in text
    assert "  >   03:00  ✗ FAILS    root_login tells LOW: unsaid words: 0 instead of 1" in text
    assert text.count("  > ") == 1
    assert text.rstrip().endswith("trailwarden run scenarios/intrusion.py::unsaid --seed 4 --trace")
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param(
            "hole", "  >   01:00  stopped    the simulated AWS does not do moon: Landing", id="hole"
        ),
        pytest.param(
            "stumbles",
            "stopped    the run stopped: RuntimeError: the actor stumbled (intrusion.py:13)",
            id="action",
        ),
        pytest.param(
            "parameters",
            "  >   00:00  stopped    the stack can't be made: Parameters: Nonsense do not exist",
            id="stack",
        ),
        pytest.param("test_hole", "E       scenarios.cloud.kernel.errors.NotSimulated", id="a step's hole"),
        pytest.param("test_steps", "00:00  action     ann calls iam ListUsers", id="a step's timeline"),
        pytest.param("test_no_data", "name Waits in the marker world's not_emitted", id="no data"),
        pytest.param("ERROR at setup of test_parameters", "Parameters: Nope do not exist", id="a world's"),
        pytest.param("ERROR at setup of test_marker", "not tempalte", id="a marker's"),
        pytest.param("ERROR at setup of test_seed", "a whole number as its seed, not 'x'", id="a seed's"),
        pytest.param("ERROR at setup of test_names", "names as not_emitted, not 5", id="names'"),
    ],
)
def test_whatever_goes_wrong_is_told_without_our_own_frames(told, name, words):
    text = section(told, name)

    assert words in text
    assert "scenarios/cloud/" not in text


@pytest.mark.parametrize(
    "sentence",
    [
        "scenarios/broken.py:2: SyntaxError: ",
        "scenarios/lost.py:2: ModuleNotFoundError: No module named 'nosuch'",
    ],
)
def test_a_module_that_cannot_be_imported_is_told_with_its_line(told, sentence):
    assert f"\n{sentence}" in told
    assert f"::import - {sentence}" in told


def test_the_summary_says_why(told):
    assert (
        "FAILED scenarios/intrusion.py::unsaid - root_login tells LOW: unsaid words: 0 instead of 1" in told
    )
    assert "FAILED scenarios/intrusion.py::hole - the simulated AWS does not do moon: Landing" in told


def test_durations_are_real_though_time_is_frozen(told):
    """Whole minutes pass in there; here it is a few seconds, and never none."""
    lines = [line.split() for line in told.splitlines() if line.endswith("intrusion.py::noticed")]
    seconds = [float(took.rstrip("s")) for took, what, _ in lines if what == "call"]

    assert len(seconds) == 1
    assert 0.005 < seconds[0] < 120

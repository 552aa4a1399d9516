"""`trailwarden run`: which scenarios, how they are reported, and with which exit code."""

import json
import re
from dataclasses import replace
from functools import cache
from textwrap import indent

import pytest
from click.testing import CliRunner

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.commands import run as run_command
from scenarios.commands.cli import main
from scenarios.incidents.root_login import SCENARIO as ROOT_LOGIN
from scenarios.runner.library import UnknownScenario, library, named
from scenarios.runner.scenario import Action, at, by
from scenarios.runner.words.checks import alert
from tests.processes import COMMAND, ended
from tests.project import PROJECT

KEYS = {"name", "seed", "faults", "passed", "failures", "simulated_seconds", "wall_seconds"}
FAILING = replace(ROOT_LOGIN, name="failing", then=by("02:30", alert("root_login", "LOW", "unsaid words")))


def trailwarden(*arguments):
    return CliRunner().invoke(main, arguments)


@cache
def root_login_told():
    """What `trailwarden run root_login` comes to; many tests read it, none changes what it runs."""
    return trailwarden("run", "root_login")


@pytest.fixture
def in_library(monkeypatch):
    """Puts scenarios of the test's own in the library's place."""

    def put(*scenarios):
        monkeypatch.setattr(run_command, "named", lambda names: [s for s in scenarios if s.name in names])
        monkeypatch.setattr(run_command, "library", lambda: scenarios)

    return put


@pytest.mark.slow
def test_one_scenario_is_told_whole():
    result = root_login_told()

    assert result.exit_code == 0
    assert "00:00  action     root signs in to the console from 203.0.113.7 without MFA" in result.stdout
    assert "noticed    rule RootLogin" in result.stdout
    assert "alert      CRITICAL: Root signed in without MFA" in result.stdout
    assert "│ From:             203.0.113.7" in result.stdout
    assert "✓ holds    the alarm RootUsageAlarm notifies the alert topic" in result.stdout


def test_the_two_ways_of_a_detection_are_compared():
    result = root_login_told()

    (line,) = [line for line in result.stdout.splitlines() if line.startswith("The first alert ")]
    assert line == (
        "The first alert came 8 s after the action at 00:00, "
        "the first alarm 1 min 15 s after the action at 00:00: 1 min 7 s later."
    )


@pytest.mark.slow
def test_several_scenarios_are_told_in_a_few_lines_each():
    one, several = (
        root_login_told(),
        trailwarden("run", "root_login", "table_deleted.enforced"),
    )

    assert "│ Ask the owner of the root credentials" in one.stdout
    first, second, table, _ = several.stdout.split("\n\n")
    assert first.splitlines() == [
        "root_login  Root signs in at three in the morning, without a second factor",
        "  00:00  action   root signs in to the console from 203.0.113.7 without MFA",
        "  00:07  noticed  rule RootLoginTrigger1 in us-east-1",
        "  00:08  alert    CRITICAL: Root signed in without MFA in account 123456789012",
        "  01:15  alarm    RootUsageAlarm: OK -> ALARM",
        '  01:15  alert    ALARM: "trailwarden-RootUsageAlarm-BAFE122C0F9C" in US East…',  # as it was sent
    ]
    assert "  05:08  did      dynamodb restore-table-from-backup -> orders" in second.splitlines()
    assert indent(second, "    ") in (PROJECT / "README.md").read_text()  # what the demo prints
    assert [line.split()[1:6] for line in table.splitlines()[1:]] == [
        ["root_login", "00:08", "1", "1", "-"],
        ["table_deleted.enforced", "00:08", "2", "-", "1"],
    ]


@pytest.mark.slow
def test_the_demo_fits_a_terminal_of_80_columns_and_eight_lines_an_incident():
    makefile = (PROJECT / "Makefile").read_text()
    (names,) = re.findall(r"^demo:.*\n\t@\S+/trailwarden run (.*)$", makefile, re.MULTILINE)

    result = trailwarden("run", *names.split())

    incidents = result.stdout.split("\n\n")[:-2]
    moments = [re.findall(r"^ *(?:\d+:)?\d\d:\d\d  \w+|^ {9}more", told, re.MULTILINE) for told in incidents]
    assert len(incidents) == 4
    assert all(2 <= len(lines) <= 8 for lines in moments)
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    assert "more     3 actions, 6 alerts: trailwarden run trail_digest" in result.stdout


def test_what_to_do_next_stands_at_the_end():
    result = root_login_told()

    ending = result.stdout.splitlines()[-4:]
    assert ending[0].startswith("It passed, in ")
    assert [line.split("  ")[1] for line in ending[1:]] == [
        "trailwarden replay FILE",
        "make test",
        "trailwarden package OUT",
    ]


@pytest.mark.slow
def test_without_a_name_every_scenario_runs_in_a_line(in_library):
    in_library(ROOT_LOGIN, replace(ROOT_LOGIN, name="another"))

    result = trailwarden("run")

    assert [line.split()[:2] for line in result.stdout.splitlines()[1:3]] == [
        ["✓", "root_login"],
        ["✓", "another"],
    ]
    assert [line.split()[2] for line in result.stdout.splitlines()[1:3]] == ["00:08", "00:08"]
    assert result.stdout.splitlines()[0].split()[:5] == ["scenario", "delay", "alerts", "alarms", "acts"]
    assert "│" not in result.stdout
    assert "All 2 passed" in result.stdout


@pytest.mark.slow
def test_a_trace_tells_what_the_timeline_leaves_out():
    usual, traced = root_login_told(), trailwarden("run", "root_login", "--trace")

    assert "ran        RootLogin" not in usual.stdout
    assert "INSUFFICIENT_DATA -> OK" not in usual.stdout
    assert "ran        RootLogin" in traced.stdout
    assert "Threshold Crossed" in traced.stdout


@pytest.mark.slow
def test_the_same_seed_tells_the_same_trace():
    def told():
        lines = trailwarden("run", "root_login", "--trace", "--seed", "7").stdout.splitlines()
        return [line for line in lines if line.startswith((" ", "root_login"))]

    assert told() == told()


@pytest.mark.slow
def test_json_is_one_object_a_scenario(in_library):
    in_library(ROOT_LOGIN, replace(ROOT_LOGIN, name="another"))

    result = trailwarden("run", "--format", "json", "--seed", "3")

    reports = [json.loads(line) for line in result.stdout.splitlines()]
    assert [report["name"] for report in reports] == ["root_login", "another"]
    assert all(set(report) == KEYS and report["passed"] and report["seed"] == 3 for report in reports)


@pytest.mark.slow
def test_every_fault_profile_can_be_asked_for_at_once(in_library):
    in_library(ROOT_LOGIN)

    result = trailwarden("run", "root_login", "--faults", "all", "--format", "json")

    profiles = [json.loads(line)["faults"] for line in result.stdout.splitlines()]
    assert profiles == list(PROFILES)


@pytest.mark.slow
def test_an_expectation_that_fails_is_told_and_exits_with_1(in_library):
    in_library(FAILING)

    text, as_json = trailwarden("run", "failing"), trailwarden("run", "failing", "--format", "json")

    assert (text.exit_code, as_json.exit_code) == (1, 1)
    assert "✗ FAILS    root_login tells LOW: unsaid words: 0 instead of 1" in text.stdout
    assert "1 of 1 failed" in text.stdout
    assert "trailwarden run failing --seed 1 --trace" in text.stdout
    (failure,) = json.loads(as_json.stdout)["failures"]
    assert failure.startswith("root_login tells LOW")


@pytest.mark.slow
def test_a_failure_in_one_of_many_stands_below_its_line(in_library):
    in_library(ROOT_LOGIN, FAILING)

    result = trailwarden("run")

    assert result.exit_code == 1
    assert "    root_login tells LOW: unsaid words: 0 instead of 1" in result.stdout
    assert "1 of 2 failed" in result.stdout


@pytest.mark.slow
def test_what_stopped_a_run_is_told(in_library):
    def breaks(_world):
        raise RuntimeError("the actor stumbled")

    in_library(replace(ROOT_LOGIN, name="stops", when=at("00:00", Action("somebody stumbles", breaks))))

    result = trailwarden("run", "stops")

    assert result.exit_code == 1
    assert result.stdout.count("the run stopped: RuntimeError: the actor stumbled") == 1


@pytest.mark.slow
def test_a_hole_in_the_simulation_is_one_sentence(in_library):
    def asks_too_much(_world):
        raise NotSimulated("moon", "Landing")

    in_library(replace(ROOT_LOGIN, name="hole", when=at("00:00", Action("somebody lands", asks_too_much))))

    result = trailwarden("run", "hole")

    assert result.exit_code == 2
    assert result.stderr == "trailwarden: the simulated AWS does not do moon: Landing\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(
            ["rootlogin"],
            "there is no scenario called 'rootlogin'; did you mean root_login",
            id="a near miss",
        ),
        pytest.param(["zzz"], "there is no scenario called 'zzz'; trailwarden scenarios lists all", id="far"),
        pytest.param(["--faults", "bad"], "Invalid value for '--faults': 'bad' is not one of", id="profile"),
        pytest.param(["--seed", "x"], "Invalid value for '--seed': 'x' is not a valid integer", id="seed"),
        pytest.param(["--nosuch"], "No such option", id="option"),
        pytest.param(
            ["root_login", "--share", "0.5"], "--minutes, --share and --of-the-day choose", id="no walk"
        ),
        pytest.param(
            ["root_login", "--faults", "walk:1.1.hang", "--minutes", "1"],
            "--minutes, --share and --of-the-day choose",
            id="one point",
        ),
    ],
)
def test_bad_usage_is_one_sentence_and_exits_with_2(arguments, sentence):
    result = trailwarden("run", *arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"trailwarden: {sentence}")
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_only_reports_reach_standard_output_and_no_setting_of_the_machine_reaches_the_run():
    settings = {"AWS_PROFILE": "nobody", "AWS_REGION": "eu-north-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}

    asked = ("run", "root_login", "--format", "json", "--trace")
    code, told, said = ended(COMMAND, *asked, variables=settings)

    assert code == 0, said
    assert json.loads(told)["name"] == "root_login"
    assert "action     root signs in" in said


def test_no_two_scenarios_share_a_name_and_each_has_a_title():
    assert library()
    assert all(scenario.title for scenario in library())


def test_a_star_stands_for_every_scenario_that_begins_so():
    assert {scenario.name.partition(".")[0] for scenario in named(["table_deleted*"])} == {"table_deleted"}
    assert len(named(["table_deleted*", "table_deleted"])) == len(named(["table_deleted*"])) > 1


def test_an_unknown_name_among_known_ones_is_refused():
    with pytest.raises(UnknownScenario, match="'nobody_home'"):
        named(["root_login", "nobody_home"])


@pytest.mark.slow
def test_runs_side_by_side_tell_what_one_after_the_other_tell():
    def told(*arguments):
        lines = trailwarden("run", "root_login", "table_deleted.refused", "--format", "json", *arguments)
        assert lines.exit_code == 0
        return [{**json.loads(line), "wall_seconds": 0} for line in lines.stdout.splitlines()]

    assert told("--jobs", "2") == told()


@pytest.mark.slow
def test_a_hole_found_by_a_job_is_one_sentence_too(in_library):
    def hole(world):
        raise NotSimulated("sky", "falls")

    broken = replace(ROOT_LOGIN, name="hole", when=at("00:00", Action("the sky falls", hole)))
    in_library(broken, ROOT_LOGIN)

    result = trailwarden("run", "hole", "root_login", "--jobs", "2")

    assert result.exit_code == 2
    assert "the simulated AWS does not do sky: falls" in result.stderr


@pytest.mark.slow
def test_a_stack_that_cannot_be_made_fails_its_scenario_and_no_other(in_library):
    refused = replace(ROOT_LOGIN, name="refused", parameters=(("Nonsense", "1"),))
    in_library(refused, ROOT_LOGIN)

    result = trailwarden("run")

    assert result.exit_code == 1
    assert "the stack can't be made: Parameters: Nonsense do not exist in the template" in result.stdout
    assert "1 of 2 failed" in result.stdout

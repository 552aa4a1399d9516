"""`trailwarden catalog`, and which commands may not hold the simulated AWS."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from chalicelib.catalog import CATALOG
from scenarios.commands.cli import SUMMARIES, main
from scenarios.commands.scenario_names import scenarios_of
from scenarios.runner.library import library


def trailwarden(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.mark.slow
def test_every_remediation_is_told_with_what_it_may_touch():
    result = trailwarden("catalog")

    assert result.exit_code == 0
    assert [line.split("  ")[0] for line in result.stdout.splitlines() if line[:1].strip()] == [
        each.name for each in CATALOG
    ]
    for line in (
        "  trigger    DeleteTable from aws.dynamodb, in every watched region",
        "  may        dynamodb:ListBackups on *: ListBackups takes no resource",
        "  controls   CIS 4.3, Security Hub CloudWatch.1, ATT&CK T1078.004",
    ):
        assert line in result.stdout.splitlines()
    # A remediation without controls has no line about them.
    assert [line for line in result.stdout.splitlines() if line.split() == ["controls"]] == []


@pytest.mark.slow
def test_json_is_one_object_a_remediation():
    result = trailwarden("catalog", "--format", "json")

    entries = [json.loads(line) for line in result.stdout.splitlines()]
    assert [entry["name"] for entry in entries] == [each.name for each in CATALOG]
    for entry, remediation in zip(entries, CATALOG, strict=True):
        assert set(entry) == {
            "name",
            "title",
            "triggers",
            "does",
            "grants",
            "scenarios",
            "controls",
            "managed_rules",
        }
        assert len(entry["grants"]) == len(remediation.grants)
        assert all(grant["because"] for grant in entry["grants"] if grant["resource"] == "*")


@pytest.mark.parametrize("name", [remediation.name for remediation in CATALOG])
def test_every_remediation_has_scenarios_and_the_catalogue_knows_them_all(name):
    there_are = [scenario.name for scenario in library() if scenario.name.partition(".")[0] == name]

    assert name in there_are
    assert sorted(scenarios_of(name)) == sorted(there_are)


def test_what_has_no_module_has_no_scenarios():
    assert scenarios_of("nosuch") == []


WITHOUT_SIMULATION = {
    "help": ["--help"],
    "catalog": ["catalog"],
    "match": ["match", "{ $.a = 1 }", '{"a": 1}'],
    "package": ["package", "--stage", "nosuch", "out"],
}
# In one process: where nothing is loaded after the last command, none before it has loaded anything.
ONE_AFTER_THE_OTHER = """
import json, sys
from click.testing import CliRunner
from scenarios.commands.cli import main
from scenarios.packaging import sam

sam.regenerate = list  # nothing is written to the checkout
for name, arguments in json.loads(sys.argv[1]).items():
    done = CliRunner().invoke(main, arguments)
    loaded = [each for each in ("moto", "freezegun") if each in sys.modules]
    print(json.dumps([name, done.exit_code, bool(done.output), loaded]))
"""


@pytest.mark.slow
def test_commands_that_need_no_simulation_do_not_import_it():
    result = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_THE_OTHER, json.dumps(WITHOUT_SIMULATION)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        ["help", 0, True, []],
        ["catalog", 0, True, []],
        ["match", 0, True, []],
        ["package", 2, True, []],
    ]


def test_help_names_every_command_with_what_it_does():
    result = trailwarden("--help")

    assert result.exit_code == 0
    assert [
        line.split()[0] for line in result.stdout.split("Commands:")[1].splitlines() if line[2:3].strip()
    ] == list(SUMMARIES)


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_tells_how_it_is_used(name):
    result = trailwarden(name, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {name} ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["nosuch"], "there is no command 'nosuch'", id="command"),
        pytest.param(["catalog", "--format", "xml"], "Invalid value for '--format'", id="format"),
        pytest.param(["catalog", "more"], "Got unexpected extra argument (more)", id="too many"),
    ],
)
def test_bad_usage_is_one_sentence_and_exits_with_2(arguments, sentence):
    result = trailwarden(*arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"trailwarden: {sentence}")
    assert result.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_no_crash():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(
            [sys.executable, "-c", "from scenarios.commands.cli import main; main()", "catalog"],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)

    assert result.stderr == ""

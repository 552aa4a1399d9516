"""Which scenarios there are, and what is reported about those that can't be used."""

import json

import pytest
from click.testing import CliRunner

import scenarios
from scenarios.commands.cli import main
from scenarios.runner import library as shelf
from scenarios.runner.library import (
    UnknownScenario,
    UnreadableModule,
    holds_scenarios,
    library,
    named,
    scenarios_in,
    unreadable,
)
from tests.scenarios.cloud.kernel.kept_folder import kept_in

OWN = """
from scenarios.incidents.root_login import SCENARIO as ROOT_LOGIN
from dataclasses import replace

SCENARIO = replace(ROOT_LOGIN, name="{name}")
"""


def trailwarden(*arguments):
    return CliRunner().invoke(main, arguments)


def test_the_library_of_this_project_has_no_fault():
    assert unreadable() == ()
    assert library()[0].name == "root_login"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An empty folder in place of scenarios/: writes modules into it."""
    folder = tmp_path / "scenarios"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scenarios, "__path__", [*scenarios.__path__, str(folder)])
    monkeypatch.setattr(shelf, "PACKAGE", folder)
    shelf._shelf.cache_clear()
    yield lambda name, text: (folder / f"{name}.py").write_text(text)
    shelf._shelf.cache_clear()


def test_a_module_beside_the_catalogues_is_found(package):
    package("somebodys_own", OWN.format(name="odd_login"))

    assert [scenario.name for scenario in library()] == ["odd_login"]
    assert named(["odd_*"]) == library()


def test_files_are_looked_through_again_when_one_of_them_changed(tmp_path, monkeypatch):
    folder = tmp_path / "scenarios" / "own"
    folder.mkdir(parents=True)
    bound, other = folder / "bound.py", folder / "other.py"
    bound.write_text("SCENARIO = 1\n")
    other.write_text("SCENARIO: 1\n")
    looked = []
    monkeypatch.setattr(shelf, "_SETTLED", 0)
    monkeypatch.setattr(shelf, "holds_scenarios", lambda path: looked.append(path) or holds_scenarios(path))
    with kept_in(tmp_path / "cache"):
        assert [shelf._holding(folder) for _ in range(2)] == [[bound], [bound]]
        assert len(looked) == 2
        other.write_text("SCENARIO = 1\n")
        assert sorted(shelf._holding(folder)) == [bound, other]
        monkeypatch.setattr(shelf, "_SETTLED", 10**12)
        bound.write_text("SCENARIO: 1\n")
        assert [shelf._holding(folder) for _ in range(2)] == [[other], [other]]

    assert len(looked) == 8


@pytest.mark.slow
def test_one_that_cannot_be_read_is_told_and_the_others_run(package):
    package("a_syntax_error", "SCENARIO = 1\ndef broken(:\n")
    package("an_import", "\nimport nosuch\nSCENARIO = 1\n")
    package("sound", OWN.format(name="odd_login"))

    every, one = trailwarden("run"), trailwarden("run", "odd_login")

    told = [
        "trailwarden: scenarios/a_syntax_error.py:2: SyntaxError: ",
        "trailwarden: scenarios/an_import.py:2: ModuleNotFoundError: No module named 'nosuch'",
    ]
    for result in (every, one):
        lines = result.stderr.splitlines()
        assert [line[: len(start)] for line, start in zip(lines, told, strict=True)] == told
        assert "✓ odd_login" in result.stdout
    assert (every.exit_code, one.exit_code) == (2, 0)


def test_a_name_that_stands_twice_is_told(package):
    package("first", OWN.format(name="odd_login"))
    package("second", OWN.format(name="odd_login"))

    result = trailwarden("scenarios")

    assert result.exit_code == 2
    assert result.stdout.split()[:2] == ["odd_login", "-"]
    assert result.stderr == (
        "trailwarden: scenarios/first.py and scenarios/second.py both have a scenario called odd_login: "
        "rename one\n"
    )


@pytest.mark.slow
def test_scenarios_are_listed_with_their_remediation_and_title():
    text, as_json = trailwarden("scenarios"), trailwarden("scenarios", "--format", "json")

    assert (text.exit_code, as_json.exit_code) == (0, 0)
    listed = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [each["name"] for each in listed] == [scenario.name for scenario in library()]
    by_name = {each["name"]: each for each in listed}
    assert by_name["root_login.degrees"]["remediation"] == "root_login"
    assert by_name["dead_letters.broken"]["remediation"] is None
    line = next(line for line in text.stdout.splitlines() if line.startswith("root_login.degrees "))
    assert line.split(None, 2)[1:] == ["root_login", by_name["root_login.degrees"]["title"]]


@pytest.mark.parametrize("inside", ["", "::odd_login", "::odd*"])
def test_a_module_anywhere_is_run_by_its_path(tmp_path, inside):
    path = tmp_path / "somebodys.py"
    path.write_text(OWN.format(name="odd_login"))

    assert [scenario.name for scenario in named([f"{path}{inside}"])] == ["odd_login"]


@pytest.mark.parametrize(
    ("asked", "text", "sentence"),
    [
        pytest.param(
            "own.py::nosuch", OWN.format(name="port_scan"), "trailwarden scenarios lists all", id="none near"
        ),
        pytest.param("own.py::odd_logon", OWN.format(name="odd_login"), "did you mean odd_login", id="near"),
        pytest.param("nosuch.py", "", "there is no file nosuch.py", id="no file"),
        pytest.param("own.py", "x = 1", "own.py has neither SCENARIO nor SCENARIOS", id="none"),
        pytest.param("own.py", "SCENARIO = 1", "own.py: 1 is not a Scenario", id="something else"),
        pytest.param("own.py", "SCENARIOS = 1", "own.py: SCENARIOS is a tuple of scenarios, not 1", id="one"),
        pytest.param(
            "own.py",
            OWN.format(name="odd") + "SCENARIOS = (SCENARIO, SCENARIO)",
            "two scenarios are called odd",
            id="twice",
        ),
        pytest.param("own.py", "SCENARIO = 1 / 0", "own.py:1: ZeroDivisionError: division", id="an error"),
    ],
)
def test_what_a_path_does_not_lead_to_is_told(tmp_path, monkeypatch, asked, text, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(text)

    with pytest.raises(UnknownScenario) as told:
        named([asked])

    assert sentence in str(told.value)


def test_the_names_are_looked_for_at_the_top_level_of_the_text(tmp_path):
    def holds(text):
        (tmp_path / "module.py").write_text(text)
        return holds_scenarios(tmp_path / "module.py")

    assert all(map(holds, ["SCENARIO = 1", "SCENARIOS: tuple = ()", "x = 1\nSCENARIO = (", "SCENARIO=x"]))
    assert not any(
        map(
            holds,
            ["", "SCENARIO_COUNT = 1", '"""\nSCENARIO = 1\n"""', "def f():\n SCENARIO = 1", "SCENARIO == 1"],
        )
    )
    assert not holds_scenarios(tmp_path / "nosuch.py")


def test_a_broken_module_among_scenarios_counts_before_it_has_one(tmp_path):
    folder = tmp_path / "scenarios"
    (folder / "helpers").mkdir(parents=True)
    for path in (folder / "own.py", folder / "helpers" / "own.py"):
        path.write_text("def half(:")
    (folder / "words.py").write_text("WORD = 1")

    assert holds_scenarios(folder / "own.py")
    assert not holds_scenarios(folder / "helpers" / "own.py")
    assert not holds_scenarios(folder / "words.py")
    with pytest.raises(UnreadableModule, match=r"own.py:1: SyntaxError"):
        scenarios_in(folder / "own.py")


def test_a_scenario_that_refuses_itself_is_told_with_the_line_of_its_module(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "from scenarios.runner.scenario import Scenario, at_the_end, by\n"
        "from scenarios.runner.words.checks import nothing_lost\n"
        "SCENARIO = Scenario(name='x', title='x', when=(), then=by('20:00', nothing_lost()))\n"
    )

    with pytest.raises(UnreadableModule, match=r"own\.py:3: ValueError: x lasts 15:00"):
        scenarios_in(path)

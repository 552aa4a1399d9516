"""What holds for every command: help, completion, Ctrl-C, locales, and progress that a pipe does not see."""

import io
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from scenarios.cloud.kernel.faults import PROFILES
from scenarios.commands import catalog
from scenarios.commands import run as run_command
from scenarios.commands.__main__ import main as begin
from scenarios.commands.cli import COMPLETING, SUMMARIES, main
from scenarios.commands.run_options import unanswered
from scenarios.commands.scenario_names import every_name
from scenarios.runner.library import library
from scenarios.runner.show.progress import progress
from tests import ctrl_c

CODE = "from scenarios.commands.cli import main; main(prog_name='trailwarden')"


def trailwarden(*arguments):
    return CliRunner().invoke(main, arguments)


def process(*arguments, code=CODE, **environment):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


# ---- help ---------------------------------------------------------------------------------------


def test_without_a_command_help_is_printed_as_help():
    bare = trailwarden()

    assert (bare.exit_code, bare.stderr) == (0, "")
    assert bare.stdout == trailwarden("--help").stdout


def test_clock_without_a_command_prints_its_help():
    bare = trailwarden("clock")

    assert (bare.exit_code, bare.stderr) == (0, "")
    assert bare.stdout == trailwarden("clock", "--help").stdout


def test_help_fits_a_terminal_with_a_line_for_each_command():
    lines = trailwarden("--help", "--help").stdout.split("Commands:\n")[1].splitlines()

    assert len(lines) == len(SUMMARIES)
    assert max(len(line) for line in lines) <= 80


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        pytest.param("rn", "did you mean run?", id="a letter is missing"),
        pytest.param("validate", "did you mean validate-trail?", id="half a name"),
        pytest.param("zzzz", "trailwarden --help lists all", id="like none"),
    ],
)
def test_a_command_that_there_is_not_offers_those_that_look_like_it(name, offer):
    result = trailwarden(name)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"trailwarden: there is no command {name!r}; {offer}\n"


# ---- completion ---------------------------------------------------------------------------------


def completed(words):
    """What a shell offers for the last of these words, and whether that took moto."""
    code = f"import sys\ntry: {CODE}\nfinally: print('moto' in sys.modules, file=sys.stderr)"
    count = str(len(words.split(" ")) - 1)
    result = process(code=code, COMP_WORDS=words, COMP_CWORD=count, **{COMPLETING: "bash_complete"})
    assert result.stderr == b"False\n"
    return [line.partition(",")[2] for line in result.stdout.decode().splitlines()]


@pytest.mark.slow
def test_a_shell_completes_names_of_scenarios_without_importing_moto():
    assert completed("trailwarden run table_deleted.ref") == ["table_deleted.refused"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param("trailwarden va", ["validate-trail"], id="a command"),
        pytest.param("trailwarden run --faults cras", ["crash-before", "crash-after"], id="a fault profile"),
        pytest.param("trailwarden replay --fo", ["--format"], id="an option of replay"),
        pytest.param("trailwarden package --st", ["--stage"], id="an option of package"),
    ],
)
def test_a_shell_completes_commands_and_options_without_importing_moto(words, offered):
    assert completed(words) == offered


@pytest.mark.slow
def test_every_scenario_can_be_completed():
    assert sorted(every_name()) == sorted(scenario.name for scenario in library())


def test_what_is_completed_is_what_run_takes():
    assert [each.opts for each in unanswered.params] == [each.opts for each in run_command.command.params]
    assert "cold" in PROFILES


# ---- Ctrl-C, locales ----------------------------------------------------------------------------


def test_ctrl_c_ends_a_command_in_one_line(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "_tell", interrupted)

    result = trailwarden("catalog")

    assert result.exit_code == 130
    assert result.stderr == "trailwarden: interrupted\n"


def test_ctrl_c_while_it_loads_ends_it_in_one_line_too(monkeypatch, capsys):
    ctrl_c.comes_with_the_import_of("scenarios.commands.cli", monkeypatch)
    monkeypatch.delattr("scenarios.commands.cli")

    with pytest.raises(SystemExit) as ended:
        begin()

    assert (ended.value.code, capsys.readouterr().err) == (130, "trailwarden: interrupted\n")


@pytest.mark.slow
def test_a_locale_without_the_characters_gets_question_marks():
    result = process("match", '{"a": [1]}', '{"a": 1}', PYTHONIOENCODING="latin-1")

    assert result.returncode == 0
    assert b"? match" in result.stdout
    assert result.stderr == b""


# ---- progress -----------------------------------------------------------------------------------


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_one_line_of_a_terminal_and_nothing_of_it_stays(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Screen())
    monkeypatch.setenv("COLUMNS", "20")

    with progress() as line:
        line.say("1 of 2: a name longer than the line")

    assert sys.stderr.getvalue() == "\r\x1b[2K  1 of 2: a name…\r\x1b[2K"


def test_a_pipe_sees_no_progress(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    with progress() as line:
        line.say("1 of 2")

    assert sys.stderr.getvalue() == ""


@pytest.mark.slow
def test_run_says_which_run_it_is_at(monkeypatch):
    said = []
    monkeypatch.setattr("scenarios.runner.show.progress.Progress.say", lambda _, words: said.append(words))

    one = trailwarden("run", "table_deleted.refused", "table_deleted.hostile")
    jobs = trailwarden("run", "table_deleted.refused", "table_deleted.hostile", "--jobs", "2")

    assert (one.exit_code, jobs.exit_code) == (0, 0)
    assert said == [
        "1 of 2: table_deleted.refused",
        "2 of 2: table_deleted.hostile",
        "0 of 2 runs",
        "1 of 2 runs",
    ]


@pytest.mark.slow
def test_replay_says_how_many_records_are_done(monkeypatch, tmp_path):
    said = []
    monkeypatch.setattr("scenarios.runner.show.progress.Progress.say", lambda _, words: said.append(words))
    record = '{"eventSource": "s3.amazonaws.com", "eventName": "PutBucketAcl"}'
    (tmp_path / "one.json").write_text(record)

    assert trailwarden("replay", str(tmp_path / "one.json")).exit_code == 0
    assert said[-1] == "1 of 1 records handled, 0 s left"

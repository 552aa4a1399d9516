"""How a run looks on a terminal and in a pipe."""

import io
import re

import pytest

from scenarios.runner.show import terminal
from scenarios.runner.show.progress import progress
from scenarios.runner.show.report import Printer
from scenarios.runner.show.terminal import Terminal, beside_the_command, called, called_from_pytest, cut
from tests.scenarios.runner.show.made_up import moment, report

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/backup/01772420400000-da711448-and-more-of-it"
DELETED = report(
    moment("00:00", "action", "mallory deletes orders", cause=0),
    moment("00:07", "matched", "rule TableDeleted", cause=0),
    moment("00:08", "did", "dynamodb restore-table-from-backup -> orders", cause=0),
    moment("00:08", "mail", "HIGH: orders was deleted", cause=0, text=f"subject\n\nRestore with: aws {ARN}"),
    moment("15:00", "holds", "everything is as it should be " * 6),
    name="table_deleted",
)
STYLES = re.compile(r"\x1b\[[\d;]*m")


class Screen(io.StringIO):
    """A terminal of so many columns."""

    def isatty(self):
        return True


@pytest.fixture
def on_a_screen(monkeypatch):
    def show(columns, tell, **environment):
        for name, value in {"COLUMNS": str(columns), "TERM": "xterm", **environment}.items():
            monkeypatch.setenv(name, value)
        screen = Screen()
        tell(Printer(screen, trace=False))
        return screen.getvalue()

    return show


def in_a_pipe(tell, *, trace=False):
    pipe = io.StringIO()
    tell(Printer(pipe, trace=trace))
    return pipe.getvalue()


def test_an_act_is_a_line_of_every_timeline():
    for tell in (lambda printer: printer.timeline(DELETED), lambda printer: printer.brief(DELETED)):
        lines = [line.split(maxsplit=2) for line in in_a_pipe(tell).splitlines()]
        assert ["00:08", "did", "dynamodb restore-table-from-backup -> orders"] in lines


def test_what_an_alarm_itself_did_is_an_act_too():
    run = report(moment("00:09", "alarm", "Idle acts: stop i-1"))

    assert "00:09  did        Idle: stop i-1" in in_a_pipe(lambda printer: printer.timeline(run))


def test_a_pipe_gets_whole_lines_and_no_colour():
    told = in_a_pipe(lambda printer: printer.timeline(DELETED))

    assert "\x1b" not in told
    assert f"│ Restore with: aws {ARN}" in told


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_a_terminal_gets_lines_that_fit_and_arns_that_are_whole(on_a_screen, columns):
    told = STYLES.sub("", on_a_screen(columns, lambda printer: printer.timeline(DELETED)))

    assert ARN in told
    assert all(len(line) <= columns for line in told.splitlines() if ARN not in line)


def test_a_terminal_is_coloured_unless_it_asks_not_to_be(on_a_screen):
    def tell(printer):
        printer.brief(DELETED)

    assert "\x1b[" in on_a_screen(80, tell)
    assert "\x1b[3" not in on_a_screen(80, tell, NO_COLOR="1")


def test_words_are_cut_between_words():
    assert cut("one two three", 13) == "one two three"
    assert cut("one two three", 12) == "one two…"
    assert cut("one two three", 8) == "one two…"
    assert cut("one two three", 7) == "one…"
    assert cut("supercalifragilistic", 6) == "super…"


def test_a_pipe_wraps_only_where_it_is_told_to():
    pipe = io.StringIO()
    Terminal(pipe).wrapped("head  ", "some words " * 4)
    Terminal(pipe).wrapped("head  ", "some words " * 4, width=30)

    assert pipe.getvalue() == (
        "head  some words some words some words some words\n"
        "head  some words some words\n      some words some words\n"
    )


def test_the_command_is_named_as_the_shell_finds_it(monkeypatch, tmp_path):
    program = tmp_path / "bin" / "trailwarden"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal.sys, "argv", [str(program)])

    monkeypatch.setenv("PATH", "/nowhere")
    assert called() == "bin/trailwarden"
    assert beside_the_command("pytest") == "bin/pytest"

    monkeypatch.setenv("PATH", str(program.parent))
    assert called() == "trailwarden"
    assert beside_the_command("pytest") == "pytest"


def test_pytest_and_its_workers_name_the_command_beside_their_python(monkeypatch, tmp_path):
    program = tmp_path / "bin" / "trailwarden"
    program.parent.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(terminal.sys, "argv", ["-c"])
    monkeypatch.setattr(terminal.sys, "executable", str(program.with_name("python")))
    assert called_from_pytest() == "trailwarden"

    program.write_text("")
    assert called_from_pytest() == "bin/trailwarden"


@pytest.mark.parametrize(("kind", "shown"), [("xterm", True), ("dumb", False)])
def test_a_terminal_that_takes_no_line_back_gets_no_progress(monkeypatch, kind, shown):
    screen = Screen()
    monkeypatch.setattr(terminal.sys, "stderr", screen)
    monkeypatch.setenv("TERM", kind)

    with progress() as line:
        line.say("1 of 2")

    assert ("1 of 2" in screen.getvalue()) is shown


@pytest.mark.parametrize(("every_seconds", "told"), [(0, ""), (60, "2 of 4\n4 of 4\n")])
def test_in_a_pipe_progress_is_a_line_now_and_then_where_that_is_asked_for(capsys, every_seconds, told):
    moments = iter([100.0, 130.0, 160.0, 160.0, 219.0, 220.0, 220.0])

    with progress(every_seconds, lambda: next(moments)) as line:
        for number in range(1, 5):
            line.say(f"{number} of 4")

    assert capsys.readouterr().err == told

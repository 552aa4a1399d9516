"""What is shown of a function's run that failed: its log, and a command that tries its event again."""

import base64
import gzip
import io
import json
import shlex

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.runner.imperative import open_world
from scenarios.runner.show.failure import failure, timeline_in_lines
from scenarios.runner.show.report import Printer
from tests.scenarios.cloud.functions.function_worlds import code, function, invoked_by_events
from tests.scenarios.cloud.small_worlds import rule
from tests.scenarios.runner.show.made_up import moment, report

FAILS = """
    def look(event, context):
        print("looking for", event["detail"]["who"])
        raise ValueError("it isn't there")
"""


@pytest.fixture(scope="module")
def timeline(tmp_path_factory):
    """Of a world in which a rule runs a function that raises."""
    folder = code(tmp_path_factory.mktemp("code"), FAILS)
    watch = rule("watch", {"source": ["theirs"]}, "look")
    template = {"Resources": {**function(), **invoked_by_events(), **watch}}
    with open_world(template=template, code=folder) as world:
        entry = {"Source": "theirs", "DetailType": "told", "Detail": json.dumps({"who": "O'Brien"})}
        world.client("ann", "events").put_events(Entries=[entry])
        world.run(seconds=10)
        return world.timeline


def tried(lines):
    """What `trailwarden match` says when the printed command is pasted."""
    (printed,) = [line for line in lines if "its event: " in line]
    program, *arguments = shlex.split(printed.partition("its event: ")[2])
    assert program.endswith("trailwarden")
    return CliRunner().invoke(main, arguments)


def test_pytest_shows_the_log_of_a_run_that_failed_and_a_command_that_tries_its_event(timeline):
    lines = timeline_in_lines(timeline)

    place = next(place for place, line in enumerate(lines) if "error" in line)
    assert lines[place].endswith("look: ValueError: it isn't there, app.py line 4 (attempt 1)")
    assert [line.strip() for line in lines[place + 1 : place + 6]] == [
        "│ looking for O'Brien",
        "│ [ERROR] ValueError: it isn't there",
        "│ Traceback (most recent call last):",
        '│   File "/var/task/app.py", line 4, in look',
        '│     raise ValueError("it isn\'t there")',
    ]
    assert tried(lines).stdout.startswith("event pattern\n✓ match")


def test_a_trace_shows_the_same_and_a_timeline_without_one_only_the_error(timeline):
    def shown(*, trace):
        screen = io.StringIO()
        Printer(screen, trace=trace).timeline(report(*timeline))
        return screen.getvalue().splitlines()

    assert [line.strip() for line in shown(trace=True) if "looking" in line] == ["│ looking for O'Brien"]
    assert tried(shown(trace=True)).exit_code == 0
    usual = "\n".join(shown(trace=False))
    assert "ValueError" in usual
    assert "looking for" not in usual
    assert "its event" not in usual


def test_a_failed_scenario_shows_it_too(timeline):
    wrong = moment("00:02", "fails", "an alert: there came none")

    text = failure(report(*timeline, wrong, failures=["an alert: there came none"]), "root_login")

    assert "│ looking for O'Brien" in text
    assert tried(text.splitlines()).exit_code == 0


def test_log_events_are_unpacked_and_no_rule_means_a_pattern_of_ones_own():
    batch = {"logGroup": "secure", "logEvents": [{"message": "Failed password"}]}
    data = base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
    lines = timeline_in_lines([moment("00:01", "failed", "look: no", event={"awslogs": {"data": data}})])

    (printed,) = [line for line in lines if "its event: " in line]
    _, command, pattern, event = shlex.split(printed.partition("its event: ")[2])
    assert (command, pattern) == ("match", "PATTERN")
    assert json.loads(event) == batch

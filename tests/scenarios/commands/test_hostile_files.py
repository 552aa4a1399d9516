"""Each command on a file that was made to stop it: one sentence, exit code 2, in bounded time and memory.

All rows run in one process of 300 MB more than it begins with, and end within a minute each.
"""

import gzip
import json
import os
import subprocess
import sys

import pytest

from tests.sample import in_turn, sample
from tests.shared import made_once

TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"
PATTERN = '{"source": ["aws.signin"]}'
VALIDATE = ("validate-trail", "--trail-arn", TRAIL, "--start-time", "2026-03-01", "--directory", "folder")
RECORD = {"eventSource": "dynamodb.amazonaws.com", "eventName": "DeleteTable"}
ESCAPE = "\x1b]0;owned\x07\x1b[2J.json"

COMMANDS = {
    "replay": ("replay", "FILE"),
    "match, an event": ("match", PATTERN, "FILE"),
    "match, log events": ("match", "ERROR", "FILE"),
    "match, its pattern": ("match", "FILE", "{}"),
    "query": ("query", "stats count(*)", "FILE"),
    "validate-trail, keys": (*VALIDATE, "--public-keys", "FILE"),
    "run": ("run", "FILE"),
}
EVERY = tuple(COMMANDS)
JSON = ("replay", "match, an event")

# What lies there, and who is asked to read it.
FILES = {
    "/dev/zero": EVERY,
    "pipe.py": EVERY,
    "bomb.json.gz": ("replay", "match, an event", "match, log events", "query"),
    "sparse.json": (*JSON, "match, log events", "query", "validate-trail, keys"),
    "lists.json": JSON,
    "lines.json": sample(("replay", "match, log events"), of=2),
    "deep.json": (*JSON, "query", "validate-trail, keys"),
    "deep-record.json": ("replay",),
    "long-id.json": ("replay",),
    "large-record.json": ("replay",),
    ESCAPE: EVERY,
}
ROWS = [(command, name) for name, commands in FILES.items() for command in commands]

# The commands one after the other; where one never ends, an alarm ends it.
PROGRAM = """
import json, resource, signal, sys
import click.testing
from scenarios.commands.cli import main
from scenarios.runner.replay import replay
from scenarios.commands import match, run, validate_trail

begun = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (begun + 300_000_000, -1))

def too_late(*_):
    raise TimeoutError("did not end")

signal.signal(signal.SIGALRM, too_late)
for arguments in json.load(sys.stdin):
    signal.alarm(60)
    result = click.testing.CliRunner().invoke(main, arguments)
    signal.alarm(0)
    raised = "" if isinstance(result.exception, (SystemExit, type(None))) else repr(result.exception)[:200]
    print(json.dumps([result.exit_code, result.stderr[:5000], raised]), flush=True)
"""
TRIED = in_turn(ROWS, of=3)


def make_hostile_files(folder):
    os.mkfifo(folder / "pipe.py")
    (folder / "folder").mkdir()
    (folder / "bomb.json.gz").write_bytes(gzip.compress(b"[" + b" " * (200 << 20), 1))
    with (folder / "sparse.json").open("wb") as file:
        file.truncate(1 << 40)
    (folder / "lists.json").write_text("[" + "[]," * 4_000_000 + "[]]")
    (folder / "lines.json").write_text("[]\n" * 510_000)
    (folder / "deep.json").write_text("[" * 100_000)
    deep = '{"a":' * 300 + "1" + "}" * 300
    (folder / "deep-record.json").write_text(json.dumps({**RECORD, "x": json.loads(deep)}))
    (folder / "long-id.json").write_text(json.dumps({**RECORD, "eventID": "x" * 3_000_000}))
    (folder / "large-record.json").write_text(json.dumps({**RECORD, "x": ["y" * 1000] * 3000}))
    (folder / ESCAPE).write_bytes(b"\xff\xfe")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of each row: exit code, what was said, and the traceback if there was one."""

    def made():
        return _read_all(tmp_path_factory.mktemp("hostile"))

    return dict(zip(TRIED, json.loads(made_once(tmp_path_factory, "hostile_outcomes", made)), strict=True))


def _read_all(folder):
    """What became of all rows, as a JSON list."""
    make_hostile_files(folder)
    asked = [[part.replace("FILE", name) for part in COMMANDS[command]] for command, name in TRIED]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.dumps(list(map(json.loads, done.stdout.splitlines())))


@pytest.mark.parametrize(("command", "name"), TRIED, ids=[f"{c}: {n!a}" for c, n in TRIED])
def test_a_hostile_file_is_refused_in_one_sentence(outcomes, command, name):
    code, said, raised = outcomes[command, name]

    assert (code, raised) == (2, "")
    (sentence,) = said.splitlines()
    assert sentence.startswith("trailwarden: ")
    assert sentence.isprintable()
    assert len(sentence) < 1000

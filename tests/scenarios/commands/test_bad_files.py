"""Each command on a file it can't use: one sentence on standard error, exit code 2, no traceback."""

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main

EVENT = '{"source": "aws.signin"}'
TRAIL = "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"
TOO_LONG = "x" * 300  # for the name of a file: reading it fails, for root too

VALIDATE = ("validate-trail", "--trail-arn", TRAIL, "--start-time", "2026-03-01")
COMMANDS = {
    "match, its pattern": ("match", "FILE", EVENT),
    "match, an event": ("match", '{"source": ["aws.signin"]}', "FILE"),
    "match, log events": ("match", "ERROR", "FILE"),
    "replay": ("replay", "FILE"),
    "run": ("run", "FILE"),
    "run, one of a module": ("run", "FILE::name"),
    "validate-trail, keys": (*VALIDATE, "--directory", "folder", "--public-keys", "FILE"),
}
FILES = {
    "missing": (None, "no such file", "no file"),
    "directory": ("folder", "is a directory"),
    "unreadable": (TOO_LONG, "file name too long", "no such file"),
    "empty": (b"", "is empty", "neither SCENARIO", "not what"),
    "blank": (b" \n", "is empty", "neither SCENARIO", "not what"),
    "binary": (b"\xff\xfe\x00\x80", "text in UTF-8", "not what"),
}
OTHERS = {
    "a directory without keys": (*VALIDATE, "--directory", "folder"),
    "a directory that is missing": (*VALIDATE, "--directory", "missing", "--public-keys", "keys.json"),
    "a directory that is a file": (*VALIDATE, "--directory", "one.json", "--public-keys", "one.json"),
    "keys of another shape": (*VALIDATE, "--directory", "folder", "--public-keys", "one.json"),
    "a package into a file": ("package", "one.json"),
    "a package below a file": ("package", "one.json/out"),
    "a plot into a directory": ("run", "root_login", "--plot", "folder"),
    "a plot in a missing directory": ("run", "root_login", "--plot", "missing/alarms.png"),
    "a name that is empty": ("replay", ""),
    "an event's name that is empty": ("match", '{"source": ["aws.signin"]}', ""),
    "JSON cut short": ("match", '{"source": ["aws.signin"]}', "broken.json"),
    "a module cut short": ("run", "broken.py"),
    "a profile that is missing": ("doctor", "--profile", "missing"),
    "a trail's profile that is missing": (*VALIDATE, "--profile", "missing"),
    "a directory of modules": ("run", "folder/"),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "one.json").write_text(EVENT)
    (tmp_path / "broken.json").write_text('{"source":')
    (tmp_path / "broken.py").write_text("SCENARIO = (")
    return tmp_path


def refused(arguments):
    """What the command says on standard error, which is all it says."""
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.exception is None or isinstance(result.exception, SystemExit)
    (sentence,) = result.stderr.splitlines()
    return sentence


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_of_no_use_is_refused_in_one_sentence(here, command, kind):
    content, *why = FILES[kind]
    name = "given.py" if command.startswith("run") else "given.json"
    if isinstance(content, bytes):
        (here / name).write_bytes(content)
    elif kind == "directory":
        (here / name).mkdir()
    elif kind == "unreadable":
        name = f"{TOO_LONG}.{name}"

    sentence = refused([part.replace("FILE", name) for part in COMMANDS[command]])

    assert sentence.startswith("trailwarden: ")
    assert any(each in sentence for each in why), sentence


@pytest.mark.parametrize("case", OTHERS)
def test_nothing_ends_in_a_traceback(here, case):
    assert refused(OTHERS[case]).startswith("trailwarden: ")

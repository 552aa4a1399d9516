"""`trailwarden match`: match, no match and why, or why the pattern is invalid and where."""

import json

import pytest
from click.testing import CliRunner

from scenarios.commands.caret import caret
from scenarios.commands.cli import main
from tests.scenarios.records.forms import FORMS, RECORDS

SIGN_IN = '{"source": ["aws.signin"], "detail": {"eventName": [{"prefix": "Console"}]}}'
MATCHING = '{"source": "aws.signin", "detail": {"eventName": "ConsoleLogin"}}'
OTHER = '{"source": "aws.signin", "detail": {"eventName": "SwitchRole"}}'
WHY_OTHER = "detail.eventName: wants a string that begins with 'Console', found \"SwitchRole\""


def match(*arguments, stdin=""):
    return CliRunner().invoke(main, ["match", *arguments], input=stdin)


def test_an_event_that_matches_exits_with_0():
    result = match(SIGN_IN, MATCHING)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "event pattern",
        "✓ match     the event given",
        "",
        "1 match, 0 don't.",
    ]


def test_a_no_match_says_which_field_failed_against_what():
    result = match(SIGN_IN, OTHER)

    assert result.exit_code == 1
    assert result.stdout.splitlines()[1:3] == ["✗ no match  the event given", f"              {WHY_OTHER}"]


def test_events_come_from_standard_input_line_by_line():
    result = match(SIGN_IN, stdin=f"{MATCHING}\n{OTHER}\n\n{MATCHING}\n")

    assert [
        line[:10].strip() + line[10:] for line in result.stdout.splitlines() if line[:1] in "✓✗" and line
    ] == [
        "✓ match  standard input:1",
        "✗ no match  standard input:2",
        "✓ match  standard input:4",
    ]
    assert result.exit_code == 1


def test_pattern_and_events_come_from_files(tmp_path):
    (tmp_path / "pattern.json").write_text(SIGN_IN + "\n")
    (tmp_path / "one.json").write_text(json.dumps(json.loads(MATCHING), indent=2))
    (tmp_path / "many.json").write_text(f"[{MATCHING}, {OTHER}]")

    result = match(*(str(tmp_path / name) for name in ("pattern.json", "one.json", "many.json")))

    assert [line for line in result.stdout.splitlines() if line[:1] in "✓✗" and line] == [
        "✓ match     one.json",
        "✓ match     many.json, event 1",
        "✗ no match  many.json, event 2",
    ]


@pytest.mark.parametrize(
    ("pattern", "language"),
    [
        pytest.param(SIGN_IN, "event pattern", id="event pattern"),
        pytest.param('{ $.errorCode = "A*" }', "log pattern (json)", id="json"),
        pytest.param("[ip, user, ..., status = 4*]", "log pattern (space-delimited)", id="space-delimited"),
        pytest.param('"Failed password" -root', "log pattern (terms)", id="terms"),
    ],
)
def test_the_language_shows_by_itself(pattern, language):
    result = match(pattern)

    assert result.stdout.splitlines() == [language]
    assert result.exit_code == 0


def test_log_lines_are_told_with_the_condition_they_fail():
    lines = "Failed password for ann\nFailed password for root\nAccepted password for ann\n"

    result = match('"Failed password" -root', stdin=lines)

    assert result.stdout.splitlines()[1:6] == [
        "✓ match     standard input:1",
        "✗ no match  standard input:2",
        "              -root: the message has root",
        "✗ no match  standard input:3",
        "              Failed password: the message does not have Failed password",
    ]


def test_a_log_event_may_be_an_object_over_several_lines(tmp_path):
    (tmp_path / "event.json").write_text('{\n  "errorCode": "AccessDenied"\n}\n')

    result = match('{ $.errorCode = "Unauthorized*" }', str(tmp_path / "event.json"))

    assert result.exit_code == 1
    assert '$.errorCode = "Unauthorized*": $.errorCode is "AccessDenied"' in result.stdout


def test_json_is_one_object_an_event():
    result = match(SIGN_IN, "--format", "json", stdin=f"{MATCHING}\n{OTHER}\n")

    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    assert first == {"event": "standard input:1", "match": True, "why": []}
    assert second["why"] == [
        {"path": "detail.eventName", "wanted": "a string that begins with 'Console'", "found": '"SwitchRole"'}
    ]


def test_an_invalid_event_pattern_has_its_reason_and_a_caret_under_the_place():
    result = match('{"detail": {"eventName": [{"prefixx": "x"}]}}')

    assert result.exit_code == 2
    assert result.stdout == ""
    sentence, line, under = result.stderr.splitlines()
    assert sentence.startswith("trailwarden: invalid pattern: Unrecognized match type prefixx")
    assert line[under.index("^") :].startswith('"prefixx"')


def test_an_invalid_log_pattern_is_told_with_the_form_that_works():
    result = match('{ $.errorCode == "x" }')

    assert result.exit_code == 2
    sentence, line, under = result.stderr.splitlines()
    assert "write $.errorCode = ..." in sentence
    assert line[under.index("^") :].startswith("==")


@pytest.mark.parametrize(
    ("text", "position", "line", "under"),
    [
        pytest.param("abc", 1, "abc", " ^", id="inside"),
        pytest.param("abc", 3, "abc", "   ^", id="at the end"),
        pytest.param("abc", 9, "abc", "   ^", id="beyond the end"),
        pytest.param("", 0, "", "^", id="nothing there"),
        pytest.param("ab\ncd\nef", 4, "cd", " ^", id="the line it is in"),
        pytest.param("a\tb", 2, "a b", "  ^", id="a tab takes one place"),
        pytest.param(
            "x" * 100 + "!" + "y" * 100, 100, f"…{'x' * 38}!{'y' * 37}…", f"{'':39}^", id="a long line"
        ),
    ],
)
def test_a_caret_stands_under_its_place(text, position, line, under):
    assert caret(text, position) == (line, under)


def test_what_is_no_event_is_told_and_the_others_are_tried():
    result = match(SIGN_IN, stdin=f"{MATCHING}\nbroken\n5\n{OTHER}\n")

    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1] == "1 match, 1 don't."
    first, second = result.stderr.splitlines()
    assert first.startswith("trailwarden: standard input:2: The event is not JSON")
    assert second.startswith("trailwarden: standard input:3: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["nosuch.json"], "nosuch.json: no such file", id="pattern's file"),
        pytest.param([SIGN_IN, "nosuch"], "nosuch: no such file or directory", id="event's file"),
        pytest.param([SIGN_IN, "."], ".: is a directory", id="directory"),
        pytest.param([SIGN_IN, '{"broken'], "the event given: it is not JSON", id="event"),
        pytest.param([SIGN_IN, "a\0b"], "'a\\x00b': embedded null byte", id="no name at all"),
        pytest.param(['{"a": ' * 5000 + "1"], "invalid pattern: ", id="a pattern nested too deeply"),
        pytest.param([SIGN_IN, '{"a": ' * 50000], "the event given: ", id="an event nested too deeply"),
        pytest.param([], "Missing argument 'PATTERN'.", id="nothing"),
    ],
)
def test_bad_input_is_told_and_exits_with_2(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    result = match(*arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"trailwarden: {sentence}")


@pytest.mark.parametrize("pattern", [SIGN_IN, "{ $.a = 1 }"], ids=["of EventBridge", "of Logs"])
def test_a_list_without_an_event_does_not_match(pattern):
    result = match(pattern, stdin="[\n]\n")

    assert result.exit_code == 2
    assert result.stderr == "trailwarden: standard input: it is a list without an event\n"


@pytest.mark.parametrize("form", ["log file, gzip", "zstd", "tar", "lookup-events", "Athena's CSV", "UTF-16"])
@pytest.mark.parametrize(
    "pattern",
    ['{"source": ["aws.dynamodb"]}', "{ $.eventName = DeleteTable }"],
    ids=["event pattern", "log pattern"],
)
def test_records_are_matched_in_the_forms_that_replay_reads(tmp_path, form, pattern):
    (tmp_path / "given").write_bytes(FORMS[form](RECORDS))

    result = CliRunner().invoke(main, ["match", pattern, str(tmp_path / "given"), "--format", "json"])

    assert [json.loads(line)["match"] for line in result.stdout.splitlines()] == [False, True]
    assert result.exit_code == 1

"""`trailwarden query`: from the text and the files to the answer and the exit code."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main

RECORDS = [
    {"eventName": "ListBuckets", "eventTime": "2026-03-02T03:00:00Z", "sourceIPAddress": "::1"},
    {"eventName": "CreateUser", "eventTime": "2026-03-02T04:00:00Z", "errorCode": "AccessDenied"},
    {"eventName": "CreateUser", "eventTime": "2026-03-03T04:00:00Z", "errorCode": "AccessDenied"},
]


@pytest.fixture
def trail(tmp_path):
    (tmp_path / "log.json.gz").write_bytes(gzip.compress(json.dumps({"Records": RECORDS}).encode()))
    return str(tmp_path)


def query(*arguments, given=None):
    return CliRunner().invoke(main, ["query", *arguments], input=given)


COUNT = "stats count(*) as calls by eventName | sort calls desc"


def test_a_table_has_numbers_at_the_right(trail):
    result = query(COUNT, trail)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "eventName    calls",
        "-----------  -----",
        "CreateUser       2",
        "ListBuckets      1",
    ]
    assert result.stderr.startswith("2 rows; 3 events read (")
    assert result.stderr.endswith(", 3 matched\n")


def test_csv_and_json(trail):
    text = "fields eventName, errorCode | sort @timestamp asc | limit 2"

    assert query(text, trail, "--format", "csv").stdout == (
        "eventName,errorCode\nListBuckets,\nCreateUser,AccessDenied\n"
    )
    assert [json.loads(line) for line in query(text, trail, "--format", "json").stdout.splitlines()] == [
        {"eventName": "ListBuckets"},
        {"eventName": "CreateUser", "errorCode": "AccessDenied"},
    ]


def test_a_chart_has_a_bar_for_each_day(trail):
    result = query("stats count(*) as calls by bin(1d)", trail, "--chart")

    assert [line.split() for line in result.stdout.splitlines()] == [
        ["calls"],
        ["2026-03-02", "2", "█" * 60],
        ["2026-03-03", "1", "█" * 30],
    ]


def test_what_has_no_numbers_is_a_table(trail):
    result = query("fields eventName | limit 1", trail, "--format", "chart")

    assert result.stdout.splitlines()[0] == "eventName"
    assert "a chart needs a column of numbers" in result.stderr
    assert result.exit_code == 0


def test_standard_input_is_read_where_no_file_is_named():
    lines = "\n".join(json.dumps(each) for each in RECORDS)

    result = query("stats count(*) as n", "--format", "json", given=lines)

    assert json.loads(result.stdout) == {"n": "3"}


def test_a_range_and_a_limit(trail):
    result = query("fields eventName", trail, "--until", "2026-03-02", "--limit", "1", "--format", "json")

    assert json.loads(result.stdout) == {"eventName": "CreateUser"}
    assert "2 events read" in result.stderr


def test_a_query_in_a_file(trail, tmp_path):
    file = tmp_path / "q.txt"
    file.write_text(f"# by name\n{COUNT}\n")

    assert query(str(file), trail).stdout == query(COUNT, trail).stdout


def test_a_question_by_its_name(trail):
    result = query("what-was-refused", trail, "--format", "json")

    assert json.loads(result.stdout)["refusals"] == "2"


def test_a_question_is_printed_for_aws_with_its_values():
    result = query("what-did-principal-do", "--set", "principal=user/ann", "--text")

    assert result.exit_code == 0
    assert 'concat(userIdentity.arn, "/") like "user/ann/"' in result.stdout
    assert "{{" not in result.stdout


def test_questions_are_listed():
    result = query("--questions")

    assert "what-did-principal-do --set principal=...\n    What did this principal do" in result.stdout


def test_the_other_side_of_a_join_is_a_file(trail, tmp_path):
    teams = tmp_path / "teams.jsonl"
    teams.write_text('{"name": "CreateUser", "team": "red"}\n')
    text = (
        f"join left=a right=b where a.eventName=b.name (SOURCE '{teams}')"
        " | fields a.eventName, b.team | limit 1"
    )

    assert json.loads(query(text, f"{trail}/log.json.gz", "--format", "json").stdout) == {
        "a.eventName": "CreateUser",
        "b.team": "red",
    }


def test_a_malformed_query_is_one_sentence_and_its_place(trail):
    result = query("fields a | bogus b", trail)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "trailwarden: the query: unexpected symbol found bogus",
        "  fields a | bogus b",
        "             ^",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pattern @message"], "queries here don't have the command pattern"),
        (["SELECT 1"], "SQL reads files, a folder or an s3:// prefix"),
        ([], "there is no query"),
        ([" "], "there is no query"),
        (["fields a", "C:\\logs\\x.gz"], "(a path of Windows; here folders are divided by /"),
        (["SELECT 1", "C:\\logs\\x.gz"], "(a path of Windows; here folders are divided by /"),
        (["fields a", "fields b"], "(the query comes first, its files behind it"),
        (["what-did-principal-do"], "needs --set principal=..., a user's or role's ARN"),
        (["what-did-principal-do", "--set", "principal= "], "principal= is empty, and would fit everything"),
        (["fields a", "nothing-*.gz"], "(a shell fills in patterns that stand in no quotes"),
        (["SELECT 1", "nothing-*.gz"], "(a shell fills in patterns that stand in no quotes"),
        (["what-was-refused", "--set", "x=1"], "what-was-refused has no value x"),
        (["fields a", "--set", "x=1"], "this query has none"),
        (["fields a", "--set", "x"], "'x' is not NAME=VALUE"),
        (["fields a", "--limit", "0"], "--limit"),
        (["fields a", "--since", "never"], "'never' is no time"),
    ],
)
def test_what_can_not_be_asked_is_one_sentence(arguments, words):
    result = query(*arguments, given="{}")

    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("filter a = \u201cx\u201d", 'the quote \u201c is a typographic one; type "'),
        ("fields a FROM ct", "FROM is of SQL: begin with SELECT"),
        ("fields a where b = 1", "write | before where"),
        ("stats count(*);", "a query of Logs Insights ends without ;"),
        ("what was refused?", "did you mean the question what-was-refused?"),
        ("filtr a = 1", "did you mean filter?"),
        ("ListBuckets", "a query begins with a command"),
        ("ListBuckets", "; to find a word: filter @message like /ListBuckets/"),
        ("missing.json", "there is no file missing.json; the query comes first"),
        ('{"a": 1}', "a query begins with a command"),
    ],
)
def test_what_was_probably_meant_is_said(text, meant):
    result = query(text, given="{}")

    assert result.exit_code == 2
    assert meant in result.stderr.splitlines()[0]
    assert len(result.stderr.splitlines()) == 3, "a sentence, the line and the caret"


def test_a_log_file_in_the_place_of_the_query_is_said_to_be_none(trail):
    for name, data in (("x.gz", gzip.compress(b"{}")), ("x.json", b'{"a": 1}')):
        Path(trail, name).write_bytes(data)
        result = query(f"{trail}/{name}", "fields a")

        assert result.exit_code == 2
        assert "has no query in it; the query comes first, its files behind it" in result.stderr


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (
            "fields eventname",
            ["no event has a field eventname, but eventName is there: names keep their capitals"],
        ),
        ("filter eventName = CreateUser", ["no event has a field CreateUser; a text stands in quotes"]),
        ("fields banana", ["no event has a field banana"]),
        ("fields errorCode, sourceIPAddress", []),
        ("stats count(*) by eventName, coalesce(banana, 'x')", []),
    ],
)
def test_a_field_that_no_event_has_is_said_where_something_is_empty(trail, text, notes):
    result = query(text, trail)

    assert result.exit_code == 0
    assert result.stderr.splitlines()[1:] == [f"trailwarden: {each}" for each in notes]


def test_a_file_that_can_not_be_read_is_said_and_the_rest_answered(trail, tmp_path):
    (tmp_path / "broken.json").write_text("{broken")

    result = query("stats count(*) as n", trail, "--format", "json")

    assert result.exit_code == 2
    assert json.loads(result.stdout)["n"] == "3"
    assert "trailwarden: broken.json:1: it is not JSON" in result.stderr


def test_an_alias_that_the_events_have_is_malformed(trail):
    result = query("parse @message 'x*' as eventName", trail)

    assert result.exit_code == 2
    assert "Ephemeral field is already defined: eventName" in result.stderr


def test_nothing_of_a_log_reaches_the_terminal_as_it_is(tmp_path):
    file = tmp_path / "lines"
    file.write_text("\x1b]0;owned\x07 x\n")

    assert "\x1b" not in query("fields @message", str(file)).stdout

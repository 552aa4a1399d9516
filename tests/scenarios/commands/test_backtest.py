"""`trailwarden backtest`: new patterns on old records."""

import json

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from tests.scenarios.records.forms import DELETED, ROOT, lines, log_file

DELETIONS = '{"source": ["aws.dynamodb"], "detail": {"eventName": ["DeleteTable"]}}'
ROOT_USED = '{ $.userIdentity.type = "Root" }'
EXAMPLE = (
    "log.json, record 2  2026-03-02T03:05:00Z, arn:aws:iam::111122223333:user/ann from 203.0.113.8, "
    "111122223333 eu-west-1, dynamodb DeleteTable"
)
NO_ONE = '{"source": ["aws.glue"]}'


def backtest(*arguments, stdin=None):
    return CliRunner().invoke(main, ["backtest", *arguments], input=stdin)


def tried(*arguments, **more):
    result = backtest(*arguments, "--format", "json", **more)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def at(time, number, record=DELETED):
    return {**record, "eventTime": f"2026-03-02T{time}Z", "eventID": f"id-{number}"}


@pytest.fixture
def log(tmp_path):
    (tmp_path / "log.json").write_bytes(log_file([ROOT, DELETED, DELETED]))
    return str(tmp_path / "log.json")


def test_matches_are_counted_by_day_and_actor_with_examples(log):
    deletions, root, none = tried(DELETIONS, ROOT_USED, NO_ONE, log)

    assert deletions == {
        "pattern": DELETIONS,
        "matches": 1,
        "told": 1,
        "threshold": 1,
        "window_seconds": 300,
        "by_day": {"2026-03-02": 1},
        "by_actor": {"arn:aws:iam::111122223333:user/ann": 1},
        "examples": [EXAMPLE],
        "records": 3,
    }
    assert (root["matches"], root["by_actor"]) == (1, {"root": 1})
    assert (none["matches"], none["told"]) == (0, 0)


@pytest.mark.parametrize(
    ("threshold", "told"), [("1", 2), ("2", 2), ("3", 1), ("4", 0)], ids=["one", "two", "three", "four"]
)
def test_what_reaches_a_threshold_within_a_window_is_told_once(threshold, told):
    times = ["03:00:00", "03:01:00", "03:04:59", "03:05:00", "03:05:01", "03:30:00", "03:31:00"]
    records = lines(at(time, number) for number, time in enumerate(times))

    (deletions,) = tried(DELETIONS, "-", "--threshold", threshold, "--window", "300", stdin=records)

    assert (deletions["matches"], deletions["told"]) == (7, told)


def test_patterns_come_from_files_too(tmp_path, log):
    (tmp_path / "pattern.json").write_text(DELETIONS)
    (tmp_path / "rules.json").write_text(json.dumps({"root": ROOT_USED, "gone": json.loads(DELETIONS)}))

    found = tried(str(tmp_path / "pattern.json"), "--rules", str(tmp_path / "rules.json"), log)

    assert [(each["pattern"], each["matches"]) for each in found] == [
        (str(tmp_path / "pattern.json"), 1),
        ("root", 1),
        ("gone", 1),
    ]


def test_text_says_the_same_and_counts_what_matches_nothing(log):
    result = backtest(DELETIONS, NO_ONE, log)

    assert result.stdout.startswith(f"{DELETIONS}\n  1 match; told 1 time, at 1 within 300 s\n")
    assert "  by day: 2026-03-02 1\n  by actor: arn:aws:iam::111122223333:user/ann 1\n" in result.stdout
    assert result.stdout.endswith("3 records, 1 of them duplicates. 1 of 2 patterns match nothing.\n")


def test_a_pattern_of_words_is_tried_on_the_record_as_the_log_group_has_it(log):
    (words,) = tried('"orders, old"', log)

    assert words["matches"] == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("LOG",), "there is no pattern"),
        ((DELETIONS,), "there is no file with records"),
        (('{"source": "aws.iam"}', "LOG"), "neither a file nor a pattern"),
        ((DELETIONS, "nosuch.json"), "nosuch.json: neither a file nor a pattern"),
        ((DELETIONS, "LOG", "--rules", "LOG"), "rule Records: "),
        ((DELETIONS, "LOG", "--rules", "nosuch"), "nosuch: "),
    ],
)
def test_what_is_no_pattern_or_no_file_is_one_sentence(log, arguments, why):
    result = backtest(*(log if each == "LOG" else each for each in arguments))

    assert (result.exit_code, result.stdout) == (2, "")
    (sentence,) = result.stderr.splitlines()
    assert why in sentence


@pytest.mark.parametrize(
    "content", [b"", b"  ", b"not json", b"\xff\xfe", b"[]", b"null", b"[" * 200_000, b'{"a": }']
)
def test_a_file_of_rules_that_holds_none_is_said_in_our_own_words(tmp_path, log, content):
    (tmp_path / "rules.json").write_bytes(content)

    result = backtest(DELETIONS, log, "--rules", str(tmp_path / "rules.json"))

    assert (result.exit_code, result.stdout) == (2, "")
    (sentence,) = result.stderr.splitlines()
    assert sentence.endswith("rules.json: it is no JSON object from a rule's name to its pattern")


def test_what_is_no_record_is_told_and_the_rest_is_tried():
    result = backtest(DELETIONS, "-", stdin=lines([DELETED]) + b"broken\n")

    assert result.exit_code == 2
    assert "1 match" in result.stdout
    assert result.stderr.startswith("trailwarden: standard input:2: it is not JSON")
    assert ROOT["eventName"] not in result.stdout

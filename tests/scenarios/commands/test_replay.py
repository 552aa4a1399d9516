"""`trailwarden replay`: real records through the deployed rules and handlers."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.runner.replay.record_files import FoundRecord, NotARecord, read

DELETED = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory"},
    "eventTime": "2021-05-04T13:38:20Z",
    "eventSource": "dynamodb.amazonaws.com",
    "eventName": "DeleteTable",
    "awsRegion": "us-west-2",
    "requestParameters": {"tableName": "Music"},
    "eventID": "a954451c-c2fc-4561-8aea-7a30ba1fdf52",
    "eventType": "AwsApiCall",
    "recipientAccountId": "111122223333",
}
ROOT = {
    "eventSource": "signin.amazonaws.com",
    "eventName": "ConsoleLogin",
    "eventType": "AwsConsoleSignIn",
    "eventTime": "2022-11-10T16:24:34Z",
    "userIdentity": {"type": "Root", "accountId": "444455556666"},
    "responseElements": {"ConsoleLogin": "Success"},
    "eventID": "deb1e1f9-c99b-4612-8e9f-21f93b5d79c0",
}
HARMLESS = {**DELETED, "eventName": "DescribeTable", "eventID": "0b8cbe2e-0000-4000-8000-000000000001"}


def trailwarden(*arguments, stdin=None):
    return CliRunner().invoke(main, arguments, input=stdin)


def lines(*values):
    return "".join(json.dumps(value) + "\n" for value in values)


def replayed(*values):
    """What became of these records, and how the command ended."""
    result = trailwarden("replay", "-", "--format", "json", stdin=lines(*values))
    return [json.loads(line) for line in result.stdout.splitlines()], result


def without(record, *names):
    return {name: value for name, value in record.items() if name not in names}


def test_records_fire_what_watches_them_and_nothing_else():
    reports, result = replayed(DELETED, ROOT, HARMLESS, {**DELETED, "eventSource": "glue.amazonaws.com"})

    assert [(report["eventName"], report["fired"]) for report in reports[:3]] == [
        ("DeleteTable", ["table_deleted"]),
        ("ConsoleLogin", ["root_login"]),
        ("DescribeTable", []),
    ]
    assert reports[3]["fired"] == []
    assert result.exit_code == 0


def test_a_report_says_what_would_be_told_and_done():
    (report,), _ = replayed(ROOT)

    assert set(report) == {"eventID", "eventName", "fired", "plans", "duplicate"}
    assert report["eventID"] == ROOT["eventID"]
    assert report["plans"] == [
        {
            "remediation": "root_login",
            "outcome": "told",
            "alerts": [{"severity": "CRITICAL", "title": "Root signed in in account 444455556666"}],
            "calls": [],
        }
    ]


def test_a_record_seen_before_is_a_duplicate_and_fires_nothing():
    reports, _ = replayed(ROOT, HARMLESS, ROOT, HARMLESS)

    assert [(report["duplicate"], report["fired"]) for report in reports] == [
        (False, ["root_login"]),
        (False, []),
        (True, []),
        (True, []),
    ]


def test_a_record_without_an_id_gets_one_that_stays():
    nameless = without(ROOT, "eventID")

    (first, second, other), _ = replayed(nameless, nameless, {**nameless, "awsRegion": "us-east-1"})
    (again,), _ = replayed(nameless)

    assert first["eventID"] == second["eventID"] == again["eventID"] != other["eventID"]
    assert [first["duplicate"], second["duplicate"], other["duplicate"]] == [False, True, False]
    assert other["fired"] == ["root_login"]


@pytest.mark.parametrize(
    ("record", "fired"),
    [
        pytest.param({"eventSource": "dynamodb.amazonaws.com", "eventName": "DeleteTable"}, True, id="bare"),
        pytest.param({**DELETED, "userIdentity": None, "eventTime": None}, True, id="nulls"),
        pytest.param({**DELETED, "awsRegion": "us-gov-west-1"}, True, id="another partition"),
        pytest.param(
            {**without(DELETED, "recipientAccountId"), "awsRegion": 7, "userIdentity": "x"},
            True,
            id="wrong types",
        ),
        pytest.param({**DELETED, "eventType": None}, True, id="no type"),
        pytest.param({**DELETED, "eventType": "AwsVpceEvent"}, False, id="a kind EventBridge doesn't carry"),
        pytest.param(without(ROOT, "eventType"), True, id="a sign-in without its type"),
        pytest.param({"detail": DELETED}, True, id="in a bare envelope"),
        pytest.param(
            {"source": "aws.signin", "detail-type": "AWS Console Signin via CloudTrail", "detail": ROOT},
            True,
            id="in an envelope of its own",
        ),
        pytest.param(
            {"source": "my.orders", "detail-type": "Order placed", "detail": DELETED},
            False,
            id="in an envelope of something else",
        ),
    ],
)
def test_whatever_is_absent_or_odd_a_record_runs(record, fired):
    (report,), result = replayed(record)

    assert bool(report["fired"]) is fired
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_record_of_a_region_that_aws_has_not_is_told_as_one_that_could_not_be_looked_at():
    (report,), result = replayed({**DELETED, "awsRegion": "xy-nowhere-9"})

    assert report["fired"] == []
    assert result.exit_code == 2
    assert "table_deleted could not handle it: " in result.stderr
    assert "xy-nowhere-9" in result.stderr


def test_an_event_no_handler_could_take_is_told():
    (report, other), result = replayed({**DELETED, "eventTime": "yesterday"}, ROOT)

    assert report["fired"] == []
    assert other["fired"] == ["root_login"]
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "trailwarden: standard input:1: table_deleted could not handle it: the time 'yesterday' can't be read"
    )


def test_what_is_no_record_is_told_with_its_line_and_the_others_run():
    text = lines(DELETED, {"eventName": "DeleteTable"}) + "broken\n\n" + lines([], 5, ROOT)

    result = trailwarden("replay", "-", "--format", "json", stdin=text)

    assert [json.loads(line)["eventName"] for line in result.stdout.splitlines()] == [
        "DeleteTable",
        "ConsoleLogin",
    ]
    assert result.stderr.splitlines() == [
        "trailwarden: standard input:2: a CloudTrail record needs eventSource",
        "trailwarden: standard input:3: it is not JSON (expecting value at column 1)",
        "trailwarden: standard input:6: a record is an object, and this is 5",
    ]
    assert result.exit_code == 2


def test_in_text_each_record_that_fires_has_a_line_and_all_are_counted(tmp_path):
    (tmp_path / "log.jsonl").write_text(lines(HARMLESS, ROOT, ROOT, DELETED))

    result = trailwarden("replay", str(tmp_path / "log.jsonl"))

    first, second, blank, counts = result.stdout.splitlines()
    assert first == "log.jsonl:2  root_login     CRITICAL: Root signed in in account 444455556666"
    assert second.startswith("log.jsonl:4  table_deleted  CRITICAL: DynamoDB table Music was deleted")
    assert blank == ""
    assert counts == "4 records: 1 fired root_login, 1 fired table_deleted, 1 fired nothing, 1 duplicate."


def test_a_name_chosen_to_mislead_a_terminal_is_shown_as_it_is():
    record = {**DELETED, "requestParameters": {"tableName": "x\x1b[2J\ud800"}}

    result = trailwarden("replay", "-", stdin=lines(record))

    assert "DynamoDB table x\\x1b[2J\\ud800 was deleted" in result.stdout


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("log.json", json.dumps({"Records": [ROOT, DELETED]}).encode(), id="a log file"),
        pytest.param("log.json", json.dumps({"Records": [ROOT, DELETED]}, indent=1).encode(), id="pretty"),
        pytest.param("log.json.gz", gzip.compress(lines(ROOT, DELETED).encode()), id="gzip"),
        pytest.param("log", gzip.compress(lines(ROOT, DELETED).encode()), id="gzip under another name"),
        pytest.param("log.jsonl", lines(ROOT, DELETED).encode(), id="lines"),
        pytest.param("log.jsonl", b"\xef\xbb\xbf" + lines(ROOT, DELETED).encode(), id="with a mark"),
        pytest.param("log.jsonl", lines({"Records": [ROOT]}, DELETED).encode(), id="lines of log files"),
        pytest.param("log.json", json.dumps([ROOT, DELETED]).encode(), id="a list"),
    ],
)
def test_records_are_found_in_every_wrapping(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)

    found = list(read(str(tmp_path / name)))

    assert [each.record for each in found if isinstance(each, FoundRecord)] == [ROOT, DELETED]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        pytest.param("log.gz", b"hello", "it is no sound gzip file (not gzip, or damaged)", id="no gzip"),
        pytest.param("log.gz", gzip.compress(b"{}")[:-9], "it is no sound gzip file (", id="cut gzip"),
        pytest.param("log", b"\xff\xfe\x00", "it is neither text in UTF-8 nor gzip", id="bytes"),
        pytest.param("log", b" \n", "it is empty", id="empty"),
        pytest.param("log", b'{"Records": [\n{},\n]}', "it is not JSON (expecting value", id="broken"),
        pytest.param("log", b"[" * 100_000, "it is not JSON (it is nested too deeply)", id="too deep"),
        pytest.param(
            "log", b'{"Records": [{"eventName": "x"}]}', "a CloudTrail record needs eventSource", id="no"
        ),
        pytest.param("log", None, "no such file or directory", id="nothing there"),
        pytest.param(".", None, "is a directory", id="a directory"),
    ],
)
def test_a_file_that_holds_no_record_is_one_sentence(tmp_path, name, data, why):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)

    (complaint,) = read(str(path))

    assert isinstance(complaint, NotARecord)
    assert complaint.why.startswith(why)


def test_a_bad_file_does_not_keep_the_others(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(ROOT))

    result = trailwarden("replay", str(tmp_path / "nosuch"), str(tmp_path / "good.json"))

    assert result.exit_code == 2
    assert result.stderr == f"trailwarden: {tmp_path}/nosuch: no such file or directory\n"
    assert "1 record: 1 fired root_login" in result.stdout


def test_the_command_itself_reads_standard_input_and_keeps_standard_output_clean():
    result = subprocess.run(
        [Path(sys.executable).with_name("trailwarden"), "replay", "-", "--format", "json"],
        input=gzip.compress(lines(ROOT, {"eventName": "x"}).encode()),
        capture_output=True,
        check=False,
    )

    assert [json.loads(line)["fired"] for line in result.stdout.splitlines()] == [["root_login"]]
    assert result.stderr == b"trailwarden: standard input:2: a CloudTrail record needs eventSource\n"
    assert result.returncode == 2

"""`trailwarden replay`: real records through the deployed rules and handlers."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.records import sources
from scenarios.records.reader import FoundRecord, NotARecord, read
from scenarios.records.record import Place
from scenarios.records.who import who_of
from tests.sample import in_turn

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


@pytest.mark.slow
def test_records_fire_what_watches_them_and_nothing_else():
    reports, result = replayed(DELETED, ROOT, HARMLESS, {**DELETED, "eventSource": "glue.amazonaws.com"})

    assert [(report["eventName"], report["fired"]) for report in reports[:3]] == [
        ("DeleteTable", ["table_deleted"]),
        ("ConsoleLogin", ["root_login"]),
        ("DescribeTable", []),
    ]
    assert reports[3]["fired"] == []
    assert result.exit_code == 0


@pytest.mark.slow
def test_a_report_says_what_would_be_told_and_done():
    (report,), _ = replayed(ROOT)

    assert set(report) >= {"eventID", "eventName", "fired", "plans", "duplicate", "alarms", "file", "line"}
    assert report["eventID"] == ROOT["eventID"]
    assert report["plans"] == [
        {
            "remediation": "root_login",
            "outcome": "told",
            "alerts": [{"severity": "CRITICAL", "title": "Root signed in in account 444455556666"}],
            "calls": [],
        }
    ]


@pytest.mark.slow
def test_a_record_seen_before_is_a_duplicate_and_fires_nothing():
    reports, _ = replayed(ROOT, HARMLESS, ROOT, HARMLESS)

    assert [(report["duplicate"], report["fired"]) for report in reports] == [
        (False, ["root_login"]),
        (False, []),
        (True, []),
        (True, []),
    ]


@pytest.mark.slow
def test_a_record_without_an_id_gets_one_that_stays():
    nameless = without(ROOT, "eventID")

    (first, second, other), _ = replayed(nameless, nameless, {**nameless, "awsRegion": "us-east-1"})
    (again,), _ = replayed(nameless)

    assert first["eventID"] == second["eventID"] == again["eventID"] != other["eventID"]
    assert [first["duplicate"], second["duplicate"], other["duplicate"]] == [False, True, False]
    assert other["fired"] == ["root_login"]


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_record_of_a_region_that_aws_has_not_is_told_as_one_that_could_not_be_looked_at():
    (report,), result = replayed({**DELETED, "awsRegion": "xy-nowhere-9"})

    assert report["fired"] == ["table_deleted"]
    assert result.exit_code == 2
    assert "table_deleted could not handle it: " in result.stderr
    assert "xy-nowhere-9" in result.stderr


@pytest.mark.slow
def test_an_event_no_handler_could_take_is_told():
    (report, other), result = replayed({**DELETED, "eventTime": "yesterday"}, ROOT)

    assert report["fired"] == []
    assert other["fired"] == ["root_login"]
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "trailwarden: standard input:1: table_deleted could not handle it: the time 'yesterday' can't be read"
    )


HALF = "\ud800"  # of a surrogate pair: JSON can hold it as an escape, UTF-8 can't


def halved(record, **more):
    """A record with half of a surrogate pair in whatever whoever did it can choose."""
    identity = {**record["userIdentity"], "arn": f"arn:aws:iam::1:user/m{HALF}", "userName": f"m{HALF}"}
    return {
        **record,
        "eventID": record["eventID"] + HALF,
        "userIdentity": {**identity, "principalId": HALF, "accessKeyId": HALF},
        "userAgent": HALF,
        "sourceIPAddress": HALF,
        "errorMessage": HALF,
        "requestParameters": {f"name{HALF}": [HALF], "tableName": f"t{HALF}", "name": f"audit{HALF}"},
        "additionalEventData": {HALF: HALF},
        **more,
    }


HALVED = (
    halved(ROOT),
    halved(DELETED),
    halved(
        {**DELETED, "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "eventID": "s"}
    ),
    halved({**DELETED, "eventSource": "s3.amazonaws.com", "eventName": "PutBucketPolicy", "eventID": "b"}),
    halved(
        {**DELETED, "eventSource": "iam.amazonaws.com", "eventName": "UpdateAssumeRolePolicy", "eventID": "u"}
    ),
    *(
        halved(
            {**ROOT, "errorMessage": "Failed authentication", "eventID": f"f{number}"},
            errorMessage="Failed authentication",
            responseElements={"ConsoleLogin": "Failure"},
        )
        for number in range(6)
    ),
)


@pytest.mark.slow
def test_half_of_a_surrogate_pair_keeps_no_alert_back(tmp_path):
    reports, result = replayed(*HALVED)
    text = trailwarden("replay", "-", "--summary", "--out", str(tmp_path / "p.html"), stdin=lines(*HALVED))

    assert (result.exit_code, text.exit_code, text.stderr) == (0, 0, "")
    (sentence,) = result.stderr.splitlines()
    assert sentence.startswith("trailwarden: 1 of the records is about a trail; name yours")
    assert [report["fired"] for report in reports[:3]] == [
        ["root_login"],
        ["table_deleted"],
        ["trail_stopped"],
    ]
    assert reports[1]["plans"][0]["alerts"][0]["title"].count(r"table t\ud800")
    assert r"m\ud800" in text.stdout
    assert r"m\ud800" in (tmp_path / "p.html").read_text()


@pytest.mark.slow
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


@pytest.mark.slow
def test_in_text_each_record_that_fires_has_a_line_and_all_are_counted(tmp_path):
    (tmp_path / "log.jsonl").write_text(lines(HARMLESS, ROOT, ROOT, DELETED))

    result = trailwarden("replay", str(tmp_path / "log.jsonl"))

    first, second, third, blank, counts = result.stdout.splitlines()
    assert re.split(" {2,}", first) == [
        "log.jsonl:2",
        "root_login",
        "CRITICAL: Root signed in in account 444455556666",
        "(2022-11-10T16:24:34Z, root, 444455556666, signin ConsoleLogin)",
    ]
    assert second.split()[:2] == ["log.jsonl:2", "CIS"]  # root's sign-ins are root_login's to tell
    assert "table_deleted   CRITICAL: DynamoDB table Music was deleted" in third
    assert "arn:aws:iam::111122223333:user/mallory, 111122223333 us-west-2, dynamodb DeleteTable)" in third
    assert blank == ""
    assert counts == (
        "4 records: 1 fired root_login, 1 fired table_deleted, 1 fired nothing, 1 duplicate."
        " Alarms that would go off: CIS 4.3."
    )


@pytest.mark.slow
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
        pytest.param("log", b"\xff\xfe\x00", "it is neither text in UTF-8 or UTF-16 nor", id="bytes"),
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


@pytest.mark.parametrize("command", [("replay",), ("backtest", '{"source": ["aws.s3"]}')])
@pytest.mark.parametrize("data", ["{}", "[{}]", "{}\n{}", '{{"eventName": "x"}}\n{}'], ids=repr)
def test_a_number_too_long_is_told_in_our_own_words(tmp_path, command, data):
    (tmp_path / "long.json").write_text(
        data.replace("{}", f'{{"eventSource": {"9" * 5000}}}').replace("{{", "{").replace("}}", "}")
    )

    result = trailwarden(*command, str(tmp_path / "long.json"))

    assert result.exit_code == 2
    assert "a number in it has more than 4,300 digits" in result.stderr
    assert "sys." not in result.stderr


@pytest.mark.slow
def test_a_bad_file_does_not_keep_the_others(tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(ROOT))

    result = trailwarden("replay", str(tmp_path / "nosuch"), str(tmp_path / "good.json"))

    assert result.exit_code == 2
    assert result.stderr == f"trailwarden: {tmp_path}/nosuch: no such file or directory\n"
    assert "1 record: 1 fired root_login" in result.stdout


@pytest.mark.slow
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


# ---- the slower path: filters and alarms ---------------------------------------------------------

DETECTOR = {
    **ROOT,
    "eventSource": "guardduty.amazonaws.com",
    "eventName": "DeleteDetector",
    "eventType": "AwsApiCall",
    "sourceIPAddress": "203.0.113.7",
    "eventID": "g1",
}


@pytest.mark.slow
def test_alarms_on_the_log_group_go_off_once_a_period_and_are_told():
    later = {**DETECTOR, "eventID": "g2", "eventTime": "2022-11-10T16:24:50Z"}
    next_day = {**DETECTOR, "eventID": "g3", "eventTime": "2022-11-11T16:24:50Z"}

    reports, result = replayed(next_day, DETECTOR, later)

    assert [report["alarms"] for report in reports] == [["CIS 4.3"]] * 3
    assert [[each["counted"] for each in report["went_off"]] for report in reports] == [[1], [2], []]
    (alert,) = reports[1]["went_off"][0]["alerts"]
    assert alert["title"].startswith("The root user did something: 2 by ")
    assert result.exit_code == 0


@pytest.mark.slow
def test_a_threshold_is_the_stacks_parameter():
    records = [{**DETECTOR, "eventID": f"g{number}"} for number in range(3)]

    result = trailwarden(
        "replay", "-", "--format", "json", "--parameter", "CisThreshold=3", stdin=lines(*records, DETECTOR)
    )
    (below,) = trailwarden(
        "replay", "-", "--format", "json", "--parameter", "CisThreshold=3", stdin=lines(DETECTOR)
    ).stdout.splitlines()

    assert [len(json.loads(line)["went_off"]) for line in result.stdout.splitlines()] == [0, 0, 1, 0]
    assert json.loads(below)["alarms"] == []
    assert json.loads(below)["filters"] == ["CIS 4.3"]


@pytest.mark.slow
def test_a_record_of_a_region_that_aws_does_not_have_is_told_without_a_look():
    """Published records name regions by a pseudonym."""
    shared = {
        **ROOT,
        "eventSource": "ec2.amazonaws.com",
        "eventName": "ModifySnapshotAttribute",
        "eventType": "AwsApiCall",
        "awsRegion": "us-nowhere-9r",
        "requestParameters": {
            "snapshotId": "snap-0123456789abcdef0",
            "createVolumePermission": {"add": {"items": [{"group": "all"}]}},
        },
        "responseElements": {"_return": True},
    }

    ((report,), _) = replayed(shared)

    assert report["fired"] == ["snapshot_shared"]
    assert report["plans"][0]["outcome"] == "unseen"
    assert "Could not connect" in report["failed"]["snapshot_shared"]


@pytest.mark.slow
def test_failed_sign_ins_are_told_by_the_remediation_that_their_alarm_wakes():
    failed = {
        **ROOT,
        "userIdentity": {"type": "IAMUser", "userName": "ann", "accountId": "444455556666"},
        "errorMessage": "Failed authentication",
        "responseElements": {"ConsoleLogin": "Failure"},
    }

    reports, _ = replayed(*({**failed, "eventID": f"f{number}"} for number in range(3)))

    assert [[each["remediation"] for each in report["went_off"]] for report in reports][2] == ["failed_login"]


# ---- whose trail ---------------------------------------------------------------------------------

STOPPED = {
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "eventType": "AwsApiCall",
    "awsRegion": "eu-west-1",
    "eventTime": "2026-03-02T03:05:00Z",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann"},
    "requestParameters": {"name": "audit"},
    "recipientAccountId": "111122223333",
    "eventID": "t1",
}
TRAIL = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/secops"


@pytest.mark.slow
def test_what_was_done_to_the_trail_that_is_named_is_told():
    theirs = {**STOPPED, "requestParameters": {"name": "another"}, "eventID": "t2"}

    result = trailwarden("replay", "-", "--format", "json", "--trail", TRAIL, stdin=lines(theirs, STOPPED))

    other, ours = map(json.loads, result.stdout.splitlines())
    assert (other["fired"], other["plans"]) == (["trail_stopped"], [])
    (plan,) = ours["plans"]
    assert plan["alerts"] == [
        {"severity": "CRITICAL", "title": "Logging of the audit trail audit was stopped"}
    ]
    assert plan["calls"][0]["parameters"] == {"Name": TRAIL}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("partition", "region"),
    in_turn(
        [
            *(("aws-cn", "cn-north-1"), ("aws-cn", "cn-northwest-1")),
            *(("aws-us-gov", "us-gov-west-1"), ("aws-us-gov", "us-gov-east-1")),
        ],
        of=2,
    ),
)
def test_a_trail_of_china_or_govcloud_may_be_named(partition, region):
    trail = f"arn:{partition}:cloudtrail:{region}:111122223333:trail/audit"
    ann = f"arn:{partition}:iam::111122223333:user/ann"
    stopped = {**STOPPED, "awsRegion": region, "userIdentity": {"type": "IAMUser", "arn": ann}}

    result = trailwarden("replay", "-", "--format", "json", "--trail", trail, stdin=lines(stopped))

    told = json.loads(result.stdout)
    (plan,) = told["plans"]
    assert (told["fired"], told["actor"], told["awsRegion"]) == (["trail_stopped"], ann, region)
    (call,) = plan["calls"]
    assert (call["operation"], call["parameters"], call["region"]) == (
        "start_logging",
        {"Name": trail},
        region,
    )


MOVED = {
    **STOPPED,
    "eventName": "UpdateTrail",
    "eventID": "t3",
    "requestParameters": {"name": "audit", "isMultiRegionTrail": False},
}


def would_call(*records):
    """The calls that would be made about the last record."""
    result = trailwarden("replay", "-", "--format", "json", "--trail", TRAIL, stdin=lines(*records))
    (plan,) = json.loads(result.stdout.splitlines()[-1])["plans"]
    return [call["operation"] for call in plan["calls"]]


@pytest.mark.slow
def test_a_trail_that_records_say_was_started_again_is_logging_again():
    started = {**STOPPED, "eventName": "StartLogging", "eventID": "t2"}

    assert would_call(STOPPED, MOVED) == ["update_trail", "start_logging"]
    assert would_call(STOPPED, started, MOVED) == ["update_trail"]


@pytest.mark.slow
def test_a_new_world_knows_what_was_done_to_the_trail(monkeypatch):
    monkeypatch.setattr("scenarios.runner.replay.replay.MOST_IN_A_WORLD", 1)

    assert would_call(STOPPED, MOVED) == ["update_trail", "start_logging"]


@pytest.mark.slow
def test_without_a_name_those_that_records_name_are_proposed():
    result = trailwarden("replay", "-", stdin=lines(STOPPED))

    assert f"1 of the records is about a trail; name yours, such as --trail {TRAIL}" in result.stdout


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--trail", "audit"), "audit is no trail's ARN"),
        (("--bucket", "b"), "name the trail's ARN too"),
        (("--trail", TRAIL.replace("eu-west-1", "mars")), "is no trail's ARN"),
        (("--trail", TRAIL.replace("eu-west-1", "cn-north-1")), "is a region of the partition aws-cn"),
        (
            ("--trail", "arn:aws-cn:cloudtrail:cn-south-1:111122223333:trail/audit"),
            "cn-south-1 is not simulated",
        ),
        (("--trail", TRAIL.replace("arn:aws:", "arn:aws-iso:")), "of the partition aws-iso are not"),
        (("--trail", TRAIL.replace("audit", "a")), "is no trail's ARN"),
        (("--trail", TRAIL, "--bucket", "b"), "b can't be the name of a bucket: 3 to 63"),
        (("--trail", TRAIL, "--bucket", "a..b"), "a..b can't be the name of a bucket"),
        (("--trail", TRAIL, "--group", "a b"), "a b can't be the name of a log group"),
        (("--account", "12"), "12 can't be an account"),
        (("--parameter", "AlertEmail=x"), "the stack can't be made: "),
        (("--trail", TRAIL, "--parameter", f"ExistingTrailArn={TRAIL}2"), "is the stack's parameter"),
        (("--trail", TRAIL, "--account", "444455556666"), "and the stack's 444455556666: "),
        (("--region", "eu-nowhere-9"), "AWS has no region eu-nowhere-9"),
        (("--stack-name", "secops"), "name the stack by its ARN: --stack-name arn:aws:cloudformation:"),
        (("--stack-name", "se/cops"), "se/cops is no stack's name or ARN"),
        (("--stack-name", f"{STACK}s", "--region", "eu-west-2"), "eu-west-2 was named beside it"),
        (("--stack-resources", "/dev/null"), "/dev/null"),
        (("--region", "Mars"), "Mars can't be a region"),
        (("--parameter", "NoSuch=1"), "NoSuch"),
        (("--since", "yesterday"), "--since 'yesterday' is no time"),
        (("--out", "/nosuch/page.html"), "no such file"),
    ],
)
def test_an_option_that_can_not_be_is_one_sentence(options, why):
    result = trailwarden("replay", "-", *options, stdin=lines(STOPPED))

    assert (result.exit_code, result.stdout) == (2, "")
    (sentence,) = result.stderr.splitlines()
    assert why in sentence


@pytest.mark.slow
def test_a_trail_may_have_a_name_that_no_bucket_can_have():
    trail = TRAIL.replace("audit", f"Of_ours.{'x' * 100}")
    stopped = {**STOPPED, "requestParameters": {"name": trail}, "awsRegion": trail.split(":")[3]}

    result = trailwarden("replay", "-", "--format", "json", "--trail", trail, stdin=lines(stopped))

    (plan,) = json.loads(result.stdout)["plans"]
    assert plan["calls"][0]["parameters"] == {"Name": trail}


# ---- summary, page, range ------------------------------------------------------------------------


@pytest.mark.slow
def test_the_summary_groups_by_actor_and_by_day(tmp_path):
    text = trailwarden("replay", "-", "--summary", stdin=lines(ROOT, DELETED)).stdout
    last = trailwarden("replay", "-", "--summary", "--format", "json", stdin=lines(ROOT, DELETED))

    assert "By actor:\n  CRITICAL  root: root_login 1, CIS 4.3 1\n" in text
    assert "By day:\n  2021-05-04: table_deleted 1\n  2022-11-10: " in text
    summary = json.loads(last.stdout.splitlines()[-1])["summary"]
    assert summary["fired"] == {"root_login": 1, "table_deleted": 1}
    assert summary["alarms"] == {"CIS 4.3": 1}


@pytest.mark.slow
def test_a_summary_of_nothing_has_no_headings():
    result = trailwarden("replay", "-", "--summary", stdin=lines(HARMLESS))

    assert result.stdout == "1 record: 1 fired nothing.\n"


@pytest.mark.slow
def test_a_page_can_be_handed_on_and_is_safe_to_open(tmp_path):
    record = {**DELETED, "requestParameters": {"tableName": "<script>alert(1)</script>"}}

    trailwarden("replay", "-", "--out", str(tmp_path / "page.html"), stdin=lines(record))

    page = (tmp_path / "page.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; was deleted" in page
    assert "<script>" not in page
    assert "user/mallory" in page


@pytest.mark.slow
def test_only_records_of_the_time_asked_for_are_replayed():
    result = trailwarden(
        "replay", "-", "--since", "2022-01-01", "--until", "2022-12-31", stdin=lines(ROOT, DELETED)
    )

    assert "1 record: 1 fired root_login" in result.stdout


@pytest.mark.slow
def test_what_was_read_before_somebody_interrupted_is_told(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text(lines(ROOT))
    (tmp_path / "b.json").write_text(lines(DELETED))
    opened = sources.opened

    def interrupted(name):
        if name.endswith("b.json"):
            raise KeyboardInterrupt
        return opened(name)

    monkeypatch.setattr(sources, "opened", interrupted)

    result = trailwarden("replay", str(tmp_path))

    assert result.exit_code == 130
    assert "1 record: 1 fired root_login" in result.stdout
    assert result.stderr == "trailwarden: interrupted: that is what was read until then\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "identity",
    [
        pytest.param(
            {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/a/b", "accountId": "1"}, id="arn"
        ),
        pytest.param({"type": "Root", "arn": "arn:aws:iam::1:root", "accountId": "1"}, id="root"),
        pytest.param({"type": "AWSService", "invokedBy": "ecs.amazonaws.com"}, id="a service"),
        pytest.param({"type": "IAMUser", "principalId": "AIDA", "accountId": "2"}, id="principal id alone"),
        pytest.param({"type": "Unknown", "userName": 7}, id="a name that is a number"),
        pytest.param({}, id="empty"),
        pytest.param(None, id="null"),
        pytest.param("somebody", id="text"),
    ],
)
@pytest.mark.parametrize(
    "left_out", [pytest.param((), id="whole"), pytest.param(("recipientAccountId", "awsRegion"), id="less")]
)
def test_a_line_of_a_record_that_nothing_asks_for_says_who_did_it_when_and_where(identity, left_out):
    quiet = without({**HARMLESS, "userIdentity": identity, "sourceIPAddress": "203.0.113.7"}, *left_out)
    whole = who_of(FoundRecord(where=Place(""), record=quiet)).as_json()

    reports, _ = replayed(quiet, {**quiet, "eventID": "2"})

    for report in reports:
        assert {name: report[name] for name in whole} == whole
        assert (report["eventTime"], report["sourceIPAddress"]) == (quiet["eventTime"], "203.0.113.7")

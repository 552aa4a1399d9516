"""`trailwarden query` with SQL: from the text and the files to the answer and the exit code."""

import gzip
import json

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from tests.scenarios.queries.sql.tables import VPC_FLOW

DAYS = ("2026/03/02", "2026/03/03")


@pytest.fixture
def trail(tmp_path):
    """Two days of a trail, in the folders and under the names that CloudTrail gives them."""
    for day in DAYS:
        folder = tmp_path / "AWSLogs/111111111111/CloudTrail/eu-west-1" / day
        folder.mkdir(parents=True)
        records = [
            {
                "eventName": "CreateUser",
                "eventTime": f"{day.replace('/', '-')}T04:00:00Z",
                "errorCode": "\x1b[2J",
            }
        ] * 2
        name = f"111111111111_CloudTrail_eu-west-1_{day.replace('/', '')}T0405Z_x.json.gz"
        (folder / name).write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    return str(tmp_path)


def query(*arguments):
    return CliRunner().invoke(main, ["query", *arguments])


COUNT = "SELECT eventname, count(*) AS calls FROM cloudtrail_logs GROUP BY 1"


@pytest.mark.slow
def test_a_text_of_athena_is_answered_over_a_folder(trail):
    result = query(COUNT, trail)

    assert result.stdout.splitlines() == ["eventname   calls", "----------  -----", "CreateUser      4"]
    assert result.stderr.startswith("1 row; 2 of 2 files read (")
    assert result.stderr.endswith("; on Athena about $0.00005\n")
    assert result.exit_code == 0


@pytest.mark.slow
def test_a_day_opens_that_days_file_under_whichever_key_the_text_has(trail):
    for where in (
        "\"timestamp\" = '2026/03/03'",
        "year = '2026' AND month = '03' AND day = '03'",
        "dt > '2026/03/02'",
    ):
        result = query(
            f'SELECT count(*) FROM "default"."ct" WHERE region = \'eu-west-1\' AND {where}',
            trail,
            "--format",
            "csv",
        )

        assert result.stdout == "_col0\n2\n"
        assert result.stderr.startswith("1 row; 1 of 2 files read (")


@pytest.mark.slow
def test_json_has_null_and_a_terminal_gets_no_control_character(trail):
    text = "SELECT errorcode, useragent FROM ct LIMIT 1"

    assert json.loads(query(text, trail, "--format", "json").stdout) == {
        "errorcode": "\x1b[2J",
        "useragent": None,
    }
    assert "\x1b" not in query(text, trail).stdout


@pytest.mark.slow
def test_another_table_by_its_definition(tmp_path):
    (tmp_path / "flow.sql").write_text(VPC_FLOW.text)
    (tmp_path / "flow.log.gz").write_bytes(gzip.compress(VPC_FLOW.content().encode()))
    result = query(
        VPC_FLOW.question,
        str(tmp_path / "flow.log.gz"),
        "--table",
        str(tmp_path / "flow.sql"),
        "--format",
        "csv",
    )

    assert result.stdout.splitlines()[1].startswith("198.51.100.7,2,80,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["SELECT banana FROM ct"],
            "trailwarden: COLUMN_NOT_FOUND: line 1:8: Column 'banana' cannot be resolved",
        ),
        (["SELECT FROM"], "trailwarden: line 1:"),
        (["SELECT uuid() FROM ct"], "trailwarden: SQL is not simulated with the function uuid"),
        (["SELECT"], "trailwarden: line 1:7: mismatched input '<EOF>'\n"),
        (
            ["SELECT eventname FROM ct LIMIT 5 OFFSET 2"],
            "trailwarden: line 1:34: mismatched input 'OFFSET'\n",
        ),
        (["CREATE DATABASE x"], "CREATE keeps something for later queries"),
        (
            ["/* mine */ CREATE OR REPLACE VIEW v AS SELECT 1"],
            "are asked; write WITH name AS (SELECT ...) SELECT ... instead. --on-aws has Athena do it\n",
        ),
        (["CREATE EXTERNAL TABLE t (a int)"], "are asked; give a table's definition with --table FILE."),
        (["DROP TABLE x"], "DROP keeps something for later queries"),
        (["INSERT INTO x SELECT 1"], "INSERT keeps something for later queries"),
        (["EXPLAIN SELECT 1"], "EXPLAIN is about Athena's own catalog or plan"),
        (["DESC ct"], "DESC is about Athena's own catalog or plan"),
        (["USE mine"], "USE keeps something for later queries"),
        (["ANALYZE TABLE ct"], "ANALYZE keeps something for later queries"),
        (["GRANT ROLE a TO b"], "GRANT is no statement of Athena's either"),
        (["/* mine */ REVOKE ROLE a FROM b"], "REVOKE is no statement of Athena's either"),
        (["(SELECT banana FROM ct)"], "COLUMN_NOT_FOUND"),
        (
            ['SELECT 1 FROM ct WHERE errorcode = "AccessDenied"'],
            "(in SQL, double quotes are for names of columns; a text has single ones: 'AccessDenied')\n",
        ),
        (
            ["SELECT 1 FROM ct WHERE errorcode = \u2018x\u2019"],
            "(the quote \u2018 is a typographic one; type ')\n",
        ),
        (["SELECT eventname FROM ct | limit 3"], "(| divides the commands of Logs Insights"),
        (["SELECT 1 FROM log.json.gz"], "(the table may have any name, such as ct;"),
        ([COUNT, "--since", "2026-03-02"], "in SQL, LIMIT and WHERE say"),
        (["fields @message", "--table", "x.sql"], "--table is for SQL"),
    ],
)
def test_what_is_not_answered_is_said_and_exits_with_2(trail, arguments, words):
    result = query(*arguments[:1], trail, *arguments[1:])

    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_a_word_that_is_also_a_key_needs_no_name_that_says_one(tmp_path):
    """year() is a function, and TIMESTAMP '...' a literal: neither is a partition key of the files' names."""
    record = {"eventName": "A", "eventTime": "2026-03-02T03:00:00Z"}
    (tmp_path / "mine.json").write_text(json.dumps({"Records": [record]}))
    moment = "from_iso8601_timestamp(eventtime)"
    asked = f"SELECT year({moment}) AS y FROM ct WHERE {moment} > timestamp '2026-01-01 00:00:00'"

    assert query(asked, str(tmp_path), "--format", "csv").stdout == "y\n2026\n"
    for named in ("WHERE \"timestamp\" >= '2026/03/01'", "WHERE year = '2026'", "GROUP BY region, day"):
        refused = query(f"SELECT count(*) FROM ct {named}", str(tmp_path))
        assert (refused.exit_code, "whose name doesn't say it" in refused.stderr) == (2, True), named


def test_a_definition_that_is_none_is_named(trail, tmp_path):
    (tmp_path / "t.sql").write_text("CREATE EXTERNAL TABLE t (a string")

    result = query("SELECT 1 FROM t", trail, "--table", str(tmp_path / "t.sql"))

    assert result.exit_code == 2
    assert "t.sql: line 1:33: mismatched input '<EOF>'" in result.stderr


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.json.gz", b"", "(the file is empty)"),
        ("x.json.gz", gzip.compress(b"", mtime=0), "(the file is empty)"),
        ("x.json.gz", b"hello", "(its name ends in .gz, and it is no gzip)"),
        ("x.jsonl", b'{"a": 1}\n{"a": 2}\n', '(it has an object a line; a file of CloudTrail is {"Records"'),
        ("x.jsonl.gz", gzip.compress(b'{"a": 1}\n{"a": 2}\n', mtime=0), "(it has an object a line"),
        ("x.json", b'[{"a": 1}]', "(it is a list; a file of CloudTrail is"),
        ("x.log", b"hello", "(it is no JSON: of logs that are not CloudTrail's, --table FILE gives"),
        ("x.json", b'{"Records":[', "JSONException: Input data was truncated: "),
    ],
)
def test_what_a_file_seems_to_be_is_said(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    result = query(COUNT, str(tmp_path / name))

    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_file_that_is_cut_is_named(trail, tmp_path):
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(b'{"Records":[]}')[:-9])
    result = query(COUNT, trail)

    assert result.exit_code == 2
    assert "Unexpected end of input stream" in result.stderr
    assert "cut.json.gz" in result.stderr


@pytest.mark.slow
def test_a_file_without_records_is_said(trail, tmp_path):
    (tmp_path / "one.json").write_text('{"eventName": "x"}')
    result = query(COUNT, trail)

    assert "CreateUser      4" in result.stdout
    assert "one.json: no records of CloudTrail are in it" in result.stderr
    assert result.exit_code == 2


def test_standard_input_is_no_folder_for_sql():
    assert query(COUNT).exit_code == 2

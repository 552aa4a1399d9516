"""Files: which are opened, what is in them, and what is said of those that can't be read."""

# ruff: noqa: E501 - texts of SQL and lines of logs stand as they are

import dataclasses
import gzip
import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from scenarios.queries.sql import ddl
from scenarios.queries.sql.cloudtrail_table import COLUMNS, FORMAT
from scenarios.queries.sql.engine import Engine
from scenarios.queries.sql.errors import BadFile, QueryFailed, SqlNotSimulated
from tests.scenarios.queries.sql.tables import ALB, CLOUDFRONT, S3_ACCESS, VPC_FLOW, WAF
from tests.scenarios.queries.sql.trail import (
    NOW,
    ORGANIZATION,
    Bucket,
    Tables,
    engine,
    filed,
    packed,
    records,
)

FILES = filed(records(count=60))
PLAIN = f"CREATE EXTERNAL TABLE ct ({COLUMNS}) {FORMAT} LOCATION 's3://b/AWSLogs/'"


def opened(text, *, now=NOW):
    bucket = Bucket(FILES)
    result = Engine(Tables(ORGANIZATION), bucket, now).run(text)
    assert set(result.files) == set(bucket.opened)
    return result, bucket.opened


@pytest.mark.parametrize("where", ["", " WHERE eventname = 'GetObject'"])
def test_files_dont_stay_in_memory_once_they_are_read(where):
    """Each that stays makes unpacking the next one dearer, and a trail may be larger than a laptop's memory."""
    filling = {"userAgent": "x" * 1_000}
    one = packed([each | filling for each in records(count=1_000)])
    bucket = Bucket({f"s3://b/AWSLogs/{number}.json.gz": one for number in range(16)})
    asked = Engine(Tables(PLAIN), bucket, NOW)
    # What the first question of a process loads is not counted.
    opened("SELECT count(*) FROM cloudtrail_logs")

    tracemalloc.start()
    try:
        result = asked.run(f"SELECT count(eventname), count(useridentity.arn) FROM ct{where}")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(result.files) == 16
    assert most < 6 * len(gzip.decompress(one))


def test_a_days_partition_opens_that_days_files_alone():
    result, files = opened(
        "SELECT count(*) FROM cloudtrail_logs WHERE \"timestamp\" = '2026/01/02' AND region = 'us-east-1'"
    )

    assert sorted(files) == [each for each in sorted(FILES) if "/us-east-1/2026/01/02/" in each]
    assert result.scanned_bytes == sum(len(FILES[each]) for each in files)


def test_a_projected_range_ends_now():
    _, files = opened("SELECT count(*) FROM cloudtrail_logs", now=datetime(2026, 1, 2, 1, tzinfo=UTC))

    assert {each[-23:-13] for each in files} == {"2026/01/01", "2026/01/02"}


def test_an_outer_join_keeps_the_rows_of_other_partitions():
    text = """SELECT count(*), count(b.eventid) FROM cloudtrail_logs a LEFT JOIN cloudtrail_logs b
    ON a.eventid = b.eventid WHERE b."timestamp" IS NULL OR b."timestamp" = '2026/01/02'"""
    days = [each["eventTime"][:10] for each in records(count=60)]

    assert opened(text)[0].rows == [(str(days.count("2026-01-02")),) * 2]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("cut.json.gz", packed(records(count=50))[:-30], "Unexpected end of input stream"),
        ("cut.json.gz", packed([])[:5], "Unexpected end of input stream"),
        ("plain.json.gz", b'{"Records":[]}', "incorrect header check"),
        ("damaged.json.gz", packed(records(count=2))[:-8] + b"\0" * 8, "incorrect data check"),
        ("half.json", b'{"Records":[{"eventName":"x"}', "Row is not a valid JSON Object"),
        (
            "odd.json",
            b'{"Records":[{"eventName":"x","userIdentity":"root"}]}',
            "Row is not a valid JSON Object",
        ),
        ("packed.json", packed([]), "it is gzip, and its name doesn't end with .gz"),
    ],
)
def test_a_file_that_cant_be_read_ends_the_query_and_is_named(name, data, why):
    files = {f"s3://b/AWSLogs/{name}": data, "s3://b/AWSLogs/good.json.gz": packed(records(count=3))}

    with pytest.raises(BadFile, match=why) as bad:
        engine(files, PLAIN).run("SELECT eventname, useridentity.arn FROM ct")

    assert str(bad.value).endswith(f"s3://b/AWSLogs/{name}")


def test_a_cut_file_of_lines_is_said_too():
    data = gzip.compress(("version header\n" + VPC_FLOW.lines * 50).encode())[:-10]

    with pytest.raises(BadFile, match="Unexpected end"):
        engine({"s3://b/flow/x.log.gz": data}, VPC_FLOW.text).run("SELECT count(*) FROM flow")


def test_files_packed_otherwise_are_not_simulated():
    with pytest.raises(SqlNotSimulated, match="files packed as zst"):
        engine({"s3://b/AWSLogs/x.json.zst": b"x"}, PLAIN).run("SELECT count(*) FROM ct")


def test_hidden_and_empty_files_are_no_rows():
    files = {
        "s3://b/AWSLogs/_SUCCESS": b"x",
        "s3://b/AWSLogs/.x.json": b"x",
        "s3://b/AWSLogs/x.json.gz": b"",
        "s3://b/AWSLogs/y.json": b'{"Records":[]}',
    }

    assert engine(files, PLAIN).run("SELECT count(*) FROM ct").rows == [("0",)]


@pytest.mark.slow
def test_hostile_values_come_through():
    evil = [
        '"; DROP TABLE x',
        "\x1b[2J",
        'a\nb,"c"',
        "\0",
        "x" * 100_000,
        "=cmd()",
        "\ud800",
        "'); SELECT 1 --",
    ]
    data = json.dumps(
        {"Records": [{"eventName": each, "requestParameters": {each: 1}} for each in evil]}
    ).encode()

    found = engine({"s3://b/AWSLogs/x.json": data}, PLAIN).run("SELECT eventname FROM ct").rows

    assert found == [(each.replace("\ud800", "?"),) for each in evil]


def test_names_are_taken_in_any_case_and_unknown_ones_are_looked_for():
    ddl = f"CREATE EXTERNAL TABLE ct (eventname string, strangename string, deep struct<innername: string>) {FORMAT} LOCATION 's3://b/'"
    data = b'{"Records":[{"eventName":"a","StrangeName":"b","Deep":{"InnerName":"c"}},{"eventName":"d"}]}'

    assert engine({"s3://b/x.json": data}, ddl).run(
        "SELECT EventName, STRANGENAME, deep.InnerName FROM ct"
    ).rows == [
        ("a", "b", "c"),
        ("d", None, None),
    ]


@pytest.mark.parametrize("at_once", [3, 7, 16_384])
def test_rows_are_those_of_the_condition_however_many_come_at_once(monkeypatch, at_once):
    """Few of the first rows, and then more than half of them, so that both ways of taking rows in are gone."""
    monkeypatch.setattr("scenarios.queries.sql.loading.ROWS_AT_ONCE", at_once)
    names = ["x", "x", "yes", "x", None, "yes", "yes", "yes", "x", "yes"]
    found = [
        {"eventName": name, "requestParameters": {"n": n}, "eventID": f"{n}"} for n, name in enumerate(names)
    ]
    text = "SELECT requestparameters, eventid FROM ct WHERE eventname = 'yes' AND length(eventname) > 1"

    rows = engine({"s3://b/AWSLogs/x.json.gz": packed(found)}, PLAIN).run(text).rows

    assert rows == [(f'{{"n":{n}}}', f"{n}") for n, name in enumerate(names) if name == "yes"]


@pytest.mark.slow
def test_json_in_a_text_is_as_it_was_written():
    data = b'{"Records":[{"requestParameters":{"n":2.50,"big":12345678901234567890123}}]}'
    text = "SELECT requestparameters, json_extract_scalar(requestparameters, '$.n') FROM ct"

    assert engine({"s3://b/AWSLogs/x.json": data}, PLAIN).run(text).rows == [
        ('{"n":2.50,"big":12345678901234567890123}', "2.50")
    ]


@pytest.mark.slow
def test_the_path_of_each_row():
    result = engine({"s3://b/AWSLogs/y.json.gz": packed(records(count=2))}, PLAIN).run(
        'SELECT DISTINCT "$path" FROM ct'
    )

    assert result.rows == [("s3://b/AWSLogs/y.json.gz",)]


@pytest.mark.slow
@pytest.mark.parametrize("table", [VPC_FLOW, ALB, CLOUDFRONT, S3_ACCESS, WAF], ids=lambda each: each.name)
def test_the_documented_tables_of_other_logs(table):
    asked = engine({table.address: gzip.compress(table.content().encode())}, table.text)

    assert asked.run(table.question).rows == table.answer


@pytest.mark.slow
def test_partitions_by_hand():
    text = "CREATE EXTERNAL TABLE flow (version int) PARTITIONED BY (`date` date) ROW FORMAT DELIMITED FIELDS TERMINATED BY ' ' LOCATION 's3://b/'"
    tables = Tables(text)
    added = ddl.read("ALTER TABLE flow ADD PARTITION (`date`='2026-01-01') LOCATION 's3://b/2026/01/01/'")
    bucket = Bucket({"s3://b/2026/01/01/x": b"2\n3\n", "s3://b/2026/01/02/x": b"4\n"})
    assert isinstance(added, ddl.AddPartitions)
    before = Engine(tables, bucket, NOW).run("SELECT count(*) FROM flow").rows

    table = tables.tables["flow"]
    tables.tables["flow"] = dataclasses.replace(table, partitions=ddl.with_partitions(table, added))

    assert before == [("0",)]
    assert Engine(tables, bucket, NOW).run(
        'SELECT sum(version), max("date") FROM flow WHERE "date" > date \'2025-12-31\''
    ).rows == [("5", "2026-01-01")]


@pytest.mark.slow
def test_an_injected_key_must_be_named():
    text = ORGANIZATION.replace("'projection.account.type'='enum'", "'projection.account.type'='injected'")
    asked = engine(FILES, text)

    with pytest.raises(
        QueryFailed, match="CONSTRAINT_VIOLATION: For the injected projected partition column account"
    ):
        asked.run("SELECT count(*) FROM cloudtrail_logs")
    assert asked.run("SELECT count(*) FROM cloudtrail_logs WHERE account = '111111111111'").rows != [("0",)]


@pytest.mark.parametrize("text", ["DROP DATABASE cascade", "DROP DATABASE a", "DROP SCHEMA a RESTRICT"])
def test_a_database_is_dropped_with_its_tables_only_where_that_is_said(text):
    for words, cascade in ((text, False), (f"{text.removesuffix(' RESTRICT')} CASCADE;", True)):
        found = ddl.read(words)
        assert isinstance(found, ddl.Drop)
        assert found.cascade is cascade

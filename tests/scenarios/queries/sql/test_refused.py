"""Texts that Athena refuses, with its words, and texts that only Athena answers."""

# ruff: noqa: E501 - texts of SQL and lines of logs stand as they are

import random
import re
from contextlib import suppress

import pytest

from scenarios.queries.sql.errors import MalformedSql, QueryFailed, SqlNotSimulated
from tests.sample import ALL
from tests.scenarios.queries.sql.battery import QUERIES
from tests.scenarios.queries.sql.trail import ORGANIZATION, engine

T = "cloudtrail_logs"

FAILS = {
    "SELECT banana FROM cloudtrail_logs": "COLUMN_NOT_FOUND: line 1:8: Column 'banana' cannot be resolved or requester is "
    "not authorized to access requested resources",
    "SELECT 1 FROM nowhere": "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.nowhere' does not exist",
    f"SELECT\n eventname, count(*) FROM {T}": "EXPRESSION_NOT_AGGREGATE: line 2:2: 'eventname' must be an aggregate "
    "expression or appear in GROUP BY clause",
    f"SELECT eventname FROM {T} ORDER BY count(*)": "EXPRESSION_NOT_AGGREGATE: line 1:8: 'eventname' must be an aggregate "
    "expression or appear in GROUP BY clause",
    f"SELECT 1 FROM {T} WHERE errorcode = 403": "TYPE_MISMATCH: line 1:37: Cannot apply operator: varchar = integer",
    "SELECT date '2026-01-01' > '2026-01-01'": "TYPE_MISMATCH: line 1:13: Cannot apply operator: date > varchar(10)",
    f"SELECT 1 FROM {T} WHERE eventname": "TYPE_MISMATCH: line 1:37: WHERE clause must evaluate to a boolean: actual type "
    "varchar",
    f"SELECT 1 FROM {T} WHERE count(*) > 1": "EXPRESSION_NOT_SCALAR: line 1:37: WHERE clause cannot contain aggregations, "
    "window functions or grouping operations: [COUNT(*)]",
    f"SELECT useridentity.nothing FROM {T}": "COLUMN_NOT_FOUND: line 1:8: Column 'useridentity.nothing' cannot be resolved",
    f"SELECT eventname.x FROM {T}": "TYPE_MISMATCH: line 1:8: Expression eventname.x is not of type ROW",
    "SELECT lowre('A')": "FUNCTION_NOT_FOUND: line 1:8: Function 'lowre' not registered",
    "SELECT date_diff('day', '2026-01-01', now())": "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(3), "
    "varchar(10), timestamp(3) with time zone) for function date_diff",
    "SELECT lower(5)": "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer) for function lower. Expected: "
    "lower(varchar)",
    f"SELECT eventname AS n FROM {T} WHERE n = 'x'": "COLUMN_NOT_FOUND: line 1:50: Column 'n' cannot be resolved or requester "
    "is not authorized to access requested resources",
    f"SELECT eventid FROM {T} a JOIN {T} b ON a.eventid = b.eventid": "AMBIGUOUS_NAME: line 1:8: Column 'eventid' is ambiguous",
    "SELECT 1 UNION SELECT 'a'": "TYPE_MISMATCH: line 1:8: column 1 in UNION query has incompatible types: integer, varchar(1)",
    "SELECT 1 ORDER BY 2": "INVALID_COLUMN_REFERENCE: line 1:19: ORDER BY position 2 is not in select list",
    "SELECT DISTINCT x FROM (VALUES 1) t(x) ORDER BY x + 1": "EXPRESSION_NOT_IN_DISTINCT",
    "SELECT regexp_like('a')": "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters for function regexp_like",
    "SELECT 'a' IN (1)": "TYPE_MISMATCH",
    "SELECT DECIMAL '1e5'": "INVALID_LITERAL: line 1:8: '1e5' is not a valid DECIMAL literal",
    "SELECT CAST(ARRAY[1] AS integer)": "TYPE_MISMATCH",
    "SELECT sum(max(x)) FROM (VALUES 1) t(x)": "NESTED_AGGREGATION",
    "SELECT rank() FROM (VALUES 1) t(x)": "MISSING_OVER",
    "SELECT reduce(ARRAY[1], 0, (s, x) -> s, (s, x) -> s)": "TYPE_MISMATCH: line 1:42: Expected a lambda with 1 arguments",
}


@pytest.mark.parametrize("text", FAILS)
def test_a_query_fails_in_trinos_words(text):
    with pytest.raises(QueryFailed) as failed:
        engine({}, ORGANIZATION).translated(text)

    assert str(failed.value).startswith(FAILS[text])


ONLY_THERE = {
    "SELECT approx_percentile(x, 0.5) FROM (VALUES 1) t(x)": "the aggregate approx_percentile",
    "SELECT map_union(x) FROM (VALUES 1) t(x)": "the aggregate map_union",
    "SELECT uuid()": "the function uuid",
    "SELECT CAST(1.5e0 AS varchar)": "CAST of double to varchar",
    "SELECT now() AT TIME ZONE 'Europe/Berlin'": "AT TIME ZONE",
    "SELECT json_extract_scalar('{}', '$..a')": "the JSON path $..a",
    "SELECT regexp_like('a', '\\p{L}')": "\\p in the regular expression",
    "SELECT date_format(now(), '%V')": "%V in the date format",
    "SELECT avg(1.5)": "avg of a decimal",
    "SELECT sum(interval '1' day)": "sum of an interval",
    "SELECT max(ARRAY[1])": "max of array(integer)",
    "SELECT nan()": "the function nan",
    "SELECT from_unixtime(0, 'Europe/Berlin')": "from_unixtime of (integer, varchar(13))",
    "SELECT hour(now() - now())": "hour of (interval day to second)",
    "SELECT CAST(interval '1' day AS varchar)": "CAST of interval day to second to varchar",
    "SELECT CAST(current_date AS json)": "CAST of date to json",
    "SELECT ROW(1, NULL) = ROW(1, NULL)": "= between values of the type row",
    "SELECT CAST(json_parse('{}') AS row(a integer))": "CAST of json to row(a integer)",
    "SELECT useridentity.* FROM cloudtrail_logs": "the fields of a row as columns",
    "SELECT CAST('a' AS char(3))": "the type char",
    "SELECT x FROM (VALUES 1) t(x) TABLESAMPLE BERNOULLI (10)": "",
    f"SELECT * FROM {T} MATCH_RECOGNIZE (PATTERN (A) DEFINE A AS true)": "",
    "WITH RECURSIVE t(n) AS (SELECT 1) SELECT n FROM t": "",
    "SELECT lag(x) IGNORE NULLS OVER (ORDER BY x) FROM (VALUES 1) t(x)": "IgnoreNulls",
    "SELECT a FROM (VALUES 1) t(a) NATURAL JOIN (VALUES 1) u(a)": "",
    "SELECT a FROM (VALUES 1) t(a) GROUP BY DISTINCT ROLLUP (a), CUBE (a)": "GROUP BY DISTINCT",
    f"SELECT {'9' * 5000}": "a number of more than 1000 digits",
    f"SELECT 1 LIMIT {'9' * 5000}": "a number of more than 1000 digits",
    "SELECT table_name FROM information_schema.tables": "information_schema",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:80]) for text in ONLY_THERE])
def test_what_only_athena_answers_is_named(text):
    with pytest.raises(SqlNotSimulated) as hole:
        engine({}, ORGANIZATION).translated(text)

    assert ONLY_THERE[text] in str(hole.value)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT FROM WHERE",
        "SELECT (1",
        "",
        "SELECT 1; SELECT 2",
        "SELECT 'a",
        "-- nothing",
        "\0",
        "SELECT 1 1 1",
        "SELECT 1::integer",
        "SELECT now() - INTERVAL 1 DAY",
        "SELECT 1 AS 'one'",
    ],
)
def test_what_is_no_query_is_refused(text):
    with pytest.raises(MalformedSql):
        engine({}, ORGANIZATION).translated(text)


def test_parameters_stand_for_question_marks():
    asked = engine({})

    assert asked.run("SELECT ? || ?, ? + 1", ["'a'", "'b;--'", "2"]).rows == [("ab;--", "3")]
    with pytest.raises(MalformedSql, match="expected 1 but found 2"):
        asked.run("SELECT ?", ["1", "2"])


def test_values_are_a_query():
    assert engine({}).run("VALUES (1, 'a'), (3, 'c'), (2, 'b') ORDER BY 1 DESC LIMIT 2").rows == [
        ("3", "c"),
        ("2", "b"),
    ]


def test_a_query_within_is_translated_once():
    """Twice at each level would be a million times here."""
    nested = "count(*)"
    for _ in range(20):
        nested = f"(SELECT {nested} FROM {T})"

    assert len(engine({}, ORGANIZATION).translated(f"SELECT {nested}").scans) == 20


HOLES = {
    "timestamp '2026-01-01 00:00:00 Europe/Berlin'": "a moment in a named time zone",
    "timestamp '2026-01-01 00:00:00 +05:30'": "offset",
    "from_iso8601_timestamp('2020-05-11T11:15:05.055+01:00')": "offset",
    "parse_datetime('03:04:05 -0800', 'HH:mm:ss Z')": "offset",
    "ARRAY[1, NULL] = ARRAY[1, NULL]": "a comparison of arrays with NULL",
    "levenshtein_distance('\u00e9', 'e')": "levenshtein_distance of texts",
}


@pytest.mark.parametrize("expression", HOLES)
def test_a_value_that_only_athena_answers_is_named(expression):
    """Trino keeps a moment's offset and shows it; here every moment is in UTC."""
    with pytest.raises(SqlNotSimulated, match=HOLES[expression]):
        engine({}).run(f"SELECT {expression}")


def test_two_colons_in_a_text_are_none_of_a_cast():
    assert engine({}).run("SELECT '::', 'x' AS \"as 'y'\"").rows == [("::", "x")]


@pytest.mark.slow
def test_no_text_ends_in_a_crash():
    """Texts of the battery with pieces taken out, doubled and exchanged: answered, or refused in our words."""
    chance, asked = random.Random(5), engine({}, ORGANIZATION)
    texts = [text for text, _ in QUERIES.values()]
    pieces = re.findall(r"\w+|'[^']*'|\S", " ".join(texts))

    for _ in range(10_000 if ALL else 400):
        changed = re.findall(r"\w+|'[^']*'|\s+|.", chance.choice(texts))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(changed))
            changed[at : at + chance.randrange(2)] = chance.choice([[], [chance.choice(pieces)]])
        with suppress(QueryFailed, MalformedSql, SqlNotSimulated):
            asked.translated("".join(changed))

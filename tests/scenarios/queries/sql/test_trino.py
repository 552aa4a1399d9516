"""What Trino's expressions answer, of which DuckDB means many in another way.

Sources: https://trino.io/docs/current/functions.html; the texts of arrays, maps and rows were recorded on AWS.
"""

# ruff: noqa: E501 - texts of SQL and lines of logs stand as they are

import pytest

from scenarios.queries.sql.errors import QueryFailed
from tests.scenarios.queries.sql.trail import engine

ANSWERS = {
    # maps, and the largest ones
    "(SELECT map_agg(k, v) FROM (VALUES ('a', 1), ('b', NULL), ('a', 1), (NULL, 9)) t(k, v))": "{a=1, b=null}",
    "(SELECT map_agg(k, v) FROM (VALUES ('a', 1)) t(k, v) WHERE k = 'z')": None,
    "(SELECT map_agg(k, v) FILTER (WHERE v > 1) FROM (VALUES ('a', 1), ('b', 2)) t(k, v))": "{b=2}",
    "(SELECT multimap_agg(k, v) FROM (VALUES ('a', 1), ('b', 3), ('a', 2)) t(k, v))": "{a=[1, 2], b=[3]}",
    "map_concat(map(ARRAY['a', 'b'], ARRAY[1, 2]), map(ARRAY['b'], ARRAY[3]))": "{a=1, b=3}",
    "map_concat(map(ARRAY['a'], ARRAY[1]), CAST(NULL AS map(varchar, integer)))": None,
    "(SELECT max(x, 2) FROM (VALUES 1, 5, NULL, 3) t(x))": "[5, 3]",
    "(SELECT min(x, 9) FROM (VALUES 2, 1) t(x))": "[1, 2]",
    "(SELECT max_by(x, y, 2) FROM (VALUES ('a', 1), (NULL, 3), ('c', NULL), ('d', 2)) t(x, y))": "[null, d]",
    "(SELECT min_by(x, y, 1) FROM (VALUES ('a', 1)) t(x, y) WHERE y > 1)": None,
    "(SELECT geometric_mean(x) FROM (VALUES 2, 8) t(x))": "4.0",
    "repeat('x', 2)": "[x, x]",
    # JSON
    'json_parse(\'{"b": [1, 2.50, 1e2], "a": "\u00e9"}\')': '{"a":"é","b":[1,2.5,100.0]}',
    "CAST(ARRAY['a', NULL] AS json)": '["a",null]',
    "json_format(CAST(map(ARRAY['k'], ARRAY[ARRAY[1]]) AS json))": '{"k":[1]}',
    # numbers
    "7/2": "3",
    "-7/2": "-3",
    "-7 % 3": "-1",
    "7.0/2": "3.5",
    "1.00/3": "0.33",
    "DECIMAL '1.50'": "1.50",
    "typeof(decimal '-12.5')": "decimal(3,1)",
    "CAST('1.50' AS decimal)": "2",
    "CAST( '1.5' AS DECIMAL(3, 1))": "1.5",
    "CAST(1 AS double)/0": "Infinity",
    "CAST(7 AS double)/2": "3.5",
    "1e10": "1.0E10",
    "CAST(0.1 AS double)": "0.1",
    "CAST(12345678 AS double)": "1.2345678E7",
    "0.1 + 0.2": "0.3",
    "greatest(1, NULL)": None,
    "round(2.5e0)": "3.0",
    "try(1/0)": None,
    "bitwise_and(18, 2)": "2",
    # texts
    "'a' || 'b'": "ab",
    "upper('straße')": "STRAßE",
    "reverse('e\u0301a')": "a\u0301e",
    "replace('abc', '', '-')": "-a-b-c-",
    "replace('', '', '-')": "-",
    "levenshtein_distance('kitten', 'sitting')": "3",
    "concat_ws('-', ARRAY['a', NULL, 'b'])": "a-b",
    "concat_ws('-', ARRAY[])": "",
    "concat_ws(NULL, ARRAY['a'])": None,
    "try(CAST(12345 AS varchar(3)))": None,
    "substr('abc', 0)": "",
    "substr('abc', -2)": "bc",
    "substr('abc', -5)": "",
    "substring('abcd' FROM 2 FOR 2)": "bc",
    "split_part('a/b', '/', 3)": None,
    "split('a,b', ',')": "[a, b]",
    "strpos('abc', 'z')": "0",
    "length('é😀')": "2",
    "'a' < 'B'": "false",
    "'a_c' LIKE 'a!_c' ESCAPE '!'": "true",
    "'abc' NOT LIKE 'a%'": "false",
    "CAST('abc' AS varchar(2))": "ab",
    "concat_ws(',', 'a', NULL, 'b')": "a,b",
    "format('%s-%d', 'x', 5)": "x-5",
    "trim(' \t a ')": "a",
    "url_extract_host('https://shop.example:443/x?y=1')": "shop.example",
    "url_extract_path('https://shop.example/..%2fetc')": "/../etc",
    "typeof('abc')": "varchar(3)",
    "to_hex(md5(to_utf8('a')))": "0CC175B9C0F1B6A831C399E269772661",
    "strpos('abcabc', 'b', 2)": "5",
    "strpos('abcabc', 'b', -1)": "5",
    "strpos('aaa', 'aa', 2)": "2",
    "strpos('abc', 'b', 2)": "0",
    "split('a,b,c', ',', 2)": "[a, b,c]",
    "split_to_map('a=1;b=', ';', '=')": "{a=1, b=}",
    "split_to_map('', ';', '=')": "{}",
    "url_extract_parameter('https://x/?a=1&b=2%203&b=4', 'b')": "2 3",
    "url_extract_parameter('https://x/?a', 'a')": "",
    "url_extract_parameter('https://x/', '')": None,
    "trim(LEADING 'x' FROM 'xxaxx')": "axx",
    "trim(TRAILING 'ER' FROM upper('worker'))": "WORK",
    "trim(BOTH '$' FROM '$var$')": "var",
    "trim('!' FROM '!foo!')": "foo",
    "format('%05d|%-4s|%,.2f|%4d', 42, 'ab', 1234567.005, -7)": "00042|ab  |1,234,567.01|  -7",
    "format('%.2f', 0.125e0)": "0.13",
    "format('%f', pi())": "3.141593",
    "from_base('ff', 16)": "255",
    "to_base(-255, 16)": "-ff",
    "cbrt(27)": "3.0",
    "sqrt(-1)": "NaN",
    "ln(0)": "-Infinity",
    "log10(-1)": "NaN",
    "ceil(1.2)": "2",
    "floor(-1.2)": "-2",
    "truncate(-2.7)": "-2",
    # regular expressions
    "regexp_extract('abc', 'z+')": None,
    "regexp_extract('abc', '(z)?b', 1)": None,
    "regexp_extract('k=v', '(\\w)=(\\w)', 2)": "v",
    "regexp_replace('abc', '(b)', '[$1]')": "a[b]c",
    "regexp_replace('2026-01', '(?<y>\\d+)-(?<m>\\d+)', '${m}.${y}')": "01.2026",
    "regexp_like('xay', 'a(?=y)')": "true",
    "regexp_like('AB', '(?i)ab$')": "true",
    "regexp_extract_all('a1b22', '\\d+')": "[1, 22]",
    "regexp_split('a1b2c', '[0-9]')": "[a, b, c]",
    "regexp_like('a\x0bb', 'a\\sb')": "true",
    # NULL and conditions
    "coalesce(NULL, 'x')": "x",
    "nullif(1, 1)": None,
    "if(NULL, 1, 2)": "2",
    "1 IN (2, NULL)": None,
    "NULL IS DISTINCT FROM 1": "true",
    "CASE 1 WHEN 1 THEN 'a' ELSE 'b' END": "a",
    # JSON
    """json_extract_scalar('{"a":{"b":1}}', '$.a.b')""": "1",
    """json_extract_scalar('{"a":{"b":1}}', '$.a')""": None,
    """json_extract_scalar('{"a":null}', '$.a')""": None,
    "json_extract_scalar('no json', '$.a')": None,
    """json_extract_scalar('{"a":[1.50]}', '$.a[0]')""": "1.50",
    """json_extract_scalar('{"a":12345678901234567890123.5}', '$.a')""": "12345678901234567890123.5",
    """json_extract_scalar('{"a b":[1,2]}', '$["a b"][1]')""": "2",
    """json_extract('{"a":[1,{"b":2}]}', '$.a')""": '[1,{"b":2}]',
    """json_array_length('{"a":1}')""": None,
    """CAST(json_extract('{"a":["x",1]}', '$.a') AS array(varchar))""": "[x, 1]",
    """json_array_contains('["x","y"]', 'y')""": "true",
    """json_exists('{"a":1}', 'lax $.b')""": "false",
    "json_exists('no json', 'lax $.b')": "false",
    "json_exists(NULL, 'lax $.b')": None,
    # arrays, maps, rows
    "ARRAY[1,2,3]": "[1, 2, 3]",
    "ARRAY[1, 2] = ARRAY[1, 2]": "true",
    "ARRAY['a'] <> ARRAY['b']": "true",
    "ARRAY[1, NULL] IS DISTINCT FROM ARRAY[1, NULL]": "false",
    "MAP(ARRAY['k'], ARRAY[1])": "{k=1}",
    "CAST(ROW(1,'x') AS ROW(id integer, name varchar))": "{id=1, name=x}",
    "ROW(1,'x')": "{1, x}",
    "element_at(ARRAY[1], 5)": None,
    "element_at(ARRAY[1,2], -1)": "2",
    "ARRAY[1,2][2]": "2",
    "element_at(MAP(ARRAY['k'], ARRAY[1]), 'z')": None,
    "contains(ARRAY['a', NULL], 'b')": None,
    "array_position(ARRAY[1], 2)": "0",
    "array_distinct(ARRAY[3,1,3])": "[3, 1]",
    "array_union(ARRAY[3,1], ARRAY[1,2])": "[3, 1, 2]",
    "array_except(ARRAY[3,1], ARRAY[1])": "[3]",
    "array_sort(ARRAY[3,NULL,1])": "[1, 3, null]",
    "array_join(ARRAY[1,NULL,2], '-')": "1-2",
    "transform(ARRAY[1,2], x -> x * 2)": "[2, 4]",
    "filter(ARRAY[1,2], x -> x > 1)": "[2]",
    "reduce(ARRAY[1,2,3], 0, (s, x) -> s + x, s -> s * 10)": "60",
    "any_match(ARRAY[1,NULL], x -> x = 2)": None,
    "sequence(1, 3)": "[1, 2, 3]",
    "sequence(3, 1)": "[3, 2, 1]",
    "sequence(5, 1, -2)": "[5, 3, 1]",
    "slice(ARRAY[1,2,3], 2, 2)": "[2, 3]",
    "cardinality(MAP())": "0",
    # moments
    "date_diff('day', timestamp '2026-03-01 23:00:00', timestamp '2026-03-02 01:00:00')": "0",
    "date_diff('month', date '2026-01-31', date '2026-03-01')": "1",
    "date_add('day', 1, date '2026-02-28')": "2026-03-01",
    "from_iso8601_timestamp('2026-01-01T00:00:00Z')": "2026-01-01 00:00:00.000 UTC",
    "from_iso8601_timestamp('2026-01-01T01:00:00+00:00')": "2026-01-01 01:00:00.000 UTC",
    "from_iso8601_timestamp('2020-W10-3T10:00Z')": "2020-03-04 10:00:00.000 UTC",
    "from_iso8601_date('2020-W10')": "2020-03-02",
    "from_iso8601_date('2020-123')": "2020-05-02",
    "from_iso8601_timestamp('2020-01')": "2020-01-01 00:00:00.000 UTC",
    "timestamp '2012-10-31 01:00 UTC'": "2012-10-31 01:00:00.000 UTC",
    "timestamp '2012-10-31 UTC'": "2012-10-31 00:00:00.000 UTC",
    "CAST('2026-01-01' AS timestamp with time zone)": "2026-01-01 00:00:00.000 UTC",
    "format_datetime(timestamp '2026-01-02 03:04:05', 'HH:mmZ')": "03:04+0000",
    "parse_datetime('02/Jan/2026:03:04:05 +0000', 'dd/MMM/yyyy:HH:mm:ss Z')": "2026-01-02 03:04:05.000 UTC",
    "date_parse('2026-01-02 03:04', '%Y-%m-%d %H:%i')": "2026-01-02 03:04:00.000",
    "date_format(timestamp '2026-01-02 03:04:05', '%Y/%m/%d %T')": "2026/01/02 03:04:05",
    "format_datetime(timestamp '2026-01-02 03:04:05', 'yyyy-MM-dd''T''HH')": "2026-01-02T03",
    "to_iso8601(timestamp '2026-01-02 03:04:05.678')": "2026-01-02T03:04:05.678",
    "from_unixtime(1767225600.5)": "2026-01-01 00:00:00.500 UTC",
    "to_unixtime(timestamp '2026-01-01 00:00:00')": "1.7672256E9",
    "day_of_week(date '2026-01-04')": "7",
    "date_trunc('month', date '2026-02-03')": "2026-02-01",
    "timestamp '2026-01-02 00:00:00' - timestamp '2026-01-01 22:30:00'": "0 01:30:00.000",
    "timestamp '2026-01-01 00:00:00' + interval '90' minute": "2026-01-01 01:30:00.000",
    "CAST('2026-01-01' AS date) + interval '1' month": "2026-02-01",
    "now()": "2026-01-03 23:00:00.000 UTC",
    "current_date": "2026-01-03",
    "CAST(timestamp '2026-01-01 00:00:00.5' AS varchar)": "2026-01-01 00:00:00.5",
    # casts
    "try_cast('1.5' AS integer)": None,
    "try_cast(' 1' AS bigint)": None,
    "CAST(' 1.5 ' AS double)": "1.5",
    "try_cast('yes' AS boolean)": None,
    "try_cast('2026-01-01T00:00:00Z' AS timestamp)": None,
    "CAST('2026-1-1' AS date)": "2026-01-01",
    "CAST(2.5e0 AS integer)": "3",
    "CAST('::1' AS ipaddress) = CAST('0:0:0:0:0:0:0:1' AS ipaddress)": "true",
    "contains('10.0.0.0/8', CAST('10.1.2.3' AS ipaddress))": "true",
}


@pytest.mark.slow
def test_expressions_answer_as_in_trino():
    """All at once: a query costs more than an expression."""
    found = engine({}).run(f"SELECT {', '.join(ANSWERS)}").rows[0]

    assert dict(zip(ANSWERS, found, strict=True)) == ANSWERS


ENDS = {
    "1/0": "DIVISION_BY_ZERO: Division by zero",
    "ARRAY[1][2]": "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 2 > 1",
    "ARRAY[1][0]": "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1",
    "element_at(ARRAY[1], 0)": "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1",
    "MAP(ARRAY['k'], ARRAY[1])['z']": "INVALID_FUNCTION_ARGUMENT: Key not present in map: z",
    "2147483647 * 2": "NUMERIC_VALUE_OUT_OF_RANGE: integer multiplication overflow: 2147483647 * 2",
    "9223372036854775807 + 1": "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow: 9223372036854775807 + 1",
    "sequence(1, 3, -1)": "INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value"
    " if step is greater than zero otherwise stop should be less than or equal to start",
    "codepoint('ab')": "INVALID_FUNCTION_ARGUMENT: Input string must be a single character string",
    "date_trunc('hour', date '2026-01-01')": "INVALID_FUNCTION_ARGUMENT: 'hour' is not a valid DATE field",
    "date_add('fortnight', 1, now())": "INVALID_FUNCTION_ARGUMENT: 'fortnight' is not a valid TIMESTAMP field",
    "CAST(12345 AS varchar(3))": "INVALID_CAST_ARGUMENT: Value 12345 cannot be represented as varchar(3)",
    "timestamp '2026-01-01T00:00:00Z'": "INVALID_LITERAL: line 1:8: '2026-01-01T00:00:00Z' is not a valid timestamp literal",
    "timestamp '2026-13-01'": "INVALID_LITERAL: line 1:8: '2026-13-01' is not a valid timestamp literal",
    "CAST('x' AS integer)": "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT",
    "CAST('2026-01-01T00:00:00Z' AS timestamp)": "INVALID_CAST_ARGUMENT: Value cannot be cast to timestamp: "
    "2026-01-01T00:00:00Z",
    "from_iso8601_timestamp('yesterday')": 'INVALID_FUNCTION_ARGUMENT: Invalid format: "yesterday"',
    "regexp_extract('a', '(a)', 2)": "INVALID_FUNCTION_ARGUMENT: Pattern has 1 groups. Cannot access group 2",
    "sum(x) FROM (VALUES 9223372036854775807, 1) t(x)": "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow",
    "(SELECT * FROM (VALUES 1, 2))": "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned multiple rows",
}


@pytest.mark.parametrize("expression", ENDS)
def test_an_expression_ends_the_query_as_in_trino(expression):
    with pytest.raises(QueryFailed) as failed:
        engine({}).run(f"SELECT {expression}")

    assert str(failed.value) == ENDS[expression]


def test_what_guards_a_failing_condition_is_asked_first():
    """Trino asks from left to right; DuckDB promises no order, so it is written into the text."""
    text = "SELECT x FROM (VALUES 0, 1, 10) t(x) WHERE regexp_like(CAST(x AS varchar), '^1') AND 10 / x = 1"
    asked = engine({})

    assert asked.run(text).rows == [("10",)]
    assert "WHERE CASE WHEN regexp_matches(" in asked.translated(text).sql


@pytest.mark.slow
def test_nulls_are_last_up_and_down():
    both = [
        engine({}).run(f"SELECT x FROM (VALUES 1, NULL, 2) t(x) ORDER BY x {way}").rows
        for way in ("ASC", "DESC")
    ]

    assert both == [[("1",), ("2",), (None,)], [("2",), ("1",), (None,)]]


@pytest.mark.slow
def test_a_text_in_a_lambda_stays_as_it_is():
    """Whatever DuckDB's names for the lambda's arguments are: they are l1, l2 and so on."""
    names = ", ".join(f"'l{number}'" for number in range(10))
    kept = f"map_filter(MAP(ARRAY[{names}], sequence(0, 9)), (k, v) -> k IN ({names}))"

    assert engine({}).run(f"SELECT cardinality({kept})").rows == [("10",)]

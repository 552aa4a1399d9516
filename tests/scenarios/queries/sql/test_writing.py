"""Files that a query writes, views, and the statements that stand around queries."""

# ruff: noqa: E501 - texts of SQL stand as they are

import gzip
from dataclasses import replace

import pytest

from scenarios.queries.sql import plans, statements
from scenarios.queries.sql.engine import Engine
from scenarios.queries.sql.errors import BadFile, MalformedSql, QueryFailed, SqlNotSimulated
from scenarios.queries.sql.glue import table_of, view_text
from scenarios.queries.sql.tables import Partition, Table, View
from tests.scenarios.queries.sql.trail import NOW, Bucket, Tables

VALUES = """SELECT 1 AS n, 'a"b' AS t, 1.5e0 AS d, true AS b, CAST(NULL AS varchar) AS z, DECIMAL '1.50' AS m,
    DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 03:04:05.678' AS at"""
NESTED = "ARRAY[1, 2] AS l, CAST(ROW(1, 'x') AS ROW(id integer, name varchar)) AS r, MAP(ARRAY['k'], ARRAY[7]) AS p"
SHOWN = ("1", 'a"b', "1.5", "true", None, "1.50", "2026-01-02", "2026-01-02 03:04:05.678")


def kept(text, storage=None, tables=None):
    """CREATE TABLE AS: the table, and the storage with its files."""
    storage = storage if storage is not None else Bucket({})
    given = statements.read(text)
    asked = Engine(tables or Tables(), storage, NOW)
    query = asked.translated(given.query)
    plan, form = plans.of_table(given, query)
    table = plans.table_of(given, plan, form, database="default", location="s3://b/new")
    written = asked.write(query, plan, form)
    folders = {each.values: "/".join(["s3://b/new", *each.values]) for each in written.files}
    for each in written.files:
        storage.files[f"{folders[each.values]}/x{form.ending}"] = each.body
    partitions = tuple(
        Partition(values=values, location=folder) for values, folder in folders.items() if values
    )
    return replace(table, partitions=partitions), storage


def answered(table, storage, text):
    tables = Tables()
    tables.tables[table.name] = table
    return Engine(tables, storage, NOW).run(text).rows


@pytest.mark.slow
@pytest.mark.parametrize(
    ("properties", "nested"),
    [
        ("", True),
        ("WITH (format = 'PARQUET', write_compression = 'SNAPPY')", True),
        ("WITH (format = 'parquet', write_compression = 'ZSTD', compression_level = 4)", True),
        ("WITH (format = 'JSON')", True),
        ("WITH (format = 'JSON', write_compression = 'NONE')", True),
        ("WITH (format = 'TEXTFILE', field_delimiter = '|')", False),
        ("WITH (format = 'TEXTFILE')", False),
    ],
)
def test_what_is_written_reads_back_as_it_was(properties, nested):
    text = f"CREATE TABLE new {properties} AS {VALUES}{', ' + NESTED if nested else ''}"

    rows = answered(*kept(text), "SELECT * FROM new")

    assert rows == [SHOWN + (("[1, 2]", "{id=1, name=x}", "{k=7}") if nested else ())]


@pytest.mark.slow
def test_columns_are_found_by_name_and_rows_by_their_conditions_in_parquet():
    table, storage = kept("CREATE TABLE new AS SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) t(n, x)")
    wider = replace(table, columns={"later": table.columns["x"], **table.columns})

    assert answered(wider, storage, "SELECT later, x FROM new WHERE n > 1 ORDER BY n") == [
        (None, "b"),
        (None, None),
    ]
    assert answered(wider, storage, "SELECT count(*), count(x) FROM new") == [("3", "2")]
    with pytest.raises(
        SqlNotSimulated, match=r"the column n, which is varchar\(1\) in the table and INTEGER in s3"
    ):
        answered(replace(table, columns={"n": table.columns["x"]}), storage, "SELECT n FROM new")
    storage.files["s3://b/new/x"] = storage.files["s3://b/new/x"][:-20]
    with pytest.raises(BadFile, match="Not valid Parquet file: s3://b/new/x"):
        answered(table, storage, "SELECT n FROM new")
    storage.files["s3://b/new/x"] = b"PAR1" + b"x" * 40 + b"PAR1"
    with pytest.raises(BadFile, match="Not valid Parquet file"):
        answered(table, storage, "SELECT n FROM new")


@pytest.mark.slow
def test_rows_go_to_their_partitions():
    table, storage = kept(
        "CREATE TABLE new WITH (format = 'JSON', partitioned_by = ARRAY['day', 'n']) AS "
        "SELECT * FROM (VALUES ('a', 'mon', 1), ('b', 'tue', 2), ('c', 'mon', 1)) t(x, day, n)"
    )

    assert gzip.decompress(storage.files["s3://b/new/mon/1/x.gz"]) == b'{"x":"a"}\n{"x":"c"}\n'
    storage.opened.clear()
    assert answered(table, storage, "SELECT x, day, n FROM new WHERE n = 2") == [("b", "tue", "2")]
    assert storage.opened == ["s3://b/new/tue/2/x.gz"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "CREATE TABLE t AS SELECT 1",
            "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1",
        ),
        ("CREATE TABLE t AS SELECT 1 a, 2 a", "DUPLICATE_COLUMN_NAME"),
        (
            "CREATE TABLE t AS SELECT NULL a",
            "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown at position 1",
        ),
        (
            "CREATE TABLE t AS SELECT now() a",
            "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone",
        ),
        ("CREATE TABLE t AS SELECT ROW(1) a", "NOT_SUPPORTED: Anonymous row type is not supported in Hive"),
        (
            "CREATE TABLE t AS SELECT CAST(now() AS timestamp(6)) a",
            "NOT_SUPPORTED: Incorrect timestamp precision",
        ),
        ("CREATE TABLE t WITH (colour = 'x') AS SELECT 1 a", "INVALID_TABLE_PROPERTY: line 1:1: Catalog"),
        ("CREATE TABLE t WITH (format = 'CSV') AS SELECT 1 a", "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t WITH (field_delimiter = '||') AS SELECT 1 a", "INVALID_TABLE_PROPERTY"),
        ("CREATE TABLE t WITH (compression_level = 4) AS SELECT 1 a", "INVALID_TABLE_PROPERTY"),
        (
            "CREATE TABLE t WITH (write_compression = 'GZIP', parquet_compression = 'GZIP') AS SELECT 1 a",
            "INVALID_TABLE_PROPERTY",
        ),
        (
            "CREATE TABLE t WITH (partitioned_by = ARRAY['a']) AS SELECT 1 a, 2 b",
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns",
        ),
        ("CREATE TABLE t WITH (partitioned_by = ARRAY['a']) AS SELECT 1 a", "NOT_SUPPORTED"),
        (
            "CREATE TABLE t WITH (partitioned_by = ARRAY['k']) AS SELECT 1 a, k FROM UNNEST(sequence(1, 101)) x(k)",
            "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets",
        ),
        (
            "CREATE TABLE t AS SELECT banana FROM (VALUES 1) t(x)",
            "COLUMN_NOT_FOUND: line 1:26: Column 'banana'",
        ),
    ],
)
def test_what_athena_refuses_to_write(text, words):
    with pytest.raises(QueryFailed) as failed:
        kept(text)

    assert str(failed.value).startswith(words)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE t WITH (format = 'ORC') AS SELECT 1 a",
        "CREATE TABLE t WITH (format = 'JSON', write_compression = 'SNAPPY') AS SELECT 1 a",
        "CREATE TABLE t WITH (bucketed_by = ARRAY['a'], bucket_count = 2) AS SELECT 1 a",
        "CREATE TABLE t WITH (table_type = 'ICEBERG') AS SELECT 1 a",
        "CREATE TABLE t WITH (is_external = false) AS SELECT 1 a",
        "CREATE TABLE IF NOT EXISTS t AS SELECT 1 a",
        "CREATE TABLE t (a int)",
        "CREATE TABLE t WITH (partitioned_by = ARRAY['b']) AS SELECT 1 a, CAST(NULL AS varchar) b",
        "CREATE TABLE t WITH (format = 'TEXTFILE') AS SELECT ARRAY[1] a",
        "CREATE TABLE t WITH (format = 'TEXTFILE', field_delimiter = ',') AS SELECT 'x,y' a",
        "CREATE TABLE t WITH (format = 'TEXTFILE') AS SELECT 'x' || chr(10) a",
        "CREATE TABLE other.x.t.u AS SELECT 1 a",
    ],
)
def test_what_would_not_read_back_is_not_written(text):
    with pytest.raises((SqlNotSimulated, MalformedSql)):
        kept(text)


def test_statements_are_taken_apart_around_their_query():
    text = "UNLOAD (SELECT ')' AS x -- )\n FROM t WHERE (a = 1))\nTO 's3://b/x/' WITH (format = 'JSON');"
    unload = statements.read(text)
    insert = statements.read('INSERT INTO db."T" (a, "b") SELECT 1, 2')
    values = statements.read("insert into t (SELECT 1)")
    empty = statements.read("CREATE TABLE t AS SELECT 1 a WITH NO DATA;")
    view = statements.read("/* x */ CREATE OR REPLACE VIEW db.v AS\nSELECT 1")
    execute = statements.read("EXECUTE q USING 'a,b', f(1, 2), 3;")

    assert unload == statements.Unload(
        query=" " * 8 + "SELECT ')' AS x -- )\n FROM t WHERE (a = 1)",
        location="s3://b/x/",
        properties={"format": "JSON"},
    )
    assert (insert.database, insert.name, insert.columns) == ("db", "t", ("a", "b"))
    assert (values.columns, values.query.strip()) == ((), "(SELECT 1)")
    assert (empty.query.strip(), empty.with_data) == ("SELECT 1 a", False)
    assert (view.replace, view.query) == (True, " " * 38 + "\nSELECT 1")
    assert execute.values == ("'a,b'", "f(1, 2)", "3")
    assert statements.read("SELECT 1") is None
    assert statements.read("DROP VIEW v") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CREATE VIEW v SELECT 1", "line 1:15: mismatched input 'SELECT'"),
        ("CREATE VIEW v AS", "line 1:17: mismatched input '<EOF>'"),
        ('CREATE VIEW "a b" AS SELECT 1', "a view's name has other characters"),
        ("UNLOAD (SELECT 1 TO 's3://b/'", "line 1:30: mismatched input '<EOF>'"),
        ("UNLOAD (SELECT 1) TO 's3://b/'", "line 1:31: mismatched input '<EOF>'"),
        ("UNLOAD (SELECT 1) TO 's3://b/' WITH (format = 'JSON') x", "line 1:55: mismatched input 'x'"),
        ("CREATE TABLE t WITH (a = 1, a = 2) AS SELECT 1", "Duplicate property: a"),
        ("EXECUTE q x", "line 1:11: mismatched input 'x'"),
        ("INSERT INTO", "line 1:12: mismatched input '<EOF>'"),
    ],
)
def test_what_is_no_statement_says_where(text, words):
    with pytest.raises(MalformedSql, match=words):
        statements.read(text)


# ---- views -----------------------------------------------------------------------------------------


def viewed(*texts):
    """Tables with one table of numbers, and views by their CREATE VIEW."""
    table, storage = kept("CREATE TABLE numbers AS SELECT * FROM (VALUES (1, 'a'), (2, 'b')) t(n, x)")
    tables = Tables()
    tables.tables["numbers"] = table
    asked = Engine(tables, storage, NOW)
    for text in texts:
        given = statements.read(text)
        query = asked.translated(given.query)
        columns = tuple((name, kind.shown) for name, kind in zip(query.names, query.types, strict=True))
        tables.tables[given.name] = View(
            database="default", name=given.name, query=given.query, schema="default", columns=columns
        )
    return asked, tables.tables


@pytest.mark.slow
def test_a_view_is_its_query_wherever_it_is_named():
    asked, _ = viewed(
        "CREATE VIEW v AS WITH q AS (SELECT n, upper(x) AS big FROM numbers) SELECT * FROM q ORDER BY n LIMIT 9",
        "CREATE VIEW w AS SELECT a.big, b.n + 10 AS m FROM v a JOIN default.v b ON a.n = b.n",
    )

    # A name of WITH outside means nothing inside of a view.
    assert asked.run("WITH numbers AS (SELECT 5 AS n) SELECT big, n FROM v ORDER BY 2").rows == [
        ("A", "1"),
        ("B", "2"),
    ]
    assert asked.run("SELECT w.big, m FROM w WHERE m > 11").rows == [("B", "12")]
    assert asked.run('SELECT count(*) FROM "default"."v" AS z(one, two) WHERE z.two = \'A\'').rows == [("1",)]
    assert asked.translated("SELECT 1 FROM w").views == {("default", "v"), ("default", "w")}


@pytest.mark.slow
def test_a_view_that_is_no_longer_what_it_was_says_so():
    asked, tables = viewed("CREATE VIEW v AS SELECT n, x FROM numbers")
    table = tables["numbers"]
    assert isinstance(table, Table)

    tables["numbers"] = replace(table, columns={"n": table.columns["n"], "x": table.columns["n"]})
    with pytest.raises(
        QueryFailed, match=r"VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.default.v' is stale"
    ):
        asked.run("SELECT n FROM v")
    tables["numbers"] = replace(table, columns={"n": table.columns["n"]})
    with pytest.raises(
        QueryFailed, match=r"INVALID_VIEW: line 1:15: Failed analyzing stored view .*: line 1:28: "
    ):
        asked.run("SELECT n FROM v")
    tables["v"] = replace(tables["v"], query="SELECT n, x FROM v")
    with pytest.raises(QueryFailed, match="View is recursive"):
        asked.run("SELECT n FROM v")


def test_a_view_of_glue_is_read_as_terraform_and_athena_write_it():
    view = View(database="db", name="v", query="SELECT 1 AS a", schema="db", columns=(("a", "integer"),))
    found = {
        "DatabaseName": "db",
        "Name": "v",
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": view_text(view),
    }

    assert table_of(found) == view
    with pytest.raises(QueryFailed, match="INVALID_VIEW"):
        table_of(found | {"ViewOriginalText": "/* Presto View: e30= */"})
    with pytest.raises(SqlNotSimulated, match="which Athena didn't make"):
        table_of(found | {"ViewOriginalText": "SELECT 1"})

"""A text of SQL reaches no file, no network and no setting of the machine that it is run on."""

import os

import duckdb
import pytest

from scenarios.queries.sql import duck
from scenarios.queries.sql.duck import connected, opened
from scenarios.queries.sql.errors import MalformedSql, QueryFailed, SqlNotSimulated
from tests.scenarios.queries.sql.trail import ORGANIZATION, engine

ATTACKS = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    'SELECT * FROM "https://evil.example/x.parquet"',
    "SELECT * FROM glob('/*')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM TABLE(read_blob('/etc/passwd'))",
    "COPY (SELECT 1) TO '/tmp/x'",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET enable_external_access = true",
    "CREATE SECRET s (TYPE s3)",
    "CREATE TABLE x AS SELECT 1",
    "EXPORT DATABASE '/tmp/x'",
    "CALL pragma_version()",
    "SELECT getenv('HOME')",
    "SELECT current_setting('threads')",
    "SELECT query('SELECT 1')",
    "SELECT nextval('x')",
    "SELECT tw_like('a', 'a')",
    "SELECT 1; COPY (SELECT 1) TO '/tmp/x'",
    "WITH x AS (COPY (SELECT 1) TO '/tmp/x') SELECT * FROM x",
    "SELECT * FROM scan0",
    "EXECUTE x",
    "VACUUM",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_no_text_gets_out(text):
    with pytest.raises((MalformedSql, QueryFailed, SqlNotSimulated)):
        engine({}, ORGANIZATION).run(text)


OUT = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/out.csv'",
    "ATTACH '/tmp/out.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM read_parquet('https://evil.example/x')",
    "SET enable_external_access = true",
    "SET temp_directory = '/tmp'",
    "SELECT * FROM OUT",
]


@pytest.mark.slow
def test_duckdb_itself_is_closed():
    """Whatever a text might smuggle through, what it then meets is closed too."""
    connection = connected()

    for each in OUT:
        with pytest.raises(Exception, match=r"disabled|locked|Cannot|cannot|does not exist"):
            connection.execute(each)


def test_questions_share_a_closed_database_and_nothing_in_it():
    settings = "SELECT name, value FROM duckdb_settings() ORDER BY name"
    with opened(with_folder=False) as one, opened(with_folder=False) as other:
        for number, each in enumerate((one, other)):
            each.connection.execute(f"CREATE TEMP TABLE scan0 AS SELECT {number} AS x")
        for number, each in enumerate((one, other)):
            assert each.connection.execute("SELECT x, 7 / 2 FROM scan0").fetchall() == [(number, 3)]
            assert each.connection.execute(settings).fetchall() == connected().execute(settings).fetchall()
            with pytest.raises(duckdb.Error, match="locked"):
                each.connection.execute("SET threads = 2")
    with opened(with_folder=False) as third:
        assert third.connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


def test_after_an_error_that_ends_duckdb_the_next_question_has_another_database():
    kept = duck._kept(os.getpid())
    with pytest.raises(SqlNotSimulated), opened(with_folder=False):
        raise duckdb.FatalException("FATAL Error: the database has been invalidated")

    assert duck._kept(os.getpid()) is not kept


def test_with_a_folder_of_its_own_it_reaches_that_alone(tmp_path):
    """What reads and writes Parquet."""
    for name in ("own", "own-too"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").write_text("1")
    connection = connected(str(tmp_path / "own"))

    for each in [
        *OUT,
        f"COPY (SELECT 1) TO '{tmp_path}/x'",
        f"SELECT * FROM '{tmp_path}/own/../own-too/x.csv'",
    ]:
        with pytest.raises(Exception, match=r"disabled|locked|Cannot|cannot|does not exist"):
            connection.execute(each)
    assert connection.execute(f"SELECT count(*) FROM read_text('{tmp_path}/own/x.csv')").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "value", ["'); DROP TABLE x; --", "\\", "''", "\0", '"', "{0}", "a\x1eb", "TRINO:X:y"]
)
def test_a_text_comes_back_as_it_is(value):
    written = value.replace("'", "''")

    assert engine({}).run(f"SELECT '{written}' AS \"{value.replace(chr(34), '') or 'x'}\"").rows == [(value,)]


@pytest.mark.slow
def test_a_deep_text_is_refused_at_once():
    for text in (
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + "1+" * 5000 + "1",
        "SELECT " + "ARRAY[" * 400 + "1" + "]" * 400,
    ):
        with pytest.raises((MalformedSql, SqlNotSimulated)):
            engine({}).run(text)

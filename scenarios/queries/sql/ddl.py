r"""Statements about tables and databases, in Hive's DDL, as Athena takes them.

Sources: https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html,
https://docs.aws.amazon.com/athena/latest/ug/unsupported-ddl.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from scenarios.queries.sql import types
from scenarios.queries.sql.errors import MalformedSql, SqlNotSimulated
from scenarios.queries.sql.tables import (
    LAZY_SIMPLE,
    PARQUET_INPUT,
    PARQUET_SERDE,
    TEXT_INPUT,
    Partition,
    Table,
)
from scenarios.queries.sql.types import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTable:
    """CREATE EXTERNAL TABLE; the table's database is "" where none is named."""

    table: Table
    if_not_exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDatabase:
    """CREATE DATABASE or SCHEMA."""

    name: str
    if_not_exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """DROP TABLE, VIEW or DATABASE; `cascade`: with the tables in it."""

    kind: str
    database: str
    name: str
    if_exists: bool
    cascade: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPartitions:
    """ALTER TABLE ADD PARTITION: each partition's values by key, and its location or ""."""

    database: str
    name: str
    if_not_exists: bool
    partitions: tuple[tuple[Mapping[str, str], str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """SHOW TABLES, VIEWS, DATABASES, PARTITIONS or CREATE VIEW, DESCRIBE: `what` is one of these words.

    `name`: a table's, a view's, or "".
    """

    what: str
    database: str
    name: str = ""
    like: str = ""


Statement = CreateTable | CreateDatabase | Drop | AddPartitions | Show

_PIECE: Final = re.compile(
    r"""\s+|--[^\n]*|/\*.*?\*/|(?P<text>'(?:\\.|''|[^'\\])*'|"(?:\\.|[^"\\])*")|(?P<name>`[^`]+`)
    |(?P<word>[A-Za-z0-9_.$-]+)|(?P<mark>[(),=<>:;*])""",
    re.VERBOSE | re.DOTALL,
)
_FIRST: Final = re.compile(
    r"(?:\s+|--[^\n]*(?:\n|\Z)|#[^\n]*(?:\n|\Z)|/\*.*?\*/|\()*(?P<word>[A-Za-z]+)\b", re.DOTALL
)
_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


@dataclass(frozen=True, slots=True)
class _Piece:
    kind: str
    text: str
    at: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind in ("word", "mark") else ""


def begins(text: str) -> str:
    """The first word of a text, in capitals; "" where it begins with none.

    It may stand in parentheses and behind comments, those of SQL and those of Logs Insights (`#`).
    """
    found = _FIRST.match(text)
    return found["word"].upper() if found else ""


REFUSED: Final = frozenset({"COMMIT", "DFS", "EXPORT", "GRANT", "IMPORT", "LOCK", "REVOKE", "ROLLBACK"})
"""First words of statements that Hive has and Athena refuses; how it words that is unconfirmed."""


def read(text: str) -> Statement:
    """A statement of DDL.

    Raises:
        MalformedSql: where it is none.
        SqlNotSimulated: for one that is not simulated.
    """
    return _Reader(text).statement()


class _Reader:
    """Reads a statement from left to right."""

    def __init__(self, text: str) -> None:
        self._whole = text
        self._pieces = [*self._cut(text)]
        self._at = 0

    def _cut(self, text: str) -> Iterator[_Piece]:
        at = 0
        while at < len(text):
            found = _PIECE.match(text, at)
            if found is None:
                raise self._unread(at)
            if found.lastgroup:
                yield _Piece(found.lastgroup, found[0], at)
            at = found.end()

    def _unread(self, at: int) -> MalformedSql:
        line = self._whole.count("\n", 0, at) + 1
        column = at - (self._whole.rfind("\n", 0, at) + 1)
        word = re.match(r"\S*", self._whole[at:])
        found = word[0] if word and word[0] else "<EOF>"
        return MalformedSql(f"line {line}:{column}: mismatched input '{found}'")

    @property
    def _next(self) -> _Piece:
        return self._pieces[self._at] if self._at < len(self._pieces) else _Piece("end", "", len(self._whole))

    def _take(self, *words: str) -> bool:
        """Whether these words come now; then they are behind."""
        if [each.upper for each in self._pieces[self._at : self._at + len(words)]] == list(words):
            self._at += len(words)
            return True
        return False

    def _must(self, *words: str) -> None:
        for word in words:
            if not self._take(word):
                raise self._unread(self._next.at)

    def _piece(self, *kinds: str) -> _Piece:
        found = self._next
        if found.kind not in kinds:
            raise self._unread(found.at)
        self._at += 1
        return found

    def _text(self) -> str:
        return _unescaped(self._piece("text").text)

    def _name(self) -> str:
        return self._piece("name", "word", "text").text.strip("`\"'").lower()

    def _qualified(self) -> tuple[str, str]:
        """A database, or "", and a name; a dot may stand in backticks, as in AWS's own examples."""
        found = self._name()
        while self._next.kind == "word" and self._next.text.startswith("."):
            found += self._piece("word").text
            found += self._name() if found.endswith(".") else ""
        if found.endswith("."):
            found += self._name()
        database, _, name = found.rpartition(".")
        return database.rpartition(".")[2], name

    # ---- statements ---------------------------------------------------------------------------------

    def statement(self) -> Statement:
        for words, how in _STATEMENTS.items():
            if self._take(*words):
                found = how(self)
                self._take(";")
                if self._next.kind != "end":
                    raise self._unread(self._next.at)
                return found
        first = " ".join(each.text for each in self._pieces[:2]).upper()
        if self._next.upper in _OTHERS:
            raise SqlNotSimulated(f"the statement {first}")
        raise self._unread(self._next.at)

    def create_database(self) -> Statement:
        exists = self._take("IF", "NOT", "EXISTS")
        name = self._name()
        if self._take("COMMENT"):
            self._text()
        if self._take("LOCATION"):
            self._text()
        if self._take("WITH", "DBPROPERTIES"):
            self._properties()
        return CreateDatabase(name=name, if_not_exists=exists)

    def drop_table(self) -> Statement:
        exists = self._take("IF", "EXISTS")
        database, name = self._qualified()
        return Drop(kind="TABLE", database=database, name=name, if_exists=exists)

    def drop_view(self) -> Statement:
        exists = self._take("IF", "EXISTS")
        database, name = self._qualified()
        return Drop(kind="VIEW", database=database, name=name, if_exists=exists)

    def drop_database(self) -> Statement:
        exists = self._take("IF", "EXISTS")
        name = self._name()
        cascade = self._take("CASCADE")
        if not cascade:
            self._take("RESTRICT")
        return Drop(kind="DATABASE", database=name, name=name, if_exists=exists, cascade=cascade)

    def show_tables(self) -> Statement:
        database = self._name() if self._take("IN") or self._take("FROM") else ""
        like = self._text() if self._next.kind == "text" else ""
        return Show(what="TABLES", database=database, like=like)

    def show_views(self) -> Statement:
        database = self._name() if self._take("IN") or self._take("FROM") else ""
        like = self._text() if self._take("LIKE") else ""
        return Show(what="VIEWS", database=database, like=like)

    def show_create_view(self) -> Statement:
        database, name = self._qualified()
        return Show(what="CREATE VIEW", database=database, name=name)

    def show_databases(self) -> Statement:
        like = self._text() if self._take("LIKE") else ""
        return Show(what="DATABASES", database="", like=like)

    def show_partitions(self) -> Statement:
        database, name = self._qualified()
        return Show(what="PARTITIONS", database=database, name=name)

    def describe(self) -> Statement:
        if self._take("EXTENDED") or self._take("FORMATTED"):
            raise SqlNotSimulated("DESCRIBE EXTENDED or FORMATTED")
        if self._take("VIEW"):  # https://docs.aws.amazon.com/athena/latest/ug/describe-view.html
            raise SqlNotSimulated("DESCRIBE VIEW; SHOW CREATE VIEW tells its text")
        database, name = self._qualified()
        return Show(what="DESCRIBE", database=database, name=name)

    def repair(self) -> Statement:
        raise SqlNotSimulated("MSCK REPAIR TABLE; add each partition with ALTER TABLE ADD PARTITION")

    def alter_table(self) -> Statement:
        database, name = self._qualified()
        if not self._take("ADD"):
            raise SqlNotSimulated("ALTER TABLE with anything but ADD PARTITION")
        exists = self._take("IF", "NOT", "EXISTS")
        found = []
        while self._take("PARTITION"):
            values = dict(self._pairs())
            found.append((values, self._text() if self._take("LOCATION") else ""))
        if not found:
            raise SqlNotSimulated("ALTER TABLE with anything but ADD PARTITION")
        return AddPartitions(database=database, name=name, if_not_exists=exists, partitions=tuple(found))

    def create_table(self) -> Statement:
        exists = self._take("IF", "NOT", "EXISTS")
        database, name = self._qualified()
        columns = self._columns()
        given: dict[str, object] = {}
        properties: dict[str, str] = {}
        serde_properties: dict[str, str] = {}
        while self._next.kind != "end" and self._next.upper != ";":
            self._clause(given, properties, serde_properties)
        if "location" not in given:
            raise MalformedSql(f"line 1:0: no location was given for table {name}")
        keys = given.pop("keys", {})
        assert isinstance(keys, dict)
        table = Table(
            database=database,
            name=name,
            columns=columns,
            keys=keys,
            properties=properties,
            serde_properties=serde_properties,
            location=str(given["location"]),
            serde=str(given.get("serde", LAZY_SIMPLE)),
            input_format=str(given.get("input", TEXT_INPUT)),
        )
        _ = table.format
        return CreateTable(table=table, if_not_exists=exists)

    # ---- the clauses of CREATE TABLE -----------------------------------------------------------------

    def _clause(self, given: dict[str, object], properties: dict[str, str], serde: dict[str, str]) -> None:
        if self._take("COMMENT"):
            self._text()
        elif self._take("PARTITIONED", "BY"):
            given["keys"] = self._columns()
        elif self._take("ROW", "FORMAT", "SERDE"):
            given["serde"] = self._text()
            if self._take("WITH", "SERDEPROPERTIES"):
                serde.update(self._properties())
        elif self._take("ROW", "FORMAT", "DELIMITED"):
            serde.update(self._delimiters())
        elif self._take("STORED", "AS"):
            self._stored(given)
        elif self._take("LOCATION"):
            given["location"] = self._text()
        elif self._take("TBLPROPERTIES"):
            properties.update(self._properties())
        else:
            raise self._unread(self._next.at)

    def _stored(self, given: dict[str, object]) -> None:
        if self._take("INPUTFORMAT"):
            given["input"] = self._text()
            self._must("OUTPUTFORMAT")
            self._text()
        elif (form := self._name()) == "parquet":
            given |= {"serde": PARQUET_SERDE, "input": PARQUET_INPUT}
        elif form != "textfile":
            raise SqlNotSimulated(f"files stored as {form}")

    def _delimiters(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            if self._take("FIELDS", "TERMINATED", "BY"):
                found["field.delim"] = self._text()
            elif self._take("LINES", "TERMINATED", "BY"):
                if self._text() != "\n":
                    raise SqlNotSimulated("lines that end otherwise than with a newline")
            elif self._take("ESCAPED", "BY"):
                found["escape.delim"] = self._text()
            elif self._take("NULL", "DEFINED", "AS"):
                found["serialization.null.format"] = self._text()
            elif self._take("COLLECTION", "ITEMS", "TERMINATED", "BY") or self._take(
                "MAP", "KEYS", "TERMINATED", "BY"
            ):
                raise SqlNotSimulated("arrays and maps in delimited lines")
            else:
                return found

    def _properties(self) -> dict[str, str]:
        return dict(self._pairs())

    def _pairs(self) -> Iterator[tuple[str, str]]:
        self._must("(")
        while not self._take(")"):
            key = self._piece("text", "name", "word")
            name = _unescaped(key.text) if key.kind == "text" else key.text.strip("`").lower()
            self._must("=")
            value = self._piece("text", "word")
            yield name, _unescaped(value.text) if value.kind == "text" else value.text
            self._take(",")

    def _columns(self) -> dict[str, Type]:
        self._must("(")
        found: dict[str, Type] = {}
        while not self._take(")"):
            name = self._piece("name", "word").text.strip("`").lower()
            found[name] = types.read(self._type())
            if self._take("COMMENT"):
                self._text()
            self._take(",")
        return found

    def _type(self) -> str:
        pieces: list[str] = []
        depth = 0
        while True:
            piece = self._next
            if depth == 0 and (piece.upper in (",", ")", "COMMENT") or piece.kind == "end"):
                return " ".join(pieces)
            depth += {"<": 1, "(": 1, ">": -1, ")": -1}.get(piece.text, 0)
            pieces.append(self._piece("word", "mark", "name").text)


def _unescaped(written: str) -> str:
    """A text of Hive's without its quotes and backslashes."""

    def one(found: re.Match[str]) -> str:
        letters = found[1]
        if len(letters) == 3:
            return chr(int(letters, 8))
        return f"\\{letters}" if letters in "%_" else _ESCAPES.get(letters, letters)

    inside = written[1:-1].replace("''", "'") if written.startswith("'") else written[1:-1]
    return re.sub(r"\\([0-3][0-7]{2}|.)", one, inside, flags=re.DOTALL)


def partition_location(table: Table, values: Mapping[str, str]) -> str:
    """Where the files of a partition lie that was added without a location: Hive's `key=value` folders."""
    return "/".join([table.location.rstrip("/"), *(f"{key}={values[key]}" for key in table.keys)])


def with_partitions(table: Table, added: AddPartitions) -> tuple[Partition, ...]:
    """The table's partitions and the added ones.

    Raises:
        KeyError: a partition that lacks a key.
        ValueError: one that is there already, where that isn't allowed.
    """
    found = {each.values: each for each in table.partitions}
    for values, location in added.partitions:
        key = tuple(values[each] for each in table.keys)
        if key not in found:
            found[key] = Partition(values=key, location=location or partition_location(table, values))
        elif not added.if_not_exists:
            raise ValueError("Partition already exists.")
    return tuple(found.values())


_STATEMENTS: Final[dict[tuple[str, ...], Callable[[_Reader], Statement]]] = {
    ("CREATE", "EXTERNAL", "TABLE"): _Reader.create_table,
    ("CREATE", "DATABASE"): _Reader.create_database,
    ("CREATE", "SCHEMA"): _Reader.create_database,
    ("DROP", "TABLE"): _Reader.drop_table,
    ("DROP", "VIEW"): _Reader.drop_view,
    ("DROP", "DATABASE"): _Reader.drop_database,
    ("DROP", "SCHEMA"): _Reader.drop_database,
    ("SHOW", "TABLES"): _Reader.show_tables,
    ("SHOW", "VIEWS"): _Reader.show_views,
    ("SHOW", "CREATE", "VIEW"): _Reader.show_create_view,
    ("SHOW", "DATABASES"): _Reader.show_databases,
    ("SHOW", "SCHEMAS"): _Reader.show_databases,
    ("SHOW", "PARTITIONS"): _Reader.show_partitions,
    ("DESCRIBE",): _Reader.describe,
    ("DESC",): _Reader.describe,
    ("MSCK", "REPAIR", "TABLE"): _Reader.repair,
    ("ALTER", "TABLE"): _Reader.alter_table,
}
_WORDS: Final = """
ALTER ANALYZE CREATE DEALLOCATE DELETE DROP EXECUTE EXPLAIN INSERT MERGE MSCK OPTIMIZE PREPARE SHOW
TRUNCATE UNLOAD UPDATE USE VACUUM
"""
_OTHERS: Final = frozenset(_WORDS.split())
DDL: Final = frozenset({words[0] for words in _STATEMENTS} | _OTHERS)
"""First words of Athena's statements that are no query.

ANALYZE, TRUNCATE and USE are neither on the pages of what Athena takes nor on that of what it refuses. They
are not simulated, instead of malformed.
"""

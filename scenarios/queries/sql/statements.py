"""Statements with a query in them: views, CREATE TABLE AS, INSERT INTO, UNLOAD, prepared statements.

The query is handed on as text, with blanks for what stands around it, so that an error's line and column are
those of the whole statement.

Sources: https://docs.aws.amazon.com/athena/latest/ug/create-view.html,
https://docs.aws.amazon.com/athena/latest/ug/create-table-as.html,
https://docs.aws.amazon.com/athena/latest/ug/insert-into.html,
https://docs.aws.amazon.com/athena/latest/ug/unload.html,
https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scenarios.queries.sql.errors import MalformedSql, SqlNotSimulated

Value = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateView:
    """CREATE VIEW; the database is "" where none is named."""

    database: str
    name: str
    replace: bool
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTableAs:
    """CREATE TABLE AS; `properties` by lower-case name, as they are written."""

    database: str
    name: str
    properties: Mapping[str, Value]
    query: str
    with_data: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertInto:
    """INSERT INTO; `columns` is empty where the statement names none."""

    database: str
    name: str
    columns: tuple[str, ...]
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unload:
    """UNLOAD to a location, `s3://BUCKET/PREFIX/`."""

    query: str
    location: str
    properties: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """PREPARE: keep a statement under a name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute:
    """EXECUTE: run a kept statement; `values` as SQL, one for each `?`."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deallocate:
    """DEALLOCATE PREPARE: forget a kept statement."""

    name: str


Writing = CreateTableAs | InsertInto | Unload
Statement = CreateView | Writing | Prepare | Execute | Deallocate

_BLANK: Final = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME: Final = re.compile(r'[A-Za-z_][A-Za-z0-9_]*|"(?:[^"]|"")+"')
_TEXT: Final = re.compile(r"'((?:[^']|'')*)'")
_NUMBER: Final = re.compile(r"\d{1,18}")
_SKIPPED: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|.", re.DOTALL)
_END: Final = re.compile(r"(?:;|\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*\Z", re.DOTALL)
_NO_DATA: Final = re.compile(r"\bWITH\s+(NO\s+)?DATA\s*;?\s*\Z", re.IGNORECASE)


def read(text: str) -> Statement | None:
    """A statement with a query in it; None for anything else.

    Raises:
        MalformedSql: it begins as one, and is none.
        SqlNotSimulated: for one that is not simulated.
    """
    for words, how in _STATEMENTS.items():
        head = _Head(text)
        if head.take(*words):
            return how(head)
    return None


class _Head:
    """What stands around a query, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def _find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        blank = _BLANK.match(self.text, self.at)
        return pattern.match(self.text, blank.end() if blank else self.at)

    def take(self, *words: str) -> bool:
        """Whether these words come now; then they are behind."""
        before = self.at
        for word in words:
            found = self._find(_WORD) if word.isalpha() else self._find(re.compile(re.escape(word)))
            if found is None or found[0].upper() != word:
                self.at = before
                return False
            self.at = found.end()
        return True

    def must(self, word: str) -> None:
        """Raises MalformedSql unless the word comes now."""
        if not self.take(word):
            raise self.unread()

    def unread(self) -> MalformedSql:
        """The error about what comes now."""
        blank = _BLANK.match(self.text, self.at)
        at = blank.end() if blank else self.at
        line = self.text.count("\n", 0, at) + 1
        word = re.match(r"\w+|\S?", self.text[at:])
        found = word[0] if word and word[0] else "<EOF>"
        return MalformedSql(f"line {line}:{at - self.text.rfind(chr(10), 0, at)}: mismatched input '{found}'")

    def _one(self, pattern: re.Pattern[str]) -> str:
        found = self._find(pattern)
        if found is None:
            raise self.unread()
        self.at = found.end()
        return found[0]

    def name(self) -> str:
        """One name, in lower case."""
        found = self._one(_NAME)
        return (found[1:-1].replace('""', '"') if found.startswith('"') else found).lower()

    def qualified(self) -> tuple[str, str]:
        """A database, or "", and a name."""
        names = [self.name()]
        while self.take("."):
            names.append(self.name())
        if len(names) > 3:
            raise self.unread()
        if len(names) == 3 and names[0] != "awsdatacatalog":
            raise SqlNotSimulated(f"the catalog {names[0]}")
        return (names[-2] if len(names) > 1 else ""), names[-1]

    def string(self) -> str:
        """A text in quotes."""
        return self._one(_TEXT)[1:-1].replace("''", "'")

    def names(self) -> tuple[str, ...]:
        """Names in parentheses, which have been opened."""
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.must(")")
        return tuple(found)

    def properties(self) -> dict[str, Value]:
        """`(name = value, ...)`."""
        self.must("(")
        found: dict[str, Value] = {}
        while True:
            name = self.name()
            self.must("=")
            if name in found:
                raise MalformedSql(f"line 1:1: Duplicate property: {name}")
            found[name] = self._value()
            if self.take(")"):
                return found
            self.must(",")

    def _value(self) -> Value:
        if self.take("ARRAY", "["):
            values = [self.string()]
            while self.take(","):
                values.append(self.string())
            self.must("]")
            return tuple(values)
        for word, value in (("TRUE", True), ("FALSE", False)):
            if self.take(word):
                return value
        if self._find(_NUMBER):
            return int(self._one(_NUMBER))
        return self.string()

    def closed(self) -> str:
        """What stands in the parentheses that come now, with blanks for the rest."""
        self.must("(")
        first, depth = self.at, 1
        while depth:
            piece = _SKIPPED.match(self.text, self.at)
            if piece is None:
                raise self.unread()
            depth += {"(": 1, ")": -1}.get(piece[0], 0)
            self.at = piece.end()
        return self._blanked(first, self.at - 1)

    def rest(self, end: int | None = None) -> str:
        """What comes now up to the end of the text, or to that place, with blanks for the rest."""
        found = self._blanked(self.at, len(self.text) if end is None else end)
        if not found.strip():
            raise self.unread()
        return found

    def over(self) -> None:
        """Raises MalformedSql unless the text is over."""
        if not _END.match(self.text, self.at):
            raise self.unread()

    def _blanked(self, first: int, end: int) -> str:
        return re.sub(r"[^\n]", " ", self.text[:first]) + self.text[first:end]


def _view(head: _Head, *, replace: bool = False) -> Statement:
    database, name = head.qualified()
    if not re.fullmatch(r"\w+", name):
        raise MalformedSql(f"line 1:1: a view's name has other characters than letters, digits, _: {name}")
    head.must("AS")
    return CreateView(database=database, name=name, replace=replace, query=head.rest())


def _replaced_view(head: _Head) -> Statement:
    return _view(head, replace=True)


def _table(head: _Head) -> Statement:
    if head.take("IF", "NOT", "EXISTS"):
        raise SqlNotSimulated("CREATE TABLE IF NOT EXISTS AS, which AWS's page has not")
    database, name = head.qualified()
    properties = head.properties() if head.take("WITH") else {}
    if not head.take("AS"):
        raise SqlNotSimulated("CREATE TABLE with neither EXTERNAL nor AS, which is for Iceberg's tables")
    ending = _NO_DATA.search(head.text, head.at)
    query = head.rest(ending.start() if ending else None)
    with_data = not (ending and ending[1])
    return CreateTableAs(
        database=database, name=name, properties=properties, query=query, with_data=with_data
    )


def _insert(head: _Head) -> Statement:
    database, name = head.qualified()
    before = head.at
    columns: tuple[str, ...] = ()
    if head.take("("):
        if head.take("SELECT") or head.take("WITH") or head.take("("):
            head.at = before  # a query in parentheses
        else:
            columns = head.names()
    return InsertInto(database=database, name=name, columns=columns, query=head.rest())


def _unload(head: _Head) -> Statement:
    query = head.closed()
    head.must("TO")
    location = head.string()
    head.must("WITH")
    properties = head.properties()
    head.over()
    return Unload(query=query, location=location, properties=properties)


def _prepare(head: _Head) -> Statement:
    name = head.name()
    head.must("FROM")
    return Prepare(name=name, text=head.rest().strip().rstrip(";"))


def _execute(head: _Head) -> Statement:
    name = head.name()
    values: list[str] = []
    if head.take("USING"):
        rest = head.rest().strip().rstrip(";")
        values = _separated(rest)
    head.at = len(head.text) if values else head.at
    head.over()
    return Execute(name=name, values=tuple(values))


def _separated(text: str) -> list[str]:
    """What stands between the commas that no parentheses are around."""
    found, depth = [""], 0
    for piece in _SKIPPED.findall(text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(piece, 0)
        if piece == "," and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return [each.strip() for each in found]


def _deallocate(head: _Head) -> Statement:
    name = head.name()
    head.over()
    return Deallocate(name=name)


_STATEMENTS: Final[Mapping[tuple[str, ...], Callable[[_Head], Statement]]] = {
    ("CREATE", "VIEW"): _view,
    ("CREATE", "OR", "REPLACE", "VIEW"): _replaced_view,
    ("CREATE", "TABLE"): _table,
    ("INSERT", "INTO"): _insert,
    ("UNLOAD",): _unload,
    ("PREPARE",): _prepare,
    ("EXECUTE",): _execute,
    ("DEALLOCATE", "PREPARE"): _deallocate,
}

"""SelectResourceConfig: AWS Config's part of SQL over the items of what is there.

    SELECT property [, ...] [WHERE condition] [GROUP BY property [, ...]]
    [ORDER BY property [ASC|DESC] [, ...]]

A condition on a property within a list holds where any element has it, so that two of them may hold for
different elements.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/query-components.html,
https://docs.aws.amazon.com/config/latest/developerguide/querying-AWS-resources.html#query-limitations,
https://docs.aws.amazon.com/config/latest/APIReference/API_SelectResourceConfig.html
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from scenarios.cloud.config.query_values import (
    InvalidExpression,
    equals,
    is_between,
    is_greater,
    is_less,
    like,
)
from scenarios.cloud.kernel.errors import NotSimulated

Document = Mapping[str, Any]
Holds = Callable[[Document], bool]
# What `*` stands for.
EVERYTHING: Final = (
    "accountId",
    "awsRegion",
    "arn",
    "availabilityZone",
    "configurationItemCaptureTime",
    "resourceCreationTime",
    "resourceId",
    "resourceName",
    "resourceType",
    "version",
)
LONGEST: Final = 4096
_MOST_GROUPS: Final = 3
_TOKEN: Final = re.compile(
    r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w.\-:]*)|(\d+(?:\.\d+)?)|(<=|>=|<>|!=|[=<>(),*]))"
)
_REFUSED: Final = ("ALL", "DISTINCT", "FROM", "HAVING", "JOIN", "UNION", "NULL", "IS", "AS", "LIMIT")
_AGGREGATES: Final[Mapping[str, Callable[[Sequence[Any]], Any]]] = {
    "COUNT": len,
    "SUM": sum,
    "MIN": min,
    "MAX": max,
    "AVG": lambda values: sum(values) / len(values),
}
_KEYWORDS: Final = (
    "WHERE",
    "GROUP",
    "ORDER",
    "BY",
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "LIKE",
    "ASC",
    "DESC",
)


class Column(NamedTuple):
    """What is selected: a property, or an aggregate of one (`*` for all)."""

    path: str
    aggregate: str = ""

    @property
    def name(self) -> str:
        """As the answer calls it."""
        return f"{self.aggregate}({self.path})" if self.aggregate else self.path


class Order(NamedTuple):
    """By what the rows are sorted."""

    column: Column
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood. `texts`: the texts in it, the types of resources among them."""

    columns: tuple[Column, ...]
    holds: Holds
    groups: tuple[str, ...]
    orders: tuple[Order, ...]
    texts: frozenset[str] = frozenset()

    @property
    def is_one_page(self) -> bool:
        """Whether its answer has no further page: so it is where rows are sorted by an aggregate."""
        return any(each.column.aggregate for each in self.orders)

    def answer(self, documents: Iterable[Document]) -> list[dict[str, Any]]:
        """The rows, as nested objects."""
        found = [each for each in documents if self.holds(each)]
        if self.groups or any(each.aggregate for each in self.columns):
            return self._grouped(found)
        for order in reversed(self.orders):
            found.sort(key=partial(_rank, order.column.path), reverse=order.descending)
        return [_row(each, self.columns) for each in found]

    def _grouped(self, found: Sequence[Document]) -> list[dict[str, Any]]:
        grouped: dict[tuple[str, ...], list[Document]] = {}
        for each in found:
            key = tuple(json.dumps(values(each, path)) for path in self.groups)
            grouped.setdefault(key, []).append(each)
        if not self.groups and not grouped:
            grouped[()] = []
        rows = [self._aggregated(each) for each in grouped.values()]
        for order in reversed(self.orders):
            rows.sort(key=partial(_rank, order.column.name), reverse=order.descending)
        return rows

    def _aggregated(self, members: Sequence[Document]) -> dict[str, Any]:
        plain = [each for each in self.columns if not each.aggregate]
        row = _row(members[0], plain) if members else {}
        for column in self.columns:
            if column.aggregate:
                found = members if column.path == "*" else _all_values(members, column.path)
                row[column.name] = (
                    _AGGREGATES[column.aggregate](found) if found or column.aggregate == "COUNT" else None
                )
        return row


def parse(text: str) -> Query:
    """Understand a query; raises InvalidExpression."""
    return _Parser(_tokens(text)).query()


def values(document: Any, path: str) -> list[Any]:
    """Every value at a path, through lists."""
    found = [document]
    for name in [path] if "(" in path else path.split("."):
        found = [
            each[name] for one in found for each in _flat(one) if isinstance(each, Mapping) and name in each
        ]
    return [each for one in found for each in _flat(one)]


def _all_values(members: Iterable[Document], path: str) -> list[Any]:
    return [value for each in members for value in values(each, path)]


def _flat(value: Any) -> list[Any]:
    return [each for one in value for each in _flat(one)] if isinstance(value, list) else [value]


def _rank(path: str, document: Document) -> tuple[str, Any]:
    found = values(document, path)
    first = found[0] if found else ""
    return ("number", first) if isinstance(first, int | float) else ("text", str(first))


def _row(document: Document, columns: Iterable[Column]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for column in columns:
        part = _part(document, column.path.split("."))
        if part is not None:
            row = _merged(row, part)
    return row


def _part(value: Any, path: Sequence[str]) -> Any:
    """A document cut down to one path; None where it has none."""
    if not path:
        return value
    if isinstance(value, list):
        parts = [part for each in value if (part := _part(each, path)) is not None]
        return parts or None
    if not isinstance(value, Mapping) or path[0] not in value:
        return None
    part = _part(value[path[0]], path[1:])
    return None if part is None else {path[0]: part}


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{name: _merged(one.get(name), part) for name, part in other.items()}}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_merged(*pair) for pair in zip(one, other, strict=True)]
    return other


# ---- reading ------------------------------------------------------------------------------------


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.strip().rstrip(";")
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidExpression(f"unexpected {text[at:].strip()[:20]!r}")
        found.append(match[0].strip())
        at = match.end()
    return found


class _Parser:
    """Reads tokens from the left."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = list(tokens)

    def query(self) -> Query:
        for each in self._tokens:
            if each.upper() in _REFUSED:
                raise InvalidExpression(f"{each.upper()} is not supported")
        texts = frozenset(_text(each) for each in self._tokens if each.startswith("'"))
        self._expect("SELECT")
        columns = self._columns()
        holds = self._or() if self._next_is("WHERE") else _always
        groups = self._properties() if self._next_is("GROUP", "BY") else ()
        orders = self._orders() if self._next_is("ORDER", "BY") else ()
        if self._tokens:
            raise InvalidExpression(f"unexpected {self._tokens[0]}")
        _check(columns, groups, orders)
        return Query(columns, holds, groups, orders, texts)

    def _columns(self) -> tuple[Column, ...]:
        found: list[Column] = []
        while True:
            if self._next_is("*"):
                found += [Column(name) for name in EVERYTHING]
            else:
                found.append(self._column())
            if not self._next_is(","):
                return tuple(found)

    def _column(self) -> Column:
        name = self._property()
        if name.upper() in _AGGREGATES and self._next_is("("):
            path = "*" if self._next_is("*") else self._property()
            self._expect(")")
            return Column(path, name.upper())
        return Column(name)

    def _properties(self) -> tuple[str, ...]:
        found = [self._property()]
        while self._next_is(","):
            found.append(self._property())
        return tuple(found)

    def _orders(self) -> tuple[Order, ...]:
        found: list[Order] = []
        while True:
            column = self._column()
            descending = self._next_is("DESC")
            if not descending:
                self._next_is("ASC")
            found.append(Order(column, descending))
            if not self._next_is(","):
                return tuple(found)

    # ---- conditions ---------------------------------------------------------------------------------

    def _or(self) -> Holds:
        several = [self._and()]
        while self._next_is("OR"):
            several.append(self._and())
        return several[0] if len(several) == 1 else lambda each: any(one(each) for one in several)

    def _and(self) -> Holds:
        several = [self._not()]
        while self._next_is("AND"):
            several.append(self._not())
        return several[0] if len(several) == 1 else lambda each: all(one(each) for one in several)

    def _not(self) -> Holds:
        if self._next_is("NOT"):
            inner = self._not()
            return lambda each: not inner(each)
        if self._next_is("("):
            inside = self._or()
            self._expect(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Holds:
        path = self._property()
        if self._next_is("NOT"):
            inner = self._compared(path)
            return lambda each: not inner(each)
        return self._compared(path)

    def _compared(self, path: str) -> Holds:
        if self._next_is("="):
            wanted = self._value()
            return lambda each: any(equals(value, wanted) for value in values(each, path))
        if self._next_is("LIKE"):
            pattern = like(self._value())
            return lambda each: any(pattern.fullmatch(str(value)) for value in values(each, path))
        if self._next_is("IN"):
            listed = self._list()
            return lambda each: any(equals(value, one) for value in values(each, path) for one in listed)
        if self._next_is("BETWEEN"):
            low = self._value()
            self._expect("AND")
            high = self._value()
            return lambda each: any(is_between(value, low, high) for value in values(each, path))
        if self._next_is("<"):
            most = self._value()
            return lambda each: any(is_less(value, most) for value in values(each, path))
        if self._next_is(">"):
            least = self._value()
            return lambda each: any(is_greater(value, least) for value in values(each, path))
        operator = self._tokens[0] if self._tokens else "the end"
        if operator in ("<=", ">=", "<>", "!="):
            raise NotSimulated("config", f"SelectResourceConfig with {operator}")
        raise InvalidExpression(f"unexpected {operator} behind {path}")

    def _list(self) -> list[Any]:
        self._expect("(")
        found = [self._value()]
        while self._next_is(","):
            found.append(self._value())
        self._expect(")")
        return found

    # ---- tokens -------------------------------------------------------------------------------------

    def _next_is(self, *words: str) -> bool:
        """Whether these come next; then they are taken."""
        if [each.upper() for each in self._tokens[: len(words)]] != list(words):
            return False
        del self._tokens[: len(words)]
        return True

    def _expect(self, word: str) -> None:
        if not self._next_is(word):
            raise InvalidExpression(f"expected {word}")

    def _property(self) -> str:
        if (
            not self._tokens
            or not re.match(r"[A-Za-z_]", self._tokens[0])
            or self._tokens[0].upper() in _KEYWORDS
        ):
            raise InvalidExpression("expected a property")
        return self._tokens.pop(0)

    def _value(self) -> Any:
        token = self._tokens.pop(0) if self._tokens else ""
        if token.startswith("'"):
            return _text(token)
        if token.lower() in ("true", "false"):
            return token.lower() == "true"
        if re.fullmatch(r"\d+(\.\d+)?", token):
            return float(token) if "." in token else int(token)
        raise InvalidExpression("expected a value")


def _text(token: str) -> str:
    """What stands between the quotes."""
    return token[1:-1].replace("''", "'")


def _always(_: Document) -> bool:
    return True


def _check(columns: Sequence[Column], groups: Sequence[str], orders: Sequence[Order]) -> None:
    aggregated = any(each.aggregate for each in columns)
    plain = {each.path for each in columns if not each.aggregate}
    if aggregated and not plain <= set(groups):
        raise InvalidExpression("what is selected beside an aggregate must be grouped by")
    if groups and not aggregated:
        raise InvalidExpression("GROUP BY needs an aggregate")
    most = 1 if any(each.column.aggregate for each in orders) else _MOST_GROUPS
    if len(groups) > most:
        raise InvalidExpression(f"at most {most} properties in GROUP BY")


def documents_of(items: Iterable[Document]) -> Iterator[Document]:
    """Items as queries see them, of the form that Config sends: tags are a list there."""
    for item in items:
        tags = [{"key": key, "value": value, "tag": f"{key}={value}"} for key, value in item["tags"].items()]
        yield {
            **{name: value for name, value in item.items() if value is not None},
            "accountId": item["awsAccountId"],
            "arn": item["ARN"],
            "version": item["configurationItemVersion"],
            "tags": tags,
        }

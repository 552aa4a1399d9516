"""Trino's types: how they are written, which one two of them meet in, and what DuckDB calls them.

Source: https://trino.io/docs/current/language/types.html,
https://docs.aws.amazon.com/athena/latest/ug/data-types.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from scenarios.queries.sql.errors import SqlNotSimulated


@dataclass(frozen=True, slots=True)
class Type:
    """One type.

    Args:
        name: Trino's, without what is in parentheses.
        of: the types inside of an array, a map or a row.
        names: the names of a row's fields; None for one without a name.
        length: of varchar(n); the digits of a decimal; the digits behind a timestamp's second.
        scale: of a decimal.
    """

    name: str
    of: tuple["Type", ...] = ()
    names: tuple[str | None, ...] = ()
    length: int | None = None
    scale: int = 0

    @property
    def shown(self) -> str:
        """As Trino writes it, in errors and for typeof."""
        if self.name in ("array", "map"):
            return f"{self.name}({', '.join(each.shown for each in self.of)})"
        if self.name == "row":
            fields = zip(self.names, self.of, strict=True)
            return (
                f"row({', '.join(f'{name} {each.shown}' if name else each.shown for name, each in fields)})"
            )
        if self.name == "decimal":
            return f"decimal({self.length},{self.scale})"
        if self.name == TIMESTAMP_TZ.name:
            return f"timestamp({self.length}) with time zone"
        return self.name if self.length is None else f"{self.name}({self.length})"

    @property
    def duckdb(self) -> str:
        """As DuckDB writes it; a field without a name is called by its number."""
        if self.name == "array":
            return f"{self.of[0].duckdb}[]"
        if self.name == "map":
            return f"MAP({self.of[0].duckdb}, {self.of[1].duckdb})"
        if self.name == "row":
            return f"STRUCT({', '.join(f'{quoted(name)} {each.duckdb}' for name, each in self.fields())})"
        if self.name == "decimal":
            return f"DECIMAL({self.length}, {self.scale})"
        return _DUCKDB[self.name]

    def fields(self) -> Iterator[tuple[str, "Type"]]:
        """A row's fields, by name or by `fN`."""
        for number, (name, each) in enumerate(zip(self.names, self.of, strict=True)):
            yield name or f"f{number}", each

    def field(self, name: str) -> "Type | None":
        """The type of one field of a row."""
        found = [each for given, each in zip(self.names, self.of, strict=True) if given == name]
        return found[0] if found else None

    @property
    def bare(self) -> "Type":
        """Without the length of a varchar."""
        return VARCHAR if self.name == "varchar" else self


BOOLEAN: Final = Type("boolean")
TINYINT: Final = Type("tinyint")
SMALLINT: Final = Type("smallint")
INTEGER: Final = Type("integer")
BIGINT: Final = Type("bigint")
REAL: Final = Type("real")
DOUBLE: Final = Type("double")
VARCHAR: Final = Type("varchar")
VARBINARY: Final = Type("varbinary")
DATE: Final = Type("date")
TIMESTAMP: Final = Type("timestamp", length=3)
TIMESTAMP_TZ: Final = Type("timestamp with time zone", length=3)
DAY_TO_SECOND: Final = Type("interval day to second")
YEAR_TO_MONTH: Final = Type("interval year to month")
JSON: Final = Type("json")
IPADDRESS: Final = Type("ipaddress")
UNKNOWN: Final = Type("unknown")

WHOLE: Final = ("tinyint", "smallint", "integer", "bigint")
NUMERIC: Final = (*WHOLE, "decimal", "real", "double")
MOMENTS: Final = ("date", "timestamp", "timestamp with time zone")
INTERVALS: Final = (DAY_TO_SECOND.name, YEAR_TO_MONTH.name)
ORDERED: Final = frozenset({"boolean", "varchar", *NUMERIC, *MOMENTS, *INTERVALS})

_DUCKDB: Final = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "varbinary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "interval day to second": "INTERVAL",
    "interval year to month": "INTERVAL",
    "json": "JSON",
    "ipaddress": "VARCHAR",
    "unknown": "INTEGER",
}
_DIGITS: Final = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}


def array(of: Type) -> Type:
    """An array of these."""
    return Type("array", (of,))


def map_of(key: Type, value: Type) -> Type:
    """A map."""
    return Type("map", (key, value))


def row(*fields: tuple[str | None, Type]) -> Type:
    """A row of these fields."""
    return Type("row", tuple(each for _, each in fields), tuple(name for name, _ in fields))


def decimal(digits: int, scale: int) -> Type:
    """A decimal of at most 38 digits."""
    return Type("decimal", length=min(digits, 38), scale=scale)


def quoted(name: str) -> str:
    """A name as DuckDB reads it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as DuckDB reads it: nothing is escaped, and a NUL, at which its parser ends, is joined in."""
    pieces = ["'" + each.replace("'", "''") + "'" for each in value.split("\0")]
    return pieces[0] if len(pieces) == 1 else "(" + " || chr(0) || ".join(pieces) + ")"


# ---- the type in which two meet ------------------------------------------------------------------


def common(one: Type, other: Type) -> Type | None:
    """The type that both can be taken for without a CAST; None where Trino sees a mismatch.

    Source: https://trino.io/docs/current/functions/conversion.html
    """
    if one == other:
        return one
    if UNKNOWN in (one, other):
        return other if one == UNKNOWN else one
    if one.name == other.name:
        return _same_name(one, other)
    if one.name in NUMERIC and other.name in NUMERIC:
        return _numeric(one, other)
    if one.name in MOMENTS and other.name in MOMENTS:
        found = max(one, other, key=lambda each: MOMENTS.index(each.name))
        return replace(found, length=max(one.length or 0, other.length or 0))
    return None


def _same_name(one: Type, other: Type) -> Type | None:
    if one.name == "varchar":
        return (
            VARCHAR
            if None in (one.length, other.length)
            else max(one, other, key=lambda each: each.length or 0)
        )
    if one.name == "decimal":
        scale = max(one.scale, other.scale)
        whole = max((one.length or 0) - one.scale, (other.length or 0) - other.scale)
        return decimal(whole + scale, scale)
    if one.name in MOMENTS:
        return max(one, other, key=lambda each: each.length or 0)
    if not one.of or len(one.of) != len(other.of):
        return None
    inside = [common(mine, yours) for mine, yours in zip(one.of, other.of, strict=True)]
    if any(each is None for each in inside):
        return None
    names = tuple(mine if mine == yours else None for mine, yours in zip(one.names, other.names, strict=True))
    return Type(one.name, tuple(each for each in inside if each is not None), names)


def _numeric(one: Type, other: Type) -> Type:
    names = {one.name, other.name}
    if "double" in names:
        return DOUBLE
    if "real" in names:
        return REAL
    if "decimal" in names:
        found = _same_name(as_decimal(one), as_decimal(other))
        assert found is not None
        return found
    return max(one, other, key=lambda each: WHOLE.index(each.name))


def as_decimal(whole: Type) -> Type:
    """The decimal that holds every number of this type."""
    return whole if whole.name == "decimal" else decimal(_DIGITS[whole.name], 0)


def fits(given: Type, wanted: Type) -> bool:
    """Whether a value can be handed over as `wanted` without a CAST."""
    found = common(given.bare, wanted)
    return found is not None and found.bare == wanted.bare


# ---- types as they are written ---------------------------------------------------------------------

_NAMES: Final = {
    "string": VARCHAR,
    "varchar": VARCHAR,
    "int": INTEGER,
    "float": REAL,
    "binary": VARBINARY,
    "timestamp": TIMESTAMP,
    **{
        each.name: each
        for each in (BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, DATE, VARBINARY)
    },
    "json": JSON,
    "ipaddress": IPADDRESS,
}
_PIECE = re.compile(r"\s*([A-Za-z_][\w-]*|`[^`]+`|\"[^\"]+\"|\d+|[<>(),:])")


def read(written: str) -> Type:
    """A type as Hive's DDL writes it, such as `struct<a:string>`, or Trino, such as `row(a varchar)`."""
    pieces = [each.strip('`"') for each in _PIECE.findall(written)]
    if "".join(pieces).lower() != re.sub(r"[\s`\"]", "", written).lower():
        raise SqlNotSimulated(f"the type {written}")
    pieces.reverse()
    found = _read(pieces)
    if pieces:
        raise SqlNotSimulated(f"the type {written}")
    return found


def _read(pieces: list[str]) -> Type:
    name = _next(pieces).lower()
    if name in ("struct", "row"):
        return row(*_inside(pieces, named=True))
    if name in ("array", "map"):
        return Type(name, tuple(each for _, each in _inside(pieces, named=False)))
    numbers = [_digits(pieces)] if _opened(pieces) else []
    while numbers and _next(pieces) == ",":
        numbers.append(_digits(pieces))
    if name == "decimal":
        return decimal(*[*numbers, 38 if not numbers else 0, 0][:2])
    if name not in _NAMES:
        raise SqlNotSimulated(f"the type {name}")
    return replace(_NAMES[name], length=numbers[0]) if numbers else _NAMES[name]


def _digits(pieces: list[str]) -> int:
    found = _next(pieces)
    if not found.isdecimal():
        raise SqlNotSimulated(f"a type of {found}")
    return int(found)


def _next(pieces: list[str]) -> str:
    if not pieces:
        raise SqlNotSimulated("a type that ends too early")
    return pieces.pop()


def _opened(pieces: list[str]) -> bool:
    if pieces and pieces[-1] in ("<", "("):
        pieces.pop()
        return True
    return False


def _inside(pieces: list[str], *, named: bool) -> Iterator[tuple[str, Type]]:
    if not _opened(pieces):
        raise SqlNotSimulated("an array, a map or a row of nothing")
    while True:
        name = _next(pieces).lower() if named else ""
        if named and pieces and pieces[-1] == ":":
            pieces.pop()
        yield name, _read(pieces)
        if _next(pieces) in (">", ")"):
            return

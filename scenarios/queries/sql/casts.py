"""What a CAST does in Trino, and what Hive's SerDes make of a text, written for DuckDB.

DuckDB reads more texts as numbers and moments than Trino does: '1.5' as an integer, '2026-01-01T00:00:00Z'
as a timestamp. So each text is held against the form that Trino takes, and what isn't in it is the error
that Trino raises, or NULL for TRY_CAST.

Source: https://trino.io/docs/current/functions/conversion.html
"""

from collections.abc import Callable, Sequence
from typing import Final

from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.types import MOMENTS, NUMERIC, UNKNOWN, WHOLE, Type, text

# The forms are RE2's, held against all of a text.
WHOLE_NUMBER: Final = r"[+-]?[0-9]+"
NUMBER: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_SPACED: Final = r"\s*(" + NUMBER + r"|[+-]?Infinity|NaN)\s*"
_DAY: Final = r"[+-]?[0-9]{4,6}-[0-9]{1,2}-[0-9]{1,2}"
_MOMENT: Final = _DAY + r"( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,12})?)?)?"
_ZONE: Final = r" ?(UTC|Z|[+-][0-9]{2}(:[0-9]{2})?)"
# A month, a day of a month, a day of a year, a week or a day of a week; then perhaps a time.
ISO_MOMENT: Final = (
    r"[0-9]{4}-([0-9]{2}|([0-9]{2}-[0-9]{2}|[0-9]{3}|W[0-9]{2}(-[1-7])?)"
    r"(T([0-9]{2}(:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?)"
)

# Raises a conversion error with the words, which DuckDB's TRY sees; `error()` it refuses there.
MARK: Final = "TRINO:"
HOLE: Final = "NOT_SIMULATED"  # in place of an error's name
END: Final = "\x1e"  # behind the words, for DuckDB goes on


def may_fail(sql: str) -> bool:
    """Whether an expression can end the query: what stands before it must then be asked first."""
    return MARK in sql or "tw_" in sql


def guarded(conditions: Sequence[str]) -> str:
    """Conditions joined by AND, asked in their order where one of them can fail; DuckDB takes any order."""
    found: list[str] = []
    for each in conditions:
        if found and may_fail(each):
            found = [f"CASE WHEN {' AND '.join(found)} THEN {each} ELSE false END"]
        else:
            found.append(each)
    return " AND ".join(found)


def raised(name: str, words: str, kind: Type) -> str:
    """An expression of that type that fails with Trino's error. `words`: DuckDB's SQL of a text."""
    target = kind.duckdb if kind.name in (*WHOLE, "double", "boolean", "date", "timestamp") else None
    marked = f"{text(MARK + name + ':')} || coalesce({words}, 'NULL') || {text(END)}"
    failing = f"CAST(({marked}) AS {target or 'INTEGER'})"
    return failing if target else f"CAST({failing} AS {kind.duckdb})" if kind.name != "json" else failing


def checked(value: str, holds: str, good: str, error: tuple[str, str], kind: Type) -> str:
    """`good` where `holds`, NULL for NULL, else the error (its name, and DuckDB's SQL of its words)."""
    return f"CASE WHEN {value} IS NULL THEN NULL WHEN {holds} THEN {good} ELSE {raised(*error, kind)} END"


def _matches(value: str, form: str) -> str:
    return f"regexp_full_match({value}, {text(form)})"


# ---- Hive ------------------------------------------------------------------------------------------


def of_hive(value: str, kind: Type) -> str:
    """A field of a line as LazySimpleSerDe and RegexSerDe read it: NULL where it isn't of the type."""
    if kind.name == "varchar":
        return value
    form = _HIVE_FORMS.get(kind.name)
    if form is None:
        raise SqlNotSimulated(f"a column of the type {kind.shown} in lines")
    return f"CASE WHEN {_matches(value, form)} THEN TRY_CAST({value} AS {kind.duckdb}) END"


_HIVE_FORMS: Final = {
    **dict.fromkeys(WHOLE, WHOLE_NUMBER),
    **dict.fromkeys(("real", "double", "decimal"), NUMBER),
    "boolean": "(?i)true|false",
    "date": r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?",
}

_JAVA_NAMES: Final = {"integer": "INT"}

# ---- Trino -----------------------------------------------------------------------------------------


def cast(value: str, given: Type, wanted: Type) -> str:
    """The value as a CAST makes it, with an error that names the value where it can't.

    Raises:
        QueryFailed: where Trino has no such CAST.
        SqlNotSimulated: where it has, and its text isn't certain.
    """
    if given.bare == wanted.bare and wanted.length is None:
        return value
    if given == UNKNOWN:
        return f"CAST(NULL AS {wanted.duckdb})"
    how = _CASTS.get((_family(given), _family(wanted)))
    if how is None and (_family(given), _family(wanted)) in _ONLY_THERE:
        raise SqlNotSimulated(f"CAST of {given.shown} to {wanted.shown}")
    if how is None:
        raise QueryFailed("TYPE_MISMATCH", f"Cannot cast {given.shown} to {wanted.shown}")
    return how(value, given, wanted)


def _family(kind: Type) -> str:
    if kind.name in WHOLE:
        return "whole"
    return "point" if kind.name in NUMERIC else kind.name


def _plain(value: str, _: Type, wanted: Type) -> str:
    return f"CAST({value} AS {wanted.duckdb})"


def _cut(value: str, wanted: Type) -> str:
    return value if wanted.length is None else f"left({value}, {wanted.length})"


def _within(value: str, wanted: Type) -> str:
    """The text of something else: it isn't cut where varchar(n) is too short, but ends the query."""
    if wanted.length is None:
        return value
    words = f"'Value ' || {value} || ' cannot be represented as {wanted.shown}'"
    return checked(
        value, f"length({value}) <= {wanted.length}", value, ("INVALID_CAST_ARGUMENT", words), wanted
    )


def _to_text(value: str, _: Type, wanted: Type) -> str:
    return _within(f"CAST({value} AS VARCHAR)", wanted)


def _point_to_text(value: str, given: Type, wanted: Type) -> str:
    if given.name != "decimal":
        raise SqlNotSimulated(f"CAST of {given.shown} to varchar, whose text is not documented")
    return _to_text(value, given, wanted)


def _moment_to_text(value: str, given: Type, wanted: Type) -> str:
    return _within(moment_text(value, given), wanted)


def moment_text(value: str, given: Type) -> str:
    """A timestamp as Trino writes it, with as many digits behind the second as its type has."""
    digits = given.length or 0
    fraction = f" || '.' || left(strftime({value}, '%f'), {digits})" if digits else ""
    zone = " || ' UTC'" if given.name != "timestamp" else ""
    return f"(strftime({value}, '%Y-%m-%d %H:%M:%S'){fraction}{zone})"


def _from_text(
    form: str,
    trim: bool = False,  # noqa: FBT001, FBT002
    *,
    as_read: str = "",
) -> Callable[[str, Type, Type], str]:
    """A text of that form as DuckDB reads it; `as_read`: what it reads in its place."""

    def how(value: str, _: Type, wanted: Type) -> str:
        if wanted.name in MOMENTS:
            words = f"'Value cannot be cast to {wanted.name}: ' || {value}"
        else:
            named = _JAVA_NAMES.get(wanted.name, wanted.shown.upper())
            words = f"'Cannot cast ''' || {value} || ''' to {named}'"
        inner = f"trim({value}, chr(32) || chr(9) || chr(10) || chr(13))" if trim else value
        good = f"TRY_CAST({as_read or inner} AS {wanted.duckdb})"
        holds = f"{_matches(value, form)} AND {good} IS NOT NULL"
        return checked(value, holds, good, ("INVALID_CAST_ARGUMENT", words), wanted)

    return how


def _text_to_zoned(value: str, given: Type, wanted: Type) -> str:
    """A moment in UTC; one with the name of a zone, or with another offset, is not simulated."""
    zone = _matches(value, _MOMENT + " [A-Za-z_]+(/[A-Za-z_]+)+")
    hole = raised(HOLE, "'a moment in a named time zone'", wanted)
    # DuckDB takes no zone behind a day, or behind an hour and a minute.
    full = (
        f"regexp_replace(regexp_replace({value}, '^([+-]?[0-9]+-[0-9]+-[0-9]+)( ?[A-Z+]|$)', '\\1 00:00\\2'),"
        " '^(\\S+ [0-9]+:[0-9]+)( ?[A-Z+-]|$)', '\\1:00\\2')"
    )
    offset = _from_text(_MOMENT + "(" + _ZONE + ")?", as_read=full)(value, given, wanted)
    return f"CASE WHEN {zone} THEN {hole} ELSE {in_utc(value, offset, wanted)} END"


def in_utc(value: str, good: str, kind: Type) -> str:
    """A moment that a text says. Trino keeps the offset, and shows it; here every moment is in UTC."""
    hole = raised(HOLE, "'a moment whose offset is not that of UTC'", kind)
    return f"CASE WHEN {_is_off(value)} THEN {hole} ELSE {good} END"


def _is_off(value: str) -> str:
    return (
        f"right({value}, 1) <> 'Z' AND regexp_matches({value}, '[T :].*[+-][0-9]{{2}}(:?[0-9]{{2}})?$')"
        f" AND NOT regexp_matches({value}, '[+-]00(:?00)?$')"
    )


def _text_to_boolean(value: str, _: Type, wanted: Type) -> str:
    words = f"'Cannot cast ''' || {value} || ''' to BOOLEAN'"
    good = f"lower({value}) IN ('true', 't', '1')"
    holds = f"lower({value}) IN ('true', 't', '1', 'false', 'f', '0')"
    return checked(value, holds, good, ("INVALID_CAST_ARGUMENT", words), wanted)


def _text_to_text(value: str, _: Type, wanted: Type) -> str:
    return _cut(value, wanted)


def _text_to_ip(value: str, _: Type, wanted: Type) -> str:
    words = f"'Cannot cast value to IPADDRESS: ' || {value}"
    good = f"tw_ip({value})"
    return checked(value, f"{good} <> ''", good, ("INVALID_CAST_ARGUMENT", words), wanted)


def _to_whole(value: str, given: Type, wanted: Type) -> str:
    words = f"'Out of range for {wanted.shown}: ' || CAST({value} AS VARCHAR)"
    good = f"TRY_CAST({'round(' + value + ')' if _family(given) == 'point' else value} AS {wanted.duckdb})"
    return checked(value, f"{good} IS NOT NULL", good, ("INVALID_CAST_ARGUMENT", words), wanted)


def _from_json(value: str, given: Type, wanted: Type) -> str:
    """A JSON value as a text, a number or a truth; NULL for JSON's null."""
    scalar = f"({value} ->> '$')"
    if wanted.name == "varchar":
        bad = f"json_type({value}) IN ('ARRAY', 'OBJECT')"
        words = f"'Cannot cast ''' || CAST({value} AS VARCHAR) || ''' to varchar'"
        return _cut(checked(value, f"NOT {bad}", scalar, ("INVALID_CAST_ARGUMENT", words), wanted), wanted)
    del given
    if wanted.name in (*WHOLE, "double", "boolean"):
        words = f"'Cannot cast ''' || CAST({value} AS VARCHAR) || ''' to {wanted.shown}'"
        good = f"TRY_CAST({scalar} AS {wanted.duckdb})"
        holds = f"(json_type({value}) = 'NULL' OR {good} IS NOT NULL)"
        return checked(value, holds, good, ("INVALID_CAST_ARGUMENT", words), wanted)
    raise SqlNotSimulated(f"CAST of json to {wanted.shown}")


def _json_inside(value: str, _: Type, wanted: Type) -> str:
    """An array or a map of JSON's, as one of texts, numbers or JSON."""
    inside = wanted.of[-1]
    simple = inside.name in ("varchar", "json", *WHOLE, "double", "boolean") and wanted.of[0].name in (
        "varchar",
        inside.name,
    )
    if not simple or inside.length is not None:
        raise SqlNotSimulated(f"CAST of json to {wanted.shown}")
    expected = "ARRAY" if wanted.name == "array" else "OBJECT"
    words = (
        f"'Cannot cast to {wanted.shown}. Expected a json {expected.lower()}: ' || CAST({value} AS VARCHAR)"
    )
    good = f"CAST({value} AS {wanted.duckdb})"
    return (
        f"CASE WHEN {value} IS NULL OR json_type({value}) = 'NULL' THEN NULL"
        f" WHEN json_type({value}) = '{expected}'"
        f" THEN {good} ELSE CAST({raised('INVALID_CAST_ARGUMENT', words, Type('integer'))} || '' AS JSON)"
        f"::{wanted.duckdb} END"
    )


def _json_to_row(_: str, given: Type, wanted: Type) -> str:
    raise SqlNotSimulated(f"CAST of {given.shown} to {wanted.shown}")


def _inside(value: str, given: Type, wanted: Type) -> str:
    """An array or a map, each value cast by itself."""
    if given.name == "array":
        return f"list_transform({value}, lambda tw_x: {cast('tw_x', given.of[0], wanted.of[0])})"
    raise SqlNotSimulated(f"CAST of {given.shown} to {wanted.shown}")


def _row_to_row(value: str, given: Type, wanted: Type) -> str:
    if len(given.of) != len(wanted.of):
        raise QueryFailed("TYPE_MISMATCH", f"Cannot cast {given.shown} to {wanted.shown}")
    parts = [
        f"{cast(f'struct_extract_at({value}, {number})', mine, yours)}"
        for number, (mine, yours) in enumerate(zip(given.of, wanted.of, strict=True), 1)
    ]
    names = [name for name, _ in wanted.fields()]
    packed = ", ".join(f'"{name}" := {part}' for name, part in zip(names, parts, strict=True))
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({packed}) END"


def _date_of(value: str, _: Type, __: Type) -> str:
    return f"CAST({value} AS DATE)"


def _to_json(value: str, given: Type, _: Type) -> str:
    if not _is_plain(given):
        raise SqlNotSimulated(f"CAST of {given.shown} to json")
    return f"to_json({value})"


def _is_plain(given: Type) -> bool:
    """Whether DuckDB writes it as JSON as Trino does: no fractions, no moments, no rows."""
    if given.name == "map":
        return given.of[0].bare.name == "varchar" and _is_plain(given.of[1])
    if given.name == "array":
        return _is_plain(given.of[0])
    return _family(given) in ("varchar", "whole", "boolean", "unknown", "json")


_CASTS: Final[dict[tuple[str, str], Callable[[str, Type, Type], str]]] = {
    ("varchar", "varchar"): _text_to_text,
    ("varchar", "whole"): _from_text(WHOLE_NUMBER),
    ("varchar", "point"): _from_text(_SPACED, trim=True),
    ("varchar", "boolean"): _text_to_boolean,
    ("varchar", "date"): _from_text(r"\s*" + _DAY + r"\s*", trim=True),
    ("varchar", "timestamp"): _from_text(_MOMENT),
    ("varchar", "timestamp with time zone"): _text_to_zoned,
    ("varchar", "ipaddress"): _text_to_ip,
    ("varchar", "json"): _to_json,
    ("whole", "json"): _to_json,
    ("boolean", "json"): _to_json,
    ("point", "json"): _to_json,
    ("array", "json"): _to_json,
    ("map", "json"): _to_json,
    ("row", "json"): _to_json,
    ("date", "json"): _to_json,
    ("timestamp", "json"): _to_json,
    ("whole", "whole"): _to_whole,
    ("whole", "point"): _plain,
    ("whole", "varchar"): _to_text,
    ("whole", "boolean"): _plain,
    ("point", "whole"): _to_whole,
    ("point", "point"): _plain,
    ("point", "varchar"): _point_to_text,
    ("boolean", "varchar"): _to_text,
    ("boolean", "whole"): _plain,
    ("date", "varchar"): _to_text,
    ("date", "timestamp"): _plain,
    ("date", "timestamp with time zone"): _plain,
    ("timestamp", "varchar"): _moment_to_text,
    ("timestamp", "date"): _date_of,
    ("timestamp", "timestamp"): _plain,
    ("timestamp", "timestamp with time zone"): _plain,
    ("timestamp with time zone", "varchar"): _moment_to_text,
    ("timestamp with time zone", "date"): _date_of,
    ("timestamp with time zone", "timestamp"): _plain,
    ("timestamp with time zone", "timestamp with time zone"): _plain,
    ("ipaddress", "varchar"): _text_to_text,
    ("json", "varchar"): _from_json,
    ("json", "whole"): _from_json,
    ("json", "point"): _from_json,
    ("json", "boolean"): _from_json,
    ("json", "array"): _json_inside,
    ("json", "map"): _json_inside,
    ("json", "row"): _json_to_row,
    ("array", "array"): _inside,
    ("map", "map"): _inside,
    ("row", "row"): _row_to_row,
}
# What Trino casts, too.
_ONLY_THERE: Final = frozenset(
    {
        ("interval day to second", "varchar"),
        ("interval year to month", "varchar"),
        ("boolean", "point"),
        ("point", "boolean"),
        ("varbinary", "ipaddress"),
        ("ipaddress", "varbinary"),
    }
)

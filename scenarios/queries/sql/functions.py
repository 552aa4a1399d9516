"""Trino's functions: what each takes and gives, and DuckDB's SQL for it.

Most are a line of the table below: name, types of the arguments, type of the result, and the SQL, in which
{0} is the first argument. T, K and V stand for any type, N for any number, M for a date or a timestamp.
Those that a line can't say are functions of their own, further down. A function of Trino's that is in
neither is SqlNotSimulated.

Source: https://trino.io/docs/current/functions/list.html
"""

# ruff: noqa: E501 - a function is a line of the table

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from scenarios.queries.sql import types
from scenarios.queries.sql.casts import HOLE, ISO_MOMENT, cast, checked, in_utc, raised
from scenarios.queries.sql.date_formats import java_format, mysql_format
from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated
from scenarios.queries.sql.expressions import Expressions
from scenarios.queries.sql.json_paths import duckdb_path
from scenarios.queries.sql.regexes import compiled
from scenarios.queries.sql.scopes import Typed
from scenarios.queries.sql.trino_names import NAMES
from scenarios.queries.sql.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    IPADDRESS,
    JSON,
    MOMENTS,
    NUMERIC,
    TIMESTAMP,
    TIMESTAMP_TZ,
    UNKNOWN,
    VARCHAR,
    WHOLE,
    Type,
    array,
    common,
    row,
    text,
)

_BLANKS: Final = "chr(32) || chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || chr(28) || chr(29) || chr(30) || chr(31)"
_LINES: Final = rf"""
lower(varchar) varchar                     lower({{0}})
upper(varchar) varchar                     CASE WHEN contains({{0}}, 'ß') THEN array_to_string(list_transform(string_split({{0}}, 'ß'), lambda tw_e: upper(tw_e)), 'ß') ELSE upper({{0}}) END
length(varchar) bigint                     length({{0}})
length(varbinary) bigint                   octet_length({{0}})
reverse(varchar) varchar                   CASE WHEN strlen({{0}}) = length({{0}}) THEN reverse({{0}}) ELSE tw_reverse({{0}}) END
reverse(array(T)) array(T)                 list_reverse({{0}})
trim(varchar) varchar                      trim({{0}}, {_BLANKS})
ltrim(varchar) varchar                     ltrim({{0}}, {_BLANKS})
rtrim(varchar) varchar                     rtrim({{0}}, {_BLANKS})
replace(varchar, varchar) varchar          replace({{0}}, {{1}}, '')
replace(varchar, varchar, varchar) varchar CASE WHEN {{1}} <> '' THEN replace({{0}}, {{1}}, {{2}}) WHEN {{0}} = '' THEN {{2}} ELSE {{2}} || array_to_string(regexp_extract_all({{0}}, '(?s).'), {{2}}) || {{2}} END
strpos(varchar, varchar) bigint            strpos({{0}}, {{1}})
strpos(varchar, varchar, bigint) bigint    tw_strpos({{0}}, {{1}}, {{2}})
split_to_map(varchar, varchar, varchar) map(varchar, varchar)  map(list_filter(tw_pairs({{0}}, {{1}}, {{2}}), lambda tw_e, tw_i: tw_i % 2 = 1), list_filter(tw_pairs({{0}}, {{1}}, {{2}}), lambda tw_e, tw_i: tw_i % 2 = 0))
url_extract_parameter(varchar, varchar) varchar  tw_parameter({{0}}, {{1}})[1]
from_base(varchar, bigint) bigint          tw_from_base({{0}}, {{1}})
to_base(bigint, bigint) varchar            tw_to_base({{0}}, {{1}})
starts_with(varchar, varchar) boolean      starts_with({{0}}, {{1}})
substr(varchar, bigint) varchar            CASE WHEN {{1}} = 0 OR {{1}} < -length({{0}}) THEN '' ELSE substr({{0}}, {{1}}) END
substr(varchar, bigint, bigint) varchar    CASE WHEN {{1}} = 0 OR {{1}} < -length({{0}}) OR {{2}} <= 0 THEN '' ELSE substr({{0}}, {{1}}, {{2}}) END
lpad(varchar, bigint, varchar) varchar     lpad({{0}}, CAST({{1}} AS INTEGER), {{2}})
rpad(varchar, bigint, varchar) varchar     rpad({{0}}, CAST({{1}} AS INTEGER), {{2}})
translate(varchar, varchar, varchar) varchar  translate({{0}}, {{1}}, {{2}})
codepoint(varchar) integer                 CASE WHEN length({{0}}) <> 1 THEN {{no_single}} ELSE unicode({{0}}) END
chr(bigint) varchar                        chr(CAST({{0}} AS INTEGER))
levenshtein_distance(varchar, varchar) bigint  CASE WHEN strlen({{0}} || {{1}}) = length({{0}} || {{1}}) THEN levenshtein({{0}}, {{1}}) ELSE {{no_ascii}} END
to_utf8(varchar) varbinary                 encode({{0}})
from_utf8(varbinary) varchar               decode({{0}})
to_base64(varbinary) varchar               to_base64({{0}})
from_base64(varchar) varbinary             from_base64({{0}})
to_hex(varbinary) varchar                  hex({{0}})
from_hex(varchar) varbinary                unhex({{0}})
md5(varbinary) varbinary                   unhex(md5({{0}}))
sha1(varbinary) varbinary                  unhex(sha1({{0}}))
sha256(varbinary) varbinary                unhex(sha256({{0}}))
url_extract_host(varchar) varchar          tw_url({{0}}, 'host')[1]
url_extract_path(varchar) varchar          tw_url({{0}}, 'path')[1]
url_extract_query(varchar) varchar         tw_url({{0}}, 'query')[1]
url_extract_protocol(varchar) varchar      tw_url({{0}}, 'protocol')[1]
url_extract_fragment(varchar) varchar      tw_url({{0}}, 'fragment')[1]
url_extract_port(varchar) bigint           CAST(tw_url({{0}}, 'port')[1] AS BIGINT)
url_decode(varchar) varchar                tw_url({{0}}, 'decode')[1]
url_encode(varchar) varchar                tw_url({{0}}, 'encode')[1]

abs(N) N                                   abs({{0}})
sqrt(double) double                        CASE WHEN {{0}} < 0 THEN 'NaN'::DOUBLE ELSE sqrt({{0}}) END
cbrt(double) double                        tw_cbrt({{0}})
degrees(double) double                     degrees({{0}})
radians(double) double                     radians({{0}})
ln(double) double                          CASE WHEN {{0}} < 0 THEN 'NaN'::DOUBLE WHEN {{0}} = 0 THEN '-Infinity'::DOUBLE ELSE ln({{0}}) END
log2(double) double                        CASE WHEN {{0}} < 0 THEN 'NaN'::DOUBLE WHEN {{0}} = 0 THEN '-Infinity'::DOUBLE ELSE log2({{0}}) END
log10(double) double                       CASE WHEN {{0}} < 0 THEN 'NaN'::DOUBLE WHEN {{0}} = 0 THEN '-Infinity'::DOUBLE ELSE log10({{0}}) END
log(double, double) double                 (ln({{1}}) / ln({{0}}))
exp(double) double                         exp({{0}})
power(double, double) double               pow({{0}}, {{1}})
pow(double, double) double                 pow({{0}}, {{1}})
pi() double                                pi()
e() double                                 exp(1.0::DOUBLE)
infinity() double                          'Infinity'::DOUBLE
is_nan(double) boolean                     isnan({{0}})
is_finite(double) boolean                  isfinite({{0}})
is_infinite(double) boolean                isinf({{0}})
bitwise_and(bigint, bigint) bigint         ({{0}} & {{1}})
bitwise_or(bigint, bigint) bigint          ({{0}} | {{1}})
bitwise_xor(bigint, bigint) bigint         xor({{0}}, {{1}})
bitwise_not(bigint) bigint                 (~ {{0}})

year(M) bigint                             year({{0}})
quarter(M) bigint                          quarter({{0}})
month(M) bigint                            month({{0}})
week(M) bigint                             week({{0}})
week_of_year(M) bigint                     week({{0}})
day(M) bigint                              day({{0}})
day_of_month(M) bigint                     day({{0}})
day_of_week(M) bigint                      isodow({{0}})
dow(M) bigint                              isodow({{0}})
day_of_year(M) bigint                      dayofyear({{0}})
doy(M) bigint                              dayofyear({{0}})
year_of_week(M) bigint                     isoyear({{0}})
hour(timestamp) bigint                     hour({{0}})
hour(timestamp with time zone) bigint      hour({{0}})
minute(timestamp) bigint                   minute({{0}})
minute(timestamp with time zone) bigint    minute({{0}})
second(timestamp) bigint                   second({{0}})
second(timestamp with time zone) bigint    second({{0}})
millisecond(timestamp) bigint              (millisecond({{0}}) % 1000)
millisecond(timestamp with time zone) bigint  (millisecond({{0}}) % 1000)
last_day_of_month(M) date                  last_day({{0}})
from_unixtime(double) timestamp with time zone  to_timestamp(round({{0}}, 3))
to_unixtime(timestamp) double              epoch({{0}})
to_unixtime(timestamp with time zone) double  epoch({{0}})
to_iso8601(date) varchar                   strftime({{0}}, '%Y-%m-%d')
to_iso8601(timestamp) varchar              strftime({{0}}, '%Y-%m-%dT%H:%M:%S.%g')
to_iso8601(timestamp with time zone) varchar  strftime({{0}}, '%Y-%m-%dT%H:%M:%S.%gZ')
current_timezone() varchar                 'UTC'

json_format(json) varchar                  CAST({{0}} AS VARCHAR)

cardinality(array(T)) bigint               len({{0}})
cardinality(map(K, V)) bigint              cardinality({{0}})
contains(array(T), T) boolean              CASE WHEN {{1}} IS NULL THEN NULL WHEN list_contains({{0}}, {{1}}) THEN true WHEN len(list_filter({{0}}, lambda tw_e: tw_e IS NULL)) > 0 THEN NULL ELSE list_contains({{0}}, {{1}}) END
element_at(array(T), bigint) T             CASE WHEN {{1}} = 0 THEN {{array_zero}} ELSE {{0}}[{{1}}] END
element_at(map(K, V), K) V                 {{0}}[{{1}}]
array_distinct(array(T)) array(T)          list_filter({{0}}, lambda tw_e, tw_i: len(list_filter({{0}}[1:tw_i - 1], lambda tw_f: tw_f IS NOT DISTINCT FROM tw_e)) = 0)
array_sort(array(T)) array(T)              list_sort({{0}}, 'ASC', 'NULLS LAST')
array_max(array(T)) T                      CASE WHEN len(list_filter({{0}}, lambda tw_e: tw_e IS NULL)) = 0 THEN list_max({{0}}) END
array_min(array(T)) T                      CASE WHEN len(list_filter({{0}}, lambda tw_e: tw_e IS NULL)) = 0 THEN list_min({{0}}) END
array_position(array(T), T) bigint         CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN coalesce(list_position({{0}}, {{1}}), 0) END
array_remove(array(T), T) array(T)         list_filter({{0}}, lambda tw_e: tw_e IS DISTINCT FROM {{1}})
arrays_overlap(array(T), array(T)) boolean CASE WHEN list_has_any({{0}}, {{1}}) THEN true WHEN len(list_filter({{0}}, lambda tw_e: tw_e IS NULL)) + len(list_filter({{1}}, lambda tw_e: tw_e IS NULL)) > 0 THEN NULL ELSE list_has_any({{0}}, {{1}}) END
flatten(array(array(T))) array(T)          flatten({{0}})
slice(array(T), bigint, bigint) array(T)   CASE WHEN {{1}} > 0 AND {{2}} >= 0 THEN {{0}}[{{1}}:{{1}} + {{2}} - 1] WHEN {{1}} < 0 AND {{2}} >= 0 THEN {{0}}[len({{0}}) + {{1}} + 1:len({{0}}) + {{1}} + {{2}}] ELSE {{array_zero}} END
map_concat(map(K, V), map(K, V)) map(K, V)  CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN map_concat({{0}}, {{1}}) END
repeat(T, bigint) array(T)                 list_transform(generate_series(1, {{1}}), lambda tw_i: {{0}})
map_keys(map(K, V)) array(K)               map_keys({{0}})
map_values(map(K, V)) array(V)             map_values({{0}})
map() map(unknown, unknown)                MAP {{{{}}}}
map(array(K), array(V)) map(K, V)          map({{0}}, {{1}})
"""
_FAILURES: Final = {
    "array_zero": ("INVALID_FUNCTION_ARGUMENT", "'SQL array indices start at 1'"),
    "no_single": ("INVALID_FUNCTION_ARGUMENT", "'Input string must be a single character string'"),
    "no_ascii": (HOLE, "'levenshtein_distance of texts that are not of ASCII alone'"),
}
_VARIABLES: Final = ("T", "K", "V", "N", "M")
_SAME: Final = {"substring": "substr", "char_length": "length"}


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    takes: tuple[Type, ...]
    gives: Type
    sql: str


def _lines() -> dict[str, list[_Line]]:
    found: dict[str, list[_Line]] = {}
    for each in _LINES.splitlines():
        match = re.fullmatch(
            r"(\w+)\((.*?)\) ((?:timestamp with time zone)|\w+\(\w+, \w+\)|\S+)\s+(\S.*)", each.strip()
        )
        if match is None:
            continue
        name, takes, gives, sql = match.groups()
        takes_types = tuple(_type(part) for part in _split(takes))
        found.setdefault(name, []).append(_Line(name, takes_types, _type(gives), sql))
    return found


def _split(written: str) -> list[str]:
    parts, depth, last = [], 0, 0
    for at, letter in enumerate(written):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(written[last:at])
            last = at + 1
    return [each.strip() for each in [*parts, written[last:]] if each.strip()]


def _type(written: str) -> Type:
    if written in (*_VARIABLES, "unknown"):
        return Type(written)
    if written.startswith(("array(", "map(")):
        name, _, inside = written.partition("(")
        return Type(name, tuple(_type(each) for each in _split(inside[:-1])))
    return TIMESTAMP_TZ if written == TIMESTAMP_TZ.name else types.read(written)


def _bound(takes: Type, given: Type, bindings: dict[str, Type]) -> bool:
    """Whether an argument may stand there; what T stands for is noted."""
    if takes.name in _VARIABLES:
        met = common(bindings.get(takes.name, UNKNOWN), given)
        if met is None or (takes.name == "N" and met.name not in (*NUMERIC, "unknown")):
            return False
        if takes.name == "M" and met.name not in (*MOMENTS, "unknown"):
            return False
        bindings[takes.name] = met
        return True
    if given == UNKNOWN:
        return True
    if takes.of:
        return given.name == takes.name and all(
            _bound(mine, yours, bindings) for mine, yours in zip(takes.of, given.of, strict=True)
        )
    return types.fits(given, takes)


def _filled(kind: Type, bindings: Mapping[str, Type]) -> Type:
    if kind.name in _VARIABLES:
        return bindings.get(kind.name, UNKNOWN)
    return Type(
        kind.name, tuple(_filled(each, bindings) for each in kind.of), kind.names, kind.length, kind.scale
    )


def _exactly(line: _Line, given: Sequence[Type]) -> int:
    """How many arguments need no conversion: the more, the better the line fits."""
    return sum(
        takes.name in (each.bare.name, *_VARIABLES) for takes, each in zip(line.takes, given, strict=True)
    )


# ---- calls -----------------------------------------------------------------------------------------


def call(where: Expressions, name: str, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    """A call of a function that is no aggregate.

    Raises:
        QueryFailed: FUNCTION_NOT_FOUND, where Trino has none of that name, or none that takes these.
        SqlNotSimulated: where Trino has it, and nothing here does.
    """
    name = _SAME.get(name, name)
    special = SPECIAL.get(name)
    if special is not None:
        least, most = COUNTS[name]
        if not least <= len(arguments) <= most:
            raise where.fails("FUNCTION_NOT_FOUND", node, f"Unexpected parameters for function {name}")
        found = special(where, node, arguments)
        if found is not None:
            return found
    given = [where.typed(each) for each in arguments]
    return by_line(where, name, node, given)


def by_line(where: Expressions, name: str, node: exp.Expression, given: Sequence[Typed]) -> Typed:
    """The same by the table, with arguments that are translated."""
    kinds = [each.type for each in given]
    fitting = [each for each in LINES.get(name, ()) if len(each.takes) == len(given)]
    fitting.sort(key=lambda line: -_exactly(line, kinds))
    for line in fitting:
        bindings: dict[str, Type] = {}
        if all(_bound(takes, kind, bindings) for takes, kind in zip(line.takes, kinds, strict=True)):
            return _written(where, line, given, bindings)
    if name not in LINES and name not in SPECIAL:
        if name in NAMES:
            raise SqlNotSimulated(f"the function {name}")
        raise where.fails("FUNCTION_NOT_FOUND", node, f"Function '{name}' not registered")
    if _only_there(name, kinds):
        raise SqlNotSimulated(f"{name} of ({', '.join(each.shown for each in kinds)})")
    expected = ", ".join(f"{name}({', '.join(t.shown for t in line.takes)})" for line in LINES.get(name, ()))
    raise where.unfit(name, node, kinds, f". Expected: {expected}" if expected else "")


_PARTS_OF_INTERVALS: Final = ("year", "month", "day", "hour", "minute", "second", "millisecond")
_OF_BINARY: Final = ("reverse", "lpad", "rpad", "substr")


def _only_there(name: str, given: Sequence[Type]) -> bool:
    """Whether Trino has another form of a function of the table, which takes these."""
    first = given[0].name if given else ""
    return (
        (name == "from_unixtime" and len(given) in (2, 3))
        or (name == "from_utf8" and len(given) == 2)
        or (name == "map_concat" and len(given) > 2 and first == "map")
        or (name in _PARTS_OF_INTERVALS and first in types.INTERVALS)
        or (name in _OF_BINARY and first == "varbinary")
    )


def _written(where: Expressions, line: _Line, given: Sequence[Typed], bindings: Mapping[str, Type]) -> Typed:
    wanted = [_filled(takes, bindings) for takes in line.takes]
    values = [where.coerced(each, kind) for each, kind in zip(given, wanted, strict=True)]
    gives = _filled(line.gives, bindings)
    failures = {name: raised(*error, gives) for name, error in _FAILURES.items() if f"{{{name}}}" in line.sql}
    sql = line.sql.format(*values, **failures)
    if gives in (BIGINT, types.INTEGER):
        sql = f"CAST({sql} AS {gives.duckdb})"
    return Typed(sql, gives)


def _texts(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression], name: str
) -> list[Typed]:
    given = [where.typed(each) for each in arguments]
    for each in given:
        if each.type.bare not in (VARCHAR, UNKNOWN):
            raise where.unfit(name, node, [one.type for one in given])
    return given


def _literal(value: Typed, what: str) -> str:
    if not isinstance(value.value, str):
        raise SqlNotSimulated(f"{what} that is no literal")
    return value.value


# ---- texts ----------------------------------------------------------------------------------------


def _concat(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    if any(each.type.name == "array" for each in given):
        return _concat_arrays(where, node, given)
    if any(each.type.bare not in (VARCHAR, UNKNOWN) for each in given):
        raise where.unfit("concat", node, [each.type for each in given])
    return Typed(
        "("
        + " || ".join(f"CAST({each.sql} AS VARCHAR)" if each.type == UNKNOWN else each.sql for each in given)
        + ")",
        VARCHAR,
    )


def _concat_arrays(where: Expressions, node: exp.Expression, given: Sequence[Typed]) -> Typed:
    inside = UNKNOWN
    for each in given:
        met = common(inside, each.type.of[0] if each.type.name == "array" else each.type)
        if met is None:
            raise where.unfit("concat", node, [one.type for one in given])
        inside = met
    kind = array(inside)
    parts = [
        where.coerced(each, kind) if each.type.name == "array" else f"[{where.coerced(each, inside)}]"
        for each in given
    ]
    nulls = " OR ".join(f"{each} IS NULL" for each in parts)
    joined = functools.reduce(lambda one, other: f"list_concat({one}, {other})", parts)
    return Typed(f"CASE WHEN {nulls} THEN NULL ELSE {joined} END", kind)


def _concat_ws(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    first, second = where.typed(arguments[0]), where.typed(arguments[1])
    if len(arguments) == 2 and second.type.name == "array" and second.type.of[0].bare in (VARCHAR, UNKNOWN):
        texts = f"list_filter({where.coerced(second, array(VARCHAR))}, lambda tw_e: tw_e IS NOT NULL)"
        joined = f"coalesce(array_to_string({texts}, {first.sql}), '')"
        return Typed(
            f"CASE WHEN {first.sql} IS NOT NULL AND {second.sql} IS NOT NULL THEN {joined} END", VARCHAR
        )
    given = _texts(where, node, arguments, "concat_ws")
    return Typed(f"concat_ws({', '.join(each.sql for each in given)})", VARCHAR)


def _split_text(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, delimiter = _texts(where, node, arguments[:2], "split")
    if len(arguments) == 3:
        limit = where.coerced(where.typed(arguments[2]), BIGINT)
        return Typed(f"tw_parts({value.sql}, {delimiter.sql}, {limit})", array(VARCHAR))
    failing = raised(
        "INVALID_FUNCTION_ARGUMENT", "'The delimiter may not be the empty string'", array(VARCHAR)
    )
    good = f"string_split({value.sql}, {delimiter.sql})"
    if delimiter.value:
        return Typed(good, array(VARCHAR))
    return Typed(f"CASE WHEN {delimiter.sql} = '' THEN {failing} ELSE {good} END", array(VARCHAR))


def _split_part(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    if [each.type.bare.name in ("varchar", "unknown", *WHOLE) for each in given] != [True] * 3:
        raise where.unfit("split_part", node, [each.type for each in given])
    value, delimiter, index = (each.sql for each in given)
    failing = raised("INVALID_FUNCTION_ARGUMENT", "'Index must be greater than zero'", VARCHAR)
    parts = f"string_split({value}, {delimiter})"
    return Typed(f"CASE WHEN {index} < 1 THEN {failing} ELSE {parts}[{index}] END", VARCHAR)


_FORMATS: Final = {"d": WHOLE, "f": ("double", "real", "decimal"), "s": ("varchar", "boolean", *WHOLE)}


def _format(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    form = _literal(given[0], "a format")
    pieces = re.split(r"(%[-0,]*\d*(?:\.\d+)?[sdf]|%%)", form)
    if any("%" in each for each in pieces[::2]):
        raise SqlNotSimulated(f"the format {form!r}, beyond %s, %d and %f")
    values = iter(given[1:])
    parts: list[str] = []
    for each in pieces:
        if each.startswith("%") and each != "%%":
            value = next(values, None)
            if value is None:
                raise where.fails("INVALID_FUNCTION_ARGUMENT", node, f"Invalid format string: {form}")
            if value.type.bare.name not in (*_FORMATS[each[-1]], "unknown"):
                raise SqlNotSimulated(f"format() of {value.type.shown} with {each}")
            shown = f"CAST({value.sql} AS VARCHAR)"
            shown = (
                shown if len(each) == len("%s") and each != "%f" else f"tw_formatted({text(each)}, {shown})"
            )
            parts.append(f"coalesce({shown}, 'null')")
        elif each:
            parts.append(text("%" if each == "%%" else each))
    return Typed(f"({' || '.join(parts) or text('')})", VARCHAR)


# ---- regular expressions ----------------------------------------------------------------------------


def _pattern(where: Expressions, value: Typed) -> str:
    if isinstance(value.value, str):
        compiled(value.value)
    return value.sql


def _regexp_like(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = _texts(where, node, arguments, "regexp_like")
    sql = _pattern(where, pattern)
    if isinstance(pattern.value, str) and (fast := compiled(pattern.value).re2) is not None:
        return Typed(f"regexp_matches({value.sql}, {text(fast)})", BOOLEAN)
    return Typed(f"tw_like({value.sql}, {sql})", BOOLEAN)


def _regexp_extract(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = _texts(where, node, arguments[:2], "regexp_extract")
    group = where.typed(arguments[2]).sql if len(arguments) > 2 else "0"
    return Typed(f"tw_extract({value.sql}, {_pattern(where, pattern)}, CAST({group} AS INTEGER))[1]", VARCHAR)


def _regexp_all(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = _texts(where, node, arguments[:2], "regexp_extract_all")
    group = where.typed(arguments[2]).sql if len(arguments) > 2 else "0"
    return Typed(
        f"tw_extract_all({value.sql}, {_pattern(where, pattern)}, CAST({group} AS INTEGER))", array(VARCHAR)
    )


def _regexp_replace(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    if len(arguments) > 2 and isinstance(arguments[2], exp.Lambda):
        raise SqlNotSimulated("regexp_replace with a function")
    given = _texts(where, node, arguments, "regexp_replace")
    by = given[2].sql if len(given) > 2 else "''"
    return Typed(f"tw_replace({given[0].sql}, {_pattern(where, given[1])}, {by})", VARCHAR)


def _regexp_split(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = _texts(where, node, arguments, "regexp_split")
    return Typed(f"tw_split({value.sql}, {_pattern(where, pattern)})", array(VARCHAR))


def _regexp_count(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, pattern = _texts(where, node, arguments, "regexp_count")
    return Typed(f"CAST(tw_count({value.sql}, {_pattern(where, pattern)}) AS BIGINT)", BIGINT)


# ---- JSON -----------------------------------------------------------------------------------------


def _json(where: Expressions, node: exp.Expression, argument: exp.Expression, name: str) -> str:
    value = where.typed(argument)
    if value.type == JSON:
        return value.sql
    if value.type.bare not in (VARCHAR, UNKNOWN):
        raise where.unfit(name, node, [value.type])
    return f"CASE WHEN json_valid({value.sql}) THEN CAST({value.sql} AS JSON) END"


def _path(where: Expressions, node: exp.Expression, argument: exp.Expression) -> str:
    return text(duckdb_path(_literal(where.typed(argument), "a JSON path")))


def _json_scalar(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_extract_scalar"), _path(where, node, arguments[1])
    return Typed(
        f"CASE json_type({value}, {path}) WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL"
        f" WHEN 'DOUBLE' THEN tw_json_number(CAST({value} AS VARCHAR), {path}) ELSE ({value}) ->> {path} END",
        VARCHAR,
    )


def _json_extract(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_extract"), _path(where, node, arguments[1])
    return Typed(f"json_extract({value}, {path})", JSON)


def _json_exists(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_exists"), _path(where, node, arguments[1])
    given = where.typed(arguments[0]).sql
    return Typed(
        f"(CASE WHEN ({given}) IS NOT NULL THEN json_type({value}, {path}) IS NOT NULL END)", BOOLEAN
    )


def _json_size(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, path = _json(where, node, arguments[0], "json_size"), _path(where, node, arguments[1])
    return Typed(
        f"CAST(CASE json_type({value}, {path}) WHEN 'ARRAY' THEN json_array_length({value}, {path})"
        f" WHEN 'OBJECT' THEN len(json_keys({value}, {path})) WHEN NULL THEN NULL ELSE"
        f" CASE WHEN json_type({value}, {path}) IS NOT NULL THEN 0 END END AS BIGINT)",
        BIGINT,
    )


def _json_length(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = _json(where, node, arguments[0], "json_array_length")
    return Typed(
        f"CAST(CASE WHEN json_type({value}) = 'ARRAY' THEN json_array_length({value}) END AS BIGINT)", BIGINT
    )


def _json_parse(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    (value,) = _texts(where, node, arguments, "json_parse")
    words = f"'Cannot convert value to JSON: ''' || {value.sql} || ''''"
    good = f"CAST(tw_canonical({value.sql}) AS JSON)"
    return Typed(
        checked(value.sql, f"json_valid({value.sql})", good, ("INVALID_FUNCTION_ARGUMENT", words), JSON), JSON
    )


def _json_scalar_check(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]
) -> Typed:
    value = _json(where, node, arguments[0], "is_json_scalar")
    return Typed(f"(json_type({value}) NOT IN ('OBJECT', 'ARRAY'))", BOOLEAN)


def _json_contains(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, wanted = _json(where, node, arguments[0], "json_array_contains"), where.typed(arguments[1])
    if wanted.type.bare.name not in ("varchar", "boolean", *WHOLE):
        raise SqlNotSimulated(f"json_array_contains of {wanted.type.shown}")
    return Typed(
        f"CASE WHEN json_type({value}) = 'ARRAY' THEN list_contains(from_json({value}, '[\"JSON\"]'), to_json({wanted.sql})) END",
        BOOLEAN,
    )


# ---- moments --------------------------------------------------------------------------------------


def _now(where: Expressions, _: exp.Expression, __: Sequence[exp.Expression]) -> Typed:
    return Typed(where.now_as(TIMESTAMP_TZ), TIMESTAMP_TZ)


def _iso(kind: Type) -> Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        (value,) = _texts(where, node, arguments, "from_iso8601_timestamp")
        good = f"TRY_CAST(tw_iso({value.sql}) AS {kind.duckdb})"
        holds = f"regexp_full_match({value.sql}, {text(ISO_MOMENT)}) AND {good} IS NOT NULL"
        words = f"'Invalid format: \"' || {value.sql} || '\"'"
        if kind != DATE:
            good = in_utc(value.sql, f"date_trunc('millisecond', {good})", kind)
        return Typed(checked(value.sql, holds, good, ("INVALID_FUNCTION_ARGUMENT", words), kind), kind)

    return how


def _date(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.bare.name not in ("varchar", *MOMENTS, "unknown"):
        raise where.unfit("date", node, [value.type])
    return Typed(cast(value.sql, value.type, DATE), DATE)


def _parsed_by(
    formats: Callable[[str], str], kind: Type, name: str
) -> Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value, form = _texts(where, node, arguments, name)
        written = formats(_literal(form, f"a format of {name}"))
        good = f"CAST(try_strptime({value.sql}, {text(written)}) AS {kind.duckdb})"
        if "%z" in written:
            if not written.endswith("%z"):
                raise SqlNotSimulated(f"an offset in the middle of the format of {name}")
            good = in_utc(value.sql, good, kind)
        words = f"'Invalid format: \"' || {value.sql} || '\"'"
        return Typed(
            checked(value.sql, f"{good} IS NOT NULL", good, ("INVALID_FUNCTION_ARGUMENT", words), kind), kind
        )

    return how


def _formatted_by(
    formats: Callable[[str], str], name: str
) -> Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value, form = (where.typed(each) for each in arguments)
        if value.type.name not in (*MOMENTS, "unknown"):
            raise where.unfit(name, node, [value.type, form.type])
        written = formats(_literal(form, f"a format of {name}"))
        written = written.replace("%z", "+0000")  # every moment here is in UTC
        moment = value.sql if value.type.name in MOMENTS else "CAST(NULL AS TIMESTAMP)"
        return Typed(f"strftime({moment}, {text(written)})", VARCHAR)

    return how


_PARTS: Final = ("millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year")


_OF_DATES: Final = ("day", "week", "month", "quarter", "year")


def _unit(where: Expressions, argument: exp.Expression, kind: Type) -> str:
    """A unit of time that a value of this type has."""
    written = _literal(where.typed(argument), "a unit of time")
    unit = written.lower()
    if unit not in (_OF_DATES if kind == DATE else _PARTS):
        named = "DATE" if kind == DATE else "TIMESTAMP"
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"'{written}' is not a valid {named} field")
    return unit


def _moment(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression], place: int, name: str
) -> Typed:
    """The argument at this place, which must be a date or a timestamp."""
    value = where.typed(arguments[place])
    if value.type.name not in MOMENTS:
        raise where.unfit(name, node, [where.typed(each).type for each in arguments])
    return value


def _date_trunc(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = _moment(where, node, arguments, 1, "date_trunc")
    unit = _unit(where, arguments[0], value.type)
    return Typed(f"CAST(date_trunc('{unit}', {value.sql}) AS {value.type.duckdb})", value.type)


def _date_add(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, number = _moment(where, node, arguments, 2, "date_add"), where.typed(arguments[1])
    unit = _unit(where, arguments[0], value.type)
    if number.type.name not in WHOLE:
        raise where.unfit("date_add", node, [where.typed(each).type for each in arguments])
    each = "INTERVAL 3 MONTH" if unit == "quarter" else f"INTERVAL 1 {unit.upper()}"
    return Typed(f"CAST(({value.sql} + {each} * {number.sql}) AS {value.type.duckdb})", value.type)


def _date_diff(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    one, other = (_moment(where, node, arguments, place, "date_diff") for place in (1, 2))
    kind = common(one.type, other.type)
    if kind is None:
        raise where.unfit("date_diff", node, [where.typed(each).type for each in arguments])
    unit = _unit(where, arguments[0], kind)
    return Typed(f"datesub('{unit}', {where.coerced(one, kind)}, {where.coerced(other, kind)})", BIGINT)


# ---- numbers --------------------------------------------------------------------------------------


def _rounded(name: str) -> Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]:
    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value = where.typed(arguments[0])
        kind = value.type
        if kind.name in WHOLE and len(arguments) == 1:
            return value
        if kind.name in ("double", "real"):
            places = f", CAST({where.typed(arguments[1]).sql} AS INTEGER)" if len(arguments) > 1 else ""
            return Typed(f"{name}({value.sql}{places})", kind)
        if kind.name == "decimal" and name == "round":
            return _round_decimal(where, value, arguments)
        if kind.name == "decimal" and len(arguments) == 1:
            wanted = types.decimal((kind.length or 38) - kind.scale + min(1, kind.scale), 0)
            return Typed(f"CAST({name}({value.sql}) AS {wanted.duckdb})", wanted)
        if kind.name in (*WHOLE, "decimal"):
            raise SqlNotSimulated(f"{name} of {kind.shown} with these arguments")
        raise where.unfit(name, node, [kind])

    return how


def _round_decimal(where: Expressions, value: Typed, arguments: Sequence[exp.Expression]) -> Typed:
    """Trino keeps the digits behind the point of a decimal that is rounded to some of them."""
    digits, scale = value.type.length or 38, value.type.scale
    if len(arguments) == 1:
        wanted = types.decimal(digits - scale + min(1, scale), 0)
        return Typed(f"CAST(round({value.sql}) AS {wanted.duckdb})", wanted)
    places = where.typed(arguments[1]).value
    if not isinstance(places, int) or places < 0:
        raise SqlNotSimulated("round of a decimal to places that are no literal")
    wanted = types.decimal(digits + 1, scale)
    rounded = value.sql if places >= scale else f"round({value.sql}, {places})"
    return Typed(f"CAST({rounded} AS {wanted.duckdb})", wanted)


def _sign(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.name not in (*WHOLE, "double"):
        raise SqlNotSimulated(f"sign of {value.type.shown}")
    return Typed(f"CAST(sign({value.sql}) AS {value.type.duckdb})", value.type)


def _mod(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    return where.calculated("%", where.typed(arguments[0]), where.typed(arguments[1]), node)


def _extreme(name: str) -> Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]:
    """Greatest and least: NULL where one is; DuckDB takes no notice of NULLs."""

    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        values, kind = where.alike(arguments, f"All arguments of {name} must be of the same type")
        nulls = " OR ".join(f"{each} IS NULL" for each in values)
        return Typed(f"CASE WHEN {nulls} THEN NULL ELSE {name}({', '.join(values)}) END", kind)

    return how


# ---- conditions and types ---------------------------------------------------------------------------


def _coalesce(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    values, kind = where.alike(arguments, "All COALESCE operands must be the same type")
    return Typed(f"coalesce({', '.join(values)})", kind)


def _nullif(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    first = where.typed(arguments[0])
    values, _ = where.alike(arguments, "Types are not comparable with NULLIF")
    return Typed(f"CASE WHEN {values[0]} = {values[1]} THEN NULL ELSE {first.sql} END", first.type)


def _try(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    return Typed(f"TRY({value.sql})", value.type)


def _typeof(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    return Typed(text(where.typed(arguments[0]).type.shown), VARCHAR)


def _row(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    packed = ", ".join(f'"f{number}" := {each.sql}' for number, each in enumerate(given))
    return Typed(f"struct_pack({packed})", row(*((None, each.type) for each in given)))


def _contains(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed | None:
    """contains(network, address); of arrays it is a line of the table."""
    given = [where.typed(each) for each in arguments]
    if len(given) == 2 and given[0].type.bare == VARCHAR and given[1].type == IPADDRESS:
        return Typed(f"tw_in_network({given[0].sql}, {given[1].sql})", BOOLEAN)
    return by_line(where, "contains", node, given)


# ---- arrays and maps --------------------------------------------------------------------------------


def _array_of(where: Expressions, node: exp.Expression, argument: exp.Expression, name: str) -> Typed:
    value = where.typed(argument)
    if value.type.name != "array":
        raise where.fails(
            "FUNCTION_NOT_FOUND",
            node,
            f"Unexpected parameters ({value.type.shown}, function) for function {name}",
        )
    return value


def _transform(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = _array_of(where, node, arguments[0], "transform")
    (name,), body = where.lambda_of(arguments[1], value.type.of)
    return Typed(f"list_transform({value.sql}, lambda {name}: {body.sql})", array(body.type))


def _condition(
    where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression], name: str
) -> tuple[Typed, str, str]:
    value = _array_of(where, node, arguments[0], name)
    (argument,), body = where.lambda_of(arguments[1], value.type.of)
    if body.type not in (BOOLEAN, UNKNOWN):
        raise where.fails(
            "TYPE_MISMATCH", node, f"Expected a lambda that gives a boolean for function {name}"
        )
    return value, argument, f"CAST({body.sql} AS BOOLEAN)"


def _filter(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, name, test = _condition(where, node, arguments, "filter")
    return Typed(f"list_filter({value.sql}, lambda {name}: {test})", value.type)


def _matches(which: str) -> Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]:
    """any_match, all_match, none_match: NULL where a NULL leaves it open."""

    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        value, name, test = _condition(where, node, arguments, f"{which}_match")
        deciding = f"(NOT {test})" if which == "all" else test
        some = f"len(list_filter({value.sql}, lambda {name}: {deciding})) > 0"
        unsure = f"len(list_filter({value.sql}, lambda {name}: ({test}) IS NULL)) > 0"
        found, otherwise = ("true", "false") if which == "any" else ("false", "true")
        return Typed(
            f"CASE WHEN {value.sql} IS NULL THEN NULL WHEN {some} THEN {found} WHEN {unsure} THEN NULL ELSE {otherwise} END",
            BOOLEAN,
        )

    return how


def _reduce(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, first = _array_of(where, node, arguments[0], "reduce"), where.typed(arguments[1])
    inside, output = value.type.of[0], arguments[3]
    kind = common(first.type, inside)
    if kind is None or not isinstance(output, exp.Lambda):
        raise SqlNotSimulated("reduce whose state is of another type than the array's values")
    names, body = where.lambda_of(arguments[2], (kind, kind))
    if body.type.bare != kind.bare:
        raise SqlNotSimulated("reduce whose state is of another type than the array's values")
    reduced = f"list_reduce({where.coerced(value, array(kind))}, lambda {names[0]}, {names[1]}: {body.sql}, {where.coerced(first, kind)})"
    return where.bound(output, [Typed(reduced, kind)])


def _array_join(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value, delimiter = _array_of(where, node, arguments[0], "array_join"), where.typed(arguments[1])
    inside = value.type.of[0]
    if inside.bare.name not in ("varchar", "boolean", "unknown", *WHOLE):
        raise SqlNotSimulated(f"array_join of {value.type.shown}")
    texts = f"list_transform({value.sql}, lambda tw_e: CAST(tw_e AS VARCHAR))"
    if len(arguments) > 2:
        missing = where.typed(arguments[2]).sql
        texts = f"list_transform({texts}, lambda tw_e: coalesce(tw_e, {missing}))"
    filtered = f"list_filter({texts}, lambda tw_e: tw_e IS NOT NULL)"
    return Typed(
        f"CASE WHEN {value.sql} IS NOT NULL THEN coalesce(array_to_string({filtered}, {delimiter.sql}), '') END",
        VARCHAR,
    )


def _sets(which: str) -> Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed]:
    """array_union, array_intersect, array_except, without doubles and in the order of the first array."""

    def how(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
        (one, other), kind = where.alike(arguments, f"Unexpected parameters for function array_{which}")
        if kind.name != "array":
            raise where.unfit(f"array_{which}", node, [kind])
        inside = f"len(list_filter({other}, lambda tw_f: tw_f IS NOT DISTINCT FROM tw_e)) > 0"
        tests = {"union": None, "intersect": inside, "except": f"NOT ({inside})"}
        base = (
            f"list_concat({one}, {other})"
            if which == "union"
            else f"list_filter({one}, lambda tw_e: {tests[which]})"
        )
        null = f"CASE WHEN {one} IS NULL OR {other} IS NULL THEN NULL ELSE {base} END"
        return by_line(where, "array_distinct", node, [Typed(null, kind)])

    return how


def _sequence(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [where.typed(each) for each in arguments]
    if any(each.type.name not in WHOLE for each in given):
        raise SqlNotSimulated("sequence of anything but whole numbers")
    kind, (first, last) = array(BIGINT), (f"CAST({each.sql} AS BIGINT)" for each in given[:2])
    if len(given) == 2:
        step = f"CASE WHEN {first} <= {last} THEN 1 ELSE -1 END"
        return Typed(f"CAST(generate_series({first}, {last}, {step}) AS BIGINT[])", kind)
    step = f"CAST({given[2].sql} AS BIGINT)"
    none = raised("INVALID_FUNCTION_ARGUMENT", "'step must not be zero'", kind)
    words = (
        "'sequence stop value should be greater than or equal to start value if step is greater than zero"
        " otherwise stop should be less than or equal to start'"
    )
    away = raised("INVALID_FUNCTION_ARGUMENT", words, kind)
    return Typed(
        f"CASE WHEN {step} = 0 THEN {none} WHEN ({step} > 0 AND {last} < {first})"
        f" OR ({step} < 0 AND {last} > {first}) THEN {away}"
        f" ELSE CAST(generate_series({first}, {last}, {step}) AS BIGINT[]) END",
        kind,
    )


def _map_entries(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.name != "map":
        raise where.unfit("map_entries", node, [value.type])
    kind = array(row((None, value.type.of[0]), (None, value.type.of[1])))
    entry = "struct_pack(f0 := tw_e.key, f1 := tw_e.value)"
    return Typed(f"list_transform(map_entries({value.sql}), lambda tw_e: {entry})", kind)


def _map_filter(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    value = where.typed(arguments[0])
    if value.type.name != "map":
        raise where.unfit("map_filter", node, [value.type])
    entry, (key, kind) = where.fresh("l"), value.type.of
    test = where.bound(arguments[1], [Typed(f"{entry}.key", key), Typed(f"{entry}.value", kind)])
    return Typed(
        f"map_from_entries(list_filter(map_entries({value.sql}), lambda {entry}: {test.sql}))", value.type
    )


def _zip(where: Expressions, node: exp.Expression, arguments: Sequence[exp.Expression]) -> Typed:
    given = [_array_of(where, node, each, "zip") for each in arguments]
    names = ", ".join(f"f{number} := tw_e[{number + 1}]" for number in range(len(given)))
    kind = array(row(*((None, each.type.of[0]) for each in given)))
    zipped = f"list_zip({', '.join(each.sql for each in given)})"
    return Typed(f"list_transform({zipped}, lambda tw_e: struct_pack({names}))", kind)


Special = Callable[[Expressions, exp.Expression, Sequence[exp.Expression]], Typed | None]
LINES: Final = _lines()
SPECIAL: Final[dict[str, Special]] = {
    "concat": _concat,
    "concat_ws": _concat_ws,
    "split": _split_text,
    "split_part": _split_part,
    "format": _format,
    "regexp_like": _regexp_like,
    "regexp_extract": _regexp_extract,
    "regexp_extract_all": _regexp_all,
    "regexp_replace": _regexp_replace,
    "regexp_split": _regexp_split,
    "regexp_count": _regexp_count,
    "json_extract_scalar": _json_scalar,
    "json_value": _json_scalar,
    "json_extract": _json_extract,
    "json_exists": _json_exists,
    "json_size": _json_size,
    "json_array_length": _json_length,
    "json_parse": _json_parse,
    "is_json_scalar": _json_scalar_check,
    "json_array_contains": _json_contains,
    "now": _now,
    "from_iso8601_timestamp": _iso(TIMESTAMP_TZ),
    "from_iso8601_date": _iso(DATE),
    "date": _date,
    "date_parse": _parsed_by(mysql_format, TIMESTAMP, "date_parse"),
    "date_format": _formatted_by(mysql_format, "date_format"),
    "parse_datetime": _parsed_by(java_format, TIMESTAMP_TZ, "parse_datetime"),
    "format_datetime": _formatted_by(java_format, "format_datetime"),
    "date_trunc": _date_trunc,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "round": _rounded("round"),
    "ceil": _rounded("ceil"),
    "ceiling": _rounded("ceil"),
    "floor": _rounded("floor"),
    "truncate": _rounded("trunc"),
    "sign": _sign,
    "mod": _mod,
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "coalesce": _coalesce,
    "nullif": _nullif,
    "try": _try,
    "typeof": _typeof,
    "row": _row,
    "contains": _contains,
    "transform": _transform,
    "filter": _filter,
    "any_match": _matches("any"),
    "all_match": _matches("all"),
    "none_match": _matches("none"),
    "reduce": _reduce,
    "array_join": _array_join,
    "array_union": _sets("union"),
    "array_intersect": _sets("intersect"),
    "array_except": _sets("except"),
    "sequence": _sequence,
    "map_entries": _map_entries,
    "map_filter": _map_filter,
    "zip": _zip,
}
# How many arguments each of them takes.
_COUNTS: Final = """
concat 1 99, concat_ws 2 99, split 2 3, split_part 3 3, format 1 99, regexp_like 2 2, regexp_extract 2 3
regexp_extract_all 2 3, regexp_replace 2 3, regexp_split 2 2, regexp_count 2 2, json_extract_scalar 2 2, json_value 2 2
json_extract 2 2, json_exists 2 2, json_size 2 2, json_array_length 1 1, json_parse 1 1, is_json_scalar 1 1
json_array_contains 2 2, now 0 0, from_iso8601_timestamp 1 1, from_iso8601_date 1 1, date 1 1, date_parse 2 2
date_format 2 2, parse_datetime 2 2, format_datetime 2 2, date_trunc 2 2, date_add 3 3, date_diff 3 3, round 1 2
ceil 1 1, ceiling 1 1, floor 1 1, truncate 1 2, sign 1 1, mod 2 2, greatest 1 99, least 1 99, coalesce 2 99, nullif 2 2
try 1 1, typeof 1 1, row 1 99, contains 2 2, transform 2 2, filter 2 2, any_match 2 2, all_match 2 2, none_match 2 2
reduce 4 4, array_join 2 3, array_union 2 2, array_intersect 2 2, array_except 2 2, sequence 2 3, map_entries 1 1
map_filter 2 2, zip 2 5
"""
COUNTS: Final = {
    name: (int(least), int(most))
    for name, least, most in (each.split() for each in _COUNTS.strip().replace("\n", ", ").split(", "))
}

"""The table of Trino's functions, a line for each form of each.

A line: name, types of the arguments, type of the result, and DuckDB's SQL, in which {0} is the first
argument. T, K and V stand for any type, N for any number, M for a date or a timestamp.

Source: https://trino.io/docs/current/functions/list.html
"""

# ruff: noqa: E501 - a function is a line of the table

import re
from dataclasses import dataclass
from typing import Final

from scenarios.queries.sql import types
from scenarios.queries.sql.casts import HOLE
from scenarios.queries.sql.types import TIMESTAMP_TZ, Type

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
FAILURES: Final = {
    "array_zero": ("INVALID_FUNCTION_ARGUMENT", "'SQL array indices start at 1'"),
    "no_single": ("INVALID_FUNCTION_ARGUMENT", "'Input string must be a single character string'"),
    "no_ascii": (HOLE, "'levenshtein_distance of texts that are not of ASCII alone'"),
}
VARIABLES: Final = ("T", "K", "V", "N", "M")


@dataclass(frozen=True, slots=True)
class Line:
    """A function of the table: its name, its types, and its SQL with {0} for the first argument."""

    name: str
    takes: tuple[Type, ...]
    gives: Type
    sql: str


def _lines() -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for each in _LINES.splitlines():
        match = re.fullmatch(
            r"(\w+)\((.*?)\) ((?:timestamp with time zone)|\w+\(\w+, \w+\)|\S+)\s+(\S.*)", each.strip()
        )
        if match is None:
            continue
        name, takes, gives, sql = match.groups()
        takes_types = tuple(_type(part) for part in _split(takes))
        found.setdefault(name, []).append(Line(name, takes_types, _type(gives), sql))
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
    if written in (*VARIABLES, "unknown"):
        return Type(written)
    if written.startswith(("array(", "map(")):
        name, _, inside = written.partition("(")
        return Type(name, tuple(_type(each) for each in _split(inside[:-1])))
    return TIMESTAMP_TZ if written == TIMESTAMP_TZ.name else types.read(written)


LINES: Final = _lines()

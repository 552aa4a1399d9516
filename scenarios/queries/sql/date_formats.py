"""Formats of dates, MySQL's and Java's, as strftime writes them.

Sources: https://trino.io/docs/current/functions/datetime.html#mysql-date-functions,
https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
"""

import re
from typing import Final

from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated

_MYSQL: Final = {
    "Y": "%Y",
    "y": "%y",
    "m": "%m",
    "c": "%-m",
    "d": "%d",
    "e": "%-d",
    "H": "%H",
    "k": "%-H",
    "h": "%I",
    "I": "%I",
    "l": "%-I",
    "i": "%M",
    "s": "%S",
    "S": "%S",
    "f": "%f",
    "T": "%H:%M:%S",
    "p": "%p",
    "b": "%b",
    "M": "%B",
    "a": "%a",
    "W": "%A",
    "j": "%j",
    "%": "%%",
}
_JAVA: Final = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MM": "%m",
    "M": "%-m",
    "MMM": "%b",
    "MMMM": "%B",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
    "SSS": "%g",
    "a": "%p",
    "EEE": "%a",
    "EEEE": "%A",
    "Z": "%z",
}


def mysql_format(form: str) -> str:
    """A format of date_parse and date_format; raises SqlNotSimulated for a letter that isn't known here."""

    def one(found: re.Match[str]) -> str:
        if found[1] not in _MYSQL:
            raise SqlNotSimulated(f"%{found[1]} in the date format {form!r}")
        return _MYSQL[found[1]]

    return re.sub(r"%(.)", one, form, flags=re.DOTALL)


def java_format(form: str) -> str:
    """A format of parse_datetime and format_datetime."""
    if form.count("'") % 2:
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"Invalid pattern specification: {form}")

    def one(found: re.Match[str]) -> str:
        if found[1] is not None:
            return (found[1] or "'").replace("%", "%%")
        if found[2]:
            if found[0] not in _JAVA:
                raise SqlNotSimulated(f"{found[0]} in the date format {form!r}")
            return _JAVA[found[0]]
        return found[0].replace("%", "%%")

    return re.sub(r"'([^']*)'|([A-Za-z])\2*|.", one, form, flags=re.DOTALL)

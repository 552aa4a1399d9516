r"""A line's time by its timestamp_format, found and read as the agent does.

The format becomes an expression that may match anywhere in the line, and what it matched is then read. `%B`
finds only months of seven letters, `%Z` is read as UTC, and a fraction counts three digits, as in the agent.
A format without a year takes the current one, or the last where that would be more than a month ahead.

Source: https://github.com/aws/amazon-cloudwatch-agent/blob/main/internal/util/timestamp/timestamp.go,
https://github.com/aws/amazon-cloudwatch-agent/blob/main/plugins/inputs/logfile/fileconfig.go
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from scenarios.cloud.agent.expressions import expression

_ONE_OR_TWO, _PADDED = r"\d{1,2}", r"\s{0,1}\d{1,2}"
_FOUND_BY = {
    "%B": r"\w{7}",
    "%b": r"\w{3}",
    "%-m": _PADDED,
    "%m": _PADDED,
    "%A": r"\w{6,9}",
    "%a": r"\w{3}",
    "%-d": _PADDED,
    "%d": _PADDED,
    "%H": r"\d{2}",
    "%-I": _ONE_OR_TWO,
    "%I": r"\d{2}",
    "%-M": _ONE_OR_TWO,
    "%M": r"\d{2}",
    "%-S": _ONE_OR_TWO,
    "%S": r"\d{2}",
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%p": r"\w{2}",
    "%Z": r"\w{3}",
    "%z": r"[+-]\d{4}",
    "%f": r"\d{1,9}",
}
_DIRECTIVE = re.compile("|".join(map(re.escape, sorted(_FOUND_BY, key=len, reverse=True))))
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LEAP_YEAR, _NOON = 2000, 12
_AHEAD = timedelta(days=30)
_CENTURY_TURNS = 69  # Go reads 69 as 1969 and 68 as 2068


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTime:
    """How the time of a line is read. `directives`: of the expression's groups, in order."""

    pattern: re.Pattern[str]
    directives: tuple[str, ...]

    @classmethod
    def of(cls, timestamp_format: str) -> "LineTime":
        """From a timestamp_format; raises InvalidConfiguration where it makes no expression."""
        parts, directives, done = [], [], 0
        for found in _DIRECTIVE.finditer(timestamp_format):
            parts += [_plain(timestamp_format[done : found.start()]), f"({_FOUND_BY[found[0]]})"]
            directives.append(found[0])
            done = found.end()
        whole = "".join((*parts, _plain(timestamp_format[done:])))
        # At the very beginning a padding is no part of the time: `%d %H` finds "3 10" in " 3 10".
        whole = whole.replace(_PADDED, _ONE_OR_TWO, 1) if whole.startswith(f"({_PADDED}") else whole
        return cls(pattern=expression(whole, "timestamp_format"), directives=tuple(directives))

    def read(self, line: str, *, now: datetime, zone: tzinfo) -> datetime | None:
        """When a line says it was written; None where it says nothing that can be read."""
        found = self.pattern.search(line)
        if found is None:
            return None
        values = dict(zip((each.replace("-", "") for each in self.directives), found.groups(), strict=True))
        try:
            return _moment(values, now, zone)
        except (ValueError, IndexError):
            return None

    def without(self, line: str) -> str:
        """A line without its time and the blanks that then stand in front."""
        found = self.pattern.search(line)
        return line if found is None else (line[: found.start()] + line[found.end() :]).lstrip(" \t\n\r")


def _plain(text: str) -> str:
    """What stands between directives; the agent escapes no backslash, so that a class stays a class."""
    return re.sub(r"[\^.*?+|\[\](){}$]", lambda found: "\\" + found[0], text)


def _moment(values: dict[str, str], now: datetime, zone: tzinfo) -> datetime:
    """Raises ValueError for a date or a word that there isn't."""
    _weekday(values)
    year = _year(values)
    moment = datetime(
        _LEAP_YEAR if year is None else year,
        _month(values),
        int(values.get("%d", 1)),
        _hour(values),
        int(values.get("%M", 0)),
        int(values.get("%S", 0)),
        int(f"{values.get('%f', '')}000"[:3]) * 1000,
        tzinfo=_zone(values, zone),
    )
    return moment if year is not None else _this_year(moment, now)


def _this_year(moment: datetime, now: datetime) -> datetime:
    found = _in_year(moment, now.year)
    return _in_year(moment, now.year - 1) if found - now > _AHEAD else found


def _in_year(moment: datetime, year: int) -> datetime:
    """The 29th of February is the 1st of March in years that have none."""
    try:
        return moment.replace(year=year)
    except ValueError:
        return moment.replace(year=year, month=3, day=1)


def _year(values: dict[str, str]) -> int | None:
    if "%Y" in values:
        return int(values["%Y"]) or None
    if "%y" in values:
        year = int(values["%y"])
        return year + (1900 if year >= _CENTURY_TURNS else 2000)
    return None


def _month(values: dict[str, str]) -> int:
    if "%B" in values:
        return 1 + _MONTHS.index(values["%B"].lower())
    if "%b" in values:
        return 1 + [each[:3] for each in _MONTHS].index(values["%b"].lower())
    text = values.get("%m", "1")
    if not text.isdigit():
        raise ValueError(text)  # a padded month is found, but not read
    return int(text)


def _weekday(values: dict[str, str]) -> None:
    """A weekday must be one, whichever it is."""
    if "%A" in values:
        _DAYS.index(values["%A"].lower())
    if "%a" in values:
        [each[:3] for each in _DAYS].index(values["%a"].lower())


def _hour(values: dict[str, str]) -> int:
    hour, half = int(values.get("%H", values.get("%I", 0))), values.get("%p", "")
    if half not in {"", "AM", "PM"} or ("%I" in values and hour > _NOON):
        raise ValueError(half)
    if half == "PM" and hour < _NOON:
        return hour + _NOON
    return 0 if half == "AM" and hour == _NOON else hour


def _zone(values: dict[str, str], zone: tzinfo) -> tzinfo:
    if "%z" in values:
        hours, minutes = int(values["%z"][:3]), int(values["%z"][0] + values["%z"][3:])
        return timezone(timedelta(hours=hours, minutes=minutes))
    return UTC if "%Z" in values else zone

"""An answer as bars of text: over time where a column is a moment, else a bar for each row.

A column of numbers is what is drawn, one block for each; what is left over names the series. Blocks of one
column have one scale. Between the moments of a series those that have no row are shown empty, so that a quiet
hour is seen.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from chalicelib.wording import safe

WIDEST_LABEL = 60
WIDEST_BAR = 60
MOST_FILLED = 500  # lines of a series with the empty ones; a series of more is drawn without these
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?:Z| UTC)?)?")
_EIGHTHS = " ▏▎▍▌▋▊▉"

Row = Sequence[str | None]


class NotAChart(ValueError):
    """The answer can't be drawn; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """One line. `value`: None for a moment without a row."""

    label: str
    value: str | None


def chart(names: Sequence[str], rows: Sequence[Row], width: int) -> list[str]:
    """The lines of a chart that is `width` characters wide at most; none for no rows. Raises NotAChart."""
    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    time = next((at for at, column in enumerate(columns) if _all(_MOMENT, column)), None)
    numbers = [at for at, column in enumerate(columns) if at != time and _all(_NUMBER, column)]
    if not numbers:
        raise NotAChart("a chart needs a column of numbers, such as count(*)")
    others = [at for at in range(len(names)) if at != time and at not in numbers]
    lines: list[str] = []
    for number in numbers:
        most = max(abs(float(value)) for value in columns[number] if value is not None)
        for heading, bars in _series(names, rows, time, number, others):
            lines += [*([""] if lines else []), heading, *_drawn(bars, most, width)]
    return lines


def _all(pattern: re.Pattern[str], column: Sequence[str | None]) -> bool:
    found = [value for value in column if value is not None]
    return bool(found) and all(pattern.fullmatch(value) for value in found)


def _series(
    names: Sequence[str], rows: Sequence[Row], time: int | None, number: int, others: Sequence[int]
) -> Iterator[tuple[str, list[_Bar]]]:
    """Each block's heading and bars."""
    heading = safe(names[number], WIDEST_LABEL)
    if time is None:
        yield heading, [_Bar(_named(row, others), row[number]) for row in rows]
        return
    found: dict[str, list[tuple[str, str | None]]] = {}
    for row in rows:
        moment = row[time]
        if moment is not None:
            found.setdefault(_named(row, others), []).append((moment, row[number]))
    for name, points in found.items():
        yield f"{heading}: {name}" if others else heading, _over_time(points)


def _named(row: Row, others: Sequence[int]) -> str:
    shown = " ".join("-" if row[at] is None else str(row[at]) for at in others)
    return safe(shown, WIDEST_LABEL) or "-"


def _over_time(points: Sequence[tuple[str, str | None]]) -> list[_Bar]:
    ordered = sorted(((_read(moment), value) for moment, value in points), key=lambda point: point[0])
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(ordered) if later > earlier]
    filled = list(_filled(ordered, min(steps))) if steps else ordered
    return [_Bar(label, value) for label, (_, value) in zip(_labels(filled), filled, strict=True)]


def _filled(
    ordered: Sequence[tuple[datetime, str | None]], step: timedelta
) -> Iterator[tuple[datetime, str | None]]:
    """The points, and between them, step by step, the moments without one."""
    fills = (ordered[-1][0] - ordered[0][0]) // step <= MOST_FILLED
    before = ordered[0][0]
    for moment, value in ordered:
        while fills and before + step < moment:
            before += step
            yield before, None
        yield moment, value
        before = moment


def _labels(points: Sequence[tuple[datetime, str | None]]) -> list[str]:
    """Moments, as exactly as they differ."""
    moments = [moment for moment, _ in points]
    if any(each.microsecond for each in moments):
        return [f"{each:%Y-%m-%d %H:%M:%S}.{each.microsecond // 1000:03}" for each in moments]
    if any(each.second for each in moments):
        return [f"{each:%Y-%m-%d %H:%M:%S}" for each in moments]
    if any((each.hour, each.minute) != (0, 0) for each in moments):
        return [f"{each:%Y-%m-%d %H:%M}" for each in moments]
    return [f"{each:%Y-%m-%d}" for each in moments]


def _read(text: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    assert found is not None
    return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}").replace(tzinfo=UTC)


def _drawn(bars: Sequence[_Bar], most: float, width: int) -> Iterator[str]:
    labels = max(len(each.label) for each in bars)
    values = max(len(each.value or "-") for each in bars)
    room = max(1, min(WIDEST_BAR, width - labels - values - 4))
    for each in bars:
        drawn = "" if each.value is None else _bar(float(each.value), most, room)
        yield f"{each.label:<{labels}}  {each.value or '-':>{values}}  {drawn}".rstrip()


def _bar(value: float, most: float, room: int) -> str:
    """As long as the value is large; one below zero is drawn of dashes."""
    eighths = round(abs(value) / most * room * 8) if most else 0
    if value < 0:
        return "-" * max(1, eighths // 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")

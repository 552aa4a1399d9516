"""Spans of time as people write them: `90s`, `5m`, `1h30m`, `2d`."""

import re
from datetime import timedelta

_ALL = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhd])+")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST = timedelta(days=366)


def duration(text: str) -> timedelta:
    """The span of a text. Raises ValueError with what is wrong, for anything else."""
    if not isinstance(text, str) or not _ALL.fullmatch(text):
        raise ValueError(f"{str(text)[:20]!r} is no span of time like 90s, 5m, 1h30m or 2d")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text[:20]} is more than a year")
    return timedelta(seconds=seconds)

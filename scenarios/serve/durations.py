"""Spans of time as people write them: `90s`, `5m`, `1h30m`, `2d`."""

import re
from datetime import timedelta

_ALL = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST = timedelta(days=366)


def duration(text: str) -> timedelta:
    """The span of a text. Raises ValueError with what is wrong, for anything else."""
    if not isinstance(text, str) or not _ALL.fullmatch(text):
        raise ValueError(f"{text!r} is no span of time like 90s, 5m, 1h30m or 2d")
    span = timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))
    if span > LONGEST:
        raise ValueError(f"{text} is more than a year")
    return span

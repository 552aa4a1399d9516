"""The time that a dashboard or a widget shows: absolute, or so long until now.

Months have 30 days here, years 365: how CloudWatch counts them is unconfirmed.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
(start, end)
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from scenarios.dashboards.series import Span, moment

DEFAULT_START: Final = "-PT3H"
_AGO = re.compile(r"-P(?P<days>[^T]*)(?:T(?P<time>.*))?")
_PART = re.compile(r"(\d+)([YMWDHS])")
_DAYS: Final = {"Y": 365, "M": 30, "W": 7, "D": 1}
_SECONDS: Final = {"H": 3600, "M": 60, "S": 1}


def span_of(given: Mapping[str, Any], now: datetime, default: str = DEFAULT_START) -> Span:
    """From when to when; `given` is a dashboard or the properties of a widget. Raises ValueError."""
    end = _at(str(given["end"]), now) if "end" in given else now
    start = _at(str(given.get("start", default)), now)
    if start >= end:
        raise ValueError("the time that is shown ends before it begins")
    return Span(start=start, end=end)


def _at(text: str, now: datetime) -> datetime:
    found = _AGO.fullmatch(text)
    if found is None:
        return moment(text)
    days = sum(int(many) * _DAYS[unit] for many, unit in _PART.findall(found["days"] or ""))
    seconds = sum(int(many) * _SECONDS[unit] for many, unit in _PART.findall(found["time"] or ""))
    try:
        return now - timedelta(days=days, seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{text} is too long ago") from error

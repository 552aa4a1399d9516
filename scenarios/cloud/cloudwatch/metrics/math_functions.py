"""What each operator and function of metric math makes of numbers and of sparse time series.

`math.nan` stands for a missing value: every result that is computed from it is left out.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import Final

Series = Mapping[int, float]
Value = float | Series | list[Series]

ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
}
COMPARED: Final[Mapping[str, Callable[[float, float], float]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "AND": lambda left, right: bool(left) and bool(right),
    "OR": lambda left, right: bool(left) or bool(right),
}
EACH: Final[Mapping[str, Callable[[float], float]]] = {
    "neg": operator.neg,
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}


def _none_of_none(measure: Callable[[Sequence[float]], float]) -> Callable[[Sequence[float]], float]:
    # What these give for a series without datapoints is unconfirmed: the page does not say.
    return lambda values: measure(values) if values else math.nan


TOGETHER: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "AVG": _none_of_none(lambda values: sum(values) / len(values)),
    "DATAPOINT_COUNT": len,
    "MAX": _none_of_none(max),
    "MIN": _none_of_none(min),
    "SUM": sum,
}
CALENDAR: Final[Mapping[str, Callable[[datetime], float]]] = {
    "MINUTE": lambda moment: moment.minute,
    "HOUR": lambda moment: moment.hour,
    "DAY": lambda moment: moment.isoweekday(),  # 1 is Monday: the page takes DAY(m1)<6 for a weekday
    "DATE": lambda moment: moment.day,
    "MONTH": lambda moment: moment.month,
    "YEAR": lambda moment: moment.year,
    "EPOCH": lambda moment: moment.timestamp(),
}


def at_each(tells: Callable[[datetime], float], times: Sequence[int]) -> Series:
    """What a calendar function tells of each time."""
    return {at: float(tells(datetime.fromtimestamp(at, UTC))) for at in times}


def _steps(step: Callable[[Series, int, int], float]) -> Callable[[Series], Series]:
    """From each datapoint to the next one, also across empty periods; the first has none before it."""
    return lambda series: {at: step(series, before, at) for before, at in pairwise(sorted(series))}


ALONG: Final[Mapping[str, Callable[[Series], Series]]] = {
    "DIFF": _steps(lambda series, before, at: series[at] - series[before]),
    "DIFF_TIME": _steps(lambda _, before, at: float(at - before)),
    "RATE": _steps(lambda series, before, at: (series[at] - series[before]) / (at - before)),
    "RUNNING_SUM": lambda series: dict(
        zip(sorted(series), accumulate(series[at] for at in sorted(series)), strict=True)
    ),
}
OF_ARRAYS: Final[Mapping[str, Callable[[list[Series]], Value]]] = {
    "FIRST": lambda many: many[0] if many else {},
    "LAST": lambda many: many[-1] if many else {},
    "METRIC_COUNT": lambda many: float(len(many)),
    "REMOVE_EMPTY": lambda many: [series for series in many if series],
}


def across(name: str, many: list[Series]) -> Series:
    """One series of all: what there is at each time, taken together; AVG takes 0 for what there isn't.

    That MIN, MAX and DATAPOINT_COUNT pass over it is unconfirmed; to SUM it is the same.
    """
    times = sorted({at for series in many for at in series})
    if name == "AVG":
        return {at: sum(each.get(at, 0.0) for each in many) / len(many) for at in times}
    return {at: float(TOGETHER[name]([each[at] for each in many if at in each])) for at in times}


def in_order_of(name: str, many: list[Series], *, descending: bool) -> list[Series]:
    """Sorted by a number made of each; the empty last, and equals as they came (both unconfirmed)."""

    def key(series: Series) -> tuple[bool, float]:
        value = float(TOGETHER[name](list(series.values())))
        return (not series, -value if descending else value)

    return sorted(many, key=key)

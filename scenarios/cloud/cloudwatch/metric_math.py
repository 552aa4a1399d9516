"""Metric math: new series made of others.

    >>> window = Window(start=0, end=180, period=60)
    >>> compute("100 * errors / calls", {"errors": {0: 1.0}, "calls": {0: 4.0, 60: 5.0}}, window)
    {0: 25.0, 60: 0.0}

A series is sparse: its datapoints by the period's start in seconds since 1970. Arithmetic on two series gives
a datapoint where either has one, and takes 0 for what is missing; so does AVG of an array. A division by zero
gives no datapoint. A comparison gives one only where both series have one, the other functions over an array
take what there is at each time: what these do about missing values, AWS's page does not say.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import accumulate, pairwise
from typing import Final

from scenarios.cloud.cloudwatch.math_syntax import (
    Call,
    InvalidExpression,
    Node,
    Number,
    Reference,
    Text,
    parse,
)

__all__ = ["InvalidExpression", "Series", "Window", "compute"]

Series = Mapping[int, float]
Value = float | Series | list[Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The periods asked for: from `start` up to, not including, `end`; all in seconds."""

    start: int
    end: int
    period: int

    @property
    def times(self) -> range:
        """The start of each period."""
        return range(self.start, self.end, self.period)


_ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
}
_OPERATORS: Final[Mapping[str, Callable[[float, float], float]]] = {
    **_ARITHMETIC,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "AND": lambda left, right: bool(left) and bool(right),
    "OR": lambda left, right: bool(left) or bool(right),
}
_EACH: Final[Mapping[str, Callable[[float], float]]] = {
    "neg": operator.neg,
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}
_TOGETHER: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "AVG": lambda values: sum(values) / len(values),
    "DATAPOINT_COUNT": len,
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}
_CALENDAR: Final[Mapping[str, Callable[[datetime], float]]] = {
    "MINUTE": lambda moment: moment.minute,
    "HOUR": lambda moment: moment.hour,
    "DAY": lambda moment: moment.isoweekday(),  # 1 is Monday
    "DATE": lambda moment: moment.day,
    "MONTH": lambda moment: moment.month,
    "YEAR": lambda moment: moment.year,
    "EPOCH": lambda moment: moment.timestamp(),
}


def _of_its_times(tells: Callable[[datetime], float], series: Series) -> Series:
    return {at: float(tells(datetime.fromtimestamp(at, UTC))) for at in series}


_ALONG: Final[Mapping[str, Callable[[Series], Series]]] = {
    "DIFF": lambda series: {at: series[at] - series[before] for before, at in pairwise(sorted(series))},
    "RATE": lambda series: {
        at: (series[at] - series[before]) / (at - before) for before, at in pairwise(sorted(series))
    },
    "RUNNING_SUM": lambda series: dict(
        zip(sorted(series), accumulate(series[at] for at in sorted(series)), strict=True)
    ),
    **{name: partial(_of_its_times, tells) for name, tells in _CALENDAR.items()},
}

_OF_ARRAYS: Final[Mapping[str, Callable[[list[Series]], Value]]] = {
    "FIRST": lambda many: many[0] if many else {},
    "LAST": lambda many: many[-1] if many else {},
    "METRIC_COUNT": lambda many: float(len(many)),
    "REMOVE_EMPTY": lambda many: [series for series in many if series],
}

_parsed = lru_cache(maxsize=512)(parse)


def compute(expression: str, metrics: Mapping[str, Series], window: Window) -> Series | list[Series]:
    """The series an expression gives, or the several.

    Args:
        expression: such as `IF(errors > 5, 1, 0)`.
        metrics: the series by their ids, in the order of the request.
        window: the periods asked for.

    Raises:
        InvalidExpression: CloudWatch would refuse it; one that gives but a number is refused, too.
        NotSimulated: it uses a function that is not simulated.
    """
    found = _Evaluation(metrics, window).value(_parsed(expression))
    if isinstance(found, (int, float)):
        raise InvalidExpression("the expression gives a number, not a time series: wrap it in TIME_SERIES()")
    return found


class _Evaluation:
    """One computation over the series of one request."""

    def __init__(self, metrics: Mapping[str, Series], window: Window) -> None:
        self._metrics = metrics
        self._window = window

    def value(self, node: Node) -> Value:
        match node:
            case Number(value):
                return value
            case Reference(name) if name in self._metrics:
                return self._metrics[name]
            case Reference(name):
                raise InvalidExpression(f"there is no {name}")
            case Text():
                raise InvalidExpression("a text is only good for METRICS")
            case Call(name, arguments):
                return self._call(name, arguments)

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        if name == "METRICS":
            return self._all(arguments)
        if name == "FILL":
            return self._fill(self.value(arguments[0]), arguments[1])
        values = [self.value(argument) for argument in arguments]
        if name in _OPERATORS:
            left, right = values
            return _combined(_OPERATORS[name], left, right, 0.0 if name in _ARITHMETIC else None)
        if name in _EACH:
            return _combined(lambda value, _: _EACH[name](value), values[0], 0.0)
        if name == "[]":
            return [each for value in values for each in _several(value)]
        return self._choice(*values) if name == "IF" else self._of_one(name, values[0])

    def _of_one(self, name: str, value: Value) -> Value:
        if name == "PERIOD":
            return float(self._window.period)
        if name == "TIME_SERIES" and isinstance(value, float):
            return dict.fromkeys(self._window.times, value)
        if isinstance(value, list):
            return self._of_array(name, value)
        if isinstance(value, Mapping) and name in _ALONG:
            return _ALONG[name](value)
        if isinstance(value, Mapping) and name in _TOGETHER:
            return float(_TOGETHER[name](list(value.values()))) if value else 0.0
        raise InvalidExpression(f"{name} does not take that")

    @staticmethod
    def _of_array(name: str, many: list[Series]) -> Value:
        if name in _OF_ARRAYS:
            return _OF_ARRAYS[name](many)
        if name in _ALONG:
            return [_ALONG[name](each) for each in many]
        return _across(name, many)

    def _all(self, arguments: tuple[Node, ...]) -> list[Series]:
        match arguments:
            case ():
                return list(self._metrics.values())
            case (Text(part),):
                return [series for name, series in self._metrics.items() if part in name]
        raise InvalidExpression("METRICS takes a text, or nothing")

    def _fill(self, value: Value, filler: Node) -> Value:
        if isinstance(value, list):
            return [self._filled(each, filler) for each in value]
        if isinstance(value, Mapping):
            return self._filled(value, filler)
        raise InvalidExpression("FILL fills a time series, not a number")

    def _filled(self, series: Series, filler: Node) -> Series:
        if filler == Reference("REPEAT"):
            return self._repeated(series)
        if filler == Reference("LINEAR"):
            return self._linear(series)
        given = self.value(filler)
        if isinstance(given, list):
            raise InvalidExpression("FILL fills with a number or one time series")
        other = given if isinstance(given, Mapping) else dict.fromkeys(self._window.times, given)
        times = (at for at in self._window.times if at in series or at in other)
        return {at: series[at] if at in series else other[at] for at in times}

    def _repeated(self, series: Series) -> Series:
        """Nothing comes before the first datapoint."""
        filled: dict[int, float] = {}
        for at in self._window.times:
            if at in series:
                filled[at] = series[at]
            elif filled:
                filled[at] = filled[next(reversed(filled))]
        return filled

    def _linear(self, series: Series) -> Series:
        """Only between two datapoints is there a line."""
        filled = dict(series)
        for before, after in pairwise(sorted(series)):
            slope = (series[after] - series[before]) / (after - before)
            for at in range(before + self._window.period, after, self._window.period):
                filled[at] = series[before] + slope * (at - before)
        return dict(sorted(filled.items()))

    def _choice(self, condition: Value, chosen: Value, other: Value | None = None) -> Value:
        """Where the condition has no datapoint, or the branch taken has none, there is none."""
        if isinstance(condition, (int, float)):
            taken = chosen if condition else other
            return {} if taken is None else taken
        if isinstance(condition, list) or isinstance(chosen, list) or isinstance(other, list):
            raise InvalidExpression("IF does not take arrays")
        found: dict[int, float] = {}
        for at, holds in condition.items():
            value = _at(chosen if holds else other, at)
            if value is not None:
                found[at] = value
        return found


def _combined(
    deed: Callable[[float, float], float], left: Value, right: Value, missing: float | None = None
) -> Value:
    if isinstance(left, list) and isinstance(right, list):
        raise InvalidExpression("an operator does not take two arrays")
    if isinstance(left, list):
        return [_series(deed, each, right, missing) for each in left]
    if isinstance(right, list):
        return [_series(deed, left, each, missing) for each in right]
    if isinstance(left, Mapping) or isinstance(right, Mapping):
        return _series(deed, left, right, missing)
    value = _applied(deed, left, right)
    if value is None:
        raise InvalidExpression("the expression divides a number by zero")
    return value


def _series(
    deed: Callable[[float, float], float], left: Value, right: Value, missing: float | None
) -> Series:
    """Where either has a datapoint; `missing` is taken for the other's, None leaves such times out."""
    both = [each for each in (left, right) if isinstance(each, Mapping)]
    if not both:
        raise InvalidExpression("an array has time series in it, not numbers")
    found: dict[int, float] = {}
    for at in sorted({at for series in both for at in series}):
        one, two = _at(left, at, missing), _at(right, at, missing)
        if one is not None and two is not None and (value := _applied(deed, one, two)) is not None:
            found[at] = value
    return found


def _applied(deed: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        return float(deed(left, right))
    except (ArithmeticError, ValueError):
        return None


def _at(value: Value | None, at: int, missing: float | None = None) -> float | None:
    if isinstance(value, Mapping):
        return value.get(at, missing)
    return value if isinstance(value, (int, float)) else None


def _across(name: str, many: list[Series]) -> Series:
    """One series of all: what there is at each time, taken together."""
    if name not in _TOGETHER:
        raise InvalidExpression(f"{name} does not take an array")
    times = sorted({at for series in many for at in series})
    if name == "AVG":
        return {at: sum(each.get(at, 0.0) for each in many) / len(many) for at in times}
    return {at: float(_TOGETHER[name]([each[at] for each in many if at in each])) for at in times}


def _several(value: Value) -> list[Series]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        return [value]
    raise InvalidExpression("an array has time series in it, not numbers")

"""Metric math: new series made of others.

    >>> window = Window(start=0, end=180, period=60)
    >>> compute("100 * errors / calls", {"errors": {0: 1.0}, "calls": {0: 4.0, 60: 5.0}}, window)
    {0: 25.0, 60: 0.0}

A series is sparse: its datapoints by the period's start in seconds since 1970. An operator on two series
gives a datapoint where either has one, and takes 0 for what is missing. A division by zero gives no
datapoint; that this holds for numbers too, and for a logarithm there is none of, is unconfirmed.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from scenarios.cloud.cloudwatch.metrics.math_functions import (
    ALONG,
    ARITHMETIC,
    CALENDAR,
    COMPARED,
    EACH,
    OF_ARRAYS,
    TOGETHER,
    Series,
    Value,
    across,
    at_each,
    in_order_of,
)
from scenarios.cloud.cloudwatch.metrics.math_syntax import (
    Call,
    InvalidExpression,
    Keyword,
    Node,
    Number,
    Reference,
    Text,
    parse,
)
from scenarios.cloud.kernel.errors import NotSimulated

__all__ = ["InvalidExpression", "Result", "Series", "Window", "compute"]

Result = Series | list[Series]
_NONE: Final[Mapping[str, Result]] = MappingProxyType({})
_SORTED_BY: Final = frozenset(("AVG", "MAX", "MIN", "SUM"))

_parsed = lru_cache(maxsize=512)(parse)


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


def compute(
    expression: str,
    metrics: Mapping[str, Series],
    window: Window,
    expressions: Mapping[str, Result] = _NONE,
) -> Result:
    """The series an expression gives, or the several.

    Args:
        expression: such as `IF(errors > 5, 1, 0)`.
        metrics: the series by their ids, in the order of the request. METRICS() is these.
        window: the periods asked for; its period is the metrics'.
        expressions: what the other expressions gave, by their ids.

    Raises:
        InvalidExpression: CloudWatch would refuse it; one that gives but a number is refused, too.
        NotSimulated: it uses what is not simulated.
    """
    found = _Evaluation(metrics, expressions, window).value(_parsed(expression))
    if isinstance(found, (int, float)):
        raise InvalidExpression("the expression gives a number, not a time series: wrap it in TIME_SERIES()")
    return found


class _Evaluation:
    """One computation over the series of one request."""

    def __init__(
        self, metrics: Mapping[str, Series], expressions: Mapping[str, Result], window: Window
    ) -> None:
        self._metrics = metrics
        self._expressions = expressions
        self._window = window

    def value(self, node: Node) -> Value:
        match node:
            case Number(value):
                return value
            case Reference(name) if name in self._metrics:
                return self._metrics[name]
            case Reference(name) if name in self._expressions:
                return self._expressions[name]
            case Reference(name):
                raise InvalidExpression(f"there is no {name}")
            case Keyword(name):
                raise InvalidExpression(f"{name} has no meaning here")
            case Text():
                raise InvalidExpression("a text is only good for METRICS")
            case Call(name, arguments):
                return self._call(name, arguments)

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        special: dict[str, Callable[..., Value]] = {
            "METRICS": self._all,
            "FILL": self._fill,
            "PERIOD": self._period,
            "SORT": self._sorted,
        }
        if name in special:
            return special[name](*arguments)
        values = [self.value(argument) for argument in arguments]
        if name == "[]":
            return [each for value in values for each in _several(value)]
        if name in _CHOOSING:
            return _CHOOSING[name](*values)
        return self._applied(name, values)

    def _applied(self, name: str, values: list[Value]) -> Value:
        if name in ARITHMETIC:
            return _combined(ARITHMETIC[name], *values)
        if name in COMPARED:
            if any(isinstance(value, list) for value in values):
                raise NotSimulated("cloudwatch", f"{name} of an array: AWS's page names series and numbers")
            return _combined(COMPARED[name], *values)
        (value,) = values
        if name in EACH:
            return _combined(lambda given, _: EACH[name](given), value, 0.0)
        return self._of_one(name, value)

    def _of_one(self, name: str, value: Value) -> Value:
        if name == "TIME_SERIES" and isinstance(value, float):
            return {} if math.isnan(value) else dict.fromkeys(self._window.times, value)
        if isinstance(value, list):
            return _of_array(name, value)
        if isinstance(value, Mapping):
            if name in ALONG:
                return ALONG[name](value)
            if name in TOGETHER:
                return float(TOGETHER[name](list(value.values())))
            if name in CALENDAR:
                return at_each(CALENDAR[name], self._window.times)
        raise InvalidExpression(f"{name} does not take that")

    def _all(self, *arguments: Node) -> list[Series]:
        match arguments:
            case ():
                return list(self._metrics.values())
            case (Text(part),):
                return [series for name, series in self._metrics.items() if part in name]
        raise InvalidExpression("METRICS takes a text, or nothing")

    def _period(self, of: Node) -> float:
        if isinstance(of, Reference) and of.name in self._metrics:
            return float(self._window.period)
        raise InvalidExpression("PERIOD takes a metric, not the result of an expression")

    def _sorted(self, what: Node, by: Node, order: Node, limit: Node | None = None) -> list[Series]:
        many = self.value(what)
        if not (
            isinstance(many, list)
            and isinstance(by, Keyword)
            and by.name in _SORTED_BY
            and order in (Keyword("ASC"), Keyword("DESC"))
        ):
            raise InvalidExpression("SORT takes an array, then AVG, MIN, MAX or SUM, then ASC or DESC")
        found = in_order_of(by.name, many, descending=order == Keyword("DESC"))
        return found if limit is None else found[: _whole(self.value(limit))]

    def _fill(self, what: Node, filler: Node) -> Value:
        value = self.value(what)
        if isinstance(value, list):
            return [self._filled(each, filler) for each in value]
        if isinstance(value, Mapping):
            return self._filled(value, filler)
        raise InvalidExpression("FILL fills a time series, not a number")

    def _filled(self, series: Series, filler: Node) -> Series:
        if filler == Keyword("REPEAT"):
            return self._repeated(series)
        if filler == Keyword("LINEAR"):
            return self._linear(series)
        given = self.value(filler)
        if isinstance(given, list):
            raise InvalidExpression("FILL fills with a number or one time series")
        known = {at: _at(given, at, math.nan) for at in self._window.times} | dict(series)
        return {at: known[at] for at in self._window.times if not math.isnan(known[at])}

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


def _choice(condition: Value, chosen: Value, other: Value | None = None) -> Value:
    """At each time of the condition, what it chooses.

    What is chosen and missing is 0 where the condition holds, and left out where it doesn't.
    """
    if isinstance(condition, list) or isinstance(chosen, list) or isinstance(other, list):
        raise InvalidExpression("IF does not take arrays")
    if not isinstance(condition, Mapping):
        return _chosen_by_number(condition, chosen, other)
    found = {
        at: _at(chosen, at, 0.0) if holds else _at({} if other is None else other, at, math.nan)
        for at, holds in condition.items()
    }
    return {at: value for at, value in found.items() if not math.isnan(value)}


def _chosen_by_number(condition: float, chosen: float | Series, other: float | Series | None) -> Series:
    if not isinstance(chosen, Mapping) or isinstance(other, (int, float)):
        raise InvalidExpression("IF on a number chooses between time series")
    if math.isnan(condition):
        return {}
    return chosen if condition else other or {}


def _slice(many: Value, start: Value, end: Value | None = None) -> list[Series]:
    if not isinstance(many, list):
        raise InvalidExpression("SLICE takes an array")
    return many[_whole(start) : None if end is None else _whole(end)]


_CHOOSING: Final[Mapping[str, Callable[..., Value]]] = {"IF": _choice, "SLICE": _slice}


def _whole(value: Value) -> int:
    if not isinstance(value, (int, float)) or value != int(value) or value < 0:
        raise InvalidExpression("an array's series are counted in whole numbers from 0")
    return int(value)


def _of_array(name: str, many: list[Series]) -> Value:
    if name in OF_ARRAYS:
        return OF_ARRAYS[name](many)
    if name in ALONG:
        return [ALONG[name](each) for each in many]
    if name in TOGETHER:
        return across(name, many)
    raise InvalidExpression(f"{name} does not take an array")


def _combined(operator: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, list) and isinstance(right, list):
        raise InvalidExpression("an operator does not take two arrays")
    if isinstance(left, list):
        return [_series(operator, each, right) for each in left]
    if isinstance(right, list):
        return [_series(operator, left, each) for each in right]
    if isinstance(left, Mapping) or isinstance(right, Mapping):
        return _series(operator, left, right)
    return _done(operator, left, right)


def _series(operator: Callable[[float, float], float], left: Value, right: Value) -> Series:
    """Where either has a datapoint; 0 is taken for the other's where that has none."""
    times = sorted({at for each in (left, right) if isinstance(each, Mapping) for at in each})
    found = {at: _done(operator, _at(left, at, 0.0), _at(right, at, 0.0)) for at in times}
    return {at: value for at, value in found.items() if not math.isnan(value)}


def _done(operator: Callable[[float, float], float], left: float, right: float) -> float:
    """Not a number where there is no result, or nothing to make it of."""
    if math.isnan(left) or math.isnan(right):
        return math.nan
    try:
        return float(operator(left, right))
    except (ArithmeticError, ValueError):
        return math.nan


def _at(value: Value, at: int, missing: float) -> float:
    if isinstance(value, Mapping):
        return value.get(at, missing)
    return float(value) if isinstance(value, (int, float)) else missing


def _several(value: Value) -> list[Series]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        return [value]
    raise InvalidExpression("an array has time series in it, not numbers")

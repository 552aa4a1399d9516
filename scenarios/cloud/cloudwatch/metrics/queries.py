"""The queries of GetMetricData and of alarms over metric math: what they may be, in which order they go.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html. AWS's own words are
known for ids, "should not be set", "Exactly one", SEARCH and a missing period; the others are unconfirmed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from scenarios.cloud.cloudwatch.metrics.math_syntax import (
    Call,
    InvalidExpression,
    Node,
    calls,
    parse,
    references,
)
from scenarios.cloud.cloudwatch.metrics.metric_math import Result, Window, compute
from scenarios.cloud.kernel.errors import NotSimulated, Refused

Queries = Sequence[Mapping[str, Any]]

MOST_METRICS, MOST_EXPRESSIONS = 10, 10
_ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")
_NOT_WITH_METRICS: Final = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)


def check(queries: Queries, parameter: str) -> None:
    """What holds wherever there are queries; `parameter` is what the request calls them.

    Raises:
        Refused: CloudWatch would refuse them.
        NotSimulated: they ask for another account's metrics, or what math_syntax doesn't do.
    """
    for number, query in enumerate(queries, 1):
        at = f"{parameter}.member.{number}"
        if not _ID.fullmatch(query["Id"]):
            raise _invalid(
                f"The value for parameter {at}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
            )
        if ("Expression" in query) == ("MetricStat" in query):
            raise _invalid(f"Either {at}.Expression or {at}.MetricStat is given")
        if "AccountId" in query:
            raise NotSimulated("cloudwatch", "metrics of another account (AccountId)")
    if len({query["Id"] for query in queries}) < len(queries):
        raise _invalid(f"The values for parameter id in {parameter} are not unique.")
    expressions, ids = expressions_of(queries), {query["Id"] for query in queries}
    for name in expressions:
        _check_expression(name, expressions, ids, ())


def check_alarm(parameters: Mapping[str, Any]) -> None:
    """What PutMetricAlarm takes as `Metrics`: one period, one time series to watch.

    Raises:
        Refused: CloudWatch would refuse them.
        NotSimulated: as `check`.
    """
    queries: Queries = parameters["Metrics"]
    for name in _NOT_WITH_METRICS:
        if name in parameters:
            raise _invalid(f"{name} should not be set if list of Metrics is set")
    returning = [query for query in queries if query.get("ReturnData", True)]
    if len(returning) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")
    for what, most in (("MetricStat", MOST_METRICS), ("Expression", MOST_EXPRESSIONS)):
        if sum(what in query for query in queries) > most:
            raise _invalid(f"The metrics list has at most {most} elements with {what}")
    if any("SEARCH" in text and _searches(text) for text in expressions_of(queries).values()):
        raise _invalid("SEARCH is not supported on Metric Alarms.")
    check(queries, "Metrics")
    periods = periods_of(queries)
    if not periods:
        raise _invalid("Period must not be null")
    if len(periods) > 1:
        raise _invalid("Period must not differ between the metrics of an alarm")
    _check_kind(queries, returning[0]["Id"], min(periods))


def expressions_of(queries: Queries) -> dict[str, str]:
    """The expressions by their ids."""
    return {query["Id"]: query["Expression"] for query in queries if "Expression" in query}


def periods_of(queries: Queries) -> set[int]:
    """The periods of metrics and of expressions that have one of their own."""
    stats = {query["MetricStat"]["Period"] for query in queries if "MetricStat" in query}
    return stats | {query["Period"] for query in queries if "Period" in query}


def needed(name: str, expressions: Mapping[str, str], ids: Iterable[str]) -> set[str]:
    """The ids an expression is made of, those that others of these are made of among them, and its own."""
    found, look_at = {name}, [name]
    while look_at:
        tree = parse(expressions[look_at.pop()])
        named = set(ids) - expressions.keys() if _takes_all(tree) else set()
        fresh = (named | set(references(tree))) - found
        found |= fresh
        look_at += [each for each in sorted(fresh) if each in expressions]
    return found


def in_order(expressions: Mapping[str, str]) -> dict[str, str]:
    """Each after those it names; there are no circles."""
    ordered: dict[str, str] = {}

    def place(name: str) -> None:
        if name in ordered or name not in expressions:
            return
        for other in references(parse(expressions[name])):
            place(other)
        ordered[name] = expressions[name]

    for name in expressions:
        place(name)
    return ordered


def _takes_all(tree: Node) -> bool:
    if not isinstance(tree, Call):
        return False
    return tree.name == "METRICS" or any(_takes_all(each) for each in tree.arguments)


def _searches(expression: str) -> bool:
    try:
        return calls(expression, "SEARCH")
    except InvalidExpression:
        return False


def _check_expression(
    name: str, expressions: Mapping[str, str], known: set[str], above: tuple[str, ...]
) -> None:
    if name in above:
        raise _wrong(name, "it leads back to itself")
    try:
        named = list(references(parse(expressions[name])))
    except InvalidExpression as error:
        raise _wrong(name, error) from error
    for other in named:
        if other not in known:
            raise _wrong(name, f"there is no {other}")
        if other in expressions:
            _check_expression(other, expressions, known, (*above, name))


def _check_kind(queries: Queries, watched: str, period: int) -> None:
    """Whether an alarm's expressions give series, and what it watches is but one: empty metrics tell."""
    metrics: dict[str, dict[int, float]] = {query["Id"]: {} for query in queries if "MetricStat" in query}
    computed: dict[str, Result] = {}
    for name, expression in in_order(expressions_of(queries)).items():
        try:
            computed[name] = compute(expression, metrics, Window(start=0, end=0, period=period), computed)
        except InvalidExpression as error:
            raise _wrong(name, error) from error
    if isinstance(computed.get(watched), list):
        raise _wrong(watched, "it gives several time series, and an alarm watches one")


def _wrong(name: str, why: object) -> Refused:
    return _invalid(f"Error in expression '{name}': {why}")


def _invalid(why: str) -> Refused:
    return Refused("ValidationError", why)

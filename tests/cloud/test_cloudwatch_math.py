"""Metric math: what each operator and function makes of sparse series."""

import math

import pytest

from scenarios.cloud.cloudwatch.metric_math import InvalidExpression, Window, compute
from scenarios.cloud.errors import NotSimulated

WINDOW = Window(start=0, end=240, period=60)
METRICS = {
    "m1": {0: 1.0, 60: 2.0, 180: 6.0},
    "m2": {0: 4.0, 60: 0.0, 120: -8.5},
    "none": {},
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("m1", {0: 1, 60: 2, 180: 6}, id="a metric itself"),
        pytest.param("m1 + m2", {0: 5, 60: 2, 120: -8.5, 180: 6}, id="what is missing counts 0"),
        pytest.param("m1 / m2", {0: 0.25, 120: 0}, id="no datapoint where it divides by zero"),
        pytest.param("10 - m1", {0: 9, 60: 8, 180: 4}, id="a number and a series"),
        pytest.param("1 + m1 * 2", {0: 3, 60: 5, 180: 13}, id="times binds closer than plus"),
        pytest.param("m1 - 1 - 1", {0: -1, 60: 0, 180: 4}, id="minus goes from the left"),
        pytest.param("(1 + m1) * 2", {0: 4, 60: 6, 180: 14}, id="brackets"),
        pytest.param("m1 ^ 2", {0: 1, 60: 4, 180: 36}, id="power"),
        pytest.param("-m1 ^ 2", {0: -1, 60: -4, 180: -36}, id="the sign binds looser than power"),
        pytest.param("m1 < m2", {0: 1, 60: 0}, id="two are compared where both have a datapoint"),
        pytest.param("m1 > 1", {0: 0, 60: 1, 180: 1}, id="a comparison is 0 or 1"),
        pytest.param("m1 > 1 AND m1 < 6", {0: 0, 60: 1, 180: 0}, id="AND"),
        pytest.param("m1 == 1 || m1 == 6", {0: 1, 60: 0, 180: 1}, id="OR as two bars"),
        pytest.param("SUM([m1, m2])", {0: 5, 60: 2, 120: -8.5, 180: 6}, id="SUM of what there is"),
        pytest.param("SUM(METRICS())", {0: 5, 60: 2, 120: -8.5, 180: 6}, id="METRICS, all"),
        pytest.param('MAX(METRICS("m2"))', {0: 4, 60: 0, 120: -8.5}, id="METRICS, by a part of the id"),
        pytest.param(
            "AVG([m1, m2])", {0: 2.5, 60: 1, 120: -4.25, 180: 3}, id="AVG, what is missing counts 0"
        ),
        pytest.param("MAX([m1, m2])", {0: 4, 60: 2, 120: -8.5, 180: 6}, id="MAX"),
        pytest.param("MIN([m1, m2])", {0: 1, 60: 0, 120: -8.5, 180: 6}, id="MIN"),
        pytest.param("DATAPOINT_COUNT([m1, m2])", {0: 2, 60: 2, 120: 1, 180: 1}, id="DATAPOINT_COUNT"),
        pytest.param("m1 / SUM(m1)", {0: 1 / 9, 60: 2 / 9, 180: 6 / 9}, id="SUM of a series is a number"),
        pytest.param("FILL(m1, 0)", {0: 1, 60: 2, 120: 0, 180: 6}, id="FILL, a number"),
        pytest.param("FILL(none, 0)", {0: 0, 60: 0, 120: 0, 180: 0}, id="FILL, of nothing"),
        pytest.param("FILL(m1, m2)", {0: 1, 60: 2, 120: -8.5, 180: 6}, id="FILL, a series"),
        pytest.param("FILL(m1, REPEAT)", {0: 1, 60: 2, 120: 2, 180: 6}, id="FILL, REPEAT"),
        pytest.param("FILL(m2, LINEAR)", {0: 4, 60: 0, 120: -8.5}, id="FILL, LINEAR ends with the data"),
        pytest.param("FILL(m1, LINEAR)", {0: 1, 60: 2, 120: 4, 180: 6}, id="FILL, LINEAR between"),
        pytest.param("IF(m1 > 1, m2, 7)", {0: 7, 60: 0}, id="IF takes its branch at each time"),
        pytest.param("IF(m1 > 1, m1)", {60: 2, 180: 6}, id="IF without else"),
        pytest.param("RATE(m1)", {60: 1 / 60, 180: 4 / 120}, id="RATE is per second"),
        pytest.param("DIFF(m1)", {60: 1, 180: 4}, id="DIFF"),
        pytest.param("m1 / PERIOD(m1)", {0: 1 / 60, 60: 2 / 60, 180: 0.1}, id="PERIOD"),
        pytest.param("ABS(m2)", {0: 4, 60: 0, 120: 8.5}, id="ABS"),
        pytest.param("CEIL(m2)", {0: 4, 60: 0, 120: -8}, id="CEIL"),
        pytest.param("FLOOR(m2)", {0: 4, 60: 0, 120: -9}, id="FLOOR"),
        pytest.param("RUNNING_SUM(m1)", {0: 1, 60: 3, 180: 9}, id="RUNNING_SUM"),
        pytest.param("LOG(m1)", {0: 0, 60: math.log(2), 180: math.log(6)}, id="LOG, natural"),
        pytest.param("LOG10(m1 * 100)", {0: 2, 60: math.log10(200), 180: math.log10(600)}, id="LOG10"),
        pytest.param("LOG(m2)", {0: math.log(4)}, id="LOG of nothing and less is left out"),
        pytest.param("FIRST([m1, m2])", {0: 1, 60: 2, 180: 6}, id="FIRST"),
        pytest.param("LAST([m1, m2])", {0: 4, 60: 0, 120: -8.5}, id="LAST"),
        pytest.param("m1 * METRIC_COUNT(METRICS())", {0: 3, 60: 6, 180: 18}, id="METRIC_COUNT"),
        pytest.param("m1 * METRIC_COUNT(REMOVE_EMPTY(METRICS()))", {0: 2, 60: 4, 180: 12}, id="REMOVE_EMPTY"),
        pytest.param("MINUTE(m1)", {0: 0, 60: 1, 180: 3}, id="MINUTE"),
        pytest.param("HOUR(m1 + 0)", {0: 0, 60: 0, 180: 0}, id="HOUR"),
        pytest.param("DAY(m1)", {0: 4, 60: 4, 180: 4}, id="DAY: 1970 began on a Thursday"),
        pytest.param("DATE(m1) + MONTH(m1)", {0: 2, 60: 2, 180: 2}, id="DATE and MONTH"),
        pytest.param("YEAR(m1)", {0: 1970, 60: 1970, 180: 1970}, id="YEAR"),
        pytest.param("EPOCH(m1)", {0: 0, 60: 60, 180: 180}, id="EPOCH"),
        pytest.param("TIME_SERIES(3)", {0: 3, 60: 3, 120: 3, 180: 3}, id="TIME_SERIES"),
    ],
)
def test_an_expression_makes_a_series(expression, expected):
    assert compute(expression, METRICS, WINDOW) == pytest.approx(expected)


def test_an_array_stays_several_series():
    assert compute("[m1, m2] * 2", METRICS, WINDOW) == [
        {0: 2, 60: 4, 180: 12},
        {0: 8, 60: 0, 120: -17},
    ]


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("", id="empty"),
        pytest.param("m1 +", id="nothing after the operator"),
        pytest.param("(m1", id="an open bracket"),
        pytest.param("m1 m2", id="no operator"),
        pytest.param("m3", id="an id there is not"),
        pytest.param("M1", id="an id in capitals"),
        pytest.param("5", id="only a number"),
        pytest.param("SUM(m1)", id="a function that gives a number"),
        pytest.param("NOSUCH(m1)", id="a function there is not"),
        pytest.param("FILL(m1)", id="too few arguments"),
        pytest.param("FILL(3, 0)", id="FILL of a number"),
        pytest.param("[m1] + [m2]", id="two arrays"),
        pytest.param("m1 + 1 / 0", id="a number by zero"),
        pytest.param("m1 & m2", id="a sign without meaning"),
        pytest.param("(" * 60 + "m1" + ")" * 60, id="too deep"),
        pytest.param("m1" + "+1" * 1100, id="too long"),
    ],
)
def test_an_expression_that_is_none_is_refused(expression):
    with pytest.raises(InvalidExpression):
        compute(expression, METRICS, WINDOW)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("SEARCH('{AWS/EC2,InstanceId}', 'Average', 300)", id="SEARCH"),
        pytest.param("ANOMALY_DETECTION_BAND(m1, 2)", id="anomaly detection"),
        pytest.param("INSIGHT_RULE_METRIC('r', 'Sum')", id="Contributor Insights"),
        pytest.param("SELECT AVG(x) FROM y", id="Metrics Insights"),
        pytest.param("STDDEV(m1)", id="a function nobody wrote yet"),
    ],
)
def test_what_is_not_simulated_says_so(expression):
    with pytest.raises(NotSimulated):
        compute(expression, METRICS, WINDOW)

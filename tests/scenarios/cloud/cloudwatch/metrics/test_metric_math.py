"""Metric math: what each operator and function makes of sparse series."""

import math

import pytest

from scenarios.cloud.cloudwatch.metrics.metric_math import InvalidExpression, Window, compute
from scenarios.cloud.kernel.errors import NotSimulated

WINDOW = Window(start=0, end=240, period=60)
METRICS = {
    "m1": {0: 1.0, 60: 2.0, 180: 6.0},
    "m2": {0: 4.0, 60: 0.0, 120: -8.5},
    "none": {},
}
TIMES = (0, 60, 120, 180)
EXPRESSIONS = {"x": {0: 10.0}, "many": [{0: 1.0}, {0: 2.0}]}


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
        pytest.param("m1 < m2", {0: 1, 60: 0, 120: 0, 180: 0}, id="to a comparison what is missing is 0"),
        pytest.param("m2 < m1", {0: 0, 60: 1, 120: 1, 180: 1}, id="on either side"),
        pytest.param("m1 * (2 >= 2)", {0: 1, 60: 2, 180: 6}, id="two numbers compared are a number"),
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
        pytest.param("IF(m1 > 1, m2, 7)", {0: 7, 60: 0, 180: 0}, id="IF takes its branch at each time"),
        pytest.param("IF(m1 > 1, m1)", {60: 2, 180: 6}, id="IF without else"),
        pytest.param("IF(SUM(m1) > 8, m1, m2)", {0: 1, 60: 2, 180: 6}, id="IF on a number that holds"),
        pytest.param("IF(SUM(m1) > 9, m1, m2)", {0: 4, 60: 0, 120: -8.5}, id="IF on a number that doesn't"),
        pytest.param("IF(SUM(m1) > 9, m1)", {}, id="IF on a number, without else"),
        pytest.param("RATE(m1)", {60: 1 / 60, 180: 4 / 120}, id="RATE is per second"),
        pytest.param("DIFF(m1)", {60: 1, 180: 4}, id="DIFF"),
        pytest.param("DIFF_TIME(m1)", {60: 60, 180: 120}, id="DIFF_TIME, in seconds"),
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
        pytest.param("MINUTE(m1)", {0: 0, 60: 1, 120: 2, 180: 3}, id="MINUTE, of every time"),
        pytest.param("HOUR(m1 + 0)", dict.fromkeys(TIMES, 0), id="HOUR"),
        pytest.param("DAY(none)", dict.fromkeys(TIMES, 4), id="DAY: 1970 began on a Thursday"),
        pytest.param("IF(DAY(m1) < 6, m1)", {0: 1, 60: 2, 120: 0, 180: 6}, id="AWS's example of weekdays"),
        pytest.param("DATE(m1) + MONTH(m1)", dict.fromkeys(TIMES, 2), id="DATE and MONTH"),
        pytest.param("YEAR(m1)", dict.fromkeys(TIMES, 1970), id="YEAR"),
        pytest.param("EPOCH(m1)", {0: 0, 60: 60, 120: 120, 180: 180}, id="EPOCH"),
        pytest.param("m1 + 1 / 0", {}, id="nothing is made of a number by zero"),
        pytest.param("m1 / SUM(none)", {}, id="nor of a sum that is zero"),
        pytest.param("m1 - AVG(none)", {}, id="nor of the mean of nothing"),
        pytest.param("m1 > AVG(none)", {}, id="nor a comparison with it"),
        pytest.param("FIRST(SORT([none, m1], SUM, ASC))", {0: 1, 60: 2, 180: 6}, id="SORT, the empty last"),
        pytest.param("TIME_SERIES(MAX(none))", {}, id="nor a series of it"),
        pytest.param(
            "FILL(m1, MIN(m1))", {0: 1, 60: 2, 120: 1, 180: 6}, id="FILL, a number made of a series"
        ),
        pytest.param("FIRST(SORT(METRICS('m'), SUM, ASC))", {0: 4, 60: 0, 120: -8.5}, id="SORT, least first"),
        pytest.param("LAST(SORT(METRICS('m'), MAX, DESC))", {0: 4, 60: 0, 120: -8.5}, id="SORT, most first"),
        pytest.param(
            "m1 * METRIC_COUNT(SORT(METRICS(), AVG, ASC, 2))", {0: 2, 60: 4, 180: 12}, id="SORT, some"
        ),
        pytest.param("SUM(SLICE([m1, m2, none], 1, 2))", {0: 4, 60: 0, 120: -8.5}, id="SLICE, up to the end"),
        pytest.param("FIRST(SLICE([m1, m2], 1))", {0: 4, 60: 0, 120: -8.5}, id="SLICE, all that follow"),
        pytest.param("x * 2", {0: 20}, id="what another expression gave"),
        pytest.param("SUM(many) + x", {0: 13}, id="and the several series another gave"),
        pytest.param("TIME_SERIES(3)", {0: 3, 60: 3, 120: 3, 180: 3}, id="TIME_SERIES"),
    ],
)
def test_an_expression_makes_a_series(expression, expected):
    assert compute(expression, METRICS, WINDOW, EXPRESSIONS) == pytest.approx(expected)


# From the page's tables: a and b for comparisons, c, d and e for IF.
EXAMPLES = {
    "a": {0: 30.0, 60: 20.0, 120: 0.0, 180: 0.0},
    "b": {0: 20.0, 120: 20.0},
    "c": {0: 1.0, 60: 1.0, 120: 0.0, 180: 0.0},
    "d": {0: 30.0, 120: 0.0, 180: 0.0},
    "e": {0: 0.0, 60: 0.0, 120: 20.0},
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("a < b", {0: 0, 60: 0, 120: 1, 180: 0}, id="a comparison"),
        pytest.param("a >= 30", {0: 1, 60: 0, 120: 0, 180: 0}, id="with a number"),
        pytest.param("a > 15 AND b > 15", {0: 1, 60: 0, 120: 0, 180: 0}, id="AND"),
        pytest.param(
            "a > 15 && b > 15 OR a == 20", {0: 1, 60: 1, 120: 0, 180: 0}, id="and OR, which binds less"
        ),
        pytest.param("IF(c, d, e)", {0: 30, 60: 0, 120: 20}, id="IF on three series"),
        pytest.param("IF(c, 5, e)", {0: 5, 60: 5, 120: 20}, id="IF, a number if true"),
        pytest.param("IF(c, d, 5)", {0: 30, 60: 0, 120: 5, 180: 5}, id="IF, a number if not"),
        pytest.param("IF(-c, 1, 2)", {0: 1, 60: 1, 120: 2, 180: 2}, id="IF on numbers below 0"),
        pytest.param("a == 30 OR a == 20 AND b > 99", {0: 1, 60: 0, 120: 0, 180: 0}, id="OR binds less"),
    ],
)
def test_the_examples_of_the_page_come_out(expression, expected):
    assert compute(expression, EXAMPLES, WINDOW) == expected


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
        pytest.param("m1 & m2", id="a sign without meaning"),
        pytest.param("avg([m1])", id="a function in small letters"),
        pytest.param("PERIOD(m1 + m2) * m1", id="PERIOD of an expression"),
        pytest.param("PERIOD(x) * m1", id="PERIOD of another expression"),
        pytest.param("IF([m1], m1, m2)", id="IF on an array"),
        pytest.param("IF(1, 2, 3) * m1", id="IF between numbers, on a number"),
        pytest.param("IF(1, m1, 3)", id="IF between a series and a number, on a number"),
        pytest.param("HOUR([m1])", id="HOUR of an array"),
        pytest.param("FIRST(m1)", id="FIRST of a series"),
        pytest.param("TIME_SERIES(m1)", id="TIME_SERIES of a series"),
        pytest.param("SORT([m1], DATAPOINT_COUNT, ASC)", id="SORT by another function"),
        pytest.param("SORT([m1], REPEAT, ASC)", id="SORT by no function"),
        pytest.param("SORT(m1, SUM, ASC)", id="SORT of a series"),
        pytest.param("SLICE([m1], 0.5)", id="SLICE within a series"),
        pytest.param("SLICE(m1, 0)", id="SLICE of a series"),
        pytest.param("FILL(m1, [m2])", id="FILL with an array"),
        pytest.param("REPEAT", id="a keyword alone"),
        pytest.param("METRICS(m1)", id="METRICS of no text"),
        pytest.param("m1" + "+1" * 1100, id="too long"),
    ],
)
def test_an_expression_that_is_none_is_refused(expression):
    with pytest.raises(InvalidExpression):
        compute(expression, METRICS, WINDOW)


WORDS = {
    "anomaly detection": "ANOMALY_DETECTION_BAND",
    "Contributor Insights": "INSIGHT_RULE_METRIC",
    "Metrics Insights": "SELECT",
}


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("SEARCH('{AWS/EC2,InstanceId}', 'Average', 300)", id="SEARCH"),
        pytest.param("ANOMALY_DETECTION_BAND(m1, 2)", id="anomaly detection"),
        pytest.param("INSIGHT_RULE_METRIC('r', 'Sum')", id="Contributor Insights"),
        pytest.param("SELECT AVG(x) FROM y", id="Metrics Insights"),
        pytest.param("m1 / STDDEV(m1)", id="STDDEV"),
        pytest.param("SERVICE_QUOTA(m1)", id="SERVICE_QUOTA"),
        pytest.param("LAMBDA('connector', m1)", id="LAMBDA"),
        pytest.param("DB_PERF_INSIGHTS('RDS', 'db', 'm')", id="DB_PERF_INSIGHTS"),
        pytest.param("[m1, m2] > 1", id="> of an array"),
        pytest.param("(" * 60 + "m1" + ")" * 60, id="more than 50 levels"),
    ],
)
def test_what_is_not_simulated_says_so(expression, request):
    words = request.node.callspec.id
    with pytest.raises(NotSimulated, match=WORDS.get(words, words)):
        compute(expression, METRICS, WINDOW)


def test_metrics_are_not_expressions():
    assert compute("SUM(METRICS())", {"m1": {0: 1.0}}, WINDOW, EXPRESSIONS) == {0: 1.0}

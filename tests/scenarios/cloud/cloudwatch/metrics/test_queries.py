"""What GetMetricData and alarms over metric math take as queries, and what they refuse."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import START
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, topic, world

WATCHED = topic("cloudwatch")


def metric(name, period=60, **more):
    stat = {"Metric": {"Namespace": "tw", "MetricName": name}, "Period": period, "Stat": "Sum"}
    return {"Id": name, "MetricStat": stat, "ReturnData": False, **more}


def expression(text, name="e", **more):
    return {"Id": name, "Expression": text, **more}


def data(cloud, *queries, **more):
    asked = {"StartTime": START, "EndTime": START + timedelta(minutes=3), "ScanBy": "TimestampAscending"}
    answer = admin(cloud, "cloudwatch").get_metric_data(MetricDataQueries=list(queries), **asked | more)
    return [each["Values"] for each in answer["MetricDataResults"]]


def alarm(cloud, *queries, **more):
    admin(cloud, "cloudwatch").put_metric_alarm(
        AlarmName="a",
        Metrics=list(queries),
        Threshold=1,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        **more,
    )


BOTH = [
    pytest.param([metric("M"), expression("1")], r"member.1.Id is not matching", id="an id in capitals"),
    pytest.param([expression("1", "e-1")], r"member.1.Id is not matching", id="an id with a hyphen"),
    pytest.param([expression("m", "e"), metric("m"), metric("m")], "are not unique", id="an id twice"),
    pytest.param(
        [metric("m"), metric("n", Expression="m", ReturnData=True)], "member.2.Expression or", id="two in one"
    ),
    pytest.param([{"Id": "m"}], "member.1.Expression or", id="neither"),
    pytest.param([metric("m"), expression("m +")], "Error in expression 'e'", id="half an expression"),
    pytest.param([metric("m"), expression("n")], "'e': there is no n", id="an id nobody has"),
    pytest.param([metric("m"), expression("e + m")], "'e': it leads back", id="a circle"),
    pytest.param([metric("m"), expression("SUM(m)")], "'e': the expression gives a number", id="a number"),
    pytest.param(
        [metric("m"), expression("m * 2", "f", ReturnData=False), expression("PERIOD(f) * m")],
        "'e': PERIOD takes a metric",
        id="the period of an expression",
    ),
]


@pytest.mark.parametrize(("queries", "words"), BOTH)
@pytest.mark.parametrize("ask", [data, alarm])
def test_queries_are_refused_by_both(ask, queries, words):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match=f"ValidationError.*{words}"):
        ask(cloud, *queries)


@pytest.mark.parametrize("ask", [data, alarm])
def test_the_metrics_of_another_account_are_not_simulated(ask):
    with world(WATCHED) as cloud, pytest.raises(NotSimulated, match="another account"):
        ask(cloud, metric("m", AccountId="111122223333"), expression("m"))


MANY = [metric(f"m{number}") for number in range(11)]
ALARMS = [
    pytest.param([*MANY, expression("SUM(METRICS())")], {}, "at most 10 elements with MetricStat", id="11"),
    pytest.param(
        [metric("m"), expression("m"), *(expression("m", f"f{n}", ReturnData=False) for n in range(10))],
        {},
        "at most 10 elements with Expression",
        id="11 expressions",
    ),
    pytest.param([metric("m"), expression("METRICS()")], {}, "several time series", id="an array"),
    pytest.param(
        [expression("SEARCH('{tw,d} x', 'Sum', 60)")],
        {},
        r"SEARCH is not supported on Metric Alarms\.",
        id="a search",
    ),
    pytest.param([expression("TIME_SERIES(1)")], {}, "Period must not be null", id="no period"),
    pytest.param([metric("m")], {}, "Exactly one element", id="nothing returned"),
    pytest.param(
        [metric("m"), expression("m")],
        {"Statistic": "Sum"},
        "Statistic should not be set if list of Metrics is set",
        id="a statistic beside",
    ),
    pytest.param(
        [metric("m"), expression("m")],
        {"Unit": "Seconds"},
        "Unit should not be set if list of Metrics is set",
        id="a unit beside",
    ),
]


@pytest.mark.parametrize(("queries", "more", "words"), ALARMS)
def test_queries_are_refused_of_an_alarm(queries, more, words):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match=f"ValidationError.*{words}"):
        alarm(cloud, *queries, **more)


@pytest.mark.parametrize(
    "queries",
    [
        pytest.param([*MANY[:10], expression("SUM(METRICS())")], id="ten metrics"),
        pytest.param([expression("TIME_SERIES(1)", Period=60)], id="a period of its own"),
        pytest.param([metric("m", ReturnData=True)], id="a metric alone"),
        pytest.param([metric("m"), expression("FIRST(SORT(METRICS(), SUM, ASC))")], id="the first of many"),
    ],
)
def test_an_alarm_takes(queries):
    with world(WATCHED) as cloud:
        alarm(cloud, *queries)

        assert len(admin(cloud, "cloudwatch").describe_alarms()["MetricAlarms"]) == 1


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        pytest.param({"EndTime": START}, "ValidationError", "StartTime must be less", id="no time"),
        pytest.param({"MaxDatapoints": 0}, "ValidationError", "1 to 100,800, not 0", id="no datapoints"),
        pytest.param({"MaxDatapoints": 100_801}, "ValidationError", "not 100,801", id="too many"),
        pytest.param({"NextToken": "?"}, "InvalidNextToken", "next token", id="a token nobody gave"),
    ],
)
def test_metric_data_is_refused(more, code, words):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match=words) as raised:
        data(cloud, metric("m", ReturnData=True), **more)
    assert raised.value.response["Error"]["Code"] == code


def put(cloud):
    """A metric m with 1, 2 and 3 in three minutes; n has 10 in the second."""
    points = [("m", 0, 1), ("m", 1, 2), ("m", 2, 3), ("n", 1, 10)]
    admin(cloud, "cloudwatch").put_metric_data(
        Namespace="tw",
        MetricData=[
            {"MetricName": name, "Value": value, "Timestamp": START + timedelta(minutes=minute)}
            for name, minute, value in points
        ],
    )


@pytest.mark.parametrize(
    ("queries", "expected"),
    [
        pytest.param([expression("m + n")], [[1, 12, 3]], id="what is missing is 0"),
        pytest.param(
            [expression("m * 2", "f"), expression("SUM(METRICS())")],
            [[2, 4, 6], [1, 12, 3]],
            id="an expression is no metric",
        ),
        pytest.param(
            [expression("METRICS() * 2", "f", ReturnData=False), expression("SUM(f)")],
            [[2, 24, 6]],
            id="several time series within another expression",
        ),
        pytest.param([expression("METRICS()")], [[1, 2, 3], [10]], id="several time series"),
        pytest.param([expression("TIME_SERIES(5)", Period=60)], [[5, 5, 5]], id="of no metric"),
        pytest.param([metric("long", period=300), expression("m")], [[1, 2, 3]], id="a period beside"),
    ],
)
def test_metric_data_is_computed(queries, expected):
    with world(WATCHED) as cloud:
        put(cloud)

        assert data(cloud, metric("m"), metric("n"), *queries) == expected


@pytest.mark.parametrize(
    ("queries", "more", "words"),
    [
        pytest.param([metric("long", period=300), expression("m + long")], {}, "60, 300", id="two periods"),
        pytest.param(
            [metric("long", period=300), expression("SUM(METRICS())")], {}, "60, 300", id="two among all"
        ),
        pytest.param(
            [metric("long", period=300), expression("long * 2", "f"), expression("m + f")],
            {},
            "60, 300",
            id="two by way of another expression",
        ),
        pytest.param([expression("m", Period=300)], {}, "60, 300", id="another of its own"),
        pytest.param([expression("m")], {"MaxDatapoints": 2}, "more datapoints", id="pages of math"),
        pytest.param([metric("n", ReturnData=True, Label="${MAX}")], {}, "dynamic label", id="dynamic label"),
    ],
)
def test_metric_data_is_not_simulated(queries, more, words):
    with world(WATCHED) as cloud:
        put(cloud)
        with pytest.raises(NotSimulated, match=words):
            data(cloud, metric("m"), *queries, **more)


def test_an_expression_is_no_metric_to_an_alarm():
    with world(WATCHED) as cloud:
        alarm(cloud, metric("m"), expression("m * 9", "f", ReturnData=False), expression("SUM(METRICS())"))
        admin(cloud, "cloudwatch").put_metric_data(
            Namespace="tw", MetricData=[{"MetricName": "m", "Value": 1, "Timestamp": cloud.clock.now}]
        )
        cloud.run(80)

        (found,) = admin(cloud, "cloudwatch").describe_alarms()["MetricAlarms"]
        assert found["StateValue"] == "OK"

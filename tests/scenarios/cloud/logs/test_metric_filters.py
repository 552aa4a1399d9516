"""What becomes of a line in CloudWatch's metrics."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import START
from tests.scenarios.cloud.logs.log_worlds import HOST, write
from tests.scenarios.cloud.small_worlds import admin, group, world


def metric_filter(pattern, **transformation):
    given = {"MetricNamespace": "tw", "MetricName": "guesses", "MetricValue": "1", **transformation}
    properties = {
        "LogGroupName": {"Ref": "Group"},
        "FilterPattern": pattern,
        "MetricTransformations": [given],
    }
    return {**group(), "Metric": {"Type": "AWS::Logs::MetricFilter", "Properties": properties}}


def points(world, statistic="Sum", **dimensions):
    answer = admin(world, "cloudwatch").get_metric_statistics(
        Namespace="tw",
        MetricName="guesses",
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=START - timedelta(hours=1),
        EndTime=START + timedelta(hours=1),
        Period=60,
        Statistics=[statistic],
    )
    return [point[statistic] for point in answer["Datapoints"]]


@pytest.mark.parametrize(
    ("transformation", "lines", "expected"),
    [
        pytest.param({}, ["Failed a", "Failed b", "fine"], [2], id="one a match"),
        pytest.param({}, ["fine"], [], id="no match, no point"),
        pytest.param({"DefaultValue": 0}, ["fine"], [0], id="no match, the default"),
        pytest.param({"DefaultValue": 7}, ["Failed", "fine"], [1], id="a match, no default"),
        pytest.param({"DefaultValue": 0}, [], [], id="no lines, no point"),
        pytest.param({"MetricValue": "2.5"}, ["Failed a", "Failed b"], [5], id="a value of its own"),
    ],
)
def test_a_metric_filter_counts_what_matches(transformation, lines, expected):
    with world(metric_filter("Failed", **transformation)) as cloud:
        write(cloud, *lines)
        cloud.run(61)

        assert points(cloud) == expected


def test_a_default_value_is_reported_once_a_minute_and_only_where_nothing_matched():
    with world(metric_filter("Failed", DefaultValue=7)) as cloud:
        for _ in range(6):  # half a minute, twice
            write(cloud, "fine")
            cloud.run(10)
        write(cloud, "fine")
        cloud.run(10)
        write(cloud, "Failed")
        cloud.run(120)

        assert points(cloud) == [7, 1]


REFUSED_FILTERS = [
    pytest.param("Failed", {"dimensions": {"a": "$.a"}}, "not support dimensions", id="of bare words"),
    pytest.param(
        "{ $.a = 1 }", {"dimensions": {"a": "$.a"}, "defaultValue": 0.0}, "exclude", id="with a default"
    ),
    pytest.param(
        "{ $.a = 1 }", {"dimensions": dict.fromkeys("abcd", "$.a")}, "at most 3", id="four dimensions"
    ),
    pytest.param("{ $.a", {}, "Invalid filter pattern", id="no pattern"),
]


@pytest.mark.parametrize(("pattern", "more", "words"), REFUSED_FILTERS)
def test_a_metric_filter_that_logs_would_refuse(pattern, more, words):
    with world(group()) as cloud, pytest.raises(ClientError, match=words):
        put_filter(cloud, "f", pattern, **more)


def put_filter(cloud, name, pattern="x", **more):
    given = {"metricName": "m", "metricNamespace": "tw", "metricValue": "1", **more}
    admin(cloud, "logs").put_metric_filter(
        logGroupName=HOST, filterName=name, filterPattern=pattern, metricTransformations=[given]
    )


@pytest.mark.slow
def test_a_log_group_has_a_hundred_metric_filters_and_no_more():
    with world(group()) as cloud:
        for number in range(100):
            put_filter(cloud, f"f{number}")

        with pytest.raises(ClientError, match="LimitExceeded"):
            put_filter(cloud, "one-more")


def test_a_metrics_value_and_dimensions_come_from_the_line():
    dimensions = [{"Key": "user", "Value": "$.user"}, {"Key": "host", "Value": "$.host"}]
    with world(metric_filter("{ $.n > 0 }", MetricValue="$.n", Dimensions=dimensions)) as cloud:
        write(cloud, '{"n": 3, "user": "eve", "host": "h"}', '{"n": 4, "user": "bob", "host": "h"}')

        assert points(cloud, user="eve", host="h") == [3]
        assert points(cloud, user="bob", host="h") == [4]
        assert points(cloud) == []


@pytest.mark.parametrize(
    "line", [pytest.param('{"a": 1}', id="absent"), pytest.param('{"a": 1, "n": "x"}', id="no number")]
)
def test_a_value_that_is_no_number_makes_no_point(line):
    with world(metric_filter("{ $.a = 1 }", MetricValue="$.n")) as cloud:
        write(cloud, line)

        assert points(cloud) == []


def test_a_metric_filter_put_again_replaces_the_first():
    with world(group()) as cloud:
        put_filter(cloud, "f", "one", metricName="guesses")
        put_filter(cloud, "f", "two", metricName="guesses")
        write(cloud, "one", "two", "two")

        (found,) = admin(cloud, "logs").describe_metric_filters()["metricFilters"]
        assert found["filterPattern"] == "two"
        assert points(cloud) == [2]


def test_a_deleted_group_takes_its_metric_filters_along():
    with world(group()) as cloud:
        logs = admin(cloud, "logs")
        put_filter(cloud, "f", metricName="guesses")
        logs.delete_log_group(logGroupName=HOST)
        logs.create_log_group(logGroupName=HOST)
        write(cloud, "x")

        assert logs.describe_metric_filters()["metricFilters"] == []
        assert points(cloud) == []


@pytest.mark.slow
def test_a_metric_filter_on_a_group_that_is_not_there_is_refused():
    with world(group("other")) as cloud, pytest.raises(ClientError, match="ResourceNotFound"):
        put_filter(cloud, "f")

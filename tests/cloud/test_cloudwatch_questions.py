"""GetMetricData and ListMetrics answer from what was put."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from small_worlds import admin, topic, world

from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.world import START

WATCHED = topic("cloudwatch")


def stat(name):
    metric = {"Namespace": "tw", "MetricName": name}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}


def ask(cloud, *expressions):
    client = admin(cloud, "cloudwatch")
    client.put_metric_data(
        Namespace="tw",
        MetricData=[{"MetricName": "bad", "Value": 3, "Timestamp": START}]
        + [{"MetricName": "all", "Value": 4, "Timestamp": START + timedelta(minutes=n)} for n in range(2)],
    )
    queries = [{"Id": f"e{n}", "Expression": text} for n, text in enumerate(expressions)]
    answer = client.get_metric_data(
        MetricDataQueries=[stat("bad"), stat("all"), *queries],
        StartTime=START,
        EndTime=START + timedelta(minutes=2),
    )
    return {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}


def test_metric_data_is_answered_newest_first_with_math_on_math():
    with world(WATCHED) as cloud:
        assert ask(cloud, "FILL(bad, 0) / all", "e0 * 100") == {"e0": [0, 0.75], "e1": [0, 75]}


@pytest.mark.parametrize(
    "expression", [pytest.param("bad +", id="none at all"), pytest.param("e0 + 1", id="leads back to itself")]
)
def test_an_expression_that_is_none_is_refused_by_its_id(expression):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="ValidationError"):
        ask(cloud, expression)


def test_metrics_are_listed_as_they_were_put():
    with world(WATCHED) as cloud:
        ask(cloud, "all")
        found = admin(cloud, "cloudwatch").list_metrics(Namespace="tw")["Metrics"]

        assert [each["MetricName"] for each in found] == ["all", "bad"]


def put(cloud, *names, minutes=1, region=""):
    data = [
        {"MetricName": name, "Value": 1, "Timestamp": START + timedelta(minutes=minute)}
        for name in names
        for minute in range(minutes)
    ]
    admin(cloud, "cloudwatch", region).put_metric_data(Namespace="tw", MetricData=data)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param(
            {"MetricData": [{"MetricName": "m", "Value": 1}] * 1001}, "at most 1,000 metrics", id="too many"
        ),
        pytest.param(
            {"Namespace": "AWS/EC2", "MetricData": [{"MetricName": "m", "Value": 1}]},
            "The value AWS/EC2 for parameter Namespace is invalid",
            id="a namespace of AWS's own",
        ),
        pytest.param(
            {
                "MetricData": [
                    {"MetricName": "m", "Value": 1},
                    {"MetricName": "n", "Value": 1, "Unit": "Bananas"},
                ]
            },
            "Bananas is no unit",
            id="one bad datum",
        ),
    ],
)
def test_a_put_is_taken_whole_or_not_at_all(asked, words):
    with world(WATCHED) as cloud:
        client = admin(cloud, "cloudwatch")
        with pytest.raises(ClientError, match=f"InvalidParameterValue.*{words}"):
            client.put_metric_data(**{"Namespace": "tw", **asked})

        assert client.list_metrics()["Metrics"] == []


def test_metrics_of_entities_are_not_simulated():
    given = {
        "Entity": {"KeyAttributes": {"Type": "Service"}},
        "MetricData": [{"MetricName": "m", "Value": 1}],
    }
    with world(WATCHED) as cloud, pytest.raises(NotSimulated, match="entities"):
        admin(cloud, "cloudwatch").put_metric_data(Namespace="tw", EntityMetricData=[given])


def test_metrics_are_listed_five_hundred_at_a_time():
    with world(WATCHED) as cloud:
        put(cloud, *(f"m{number:03d}" for number in range(501)))
        client = admin(cloud, "cloudwatch")
        first = client.list_metrics(Namespace="tw")
        rest = client.list_metrics(Namespace="tw", NextToken=first["NextToken"])

        assert [len(page["Metrics"]) for page in (first, rest)] == [500, 1]
        assert "NextToken" not in rest


def test_metrics_are_listed_for_two_weeks_or_as_recently_active():
    with world(WATCHED) as cloud:
        put(cloud, "m")
        client = admin(cloud, "cloudwatch")

        def listed(**asked):
            return len(client.list_metrics(Namespace="tw", **asked)["Metrics"])

        cloud.run(3 * 3600)
        assert (listed(), listed(RecentlyActive="PT3H")) == (1, 1)
        cloud.run(60)
        assert (listed(), listed(RecentlyActive="PT3H")) == (1, 0)
        cloud.run(14 * 86400)
        assert listed() == 0


def pages(cloud, **asked):
    """Every page of the data of two metrics: (id, how many, status) of each result."""
    client, token, found = admin(cloud, "cloudwatch"), {}, []
    while True:
        answer = client.get_metric_data(
            MetricDataQueries=[{**stat(name), "ReturnData": True} for name in ("a", "none", "b")],
            StartTime=START,
            EndTime=START + timedelta(minutes=5),
            ScanBy="TimestampAscending",
            **asked,
            **token,
        )
        results = answer["MetricDataResults"]
        found.append([(each["Id"], len(each["Values"]), each["StatusCode"]) for each in results])
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, [[("a", 5, "Complete"), ("none", 0, "Complete"), ("b", 5, "Complete")]], id="all"),
        pytest.param(
            {"MaxDatapoints": 7},
            [
                [("a", 5, "Complete"), ("none", 0, "Complete"), ("b", 2, "PartialData")],
                [("b", 3, "Complete")],
            ],
            id="cut within the second",
        ),
        pytest.param(
            {"MaxDatapoints": 5},
            [[("a", 5, "Complete"), ("none", 0, "Complete")], [("b", 5, "Complete")]],
            id="cut between the two",
        ),
        pytest.param(
            {"MaxDatapoints": 4},
            [
                [("a", 4, "PartialData"), ("none", 0, "Complete")],
                [("a", 1, "Complete"), ("b", 3, "PartialData")],
                [("b", 2, "Complete")],
            ],
            id="cut in both",
        ),
    ],
)
def test_metric_data_is_answered_page_by_page(asked, expected):
    with world(WATCHED) as cloud:
        put(cloud, "a", "b", minutes=5)

        assert pages(cloud, **asked) == expected


@pytest.mark.parametrize(
    ("minutes", "period", "refused"),
    [
        pytest.param(1440, 60, False, id="as many as there may be"),
        pytest.param(1441, 60, True, id="one too many"),
        pytest.param(7200, 300, False, id="a longer period"),
    ],
)
def test_statistics_are_answered_for_1440_periods_at_most(minutes, period, refused):
    with world(WATCHED) as cloud:
        asked = {
            "Namespace": "tw",
            "MetricName": "m",
            "StartTime": START - timedelta(minutes=minutes),
            "EndTime": START,
            "Period": period,
            "Statistics": ["Sum"],
        }
        client = admin(cloud, "cloudwatch")
        if refused:
            with pytest.raises(
                ClientError, match="requested up to 1,441 datapoints, which exceeds the limit"
            ):
                client.get_metric_statistics(**asked)
        else:
            assert client.get_metric_statistics(**asked)["Datapoints"] == []


def test_more_than_five_hundred_queries_are_refused():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="At most 500"):
        admin(cloud, "cloudwatch").get_metric_data(
            MetricDataQueries=[{**stat(f"m{number}"), "ReturnData": True} for number in range(501)],
            StartTime=START,
            EndTime=START + timedelta(minutes=1),
        )


# ---- the alarms on a metric ---------------------------------------------------------------------


def alarm(cloud, name, **more):
    given = {
        "AlarmName": name,
        "Namespace": "tw",
        "MetricName": "m",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    admin(cloud, "cloudwatch").put_metric_alarm(**given | more)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, ["mean", "plain"], id="the metric"),
        pytest.param({"Statistic": "Average"}, ["mean"], id="a statistic"),
        pytest.param({"Period": 300}, ["mean"], id="a period"),
        pytest.param({"Dimensions": [{"Name": "h", "Value": "1"}]}, ["host"], id="with its dimensions"),
        pytest.param({"Dimensions": [{"Name": "h", "Value": "2"}]}, [], id="with others"),
        pytest.param({"MetricName": "other"}, [], id="another metric"),
        pytest.param({"Unit": "Seconds"}, [], id="another unit"),
    ],
)
def test_the_alarms_on_a_metric_are_those_on_exactly_it(asked, expected):
    with world(WATCHED) as cloud:
        alarm(cloud, "plain")
        alarm(cloud, "mean", Statistic="Average", Period=300)
        alarm(cloud, "host", Dimensions=[{"Name": "h", "Value": "1"}])
        admin(cloud, "cloudwatch").put_metric_alarm(
            AlarmName="math",
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Metrics=[stat("m"), {"Id": "e", "Expression": "m * 2"}],
        )

        found = admin(cloud, "cloudwatch").describe_alarms_for_metric(
            **{"Namespace": "tw", "MetricName": "m", **asked}
        )["MetricAlarms"]
        assert [each["AlarmName"] for each in found] == expected

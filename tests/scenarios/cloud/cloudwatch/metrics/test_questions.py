"""GetMetricData and ListMetrics answer from what was put."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import START
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, topic, world

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


ENDS = {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}


@pytest.mark.parametrize(
    ("datum", "code", "words"),
    [
        pytest.param(
            {"Value": 1, "Values": [1]},
            "InvalidParameterCombination",
            "MetricData.member.2.Value and MetricData.member.2.Values are mutually exclusive",
            id="a value and values",
        ),
        pytest.param(
            {"Value": 1, "StatisticValues": ENDS},
            "InvalidParameterCombination",
            "MetricData.member.2.Value and MetricData.member.2.StatisticValues are mutually exclusive",
            id="a value and statistics",
        ),
        pytest.param(
            {"Values": [1], "StatisticValues": ENDS},
            "InvalidParameterCombination",
            "MetricData.member.2.Values and MetricData.member.2.StatisticValues are mutually exclusive",
            id="values and statistics",
        ),
        pytest.param(
            {"Values": [1, 2], "Counts": [1]},
            "InvalidParameterValue",
            "MetricData.member.2.Values and MetricData.member.2.Counts must be of the same size",
            id="fewer counts than values",
        ),
        pytest.param({}, "InvalidParameterValue", "a datum has a value", id="nothing"),
        pytest.param(
            {"Value": 1, "StorageResolution": 5}, "InvalidParameterValue", "1 or 60", id="a resolution"
        ),
    ],
)
def test_a_datum_that_is_none_is_named(datum, code, words):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match=words) as raised:
        admin(cloud, "cloudwatch").put_metric_data(
            Namespace="tw", MetricData=[{"MetricName": "m", "Value": 1}, {"MetricName": "n", **datum}]
        )
    assert raised.value.response["Error"]["Code"] == code


def test_a_put_of_nothing_is_refused():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="MissingParameter"):
        admin(cloud, "cloudwatch").put_metric_data(Namespace="tw")


def test_metrics_of_entities_are_not_simulated():
    given = {
        "Entity": {"KeyAttributes": {"Type": "Service"}},
        "MetricData": [{"MetricName": "m", "Value": 1}],
    }
    with world(WATCHED) as cloud, pytest.raises(NotSimulated, match="entities"):
        admin(cloud, "cloudwatch").put_metric_data(Namespace="tw", EntityMetricData=[given])


@pytest.mark.slow
def test_metrics_are_listed_five_hundred_at_a_time():
    with world(WATCHED) as cloud:
        put(cloud, *(f"m{number:03d}" for number in range(501)))
        client = admin(cloud, "cloudwatch")
        first = client.list_metrics(Namespace="tw")
        rest = client.list_metrics(Namespace="tw", NextToken=first["NextToken"])

        assert [len(page["Metrics"]) for page in (first, rest)] == [500, 1]
        assert "NextToken" not in rest


@pytest.mark.slow
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
                ClientError, match="requested up to 1441 datapoints, which exceeds the limit of 1440"
            ):
                client.get_metric_statistics(**asked)
        else:
            assert client.get_metric_statistics(**asked)["Datapoints"] == []


def test_more_than_five_hundred_queries_are_refused():
    with world(WATCHED) as cloud, pytest.raises(ClientError, match="1 to 500 MetricDataQueries, not 501"):
        admin(cloud, "cloudwatch").get_metric_data(
            MetricDataQueries=[{**stat(f"m{number}"), "ReturnData": True} for number in range(501)],
            StartTime=START,
            EndTime=START + timedelta(minutes=1),
        )


def statistics(cloud, **asked):
    usual = {
        "Namespace": "tw",
        "MetricName": "m",
        "StartTime": START,
        "EndTime": START + timedelta(minutes=5),
        "Period": 60,
    }
    return admin(cloud, "cloudwatch").get_metric_statistics(**usual | asked)["Datapoints"]


PERCENTILES = [f"p{number}" for number in range(50, 61)]


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        pytest.param({}, "InvalidParameterCombination", "Must specify either", id="no statistics"),
        pytest.param(
            {"Statistics": ["Sum"], "ExtendedStatistics": ["p50"]},
            "InvalidParameterCombination",
            "Must specify either",
            id="both kinds of statistics",
        ),
        pytest.param(
            {"ExtendedStatistics": PERCENTILES},
            "InvalidParameterValue",
            "ExtendedStatistics must not have a size greater than 10",
            id="eleven percentiles",
        ),
        pytest.param(
            {"Statistics": ["Sum"], "EndTime": START},
            "InvalidParameterValue",
            "StartTime must be less than the parameter EndTime",
            id="no time at all",
        ),
        pytest.param(
            {"Statistics": ["Sum"], "Period": 45}, "InvalidParameterValue", "a period of 45 s", id="a period"
        ),
    ],
)
def test_statistics_are_refused(asked, code, words):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match=words) as raised:
        statistics(cloud, **asked)
    assert raised.value.response["Error"]["Code"] == code


def test_ten_percentiles_are_told_at_once():
    with world(WATCHED) as cloud:
        put(cloud, "m")

        (point,) = statistics(cloud, ExtendedStatistics=PERCENTILES[:10])

        assert point["ExtendedStatistics"] == dict.fromkeys(PERCENTILES[:10], 1)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({}, [("Count", 2), ("None", 8), ("Seconds", 4)], id="all, each by itself"),
        pytest.param({"Unit": "Seconds"}, [("Seconds", 4)], id="the one asked for"),
        pytest.param({"Unit": "Bytes"}, [], id="one there is no data in"),
    ],
)
def test_statistics_are_told_by_unit(asked, expected):
    with world(WATCHED) as cloud:
        data = [("Count", 2), ("Seconds", 4), ("None", 8)]
        admin(cloud, "cloudwatch").put_metric_data(
            Namespace="tw",
            MetricData=[
                {"MetricName": "m", "Unit": unit, "Value": value, "Timestamp": START} for unit, value in data
            ],
        )

        found = statistics(cloud, Statistics=["Sum"], **asked)

        assert [(point["Unit"], point["Sum"]) for point in found] == expected


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param({"NextToken": "?"}, "NextToken is invalid", id="a token nobody gave"),
        pytest.param(
            {"Dimensions": [{"Name": f"d{number}"} for number in range(11)]},
            "At most 10 dimensions",
            id="eleven dimensions",
        ),
    ],
)
def test_a_list_of_metrics_is_refused(asked, words):
    with world(WATCHED) as cloud, pytest.raises(ClientError, match=f"InvalidParameterValue.*{words}"):
        admin(cloud, "cloudwatch").list_metrics(**asked)


@pytest.mark.parametrize("asked", [{"IncludeLinkedAccounts": True}, {"OwningAccount": "111122223333"}])
def test_the_metrics_of_linked_accounts_are_not_simulated(asked):
    with world(WATCHED) as cloud, pytest.raises(NotSimulated, match="linked accounts"):
        admin(cloud, "cloudwatch").list_metrics(**asked)


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

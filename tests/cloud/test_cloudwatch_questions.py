"""GetMetricData and ListMetrics answer from what was put."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from small_worlds import admin, topic, world

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

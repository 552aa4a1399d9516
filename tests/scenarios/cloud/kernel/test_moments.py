"""Whatever boto3 takes for a moment, a law is given an aware datetime."""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from botocore.exceptions import ParamValidationError

from scenarios.cloud.kernel.moments import with_moments
from scenarios.cloud.kernel.service_models import operation_model
from tests.scenarios.cloud.small_worlds import admin, bucket, world

AT = datetime(2026, 3, 2, 2, 59, tzinfo=UTC)
SHAPE = operation_model("cloudwatch", "PutMetricData").input_shape


def put(timestamp):
    return {"Namespace": "A", "MetricData": [{"MetricName": "m", "Value": 1, "Timestamp": timestamp}]}


@pytest.mark.parametrize(
    "given",
    [
        "2026-03-02T02:59:00Z",
        "2026-03-02T02:59:00",
        AT.timestamp(),
        int(AT.timestamp()),
        AT.replace(tzinfo=None),
        AT.astimezone(timezone(timedelta(hours=9))),
        AT,
    ],
)
def test_a_moment_is_an_aware_datetime_however_it_was_written(given):
    assert with_moments(put(given), SHAPE) == put(AT)


@pytest.mark.parametrize("text", ["0.5", "Infinity", "1e400", "-7"])
def test_a_decimal_is_a_float_where_aws_gets_one(text):
    parameters = {"Namespace": "A", "MetricData": [{"MetricName": "m", "Value": Decimal(text)}]}

    [datum] = with_moments(parameters, SHAPE)["MetricData"]

    assert isinstance(datum["Value"], float)
    assert datum["Value"] == float(text)


@pytest.mark.parametrize("text", ["NaN", "sNaN"])
def test_a_decimal_that_is_no_number_is_a_float_that_is_none(text):
    [datum] = with_moments({"MetricData": [{"Value": Decimal(text)}]}, SHAPE)["MetricData"]

    assert math.isnan(datum["Value"])


def test_what_holds_no_moment_is_left_as_it_is():
    parameters = {"TableName": "Things", "Item": {"k": {"S": "2026-03-02T02:59:00Z"}}}
    assert with_moments(parameters, operation_model("dynamodb", "PutItem").input_shape) is parameters
    assert with_moments(parameters, None) is parameters


def test_what_is_no_moment_is_refused_as_boto3_does():
    with pytest.raises(ParamValidationError, match="timestamp"):
        with_moments(put(1e300), SHAPE)


@pytest.mark.slow
def test_a_law_gets_moments_that_were_written_as_text():
    with world(bucket()) as cloud:
        client = admin(cloud, "cloudwatch")
        client.put_metric_data(**put("2026-03-02T02:59:00Z"))

        (point,) = client.get_metric_statistics(
            Namespace="A",
            MetricName="m",
            StartTime="2026-03-02T02:00:00Z",
            EndTime="2026-03-02T04:00:00Z",
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        assert (point["Sum"], point["Timestamp"]) == (1, AT)

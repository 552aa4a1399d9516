"""Metric streams: which metrics they send, when, under whose rights, and that third parties get them."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudwatch.streams.opentelemetry import V1, of_opentelemetry
from scenarios.cloud.cloudwatch.streams.updates import of_json
from scenarios.cloud.firehose.http_endpoint import accepted, records_in
from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.firehose.stream_worlds import URL, lake, objects, sent
from tests.scenarios.cloud.small_worlds import admin, arn, may, noted, role, total, world

WRITES = may(["firehose:PutRecord", "firehose:PutRecordBatch"])
SERVICE = "streams.metrics.cloudwatch"
LAKE = arn("firehose", "deliverystream/lake")
ONLY = {"IncludeFilters": [{"Namespace": "tw", "MetricNames": ["guesses"]}, {"Namespace": "other"}]}
P99 = {"AdditionalStatistics": ["p99"], "IncludeMetrics": [{"Namespace": "tw", "MetricName": "guesses"}]}


def streaming(*statements, **properties):
    given = {
        "Name": "all",
        "FirehoseArn": {"Fn::GetAtt": ["Lake", "Arn"]},
        "RoleArn": {"Fn::GetAtt": ["streams", "Arn"]},
        "OutputFormat": "json",
        **ONLY,
        **properties,
    }
    return {
        **lake(),
        **role("streams", SERVICE, *(statements or (WRITES,))),
        "Stream": {"Type": "AWS::CloudWatch::MetricStream", "Properties": given},
    }


def put(cloud, name="guesses", *values, namespace="tw", **more):
    data = [{"MetricName": name, "Value": value, **more} for value in values or (1.0,)]
    admin(cloud, "cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def streamed(cloud):
    return [each for _, body in objects(cloud) for each in of_json(body)]


@pytest.mark.slow
def test_a_minutes_data_of_the_metrics_that_are_asked_for_comes_once_and_again_when_there_is_more():
    with world(streaming(StatisticsConfigurations=[P99])) as cloud:
        put(cloud, "guesses", 2.0, 4.0, Dimensions=[{"Name": "host", "Value": "a"}])
        put(cloud, "left out")
        put(cloud, "taken", namespace="other")
        first = cloud.clock.now
        cloud.run(300)
        put(cloud, "guesses", 9.0, Dimensions=[{"Name": "host", "Value": "a"}], Timestamp=first)
        cloud.run(300)

        found = streamed(cloud)
        assert [(each.namespace, each.name, each.count, each.total) for each in found] == [
            ("other", "taken", 1, 1),
            ("tw", "guesses", 2, 6),
            ("tw", "guesses", 3, 15),
        ]
        assert (found[1].low, found[1].high, dict(found[1].more)) == (2, 4, {"p99": 4})
        assert (found[1].dimensions, found[0].more) == ({"host": "a"}, {})
        assert total(cloud, "AWS/CloudWatch/MetricStreams", "MetricUpdate", MetricStreamName="all") == 3
        assert total(cloud, "AWS/CloudWatch/MetricStreams", "TotalMetricUpdate", MetricStreamName="all") == 5


def test_a_stopped_stream_sends_nothing_and_does_not_catch_up():
    with world(streaming(OutputFormat=V1)) as cloud:
        cloudwatch = admin(cloud, "cloudwatch")
        cloudwatch.stop_metric_streams(Names=["all", "nowhere"])
        put(cloud)
        cloud.run(120)
        state = cloudwatch.get_metric_stream(Name="all")["State"]
        cloudwatch.start_metric_streams(Names=["all"])
        put(cloud, "guesses", 5.0)
        cloud.run(300)

        (update,) = [each for _, body in objects(cloud) for each in of_opentelemetry(body, V1)]
        assert (state, update.total, update.stream) == ("stopped", 5, "all")
        (entry,) = cloudwatch.list_metric_streams()["Entries"]
        assert (entry["State"], entry["OutputFormat"]) == ("running", V1)
        cloudwatch.delete_metric_stream(Name="all")
        assert cloudwatch.list_metric_streams()["Entries"] == []


def test_a_role_that_may_not_write_to_firehose_is_told_of():
    with world(streaming(may("s3:PutObject"))) as cloud:
        put(cloud)
        cloud.run(200)

        assert streamed(cloud) == []
        assert any("the metric stream all can't write" in each for each in noted(cloud, "refused"))
        assert total(cloud, "AWS/CloudWatch/MetricStreams", "PublishErrorRate", MetricStreamName="all") == 1


def test_a_third_party_gets_metrics_over_its_http_endpoint():
    with world({**streaming(), **sent()}) as cloud:
        cloud.setting.web.answers(URL, lambda request: accepted(request, cloud.clock.now))
        put(cloud, "guesses", 7.0)
        cloud.run(200)

        bodies = [body for each in cloud.setting.web.requests for body in records_in(each)]
        (update,) = [each for body in bodies for each in of_json(body)]
        assert (update.name, update.total) == ("guesses", 7)


STREAM = {"Name": "s", "FirehoseArn": LAKE, "OutputFormat": "json"}
REFUSED = {
    "both kinds of filters": (
        {"IncludeFilters": [{"Namespace": "a"}], "ExcludeFilters": [{"Namespace": "b"}]},
        "InvalidParameterCombination",
    ),
    "1,001 filters": ({"IncludeFilters": [{"Namespace": "a", "MetricNames": ["m"] * 1001}]}, None),
    "21 statistics": (
        {"StatisticsConfigurations": [P99 | {"AdditionalStatistics": [f"p{n}" for n in range(21)]}]},
        None,
    ),
    "101 metrics": (
        {"StatisticsConfigurations": [P99 | {"IncludeMetrics": P99["IncludeMetrics"] * 101}]},
        None,
    ),
    "101 configurations": ({"StatisticsConfigurations": [P99] * 101}, None),
    "what comes anyway": ({"StatisticsConfigurations": [P99 | {"AdditionalStatistics": ["Sum"]}]}, None),
    "a trimmed mean in OpenTelemetry": (
        {
            "OutputFormat": V1,
            "StatisticsConfigurations": [P99 | {"AdditionalStatistics": ["tm99"]}],
        },
        None,
    ),
    "a delivery stream elsewhere": ({"FirehoseArn": LAKE.replace("us-east-1", "eu-west-1")}, None),
    "a delivery stream of another account": (
        {"FirehoseArn": LAKE.replace("123456789012", "210987654321")},
        None,
    ),
    "no ARN of one": ({"FirehoseArn": "lake"}, None),
    "a role of another account": ({"RoleArn": "arn:aws:iam::210987654321:role/streams"}, "AccessDenied"),
    "no metrics": ({"StatisticsConfigurations": [P99 | {"IncludeMetrics": []}]}, None),
    "no such percentile": ({"StatisticsConfigurations": [P99 | {"AdditionalStatistics": ["p101"]}]}, None),
    "no delivery stream": ({"FirehoseArn": arn("firehose", "deliverystream/none")}, None),
    "a format": ({"OutputFormat": "xml"}, "ValidationError"),
}


@pytest.fixture(scope="module")
def cloud():
    with world(streaming()) as found:
        yield found


@pytest.mark.parametrize(("bad", "code"), REFUSED.values(), ids=REFUSED)
def test_cloudwatch_refuses_such_a_stream(cloud, bad, code):
    role_arn = admin(cloud, "cloudwatch").get_metric_stream(Name="all")["RoleArn"]

    with pytest.raises(ClientError) as refused:
        admin(cloud, "cloudwatch").put_metric_stream(**{**STREAM, "RoleArn": role_arn, **bad})

    assert refused.value.response["Error"]["Code"] == (code or "InvalidParameterValue")


def test_other_statistics_than_percentiles_are_not_simulated(cloud):
    role_arn = admin(cloud, "cloudwatch").get_metric_stream(Name="all")["RoleArn"]
    trimmed = [P99 | {"AdditionalStatistics": ["tm99"]}]

    with pytest.raises(NotSimulated, match="tm99"):
        admin(cloud, "cloudwatch").put_metric_stream(
            **STREAM, RoleArn=role_arn, StatisticsConfigurations=trimmed
        )


def test_a_stream_that_is_not_there_cannot_be_asked_for(cloud):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        admin(cloud, "cloudwatch").get_metric_stream(Name="none")

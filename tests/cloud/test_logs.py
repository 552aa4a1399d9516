"""Who hears of a line that was written: subscriptions, metrics, searches."""

import base64
import gzip
import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from small_worlds import admin, arn, arrived, function, group, noted, permission, world

from scenarios.cloud.errors import NotSimulated
from scenarios.cloud.faults import PROFILES
from scenarios.cloud.world import ACCOUNT, START

HOST = "/host/secure"
NOW = int(START.timestamp() * 1000)


def subscription(pattern, **properties):
    given = {
        "LogGroupName": {"Ref": "Group"},
        "FilterName": "guesses",
        "FilterPattern": pattern,
        "DestinationArn": {"Fn::GetAtt": ["look", "Arn"]},
    }
    return {
        "Subscription": {
            "Type": "AWS::Logs::SubscriptionFilter",
            "DependsOn": ["lookBylogs"],
            "Properties": given | properties,
        }
    }


def subscribed(pattern=""):
    return {**group(), **function(), **permission("logs"), **subscription(pattern)}


def metric_filter(pattern, **transformation):
    given = {"MetricNamespace": "tw", "MetricName": "guesses", "MetricValue": "1", **transformation}
    properties = {
        "LogGroupName": {"Ref": "Group"},
        "FilterPattern": pattern,
        "MetricTransformations": [given],
    }
    return {**group(), "Metric": {"Type": "AWS::Logs::MetricFilter", "Properties": properties}}


def write(world, *lines, stream="i-1"):
    world.logs.write("us-east-1", HOST, stream, [(world.clock.now, line) for line in lines])


def told(event):
    """What a subscription's event carries, unpacked as its receiver does."""
    return json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))


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


# ---- subscriptions ------------------------------------------------------------------------------


def test_a_subscription_gets_base64_of_gzip_of_the_documented_json():
    with world(subscribed()) as cloud:
        write(cloud, "first", "second")
        cloud.run(10)

        (event,) = arrived(cloud)
        body = told(event)
        events = body.pop("logEvents")
        assert body == {
            "messageType": "DATA_MESSAGE",
            "owner": ACCOUNT,
            "logGroup": HOST,
            "logStream": "i-1",
            "subscriptionFilters": ["guesses"],
        }
        assert [each["message"] for each in events] == ["first", "second"]
        assert {each["timestamp"] for each in events} == {NOW}
        assert all(len(each["id"]) == 56 and each["id"].isdigit() for each in events)
        assert events[0]["id"] < events[1]["id"]


def test_lines_put_through_the_api_are_heard_like_an_agents():
    with world(subscribed()) as cloud:
        logs = admin(cloud, "logs")
        logs.create_log_stream(logGroupName=HOST, logStreamName="s")
        logs.put_log_events(
            logGroupName=HOST, logStreamName="s", logEvents=[{"timestamp": NOW, "message": "hello"}]
        )
        cloud.run(10)

        assert [told(event)["logEvents"][0]["message"] for event in arrived(cloud)] == ["hello"]


@pytest.mark.parametrize(
    ("pattern", "line", "passes"),
    [
        pytest.param("Failed", "Failed password", True, id="term"),
        pytest.param("Failed", "Accepted password", False, id="no term"),
        pytest.param('{ $.user = "root" }', '{"user": "root"}', True, id="JSON"),
        pytest.param('{ $.user = "root" }', '{"user": "eve"}', False, id="another value"),
        pytest.param('{ $.user = "root" }', "user root", False, id="no JSON"),
        pytest.param("[a, b = 4*]", "GET 404", True, id="fields"),
        pytest.param("[a, b = 4*]", "GET 200", False, id="another field"),
        pytest.param("%4[0-9]{2}%", "GET 404", True, id="regex"),
    ],
)
def test_only_what_the_pattern_matches_is_sent(pattern, line, passes):
    with world(subscribed(pattern)) as cloud:
        write(cloud, line)
        cloud.run(10)

        assert len(arrived(cloud)) == passes


def test_fields_are_extracted_for_space_delimited_patterns_only():
    with world(subscribed("[method, status]")) as cloud:
        write(cloud, "GET 404")
        cloud.run(10)

        (event,) = told(arrived(cloud)[0])["logEvents"]
        assert event["extractedFields"] == {"method": "GET", "status": "404"}


def test_lines_that_were_there_before_the_subscription_are_not_sent():
    with world({**group(), **function(), **permission("logs")}) as cloud:
        write(cloud, "before")
        admin(cloud, "logs").put_subscription_filter(
            logGroupName=HOST,
            filterName="late",
            filterPattern="",
            destinationArn=arn("lambda", "function:look"),
        )
        write(cloud, "after")
        cloud.run(10)

        (event,) = arrived(cloud)
        assert [each["message"] for each in told(event)["logEvents"]] == ["after"]


def test_without_the_permission_the_lines_are_lost_and_that_is_told():
    with world(subscribed()) as cloud:
        with cloud.calls.muted():
            policy = json.loads(admin(cloud, "lambda").get_policy(FunctionName="look")["Policy"])
            for statement in policy["Statement"]:
                admin(cloud, "lambda").remove_permission(FunctionName="look", StatementId=statement["Sid"])
        write(cloud, "hello")
        cloud.run(10)

        assert arrived(cloud) == []
        assert any("NO_PERMISSIONS" in words for words in noted(cloud, "lost"))


def test_under_duplicates_a_payload_comes_twice_the_same():
    with world(subscribed(), faults=PROFILES["duplicates"]) as cloud:
        write(cloud, "hello")
        cloud.run(60)

        first, second = arrived(cloud)
        assert first == second


def test_a_subscription_to_a_stream_is_not_simulated():
    with world({**group()}) as cloud:
        with cloud.calls.muted():
            admin(cloud, "kinesis").create_stream(StreamName="k", ShardCount=1)
            admin(cloud, "logs").put_subscription_filter(
                logGroupName=HOST,
                filterName="s",
                filterPattern="",
                destinationArn=arn("kinesis", "stream/k"),
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
            )
        with pytest.raises(NotSimulated, match="kinesis"):
            write(cloud, "hello")


# ---- metric filters -----------------------------------------------------------------------------


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
    pytest.param("Failed", {"dimensions": {"a": "$.a"}}, "names fields", id="dimensions of bare words"),
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


# ---- searching ----------------------------------------------------------------------------------


def search(world, **parameters):
    return admin(world, "logs").filter_log_events(logGroupName=HOST, **parameters)


def messages(world, **parameters):
    return [event["message"] for event in search(world, **parameters)["events"]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param({}, ["a 1", "b 1", "a 2"], id="all, in the order of time"),
        pytest.param({"filterPattern": "a"}, ["a 1", "a 2"], id="a pattern"),
        pytest.param({"filterPattern": "?zz ?b"}, ["b 1"], id="a pattern moto cannot read"),
        pytest.param({"logStreamNames": ["y"]}, ["b 1"], id="a stream"),
        pytest.param({"logStreamNamePrefix": "x"}, ["a 1", "a 2"], id="a prefix of streams"),
        pytest.param({"startTime": NOW + 1}, ["a 2"], id="from"),
        pytest.param({"endTime": NOW}, ["a 1", "b 1"], id="to, inclusive"),
    ],
)
def test_events_are_searched_by_pattern_stream_and_time(parameters, expected):
    with world(group()) as cloud:
        write(cloud, "a 1", stream="x")
        write(cloud, "b 1", stream="y")
        cloud.run(60)
        write(cloud, "a 2", stream="x")

        assert messages(cloud, **parameters) == expected


def test_a_search_is_read_page_by_page():
    with world(group()) as cloud:
        write(cloud, *(f"{number}" for number in range(5)))
        first = search(cloud, limit=2)
        pages = (
            admin(cloud, "logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=HOST, PaginationConfig={"PageSize": 2})
        )

        assert [event["message"] for event in first["events"]] == ["0", "1"]
        assert [len(page["events"]) for page in pages] == [2, 2, 1]


def test_a_group_that_is_not_there_is_not_searched():
    with world(group()) as cloud, pytest.raises(ClientError, match="ResourceNotFound"):
        admin(cloud, "logs").filter_log_events(logGroupName="nowhere")


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        pytest.param("filter_log_events", {"logGroupName": HOST}, id="search"),
        pytest.param(
            "put_subscription_filter",
            {
                "logGroupName": HOST,
                "filterName": "f",
                "destinationArn": arn("lambda", "function:look"),
            },
            id="subscription",
        ),
        pytest.param(
            "put_metric_filter",
            {
                "logGroupName": HOST,
                "filterName": "f",
                "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
            },
            id="metric filter",
        ),
        pytest.param("test_metric_filter", {"logEventMessages": ["x"]}, id="trial"),
    ],
)
def test_an_invalid_pattern_is_refused_wherever_it_is_given(operation, parameters):
    with world({**group(), **function()}) as cloud:
        logs = admin(cloud, "logs")
        with pytest.raises(ClientError, match=r"InvalidParameterException.*Invalid filter pattern"):
            getattr(logs, operation)(filterPattern="{ $.a == 1 }", **parameters)


def test_a_filter_can_be_tried_on_lines():
    with world(group()) as cloud:
        answer = admin(cloud, "logs").test_metric_filter(
            filterPattern="[method, status = 4*]", logEventMessages=["GET 200", "PUT 404"]
        )

        assert answer["matches"] == [
            {
                "eventNumber": 2,
                "eventMessage": "PUT 404",
                "extractedValues": {"$method": "PUT", "$status": "404"},
            }
        ]


def test_lines_for_a_group_that_is_not_there_are_no_silent_loss():
    with world(group("other")) as cloud, pytest.raises(NotSimulated, match="not there"):
        write(cloud, "hello")

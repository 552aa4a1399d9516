"""Reading what was written, and no longer than it is kept."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.logs.log_worlds import HOST, NOW, write
from tests.scenarios.cloud.small_worlds import admin, arn, function, group, world


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


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        pytest.param(
            "start_query",
            {"logGroupName": HOST, "startTime": 0, "endTime": 1, "queryString": "anomaly x"},
            id="a command of Insights",
        ),
        pytest.param(
            "put_account_policy",
            {"policyName": "p", "policyDocument": "{}", "policyType": "SUBSCRIPTION_FILTER_POLICY"},
            id="a policy of the account",
        ),
    ],
)
def test_what_is_not_simulated_says_so(operation, parameters):
    with world(group()) as cloud, pytest.raises(NotSimulated, match="logs"):
        getattr(admin(cloud, "logs"), operation)(**parameters)

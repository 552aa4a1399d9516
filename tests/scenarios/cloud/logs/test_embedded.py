"""Metrics that log events carry in CloudWatch's embedded metric format."""

import json

import pytest

from scenarios.cloud.deployment import START
from scenarios.cloud.logs.embedded import NotInFormat, embedded
from tests.scenarios.cloud.logs.log_worlds import HOST, write
from tests.scenarios.cloud.small_worlds import group, total, world

STAMP = int(START.timestamp() * 1000)
DIRECTIVE = {
    "Namespace": "tw",
    "Dimensions": [["version"], []],
    "Metrics": [{"Name": "time", "Unit": "Milliseconds"}],
}


def line(directive=None, *, stamp=STAMP, **root):
    about = {"Timestamp": stamp, "CloudWatchMetrics": [{**DIRECTIVE, **(directive or {})}]}
    return json.dumps({"_aws": about, "version": "1", "time": [100, 50], **root})


def test_each_set_of_dimensions_is_a_metric():
    found = embedded(line())

    assert [(each.name, dict(each.dimensions), each.values) for each in found] == [
        ("time", {"version": "1"}, [100.0, 50.0]),
        ("time", {}, [100.0, 50.0]),
    ]
    assert {(each.unit, each.at, each.resolution) for each in found} == {("Milliseconds", START, 60)}


@pytest.mark.parametrize("text", ["", "_aws", "[]", '{"_aws": 1}', '{"_aws": {"a": 1}}', f"at once {line()}"])
def test_what_is_no_such_document_carries_none(text):
    assert embedded(text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(line(stamp="now"), id="a text as time"),
        pytest.param(line(stamp=10**30), id="no time"),
        pytest.param(line({"Namespace": None}), id="no namespace"),
        pytest.param(line({"Dimensions": []}), id="no set of dimensions"),
        pytest.param(line({"Dimensions": [["other"]]}), id="a dimension that the event lacks"),
        pytest.param(line(version=1), id="a number as dimension"),
        pytest.param(line({"Metrics": [{"Name": "other"}]}), id="a metric that the event lacks"),
        pytest.param(line(time="100"), id="a text as value"),
        pytest.param(line(time=True), id="true as value"),
        pytest.param(line(time=[1] * 101), id="101 values"),
        pytest.param(line({"Metrics": [{"Name": "time"}] * 101}), id="101 metrics"),
    ],
)
def test_what_does_not_keep_the_format_is_told(text):
    with pytest.raises(NotInFormat):
        embedded(text)


@pytest.mark.slow
def test_they_are_metrics_like_any_other_and_what_is_wrong_is_counted():
    with world(group()) as cloud:
        write(
            cloud,
            line(),
            line(),
            line({"Dimensions": [["other"]]}),
            line({"Metrics": [{"Name": "time", "Unit": "Ages"}]}),
        )

        assert total(cloud, "tw", "time", version="1") == 300
        assert total(cloud, "tw", "time", "SampleCount") == 4
        assert total(cloud, "AWS/Logs", "EMFValidationErrors", LogGroupName=HOST) == 2

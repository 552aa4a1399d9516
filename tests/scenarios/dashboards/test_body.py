"""The text of a dashboard: what CloudWatch takes, what it warns of, what it refuses and where."""

import json

import pytest

from scenarios.dashboards.body import NO_OBJECT, InvalidBody, read
from scenarios.dashboards.rows import rows_of

CPU = ["AWS/EC2", "CPUUtilization", "InstanceId", "i-1"]
ALARM = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a"
VARIABLE = {"type": "property", "property": "region", "inputType": "input", "id": "region"}
SEARCHED = {"search": '{AWS/EC2,InstanceId} MetricName="CPUUtilization"', "populateFrom": "InstanceId"}
MATH = [[*CPU, {"id": "m1"}], [{"expression": "m1*2", "id": "e1", "label": "twice"}]]
NOTES = {
    "horizontal": [
        {"value": 20, "fill": "above", "yAxis": "right", "color": "#9467bd"},
        [{"value": 200, "label": "top"}, {"value": 95.5}],
    ],
    "vertical": [{"value": "2018-08-28T15:25:26Z", "fill": "after"}],
}
EXPLORED = {"metricName": "CPUUtilization", "resourceType": "AWS::EC2::Instance", "stat": "Average"}
EXPLORER = {"metrics": [EXPLORED], "labels": [{"key": "State", "value": "running"}]}
SELECT = [{"expression": 'SELECT MAX(CPUUtilization) FROM "AWS/EC2"', "id": "q1"}]


def body(*widgets, **more):
    return json.dumps({"widgets": list(widgets), **more})


def of(kind, **properties):
    return {"type": kind, "properties": properties}


def metric(*rows, **properties):
    return of("metric", **{"region": "us-east-1", "metrics": list(rows) or [CPU], **properties})


def placed(**place):
    return {**of("text", markdown="a"), **place}


TAKEN = {
    "nothing": body(),
    "500 widgets": body(*[placed()] * 500),
    "the last column": body(placed(x=23, y=0, width=24, height=1000)),
    "a relative start": body(start="-PT6H"),
    "three months": body(start="-P3M", periodOverride="inherit"),
    "from then to then": body(start="2018-12-17T06:00:00.000Z", end="2018-12-18T06:00:00.000Z"),
    "a variable": body(variables=[VARIABLE]),
    "a variable with a search": body(variables=[{**VARIABLE, "inputType": "radio", **SEARCHED}]),
    "a variable with values": body(
        variables=[{**VARIABLE, "inputType": "select", "values": [{"value": 1}, {"value": True}]}]
    ),
    "no dimension": body(metric(["AWS/EC2", "CPUUtilization"])),
    "no metric at all": body(of("metric", region="us-east-1", metrics=[])),
    "repeated fields": body(metric(CPU, [".", ".", ".", "i-2"], ["...", "i-3", {"stat": "p99.9"}])),
    "math": body(metric(*MATH)),
    "a query of Metrics Insights": body(metric(SELECT)),
    "every annotation": body(metric(annotations=NOTES)),
    "an alarm": body(of("metric", region="us-east-1", annotations={"alarms": [ALARM]})),
    "a gauge": body(metric(view="gauge", yAxis={"left": {"min": 0, "max": 100}})),
    "a trimmed mean": body(metric(stat="tm98", period=3600)),
    "a query": body(of("log", region="us-east-1", query="SOURCE 'g' | fields @message", view="table")),
    "alarms": body(of("alarm", alarms=[ALARM] * 100, states=["ALARM"], sortBy="timestamp")),
    "an explorer": body(of("explorer", **EXPLORER, aggregateBy={"key": "a", "func": "MAX"}, splitBy="b")),
    "a widget of one's own": body(of("custom", endpoint="arn:aws:lambda:us-east-1:111122223333:function:f")),
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_cloudwatch_takes_it(text):
    assert read(text).warnings == ()


REFUSED = {
    "no widgets": ("{}", ""),
    "501 widgets": (body(*[placed()] * 501), "/widgets"),
    "a kind": (body(of("graph", markdown="a")), "/widgets/0/type"),
    "no properties": (body({"type": "text"}), "/widgets/0"),
    "x alone": (body(placed(x=1)), "/widgets/0"),
    "column 24": (body(placed(x=24, y=0)), "/widgets/0/x"),
    "half a column": (body(placed(width=1.5)), "/widgets/0/width"),
    "true as a number": (body(placed(height=True)), "/widgets/0/height"),
    "25 columns": (body(placed(width=25)), "/widgets/0/width"),
    "an end alone": (body(end="2018-12-17T06:00:00Z"), ""),
    "an absolute start alone": (body(start="2018-12-17T06:00:00Z"), "/start"),
    "a relative start with an end": (body(start="-PT1H", end="2018-12-17T06:00:00Z"), "/start"),
    "no duration": (body(start="-PT"), "/start"),
    "a period that is neither": (body(periodOverride="always"), "/periodOverride"),
    "26 variables": (body(variables=[VARIABLE] * 26), "/variables"),
    "a list of nothing": (body(variables=[{**VARIABLE, "inputType": "select"}]), "/variables/0"),
    "an id with a blank": (body(variables=[{**VARIABLE, "id": "a b"}]), "/variables/0/id"),
    "a default that is no value": (
        body(variables=[{**VARIABLE, "inputType": "radio", "values": [{"value": "a"}], "defaultValue": "b"}]),
        "/variables/0/defaultValue",
    ),
    "no region": (body(of("metric", metrics=[CPU])), "/widgets/0/properties"),
    "neither metrics nor alarm": (body(of("metric", region="r")), "/widgets/0/properties"),
    "an alarm beside metrics": (body(metric(annotations={"alarms": [ALARM]})), "/widgets/0/properties"),
    "an alarm beside lines": (
        body(of("metric", region="r", annotations={"alarms": [ALARM], **NOTES})),
        "/widgets/0/properties/annotations",
    ),
    "two alarms": (
        body(of("metric", region="r", annotations={"alarms": [ALARM] * 2})),
        "/widgets/0/properties/annotations/alarms",
    ),
    "a gauge without its end": (
        body(metric(view="gauge", yAxis={"left": {"min": 0}})),
        "/widgets/0/properties/yAxis/left",
    ),
    "a view": (body(metric(view="line")), "/widgets/0/properties/view"),
    "90 seconds": (body(metric(period=90)), "/widgets/0/properties/period"),
    "a statistic": (body(metric(stat="Mean")), "/widgets/0/properties/stat"),
    "a legend above": (body(metric(legend={"position": "top"})), "/widgets/0/properties/legend/position"),
    "a time zone by name": (body(metric(timezone="UTC")), "/widgets/0/properties/timezone"),
    "a band of three": (
        body(metric(annotations={"horizontal": [[{"value": 1}, {"value": 2}, {"value": 3}]]})),
        "/widgets/0/properties/annotations/horizontal/0",
    ),
    "501 metrics": (body(metric(*[CPU] * 501)), "/widgets/0/properties/metrics"),
    "a flat row": (body(metric(*CPU)), "/widgets/0/properties/metrics/0"),
    "a dimension without its value": (body(metric(CPU[:3])), "/widgets/0/properties/metrics/0"),
    "dimensions as an object": (
        body(metric(["AWS/ECS", "CPUUtilization", {"ClusterName": "c"}])),
        "/widgets/0/properties/metrics/0",
    ),
    "two objects": (body(metric(["a", "b", {}, {}])), "/widgets/0/properties/metrics/0/2"),
    "an empty value": (body(metric([*CPU[:3], ""])), "/widgets/0/properties/metrics/0/3"),
    "nothing above": (body(metric([".", "b"])), "/widgets/0/properties/metrics/0/0"),
    "an id in capitals": (body(metric([*CPU, {"id": "M1"}])), "/widgets/0/properties/metrics/0/4/id"),
    "an id twice": (body(metric(MATH[0], MATH[0])), "/widgets/0/properties/metrics/1"),
    "two queries of Metrics Insights": (
        body(metric(SELECT, [{**SELECT[0], "id": "q2"}])),
        "/widgets/0/properties/metrics",
    ),
    "no text": (body(of("text", background="solid")), "/widgets/0/properties"),
    "no query": (body(of("log", region="us-east-1")), "/widgets/0/properties"),
    "no alarms": (body(of("alarm", alarms=[])), "/widgets/0/properties/alarms"),
    "101 alarms": (body(of("alarm", alarms=[ALARM] * 101)), "/widgets/0/properties/alarms"),
    "an alarm's state": (body(of("alarm", alarms=[ALARM], states=["RED"])), "/widgets/0/properties/states/0"),
    "nothing to explore by": (body(of("explorer", metrics=[EXPLORED])), "/widgets/0/properties"),
    "two types of resources": (
        body(of("explorer", metrics=[EXPLORED, {**EXPLORED, "resourceType": "AWS::S3::Bucket"}], labels=[])),
        "/widgets/0/properties/metrics",
    ),
}


@pytest.mark.parametrize(("text", "path"), REFUSED.values(), ids=REFUSED)
def test_cloudwatch_refuses_it_and_says_where(text, path):
    with pytest.raises(InvalidBody) as refused:
        read(text)

    assert refused.value.complaints[0].path == path


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"widgets": NaN}', "[" * 100_000])
def test_what_is_no_json_object_is_refused_in_cloudwatchs_words(text):
    with pytest.raises(InvalidBody, match=NO_OBJECT):
        read(text)


def test_all_errors_are_told_at_once_in_cloudwatchs_frame():
    with pytest.raises(InvalidBody) as refused:
        read(body(metric([*CPU[:3]]), metric(["a", "b", {"x": {}}])))

    assert str(refused.value) == (
        "The dashboard body is invalid, there are 2 validation errors:\n"
        '[\n  {\n    "dataPath": "/widgets/0/properties/metrics/0",\n'
        '    "message": "Should NOT have more than 2 items"\n  },\n'
        '  {\n    "dataPath": "/widgets/1/properties/metrics/0",\n'
        '    "message": "Should NOT have more than 2 items"\n  }\n]'
    )


def test_a_property_that_cloudwatch_does_not_know_is_a_warning():
    (warning,) = read(body(of("text", markdown="a", colour="red"))).warnings

    assert (warning.path, warning.fatal) == ("/widgets/0/properties", False)
    assert warning.message == (
        'The "colour" property is not expected to be part of a widget definition, will be ignored'
    )


def test_a_row_means_what_it_repeats():
    rows = rows_of([[*CPU, "Zone", "a"], [".", "NetworkIn", ".", "i-2", ".", "."], ["...", "b"], *MATH[1:]])

    assert [(each.name, each.dimensions, each.expression) for each in rows] == [
        ("CPUUtilization", {"InstanceId": "i-1", "Zone": "a"}, ""),
        ("NetworkIn", {"InstanceId": "i-2", "Zone": "a"}, ""),
        ("NetworkIn", {"InstanceId": "i-2", "Zone": "b"}, ""),
        ("", {}, "m1*2"),
    ]

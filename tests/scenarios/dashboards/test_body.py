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
    "an end alone": body(end="2018-12-17T06:00:00Z"),
    "an absolute start alone": body(start="2018-12-17T06:00:00Z"),
    "a relative start with an end": body(start="-PT1H", end="2018-12-17T06:00:00Z"),
    "an alarm of no region": body(of("metric", annotations={"alarms": [ALARM]})),
    "ten seconds": body(metric(period=10)),
    "no query": body(of("log")),
    "nothing to explore": body(of("explorer")),
    "a chart": body(of("chart", data={"queries": []}, title="a", view="line")),
    "a timeline": body(of("timeline", alarm=ALARM)),
    "a map of services": body(of("serviceMap", region="us-east-1", traceId="1-5f84c7a1-00")),
    "whatever a service widget has": body(of("service", region=3)),
    "a widget of one's own": body(of("custom", endpoint="arn:aws:lambda:us-east-1:111122223333:function:f")),
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_cloudwatch_takes_it(text):
    assert read(text).warnings == ()


REFUSED = {
    "no widgets": ("{}", ""),
    "501 widgets": (body(*[placed()] * 501), "/widgets"),
    "no properties": (body({"type": "text"}), "/widgets/0"),
    "x alone": (body(placed(x=1)), "/widgets/0"),
    "column 24": (body(placed(x=24, y=0)), "/widgets/0/x"),
    "half a column": (body(placed(width=1.5)), "/widgets/0/width"),
    "true as a number": (body(placed(height=True)), "/widgets/0/height"),
    "25 columns": (body(placed(width=25)), "/widgets/0/width"),
    "26 variables": (body(variables=[VARIABLE] * 26), "/variables"),
    "a list of nothing": (body(variables=[{**VARIABLE, "inputType": "select"}]), "/variables/0"),
    "an id with a blank": (body(variables=[{**VARIABLE, "id": "a b"}]), "/variables/0/id"),
    "a default that is no value": (
        body(variables=[{**VARIABLE, "inputType": "radio", "values": [{"value": "a"}], "defaultValue": "b"}]),
        "/variables/0/defaultValue",
    ),
    "a legend that is no object": (body(metric(legend="top")), "/widgets/0/properties/legend"),
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
    "90 seconds": (body(metric(period=90)), "/widgets/0/properties/period"),
    "a statistic": (body(metric(stat="Mean")), "/widgets/0/properties/stat"),
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
    "no alarms": (body(of("alarm", alarms=[])), "/widgets/0/properties/alarms"),
    "101 alarms": (body(of("alarm", alarms=[ALARM] * 101)), "/widgets/0/properties/alarms"),
    "an alarm's state": (body(of("alarm", alarms=[ALARM], states=["RED"])), "/widgets/0/properties/states/0"),
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


def named(variable, **more):
    return {"widgets": [], "variables": [{**VARIABLE, **variable}], **more}


REQUIRED = "Should have required property '{}'"
UNKNOWN = "The specified {} is unknown. Use one of the allowed values: {}"
SECONDS = "/widgets/0/properties/period"
NO_ONE = "Should match exactly one schema in oneOf"
ROW = (
    'Field "metrics" has to be an array of array of strings, with an optional metricRenderer object as last '
    "element"
)
LACKING = "The metric widget should have specified a region and a data source or an alarm annotation"


def inside(*messages, at="/widgets/0/properties"):
    return [(at, each) for each in messages]


# Recorded on AWS; the sources are those of scenarios.dashboards.shapes.
RECORDED_ERRORS = [
    ({}, [("", REQUIRED.format("widgets"))]),
    ({"widgets": None}, [("/widgets", "Should be array")]),
    ({"widgets": [1]}, [("/widgets/0", "Should be object")]),
    ({"widgets": [{"properties": {}}]}, [("/widgets/0", REQUIRED.format("type"))]),
    ({"widgets": [{"type": "text", "properties": []}]}, inside("Should be object")),
    ({"widgets": [placed(x=1)]}, [("/widgets/0", "Should have property y when property x is present")]),
    (
        {"widgets": [placed(x=-1, y=-1)]},
        [("/widgets/0/x", "Should be >= 0"), ("/widgets/0/y", "Should be >= 0")],
    ),
    ({"widgets": [placed(x=24, y=0)]}, [("/widgets/0/x", "Should be <= 23")]),
    ({"widgets": [placed(x=0.5, y=0)]}, [("/widgets/0/x", "Should be integer")]),
    (
        {"widgets": [placed(width=25, height=1001)]},
        [("/widgets/0/height", "Should be <= 1000"), ("/widgets/0/width", "Should be <= 24")],
    ),
    (
        {"widgets": [of("metric", metrics=[CPU])]},
        inside(REQUIRED.format("region"), LACKING, REQUIRED.format("annotations")),
    ),
    (
        {"widgets": [of("metric")]},
        inside(REQUIRED.format("metrics"), LACKING, REQUIRED.format("annotations")),
    ),
    (
        {"widgets": [of("metric", region="us-east-1", metrics=["AWS/EC2"])]},
        inside("Should be array", ROW, at="/widgets/0/properties/metrics/0"),
    ),
    (
        {"widgets": [metric(period=20)]},
        inside("Should be >= 60", "Should be multiple of 60", NO_ONE, at=SECONDS),
    ),
    ({"widgets": [metric(period=90)]}, inside("Should be multiple of 60", NO_ONE, at=SECONDS)),
    ({"widgets": [metric(view=3)]}, inside("Should be string", at="/widgets/0/properties/view")),
    ({"widgets": [of("alarm")]}, inside(REQUIRED.format("alarms"))),
    (
        {"widgets": [of("alarm", alarms=[])]},
        inside("Should NOT have less than 1 items", at="/widgets/0/properties/alarms"),
    ),
    (
        {"widgets": [of("alarm", alarms=[ALARM], states=["BOGUS"])]},
        inside('Should match pattern "OK|ALARM|INSUFFICIENT_DATA"', at="/widgets/0/properties/states/0"),
    ),
    ({"widgets": [of("custom")]}, inside(REQUIRED.format("endpoint"))),
    (
        {"widgets": [of("custom", endpoint="not-an-arn")]},
        inside(
            'Should match pattern "^arn:aws(-cn|-us-gov|-iso(-[bef])?|-eusc)?:lambda:[a-z]{2,}(-[a-z]+)*-'
            '[0-9]{1,2}:[0-9]{12}:function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?$"',
            at="/widgets/0/properties/endpoint",
        ),
    ),
    ({"widgets": [of("chart")]}, inside(REQUIRED.format("data"))),
    (
        {"widgets": [of("chart", data={})]},
        inside(REQUIRED.format("queries"), at="/widgets/0/properties/data"),
    ),
    ({"widgets": [of("chart", data={"queries": []})]}, inside(REQUIRED.format("title"))),
    ({"widgets": [of("chart", data={"queries": []}, title="a")]}, inside(REQUIRED.format("view"))),
    (
        {"widgets": [of("timeline", alarm="")]},
        inside(
            'Should match pattern "^arn:aws(-cn|-us-gov|-iso(-[bef])?|-eusc)?:cloudwatch:([a-z]{2}|[a-z]{4})'
            '(-[a-z]+)*-[0-9]{1,2}:[0-9]{12}:alarm:.{1,255}$"',
            at="/widgets/0/properties/alarm",
        ),
    ),
    ({"widgets": [of("trace", region=3)]}, inside("Should be string", at="/widgets/0/properties/region")),
    ({"widgets": [], "variables": {}}, [("/variables", "Should be array")]),
    (
        {"widgets": [], "variables": [{}]},
        inside(*map(REQUIRED.format, ("type", "inputType", "id", "property")), at="/variables/0"),
    ),
    (
        named({"type": "future"}),
        [("/variables/0/type", UNKNOWN.format("variable type", "property,pattern"))],
    ),
    (
        named({"inputType": "future"}),
        [("/variables/0/inputType", UNKNOWN.format("variable inputType", "input,select,radio"))],
    ),
    (
        named({"inputType": "select"}),
        inside(
            *map(REQUIRED.format, ("values", "tag", "search", "populateFrom", "searchLabelValues")),
            NO_ONE,
            at="/variables/0",
        ),
    ),
    (
        {"widgets": [], "variables": [{**VARIABLE, "id": f"r{each}"} for each in range(26)]},
        [
            ("/variables", "Should NOT have more than 25 items"),
            *(
                (f"/variables/{each}/property", 'Duplicated property in variable: "region"')
                for each in range(1, 26)
            ),
        ],
    ),
]


@pytest.mark.parametrize(("given", "told"), RECORDED_ERRORS)
def test_errors_are_those_that_were_recorded(given, told):
    with pytest.raises(InvalidBody) as refused:
        read(json.dumps(given))

    assert [(each.path, each.message) for each in refused.value.complaints] == told


VALUE = 'The value of "{}" property is not valid. Should be equal to one of the allowed values: {}'
IGNORED = 'The "{}" property is not expected to be part of a widget definition, will be ignored'
RECORDED_WARNINGS = [
    ({"widgets": [], "periodOverride": 1}, [("/periodOverride", "Should be string")]),
    (
        {"widgets": [], "periodOverride": "bogus"},
        [("/periodOverride", 'Should match pattern "^(inherit|auto)$"')],
    ),
    (
        {"widgets": [{**of("text", markdown="a", b=1), "c": True}], "d": [1]},
        [
            ("", 'The "d" property is not expected, will be ignored'),
            ("/widgets/0", IGNORED.format("c")),
            ("/widgets/0/properties", IGNORED.format("b")),
        ],
    ),
    (
        {"widgets": [of("future-widget", markdown="a")]},
        [
            (
                "/widgets/0/type",
                UNKNOWN.format(
                    "widget type",
                    "chart,custom,metric,service,text,log,alarm,explorer,timeline,serviceMap,serviceTable,trace",
                ),
            )
        ],
    ),
    (
        {"widgets": [of("text", markdown="a", background="bogus")]},
        [("/widgets/0/properties/background", VALUE.format("background", "solid,transparent"))],
    ),
    (
        {"widgets": [metric(view="line")]},
        [
            (
                "/widgets/0/properties/view",
                VALUE.format("view", "singleValue,timeSeries,bar,pie,gauge,table"),
            )
        ],
    ),
    ({"widgets": [of("trace", groupName="a")]}, inside(IGNORED.format("groupName"))),
    ({"widgets": [of("timeline", alarm=ALARM, region=3)]}, inside(IGNORED.format("region"))),
]


@pytest.mark.parametrize(("given", "told"), RECORDED_WARNINGS)
def test_warnings_are_those_that_were_recorded(given, told):
    assert [(each.path, each.message) for each in read(json.dumps(given)).warnings] == told


def test_a_start_that_is_no_time_is_warned_of_with_its_pattern():
    (warning,) = read(body(start="bogus")).warnings

    assert warning.path == "/start"
    assert warning.message.startswith(
        'Should match pattern "(^(?:[1-9]\\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|'
    )
    assert warning.message.endswith('(?:Z|[+-][01]\\d:[0-5]\\d)$)|(^\\-?P(T|\\d))"')


@pytest.mark.parametrize("stat", ["TM(10%:90%)", "PR(:300)", "tm98.5", "IQM", "p100", "o3_E", "WM(:5e3)"])
def test_a_statistic_of_cloudwatchs_is_taken(stat):
    assert read(body(metric(stat=stat))).warnings == ()


@pytest.mark.parametrize("stat", ["TM(a:b)", "PR(1%:2%)", "p101", "TM90", "Average ", "p99\n"])
def test_another_statistic_is_refused_with_its_pattern(stat):
    with pytest.raises(InvalidBody, match=r"Should match pattern .*SampleCount\|Average"):
        read(body(metric(stat=stat)))


def test_what_is_kept_of_a_body_is_the_same_json_without_blanks():
    given = '{ "widgets" : [ {"type":"text", "properties":{"markdown":"caf\\u00e9 \\u2603"}, "later": 1} ]}\n'

    assert read(given).text == ('{"widgets":[{"type":"text","properties":{"markdown":"café ☃"},"later":1}]}')


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

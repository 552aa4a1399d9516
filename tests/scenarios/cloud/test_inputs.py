"""What a target of an EventBridge rule gets in place of the event."""

import copy
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cloud.inputs import InputTransformer, InvalidInput, RefusedInput, input_path

EVENT = {
    "version": "0",
    "id": "7bf73129-1428-4cd3-a780-95db273d1602",
    "detail-type": "Widget Broken",
    "source": "com.example.widgets",
    "account": "123456789012",
    "time": "2024-05-06T07:08:09Z",
    "region": "eu-west-1",
    "resources": [
        "arn:aws:widget:eu-west-1:123456789012:widget/1",
        "arn:aws:widget:eu-west-1:123456789012:widget/2",
    ],
    "detail": {
        "name": "Anna",
        "count": 3,
        "ratio": 0.5,
        "broken": True,
        "reason": None,
        "empty": "",
        "quote": 'say "no"',
        "lines": "one\ntwo",
        "umlaut": "Grün",
        "tags": ["A", "B"],
        "numbers": [1, 2],
        "nested": {"a b": {"c.d": [{"e": 1}, {"e": 2}, {"f": 3}]}, "x": {"y": "z"}},
    },
}
PATHS = {key: f"$.detail.{key}" for key in EVENT["detail"]} | {
    "nothing": "$.detail.nowhere",
    "when": "$.time",
}


def render(template: str, paths: dict[str, str] | None = None) -> str:
    transformer = InputTransformer(PATHS if paths is None else paths, template)
    return transformer.render(
        EVENT,
        rule_arn="arn:aws:events:eu-west-1:123456789012:rule/broken",
        rule_name="broken",
        ingestion_time="2024-05-06T07:08:10Z",
    )


RENDERED = [
    pytest.param('{"a": <name>}', '{"a":"Anna"}', id="a string outside quotes gets quotes"),
    pytest.param('{"a": "<name>"}', '{"a":"Anna"}', id="a string inside quotes gets none"),
    pytest.param('{"a": "Dear <name>, <count>"}', '{"a":"Dear Anna, 3"}', id="text around variables"),
    pytest.param('{"a": <count>, "b": <ratio>}', '{"a":3,"b":0.5}', id="numbers"),
    pytest.param('{"a": <broken>, "b": "<broken>"}', '{"a":true,"b":"true"}', id="booleans"),
    pytest.param('{"a": <reason>}', '{"a":null}', id="null is a value"),
    pytest.param('{"a": <nothing>, "b": "<nothing>!"}', '{"a":"","b":"!"}', id="nothing there"),
    pytest.param('{"a": <empty>}', '{"a":""}', id="empty string"),
    pytest.param('{"a": <tags>, "b": <nested>}', None, id="lists and objects as JSON"),
    pytest.param('{"a": <quote>}', '{"a":"say \\"no\\""}', id="outside quotes text is escaped"),
    pytest.param('{"a": <lines>}', '{"a":"one\\ntwo"}', id="outside quotes line breaks are escaped"),
    pytest.param('{"a": <umlaut>}', '{"a":"Grün"}', id="beyond ASCII"),
    pytest.param('{"<name>": 1}', '{"Anna":1}', id="a variable as a key"),
    pytest.param('{"a": "\\"<name>\\""}', '{"a":"\\"Anna\\""}', id="escaped quotes in the template"),
    pytest.param(
        '{"a": "\\\\", "b": <name>}', '{"a":"\\\\","b":"Anna"}', id="an escaped backslash ends no escape"
    ),
    pytest.param(
        '{\n  "a b" : [ 1, <name> ]\n}', '{"a b":[1,"Anna"]}', id="JSON is minified, not its strings"
    ),
    pytest.param("[<name>, <count>]", '["Anna",3]', id="a JSON list"),
    pytest.param("<tags>", '["A","B"]', id="nothing but a variable"),
    pytest.param('{"a": 1.0, "a": 2e3}', '{"a":1.0,"a":2e3}', id="no variable: as written"),
    pytest.param('"It is <name>"', '"It is Anna"', id="quoted string"),
    pytest.param('"<tags> <numbers>"', '"[A,B] [1,2]"', id="lists in a quoted string lose quotes"),
    pytest.param(
        '"<nested>"', '"{a b:{c.d:[{e:1},{e:2},{f:3}]},x:{y:z}}"', id="objects in a quoted string lose quotes"
    ),
    pytest.param('"<nothing> and <reason>"', '" and null"', id="nothing in a quoted string"),
    pytest.param('"<quote>"', '"say "no""', id="quoted strings escape nothing"),
    pytest.param('"one <name>"\n"two <count>"', '"one Anna"\n"two 3"', id="several quoted lines"),
    pytest.param('"{[ <name> ]}"', '"{[ Anna ]}"', id="brackets in a quoted string"),
    pytest.param('"a < b > c <name>"', '"a < b > c Anna"', id="angles that hold no name"),
    pytest.param(
        '{"a": <aws.events.rule-arn>, "b": "<aws.events.rule-name>"}',
        '{"a":"arn:aws:events:eu-west-1:123456789012:rule/broken","b":"broken"}',
        id="the rule",
    ),
    pytest.param('"<aws.events.event.ingestion-time>"', '"2024-05-06T07:08:10Z"', id="ingestion time"),
]


@pytest.mark.parametrize(("template", "expected"), RENDERED)
def test_a_template_is_filled(template, expected):
    rendered = render(template)

    if expected is None:
        assert json.loads(rendered) == {"a": EVENT["detail"]["tags"], "b": EVENT["detail"]["nested"]}
    else:
        assert rendered == expected


def test_the_whole_event_comes_with_and_without_its_detail():
    rendered = json.loads(render('{"e": <aws.events.event>, "j": <aws.events.event.json>}'))

    assert rendered["j"] == EVENT
    assert rendered["e"] == {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detailType": "Widget Broken",
        "source": "com.example.widgets",
        "account": "123456789012",
        "time": "2024-05-06T07:08:09Z",
        "region": "eu-west-1",
        "resources": EVENT["resources"],
    }


UNDELIVERED = [
    pytest.param('{"a": "<tags>"}', "is a list within quotes", id="a list in quotes"),
    pytest.param('{"a": "x <nested>"}', "is an object within quotes", id="an object in quotes"),
    pytest.param('{"a": "<quote>"}', "no JSON", id="an unescaped quote"),
    pytest.param('{"a": "<lines>"}', "no JSON", id="an unescaped line break"),
    pytest.param('{"a": "<aws.events.event.json>"}', "within quotes", id="the event in quotes"),
    pytest.param('"<aws.events.event>"', "within quotes", id="the event in a quoted string"),
    pytest.param('{"a": <unheard-of>}', "<unheard-of> is neither", id="an unknown variable"),
    pytest.param('{"a": <name> <count>}', "no JSON", id="two values in one place"),
    pytest.param('{"a": <name>', "no JSON", id="an open brace"),
    pytest.param("hello <name>", "no JSON", id="a bare string"),
    pytest.param('{"a": NaN}', "no JSON", id="not a number"),
]


@pytest.mark.parametrize(("template", "why"), UNDELIVERED)
def test_aws_would_not_deliver(template, why):
    with pytest.raises(InvalidInput, match=why):
        render(template)


PATH_ROWS = [
    pytest.param("$.detail.name", "Anna", id="dots"),
    pytest.param("$.detail-type", "Widget Broken", id="dashes"),
    pytest.param("$['detail-type']", "Widget Broken", id="single quotes"),
    pytest.param('$["detail"]["nested"]["a b"]["c.d"][0]', {"e": 1}, id="double quotes"),
    pytest.param("$.resources[1]", EVENT["resources"][1], id="index"),
    pytest.param("$.resources[-1]", EVENT["resources"][1], id="index from the end"),
    pytest.param("$.resources[*]", EVENT["resources"], id="all elements"),
    pytest.param("$.detail.nested['a b']['c.d'][*].e", [1, 2], id="a field of all elements"),
    pytest.param("$.detail.nested.x.*", ["z"], id="all fields"),
    pytest.param("$.detail.reason", None, id="null"),
    pytest.param("$.detail.tags", ["A", "B"], id="a list"),
    pytest.param("$", EVENT, id="everything"),
]


@pytest.mark.parametrize(("path", "expected"), PATH_ROWS)
def test_a_path_finds(path, expected):
    assert json.loads(input_path(EVENT, path)) == expected


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("$.nowhere", id="no such field"),
        pytest.param("$.resources[2]", id="index after the end"),
        pytest.param("$.resources[-3]", id="index before the beginning"),
        pytest.param("$.detail[0]", id="index into an object"),
        pytest.param("$.resources.arn", id="field of a list"),
        pytest.param("$.detail.name[0]", id="index into a string"),
        pytest.param("$.detail.name.*", id="everything of a string"),
        pytest.param("$.detail.reason.more", id="field of null"),
    ],
)
def test_nothing_at_an_input_path_is_not_delivered_and_empty_in_a_template(path):
    with pytest.raises(InvalidInput, match="nothing at"):
        input_path(EVENT, path)
    assert render('{"a": <it>}', {"it": path}) == '{"a":""}'


UNREADABLE = [
    pytest.param("", id="empty"),
    pytest.param("detail.name", id="no dollar"),
    pytest.param("$detail", id="no dot"),
    pytest.param("$.", id="an open end"),
    pytest.param("$..name", id="deep scan"),
    pytest.param("$.resources[?(@ > 1)]", id="filter"),
    pytest.param("$.resources[0:1]", id="slice"),
    pytest.param("$.detail[name]", id="no quotes in brackets"),
    pytest.param("$.detail['name", id="open bracket"),
]


@pytest.mark.parametrize("path", UNREADABLE)
def test_a_path_of_another_language_is_refused(path):
    with pytest.raises(InvalidInput, match="not a JSON path"):
        input_path(EVENT, path)
    with pytest.raises(RefusedInput, match="not a JSON path"):
        InputTransformer.check({"it": path}, "<it>", target_id="t1")


REFUSED = [
    pytest.param(
        {}, '"<name>"', "InputTemplate for target t1 contains invalid placeholder name.", id="unknown"
    ),
    pytest.param(
        {}, '"<aws.events.rule>"', "contains invalid placeholder aws.events.rule", id="no such predefined"
    ),
    pytest.param({}, '"<aws.events.event.json>"', "valid only for JSON template", id="event in a string"),
    pytest.param({}, "[<aws.events.event>]", "valid only for JSON template", id="event in a list"),
    pytest.param({f"v{n}": "$.a" for n in range(101)}, "<v1>", "more than 100 variables", id="101 variables"),
    pytest.param({"aws.events.rule-arn": "$.a"}, "1", "reserved", id="a predefined name"),
    pytest.param({"AWSname": "$.a"}, "1", "reserved", id="a name that starts with AWS"),
    pytest.param({"a name": "$.a"}, "1", "invalid variable", id="a name with a blank"),
    pytest.param({"n" * 257: "$.a"}, "1", "invalid variable", id="a long name"),
    pytest.param({"n": "$." + "a" * 255}, "1", "path over 256", id="a long path"),
    pytest.param({}, "", "1 to 8192", id="an empty template"),
    pytest.param({}, '"' + "a" * 8191 + '"', "1 to 8192", id="a long template"),
]


@pytest.mark.parametrize(("paths", "template", "why"), REFUSED)
def test_put_targets_refuses(paths, template, why):
    with pytest.raises(RefusedInput, match=why):
        InputTransformer.check(paths, template, target_id="t1")


@pytest.mark.parametrize(
    ("paths", "template"),
    [
        pytest.param({f"v{n}": "$.a" for n in range(100)}, "<v1>", id="100 variables"),
        pytest.param({"unused": "$.a"}, '"hello"', id="an unused variable"),
        pytest.param({}, ' {"a": <aws.events.event.json>}', id="the event in an object"),
        pytest.param({"a_b-C9": "$.a"}, '"<a_b-C9> <aws.events.rule-name>"', id="every kind of character"),
    ],
)
def test_put_targets_accepts(paths, template):
    InputTransformer.check(paths, template, target_id="t1")


def test_a_rendering_leaves_the_event_alone():
    before = copy.deepcopy(EVENT)

    render('{"e": <aws.events.event>, "n": <nested>, "t": <tags>}')

    assert before == EVENT


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@given(value=JSON_VALUES)
def test_outside_quotes_every_value_survives(value):
    rendered = InputTransformer({"it": "$.detail.it"}, '{"a": [<it>]}').render({"detail": {"it": value}})

    assert json.loads(rendered) == {"a": [value]}


@given(template=st.text(alphabet=string.printable, max_size=60))
def test_any_template_is_rendered_or_not_delivered(template):
    try:
        rendered = render(template)
    except InvalidInput:
        return
    assert rendered or not template

"""JSON selectors: which messages match, which do not, and what is read from them."""

import json

import pytest

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.logs.pattern import LogPattern

SIGN_IN = json.dumps(
    {
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "sourceIPAddress": "198.51.100.7",
        "errorMessage": None,
        "readOnly": False,
        "managementEvent": True,
        "latency": 12.50,
        "attempts": 3,
        "code": "400",
        "empty": "",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice", "x-amz_id": "7"},
        "resources": [{"type": "trail", "tags": ["a", "b"]}, {"type": "bucket", "tags": []}],
        "matrix": [[0, 1], [2, 3]],
        "mixed": [1, None, "x"],
        "cluster.name": "blue",
        "it's": "odd",
        "Größe": "L",
    }
)

SHOULD_MATCH = [
    pytest.param("{ $.eventName = ConsoleLogin }", id="bare string"),
    pytest.param('{ $.eventName = "ConsoleLogin" }', id="quoted string"),
    pytest.param('{$.eventName="ConsoleLogin"}', id="no blanks"),
    pytest.param('  {\n$.eventName\t=\r\n"ConsoleLogin"  }  ', id="blanks everywhere"),
    pytest.param('{ $.eventName != "StopLogging" }', id="another string"),
    pytest.param("{ $.eventName = Console* }", id="prefix"),
    pytest.param('{ $.eventName = "*Login" }', id="suffix"),
    pytest.param('{ $.eventName = "*sole*" }', id="part"),
    pytest.param('{ $.userIdentity.arn = "arn:*:user/*" }', id="wildcards in the middle and at the end"),
    pytest.param("{ $.sourceIPAddress = 198.51.* }", id="addresses are compared as text"),
    pytest.param("{ $.sourceIPAddress != 203.0.* }", id="address outside"),
    pytest.param("{ $.eventName = * }", id="any string"),
    pytest.param('{ $.empty = "*" }', id="any string, also the empty one"),
    pytest.param('{ $.empty = "" }', id="the empty string"),
    pytest.param("{ $.latency = * }", id="any number"),
    pytest.param("{ $.eventName = %^Console[A-Z]% }", id="regex"),
    pytest.param("{ $.eventName != %Logging% }", id="regex that is not found"),
    pytest.param("{ $.latency = 12.5 }", id="number by value"),
    pytest.param("{ $.latency = 1.25e1 }", id="number in scientific form"),
    pytest.param("{ $.latency = +12.5 }", id="number with a sign"),
    pytest.param("{ $.latency > 12 }", id="more"),
    pytest.param("{ $.latency >= 12.5 }", id="more or equal"),
    pytest.param("{ $.latency < 1e2 }", id="less"),
    pytest.param("{ $.latency <= 12.50 }", id="less or equal"),
    pytest.param("{ $.latency > -3 }", id="negative number"),
    pytest.param("{ $.attempts != 4 }", id="another number"),
    pytest.param('{ $.attempts = "3" }', id="a quoted number compares as it is written"),
    pytest.param("{ $.latency = 12* }", id="wildcard over a number"),
    pytest.param("{ $.latency = %^12\\.50?$% }", id="regex over a number"),
    pytest.param("{ $.code = 400 }", id="a bare number and a string written the same"),
    pytest.param("{ $.errorMessage IS NULL }", id="null"),
    pytest.param("{ $.mixed IS NULL }", id="null inside of an array"),
    pytest.param("{ $.managementEvent IS TRUE }", id="true"),
    pytest.param("{ $.readOnly IS FALSE }", id="false"),
    pytest.param("{ $.errorCode NOT EXISTS }", id="absent"),
    pytest.param("{ $.userIdentity.invokedBy NOT EXISTS }", id="absent inside of an object"),
    pytest.param("{ $.errorMessage.text NOT EXISTS }", id="absent below null"),
    pytest.param("{ $.resources[7] NOT EXISTS }", id="absent element"),
    pytest.param("{ $.resources[*].name NOT EXISTS }", id="absent in every element"),
    pytest.param("{ $.userIdentity.x-amz_id = 7 }", id="hyphen and underscore in a name"),
    pytest.param("{ $.resources[0].type = trail }", id="element of an array"),
    pytest.param("{ $.resources[0].tags[1] = b }", id="array in an array"),
    pytest.param("{ $.matrix[1][0] = 2 }", id="two indexes"),
    pytest.param("{ $.resources[*].type = bucket }", id="any element"),
    pytest.param("{ $.resources[*].type != trail }", id="any element that differs"),
    pytest.param("{ $.* = ConsoleLogin }", id="any field"),
    pytest.param("{ $.userIdentity.* = IAMUser }", id="any field of an object"),
    pytest.param("{ $.['cluster.name'] = blue }", id="name with a period"),
    pytest.param('{ $.["cluster.name"] = blue }', id="name in double quotes"),
    pytest.param(r"{ $.['it\'s'] = odd }", id="name with a quote"),
    pytest.param("{ $.['Größe'] = L }", id="name with other letters"),
    pytest.param("{ $.['userIdentity']['type'] = IAMUser }", id="brackets behind brackets"),
    pytest.param("{ $.['userIdentity'].type = IAMUser }", id="period behind brackets"),
    pytest.param("{ $.eventName = ConsoleLogin && $.attempts = 3 }", id="and"),
    pytest.param("{ $.eventName = StopLogging || $.attempts = 3 }", id="or"),
    pytest.param("{ $.attempts = 3 || $.attempts = 4 && $.attempts = 5 }", id="and binds closer than or"),
    pytest.param("{ ($.attempts = 4 || $.attempts = 3) && $.latency < 13 }", id="parentheses"),
    pytest.param("{ (($.attempts = 3)) }", id="parentheses in parentheses"),
    pytest.param("{" + "||".join(["($.a=1)"] * 110) + "||$.attempts=3}", id="many parentheses side by side"),
    pytest.param('{ $.eventName != "null" }', id="the quoted word null is a string"),
    pytest.param("{ $.eventName = a || $.eventName = ConsoleLogin || $.eventName = b }", id="one of many"),
    pytest.param("{ $.eventName = a || $.attempts = 3 || $.eventName = b }", id="one of many selectors"),
]

SHOULD_NOT_MATCH = [
    pytest.param("{ $.eventName = consolelogin }", id="case counts"),
    pytest.param("{ $.eventName = Console }", id="a part is not the whole"),
    pytest.param('{ $.eventName != "ConsoleLogin" }', id="not different"),
    pytest.param("{ $.eventName != Console* }", id="not outside of a prefix"),
    pytest.param('{ $.eventName = "Console*x" }', id="text after the wildcard is absent"),
    pytest.param('{ $.eventName = "ConsoleLogin*ConsoleLogin" }', id="the ends do not overlap"),
    pytest.param('{ $.eventName = "*Login*Login*" }', id="a part that is there once is not there twice"),
    pytest.param('{ $.eventName = "*Login*gin" }', id="a part does not overlap the end"),
    pytest.param('{ $.eventName = "Console?ogin" }', id="a question mark is no wildcard"),
    pytest.param("{ $.eventName = %^Login% }", id="regex is not found"),
    pytest.param("{ $.eventName != %Login% }", id="regex is found"),
    pytest.param("{ $.latency = 12 }", id="another number"),
    pytest.param("{ $.latency > 12.5 }", id="not more"),
    pytest.param('{ $.latency = "12.50" }', id="a quoted number is written otherwise"),
    pytest.param("{ $.code = 400.0 }", id="a string is no number"),
    pytest.param("{ $.code > 300 }", id="strings have no order"),
    pytest.param("{ $.eventName < 5 }", id="nor have words"),
    pytest.param("{ $.absent = x }", id="absent field"),
    pytest.param("{ $.absent != x }", id="absent field is not different either"),
    pytest.param("{ $.absent IS NULL }", id="absent is not null"),
    pytest.param("{ $.eventName NOT EXISTS }", id="present"),
    pytest.param("{ $.errorMessage NOT EXISTS }", id="null is present"),
    pytest.param("{ $.resources[*].type NOT EXISTS }", id="present in one element"),
    pytest.param("{ $.errorMessage = * }", id="null is not any value"),
    pytest.param("{ $.errorMessage != x }", id="null is not different"),
    pytest.param("{ $.managementEvent = true }", id="a boolean is no string"),
    pytest.param("{ $.managementEvent != false }", id="a boolean is not different"),
    pytest.param("{ $.managementEvent = 1 }", id="true is not 1"),
    pytest.param("{ $.managementEvent = * }", id="a boolean is not any value"),
    pytest.param("{ $.attempts IS TRUE }", id="a number is no boolean"),
    pytest.param("{ $.resources = * }", id="an array has no value"),
    pytest.param("{ $.resources != x }", id="an array is not different"),
    pytest.param("{ $.resources = trail || $.resources = bucket }", id="an array is none of several"),
    pytest.param("{ $.userIdentity = * }", id="an object has no value"),
    pytest.param("{ $.userIdentity != IAMUser }", id="an object is not different"),
    pytest.param("{ $.userIdentity[0] = x }", id="an object has no elements"),
    pytest.param("{ $.resources.type = trail }", id="an array has no fields"),
    pytest.param("{ $.eventName.x = y }", id="nor has a string"),
    pytest.param("{ $.cluster.name = blue }", id="a period is not part of a bare name"),
    pytest.param("{ $.resources[*].type = user }", id="no element"),
    pytest.param("{ $.eventName = ConsoleLogin && $.attempts = 4 }", id="and"),
    pytest.param("{ $.eventName = a || $.eventName = b }", id="or"),
    pytest.param("{ ($.attempts = 3 || $.attempts = 4) && $.attempts = 5 }", id="parentheses bind first"),
]

NOT_AN_OBJECT = [
    pytest.param("", id="empty"),
    pytest.param("plain text", id="text"),
    pytest.param('{"eventName": "ConsoleLogin"', id="cut off"),
    pytest.param('{"eventName": "ConsoleLogin"} trailing', id="text behind"),
    pytest.param('2026-03-03 {"eventName": "ConsoleLogin"}', id="text before"),
    pytest.param('[{"eventName": "ConsoleLogin"}]', id="array"),
    pytest.param('"ConsoleLogin"', id="string"),
    pytest.param("null", id="null"),
    pytest.param('{"other": nonsense}', id="nonsense in a field that nobody asked for"),
    pytest.param("{'eventName': 'ConsoleLogin'}", id="single quotes"),
    pytest.param('{"eventName": "\ud800"}', id="half a character"),
    pytest.param('{"deep": ' + "[" * 100_000 + "]" * 100_000 + "}", id="nested without end"),
]


@pytest.mark.parametrize("pattern", SHOULD_MATCH)
def test_a_record_that_satisfies_the_conditions_matches(pattern):
    assert LogPattern(pattern).matches(SIGN_IN)


@pytest.mark.parametrize("pattern", SHOULD_NOT_MATCH)
def test_a_record_that_does_not_satisfy_the_conditions_does_not_match(pattern):
    assert not LogPattern(pattern).matches(SIGN_IN)


@pytest.mark.parametrize("pattern", [*SHOULD_MATCH, *SHOULD_NOT_MATCH])
def test_the_explanation_blames_nothing_exactly_when_the_record_matches(pattern):
    compiled = LogPattern(pattern)

    assert (compiled.explain(SIGN_IN) == ()) == compiled.matches(SIGN_IN)


@pytest.mark.parametrize("message", NOT_AN_OBJECT)
@pytest.mark.parametrize("pattern", ["{ $.eventName = * }", "{ $.absent NOT EXISTS }"])
def test_what_is_not_a_json_object_never_matches_and_never_raises(pattern, message):
    compiled = LogPattern(pattern)

    assert not compiled.matches(message)
    assert compiled.fields(message) == {}
    assert compiled.value_of("$.eventName", message) is None
    assert compiled.explain(message)


def test_of_two_fields_with_one_name_the_last_counts():
    pattern = LogPattern("{ $.v = 2 }")

    assert pattern.matches('{"v": 1, "v": 2}')
    assert not pattern.matches('{"v": 2, "v": 1}')


def test_a_long_number_is_not_rounded():
    assert not LogPattern("{ $.id = 9007199254740993 }").matches('{"id": 9007199254740992}')


def test_a_selector_may_go_deeper_than_another_one():
    pattern = LogPattern("{ $.a NOT EXISTS || $.a.b = 1 || $.a.b.c = 2 }")

    assert pattern.matches("{}")
    assert pattern.matches('{"a": {"b": 1}}')
    assert pattern.matches('{"a": {"b": {"c": 2}}}')
    assert not pattern.matches('{"a": {"b": {"c": 3}}}')


def test_a_selector_may_have_as_many_names_as_fit_in_a_pattern():
    depth = 500
    pattern = LogPattern("{ $" + ".a" * depth + " = 1 }")

    assert pattern.matches('{"a":' * depth + "1" + "}" * depth)
    assert not pattern.matches('{"a":' * depth + "2" + "}" * depth)


def test_fields_are_the_selectors_of_the_pattern_with_their_values_as_they_are_written():
    pattern = LogPattern(
        "{ $.latency > 1 && $.attempts = * && ($.absent = 1 || $.['cluster.name'] = blue)"
        " && $.resources[*].type = bucket && $.managementEvent IS TRUE && $.errorMessage IS NULL }"
    )

    assert pattern.fields('{"latency": 0}') == {}
    assert pattern.fields(SIGN_IN.replace("12.5", "1.250e1")) == {
        "$.latency": "1.250e1",
        "$.attempts": "3",
        "$.['cluster.name']": "blue",
        "$.resources[*].type": "trail",
        "$.managementEvent": "true",
    }


def test_selectors_are_given_once_in_the_order_of_the_pattern():
    pattern = LogPattern("{ ($.b = 1 || $.a = 2) && $.b != 3 }")

    assert pattern.language == "json"
    assert pattern.selectors == ("$.b", "$.a")


@pytest.mark.parametrize(
    ("selector", "value"),
    [
        pytest.param("$.sourceIPAddress", "198.51.100.7", id="string"),
        pytest.param("$.latency", "12.5", id="number"),
        pytest.param("$.readOnly", "false", id="boolean"),
        pytest.param("$.resources[1].type", "bucket", id="element"),
        pytest.param("$.errorMessage", None, id="null"),
        pytest.param("$.resources", None, id="array"),
        pytest.param("$.nowhere", None, id="absent"),
    ],
)
def test_a_metric_can_take_its_value_from_a_selector_that_the_pattern_does_not_have(selector, value):
    assert LogPattern("{ $.eventName = * }").value_of(selector, SIGN_IN) == value


@pytest.mark.parametrize("selector", ["latency", "$latency", "$.latency > 1", "$.", "1", ""])
def test_a_metric_can_not_take_its_value_from_what_is_no_selector(selector):
    with pytest.raises(InvalidPattern):
        LogPattern("{ $.eventName = * }").value_of(selector, SIGN_IN)

"""Log filter patterns as a whole: limits, refusals, explanations, and what no input can break."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.logs.pattern import LogPattern

REFUSED = [
    # What people bring from other languages, and the form that works here.
    pytest.param("{ $.a == 1 }", 6, "write $.a = ...", id="two equal signs"),
    pytest.param("{ $.a === 1 }", 6, "write $.a = ...", id="three equal signs"),
    pytest.param("{ $.a <> 1 }", 6, "write $.a != ...", id="SQL's not equal"),
    pytest.param("{ $.a =! 1 }", 6, "write $.a != ...", id="not equal the wrong way round"),
    pytest.param("{ $.a => 1 }", 6, "write $.a >= ...", id="more or equal the wrong way round"),
    pytest.param("{ $.a =~ x }", 6, "%regex%", id="Perl's match"),
    pytest.param('{ $.a: "x" }', 5, "write $.a = ...", id="colon"),
    pytest.param("{ $.a = 'x' }", 8, '$.a = "..."', id="single quotes"),
    pytest.param("{ $.a=x'y' }", 7, '$.a = "..."', id="single quotes in a value"),
    pytest.param("{ eventName = x }", 2, "$.eventName", id="no dollar sign, no period"),
    pytest.param("{ .eventName = x }", 2, "$.eventName", id="no dollar sign"),
    pytest.param("{ $eventName = x }", 2, "$.eventName", id="no period"),
    pytest.param("{ $['a'] = x }", 2, "$.['name']", id="no period before a bracket"),
    pytest.param("{ $.a = 1 || 2 }", 13, "a selector", id="no selector after or"),
    pytest.param("{ $.a = 1 AND $.b = 2 }", 10, "&&", id="AND"),
    pytest.param("{ $.a = 1 and $.b = 2 }", 10, "&&", id="and"),
    pytest.param("{ ($.a = 1) OR ($.b = 2) }", 12, "||", id="OR"),
    pytest.param("{ $.a = 1 & $.b = 2 }", 10, "&&", id="one ampersand"),
    pytest.param("{ $.a = 1 | $.b = 2 }", 10, "||", id="one bar"),
    pytest.param("{ $.a = 1, $.b = 2 }", 9, "not with a comma", id="comma"),
    pytest.param("{ $.a IS NOT NULL }", 6, "$.a = *", id="IS NOT NULL"),
    pytest.param("{ $.a EXISTS }", 6, "$.a = *", id="EXISTS"),
    pytest.param("{ $.a is null }", 6, "$.a IS NULL", id="is null"),
    pytest.param("{ $.a not exists }", 6, "$.a NOT EXISTS", id="not exists"),
    pytest.param("{ $.a NOT NULL }", 6, "$.a NOT EXISTS", id="NOT NULL"),
    pytest.param("{ $.a IS EMPTY }", 6, "NULL, TRUE or FALSE", id="IS something"),
    pytest.param("{ $.a = null }", 6, "$.a IS NULL", id="equal to null"),
    pytest.param("{ $.a }", 6, "$.a = *", id="a selector alone"),
    pytest.param('{ $.a LIKE "x%" }', 6, "%regex%", id="LIKE"),
    pytest.param("{ $.a in (1, 2) }", 6, "||", id="in"),
    pytest.param("{ !($.a = 1) }", 2, "no negation", id="exclamation mark"),
    pytest.param("{ NOT ($.a = 1) }", 2, "no negation", id="NOT"),
    pytest.param('{ "source": ["aws.iam"] }', 2, "EventBridge", id="an event pattern"),
    pytest.param("$.eventName = x", 0, "in braces", id="no braces"),
    pytest.param("ERROR && WARN", 6, "?A ?B", id="and between terms"),
    pytest.param("ERROR || WARN", 6, "?A ?B", id="or between terms"),
    pytest.param("'Failed password'", 0, "double quotes", id="phrase in single quotes"),
    pytest.param("[$a, b]", 1, "no dollar sign", id="dollar sign before a field"),
    pytest.param("[a == 1]", 3, "write a = ...", id="two equal signs in a field"),
    pytest.param("[a=!ERROR, b]", 2, "write a != ...", id="not equal the wrong way round in a field"),
    pytest.param('["ERROR", b]', 1, "[w1 = ERROR, w2]", id="a value without a name"),
    # Terms.
    pytest.param("ERR*", 3, "Invalid character(s) in term '*'", id="wildcard in a term"),
    pytest.param("?Status: timeout", 7, "Invalid character(s) in term ':'", id="colon in a term"),
    pytest.param('"ERROR', 0, "is not closed", id="open phrase"),
    pytest.param('"ERROR"x', 7, "Invalid character(s)", id="text right behind a phrase"),
    pytest.param("ERROR - x", 6, "without a blank", id="blank behind a sign"),
    pytest.param("?", 0, "without a blank", id="a sign alone"),
    pytest.param("%ab", 0, "closed by another %", id="open regex"),
    pytest.param("ERROR %a(b%", 8, "Parentheses", id="regex with a group"),
    # JSON.
    pytest.param("{", 1, "selector", id="an open brace"),
    pytest.param("{ }", 2, "between the braces", id="no condition"),
    pytest.param("{ $.a = 1", 9, "not closed by }", id="no closing brace"),
    pytest.param("{ $.a = 1 } x", 12, "closing brace", id="text behind the brace"),
    pytest.param("{ ($.a = 1 }", 2, "not closed by )", id="no closing parenthesis"),
    pytest.param("{ $.a = 1) }", 9, "was not opened", id="no opening parenthesis"),
    pytest.param("{ $.a = }", 8, "must be followed by a value", id="no value"),
    pytest.param("{ $.a = 1 && }", 13, "condition must follow", id="nothing after and"),
    pytest.param("{ $.a = b c }", 10, "double quotes", id="two words"),
    pytest.param("{ $.a = a/b }", 9, "Invalid character(s) in term '/'", id="a bare value with a slash"),
    pytest.param('{ $.a = "x }', 8, "is not closed", id="open string"),
    pytest.param('{ $.a > "5" }', 8, "without quotes", id="order of a quoted number"),
    pytest.param("{ $.a >= x }", 9, "numbers only", id="order of a word"),
    pytest.param("{ $.a < %x% }", 8, "numbers only", id="order of a regex"),
    pytest.param("{ $..a = 1 }", 4, "A name must follow", id="two periods"),
    pytest.param("{ $.@x = 1 }", 4, "$.['x.y']", id="another character in a name"),
    pytest.param("{ $.a@x = 1 }", 5, "$.['a@b']", id="another character within a name"),
    pytest.param('{ $."a-b" = 1 }', 4, "$.['x.y']", id="a name in quotes without brackets"),
    pytest.param("{ $.a[-1] = 1 }", 5, "index from 0", id="negative index"),
    pytest.param("{ $.a[0:2] = 1 }", 5, "not closed by ]", id="slice"),
    pytest.param("{ $.a[] = 1 }", 5, "index from 0", id="empty brackets"),
    pytest.param("{ $.a[*].* = 1 }", 2, "at most one wildcard", id="two wildcards in a selector"),
    pytest.param(
        "{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.* = 1 }", 44, "At most 3 wildcard", id="four wildcards"
    ),
    pytest.param("{ $.a = %x% || $.b = %y% || $.c = %z% }", 28, "At most 2 regular", id="three regexes"),
    pytest.param("{ " + "(" * 200 + "$.a = 1" + ")" * 200 + " }", 102, "parentheses", id="200 parentheses"),
    # Space-delimited.
    pytest.param("[a, b", 5, "not closed by ]", id="no closing bracket"),
    pytest.param("[a] x", 4, "closing bracket", id="text behind the bracket"),
    pytest.param("[a b]", 3, "followed by an operator", id="no comma"),
    pytest.param("[a = 1 b]", 7, "separated by commas", id="no comma behind a condition"),
    pytest.param("[a, a]", 4, "the name a", id="a name twice"),
    pytest.param("[a, ..., b, ...]", 12, "at most once", id="dots twice"),
    pytest.param("[... = 1]", 5, "must be alone", id="a condition on the dots"),
    pytest.param("[a = ]", 5, "must be followed by a value", id="no value for a field"),
    pytest.param("[a = 1 ||]", 9, "name must follow", id="nothing after or in a field"),
    pytest.param("[a, b = x || c = y]", 13, "no field c", id="a condition on a field that is not there"),
    pytest.param("[a IS NULL, b]", 3, "followed by an operator", id="IS NULL on a field"),
    pytest.param("[a = %x%, b = %y%, c = %z%]", 19, "At most 2 regular", id="three regexes in fields"),
    # All.
    pytest.param("x" * 1025, 1024, "at most 1,024", id="too long"),
]


@pytest.mark.parametrize(("pattern", "position", "reason"), REFUSED)
def test_a_wrong_pattern_is_refused_with_the_reason_and_the_place(pattern, position, reason):
    with pytest.raises(InvalidPattern) as caught:
        LogPattern(pattern)

    assert reason in caught.value.reason
    assert caught.value.position == position
    assert caught.value.where


def test_a_pattern_of_1024_characters_is_taken():
    assert LogPattern("x" * 1024).matches("x" * 1024)


@pytest.mark.parametrize(
    ("pattern", "language"),
    [
        pytest.param("ERROR", "terms", id="term"),
        pytest.param("", "terms", id="empty"),
        pytest.param("%x%", "terms", id="regex"),
        pytest.param(" { $.a = 1 }", "json", id="brace"),
        pytest.param("\t[a]", "space-delimited", id="bracket"),
    ],
)
def test_the_first_character_tells_the_language(pattern, language):
    assert LogPattern(pattern).language == language


EXPLAINED = [
    pytest.param(
        "Failed -root",
        "Failed password for root",
        [("-root", 7, "root", "the message has root")],
        id="excluded term",
    ),
    pytest.param(
        "?Accepted ?closed",
        "Failed password",
        [
            ("?Accepted", 0, None, "the message does not have Accepted"),
            ("?closed", 10, None, "the message does not have closed"),
        ],
        id="optional terms",
    ),
    pytest.param(
        "?Accepted Failed",
        "closed",
        [("Failed", 10, None, "the message does not have Failed")],
        id="ignored optional term",
    ),
    pytest.param(
        '{ $.a = 1 && $.b = "x" && $.c NOT EXISTS }',
        '{"a": 1, "b": "y", "c": 2.50}',
        [('$.b = "x"', 13, '"y"', '$.b is "y"'), ("$.c NOT EXISTS", 26, "2.50", "$.c is 2.50")],
        id="two of three conditions",
    ),
    pytest.param(
        "{ ($.a = 1 || $.a = 2) && $.b = 1 }",
        '{"a": 3, "b": 1}',
        [("$.a = 1", 3, "3", "$.a is 3"), ("$.a = 2", 14, "3", "$.a is 3")],
        id="both sides of an or",
    ),
    pytest.param("{ $.a = 1 }", "{}", [("$.a = 1", 2, None, "the message has no $.a")], id="absent field"),
    pytest.param(
        "{ $.a = true }",
        '{"a": true}',
        [("$.a = true", 2, "true", "$.a is true, which no comparison takes; write $.a IS TRUE")],
        id="boolean",
    ),
    pytest.param(
        "{ $.a = x }",
        '{"a": [1]}',
        [("$.a = x", 2, "[1]", "$.a is an array; only strings and numbers are compared")],
        id="array",
    ),
    pytest.param(
        "{ $.a[*] = x }",
        '{"a": ["y", 1]}',
        [("$.a[*] = x", 2, '"y", 1', '$.a[*] is "y", 1')],
        id="any element",
    ),
    pytest.param(
        "{ $.a = x }",
        "no JSON",
        [
            (
                "{ $.a = x }",
                0,
                "no JSON",
                "the message is not a JSON object; a JSON pattern matches nothing else",
            )
        ],
        id="no JSON",
    ),
    pytest.param(
        "[..., status = 404 || status = 410, bytes > 10]",
        "GET 200 5",
        [
            ("status = 404", 6, "200", "status is 200"),
            ("status = 410", 22, "200", "status is 200"),
            ("bytes > 10", 36, "5", "bytes is 5"),
        ],
        id="fields",
    ),
    pytest.param(
        "[a, b, c]",
        "x y",
        [("[a, b, c]", 0, "x y", "the line has 2 fields, the pattern asks for 3 or more")],
        id="too few fields",
    ),
]


@pytest.mark.parametrize(("pattern", "message", "blamed"), EXPLAINED)
def test_an_explanation_names_the_conditions_and_what_stood_there(pattern, message, blamed):
    found = LogPattern(pattern).explain(message)

    assert [(each.condition, each.position, each.value, each.reason) for each in found] == blamed


# Text that is likely to be a pattern, or nearly one.
FRAGMENTS = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            "$.",
            "$",
            ".",
            "*",
            "%",
            '"',
            "'",
            "\\",
            ",",
            "...",
            " ",
            "&&",
            "||",
        ),
        *(
            "=",
            "!=",
            "<",
            ">=",
            "!",
            "?",
            "-",
            "+",
            "^",
            "|",
            "a",
            "b1",
            "0",
            "1e9",
            "IS",
            "NULL",
            "NOT",
            "EXISTS",
        ),
        *(
            "TRUE",
            "$.a",
            "$.a[0]",
            "$.a[*]",
            "$.['x.y']",
            "= 1",
            "a=b",
            "%a*b%",
            "{2,3}",
            "é",
            "\x00",
            "\ud800",
        ),
    ]
)
PATTERNS = st.one_of(
    st.text(max_size=60),
    st.lists(FRAGMENTS, max_size=30).map("".join),
    st.lists(FRAGMENTS, max_size=20).map(lambda parts: "{" + " ".join(parts) + "}"),
    st.lists(FRAGMENTS, max_size=20).map(lambda parts: "[" + " ".join(parts) + "]"),
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b1", "x.y", "é"]), inner, max_size=3)
    ),
    max_leaves=8,
)
MESSAGES = st.one_of(
    st.text(max_size=60),
    st.lists(FRAGMENTS, max_size=20).map(" ".join),
    DOCUMENTS.map(json.dumps),
    DOCUMENTS.map(lambda document: json.dumps(document, ensure_ascii=False)),
)


@given(PATTERNS)
@example("{" + "(" * 1022)
@example("{$" + ".a" * 511)
@example("[" * 1024)
@example("%" + "[" * 1022 + "%")
def test_compiling_raises_nothing_but_invalid_pattern(pattern):
    position = 0
    try:
        LogPattern(pattern)
    except InvalidPattern as refused:
        position = refused.position

    assert 0 <= position <= len(pattern)


USED = [
    *(
        "a",
        "?a ?b1",
        "-a",
        '"é"',
        "%a.*b$%",
        "{ $.a = 1 }",
        "{ $.a != x* && $.b1 IS NULL }",
        "{ $.* = %^a% }",
    ),
    *("{ $.a[*].b1 > 1 || $.a[0] NOT EXISTS }", "{ $.['x.y'].a = * }", "[a, b = 1, ...]", "[..., a > 1, b]"),
    *('[a, b = %x+% || a = "*"]', "[]", "{ $.['é'].a = 1 || $.['é'] = * }"),
]


@pytest.mark.slow
@given(st.sampled_from(USED), MESSAGES)
def test_matching_never_raises_and_all_answers_agree(pattern, message):
    compiled = LogPattern(pattern)

    matched = compiled.matches(message)

    assert (compiled.explain(message) == ()) == matched
    assert matched or compiled.fields(message) == {}

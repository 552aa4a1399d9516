"""Which event patterns are refused, in whose words, and where the caret goes."""

import contextlib
import pickle

import pytest

from chalicelib.matching import EventPattern, InvalidPattern

# Under AWS's reason: the pattern, the place in words, and the text that begins at the place in the pattern.
REFUSALS = {
    "Filter is not an object": [
        ("[1]", "the pattern", "[1]"),
    ],
    "Empty objects are not allowed": [
        ("{}", "the pattern", "{}"),
        ('{"a": {}}', "a", "{}"),
        ('{"$or": [{"a": [1]}, {}]}', "$or[1]", "{}"),
    ],
    "Empty arrays are not allowed": [
        ('{"a": []}', "a", "[]"),
        ('{"a": [{"anything-but": {"prefix": []}}]}', "a[0].anything-but.prefix", "[]"),
        ('{"$or": [{"a": [1]}, {"b": []}]}', "$or[1].b", "[]"),
    ],
    '"b" must be an object or an array': [
        ('{"a": {"b": "x"}}', "a.b", '"x"'),
    ],
    "Match value must be String, number, true, false, or null": [
        ('{"a": [[1]]}', "a[0]", "[1]"),
    ],
    "Match expression name not found": [
        ('{"a": [{}]}', "a[0]", "{}"),
    ],
    "Unrecognized match type regex": [
        ('{"a": ["x", {"regex": "x"}]}', "a[1].regex", '"regex"'),
    ],
    "Unrecognized match type NUMERIC": [
        ('{"a": [{"NUMERIC": ["=", 5]}]}', "a[0].NUMERIC", '"NUMERIC"'),
    ],
    "Only one key allowed in match expression": [
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', "a[0].suffix", '"suffix"'),
        ('{"a": [{"exists": true, "x": 1}]}', "a[0].x", '"x"'),
        ('{"a": [{"prefix": {"equals-ignore-case": "x", "y": 1}}]}', "a[0].prefix.y", '"y"'),
    ],
    "prefix match pattern must be a string": [
        ('{"a": [{"prefix": 3}]}', "a[0].prefix", "3"),
        ('{"a": [{"prefix": ["x"]}]}', "a[0].prefix", '["x"]'),
        ('{"a": [{"cidr": 10}]}', "a[0].cidr", "10"),
    ],
    "Prefix expression name not found": [
        ('{"a": [{"prefix": {}}]}', "a[0].prefix", "{}"),
    ],
    "Unsupported prefix pattern: wildcard": [
        ('{"a": [{"prefix": {"wildcard": "x"}}]}', "a[0].prefix.wildcard", '"wildcard"'),
    ],
    "suffix match pattern must be a string": [
        ('{"a": [{"suffix": null}]}', "a[0].suffix", "null"),
    ],
    "equals-ignore-case match pattern must be a string": [
        ('{"a": [{"suffix": {"equals-ignore-case": ["x"]}}]}', "a[0].suffix.equals-ignore-case", '["x"]'),
        ('{"a": [{"equals-ignore-case": ["x"]}]}', "a[0].equals-ignore-case", '["x"]'),
    ],
    "exact match pattern must be a string": [
        ('{"a": [{"exactly": 33}]}', "a[0].exactly", "33"),
    ],
    "exists match pattern must be either true or false.": [
        ('{"a": [{"exists": "true"}]}', "a[0].exists", '"true"'),
        ('{"a": [{"exists": 1}]}', "a[0].exists", "1}"),
    ],
    "wildcard match pattern must be a string": [
        ('{"a": [{"wildcard": ["x*"]}]}', "a[0].wildcard", '["x*"]'),
        ('{"a": [{"anything-but": {"wildcard": 27}}]}', "a[0].anything-but.wildcard", "27"),
    ],
    "Consecutive wildcard characters at pos 4": [
        ('{"a": [{"wildcard": "abc**def"}]}', "a[0].wildcard", '"abc'),
    ],
    "Consecutive wildcard characters at pos 3": [
        ('{"a": [{"wildcard": "ä**"}]}', "a[0].wildcard", '"ä'),
    ],
    "Invalid escape character at pos 2": [
        ('{"a": [{"wildcard": "a\\\\b"}]}', "a[0].wildcard", '"a\\'),
        ('{"a": [{"wildcard": "a\\\\"}]}', "a[0].wildcard", '"a\\'),
    ],
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after "
    "a wildcard character": [
        ('{"a": [{"wildcard": "*:*:*:*:*:event-bus/*"}]}', "a", "[{"),
    ],
    "Value of numeric must be an array.": [
        ('{"a": [{"numeric": 5}]}', "a[0].numeric", "5"),
    ],
    "Invalid member in numeric match": [
        ('{"a": [{"numeric": []}]}', "a[0].numeric", "[]"),
    ],
    "Unrecognized numeric range operator: ==": [
        ('{"a": [{"numeric": ["==", 1]}]}', "a[0].numeric[0]", '"=="'),
    ],
    "Value of equals must be numeric": [
        ('{"a": [{"numeric": ["=", "1"]}]}', "a[0].numeric[1]", '"1"'),
    ],
    "Value of <= must be numeric": [
        ('{"a": [{"numeric": ["<=", true]}]}', "a[0].numeric[1]", "true"),
    ],
    "Value of >= must be numeric": [
        ('{"a": [{"numeric": [">="]}]}', "a[0].numeric", '[">="]'),
    ],
    "Too many elements in numeric expression": [
        ('{"a": [{"numeric": ["<", 1, ">", 0]}]}', "a[0].numeric[2]", '">"'),
        ('{"a": [{"numeric": ["=", 1], "x": 1}]}', "a[0].x", '"x"'),
        ('{"a": [{"anything-but": "x", "y": 1}]}', "a[0].y", '"y"'),
        ('{"a": [{"anything-but": {"prefix": "x", "y": 1}}]}', "a[0].anything-but.y", '"y"'),
    ],
    "Bad numeric range operator: >": [
        ('{"a": [{"numeric": [">", 0, ">", 0]}]}', "a[0].numeric[2]", '">", 0]}'),
    ],
    "Value of < must be numeric": [
        ('{"a": [{"numeric": [">", 0, "<"]}]}', "a[0].numeric", '[">", 0'),
    ],
    "Bottom must be less than top": [
        ('{"a": [{"numeric": [">", 30, "<", 1]}]}', "a[0].numeric", '[">", 30'),
        ('{"a": [{"numeric": [">=", 1, "<=", 1]}]}', "a[0].numeric", '[">="'),
    ],
    "Too many terms in numeric range expression": [
        ('{"a": [{"numeric": [">", 1, "<", 3, false]}]}', "a[0].numeric[4]", "false"),
    ],
    "Bad value in numeric range": [
        ('{"a": [{"numeric": [">", 1, 2, 3]}]}', "a[0].numeric[2]", "2, 3"),
    ],
    "Cannot compare number : 1e400": [
        ('{"a": [{"numeric": ["=", 1e400]}]}', "a[0].numeric[1]", "1e400"),
    ],
    "Cannot compare number : 0.12345678901234567891": [
        ('{"a": [{"numeric": ["=", 0.12345678901234567891]}]}', "a[0].numeric[1]", "0.1234"),
    ],
    "Malformed CIDR, one '/' required": [
        ('{"a": [{"cidr": "10.0.0.0"}]}', "a[0].cidr", '"10'),
    ],
    "Malformed CIDR, mask bits must be an integer": [
        ('{"a": [{"cidr": "10.0.0.0/x"}]}', "a[0].cidr", '"10'),
    ],
    "Malformed CIDR, mask bits must not be negative": [
        ('{"a": [{"cidr": "10.0.0.0/-1"}]}', "a[0].cidr", '"10'),
    ],
    "Nonstandard IP address: x": [
        ('{"a": [{"cidr": "x/8"}]}', "a[0].cidr", '"x/8"'),
    ],
    "IPv4 mask bits must be < 32": [
        ('{"a": [{"cidr": "10.0.0.0/32"}]}', "a[0].cidr", '"10'),
    ],
    "IPv6 mask bits must be < 128": [
        ('{"a": [{"cidr": "::/128"}]}', "a[0].cidr", '"::'),
    ],
    "Value of anything-but must be an array or single string/number value.": [
        ('{"a": [{"anything-but": null}]}', "a[0].anything-but", "null"),
        (
            '{"a": [{"anything-but": {"suffix": {"equals-ignore-case": "x"}}}]}',
            "a[0].anything-but.suffix",
            "{",
        ),
    ],
    "Inside anything but list, start|null|boolean is not supported.": [
        ('{"a": [{"anything-but": ["x", true]}]}', "a[0].anything-but[1]", "true"),
    ],
    "Inside anything but list, either all values are number or string, mixed type is not supported": [
        ('{"a": [{"anything-but": []}]}', "a[0].anything-but", "[]"),
        ('{"a": [{"anything-but": ["x", 1]}]}', "a[0].anything-but", '["x"'),
    ],
    "Anything-But expression name not found": [
        ('{"a": [{"anything-but": {}}]}', "a[0].anything-but", "{}"),
    ],
    "Unsupported anything-but pattern: numeric": [
        ('{"a": [{"anything-but": {"numeric": ["=", 1]}}]}', "a[0].anything-but.numeric", '"numeric"'),
    ],
    "Null prefix/suffix not allowed": [
        ('{"a": [{"anything-but": {"prefix": ""}}]}', "a[0].anything-but.prefix", '""'),
    ],
    "prefix/suffix match pattern must be a string": [
        ('{"a": [{"anything-but": {"suffix": [1]}}]}', "a[0].anything-but.suffix", "1]"),
    ],
    "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.": [
        ('{"a": [{"anything-but": {"equals-ignore-case": 5}}]}', "a[0].anything-but.equals-ignore-case", "5"),
    ],
    "Consecutive wildcard characters at pos 1": [
        ('{"a": [{"anything-but": {"wildcard": ["x", "**"]}}]}', "a[0].anything-but.wildcard", '"**"'),
    ],
    "There must have at least 2 Objects in $or relationship.": [
        ('{"$or": [{"a": [1]}]}', "$or", "["),
    ],
    "Only JSON object is allowed in array of $or relationship.": [
        ('{"d": {"$or": [{"a": [1]}, 5, {"b": [1]}]}}', "d.$or[1]", "5"),
    ],
    "It must be an Array followed with $or.": [
        ('{"$or": "x"}', "$or", '"x"'),
    ],
    "prefix is Ruler reserved fieldName which cannot be used inside $or.": [
        ('{"$or": [{"prefix": [1]}, {"b": [1]}]}', "$or[0].prefix", '"prefix"'),
    ],
    "Not JSON: expected a value": [
        ("hello", "line 1, column 1", "hello"),
        ("", "line 1, column 1", ""),
        ('{"a": [1,]}', "line 1, column 10", "]}"),
        ('{"a": [NaN]}', "line 1, column 8", "NaN"),
    ],
    "Not JSON: expected a string in double quotes": [
        ("{'a': [1]}", "line 1, column 2", "'a'"),
    ],
    "Not JSON: expected ',' or ']'": [
        ('{"a":\n  [1 2]}', "line 2, column 6", "2]"),
        ('{"a": [01]}', "line 1, column 9", "1]}"),
    ],
    "Not JSON: expected ':'": [
        ('{"a" [1]}', "line 1, column 6", "[1]"),
    ],
    "Not JSON: nothing may follow the pattern": [
        ('{"a": [1]} x', "line 1, column 12", "x"),
    ],
    "Not JSON: this string is not closed or badly escaped": [
        ('{"a": ["x]}', "line 1, column 8", '"x]}'),
    ],
}

REFUSED_MAPPINGS = [
    pytest.param({"a": {"b": {1}}}, "set is not a JSON value", '"b"', id="a set"),
    pytest.param({"a": {1: ["x"]}}, "The key 1 is not a string", '"a"', id="a number as a key"),
    pytest.param({"a": [float("nan")]}, "float is not a JSON value", '"a"', id="a number that is none"),
    pytest.param({"a": [b"x"]}, "bytes is not a JSON value", '"a"', id="bytes"),
    pytest.param({"a": "x"}, '"a" must be an object or an array', "a", id="a bare value"),
    pytest.param(
        {"a": [{"prefix": 3}]}, "prefix match pattern must be a string", "a[0].prefix", id="an operator"
    ),
    pytest.param(None, "Filter is not an object", "the pattern", id="None"),
    pytest.param(["a"], "Filter is not an object", "the pattern", id="a list"),
    pytest.param(b'{"a": [1]}', "bytes is not a JSON value", "the pattern", id="a pattern in bytes"),
]


@pytest.mark.parametrize(
    ("pattern", "reason", "where", "caret"),
    [pytest.param(row[0], reason, *row[1:], id=row[0]) for reason, rows in REFUSALS.items() for row in rows],
)
def test_is_refused_with_reason_and_place(pattern, reason, where, caret):
    with pytest.raises(InvalidPattern) as refusal:
        EventPattern(pattern)

    assert (refusal.value.reason, refusal.value.where) == (reason, where)
    assert str(refusal.value) == f"{reason} (at {where})"
    assert pattern[refusal.value.position :].startswith(caret)


@pytest.mark.parametrize(("pattern", "reason", "where"), REFUSED_MAPPINGS)
def test_a_mapping_is_refused_without_a_position(pattern, reason, where):
    with pytest.raises(InvalidPattern) as refusal:
        EventPattern(pattern)

    assert (refusal.value.reason, refusal.value.where, refusal.value.position) == (reason, where, None)


@pytest.mark.parametrize("bracket", ['{"a":', "[", '{"a":[{"anything-but":', '{"$or":['])
def test_a_pattern_of_brackets_is_refused_not_crashed_into(bracket):
    with pytest.raises(InvalidPattern, match="levels deep"):
        EventPattern(bracket * 100_000)


def test_a_mapping_that_holds_itself_is_refused():
    endless = {}
    endless["a"] = endless

    with pytest.raises(InvalidPattern, match="levels deep"):
        EventPattern(endless)


def or_of(count, letter):
    return {"$or": [{f"{letter}{number}": [number]} for number in range(count)]}


def test_a_thousand_combinations_of_or_are_the_most():
    thousand = {"d": or_of(40, "x"), "e": or_of(25, "y")}
    more = {"d": or_of(7, "x"), "e": or_of(11, "y"), "f": or_of(13, "z")}

    assert EventPattern(thousand).matches({"d": {"x39": 39}, "e": {"y24": 24}})
    with pytest.raises(InvalidPattern, match="at most 1000 combinations"):
        EventPattern(more)


@pytest.mark.slow
def test_many_ors_are_refused_before_they_multiply():
    explosive = {f"field{number}": or_of(30, "x") for number in range(1000)}

    with pytest.raises(InvalidPattern, match="at most 1000 combinations"):
        EventPattern(explosive)


@pytest.mark.parametrize(
    "wildcards",
    [
        pytest.param(["*a*b*c*d*e*"], id="asterisks between different letters"),
        pytest.param(["arn:aws:events:us-east-1:*:event-bus/*"], id="an ARN"),
        pytest.param(
            [f"*:stack/{name}/*" for name in ("Core", "Data", "Web")], id="three that were accepted"
        ),
        pytest.param([f"{letter}*{letter}*{letter}" for letter in "abcdefgh"], id="many that never meet"),
    ],
)
def test_wildcards_of_ordinary_complexity_are_accepted(wildcards):
    EventPattern({"a": [{"wildcard": each} for each in wildcards]})


@pytest.mark.parametrize(
    "wildcards",
    [
        pytest.param(
            [f"*:stack/{name}/*" for name in ("Core", "Data", "Web", "Mon")], id="four that were refused"
        ),
        pytest.param(["*aaaaaaaaaa"], id="one letter repeated after an asterisk"),
        pytest.param(["*a*b*c*d*e*f*g*h*i*j*"], id="eleven asterisks"),
    ],
)
def test_wildcards_that_one_text_can_meet_in_many_ways_are_refused(wildcards):
    with pytest.raises(InvalidPattern, match="Rule is too complex"):
        EventPattern({"a": [{"wildcard": each} for each in wildcards]})


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["ab" * 20_000, "a" * 20_000 + "b", "".join(map(chr, range(97, 20_097)))])
def test_a_very_long_wildcard_is_judged_letter_by_letter(piece):
    """Comparing every beginning with every other would take hours."""
    with contextlib.suppress(InvalidPattern):
        EventPattern({"a": [{"wildcard": f"*{piece}*"}]})


def test_a_refusal_survives_the_way_between_processes():
    refusal = InvalidPattern("No", where="a[0]", position=3)

    again = pickle.loads(pickle.dumps(refusal))

    assert (again.reason, again.where, again.position) == ("No", "a[0]", 3)

"""What an event pattern matches, what it doesn't, and how a mismatch is reported."""

import json
from collections import OrderedDict, defaultdict
from types import MappingProxyType

import pytest

from chalicelib.matching import EventPattern
from chalicelib.matching.events import pattern as event_pattern
from chalicelib.matching.events.pattern import Mismatch

PEOPLE = {"people": [{"name": "Ann", "role": "admin"}, {"name": "Ben"}, {"name": "Cid", "role": "guest"}]}
NESTED = {"a": [[{"b": 1, "c": 2}], [{"b": 3, "c": 4}, 5]]}


def row(name, pattern, event):
    return pytest.param(pattern, event, id=name)


SHOULD_MATCH = [
    row("a letter that splits", {"a": [{"suffix": {"equals-ignore-case": "ŉ"}}]}, {"a": "x\u02bcN"}),
    row("one of several values", {"a": ["x", "y"]}, {"a": "y"}),
    row("every named field", {"a": ["x"], "b": {"c": [1]}}, {"a": "x", "b": {"c": 1}, "d": 0}),
    row("an array that shares a value", {"a": ["x", "y"]}, {"a": ["q", "y"]}),
    row("a value in an array of arrays", {"a": ["x"]}, {"a": [["q"], [["x"]]]}),
    row("null is a value", {"a": [None]}, {"a": None}),
    row("the empty string is a value", {"a": [""]}, {"a": ""}),
    row("true", {"a": [True]}, {"a": True}),
    row("whole numbers and fractions compare as numbers", {"a": [300]}, {"a": 300.0}),
    row("a number in another notation", '{"a": [3.0e2]}', '{"a": 300}'),
    row(
        "a number no double holds, as written",
        '{"a": [12345678901234567890123]}',
        '{"a": 12345678901234567890123}',
    ),
    row("a number out of a double's range", '{"a": [1e400]}', '{"a": 1e400}'),
    row("an account number", {"a": [123456789012]}, {"a": 123456789012}),
    row("the exactly operator", {"a": [{"exactly": "x"}]}, {"a": "x"}),
    row("an address in another spelling", {"a": ["2001:db8::1"]}, {"a": "2001:0DB8:0:0:0:0:0:1"}),
    row("an address with leading zeros", {"a": ["10.0.0.1"]}, {"a": "010.00.0.1"}),
    row("an address mapped into v6", {"a": ["10.0.0.1"]}, {"a": "::ffff:a00:1"}),
    row("prefix", {"a": [{"prefix": "ab"}]}, {"a": "abc"}),
    row("the empty prefix on any string", {"a": [{"prefix": ""}]}, {"a": ""}),
    row("suffix", {"a": [{"suffix": "bc"}]}, {"a": "abc"}),
    row("the empty suffix on any string", {"a": [{"suffix": ""}]}, {"a": "x"}),
    row("prefix in any case", {"a": [{"prefix": {"equals-ignore-case": "AB"}}]}, {"a": "aBc"}),
    row("suffix in any case", {"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}, {"a": "a.png"}),
    row("equals-ignore-case", {"a": [{"equals-ignore-case": "StraSSe"}]}, {"a": "sTRAssE"}),
    row("equals-ignore-case beyond ASCII", {"a": [{"equals-ignore-case": "Ωmega"}]}, {"a": "ωMEGA"}),
    row("equals-ignore-case with a letter that grows", {"a": [{"equals-ignore-case": "ß"}]}, {"a": "SS"}),
    row(
        "suffix in any case with a letter that grows",
        {"a": [{"suffix": {"equals-ignore-case": "aß"}}]},
        {"a": "xASS"},
    ),
    row(
        "equals-ignore-case takes no sign for an operator",
        {"a": [{"equals-ignore-case": "a.*"}]},
        {"a": "A.*"},
    ),
    row("wildcard at both ends", {"a": [{"wildcard": "*b*"}]}, {"a": "abc"}),
    row("wildcard for nothing at all", {"a": [{"wildcard": "a*b"}]}, {"a": "ab"}),
    row("wildcard that must not take the first place", {"a": [{"wildcard": "*ab"}]}, {"a": "abab"}),
    row("a lone wildcard on the empty string", {"a": [{"wildcard": "*"}]}, {"a": ""}),
    row("the empty wildcard on the empty string", {"a": [{"wildcard": ""}]}, {"a": ""}),
    row("wildcard with an escaped asterisk", {"a": [{"wildcard": "a\\*b*"}]}, {"a": "a*bc"}),
    row("wildcard with an escaped backslash", {"a": [{"wildcard": "a\\\\*"}]}, {"a": "a\\z"}),
    row("wildcard over a line break", {"a": [{"wildcard": "a*b"}]}, {"a": "a\nb"}),
    row("numeric equals", {"a": [{"numeric": ["=", 3.018e2]}]}, {"a": 301.8}),
    row("numeric with a closed upper bound", {"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 5}),
    row("numeric beyond five billion", {"a": [{"numeric": [">", 5e9]}]}, {"a": 1e300}),
    row("numeric below zero", {"a": [{"numeric": ["<", -4e-8]}]}, {"a": -1e-7}),
    row("cidr", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.255"}),
    row("cidr by an address inside the block", {"a": [{"cidr": "10.0.0.77/24"}]}, {"a": "10.0.0.3"}),
    row("cidr of everything", {"a": [{"cidr": "0.0.0.0/0"}]}, {"a": "255.255.255.255"}),
    row("cidr v6", {"a": [{"cidr": "2001:db8:1234:1a00::/64"}]}, {"a": "2001:db8:1234:1a00:ffff::1"}),
    row("exists", {"a": [{"exists": True}]}, {"a": 0}),
    row("exists with null", {"a": [{"exists": True}]}, {"a": None}),
    row("exists not", {"a": [{"exists": False}]}, {"b": 1}),
    row("exists not, nor its parent", {"a": {"b": [{"exists": False}]}}, {"c": 1}),
    row("exists not below a scalar", {"a": {"b": [{"exists": False}]}}, {"a": "b"}),
    row("exists not below null", {"a": {"b": [{"exists": False}]}}, {"a": None}),
    row("an object is no value", {"a": [{"exists": False}]}, {"a": {"b": 1}}),
    row("an empty array is no value", {"a": [{"exists": False}]}, {"a": []}),
    row("an array of objects is no value", {"a": [{"exists": False}]}, {"a": [{"b": 1}, {}]}),
    row("missing or a value, missing", {"a": [{"exists": False}, "x"]}, {}),
    row("missing or a value, a value", {"a": [{"exists": False}, "x"]}, {"a": "x"}),
    row("anything-but a string", {"a": [{"anything-but": "x"}]}, {"a": "y"}),
    row("anything-but a string: a number", {"a": [{"anything-but": "1"}]}, {"a": 1}),
    row("anything-but a string: null", {"a": [{"anything-but": "x"}]}, {"a": None}),
    row("anything-but numbers", {"a": [{"anything-but": [1, 2]}]}, {"a": 3}),
    row("anything-but a number: its text", {"a": [{"anything-but": 1}]}, {"a": "1"}),
    row("anything-but one: true", {"a": [{"anything-but": 1}]}, {"a": True}),
    row("anything-but with another element", {"a": [{"anything-but": "x"}]}, {"a": ["x", "y"]}),
    row("anything-but prefix", {"a": [{"anything-but": {"prefix": ["x", "y"]}}]}, {"a": "zx"}),
    row("anything-but prefix: a number", {"a": [{"anything-but": {"prefix": "1"}}]}, {"a": 12}),
    row("anything-but suffix", {"a": [{"anything-but": {"suffix": ".txt"}}]}, {"a": ".txt.gz"}),
    row(
        "anything-but in any case", {"a": [{"anything-but": {"equals-ignore-case": ["X", "Y"]}}]}, {"a": "z"}
    ),
    row("anything-but wildcard", {"a": [{"anything-but": {"wildcard": "*/bin/*"}}]}, {"a": "/usr/lib"}),
    row("either of two anything-buts", {"a": [{"anything-but": "x"}, {"anything-but": "y"}]}, {"a": "x"}),
    row("dots in the pattern", {"a.b": {"c": ["x"]}}, {"a": {"b": {"c": "x"}}}),
    row("dots in the event", {"a": {"b": {"c": ["x"]}}}, {"a": {"b.c": "x"}}),
    row("dots in the event from the top", {"a": {"b": {"c": ["x"]}}}, {"a.b.c": "x"}),
    row("dots and no dots at once", {"a": {"b": ["x"]}}, {"a.b": "y", "a": {"b": "x"}}),
    row("a field that is also an object's", {"a": ["x"], "a.b": [1]}, {"a": ["x", {"b": 1}]}),
    row("both fields of one element", {"people": {"name": ["Ann"], "role": ["admin"]}}, PEOPLE),
    row(
        "a field missing from one element", {"people": {"name": ["Ben"], "role": [{"exists": False}]}}, PEOPLE
    ),
    row("elements of an inner array", {"a": {"b": [3], "c": [4]}}, NESTED),
    row(
        "different arrays are free",
        {"a": {"b": [1]}, "c": {"d": [2]}},
        {"a": [{}, {"b": 1}], "c": [{"d": 2}]},
    ),
    row("an array beside an array", {"a": {"b": [1], "c": [2]}}, {"a": {"b": [0, 1], "c": [2, 3]}}),
    row("or: the first", {"$or": [{"a": [1]}, {"b": [1]}]}, {"a": 1}),
    row("or: the second", {"$or": [{"a": [1]}, {"b": [1]}]}, {"b": 1}),
    row("or beside fields", {"s": ["x"], "$or": [{"a": [1]}, {"b": [1]}]}, {"s": "x", "b": 1}),
    row("or inside an object", {"d": {"$or": [{"a": [1]}, {"b": [1]}]}}, {"d": {"b": 1}}),
    row("or inside or", {"$or": [{"a": [1], "$or": [{"b": [2]}, {"c": [3]}]}, {"z": [0]}]}, {"a": 1, "c": 3}),
    row(
        "two ors",
        {"$or": [{"a": [1]}, {"b": [1]}], "d": {"$or": [{"e": [1]}, {"f": [1]}]}},
        {"b": 1, "d": {"f": 1}},
    ),
    row("or is a plain field as an object", {"$or": {"a": [1]}}, {"$or": {"a": 1}}),
    row("or is a plain field with operators", {"$or": [{"prefix": "a"}, {"suffix": "z"}]}, {"$or": "buzz"}),
    row("of equal keys the last array wins", '{"a": ["x"], "a": ["y"]}', {"a": "y"}),
    row("equal keys with objects add up", '{"a": {"b": [1]}, "a": {"c": [2]}}', {"a": {"b": 1, "c": 2}}),
    row("a field repeated inside or", {"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}, {"a": 2}),
    row("of equal keys in the event the last wins", {"a": ["y"]}, '{"a": "x", "a": "y"}'),
    row("an escaped key in the event", {"detail": ["x"]}, '{"d\\u0065tail": "x"}'),
    row("keys beyond ASCII", {"ключ": {"é": ["ü"]}}, {"ключ": {"é": "ü"}}),
    row("keys that need escapes", {'a"\\\n': ["x"]}, {'a"\\\n': "x"}),
    row("half a surrogate pair", {"a": ["\ud800"]}, {"a": "\ud800"}),
    row("empty keys", {"": {"": ["x"]}}, {"": {"": "x"}}),
    row("dots at the end of a key", {"a.": ["x"]}, {"a": {"": "x"}}),
    row(
        "a ten times nested field",
        {"a.b.c.d.e.f.g.h.i.j": ["x"]},
        {"a.b": {"c": {"d.e.f.g": {"h": {"i": {"j": "x"}}}}}},
    ),
]

SHOULD_NOT_MATCH = [
    row("another value", {"a": ["x"]}, {"a": "y"}),
    row("another case", {"a": ["x"]}, {"a": "X"}),
    row("a missing field", {"a": ["x"]}, {"b": "x"}),
    row("the field at another depth", {"a": ["x"]}, {"b": {"a": "x"}}),
    row("null is not the empty array", {"a": [None]}, {"a": []}),
    row("null is not missing", {"a": [None]}, {}),
    row("null is not the empty string", {"a": [None]}, {"a": ""}),
    row("a number is not its text", {"a": [300]}, {"a": "300"}),
    row("a text is not its number", {"a": ["300"]}, {"a": 300}),
    row("true is not one", {"a": [True]}, {"a": 1}),
    row("one is not true", {"a": [1]}, {"a": True}),
    row("true is not its text", {"a": [True]}, {"a": "true"}),
    row("false is not zero", {"a": [0]}, {"a": False}),
    row("whole numbers beyond a double stay apart", {"a": [9007199254740993]}, {"a": 9007199254740992.0}),
    row("JSON inside a string stays shut", {"a": {"b": [1]}}, {"a": '{"b": 1}'}),
    row("exactly takes an address by the letter", {"a": [{"exactly": "10.0.0.1"}]}, {"a": "010.0.0.1"}),
    row("prefix of a number", {"a": [{"prefix": "1"}]}, {"a": 12}),
    row("prefix in another case", {"a": [{"prefix": "ab"}]}, {"a": "ABC"}),
    row("the empty prefix on a missing field", {"a": [{"prefix": ""}]}, {}),
    row("suffix", {"a": [{"suffix": "ab"}]}, {"a": "abc"}),
    row("equals-ignore-case on a longer text", {"a": [{"equals-ignore-case": "ab"}]}, {"a": "ABC"}),
    row("the Kelvin sign is no k", {"a": [{"equals-ignore-case": "k"}]}, {"a": "\u212a"}),
    row("wildcard needs both ends apart", {"a": [{"wildcard": "aba*aba"}]}, {"a": "ababa"}),
    row("wildcard pieces overlap", {"a": [{"wildcard": "*ab*ba*"}]}, {"a": "aba"}),
    row("wildcard pieces in the wrong order", {"a": [{"wildcard": "*b*a*"}]}, {"a": "ab"}),
    row("wildcard on a number", {"a": [{"wildcard": "*"}]}, {"a": 1}),
    row("the empty wildcard on a text", {"a": [{"wildcard": ""}]}, {"a": "x"}),
    row("an escaped asterisk is an asterisk", {"a": [{"wildcard": "a\\*b"}]}, {"a": "axb"}),
    row("numeric on a text", {"a": [{"numeric": [">", 0]}]}, {"a": "1"}),
    row("numeric on true", {"a": [{"numeric": [">", 0]}]}, {"a": True}),
    row("numeric on null", {"a": [{"numeric": ["<", 1]}]}, {"a": None}),
    row("numeric with an open lower bound", {"a": [{"numeric": [">", 0, "<=", 5]}]}, {"a": 0}),
    row("cidr one address further", {"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.1.0"}),
    row("cidr with no address", {"a": [{"cidr": "0.0.0.0/0"}]}, {"a": "10.0.0.256"}),
    row("cidr with a name", {"a": [{"cidr": "0.0.0.0/0"}]}, {"a": "ec2.amazonaws.com"}),
    row("cidr v4 with a v6 address", {"a": [{"cidr": "0.0.0.0/0"}]}, {"a": "::1"}),
    row("cidr v6 with too many groups", {"a": [{"cidr": "::/0"}]}, {"a": "1:2:3:4:5:6:7:8:9"}),
    row("cidr on a number", {"a": [{"cidr": "0.0.0.0/0"}]}, {"a": 167772161}),
    row("exists, an object", {"a": [{"exists": True}]}, {"a": {"b": 1}}),
    row("exists, an empty array", {"a": [{"exists": True}]}, {"a": []}),
    row("exists not, but null", {"a": [{"exists": False}]}, {"a": None}),
    row("exists not, but with dots", {"a": {"b": [{"exists": False}]}}, {"a.b": 1}),
    row("anything-but on a missing field", {"a": [{"anything-but": "x"}]}, {}),
    row("anything-but on an empty array", {"a": [{"anything-but": "x"}]}, {"a": []}),
    row("anything-but with no other element", {"a": [{"anything-but": ["x", "y"]}]}, {"a": ["y", "x"]}),
    row("anything-but a number in another notation", {"a": [{"anything-but": 1}]}, {"a": 1.0}),
    row("anything-but suffix", {"a": [{"anything-but": {"suffix": [".txt", ".png"]}}]}, {"a": "a.png"}),
    row("anything-but in any case", {"a": [{"anything-but": {"equals-ignore-case": "Ab"}}]}, {"a": "aB"}),
    row("anything-but wildcard", {"a": [{"anything-but": {"wildcard": ["*/bin/*", "x"]}}]}, {"a": "/bin/"}),
    row("the fields of two elements", {"people": {"name": ["Ann"], "role": ["guest"]}}, PEOPLE),
    row("missing from another element", {"people": {"name": ["Ann"], "role": [{"exists": False}]}}, PEOPLE),
    row("the fields of two inner elements", {"a": {"b": [1], "c": [4]}}, NESTED),
    row("a field outside its element", {"a": {"b": [1]}}, {"a": [{"c": 1}, 1]}),
    row(
        "missing from one element, asked too early",
        {"p": {"a": [{"exists": False}], "b": [1]}},
        {"p": [{"a": 1}, {"b": 1}]},
    ),
    row("or: neither", {"$or": [{"a": [1]}, {"b": [1]}]}, {"c": 1}),
    row("or without the field beside it", {"s": ["x"], "$or": [{"a": [1]}, {"b": [1]}]}, {"a": 1}),
    row("of equal keys the first array is lost", '{"a": ["x"], "a": ["y"]}', {"a": "x"}),
    row("a dotted key one step too deep", {"a.b": {"b": ["x"]}}, {"a": {"b": "x"}}),
]


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def forms(event):
    """The event as text, as bytes, and as mappings of several kinds."""
    text = as_text(event)
    yield text
    yield text.encode()
    yield json.loads(text)
    yield MappingProxyType(json.loads(text, object_hook=MappingProxyType))
    yield json.loads(text, object_pairs_hook=OrderedDict)
    yield defaultdict(lambda: "x", json.loads(text))


@pytest.mark.parametrize(("pattern", "event"), SHOULD_MATCH)
def test_matches(pattern, event):
    compiled = EventPattern(pattern)

    assert [compiled.matches(form) for form in forms(event)] == [True] * 6
    assert compiled.explain(event) == ()


@pytest.mark.parametrize(("pattern", "event"), SHOULD_NOT_MATCH)
def test_does_not_match(pattern, event):
    compiled = EventPattern(pattern)

    assert [compiled.matches(form) for form in forms(event)] == [False] * 6
    assert compiled.explain(event) != ()


@pytest.mark.parametrize(
    "pattern",
    [each.values[0] for each in SHOULD_MATCH + SHOULD_NOT_MATCH if isinstance(each.values[0], dict)],
)
def test_a_pattern_as_text_and_as_a_mapping_is_the_same(pattern):
    assert EventPattern(json.dumps(pattern)).branches == EventPattern(pattern).branches


NOT_EVENTS = [
    pytest.param("", id="nothing"),
    pytest.param("hello", id="a word"),
    pytest.param('{"a": "x"', id="cut off"),
    pytest.param('{"a": "x"} ]', id="something after it"),
    pytest.param('{"a": "x", "b": [1, 2,]}', id="a trailing comma in a field nobody asks for"),
    pytest.param('{"a": "x", "b": "\\q"}', id="a bad escape in a field nobody asks for"),
    pytest.param('{"a": "x", "b": "\n"}', id="a raw line break in a field nobody asks for"),
    pytest.param('{"a": "x", "b": 01}', id="a leading zero in a field nobody asks for"),
    pytest.param('{"a": "x", "b": NaN}', id="not a number in a field nobody asks for"),
    pytest.param('{"a": Infinity}', id="infinity"),
    pytest.param("{'a': 'x'}", id="single quotes"),
    pytest.param(b'{"a": "x", "b": "\xff"}', id="not UTF-8"),
    pytest.param('["a"]', id="an array"),
    pytest.param('"a"', id="a string"),
    pytest.param("null", id="null"),
    pytest.param('{"a": "x", "b": ' + "[" * 100_000 + "]" * 100_000 + "}", id="nested too deeply"),
]


@pytest.mark.parametrize("text", NOT_EVENTS)
def test_a_text_that_is_no_json_object_is_an_error_in_a_sentence(text):
    pattern = EventPattern({"a": ["x"]})

    with pytest.raises(ValueError, match=r"^The event is not (JSON|a JSON object)"):
        pattern.matches(text)
    with pytest.raises(ValueError, match=r"^The event is not (JSON|a JSON object)"):
        pattern.explain(text)


def test_a_mismatch_names_the_field_what_was_wanted_and_what_was_found():
    pattern = EventPattern(
        {"detail": {"eventName": ["ConsoleLogin", {"prefix": "Switch"}], "errorCode": [{"exists": False}]}}
    )
    event = {"detail": {"eventName": "AssumeRole", "errorCode": "AccessDenied"}}

    assert pattern.explain(event) == (
        Mismatch(
            path="detail.eventName",
            wanted="'ConsoleLogin' or a string that begins with 'Switch'",
            found='"AssumeRole"',
        ),
        Mismatch(path="detail.errorCode", wanted="no such field", found='"AccessDenied"'),
    )


@pytest.mark.parametrize(
    ("event", "found"),
    [
        pytest.param({}, "nothing", id="missing"),
        pytest.param({"a": []}, "[]", id="an empty array"),
        pytest.param({"a": ["x", 1, None]}, '["x", 1, null]', id="several values"),
        pytest.param({"a": {"b": "x"}}, "an object, whose own fields are other fields", id="an object"),
        pytest.param({"a": "5"}, '"5"', id="a text where a number was wanted"),
    ],
)
def test_a_mismatch_shows_what_is_there(event, found):
    (mismatch,) = EventPattern({"a": [5]}).explain(event)

    assert mismatch == Mismatch(path="a", wanted="5", found=found)


def test_a_mismatch_across_elements_says_that_no_element_has_it_all():
    pattern = EventPattern({"people": {"name": ["Ann"], "role": ["guest"]}})

    (mismatch,) = pattern.explain(PEOPLE)

    assert mismatch.path == "people.name, people.role"
    assert mismatch.wanted == "in one element, people.name: 'Ann'; people.role: 'guest'"
    assert mismatch.found == "no element with all of it"


def test_with_or_the_branch_that_comes_closest_is_explained():
    pattern = EventPattern({"$or": [{"a": [1], "b": [1]}, {"a": [1], "c": [1]}]})

    assert [each.path for each in pattern.explain({"a": 2, "c": 1})] == ["a"]


@pytest.mark.parametrize(
    ("alternative", "wanted"),
    [
        pytest.param({"prefix": "a"}, "a string that begins with 'a'", id="prefix"),
        pytest.param({"suffix": "a"}, "a string that ends with 'a'", id="suffix"),
        pytest.param({"equals-ignore-case": "a"}, "'a' in any case", id="any case"),
        pytest.param(
            {"prefix": {"equals-ignore-case": "a"}},
            "a string that begins with 'a' in any case",
            id="prefix in any case",
        ),
        pytest.param(
            {"suffix": {"equals-ignore-case": "a"}},
            "a string that ends with 'a' in any case",
            id="suffix in any case",
        ),
        pytest.param({"wildcard": "a*"}, "a string like 'a*'", id="wildcard"),
        pytest.param({"numeric": [">", 1, "<=", 5]}, "a number > 1 and <= 5", id="two bounds"),
        pytest.param({"numeric": [">=", 1.5]}, "a number >= 1.5", id="one bound"),
        pytest.param({"cidr": "10.0.0.0/8"}, "an address in 10.0.0.0/8", id="cidr"),
        pytest.param({"anything-but": ["x", "y", "z"]}, "anything but 'x', 'y' or 'z'", id="anything-but"),
        pytest.param(
            {"anything-but": {"prefix": "x"}},
            "anything but a string that begins with 'x'",
            id="anything-but prefix",
        ),
        pytest.param({"exists": True}, "any value", id="exists"),
        pytest.param(None, "null", id="null"),
    ],
)
def test_what_was_wanted_is_told_in_words(alternative, wanted):
    (mismatch,) = EventPattern({"a": [alternative]}).explain({})

    assert mismatch.wanted == wanted


def test_fields_that_nobody_asks_for_may_hold_anything():
    assert EventPattern({"a": ["x"]}).matches({"a": "x", "when": object(), 5: "not even a key"})


def test_values_that_json_has_no_name_for_are_there_but_equal_nothing():
    odd = {"a": object()}

    assert EventPattern({"a": [{"exists": True}]}).matches(odd)
    assert EventPattern({"a": [{"anything-but": "x"}]}).matches(odd)
    assert not EventPattern({"a": ["x", 1, None, {"prefix": ""}, {"numeric": [">", 0]}]}).matches(odd)


def test_ways_through_arrays_side_by_side_do_not_multiply(monkeypatch):
    """Twelve arrays of ten elements could be met in ten to the twelfth ways, and the last field in none."""
    most = 0
    next_ways = event_pattern._next_ways

    def watching(ways, leaf, values):
        nonlocal most
        after = next_ways(ways, leaf, values)
        most = max(most, len(after))
        return after

    monkeypatch.setattr(event_pattern, "_next_ways", watching)
    arrays = [f"array{number:02}" for number in range(12)]
    pattern = EventPattern({array: {"x": [1], "y": [2]} for array in arrays} | {"last": ["never"]})

    assert not pattern.matches({array: [{"x": 1, "y": 2}] * 10 for array in arrays} | {"last": "x"})
    assert most == 10


@pytest.mark.parametrize("size", [100, 1000])
@pytest.mark.parametrize(
    "event",
    [
        pytest.param(
            lambda size: {"a": [{"x": 1, "y": 2, "z": 3} for _ in range(size)]}, id="one long array"
        ),
        pytest.param(
            lambda size: {"a": [[{"x": 1, "y": 2, "z": 3}] for _ in range(size)]}, id="arrays of one"
        ),
        pytest.param(
            lambda size: {"a": [[{"x": 1, "y": 2, "z": 3} for _ in range(size)]]}, id="an array in one"
        ),
    ],
)
def test_a_long_array_takes_as_many_comparisons_as_it_has_values(monkeypatch, event, size):
    comparisons = 0
    fits = event_pattern._fits

    def counting(way, membership):
        nonlocal comparisons
        comparisons += 1
        return fits(way, membership)

    monkeypatch.setattr(event_pattern, "_fits", counting)
    pattern = EventPattern({"a": {"x": [1], "y": [2, {"exists": False}], "z": [4]}})

    assert not pattern.matches(event(size))
    assert comparisons <= 4 * size

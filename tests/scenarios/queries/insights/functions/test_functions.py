"""Every function of AWS's page, with the page's own examples where it has some.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

import pytest

from scenarios.queries.insights import Event, MalformedQuery, Query, QueryNotSimulated, Window
from scenarios.queries.insights.functions import functions
from scenarios.queries.insights.switches import DEFAULT
from scenarios.queries.insights.values import Values
from tests.scenarios.queries.insights.asking import ask, value

VALUES = [
    # arithmetic
    ("1 + 2 * 3", "7"),
    ("(1 + 2) * 3", "9"),
    ("7 - 2 - 1", "4"),
    ("7 / 2", "3.5"),
    ("2 ^ 3", "8"),
    ("2 ^ 3 ^ 2", "512"),
    ("-2 ^ 2", "-4"),
    ("10 % 3", "1"),
    ("-7 % 3", "-1"),
    ("1 / 0", None),
    ("1 % 0", None),
    ("histogram(7, 2)", "6"),
    ("histogram(7, 0)", None),
    ("histogram(1e300, 1e-300)", None),
    ("nothing + 1", None),
    ('"x" * 2', None),
    ('"20" + "22"', "42"),
    ("0.1 + 0.2", "0.3"),
    ("1 / 3", "0.3333"),
    ("2.99999 * 1", "3"),
    ("0.000001 * 1", "0"),
    ("1e300 * 1", "1e+300"),
    ("100000000000000000000 + 0", "100000000000000000000"),
    ('if("[x" like /[[]x/, 1, 0)', "1"),
    # numbers
    ("abs(-5)", "5"),
    ("ceil(1.2)", "2"),
    ("floor(-1.2)", "-2"),
    ("greatest(1, 3, 2)", "3"),
    ("least(3, 1, 2)", "1"),
    ("log(1)", "0"),
    ("log(0)", None),
    ("sqrt(16)", "4"),
    ("sqrt(-1)", None),
    ("round(2.5)", "3"),
    ("round(-2.5)", "-3"),
    ("round(2.567, 2)", "2.57"),
    ("round(haversine(52.52, 13.405, 48.8566, 2.3522))", "877"),
    ('toNumber("12.50")', "12.5"),
    ('toNumber("x")', None),
    ('toNumber("1e999")', None),
    ("fromMillis(1e999)", None),
    ("datefloor(1e999, 1d)", None),
    ('substr("abc", 1e999)', None),
    ('toInt("7.9")', "7"),
    ("toInt(3000000000)", None),
    ("toLong(3000000000)", "3000000000"),
    ('toDouble("7")', "7"),
    ('isNumeric("7.5")', "1"),
    ('isNumeric("7x")', "0"),
    ("isNumeric(nothing)", "0"),
    # texts
    ('isempty("")', "1"),
    ("isempty(nothing)", "1"),
    ('isempty(" ")', "0"),
    ('isblank(" ")', "1"),
    ("isblank(nothing)", "1"),
    ('isblank("x")', "0"),
    ('concat("a", 1, "b")', "a1b"),
    ('ltrim("xyZxyfooxyZ", "xyZ")', "fooxyZ"),
    ('rtrim("xyZfooxyxyZ", "xyZ")', "xyZfoo"),
    ('trim("xyZxyfooxyxyZ", "xyZ")', "foo"),
    ('trim("  foo ")', "foo"),
    ('strlen("héé")', "3"),
    ("strlen(nothing)", None),
    ('toupper("ab")', "AB"),
    ('tolower("AB")', "ab"),
    ('substr("xyZfooxyZ", 3, 3)', "foo"),
    ('substr("xyZfooxyZ", 3)', "fooxyZ"),
    ('substr("abc", 7)', ""),
    ('replace("a smoke_test", "smoke_test", "Smoke")', "a Smoke"),
    ('regexReplace("a1b22", "[0-9]+", "#")', "a#b#"),
    (r'regexReplace("ann@x", "(\\w+)@(\\w+)", "\\2 of \\1")', "x of ann"),
    (r'regexReplace("ann@x", "(\\w+)@(\\w+)", "$2-\\9-\\u\\\\")', "x--\\u\\"),
    (r'regexReplace("ab", "(a)|b", "<\\1>")', "<a><>"),
    ('regexReplace("x", "(", "y")', None),
    ('strcontains("GET /x", "GET")', "1"),
    ('strcontains("GET /x", "get")', "0"),
    ('strcontains("GET /x", "get", true)', "0"),
    ('startsWith("foobar", "foo")', "1"),
    ('startsWith("foobar", "bar")', "0"),
    ('endsWith("foobar", "bar")', "1"),
    ('urlencode("a b/c")', "a%20b%2Fc"),
    ('urldecode("a%20b%2Fc")', "a b/c"),
    ('base64encode("héllo")', "aMOpbGxv"),
    ('base64decode("aMOpbGxv")', "héllo"),
    ('base64decode("%%%")', None),
    ('split("a,b,c", ",")', '["a","b","c"]'),
    ('hexToAscii("48656c6c6f")', "Hello"),
    ('hexToAscii("4")', None),
    ('hexToDec("0xff")', "255"),
    ('hexToDec("xyz")', None),
    ("decToHex(255)", "0xff"),
    ("decToHex(-255.9)", "-0xff"),
    ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
    ('sha256("a")', "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    ('messageSize("héé")', "5"),
    # addresses
    ('isValidIp("2001:db8::1")', "1"),
    ('isValidIp("10.0.0.256")', "0"),
    ('isValidIpV4("10.0.0.1")', "1"),
    ('isValidIpV4("::1")', "0"),
    ('isValidIpV6("::1")', "1"),
    ('isIpInSubnet("192.0.2.7", "192.0.2.0/24")', "1"),
    ('isIpInSubnet("2001:db8::7", "2001:db8::/32")', "1"),
    ('isIpInSubnet("192.0.3.7", "192.0.2.0/24")', "0"),
    ('isIpInSubnet("192.0.2.7", "nonsense")', "0"),
    ('isIpv4InSubnet("192.0.2.7", "192.0.2.0/24")', "1"),
    ('isIpv4InSubnet("2001:db8::7", "2001:db8::/32")', "0"),
    ('isIpv6InSubnet("2001:db8::7", "2001:db8::/32")', "1"),
    ('ipv4ToNumber("10.0.0.1")', "167772161"),
    ('ipv4ToNumber("::1")', None),
    ('isPrivateIP("172.16.9.9")', "1"),
    ('isPrivateIP("172.32.9.9")', "0"),
    ('isPublicIP("8.8.8.8")', "1"),
    ('isPublicIP("10.0.0.1")', "0"),
    ('isReservedIP("240.0.0.1")', "1"),
    ('isReservedIP("8.8.8.8")', "0"),
    # general
    ("ispresent(@message)", "1"),
    ("ispresent(nothing)", "0"),
    ('coalesce(nothing, "", "x")', ""),
    ('if(1 < 2, "yes", "no")', "yes"),
    ('if(nothing > 2, "yes", "no")', "no"),
    ('case(1 > 2, "a", 2 > 1, "b", "c")', "b"),
    ('case(1 > 2, "a", "c")', "c"),
    ('case(1 > 2, "a")', None),
    ("unmask(@message)", "m"),
    # moments
    ("fromMillis(0)", "1970-01-01 00:00:00.000"),
    ("toMillis(@timestamp)", "0"),
    ("datefloor(fromMillis(5400000), 1h)", "1970-01-01 01:00:00.000"),
    ("dateceil(fromMillis(5400000), 1h)", "1970-01-01 02:00:00.000"),
    ("dateceil(fromMillis(3600000), 1h)", "1970-01-01 01:00:00.000"),
    ("bin(1h)", "1970-01-01 00:00:00.000"),
    ('parseDate("2026-03-02", "yyyy-MM-dd", "UTC")', "1772409600000"),
    ('parseDate("02/Mar/2026:01:02:03 +0100", "dd/MMM/yyyy:HH:mm:ss Z")', "1772409723000"),
    ('parseDate("2026-03-02T01:02:03.5Z", "yyyy-MM-dd\'T\'HH:mm:ss.SX")', "1772413323500"),
    ('parseDate("2026-03-02 01:00 PM", "yyyy-MM-dd hh:mm a")', "1772456400000"),
    ('parseDate("2026-03-02", "yyyy-MM-dd", "Europe/Berlin")', "1772406000000"),
    ('parseDate("2026-02-30", "yyyy-MM-dd")', None),
    ('parseDate("02/03/26", "dd/MM/yy")', "1772409600000"),
    ('parseDate("x", "yyyy-MM-dd")', None),
    ('formatDate(fromMillis(1772409600000), "%Y-%m-%d", "UTC")', "2026-03-02"),
    ('strftime(1772409600000, "%H:%M", "Europe/Berlin")', "01:00"),
    ('formatDate(0, "%Y", "Nowhere/Land")', None),
    # maps and lists
    ('jsonParse(\'{"a": [1, {"b": 2}]}\').a[1].b', "2"),
    ("jsonParse('nonsense')", None),
    ("jsonStringify(jsonParse('{\"a\": 1}'))", '{"a":1}'),
    ('jsonStringify("x")', None),
    ("jsonArraySize('[1, 2]')", "2"),
    ("jsonArraySize('{}')", None),
    ('jsonArrayContains(\'["admin"]\', "admin")', "1"),
    ('jsonArrayContains(\'["Admin"]\', "admin")', "0"),
    ('jsonArrayContains("x", "admin")', "0"),
    ("toupper(jsonParse('[1]'))", None),
    ("jsonParse('[1]') = 1", "0"),
]


@pytest.mark.parametrize(("expression", "expected"), VALUES, ids=[each for each, _ in VALUES])
def test_a_function_is_worth(expression, expected):
    assert value(expression) == expected


def test_every_function_has_a_row_here():
    said = " ".join(expression.lower() for expression, _ in VALUES)

    missing = [name for name in functions(Values(DEFAULT), DEFAULT) if f"{name}(" not in said]

    assert missing == ["regex_replace"]  # another name of regexReplace


@pytest.mark.parametrize("function", ["urlencode", "base64encode", "md5", "sha256", "messageSize", "strlen"])
def test_half_of_a_surrogate_pair_is_a_character_too(function):
    assert value(f"{function}(half)", '{"half": "\\ud800"}')


BINS = [
    ("bin(300s)", 250_000, "1970-01-01 00:04:00.000"),  # seconds are capped at 60
    ("bin(5m)", 250_000, "1970-01-01 00:00:00.000"),
    ("bin(2hrs)", 3 * 3_600_000, "1970-01-01 02:00:00.000"),
    ("bin(1d)", 90_000_000, "1970-01-02 00:00:00.000"),
    ("bin(1w)", 5 * 86_400_000, "1970-01-05 00:00:00.000"),
    ("bin(1mo)", 40 * 86_400_000, "1970-02-01 00:00:00.000"),
    ("bin(1q)", 100 * 86_400_000, "1970-04-01 00:00:00.000"),
    ("bin(1year)", 400 * 86_400_000, "1971-01-01 00:00:00.000"),
    ("bin(500ms)", 1700, "1970-01-01 00:00:01.500"),
    ("dateceil(@timestamp, 1mo)", 40 * 86_400_000, "1970-03-01 00:00:00.000"),
]


@pytest.mark.parametrize(("expression", "at", "expected"), BINS, ids=[each[0] for each in BINS])
def test_time_is_cut_where_a_period_begins(expression, at, expected):
    rows = Query(f"fields {expression} as moment | display moment").run([Event(at, "m")]).rows

    assert rows == [{"moment": expected}]


def test_the_time_asked_for_is_known_to_the_query():
    query = Query("fields now() as n, queryStartTime() as s, queryEndTime() as e, queryTimeRange() as r")

    rows = query.run([Event(0, "m")], Window(now=7, start=1000, end=5000)).rows

    assert rows == [{"n": "7", "s": "1000", "e": "5000", "r": "4000"}]


@pytest.mark.parametrize(
    "expression",
    [
        "strlen()",
        "strlen(a, b)",
        "bin(a)",
        "bin(5)",
        "datefloor(@timestamp)",
        "now(1)",
        "nonsense(1)",
        "a =~ 1",
        "a in 1",
    ],
)
def test_a_function_with_wrong_arguments_is_malformed(expression):
    with pytest.raises(MalformedQuery) as refused:
        Query(f"fields {expression} as x")

    assert refused.value.start >= len("fields ")


def test_a_function_that_is_not_here_is_loud():
    with pytest.raises(QueryNotSimulated, match="the function rate"):
        Query("stats rate(a, 1m) by bin(5m)")


def test_a_name_inside_a_parsed_map_is_only_known_to_later_commands():
    """Seen on AWS: `fields jsonParse(...) as j, j.name as n` shows no n."""
    message = '{"name": "test"}'

    assert ask("fields jsonParse(@message) as j, j.name as n | display n", message) == [{}]
    assert ask("fields jsonParse(@message) as j | fields j.name as n | display n", message) == [{"n": "test"}]

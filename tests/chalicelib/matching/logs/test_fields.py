"""Space-delimited fields: which lines match, which do not, and what is read from them."""

import time

import pytest

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.logs.line import split_line
from chalicelib.matching.logs.pattern import LogPattern

ACCESS = '203.0.113.9 - alice [03/Mar/2026:10:15:01 +0000] "GET /admin/index.html HTTP/1.1" 403 2048'
SSHD = "Mar  3 10:15:02 ip-10-0-0-5 sshd[2101]: Invalid user admin from 203.0.113.7 port 40123"

SHOULD_MATCH = [
    pytest.param("[ip, id, user, timestamp, request, status, bytes]", ACCESS, id="a name for each field"),
    pytest.param("[ip, id, user, timestamp, request, status = 403, bytes]", ACCESS, id="number"),
    pytest.param("[ip, id, user, timestamp, request, status = 403.0, bytes]", ACCESS, id="number by value"),
    pytest.param('[ip, id, user, timestamp, request, status = "403", bytes]', ACCESS, id="number as text"),
    pytest.param(
        "[ip, id, user, timestamp, request, status = 4*, bytes]", ACCESS, id="wildcard over a number"
    ),
    pytest.param(
        "[ip, id, user, timestamp, request=*.html*, status, bytes]", ACCESS, id="part of a quoted field"
    ),
    pytest.param('[..., request = "GET /admin/*", status, bytes]', ACCESS, id="quoted value"),
    pytest.param("[ip = 203.0.113.*, ...]", ACCESS, id="address as text"),
    pytest.param("[ip = %^203\\.0\\.113\\.\\d{1,3}$%, ...]", ACCESS, id="regex"),
    pytest.param("[ip != %^10\\.%, ...]", ACCESS, id="regex that is not found"),
    pytest.param("[..., bytes]", ACCESS, id="any number of fields before"),
    pytest.param("[ip, ...]", ACCESS, id="any number of fields behind"),
    pytest.param("[ip, ..., bytes > 2000]", ACCESS, id="any number of fields between"),
    pytest.param("[...]", ACCESS, id="any number of fields"),
    pytest.param(
        "[ip, id, user, timestamp, request, status, bytes, ...]", ACCESS, id="none left for the dots"
    ),
    pytest.param("[]", ACCESS, id="no names"),
    pytest.param("[..., status >= 400 && status < 500, bytes]", ACCESS, id="and within a field"),
    pytest.param("[..., status = 404 || status = 403, bytes]", ACCESS, id="or within a field"),
    pytest.param(
        "[..., status=404||status=403&&status!=4*||status=403, bytes]", ACCESS, id="and binds closer"
    ),
    pytest.param("[..., (status = 404 || status = 403) && status > 1, bytes]", ACCESS, id="parentheses"),
    pytest.param("[..., (status = 403), bytes]", ACCESS, id="parentheses around all"),
    pytest.param("[..., status = 4* && bytes > 2000, bytes]", ACCESS, id="a condition on another field"),
    pytest.param("[ip, id = -, ...]", ACCESS, id="a lone hyphen"),
    pytest.param("[ip, id != 7, ...]", ACCESS, id="a word is different from a number"),
    pytest.param("[..., status, ]", ACCESS, id="a field without a name at the end"),
    pytest.param("[, , user = alice, ...]", ACCESS, id="fields without names at the start"),
    pytest.param("[w1 = ERROR, w2]", "ERROR disk full on /var", id="the last name takes the rest"),
    pytest.param('[w1, w2 = "disk full*"]', "ERROR disk full on /var", id="a condition on the rest"),
    pytest.param("[w1!=ERROR && w1!=WARN, w2]", "INFO all is well", id="neither of two words"),
    pytest.param('[time=*Z, id="*-*", event]', "2026-03-03T10:15:01Z\t1b-2c\tINFO\tdone", id="tabs"),
    pytest.param("[month, day = 3, ...]", SSHD, id="blanks merge"),
    pytest.param(
        '[month, day, time, host, process = "sshd[[]*" || process = sshd*, w = Invalid, ...]', SSHD, id="sshd"
    ),
    pytest.param("[a, b]", "  padded   line \r\n", id="blanks around"),
    pytest.param("[a, b, c]", 'x "" []', id="empty quotes and brackets are fields"),
]

SHOULD_NOT_MATCH = [
    pytest.param("[ip, id, user, timestamp, request, status, bytes, more]", ACCESS, id="a field too few"),
    pytest.param("[w1 = ERROR]", "ERROR disk full", id="one name is the whole line"),
    pytest.param("[w1 = ERROR, w2]", "ERROR", id="no rest"),
    pytest.param("[w1 = ERROR, w2]", "INFO ERROR", id="the word in another place"),
    pytest.param("[a, ...]", "", id="empty line"),
    pytest.param("[a, ...]", " \t", id="blank line"),
    pytest.param("[..., status = 404, bytes]", ACCESS, id="another number"),
    pytest.param("[..., status != 4*, bytes]", ACCESS, id="not outside of a wildcard"),
    pytest.param("[..., bytes > 2048]", ACCESS, id="not more"),
    pytest.param("[ip, id > 0, ...]", ACCESS, id="a word has no order"),
    pytest.param("[..., status, bytes > 1]", ACCESS + " extra", id="counted from the end"),
    pytest.param("[a, b, bytes > 1]", "x y 2048 extra", id="the rest of the line is no number"),
    pytest.param("[ip, id = alice, ...]", ACCESS, id="another field has it"),
    pytest.param(
        "[..., status = 4* && bytes > 5000, bytes]", ACCESS, id="a condition on another field fails"
    ),
    pytest.param("[w1 = nan || w1 > 1 || w1 < 1, ...]", "NaN x", id="NaN is no number"),
    pytest.param("[w1 > 1, ...]", "1_000 x", id="Python's underscores are no number"),
    pytest.param("[w1 = %^b%, ...]", "abc", id="regex is not found"),
]


@pytest.mark.parametrize(("pattern", "message"), SHOULD_MATCH)
def test_a_line_whose_fields_satisfy_the_conditions_matches(pattern, message):
    assert LogPattern(pattern).matches(message)


@pytest.mark.parametrize(("pattern", "message"), SHOULD_NOT_MATCH)
def test_a_line_whose_fields_do_not_satisfy_the_conditions_does_not_match(pattern, message):
    assert not LogPattern(pattern).matches(message)


@pytest.mark.parametrize(("pattern", "message"), [*SHOULD_MATCH, *SHOULD_NOT_MATCH])
def test_the_explanation_blames_nothing_exactly_when_the_line_matches(pattern, message):
    compiled = LogPattern(pattern)

    assert (compiled.explain(message) == ()) == compiled.matches(message)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        pytest.param("a b", ["a", "b"], id="words"),
        pytest.param("a \t\r\n b", ["a", "b"], id="blanks merge"),
        pytest.param('x "a b" y', ["x", "a b", "y"], id="quotes"),
        pytest.param("x [a b] y", ["x", "a b", "y"], id="brackets"),
        pytest.param('x "a [b c" d] y', ["x", "a [b c", "d]", "y"], id="a bracket in quotes"),
        pytest.param(r'x "a \"b\" c" y', ["x", r"a \"b\" c", "y"], id="escaped quotes"),
        pytest.param('x "a b', ["x", '"a', "b"], id="quotes that never close"),
        pytest.param("x [a b", ["x", "[a", "b"], id="a bracket that never closes"),
        pytest.param(
            "sshd[2101]: [x]: y", ["sshd[2101]:", "[x]:", "y"], id="brackets that are part of a word"
        ),
        pytest.param('key="a b" c', ['key="a', 'b"', "c"], id="quotes inside of a word"),
        pytest.param('"" []', ["", ""], id="nothing in quotes and brackets"),
        pytest.param("", [], id="empty line"),
    ],
)
def test_a_line_is_cut_into_fields(line, fields):
    assert split_line(line) == fields


@pytest.mark.parametrize(
    ("pattern", "message", "fields"),
    [
        pytest.param(
            "[ip, id, user, timestamp, request, status = 4*, bytes]",
            ACCESS,
            {
                "$ip": "203.0.113.9",
                "$id": "-",
                "$user": "alice",
                "$timestamp": "03/Mar/2026:10:15:01 +0000",
                "$request": "GET /admin/index.html HTTP/1.1",
                "$status": "403",
                "$bytes": "2048",
            },
            id="every field by its name",
        ),
        pytest.param(
            "[ip, ..., request, , bytes]",
            ACCESS,
            {
                "$ip": "203.0.113.9",
                "$2": "-",
                "$3": "alice",
                "$4": "03/Mar/2026:10:15:01 +0000",
                "$request": "GET /admin/index.html HTTP/1.1",
                "$6": "403",
                "$bytes": "2048",
            },
            id="fields without a name by their number",
        ),
        pytest.param("[]", "a b", {"$1": "a", "$2": "b"}, id="no names at all"),
        pytest.param(
            "[level, rest]",
            'ERROR "two words" [and] more  ',
            {"$level": "ERROR", "$rest": '"two words" [and] more'},
            id="the rest of the line as it stands",
        ),
        pytest.param(
            "[level, rest]", 'ERROR "two words"', {"$level": "ERROR", "$rest": "two words"}, id="no rest"
        ),
        pytest.param("[level = WARN, rest]", "ERROR x", {}, id="no match"),
    ],
)
def test_fields_are_named_as_the_service_names_them(pattern, message, fields):
    assert LogPattern(pattern).fields(message) == fields


def test_a_metric_can_take_its_value_from_a_name_or_a_number():
    pattern = LogPattern("[ip, ..., status, bytes]")

    assert pattern.language == "space-delimited"
    assert pattern.selectors == ("$ip", "$status", "$bytes")
    assert pattern.value_of("$bytes", ACCESS) == "2048"
    assert pattern.value_of("$3", ACCESS) == "alice"
    assert pattern.value_of("$9", ACCESS) is None
    assert pattern.value_of("$bytes", "too short") is None


@pytest.mark.parametrize("selector", ["$size", "$.bytes", "$0", "$", "", "$٣"])
def test_a_metric_can_not_take_its_value_from_a_field_that_the_pattern_does_not_have(selector):
    with pytest.raises(InvalidPattern):
        LogPattern("[ip, ..., bytes]").value_of(selector, ACCESS)


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["[ ", '" ', '["', "[x ", "] ", 'a"b '])
def test_cutting_takes_time_linear_in_the_line(unit):
    """A line of 300,000 characters; where each bracket looked for its end anew this would take minutes."""
    line = unit * (300_000 // len(unit)) + "]x"
    start = time.process_time()

    split_line(line)

    assert time.process_time() - start < 5

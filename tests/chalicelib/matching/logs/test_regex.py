"""The restricted regular expressions: what they find, and how many steps that takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.logs.regex import LogRegex
from chalicelib.matching.logs.regex_syntax import MAX_PLACES

SHOULD_FIND = [
    pytest.param("at", "the cat", id="plain text"),
    pytest.param("^the", "the cat", id="start"),
    pytest.param("cat$", "the cat", id="end"),
    pytest.param("^the cat$", "the cat", id="whole"),
    pytest.param("^$", "", id="nothing at all"),
    pytest.param("colou?r", "color", id="once or not: not"),
    pytest.param("colou?r", "colour", id="once or not: once"),
    pytest.param("ab*c", "ac", id="any number of times: none"),
    pytest.param("ab*c", "abbbbc", id="any number of times: many"),
    pytest.param("ab+c", "abbc", id="once or more"),
    pytest.param("^a{3}$", "aaa", id="just so often"),
    pytest.param("^a{2,}$", "aaaa", id="so often or more"),
    pytest.param("^a{,2}$", "", id="so often or less: not at all"),
    pytest.param("^a{1,3}b{0}c$", "aac", id="between, and never"),
    pytest.param("^a+?b$", "aab", id="lazy repeats find the same"),
    pytest.param("[Ee]rror|[Ff]ail", "Fail now", id="choice"),
    pytest.param("^start|^stop|end$", "the end", id="choice with anchors"),
    pytest.param("[a-cx-z]", "y", id="ranges"),
    pytest.param("[^a-z]", "A", id="none of a class"),
    pytest.param("[^a]", "é", id="none of a class: other letters"),
    pytest.param("[-a]", "-", id="hyphen first"),
    pytest.param("[a-]", "-", id="hyphen last"),
    pytest.param("[.$*|?+{}()^]".replace("()", ""), "$", id="operators in a class are plain"),
    pytest.param("[\\]]", "]", id="bracket in a class"),
    pytest.param("[\\d.]", "7", id="class in a class"),
    pytest.param("\\[.\\]", "[7]", id="escaped operators"),
    pytest.param("]}", "]}", id="closing ones are plain"),
    pytest.param("10\\.10", "10.10", id="escaped period"),
    pytest.param("a\\/b\\-c", "a/b-c", id="escaped symbols"),
    pytest.param("\\\\", "\\", id="escaped backslash"),
    pytest.param("\\d\\D\\s\\S\\w\\W", "1x a_-", id="classes"),
    pytest.param("^\\W$", "é", id="other letters are no word characters"),
    pytest.param("\\x3A\\x28", "x:(", id="by number"),
    pytest.param("[\\x21-\\x2f]", "'", id="range by number"),
    pytest.param("a.c", "aéc", id="any character"),
    pytest.param("a\\sb", "a\nb", id="a line feed is a blank"),
    pytest.param("shutting down", "shutting down", id="blanks stand for themselves"),
    pytest.param("\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}", "from 203.0.113.7 port", id="address"),
]

SHOULD_NOT_FIND = [
    pytest.param("^cat", "the cat", id="start"),
    pytest.param("the$", "the cat", id="end"),
    pytest.param("cat$", "cat\n", id="a line feed at the end counts"),
    pytest.param("^b", "a\nb", id="the start of a line is not the start"),
    pytest.param("a.c", "a\nc", id="a period is no line feed"),
    pytest.param("colou?r", "colouur", id="once or not: twice"),
    pytest.param("ab+c", "ac", id="once or more: not"),
    pytest.param("^a{3}$", "aa", id="too few"),
    pytest.param("^a{1,2}$", "aaa", id="too many"),
    pytest.param("[^a-z]", "abc", id="none of a class"),
    pytest.param("10\\.10", "10x10", id="escaped period"),
    pytest.param("\\d", "٣", id="digits are ASCII"),
    pytest.param("\\w", "é", id="word characters are ASCII"),
    pytest.param("a", "", id="empty text"),
    pytest.param("^starting|^initializing", "skipping initializing", id="choice with anchors"),
]


@pytest.mark.parametrize(("regex", "text"), SHOULD_FIND)
def test_a_regex_is_found(regex, text):
    assert LogRegex(regex).search(text)


@pytest.mark.parametrize(("regex", "text"), SHOULD_NOT_FIND)
def test_a_regex_is_not_found(regex, text):
    assert not LogRegex(regex).search(text)


REFUSED = [
    pytest.param("", 0, "is empty", id="empty"),
    pytest.param("a|", 2, "is empty", id="empty side"),
    pytest.param("|a", 0, "is empty", id="empty first side"),
    pytest.param("a!", 1, r"write \x21", id="unsupported symbol"),
    pytest.param("(a)", 0, r"\x28", id="group"),
    pytest.param("\\(a", 1, r"\x28", id="escaped group"),
    pytest.param('a"b', 1, r"write \x22", id="quote"),
    pytest.param("é", 0, "Multi-byte", id="other letters"),
    pytest.param("[é]", 1, "Multi-byte", id="other letters in a class"),
    pytest.param("*a", 0, "nothing to repeat", id="repeat of nothing"),
    pytest.param("^*", 1, "nothing to repeat", id="repeat of an anchor"),
    pytest.param("a**", 2, "nothing to repeat", id="repeat of a repeat"),
    pytest.param("a{2}{3}", 4, "nothing to repeat", id="number of times of a number of times"),
    pytest.param("a*+", 2, "nothing to repeat", id="possessive"),
    pytest.param("a^b", 1, "only at the start", id="start in the middle"),
    pytest.param("a$b", 2, "the end of the text", id="end in the middle"),
    pytest.param("a{", 1, "number of times", id="open brace"),
    pytest.param("a{x}", 1, "number of times", id="no number"),
    pytest.param("a{,}", 1, "number of times", id="no numbers"),
    pytest.param("a{1, 2}", 1, "without blanks", id="blank in braces"),
    pytest.param("a{3,2}", 1, "less than", id="wrong way round"),
    pytest.param("[a", 0, "not closed", id="open class"),
    pytest.param("[]", 0, "empty", id="empty class"),
    pytest.param("[z-a]", 1, "a later one", id="range the wrong way round"),
    pytest.param("[\\d-z]", 1, "a later one", id="range from a class"),
    pytest.param("a\\", 1, "Nothing follows", id="backslash at the end"),
    pytest.param("\\p", 0, "not supported", id="unknown escape"),
    pytest.param("\\t", 0, r"\x09", id="tab"),
    pytest.param("\\xZZ", 0, "two hexadecimal digits", id="no hexadecimal number"),
    pytest.param("\\xE9", 0, "00 to 7F", id="beyond ASCII"),
    pytest.param("\\x4", 0, "two hexadecimal digits", id="one digit"),
    pytest.param("a{4097}", 1, "4,096 places", id="too large"),
    pytest.param("a{4000}b{97}", 8, "4,096 places", id="too large together"),
    pytest.param("a{99999999999}", 1, "number of times", id="far too large"),
]


@pytest.mark.parametrize(("regex", "position", "reason"), REFUSED)
def test_what_is_not_allowed_is_refused_with_reason_and_place(regex, position, reason):
    with pytest.raises(InvalidPattern) as caught:
        LogRegex(regex)

    assert reason in caught.value.reason
    assert caught.value.position == position


def test_the_place_of_a_refusal_is_the_one_in_the_pattern_around_it():
    with pytest.raises(InvalidPattern) as caught:
        LogRegex("b(c", pattern="{ $.a = %b(c% }", offset=9)

    assert caught.value.position == 10


class CountingRegex(LogRegex):
    """Counts its steps: each is a handful of integer operations, whatever the regex and the message."""

    def __init__(self, source):
        self.steps = 0
        super().__init__(source)

    def advance(self, ready, symbol):
        self.steps += 1
        return super().advance(ready, symbol)


ADVERSARIAL = [
    pytest.param("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", id="stars in a row"),
    pytest.param("a?a?a?a?a?a?a?a?a?a?aaaaaaaaaab", id="optional ones before as many"),
    pytest.param(".*.*.*.*.*.*.*.*x$", id="anything in a row"),
    pytest.param("a.*a.*a.*a.*a.*a.*c", id="anything between"),
    pytest.param("a[ab]{500}c", id="many states at once"),
    pytest.param("|".join(["a+a+b"] * 40), id="many branches"),
]


@pytest.mark.parametrize("regex", ADVERSARIAL)
@pytest.mark.parametrize("length", [1_000, 2_000])
def test_a_search_takes_at_most_one_step_for_each_character(regex, length):
    counting = CountingRegex(regex)
    text = "ab" * (length // 4) + "a" * (length // 2)

    counting.search(text)

    assert counting.steps <= len(text)


def test_steps_taken_before_are_remembered():
    counting = CountingRegex("a.*z[0-9]$")
    counting.search("a" * 100 + "z!")
    before = counting.steps

    counting.search("aaaz!" * 100)

    assert before <= 5
    assert counting.steps <= before + 5


@pytest.mark.slow
def test_what_is_remembered_is_bounded():
    regex = LogRegex("a[ab]{12}c")
    text = "".join("ab"[number >> bit & 1] for number in range(5_000) for bit in range(13))

    assert not regex.search(text)
    assert len(regex._rows) <= 256
    assert sum(len(row) for row in regex._rows.values()) <= 256 * 128


@pytest.mark.slow
def test_the_largest_regex_still_searches_a_large_message():
    regex = LogRegex(f"a.{{{MAX_PLACES - 2}}}b")

    assert not regex.search("a" * 20_000)
    assert regex.search("a" * 20_000 + "b")


CHARACTERS = st.sampled_from(
    ["a", "b", "1", "-", " ", "[ab]", "[^a]", "[a-c1]", ".", "\\d", "\\w", "\\S", "\\.", "\\x41"]
)
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{0}", "*?"])
BRANCHES = st.builds(
    lambda start, items, end: start + "".join(items) + end,
    st.sampled_from(["", "", "^"]),
    st.lists(st.builds("".join, st.tuples(CHARACTERS, REPEATS)), min_size=1, max_size=5),
    st.sampled_from(["", "", "$"]),
)
REGEXES = st.lists(BRANCHES, min_size=1, max_size=3).map("|".join)


@pytest.mark.slow
@given(REGEXES, st.lists(st.text("ab1-. A\né", max_size=12), min_size=1, max_size=5))
def test_the_engine_agrees_with_pythons_on_what_both_know(regex, texts):
    ours = LogRegex(regex)
    # In Python's language, $ also stands before a last line feed; \Z is the end.
    theirs = re.compile(regex.replace("$", r"\Z"), re.ASCII)

    assert [ours.search(text) for text in texts] == [bool(theirs.search(text)) for text in texts]

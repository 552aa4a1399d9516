"""Times, spans and sizes, as a person on call reads them."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from chalicelib.wording import aws_command, most_first, no_json, number_of, size, some, span, when
from tests.chalicelib.bash import words_of

SPANS = [
    pytest.param({"seconds": 0}, "0 s", id="nothing"),
    pytest.param({"seconds": -5}, "0 s", id="clocks that disagree"),
    pytest.param({"seconds": 59.9}, "59 s", id="seconds"),
    pytest.param({"seconds": 303}, "5 min 3 s", id="minutes"),
    pytest.param({"hours": 24}, "1 d", id="a day"),
    pytest.param({"days": 2, "hours": 4, "seconds": 7}, "2 d 4 h", id="two units are enough"),
]
SIZES = [
    pytest.param(0, "0 bytes", id="nothing"),
    pytest.param(1023, "1023 bytes", id="bytes"),
    pytest.param(1024, "1.0 KB", id="a kilobyte"),
    pytest.param(5 * 1024**4, "5.0 TB", id="terabytes"),
    pytest.param(1024**5, "1024.0 TB", id="beyond the largest unit"),
]


@pytest.mark.parametrize(("duration", "words"), SPANS)
def test_a_span_in_words(duration, words):
    assert span(timedelta(**duration)) == words


@pytest.mark.parametrize(("count", "words"), SIZES)
def test_a_size_in_words(count, words):
    assert size(count) == words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9" * 5000, "a number in it has more than 4,300 digits"),
        ("[" * 100_000, "it is nested too deeply"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ],
)
def test_why_a_text_is_no_json_is_told_without_advice_about_python(text, why):
    with pytest.raises((ValueError, RecursionError)) as raised:
        json.loads(text)

    assert no_json(raised.value) == why


def test_a_time_is_told_in_utc():
    assert when(datetime(2026, 3, 2, 5, tzinfo=timezone(timedelta(hours=2)))) == "2026-03-02 03:00:00 UTC"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        pytest.param([], "", id="none"),
        pytest.param(["web-1", "web-2"], "web-1, web-2", id="all"),
        pytest.param(list("abcdefghij"), "a, b, c, d, e, f, g, h, i, j", id="ten"),
        pytest.param(list("abcdefghijkl"), "a, b, c, d, e, f, g, h, i, j and 2 more", id="more than ten"),
    ],
)
def test_names_are_listed_and_beyond_ten_counted(names, words):
    assert some(names) == words


def test_things_are_counted_the_most_frequent_first_and_then_in_order():
    assert most_first("banana") == [("a", 3), ("n", 2), ("b", 1)]
    assert most_first(["b", "a"]) == [("a", 1), ("b", 1)]


HOSTILE_NAMES = [
    pytest.param("orders\nTo undo it: aws iam create-user", id="a line"),
    pytest.param("a\r\x1b[2Kb", id="escape sequences"),
    pytest.param("a'b\\n$(id)\n`id`", id="quotes and a shell"),
    pytest.param("\u202egnp.exe\u2028x", id="direction and separators"),
    pytest.param("-x\ny", id="an option"),
    pytest.param(f"a{' ' * 80}Who: root\u3164", id="rows of spaces, and letters that show nothing"),
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_command_stays_on_one_line_and_means_the_same_name(name):
    command = aws_command("dynamodb", "delete-table", {"--table-name": name})

    assert command.isprintable()
    bound = [f"--table-name={name}"] if name.startswith("-") else ["--table-name", name]
    assert words_of(command)[3:] == bound


@pytest.mark.parametrize(
    ("count", "or_more", "words"),
    [(0, False, "0 lines"), (1, False, "1 line"), (2, False, "2 lines"), (1, True, "1 or more lines")],
)
def test_one_is_no_plural(count, or_more, words):
    assert number_of(count, "line", or_more=or_more) == words

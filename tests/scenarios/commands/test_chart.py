"""Answers drawn as bars: over time, by name, with gaps, and what can't be drawn."""

import pytest

from scenarios.commands.chart import MOST_FILLED, NotAChart, chart

HOUR = [(f"2026-03-02 {hour:02}:00:00.000", str(count)) for hour, count in ((5, 2), (3, 4), (6, 1))]


def test_a_time_series_is_in_the_order_of_time_with_its_gaps():
    assert chart(["bin(1h)", "count(*)"], HOUR, 40) == [
        "count(*)",
        "2026-03-02 03:00  4  ███████████████████",
        "2026-03-02 04:00  -",
        "2026-03-02 05:00  2  █████████▌",
        "2026-03-02 06:00  1  ████▊",
    ]


def test_each_series_is_a_block_of_one_scale():
    rows = [("2026-03-02", "ann", "8"), ("2026-03-02", "bob", "1"), ("2026-03-03", "ann", None)]

    assert chart(["day", "who", "n"], rows, 24) == [
        *("n: ann", "2026-03-02  8  █████████", "2026-03-03  -"),
        *("", "n: bob", "2026-03-02  1  █▏"),
    ]


def test_several_numbers_are_several_blocks_of_their_own_scale():
    rows = [("2026-03-02T03:00:00Z", "100", "1"), ("2026-03-02T03:00:30Z", "50", "2")]

    lines = chart(["t", "calls", "refused"], rows, 34)

    assert [line for line in lines if line.startswith(("calls", "refused"))] == ["calls", "refused"]
    assert lines[1:3] == ["2026-03-02 03:00:00  100  ████████", "2026-03-02 03:00:30   50  ████"]


def test_without_a_moment_there_is_a_bar_for_each_row():
    rows = [("s3", "Get", "3"), (None, "Put", "-1"), ("ec2", "Run", "0")]

    assert chart(["source", "name", "n"], rows, 20) == [
        *("n", "s3 Get    3  ███████", "- Put    -1  --", "ec2 Run   0"),
    ]


def test_a_number_alone_and_no_rows():
    assert chart(["n"], [("5",)], 10) == ["n", "-  5  ████"]
    assert chart(["n"], [], 80) == []


def test_a_series_of_too_many_moments_is_drawn_without_the_empty_ones():
    rows = [
        ("2026-01-01 00:00:00.000", "1"),
        ("2026-01-01 00:00:01.000", "1"),
        ("2026-02-01 00:00:00.000", "1"),
    ]

    assert len(chart(["t", "n"], rows, 80)) == 4
    assert MOST_FILLED < 31 * 86_400


def test_text_from_a_log_draws_no_line_of_its_own():
    (heading, line) = chart(["who", "n"], [("x\n\x1b[31m\u202e", "1")], 80)

    assert heading.isprintable()
    assert line.isprintable()


@pytest.mark.parametrize("rows", [[("a", "b")], [("2026-03-02", None)], [("2026-03-02", "x")]])
def test_an_answer_without_numbers_is_no_chart(rows):
    with pytest.raises(NotAChart, match="a column of numbers"):
        chart(["a", "b"], rows, 80)

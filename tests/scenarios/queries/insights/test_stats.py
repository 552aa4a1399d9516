"""`stats`: aggregates, groups, and one stats behind another.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
"""

import pytest

from scenarios.queries.insights import MalformedQuery, Query
from scenarios.queries.insights.aggregates import Aggregates
from tests.scenarios.queries.insights.asking import ask

MESSAGES = (
    '{"host": "b", "ms": 10, "v": "x10"}',
    '{"host": "a", "ms": 20, "v": "x9"}',
    '{"host": "a", "ms": 30, "v": "x9"}',
    '{"host": "a", "ms": "40"}',
    '{"host": "b"}',
)

WORTH = [
    ("count(*)", "5"),
    ("count()", "5"),
    ("count(ms)", "4"),
    ("count_over_time(*)", "5"),
    ("count_distinct(host)", "2"),
    ("countDistinct(host)", "2"),
    ("sum(ms)", "100"),
    ("sum_over_time(ms)", "100"),
    ("sum(missing)", None),
    ("avg(ms)", "25"),
    ("avg(missing)", None),
    ("min(ms)", "10"),
    ("max(ms)", "40"),
    ("max(v)", "x10"),
    ("pct(ms, 50)", "20"),
    ("pct(ms, 100)", "40"),
    ("pct(ms, 0)", "10"),
    ("stddev(ms)", "11.1803"),
    ("variance(ms)", "125"),
    ("earliest(host)", "b"),
    ("latest(ms)", "40"),
    ("earliest(@timestamp)", "0"),
    ("latest(@timestamp)", "4000"),
    ("sortsFirst(v)", "x9"),
    ("sortsLast(v)", "x10"),
    ("values(host)", '["b","a"]'),
    ("topk(1, host)", '["a"]'),
    ("sum(ms) / count(*)", "20"),
    ("round(avg(ms) * 2 + 0.4)", "50"),
    ("fromMillis(max(@timestamp))", "1970-01-01 00:00:04.000"),
]


@pytest.mark.parametrize(("expression", "expected"), WORTH, ids=[each for each, _ in WORTH])
def test_an_aggregate_is_worth(expression, expected):
    rows = ask(f"stats {expression} as answer, count(*) as events", *MESSAGES)

    assert rows == [{"answer": expected, "events": "5"} if expected is not None else {"events": "5"}]


def test_every_aggregate_has_a_row_here():
    said = " ".join(expression.lower() for expression, _ in WORTH)

    missing = [name for name in Aggregates.ARGUMENTS if f"{name}(" not in said]

    assert missing == ["countovertime", "sumovertime"]  # other names


def test_a_row_has_its_groups_first_and_names_are_the_texts():
    rows = ask("stats count(*), avg(ms) by host", *MESSAGES)

    assert [list(row.items()) for row in rows] == [
        [("host", "b"), ("count(*)", "2"), ("avg(ms)", "10")],
        [("host", "a"), ("count(*)", "3"), ("avg(ms)", "30")],
    ]


def test_groups_of_several_fields_functions_and_bins():
    rows = ask("stats count(*) as n by toupper(host) as H, bin(2s) as t", *MESSAGES)

    assert [(row["H"], row["t"][-6:], row["n"]) for row in rows] == [
        ("B", "00.000", "1"),
        ("A", "00.000", "1"),
        ("A", "02.000", "2"),
        ("B", "04.000", "1"),
    ]


def test_very_large_numbers_are_counted_with_as_far_as_there_are_such():
    messages = ['{"a": 1e300}', '{"a": -1e300}', '{"a": ' + "9" * 400 + "}"]

    assert ask("stats sum(a) as total, avg(a) as mean, stddev(a) as spread, max(a) as most", *messages) == [
        {"total": "0", "mean": "0", "spread": "inf", "most": "1e+300"}
    ]


def test_true_and_one_are_two_groups():
    rows = ask("stats count(*) as n by a", '{"a": true}', '{"a": 1}', '{"a": "x"}')

    assert [row["n"] for row in rows] == ["1", "1", "1"]


def test_a_second_stats_goes_on_with_what_the_first_made():
    text = "stats count(*) as n by host, ms | filter n > 0 | stats max(n) as most, count(*) as kinds by host"

    assert ask(text, *MESSAGES) == [
        {"host": "b", "most": "1", "kinds": "2"},
        {"host": "a", "most": "1", "kinds": "3"},
    ]


def test_a_time_that_stats_made_can_be_cut_again():
    text = "stats count(*) as n by bin(1s) as t | stats sum(n) as total by dateceil(t, 2s)"

    assert ask(text, *MESSAGES) == [
        {"dateceil(t, 2s)": "1970-01-01 00:00:00.000", "total": "1"},
        {"dateceil(t, 2s)": "1970-01-01 00:00:02.000", "total": "2"},
        {"dateceil(t, 2s)": "1970-01-01 00:00:04.000", "total": "2"},
    ]


@pytest.mark.slow
def test_fields_behind_stats_come_beside_its_columns():
    rows = ask("stats count(*) as n by host | fields n * 10 as tenfold | sort n desc", *MESSAGES)

    assert rows == [{"host": "a", "n": "3", "tenfold": "30"}, {"host": "b", "n": "2", "tenfold": "20"}]


def test_a_column_may_use_those_before_it():
    """AWS's sample for Lambda: provisioned less used memory."""
    rows = ask("stats max(ms) as most, min(ms) as least, most - least as spread by host", *MESSAGES)

    again = "stats count(*) as n by host, ms | stats sum(n) as total, total * 2 as twice by host"
    assert [row["twice"] for row in ask(again, *MESSAGES)] == ["4", "6"]
    assert rows == [
        {"host": "b", "most": "10", "least": "10", "spread": "0"},
        {"host": "a", "most": "40", "least": "20", "spread": "20"},
    ]


def test_a_histogram_groups_by_the_width():
    rows = ask("stats count(*) as n by histogram(ms, 25) as bucket | sort bucket asc", *MESSAGES[:4])

    assert rows == [{"bucket": "0", "n": "2"}, {"bucket": "25", "n": "2"}]


def test_no_events_are_no_row():
    assert ask("filter ms > 100 | stats count(*)", *MESSAGES) == []


@pytest.mark.parametrize(
    "text",
    [
        "fields @message | stats sum(Fault) by Operation | stats max(strlen(@message)) as size",
        "stats sum(size) as bytes by @logStream | stats avg(bytes) by bin(5m)",
        "stats host by ms",
        "stats later + 1 as x, count(*) as later",
        "stats 1 as one",
        "stats pct(ms, 101)",
        "stats pct(ms)",
        "stats sum(ms, 2)",
        "stats topk(host, 2)",
        " | ".join(["stats count(*) as c0 by a"] + [f"stats max(c{n}) as c{n + 1} by a" for n in range(10)]),
        "sort ms | stats count(*)",
        "limit 5 | stats count(*)",
    ],
)
def test_what_stats_refuses(text):
    with pytest.raises(MalformedQuery):
        Query(text)


def test_ten_stats_are_not_too_many():
    text = " | ".join(["stats count(*) as c0 by a"] + [f"stats max(c{n}) as c{n + 1} by a" for n in range(9)])

    assert ask(text, '{"a": 1}') == [{"a": "1", "c9": "1"}]

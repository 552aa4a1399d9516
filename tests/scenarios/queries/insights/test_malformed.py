"""What is no query, and where: AWS's error names the characters."""

import pytest

from scenarios.queries.insights import Event, MalformedQuery, Query, QueryNotSimulated, Source
from scenarios.queries.insights.parser import NOT_SIMULATED

MALFORMED = [
    ("", "<EOF>", 0),
    ("# nothing", "<EOF>", 9),
    ("fields @message |", "<EOF>", 17),
    ("fields", "<EOF>", 6),
    ("frobnicate x", "frobnicate", 0),
    ("fields @message | bogus x", "bogus", 18),
    ('parse @message "zz * zzz" as p | bogus p', "bogus", 33),
    ("fields @message | dedup a | sort a", "sort", 28),
    ("filter a = = 1", "=", 11),
    ("filter a = 1 b", "b", 13),
    ("filter (a = 1", "<EOF>", 13),
    ("filter a not 1", "1", 13),
    ("fields a as 5", "5", 12),
    ("limit x", "x", 6),
    ("limit 1.5", "1.5", 6),
    ("unnest parts", "<EOF>", 12),
    ('parse @message "a*"', "<EOF>", 19),
    ("stats count(* by a", "by", 14),
    ("fields 'open", "'", 7),
    ("fields a; b", ";", 8),
    ("join left=a where a.k=b.k (SOURCE 'g')", "where", 12),
    ("join left=a right=b where a.k=c.k (SOURCE 'g')", "(", 34),
    ("fields @message | SOURCE 'g'", "SOURCE", 18),
    ("filter a in (fields b | filter c in (fields d))", "fields", 37),
]


@pytest.mark.parametrize(("text", "symbol", "start"), MALFORMED, ids=[each[0] for each in MALFORMED])
def test_an_unexpected_symbol_is_named_with_its_place(text, symbol, start):
    with pytest.raises(MalformedQuery) as refused:
        Query(text)

    assert refused.value.message == f"unexpected symbol found {symbol}"
    assert refused.value.start == start
    assert refused.value.end == start + (len(symbol) - 1 if symbol != "<EOF>" else 0)


OTHERS = [
    'parse @message "* *" as one',
    "parse @message /no group/",
    "parse @message /(?<open>/",
    "filter a like /(?=ahead)/",
    r"filter a like /(x)\1/",
    "limit 0",
    "limit 100001",
    "fields nonsense(a)",
    "filter a =~ 'text'",
    "fields [1, 2",
    f"fields {'(' * 500}a{')' * 500}",
    "fields " + "a" * 10_001,
    f"filter a = {'1' * 5000}",
    f"limit {'1' * 5000}",
    f"fields a[{'1' * 5000}]",
    f"fields bin({'1' * 5000}m)",
]


@pytest.mark.parametrize("text", OTHERS, ids=[each[:40] for each in OTHERS])
def test_other_texts_are_malformed_too(text):
    with pytest.raises(MalformedQuery):
        Query(text)


def test_a_regex_that_is_refused_is_named_from_slash_to_slash():
    with pytest.raises(MalformedQuery) as refused:
        Query("filter a like /(?=ahead)/ and b = 1")

    assert (refused.value.start, refused.value.end) == (14, 24)


def test_diff_stands_behind_a_pattern_only():
    """Seen on AWS: us-east-1, June 2026."""
    with pytest.raises(MalformedQuery, match=r"^Diff compilation Failed : Diff"):
        Query("filter @message like /GET/ | diff")
    with pytest.raises(QueryNotSimulated, match="the command pattern"):
        Query("pattern @message | diff")


TAKEN = [
    ("parse @message 'a=*' as x | stats latest(x) as x by @logStream", "x", 34),
    ("parse @message 'a=*' as x | parse @message 'b=*' as x", "x", 52),
    ("fields strlen(a) as x, strlen(b) as x", "x", 23),
    ("parse @message 'a=*' as x | fields x", "x", 35),
    ("stats count(*) as c by a | stats max(c) as c", "c", 33),
]


@pytest.mark.parametrize(("text", "name", "start"), TAKEN, ids=[each[0] for each in TAKEN])
def test_a_name_is_given_once(text, name, start):
    with pytest.raises(MalformedQuery, match=f"Ephemeral field is already defined: {name} ") as refused:
        Query(text)

    assert refused.value.start == start
    assert refused.value.message.endswith(f"([{start},{refused.value.end}])")


def test_a_key_of_the_events_is_taken_too():
    query = Query('parse @message \'"status":"*"\' as status | display status')

    assert query.run([Event(0, 'no JSON "status":"x"')]).rows == [{"status": "x"}]
    with pytest.raises(MalformedQuery, match="already defined: status"):
        query.run([Event(0, '{"status":"x"}')])


@pytest.mark.parametrize("command", sorted(NOT_SIMULATED))
def test_a_command_that_only_aws_has_is_loud(command):
    with pytest.raises(QueryNotSimulated, match=f"the command {command}"):
        Query(f"fields @message | {command} @message")


@pytest.mark.parametrize(
    "of", ["logGroupTags([{key: 'team', values: ['a']}])", "dataSource(['amazon_vpc.flow'])"]
)
def test_sources_by_tags_and_kinds_are_loud(of):
    with pytest.raises(QueryNotSimulated, match=f"SOURCE {of.partition('(')[0].lower()}"):
        Query(f"SOURCE {of} | limit 1")


def test_a_shifted_series_is_loud():
    with pytest.raises(QueryNotSimulated, match="offset"):
        Query("stats count(*) by bin(5m) offset 1h")


SOURCES = [
    ("SOURCE 'g' | fields a", Source(groups=("g",))),
    ('source "g", "h" | fields a', Source(groups=("g", "h"))),
    ("SOURCE 'g' START=-3600s END=0s | fields a", Source(groups=("g",), begin="-3600s", end="0s")),
    ('SOURCE "g" START=100000 END=200999 | fields a', Source(groups=("g",), begin="100000", end="200999")),
    (
        "SOURCE logGroups(namePrefix:['a','b'], accountIdentifiers: ['111122223333'], class:['X']) | limit 1",
        Source(prefixes=("a", "b"), accounts=("111122223333",), group_class=("X",)),
    ),
    ("SOURCE logGroups() | limit 1", Source()),
    (
        'SOURCE logGroups(namePrefix: [], class: "STANDARD") START=-604800s END=0s | limit 1',
        Source(group_class=("STANDARD",), begin="-604800s", end="0s"),
    ),
]


@pytest.mark.parametrize(("text", "source"), SOURCES, ids=[each[0] for each in SOURCES])
def test_a_query_may_say_where_its_events_are(text, source):
    assert Query(text).source == source

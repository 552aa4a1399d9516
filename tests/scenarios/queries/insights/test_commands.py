"""Each command, as AWS's pages describe it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html, and the page of each
command below it.
"""

import pytest

from scenarios.queries.insights import Event, Query, QueryFailed
from tests.scenarios.queries.insights.asking import ask, events

ANN, BOB = '{"user": "ann", "ms": 20, "ok": true}', '{"user": "bob", "ms": 7}'

FILTERS = [
    ('user = "ann"', ["ann"]),
    ('user != "ann"', ["bob"]),
    ("user = 'ann'", ["ann"]),
    ("ms > 7", ["ann"]),
    ("ms >= 7", ["bob", "ann"]),
    ("ms < 20", ["bob"]),
    ("ms <= 7", ["bob"]),
    ('ms = "7"', ["bob"]),
    ("ms = 7.0", ["bob"]),
    ('ms > 7 and user = "ann"', ["ann"]),
    ('ms > 7 or user = "bob"', ["bob", "ann"]),
    ("not ms > 7", ["bob"]),
    ("not (ms > 7 or ms < 7)", ["bob"]),
    ('user = "bob" or user = "ann" and ms > 100', ["bob"]),  # and binds more strongly
    ('user in ["ann", "eve"]', ["ann"]),
    ('user in ["an"]', []),  # the whole value
    ('user not in ["ann"]', ["bob"]),
    ("ms in [7, 8]", ["bob"]),
    ('user like "n"', ["ann"]),
    ('user not like "n"', ["bob"]),
    ("user like /^a/", ["ann"]),
    ("user like /(?i)ANN/", ["ann"]),
    ("user like /ANN/", []),
    ("user =~ /b.b/", ["bob"]),
    ("user not like /b.b/", ["ann"]),
    ("ispresent(ok)", ["ann"]),
    ("ok = 1", ["ann"]),
    ("ok = true", ["ann"]),
    ("strlen(user) = 3 and ms * 2 = 14", ["bob"]),
    ('isempty(missing) and user = "ann"', ["ann"]),
    ("missing > 1", []),
    ('@timestamp > "1960-01-01"', []),  # times as people write them compare with nothing
    ("@timestamp >= 1000", ["bob"]),
    ("user > 1 and ms > 1000", []),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS, ids=[each for each, _ in FILTERS])
def test_filter_leaves_the_events_for_which_it_holds(condition, expected):
    rows = ask(f"filter {condition} | fields user", ANN, BOB)

    assert [row["user"] for row in rows] == expected


def test_without_a_command_that_says_so_time_and_message_are_shown_newest_first():
    assert ask("filter ispresent(@message)", "first", "second") == [
        {"@timestamp": "1970-01-01 00:00:01.000", "@message": "second"},
        {"@timestamp": "1970-01-01 00:00:00.000", "@message": "first"},
    ]


def test_the_fields_of_an_event_that_are_the_systems():
    row = ask("fields @timestamp, @ingestionTime, @logStream, @log, @message", "m")[0]

    assert row == {
        "@timestamp": "1970-01-01 00:00:00.000",
        "@ingestionTime": "1970-01-01 00:00:00.005",
        "@logStream": "stream",
        "@log": "111122223333:group",
        "@message": "m",
    }


def test_several_fields_commands_add_up_and_the_last_display_wins():
    assert ask("fields user | fields ms", BOB) == [{"user": "bob", "ms": "7"}]
    assert ask("fields user | display ms | display user, ms | fields ok", BOB) == [{"user": "bob", "ms": "7"}]


def test_an_expression_without_an_alias_is_named_by_its_text():
    assert ask("fields toupper( user ), ms/2", BOB) == [{"toupper( user )": "BOB", "ms/2": "3.5"}]


def test_where_is_filter_keywords_have_any_case_and_comments_are_passed_over():
    text = 'FIELDS user # who\n| Where user = "a#n" OR user = "bob" # not here: | limit 0\n| LIMIT 5'

    assert ask(text, ANN, BOB) == [{"user": "bob"}]


def test_names_with_other_characters_stand_in_backticks():
    message = '{"detail-type": "A", "labels": {"app.kubernetes.io/name": "web"}, "@id": 7}'

    assert ask("fields `detail-type`, labels.`app.kubernetes.io/name`, `@@id`", message) == [
        {"detail-type": "A", "labels.app.kubernetes.io/name": "web", "@@id": "7"}
    ]


# ---- parse ---------------------------------------------------------------------------------------

PARSED = [
    ('parse @message "user=*, ms=*" as u, t', "at 7: user=ann, ms=20", {"u": "ann", "t": "20"}),
    ('parse "user=*," as u', "user=ann, x", {"u": "ann"}),
    ('parse @message "[*] *" as level, rest', "[INFO] a\nb", {"level": "INFO", "rest": "a\nb"}),
    ('parse @message "a=\\"*\\"" as a', 'a="x y" b', {"a": "x y"}),
    ("parse @message 'b=*' as b", "nothing", {}),
    (r"parse @message /user=(?<u>\w+)/", "user=ann", {"u": "ann"}),
    (r"parse /(\d+)-(\d+)/ as a, b", "x 1-2", {"a": "1", "b": "2"}),
    (r"parse @message /(?<path>\/\w+)/", "GET /x", {"path": "/x"}),
    (r"parse @message /[[:digit:]]+(?<unit>[a-z]+)/", "20ms", {"unit": "ms"}),
    ("parse @message csv as a, b, c", 'x, "y, z",', {"a": "x", "b": "y, z", "c": ""}),
    ('json "a.b" as deep', '{"a": {"b": 1}}', {"deep": "1"}),
    ('json field=ctx "identity.sourceIp" as ip', '{"ctx": {"identity": {"sourceIp": "::1"}}}', {"ip": "::1"}),
    ('json field=inner "k" as k', '{"inner": "{\\"k\\": 2}"}', {"k": "2"}),
]


@pytest.mark.parametrize(("command", "message", "expected"), PARSED, ids=[each[0] for each in PARSED])
def test_parse_makes_fields_and_keeps_events_that_do_not_fit(command, message, expected):
    names = ", ".join(expected) or "b"

    assert ask(f"{command} | display {names}", message) == [expected]


def test_logfmt_makes_a_map():
    rows = ask(
        'parse @message logfmt as l | filter l.level = "error" | display l.msg, l.ms',
        'level=error msg="it \\"broke\\"" ms=7 flag',
        "level=info msg=fine",
    )

    assert rows == [{"l.msg": 'it "broke"', "l.ms": "7"}]


def test_what_was_parsed_can_be_parsed_again():
    text = 'parse @message "url=*" as url | parse url "/api/*/users/*" as version, id | display version, id'

    assert ask(text, "url=/api/v2/users/17") == [{"version": "v2", "id": "17"}]


def test_multi_makes_a_row_of_every_find():
    text = r"parse @message /(\d+\.\d+)/ as number multi | stats count(*) as n by number"

    assert ask(text, "1.5 and 2.5 and 1.5", "none") == [
        {"number": "1.5", "n": "2"},
        {"number": "2.5", "n": "1"},
        {"n": "1"},
    ]


# ---- sort, limit, dedup --------------------------------------------------------------------------

NATURAL = [
    *("!:", "#", "*%04", "0#", "5A", "111A", "2345_", "@", "@_", "A", "A9876fghj", "a12345hfh"),
    *("0", "01", "1", "2", "3"),
]
"""The page's example of the order."""


def _values(query):
    messages = [f'{{"v": "{each}"}}' for each in reversed(NATURAL)]
    return [row["v"] for row in ask(query, *messages)]


@pytest.mark.slow
def test_sort_is_natural():
    assert _values("fields v | sort v asc") == NATURAL
    assert _values("fields v | sort v") == NATURAL
    assert _values("fields v | sort by v asc") == NATURAL
    assert _values("fields v | sort v desc") == NATURAL[::-1]


def test_numbers_sort_by_value_and_each_key_has_its_own_direction():
    messages = ['{"a": 10, "b": "x"}', '{"a": 9, "b": "x"}', '{"a": 9.5, "b": "y"}']

    rows = ask("fields a | sort b desc, a asc", *messages)

    assert [row["a"] for row in rows] == ["9.5", "9", "10"]


def test_sort_takes_a_column_of_stats_as_it_is_written():
    rows = ask("stats count(*) by user | sort count(*) desc", BOB, ANN, ANN)

    assert [row["user"] for row in rows] == ["ann", "bob"]


def test_limit_takes_the_newest_and_limit_any_stops_reading():
    query, found = Query("fields @message | limit 2"), Query("fields @message | limit any 2")
    five = events(*"abcde")

    assert [row["@message"] for row in query.run(five).rows] == ["e", "d"]
    assert [row["@message"] for row in found.run(five).rows] == ["b", "a"]
    assert query.run(five).statistics.scanned == 5
    assert found.run(five).statistics.scanned == 2


@pytest.mark.slow
def test_ten_thousand_rows_are_shown_unless_somebody_asks_for_others():
    many = [Event(number, "m") for number in range(10_050)]

    assert len(Query("fields @message").run(many).rows) == 10_000
    assert len(Query("fields @message").run(many, limit=7).rows) == 7
    assert len(Query("fields @message | limit 10050").run(many).rows) == 10_050


def test_dedup_keeps_the_first_in_the_order_and_everything_without_a_value():
    messages = ['{"s": "a", "n": 1}', '{"s": "b", "n": 2}', '{"s": "a", "n": 3}', '{"n": 4}', '{"n": 5}']

    assert [row["n"] for row in ask("fields n | dedup s", *messages)] == ["5", "4", "3", "2"]
    sorted_first = ask("fields n | sort @timestamp asc | dedup s | limit 3", *messages)
    assert [row["n"] for row in sorted_first] == ["1", "2", "4"]


# ---- unnest --------------------------------------------------------------------------------------


def test_unnest_makes_a_row_of_each_item():
    message = '{"events": [{"name": "exception"}, {"name": "user action"}], "host": "web"}'
    text = "fields jsonParse(@message) as j | unnest j.events into event | display event.name, j.host"

    assert ask(text, message) == [
        {"event.name": "exception", "j.host": "web"},
        {"event.name": "user action", "j.host": "web"},
    ]


def test_a_list_of_the_events_own_json_is_flat_fields_and_no_list():
    """AWS's pages: lists come from jsonParse; those of an event are found as `tags.0`, `tags.1`."""
    message = '{"tags": ["a", "b"], "n": 1}'

    assert ask("unnest tags into tag | display n, tag", message) == [{"n": "1"}]
    assert ask("fields ispresent(tags) as whole, ispresent(tags.0) as first", message) == [
        {"whole": "0", "first": "1"}
    ]


def test_what_is_no_list_is_one_item():
    assert ask('fields "x" as one | unnest one into item | display item', "m") == [{"item": "x"}]


# ---- join, subquery ------------------------------------------------------------------------------

GROUPS = {
    "api": ['{"id": "r1", "status": 500}', '{"id": "r2", "status": 502}', '{"id": "r3", "status": 200}'],
    "fn": ['{"id": "r1", "ms": 42}', '{"id": "r1", "ms": 43}', '{"id": "r3", "ms": 1}'],
}


def _of_group(source):
    name = source.groups[0] if source else "api"
    if name not in GROUPS:
        raise QueryFailed(f"no log group {name}")
    return events(*GROUPS[name])


JOIN = (
    "filter status >= 500 | join {} left=a right=f where a.id=f.id (SOURCE 'fn')"
    " | fields a.id, f.ms | sort f.ms asc"
)


def test_an_inner_join_has_a_row_of_each_pair():
    rows = Query(JOIN.format("type=inner")).run(_of_group).rows

    assert rows == [{"a.id": "r1", "f.ms": "42"}, {"a.id": "r1", "f.ms": "43"}]
    assert Query(JOIN.format("")).run(_of_group).rows == rows


def test_a_left_join_keeps_what_has_no_pair():
    rows = Query(JOIN.format("type=left")).run(_of_group).rows

    assert rows == [{"a.id": "r2"}, {"a.id": "r1", "f.ms": "42"}, {"a.id": "r1", "f.ms": "43"}]


def test_the_other_side_may_be_a_query():
    other = "SOURCE 'fn' | stats max(ms) as most by id"
    text = f"join left=a right=f where a.id=f.id ({other}) | fields a.id, f.most"

    assert Query(text).run(_of_group).rows == [
        {"a.id": "r3", "f.most": "1"},
        {"a.id": "r1", "f.most": "43"},
    ]


def test_a_join_of_too_many_keys_fails(monkeypatch):
    monkeypatch.setattr("scenarios.queries.insights.pipeline.MOST_JOINED_KEYS", 1)

    with pytest.raises(QueryFailed, match="more than 1 keys"):
        Query(JOIN.format("")).run(_of_group)


def test_in_asks_another_query():
    text = "filter id in (SOURCE 'fn' | filter ms > 10 | fields id) | fields status"

    assert Query(text).run(_of_group).rows == [{"status": "500"}]
    negated = text.replace(" in ", " not in ")
    assert [row["status"] for row in Query(negated).run(_of_group).rows] == ["200", "502"]

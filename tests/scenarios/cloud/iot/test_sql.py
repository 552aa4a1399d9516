"""AWS IoT's SQL: which topics a filter takes, and what a statement makes of a message."""

import pytest

from scenarios.cloud.iot.sql import Message, ParseError, fits, parse
from scenarios.cloud.kernel.errors import NotSimulated

PAYLOAD = {
    "heat": 31,
    "name": "Bea's",
    "on": True,
    "none": None,
    "room": {"floor": 2, "tags": ["a", "b"]},
    "half": 0.5,
}


def result(sql, payload=PAYLOAD):
    told = {"topic": "things/7/data", "client": "sensor", "milliseconds": 1000, "number": "n-1"}
    message = Message(payload=payload, **told)
    return parse(sql).result(message)


@pytest.mark.parametrize(
    ("pattern", "topic", "takes"),
    [
        ("things", "things", True),
        ("things", "things/7", False),
        ("things/+", "things/7", True),
        ("things/+", "things", False),
        ("things/+/data", "things/7/data", True),
        ("things/#", "things/7/data", True),
        ("things/#", "things", True),
        ("#", "things/7", True),
        ("#", "$aws/things", False),
        ("+/things", "$aws/things", False),
        ("$aws/#", "$aws/things", True),
        ("+", "/things", False),
        ("+/+", "/things", True),
    ],
)
def test_a_filter_takes_a_topic(pattern, topic, takes):
    """https://docs.aws.amazon.com/iot/latest/developerguide/topics.html#topicfilters."""
    assert fits(pattern, topic) is takes


@pytest.mark.parametrize(
    ("columns", "made"),
    [
        ("*", PAYLOAD),
        ("heat", {"heat": 31}),
        ("heat AS h, nothing, nothing.at.all", {"h": 31}),
        ("room.floor", {"floor": 2}),
        ("room.tags[1] AS tag", {"tag": "b"}),
        ("room.tags[2] AS tag", {}),
        ("topic() AS t, topic(2) AS id, topic(9) AS no", {"t": "things/7/data", "id": "7"}),
        ("clientid() AS c, timestamp() AS at", {"c": "sensor", "at": 1000}),
        ("upper(name) AS u, concat(name, '-', heat) AS c", {"u": "BEA'S", "c": "Bea's-31"}),
        ("heat * 2 + 1 AS x, heat / 2 AS y, heat % 2 AS z, -heat AS n", {"x": 63, "y": 15, "z": 1, "n": -31}),
        ("half / 2 AS q, heat / 0 AS no, nothing + 1 AS no2", {"q": 0.25}),
        ("name + '!' AS s", {"s": "Bea's!"}),
        ("'it''s' AS s, 1.5 AS n, true AS b, null AS o", {"s": "it's", "n": 1.5, "b": True, "o": None}),
        ("isnull(none) AS a, isnull(heat) AS b", {"a": True, "b": False}),
        ("*, topic(2) AS id", {**PAYLOAD, "id": "7"}),
    ],
)
def test_what_is_selected(columns, made):
    assert result(f"SELECT {columns} FROM 'x'") == made


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("heat > 30", True),
        ("heat > 31", False),
        ("heat >= 31 AND on = true", True),
        ("heat < 31 OR name = 'Bea''s'", True),
        ("NOT heat = 31", False),
        ("(heat = 1 OR heat = 31) AND half <> 1", True),
        ("nothing > 1", False),
        ("NOT nothing > 1", False),
        ("nothing > 1 OR heat = 31", True),
        ("nothing = 1 AND heat = 31", False),
        ("room.floor = 2", True),
        ("on = 1", False),
        ("name > 'A'", True),
        ("none = null", True),
        ("room > 1", False),
        ("topic(2) = '7'", True),
        ("heat", False),
    ],
)
def test_a_condition_holds(condition, holds):
    assert (result(f"SELECT * FROM 'x' WHERE {condition}") is not None) is holds


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT",
        "SELECT * FROM x",
        "SELECT * FROM 'x' WHERE",
        "SELECT * FROM 'x' WHERE (heat = 1",
        "SELECT * FROM 'x' heat",
        "SELECT a, FROM 'x'",
        "UPDATE 'x'",
        "SELECT * FROM 'x' WHERE heat ! 1",
        "SELECT upper(a FROM 'x'",
    ],
)
def test_what_is_no_statement_is_refused(sql):
    with pytest.raises(ParseError):
        parse(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT aws_lambda('arn', a) FROM 'x'",
        "SELECT CASE heat WHEN 1 THEN 2 END FROM 'x'",
        "SELECT [1, 2] AS l FROM 'x'",
        "SELECT * FROM 'x' WHERE heat IN 3",
        "SELECT room.* FROM 'x'",
    ],
)
def test_what_aws_would_understand_is_loud(sql):
    with pytest.raises(NotSimulated):
        parse(sql)


@pytest.mark.parametrize("condition", ["heat > '30'", "name = 31", "name - 1 = 2"])
def test_a_number_with_a_text_is_loud(condition):
    with pytest.raises(NotSimulated):
        result(f"SELECT * FROM 'x' WHERE {condition}")

"""The questions of responders, against plain Python over the same records."""

import pytest

from tests.sample import in_turn
from tests.scenarios.queries.sql.battery import QUERIES
from tests.scenarios.queries.sql.trail import ORGANIZATION, engine, filed, records

RECORDS = records()
FILES = filed(RECORDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", in_turn(QUERIES, of=9))
def test_a_question_has_the_answer_that_python_has(name):
    text, answer = QUERIES[name]

    rows = engine(FILES, ORGANIZATION).run(text).rows

    expected = [tuple(row) for row in answer(RECORDS)]
    assert (rows if "ORDER BY" in text else sorted(rows)) == expected


@pytest.mark.slow
def test_there_are_a_hundred_and_none_is_empty_by_chance():
    empty = [name for name, (_, answer) in QUERIES.items() if not answer(RECORDS)]

    assert len(QUERIES) >= 95
    assert len(empty) <= 4, empty

"""What AWS's pages leave open: each switch has a probe, and the probe tells its values apart."""

from dataclasses import replace

import pytest

from scenarios.queries.insights import MalformedQuery, Query, QueryNotSimulated
from scenarios.queries.insights.switches import DEFAULT, OPEN, unsettled
from tests.scenarios.queries.insights.asking import events


def answer(probe, switches):
    try:
        return Query(probe.query, switches).run(events(*probe.messages)).rows
    except (MalformedQuery, QueryNotSimulated) as refused:
        return type(refused).__name__


def test_every_switch_has_a_probe():
    assert [each.name for each in OPEN] == unsettled()
    assert all(each.source and each.question.endswith("?") for each in OPEN)


@pytest.mark.parametrize("probe", OPEN, ids=[each.name for each in OPEN])
def test_a_probe_tells_the_values_of_its_switch_apart(probe):
    values = (getattr(DEFAULT, probe.name), *probe.others)

    answers = [answer(probe, replace(DEFAULT, **{probe.name: value})) for value in values]

    assert len({str(each) for each in answers}) == len(values), answers

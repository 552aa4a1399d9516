"""When schedules come due: zones, changes of the clock, single times, beginnings and ends."""

from datetime import UTC, datetime

import pytest

from scenarios.cloud.scheduler.occurrences import InvalidZone, Occurrences
from scenarios.cloud.schedules import InvalidSchedule

PARIS = "Europe/Paris"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def coming(schedule, since, count):
    found, moment = [], utc(since)
    while len(found) < count and (moment := schedule.next_after(moment)) is not None:
        found.append(f"{moment:%m-%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "zone", "since", "due"),
    [
        pytest.param(
            "cron(30 2 * * ? *)",
            PARIS,
            "2026-03-27T12:00",
            ["03-28T01:30", "03-30T00:30"],
            id="left out in spring",
        ),
        pytest.param(
            "cron(30 2 * * ? *)",
            PARIS,
            "2026-10-24T12:00",
            ["10-25T00:30", "10-26T01:30"],
            id="autumn",
        ),
        pytest.param(
            "cron(0/30 2 * * ? *)",
            PARIS,
            "2026-10-24T23:59",
            ["10-25T00:00", "10-25T00:30", "10-26T01:00"],
            id="the second hour in autumn doesn't count",
        ),
        pytest.param(
            "cron(0 9 ? * MON *)",
            "America/New_York",
            "2026-03-06T00:00",
            ["03-09T13:00", "03-16T13:00"],
            id="New York",
        ),
        pytest.param("cron(0 9 * * ? *)", "UTC", "2026-03-06T10:00", ["03-07T09:00"], id="UTC"),
        pytest.param("rate(1 day)", PARIS, "2026-03-28T12:00", ["03-29T12:00"], id="a day has 24 hours"),
        pytest.param("at(2026-07-01T12:00:00)", PARIS, "2026-03-28T12:00", ["07-01T10:00"], id="once"),
        pytest.param("at(2026-03-29T02:30:00)", PARIS, "2026-03-28T12:00", [], id="a time there isn't"),
        pytest.param("at(2026-03-01T00:00:00)", "UTC", "2026-03-28T12:00", [], id="a time in the past"),
    ],
)
def test_when_it_comes_due(expression, zone, since, due):
    assert coming(Occurrences(expression, zone), since, max(len(due), 1)) == due


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("cron(0 * * * ? *)", ["03-02T05:00", "03-02T06:00"]),
        ("rate(45 minutes)", ["03-02T05:00", "03-02T05:45"]),
    ],
)
def test_it_comes_due_between_its_start_and_its_end(expression, due):
    between = Occurrences(expression, "UTC", utc("2026-03-02T05:00"), utc("2026-03-02T06:15"))

    assert coming(between, "2026-03-01T00:00", 3)[:2] == due
    assert between.next_after(utc("2026-03-02T06:15")) is None


def test_an_expression_that_is_none_is_refused():
    for wrong in ("at(2026-02-30T00:00:00)", "at(2026-03-02)", "every day"):
        with pytest.raises(InvalidSchedule):
            Occurrences(wrong)


def test_a_zone_that_there_is_not_is_refused():
    with pytest.raises(InvalidZone):
        Occurrences("rate(1 day)", "Mars/Olympus")

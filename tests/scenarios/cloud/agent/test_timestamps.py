"""A line's time by its format, as the agent finds and reads it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from scenarios.cloud.agent.shapes import InvalidConfiguration
from scenarios.cloud.agent.timestamps import LineTime

NOW = datetime(2027, 3, 2, 9, tzinfo=UTC)


def read(timestamp_format, line, *, now=NOW, zone=UTC):
    found = LineTime.of(timestamp_format).read(line, now=now, zone=zone)
    return found and f"{found.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:23]


@pytest.mark.parametrize(
    ("timestamp_format", "line", "expected"),
    [
        pytest.param(
            "%b %d %H:%M:%S", "Mar  2 08:59:01 web-1 sshd: x", "2027-03-02T08:59:01.000", id="syslog"
        ),
        pytest.param("%b %d %H:%M:%S", "Mar 12 08:59:01 x", "2027-03-12T08:59:01.000", id="two digits"),
        pytest.param(
            "%Y-%m-%dT%H:%M:%S.%f", "2027-03-02T01:02:03.4567 x", "2027-03-02T01:02:03.456", id="a fraction"
        ),
        pytest.param(
            "%Y-%m-%d %H:%M:%S,%f",
            "2027-03-02 01:02:03,7 x",
            "2027-03-02T01:02:03.700",
            id="a short fraction",
        ),
        pytest.param(
            "[%d/%b/%Y:%H:%M:%S %z]",
            '10.0.0.1 - - [02/Mar/2027:10:11:12 +0200] "GET /"',
            "2027-03-02T08:11:12.000",
            id="an access log",
        ),
        pytest.param("%d %B %y %I:%M %p", "02 January 27 12:05 PM x", "2027-01-02T12:05:00.000", id="noon"),
        pytest.param("%d %b %y %-I:%M %p", "2 Mar 27 9:05 PM", "2027-03-02T21:05:00.000", id="evening"),
        pytest.param(
            "%a %b %d %H:%M:%S %Z %Y",
            "Tue Mar  2 08:00:00 EST 2027",
            "2027-03-02T08:00:00.000",
            id="a zone's name is UTC",
        ),
        pytest.param("%m/%d/%Y", "3/2/2027 x", "2027-03-02T00:00:00.000", id="one digit for two"),
        pytest.param("%-d.%-m.%Y", "12.3.2027", "2027-03-12T00:00:00.000", id="day first"),
        pytest.param("%Y", "in the middle 2026 of a line", "2026-01-01T00:00:00.000", id="anywhere"),
    ],
)
def test_a_time_is_found_and_read(timestamp_format, line, expected):
    assert read(timestamp_format, line) == expected


@pytest.mark.parametrize(
    ("timestamp_format", "line"),
    [
        pytest.param("%b %d %H:%M:%S", "no time at all", id="none"),
        pytest.param("%b %d %H:%M:%S", "Mrz  2 08:59:01", id="a month in another language"),
        pytest.param("%d %B %Y", "02 March 2027", id="a month that hasn't seven letters"),
        pytest.param("%Y-%m-%d", "2027-02-30", id="a day that isn't"),
        pytest.param("%Y-%m-%d", "2027- 3-02", id="a padded month"),
        pytest.param("%H:%M %p", "09:00 am", id="small letters"),
        pytest.param("%a %d %b", "Xyz 02 Mar", id="no weekday"),
    ],
)
def test_what_can_not_be_read_has_no_time(timestamp_format, line):
    assert read(timestamp_format, line) is None


@pytest.mark.parametrize(
    ("line", "now", "expected"),
    [
        pytest.param("Mar  2 09:00:00", NOW, "2027", id="this year"),
        pytest.param("Dec 31 23:59:59", datetime(2027, 1, 1, tzinfo=UTC), "2026", id="just before new year"),
        pytest.param(
            "Jan  1 00:00:01", datetime(2026, 12, 31, 23, tzinfo=UTC), "2026", id="a clock ahead: a year late"
        ),
        pytest.param("Mar 31 09:00:00", NOW, "2027", id="a month ahead"),
        pytest.param("Apr 30 09:00:00", NOW, "2026", id="more than a month ahead"),
    ],
)
def test_a_time_without_a_year_is_of_this_year_or_the_last(line, now, expected):
    assert read("%b %d %H:%M:%S", line, now=now)[:4] == expected


def test_the_29th_of_february_is_the_1st_of_march_in_years_without():
    assert read("%b %d", "Feb 29") == "2027-03-01T00:00:00.000"
    assert read("%b %d", "Feb 29", now=datetime(2028, 3, 1, tzinfo=UTC)) == "2028-02-29T00:00:00.000"


def test_a_time_without_a_zone_is_the_hosts():
    assert (
        read("%Y-%m-%d %H:%M", "2027-03-02 09:00", zone=ZoneInfo("Europe/Zurich"))
        == "2027-03-02T08:00:00.000"
    )


def test_a_time_is_taken_out_of_its_line():
    assert LineTime.of("%H:%M").without("[09:00] \t hello") == "[] \t hello"
    assert LineTime.of("%H:%M ").without("09:00  \t hello") == "hello"
    assert LineTime.of("%H:%M").without("hello") == "hello"


def test_a_format_that_makes_no_expression_is_refused():
    with pytest.raises(InvalidConfiguration, match="timestamp_format"):
        LineTime.of("%H\\")

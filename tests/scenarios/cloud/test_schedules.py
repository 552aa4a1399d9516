"""EventBridge's schedules: which expressions AWS takes, and when they fire."""

import contextlib
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cloud.schedules import InvalidSchedule, Schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(expression: str, after: str, count: int) -> list[str]:
    schedule, moment, found = Schedule(expression), at(after), []
    for _ in range(count):
        fired = schedule.next_after(moment)
        if fired is None:
            break
        found.append(fired.strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00"))
        moment = fired
    return found


VALID = [
    pytest.param("rate(1 minute)", id="one minute"),
    pytest.param("rate(2 minutes)", id="two minutes"),
    pytest.param("rate(12  hours)", id="two blanks between value and unit"),
    pytest.param("rate(7 days)", id="a week of days"),
    pytest.param("cron(0\t10\n* * ? *)", id="fields separated by any white space"),
    pytest.param("cron(*/5 * * * ? *)", id="star with a step"),
    pytest.param("cron(0,15,30-35,50/3 * * * ? *)", id="list of values, ranges and steps"),
    pytest.param("cron(0 22-4/2 * * ? *)", id="wrapping range with a step"),
    pytest.param("cron(0 0 1-15/7 NOV-FEB ? 2030-2040/5)", id="steps, month names, years"),
    pytest.param("cron(0 0 LW * ? *)", id="last weekday of the month"),
    pytest.param("cron(0 0 L-3 * ? *)", id="days before the last"),
    pytest.param("cron(0 0 ? * L *)", id="last day of the week"),
    pytest.param("cron(0 0 ? * FRIL *)", id="last Friday by name"),
    pytest.param("cron(0 0 ? * SAT-SUN *)", id="weekdays that wrap"),
    pytest.param("cron(0 0 ? * 2#5 *)", id="fifth Monday"),
    pytest.param("cron(0 0 * * ? 1999)", id="a year that is over"),
    pytest.param("cron(0 0 30 2 ? *)", id="a day that never comes"),
]
INVALID = [
    pytest.param("", id="empty"),
    pytest.param("at(2030-01-01T00:00:00)", id="one-time schedules belong to the Scheduler"),
    pytest.param("0 10 * * ? *", id="bare cron"),
    pytest.param("CRON(0 10 * * ? *)", id="capital function"),
    pytest.param("cron(0 10 * * ? *) ", id="blank after"),
    pytest.param(" cron(0 10 * * ? *)", id="blank before"),
    pytest.param("cron( 0 10 * * ? *)", id="blank within the parenthesis"),
    pytest.param("cron(0 10 * * ?)", id="five fields"),
    pytest.param("cron(0 0 10 * * ? *)", id="seven fields, as Quartz writes"),
    pytest.param("cron(0 10 * * * *)", id="both days starred"),
    pytest.param("cron(0 10 ? * ? *)", id="both days open"),
    pytest.param("cron(0 10 1 * MON *)", id="both days given"),
    pytest.param("cron(? 10 * * ? *)", id="question mark outside the days"),
    pytest.param("cron(60 10 * * ? *)", id="minute 60"),
    pytest.param("cron(0 24 * * ? *)", id="hour 24"),
    pytest.param("cron(0 0 0 * ? *)", id="day 0"),
    pytest.param("cron(0 0 32 * ? *)", id="day 32"),
    pytest.param("cron(0 0 1 13 ? *)", id="month 13"),
    pytest.param("cron(0 0 1 JANUARY ? *)", id="long month name"),
    pytest.param("cron(0 0 ? * 0 *)", id="Sunday is 1, not 0"),
    pytest.param("cron(0 0 ? * 8 *)", id="day 8 of the week"),
    pytest.param("cron(0 0 ? * MON/2 *)", id="day of week takes no step"),
    pytest.param("cron(0 0 ? * 15W *)", id="W belongs to day-of-month"),
    pytest.param("cron(0 0 3#2 * ? *)", id="# belongs to day-of-week"),
    pytest.param("cron(0 0 ? * 3#6 *)", id="sixth Tuesday"),
    pytest.param("cron(0 0 ? * 3#0 *)", id="zeroth Tuesday"),
    pytest.param("cron(0 0 ? * 2#1,3#2 *)", id="two numbered weekdays"),
    pytest.param("cron(0 0 ? * 2,3#2 *)", id="a numbered weekday in a list"),
    pytest.param("cron(0 0 32W * ? *)", id="weekday nearest the 32nd"),
    pytest.param("cron(0 0 L-31 * ? *)", id="before the month's beginning"),
    pytest.param("cron(0 0 * * ? 1969)", id="year before 1970"),
    pytest.param("cron(0 0 * * ? 2200)", id="year after 2199"),
    pytest.param("cron(0 0 * * ? 2030-2020)", id="years do not wrap"),
    pytest.param("cron(0/0 0 * * ? *)", id="step of nothing"),
    pytest.param("cron(0/61 0 * * ? *)", id="step beyond the field"),
    pytest.param("cron(0,,5 0 * * ? *)", id="empty item"),
    pytest.param("cron(*-5 0 * * ? *)", id="range from a star"),
    pytest.param("cron(-5 0 * * ? *)", id="negative minute"),
    pytest.param("cron(1-2-3 0 * * ? *)", id="range of three"),
    pytest.param("cron(\u0661 0 * * ? *)", id="digits of another script"),
    pytest.param("cron(" + ",".join(["0"] * 130) + " 0 * * ? *)", id="over 256 characters"),
    pytest.param("rate(1 minutes)", id="one in the plural"),
    pytest.param("rate(2 hour)", id="two in the singular"),
    pytest.param("rate(0 days)", id="never"),
    pytest.param("rate(-1 days)", id="backwards"),
    pytest.param("rate(1.5 hours)", id="a fraction"),
    pytest.param("rate(5 Minutes)", id="capital unit"),
    pytest.param("rate(5minutes)", id="no blank"),
    pytest.param("rate(5 weeks)", id="weeks"),
    pytest.param("rate(5 minutes, 3 hours)", id="two rates"),
    pytest.param("rate(" + "9" * 60 + " days)", id="longer than the calendar"),
]


@pytest.mark.parametrize("expression", VALID)
def test_aws_takes(expression):
    assert Schedule(expression).expression == expression


@pytest.mark.parametrize("expression", INVALID)
def test_aws_refuses(expression):
    with pytest.raises(InvalidSchedule) as refused:
        Schedule(expression)

    assert refused.value.expression == expression
    assert refused.value.reason in str(refused.value)
    assert refused.value.AWS_MESSAGE == "Parameter ScheduleExpression is not valid."


def firing(name: str, expression: str, after: str, *expected: str):
    return pytest.param(expression, after, [*expected], id=name)


FIRINGS = [
    firing("leap day", "cron(30 8 * * ? *)", "2024-02-28 08:30", "2024-02-29 08:30", "2024-03-01 08:30"),
    firing("step ends", "cron(50/5 7 * * ? *)", "2024-01-01", "2024-01-01 07:50", "2024-01-01 07:55"),
    firing(
        "hours wrap with a step",
        "cron(0 22-4/3 * * ? *)",
        "2024-01-01",
        "2024-01-01 01:00",
        "2024-01-01 04:00",
        "2024-01-01 22:00",
    ),
    firing("FRI-MON", "cron(0 0 ? * FRI-MON *)", "2024-01-01", "2024-01-05", "2024-01-06"),
    firing(
        "small letters", "cron(0 18 ? jan mon-Fri *)", "2024-01-05", "2024-01-05 18:00", "2024-01-08 18:00"
    ),
    firing("months wrap", "cron(0 0 1 NOV-FEB ? *)", "2024-01-15", "2024-02-01", "2024-11-01", "2024-12-01"),
    firing(
        "days of the month wrap",
        "cron(0 0 28-2 * ? *)",
        "2023-02-27",
        "2023-02-28",
        "2023-03-01",
        "2023-03-02",
    ),
    firing("31st", "cron(0 0 31 * ? *)", "2024-03-31", "2024-05-31", "2024-07-31"),
    firing("1W, a Saturday", "cron(0 0 1W * ? *)", "2024-05-31", "2024-06-03", "2024-07-01"),
    firing("31W, a Sunday", "cron(0 0 31W * ? *)", "2024-02-01", "2024-03-29", "2024-05-31"),
    firing("15W both ways", "cron(0 0 15W 6 ? *)", "2024-01-01", "2024-06-14", "2025-06-16"),
    firing("LW", "cron(0 0 LW * ? *)", "2024-03-01", "2024-03-29", "2024-04-30"),
    firing("L-1", "cron(0 0 L-1 2 ? *)", "2023-01-01", "2023-02-27", "2024-02-28"),
    firing("L-29", "cron(0 0 L-29 * ? *)", "2024-01-31", "2024-03-02", "2024-04-01"),
    firing("L is Saturday", "cron(0 0 ? * L *)", "2024-01-01", "2024-01-06", "2024-01-13"),
    firing("last Sunday", "cron(0 0 ? * 1L *)", "2024-01-01", "2024-01-28", "2024-02-25"),
    firing("MON#1", "cron(0 0 ? * MON#1 *)", "2024-01-01", "2024-02-05", "2024-03-04"),
    firing("fifth Thursday", "cron(0 0 ? * 5#5 *)", "2024-01-01", "2024-02-29", "2024-05-30"),
    firing("2100 is no leap year", "cron(0 0 29 2 ? *)", "2096-03-01", "2104-02-29"),
    firing("then never again", "cron(59 23 31 12 ? 2024-2025)", "2024-12-31 23:59", "2025-12-31 23:59"),
    firing("long before", "cron(0 0 1 1 ? 1970)", "0001-01-01", "1970-01-01"),
    firing("rate", "rate(90 minutes)", "2024-02-28 23:00", "2024-02-29 00:30", "2024-02-29 02:00"),
]


@pytest.mark.parametrize(("expression", "after", "expected"), FIRINGS)
def test_fires(expression, after, expected):
    assert fires(expression, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("expression", "after"),
    [
        pytest.param("cron(0 0 * * ? 2001-2010)", "2011-01-01 00:00", id="past years"),
        pytest.param("cron(0 0 30 2 ? *)", "1970-01-01 00:00", id="30 February"),
        pytest.param("cron(0 0 31 4,6,9,11 ? *)", "1970-01-01 00:00", id="the 31st of short months"),
        pytest.param("cron(0 0 29 2 ? 2100)", "1970-01-01 00:00", id="29 February 2100"),
        pytest.param("cron(* * * * ? *)", "2199-12-31 23:59", id="after the last year"),
        pytest.param("cron(* * * * ? *)", "9999-12-31 23:59", id="at the calendar's end"),
        pytest.param("rate(99999 days)", "9999-01-01 00:00", id="a rate past the calendar's end"),
    ],
)
def test_never_fires_again_and_says_so_at_once(expression, after):
    started = time.process_time()

    assert Schedule(expression).next_after(at(after)) is None

    assert time.process_time() - started < 0.25


def test_a_rate_counts_seconds_from_the_creation():
    created = datetime(2024, 1, 1, 10, 0, 42, 7, tzinfo=UTC)

    assert Schedule("rate(1 hour)").next_after(created) == created + timedelta(hours=1)


def test_the_minute_that_has_begun_is_over():
    moment = datetime(2024, 1, 1, 10, 0, 0, 1, tzinfo=UTC)

    assert Schedule("cron(0 10 * * ? *)").next_after(moment) == at("2024-01-02 10:00")


def test_the_answer_is_in_utc_whatever_zone_the_question_came_in():
    evening_in_new_york = datetime(2024, 1, 1, 20, 0, tzinfo=timezone(timedelta(hours=-5)))

    fired = Schedule("cron(0 10 * * ? *)").next_after(evening_in_new_york)

    assert fired == at("2024-01-02 10:00")
    assert fired.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        Schedule("rate(1 minute)").next_after(datetime(2024, 1, 1))  # noqa: DTZ001 - the point


# A second reading of the fields, by looking at every minute, holds the search to account.

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def matches_item(item: str, value: int, low: int, high: int, names: list[str]) -> bool:
    def number(text: str) -> int:
        return names.index(text) + low if text in names else int(text)

    span, _, step = item.partition("/")
    first, _, last = span.partition("-")
    start = low if first == "*" else number(first)
    end = high if first == "*" or (step and not last) else number(last or first)
    width = high - low + 1
    reach = (end - start) % width
    distance = (value - start) % width
    return distance <= reach and distance % int(step or 1) == 0


def matches(text: str, value: int, low: int, high: int, names: list[str] | None = None) -> bool:
    return any(matches_item(item, value, low, high, names or []) for item in text.split(","))


def matches_day(day_of_month: str, day_of_week: str, moment: datetime) -> bool:
    weekday = moment.isoweekday() % 7 + 1
    tomorrow, in_a_week = moment + timedelta(days=1), moment + timedelta(days=7)
    if day_of_month == "L":
        return tomorrow.month != moment.month
    if day_of_month.endswith("W"):
        target = int(day_of_month[:-1])
        same_month = [moment.replace(day=day) for day in range(1, 29)]
        candidates = [day for day in same_month if day.isoweekday() <= 5]
        return moment == min(candidates, key=lambda day: abs(day.day - target))
    if day_of_week.endswith("L") and day_of_week != "L":
        return weekday == int(day_of_week[:-1]) and in_a_week.month != moment.month
    if "#" in day_of_week:
        wanted, nth = day_of_week.split("#")
        return weekday == int(wanted) and (moment.day - 1) // 7 + 1 == int(nth)
    if day_of_week == "?":
        return matches(day_of_month, moment.day, 1, 31)
    return weekday == 7 if day_of_week == "L" else matches(day_of_week, weekday, 1, 7, WEEKDAYS)


def fires_at(expression: str, moment: datetime) -> bool:
    minutes, hours, day_of_month, month, day_of_week, year = expression[5:-1].split()
    return (
        matches(minutes, moment.minute, 0, 59)
        and matches(hours, moment.hour, 0, 23)
        and matches(month, moment.month, 1, 12, MONTHS)
        and matches(year, moment.year, 1970, 2199)
        and matches_day(day_of_month, day_of_week, moment.replace(hour=0, minute=0))
    )


def items(
    low: int, high: int, names: list[str] | None = None, *, steps: bool = True
) -> st.SearchStrategy[str]:
    value = st.integers(low, high).map(str) | st.sampled_from(names or [str(low)])
    pair = st.tuples(value, value).map("-".join)
    span = st.just("*") | value | pair
    stepped = st.tuples(span, st.integers(1, high).map(str)).map("/".join)
    return st.lists(span | stepped if steps else span, min_size=1, max_size=3).map(",".join)


DAYS = st.one_of(
    st.tuples(items(1, 31) | st.just("L") | st.integers(2, 27).map("{}W".format), st.just("?")),
    st.tuples(
        st.just("?"),
        items(1, 7, WEEKDAYS, steps=False)
        | st.just("L")
        | st.integers(1, 7).map("{}L".format)
        | st.tuples(st.integers(1, 7), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
    ),
)
CRONS = st.builds(
    lambda minutes, hours, days, month, year: f"cron({minutes} {hours} {days[0]} {month} {days[1]} {year})",
    items(0, 59),
    items(0, 23),
    DAYS,
    st.just("*") | items(1, 12, MONTHS),
    st.sampled_from(["*", "2023-2025"]),
)
MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - its API


@pytest.mark.slow
@given(expression=CRONS, moment=MOMENTS)
def test_a_firing_matches_every_field_and_nothing_between_does(expression, moment):
    fired = Schedule(expression).next_after(moment)

    if fired is not None:
        assert fired > moment
        assert fires_at(expression, fired)
    minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    horizon = min(fired or minute + timedelta(days=2), minute + timedelta(days=2))
    while minute < horizon:
        assert not fires_at(expression, minute), minute
        minute += timedelta(minutes=1)


@given(text=st.text(alphabet="0123456789*,-/?LW# JANMO()cronrateminutes", max_size=40))
def test_any_text_is_a_schedule_or_refused(text):
    for expression in (text, f"cron({text})", f"rate({text})"):
        with contextlib.suppress(InvalidSchedule):
            Schedule(expression)

"""What CloudWatch remembers of metrics, and the statistics it makes of them."""

import copy
import math
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cloud.cloudwatch.metrics.metrics import (
    InvalidMetric,
    Metric,
    MetricStore,
    StatisticSet,
    aligned,
)
from scenarios.cloud.kernel.errors import NotSimulated

NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)
STATISTICS = ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50", "p90"]


def after(**time: float) -> datetime:
    return NOON + timedelta(**time)


def stored(*data: tuple[float, float]) -> MetricStore:
    """A store with (seconds after noon, value) of one metric."""
    store = MetricStore()
    for seconds, value in data:
        store.put("App", "Latency", value=value, timestamp=after(seconds=seconds))
    return store


def ask(store: MetricStore, statistic: str = "Sum", **question) -> list[tuple[int, float]]:
    """Datapoints as (seconds after noon, value)."""
    usual = {"period": 60, "start": NOON, "end": after(hours=1)}
    found = store.statistic("App", "Latency", {}, statistic, **(usual | question))
    return [(int((moment - NOON).total_seconds()), value) for moment, value in found]


# SampleCount, Sum, Average, Minimum, Maximum, p50, p90 of one minute.
SUMMED = [
    pytest.param([{"value": 4}], [1, 4, 4, 4, 4, 4, 4], id="one value"),
    pytest.param([{"value": 4}, {"value": 4}], [2, 8, 4, 4, 4, 4, 4], id="the same twice"),
    pytest.param([{"value": value} for value in (3, 1, 2)], [3, 6, 2, 1, 3, 2, 3], id="three values"),
    pytest.param([{"value": value} for value in range(1, 11)], [10, 55, 5.5, 1, 10, 5, 9], id="ten values"),
    pytest.param([{"values": [1, 2], "counts": [9, 1]}], [10, 11, 1.1, 1, 2, 1, 1], id="values with counts"),
    pytest.param([{"values": [5, 7]}], [2, 12, 6, 5, 7, 5, 7], id="values without counts"),
    pytest.param([{"value": 0}, {"value": 0}], [2, 0, 0, 0, 0, 0, 0], id="zeros"),
    pytest.param(
        [{"value": -1}, {"value": 3}], [2, 2, 1, -1, 3, None, None], id="no percentile of negative values"
    ),
    pytest.param(
        [{"statistics": StatisticSet(sample_count=4, total=20, minimum=1, maximum=9)}, {"value": 10}],
        [5, 30, 6, 1, 10, None, None],
        id="no percentile after a statistic set",
    ),
    pytest.param(
        [{"statistics": StatisticSet(sample_count=3, total=7, minimum=2, maximum=2)}],
        [3, 7, 7 / 3, 2, 2, None, None],
        id="no percentile where a set's sum is another",
    ),
    pytest.param(
        [{"value": 8}, {"statistics": StatisticSet(sample_count=3, total=6, minimum=2, maximum=2)}],
        [4, 14, 3.5, 2, 8, 2, 8],
        id="a statistic set of equal values",
    ),
]


@pytest.mark.parametrize(("data", "expected"), SUMMED)
def test_a_minute_is_summed_up(data, expected):
    store = MetricStore()
    for datum in data:
        store.put("App", "Latency", timestamp=after(seconds=30), **datum)

    found = [dict(ask(store, statistic)).get(0) for statistic in STATISTICS]

    assert found == pytest.approx(expected)


PERIODS = [
    pytest.param({}, [(0, 1), (60, 2), (240, 12)], id="by the minute, empty ones left out"),
    pytest.param({"period": 300}, [(0, 15)], id="by five minutes"),
    pytest.param({"start": after(seconds=59)}, [(0, 1), (60, 2), (240, 12)], id="the start is rounded down"),
    pytest.param({"start": after(minutes=1)}, [(60, 2), (240, 12)], id="the start is included"),
    pytest.param(
        {"start": after(minutes=1), "period": 120}, [(60, 2), (180, 12)], id="periods run from the start"
    ),
    pytest.param(
        {"start": after(minutes=-2), "period": 180}, [(-120, 1), (60, 2), (240, 12)], id="or before it"
    ),
    pytest.param({"end": after(minutes=4)}, [(0, 1), (60, 2)], id="the end is not included"),
    pytest.param(
        {"end": after(minutes=4, microseconds=1)}, [(0, 1), (60, 2), (240, 12)], id="hardly later it is"
    ),
    pytest.param({"start": after(hours=2), "end": after(hours=3)}, [], id="nothing there"),
    pytest.param({"start": after(hours=2), "end": NOON}, [], id="backwards"),
    pytest.param({"unit": "Count"}, [], id="another unit"),
]


@pytest.mark.parametrize(("question", "expected"), PERIODS)
def test_periods_are_stamped_with_their_start(question, expected):
    store = stored((0, 1), (119.9, 2), (240, 4), (299, 8))

    assert ask(store, **question) == expected


def test_data_may_come_in_any_order():
    assert ask(stored((240, 4), (0, 1), (119, 2), (299, 8))) == [(0, 1), (60, 2), (240, 12)]


def test_percentiles_span_minutes():
    store = stored((0, 1), (60, 9), (60, 5), (120, 3))

    assert ask(store, "p50", period=300) == [(0, 3)]
    assert ask(store, "p75", period=300) == [(0, 5)]
    assert ask(store, "p100", period=300) == [(0, 9)]
    assert ask(store, "p99.9", period=300) == [(0, 9)]


def test_high_resolution_is_kept_by_the_second():
    store = MetricStore()
    for second in (0, 1.5, 1.9, 10):
        store.put("App", "Latency", value=1, timestamp=after(seconds=second), resolution=1)

    assert ask(store, period=1) == [(0, 1), (1, 2), (10, 1)]
    assert ask(store, period=10) == [(0, 3), (10, 1)]
    assert ask(store, period=10, start=after(seconds=7)) == [(0, 3), (10, 1)]
    assert ask(store, period=60) == [(0, 4)]


def test_dimensions_make_the_metric_and_roll_up_to_nothing():
    store = MetricStore()
    store.put("App", "Latency", {"Stage": "prod", "Zone": "a"}, value=1, timestamp=NOON)
    store.put("App", "Latency", {"Zone": "a", "Stage": "prod"}, value=2, timestamp=NOON)
    store.put("App", "Latency", {"Stage": "prod"}, value=4, timestamp=NOON)

    def total(dimensions):
        found = store.statistic(
            "App", "Latency", dimensions, "Sum", period=60, start=NOON, end=after(minutes=1)
        )
        return [value for _, value in found]

    assert total({"Stage": "prod", "Zone": "a"}) == [3]
    assert total({"Stage": "prod"}) == [4]
    assert total({}) == []


def test_units_are_kept_apart():
    store = MetricStore()
    store.put("App", "Latency", value=1, timestamp=NOON, unit="Seconds")
    assert ask(store) == [(0, 1)]

    store.put("App", "Latency", value=500, timestamp=NOON, unit="Milliseconds")

    assert store.units("App", "Latency") == ["Milliseconds", "Seconds"]
    assert ask(store, unit="Seconds") == [(0, 1)]
    assert ask(store, unit="Milliseconds") == [(0, 500)]
    with pytest.raises(NotSimulated, match="data in Milliseconds, Seconds: name the unit"):
        ask(store)


def test_times_may_be_of_any_zone():
    tokyo = timezone(timedelta(hours=9))
    store = MetricStore()
    store.put("App", "Latency", value=1, timestamp=NOON.astimezone(tokyo))

    assert ask(store, start=NOON.astimezone(tokyo)) == [(0, 1)]


@pytest.mark.parametrize(
    ("period", "age", "kept"),
    [
        pytest.param(10, timedelta(hours=3), True, id="seconds for three hours"),
        pytest.param(10, timedelta(hours=3, seconds=1), False, id="and no longer"),
        pytest.param(60, timedelta(days=15), True, id="minutes for 15 days"),
        pytest.param(60, timedelta(days=15, seconds=1), False, id="and no longer still"),
        pytest.param(360, timedelta(days=15), True, id="other minutes for 15 days"),
        pytest.param(
            360, timedelta(days=15, seconds=1), False, id="and no longer, being no multiple of five"
        ),
        pytest.param(300, timedelta(days=63), True, id="five minutes for 63 days"),
        pytest.param(3900, timedelta(days=63), True, id="an odd hour for 63 days"),
        pytest.param(3900, timedelta(days=63, seconds=1), False, id="and no longer, being no multiple"),
        pytest.param(300, timedelta(days=63, seconds=1), False, id="not a day longer"),
        pytest.param(3600, timedelta(days=455), True, id="hours for 455 days"),
        pytest.param(3600, timedelta(days=455, seconds=1), False, id="then nothing"),
    ],
)
def test_resolution_ages(period, age, kept):
    store = MetricStore()
    store.put("App", "Latency", value=1, timestamp=NOON, resolution=1)

    assert ask(store, period=period, now=NOON + age) == ([(0, 1)] if kept else [])


@pytest.mark.parametrize(
    ("period", "days", "begins"),
    [
        pytest.param(10, 0, (12, 34, 50), id="to a period below a minute"),
        pytest.param(3600, 0, (12, 34, 0), id="to the minute"),
        pytest.param(60, 15, (12, 34, 0), id="to the minute until 15 days ago"),
        pytest.param(300, 16, (12, 30, 0), id="then to five minutes"),
        pytest.param(300, 63, (12, 30, 0), id="until 63 days ago"),
        pytest.param(3600, 64, (12, 0, 0), id="then to the hour"),
    ],
)
def test_the_start_is_rounded_down_by_its_age(period, days, begins):
    start = NOON.replace(minute=34, second=56)

    found = aligned(start, period, start + timedelta(days=days))

    hour, minute, second = begins
    assert found == NOON.replace(hour=hour, minute=minute, second=second).timestamp()


WRONG_DATA = [
    pytest.param(
        {"dimensions": {f"d{n}": "v" for n in range(31)}}, "at most 30 dimensions, not 31", id="dimensions"
    ),
    pytest.param({"dimensions": {"": "v"}}, "empty or too long", id="empty dimension name"),
    pytest.param({"dimensions": {"d": ""}}, "empty or too long", id="empty dimension value"),
    pytest.param({"dimensions": {"d": "v" * 1025}}, "empty or too long", id="long dimension value"),
    pytest.param({"dimensions": {"d": "ü"}}, "not printed ASCII", id="dimension value beyond ASCII"),
    pytest.param({"dimensions": {"d": "a\tb"}}, "not printed ASCII", id="control character in a dimension"),
    pytest.param({"dimensions": {"d": " "}}, "blank", id="blank dimension value"),
    pytest.param({"dimensions": {":d": "v"}}, "starts with :", id="dimension with a colon"),
    pytest.param({"namespace": ""}, "is no namespace", id="empty namespace"),
    pytest.param({"namespace": "  "}, "is no namespace", id="blank namespace"),
    pytest.param({"namespace": "Äpp"}, "is no namespace", id="namespace beyond ASCII"),
    pytest.param({"namespace": ":App"}, "is no namespace", id="namespace with a colon"),
    pytest.param({"namespace": "A" * 256}, "is no namespace", id="long namespace"),
    pytest.param({"name": ""}, "1 to 255 characters, not 0", id="empty name"),
    pytest.param({"name": "n" * 256}, "1 to 255 characters, not 256", id="long name"),
    pytest.param({"unit": "count"}, "count is no unit", id="unit"),
    pytest.param({"resolution": 5}, "1 or 60 seconds, not 5", id="resolution"),
    pytest.param({"timestamp": after(days=-14, seconds=-1)}, "more than two weeks before", id="too old"),
    pytest.param({"timestamp": after(hours=2, seconds=1)}, "more than two hours after", id="too far ahead"),
    pytest.param({"timestamp": datetime(2024, 3, 5), "now": None}, "no time zone", id="no zone"),  # noqa: DTZ001
    pytest.param({"value": math.nan}, "not a number within", id="not a number"),
    pytest.param({"value": math.inf}, "not a number within", id="infinite"),
    pytest.param({"value": -math.inf}, "not a number within", id="infinite below"),
    pytest.param({"value": 2.0**361}, "not a number within", id="too large"),
    pytest.param({"value": None, "values": [1, -(2.0**361)]}, "not a number within", id="a value too small"),
    pytest.param(
        {"value": None, "statistics": StatisticSet(sample_count=1, total=math.nan, minimum=1, maximum=1)},
        "not a number within",
        id="a set's sum that is no number",
    ),
    pytest.param({"value": None}, "a value, or statistics, or values", id="no value"),
    pytest.param({"values": [1]}, "a value, or statistics, or values", id="value and values"),
    pytest.param({"counts": [1]}, "a value, or statistics, or values", id="counts of no values"),
    pytest.param({"value": None, "values": []}, "1 to 150 values, not 0", id="no values"),
    pytest.param({"value": None, "values": [1] * 151}, "1 to 150 values, not 151", id="151 values"),
    pytest.param({"value": None, "values": [1, 2], "counts": [1]}, "2 values do not go with 1", id="counts"),
    pytest.param(
        {"value": None, "values": [1], "counts": [0]}, "cannot come 0 times", id="a count of nothing"
    ),
    pytest.param(
        {"value": None, "statistics": StatisticSet(sample_count=0, total=0, minimum=0, maximum=0)},
        "has samples",
        id="a set of nothing",
    ),
    pytest.param(
        {"value": None, "statistics": StatisticSet(sample_count=2, total=3, minimum=2, maximum=1)},
        "not above its maximum",
        id="a set upside down",
    ),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG_DATA)
def test_put_metric_data_refuses(wrong, why):
    store = MetricStore()
    datum = {"namespace": "App", "name": "Latency", "value": 1, "timestamp": NOON, "now": NOON} | wrong

    with pytest.raises(InvalidMetric, match=why):
        store.put(**datum)

    assert store.metrics() == []


@pytest.mark.parametrize(
    "right",
    [
        pytest.param({"dimensions": {f"d{n}": "v" for n in range(30)}}, id="30 dimensions"),
        pytest.param({"timestamp": after(days=-14)}, id="two weeks back"),
        pytest.param({"timestamp": after(hours=2)}, id="two hours ahead"),
        pytest.param({"timestamp": after(days=-99), "now": None}, id="any time when nobody says now"),
        pytest.param({"value": None, "values": list(range(150))}, id="150 values"),
        pytest.param({"namespace": "AWS/EC2"}, id="a namespace of AWS"),
        pytest.param({"namespace": "My App"}, id="a blank in the namespace"),
        pytest.param({"value": 2.0**360}, id="the largest value"),
        pytest.param({"value": -(2.0**360)}, id="the smallest value"),
        pytest.param({"unit": "Kilobytes/Second"}, id="a composed unit"),
    ],
)
def test_put_metric_data_takes(right):
    store = MetricStore()
    datum = {"namespace": "App", "name": "Latency", "value": 1, "timestamp": NOON, "now": NOON} | right

    store.put(**datum)

    assert len(store.metrics()) == 1


@pytest.mark.parametrize("period", [0, -60, 2, 15, 45, 90, 86460])
def test_a_wrong_period_is_refused(period):
    with pytest.raises(InvalidMetric, match=f"a period of {period} s"):
        ask(stored(), period=period)


@pytest.mark.parametrize("statistic", ["sum", "Median", "p101", "p", "p-1", "p99.12345678901", ""])
def test_a_wrong_statistic_is_refused(statistic):
    with pytest.raises(InvalidMetric, match="is none of SampleCount"):
        ask(stored(), statistic)


@pytest.mark.parametrize("statistic", ["tm99", "TM(10%:90%)", "wm98", "PR(:300)", "tc90", "IQM"])
def test_a_rare_statistic_is_not_simulated(statistic):
    with pytest.raises(NotSimulated, match="cloudwatch"):
        ask(stored(), statistic)


def test_metrics_are_listed_in_order_and_by_what_they_have():
    store = MetricStore()
    for namespace, name, dimensions in (
        ("B", "X", {}),
        ("A", "Y", {"Stage": "prod"}),
        ("A", "Y", {"Stage": "test", "Zone": "a"}),
        ("A", "X", {"Zone": "a"}),
    ):
        store.put(namespace, name, dimensions, value=1, timestamp=NOON)

    test = Metric("A", "Y", (("Stage", "test"), ("Zone", "a")))
    prod = Metric("A", "Y", (("Stage", "prod"),))
    zone = Metric("A", "X", (("Zone", "a"),))
    assert store.metrics() == [zone, prod, test, Metric("B", "X", ())]
    assert store.metrics("A", "Y") == [prod, test]
    assert store.metrics(dimensions={"Zone": "a"}) == [zone, test]
    assert store.metrics(dimensions={"Stage": None}) == [prod, test]
    assert store.metrics(dimensions={"Stage": "test", "Zone": None}) == [test]
    assert store.metrics(name="Z") == []


def test_a_metric_without_data_for_two_weeks_is_no_longer_listed():
    store = stored((0, 1))

    assert len(store.metrics(now=after(days=14))) == 1
    assert store.metrics(now=after(days=14, seconds=1)) == []


def test_a_copy_goes_its_own_way():
    store = stored((0, 1), (0, 2))
    twin = copy.deepcopy(store)

    store.put("App", "Latency", value=0.5, timestamp=NOON)
    twin.put("App", "Latency", value=8, timestamp=after(minutes=1))
    twin.put("App", "Errors", value=1, timestamp=NOON)

    assert ask(store) == [(0, 3.5)]
    assert ask(twin) == [(0, 3), (60, 8)]
    assert ask(twin, "p50") == [(0, 1), (60, 8)]
    assert len(store.metrics()) == 1


DATA = st.lists(st.tuples(st.integers(0, 1200), st.integers(0, 9)), max_size=30)


@pytest.mark.slow
@given(
    data=DATA, period=st.sampled_from([60, 120, 300]), start=st.integers(0, 600), length=st.integers(0, 900)
)
def test_statistics_are_those_of_the_raw_data(data, period, start, length):
    store = stored(*data)
    begin = start // 60 * 60
    # Standard resolution: a sample belongs to its minute, and the minute to where it starts.
    inside = [
        (second // 60 * 60, value) for second, value in data if begin <= second // 60 * 60 < start + length
    ]
    windows: dict[int, list[int]] = {}
    for second, value in inside:
        windows.setdefault(begin + (second - begin) // period * period, []).append(value)
    question = {"period": period, "start": after(seconds=start), "end": after(seconds=start + length)}

    assert dict(ask(store, "SampleCount", **question)) == {at: len(values) for at, values in windows.items()}
    assert dict(ask(store, "Sum", **question)) == {at: sum(values) for at, values in windows.items()}
    assert dict(ask(store, "Minimum", **question)) == {at: min(values) for at, values in windows.items()}
    assert dict(ask(store, "Maximum", **question)) == {at: max(values) for at, values in windows.items()}
    assert dict(ask(store, "p50", **question)) == {
        at: sorted(values)[math.ceil(len(values) / 2) - 1] for at, values in windows.items()
    }
    assert all(earlier < later for (earlier, _), (later, _) in pairwise(ask(store, **question)))

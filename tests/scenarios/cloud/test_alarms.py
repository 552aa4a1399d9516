"""CloudWatch's metric alarms: which datapoints make which state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cloud.alarms import COMPARISONS, TREATMENTS, enough_samples, evaluate, evaluation_range

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
VALUES = {"0": 0.0, "X": 2.0, "-": None}


def points(text: str) -> list[float | None]:
    return [VALUES[mark] for mark in text.replace(" ", "")]


def state(text: str, m: int, n: int, treatment: str, before: str = UNKNOWN) -> str:
    return evaluate(
        points(text),
        threshold=1,
        comparison="GreaterThanThreshold",
        evaluation_periods=n,
        datapoints_to_alarm=m,
        treat_missing_data=treatment,
        previous_state=before,
    )


# What each treatment makes of the same datapoints: missing, ignore ("kept" is the state before), breaching,
# notBreaching.
TREATED = [
    # 1 of 1: the usual alarm on a metric filter, which has data only when something happened.
    pytest.param("X", 1, 1, [ALARM, ALARM, ALARM, ALARM], id="1/1 one breach"),
    pytest.param("- - X", 1, 1, [ALARM, ALARM, ALARM, ALARM], id="1/1 breach after silence"),
    pytest.param("X - -", 1, 1, [ALARM, ALARM, ALARM, ALARM], id="1/1 breach still in the range"),
    pytest.param("X - 0", 1, 1, [OK, OK, OK, OK], id="1/1 only the newest counts"),
    pytest.param("- - -", 1, 1, [UNKNOWN, "kept", ALARM, OK], id="1/1 silence"),
    pytest.param("", 1, 1, [UNKNOWN, "kept", ALARM, OK], id="1/1 nothing fetched"),
    # N of N.
    pytest.param("0 X X X X", 5, 5, [OK, OK, OK, OK], id="5/5 one fine"),
    pytest.param("X X X X X", 5, 5, [ALARM, ALARM, ALARM, ALARM], id="5/5 all breach"),
    pytest.param("X X 0 0 X X", 2, 2, [ALARM, ALARM, ALARM, ALARM], id="2/2 old fine ones do not count"),
    pytest.param("- X - - - X -", 2, 2, [ALARM, ALARM, ALARM, ALARM], id="2/2 two real ones, far apart"),
    pytest.param("- - 0 - -", 3, 3, [OK, OK, OK, OK], id="3/3 one fine among missing"),
    pytest.param("- - - - X", 3, 3, [UNKNOWN, "kept", ALARM, OK], id="3/3 a first breach may pass"),
    pytest.param("- - - X -", 3, 3, [UNKNOWN, "kept", ALARM, OK], id="3/3 a second-newest breach may pass"),
    pytest.param("- - - X X", 3, 3, [UNKNOWN, "kept", ALARM, OK], id="3/3 two young breaches"),
    pytest.param("- - X - X", 3, 3, [ALARM, "kept", ALARM, OK], id="3/3 premature with a gap"),
    pytest.param("- X - - -", 3, 3, [ALARM, "kept", ALARM, OK], id="3/3 premature, older than N"),
    pytest.param("X - - - -", 3, 3, [ALARM, "kept", ALARM, OK], id="3/3 premature, oldest of the range"),
    pytest.param("0 - - - X", 3, 3, [OK, OK, OK, OK], id="3/3 a fine one before the breach"),
    pytest.param("X - - - 0", 3, 3, [OK, OK, OK, OK], id="3/3 a fine one after the breach"),
    # M of N.
    pytest.param("- - - - X", 2, 3, [UNKNOWN, "kept", ALARM, OK], id="2/3 one young breach"),
    pytest.param("- - - X X", 2, 3, [ALARM, ALARM, ALARM, ALARM], id="2/3 enough without filling"),
    pytest.param("- 0 - X X", 2, 3, [ALARM, ALARM, ALARM, ALARM], id="2/3 enough beside a fine one"),
    pytest.param("X X 0 0 0", 2, 3, [OK, OK, OK, OK], id="2/3 breaches too old to count"),
    pytest.param("X X - 0 -", 2, 3, [ALARM, ALARM, ALARM, ALARM], id="2/3 old breaches count in a gap"),
    pytest.param("- - - - 0", 1, 3, [OK, OK, ALARM, OK], id="1/3 filled with breaches"),
    pytest.param("0 - X - -", 3, 5, [OK, OK, ALARM, OK], id="3/5 breach and three filled"),
    pytest.param("0 0 X - -", 4, 5, [OK, OK, OK, OK], id="4/5 too few even when filled"),
]


@pytest.mark.parametrize("before", [OK, ALARM, UNKNOWN])
@pytest.mark.parametrize(("text", "m", "n", "expected"), TREATED)
def test_missing_data_is_treated(text, m, n, expected, before):
    treated = [state(text, m, n, treatment, before) for treatment in TREATMENTS]

    assert treated == [before if wanted == "kept" else wanted for wanted in expected]


COMPARED = [
    pytest.param("GreaterThanThreshold", [OK, OK, ALARM], id="greater"),
    pytest.param("GreaterThanOrEqualToThreshold", [OK, ALARM, ALARM], id="greater or equal"),
    pytest.param("LessThanThreshold", [ALARM, OK, OK], id="less"),
    pytest.param("LessThanOrEqualToThreshold", [ALARM, ALARM, OK], id="less or equal"),
]


@pytest.mark.parametrize(("comparison", "expected"), COMPARED)
def test_a_value_below_at_and_above_the_threshold(comparison, expected):
    states = [
        evaluate([value], threshold=5, comparison=comparison, evaluation_periods=1) for value in (4.9, 5, 5.1)
    ]

    assert states == expected


BANDS = [
    pytest.param("LessThanLowerThreshold", [ALARM, OK, OK, OK, OK], id="below"),
    pytest.param("GreaterThanUpperThreshold", [OK, OK, OK, OK, ALARM], id="above"),
    pytest.param("LessThanLowerOrGreaterThanUpperThreshold", [ALARM, OK, OK, OK, ALARM], id="outside"),
]


@pytest.mark.parametrize(("comparison", "expected"), BANDS)
def test_values_around_a_band(comparison, expected):
    states = [
        evaluate([value], threshold=(2, 8), comparison=comparison, evaluation_periods=1)
        for value in (1, 2, 5, 8, 9)
    ]

    assert states == expected


REFUSED = [
    pytest.param({"comparison": "Greater"}, "no comparison operator", id="unknown comparison"),
    pytest.param(
        {"comparison": "GreaterThanUpperThreshold"}, "does not go with", id="a band wants two bounds"
    ),
    pytest.param({"threshold": (1, 2)}, "does not go with", id="two bounds want a band"),
    pytest.param({"evaluation_periods": 0}, "at least one period", id="no period"),
    pytest.param({"datapoints_to_alarm": 0}, "not within 1 to 3", id="M of nothing"),
    pytest.param({"datapoints_to_alarm": 4}, "not within 1 to 3", id="M above N"),
    pytest.param({"treat_missing_data": "notbreaching"}, "is treated as one of", id="unknown treatment"),
    pytest.param({"previous_state": "alarm"}, "no alarm state", id="unknown state"),
]


@pytest.mark.parametrize(("settings", "why"), REFUSED)
def test_put_metric_alarm_refuses(settings, why):
    usual = {"threshold": 1, "comparison": "GreaterThanThreshold", "evaluation_periods": 3}

    with pytest.raises(ValueError, match=why):
        evaluate([1.0], **(usual | settings))


def test_the_evaluation_range_is_the_documented_one():
    assert evaluation_range(3) == 5


@pytest.mark.parametrize(
    ("percentile", "samples", "enough"),
    [
        pytest.param(0.99, 999, False, id="p99 below"),
        pytest.param(0.99, 1000, True, id="p99 at"),
        pytest.param(0.5, 19, False, id="median below"),
        pytest.param(0.5, 20, True, id="median at"),
        pytest.param(0.1, 99, False, id="p10 below"),
        pytest.param(0.1, 100, True, id="p10 at"),
    ],
)
def test_a_percentile_wants_samples(percentile, samples, enough):
    assert enough_samples(percentile, samples) is enough


@pytest.mark.parametrize("percentile", [0, 1, 99])
def test_a_percentile_is_a_fraction(percentile):
    with pytest.raises(ValueError, match="between 0 and 1"):
        enough_samples(percentile, 10)


@pytest.mark.slow
@given(
    values=st.lists(st.sampled_from([0.0, 2.0, None]), min_size=7, max_size=7),
    n=st.integers(1, 5),
    m=st.integers(1, 5),
    before=st.sampled_from([OK, ALARM, UNKNOWN]),
)
def test_treatments_agree_where_no_data_is_wanting_and_breaching_is_never_calmer(values, n, m, before):
    m = min(m, n)
    treated = {
        treatment: evaluate(
            values,
            threshold=1,
            comparison="GreaterThanThreshold",
            evaluation_periods=n,
            datapoints_to_alarm=m,
            treat_missing_data=treatment,
            previous_state=before,
        )
        for treatment in TREATMENTS
    }

    if sum(value is not None for value in values) >= n:
        assert len(set(treated.values())) == 1
    if treated["notBreaching"] == ALARM or treated["missing"] == ALARM:
        assert treated["breaching"] == ALARM
    assert treated["breaching"] != UNKNOWN


def test_every_comparison_is_evaluated_here():
    assert len(COMPARISONS) == len(COMPARED) + len(BANDS)

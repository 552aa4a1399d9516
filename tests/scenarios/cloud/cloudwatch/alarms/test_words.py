"""The sentences in which CloudWatch tells why an alarm changed."""

from datetime import UTC, datetime, timedelta

import pytest

from scenarios.cloud.alarms import ALARM, INSUFFICIENT_DATA, AlarmCondition
from scenarios.cloud.cloudwatch.alarms.words import (
    Datapoint,
    composite_reason,
    java_double,
    reason_data,
    state_reason,
    triggering_alarms,
)

ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"
NOON = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)


def series(*values: float | None) -> list[Datapoint]:
    return [
        Datapoint(
            timestamp=NOON + timedelta(minutes=at),
            value=value,
            samples=None if value is None else 1.0,
        )
        for at, value in enumerate(values)
    ]


def reason(*values, before=INSUFFICIENT_DATA, **settings) -> str:
    usual = {"threshold": 50, "comparison": "GreaterThanThreshold", "evaluation_periods": 3}
    condition = AlarmCondition(**(usual | settings))
    datapoints = series(*values)
    assessment = condition.assess([point.value for point in datapoints], before)
    return state_reason(condition, datapoints, assessment)


def test_one_datapoint_of_one():
    assert reason(99.5, evaluation_periods=1) == (
        "Threshold Crossed: 1 datapoint [99.5 (05/03/24 12:00:00)] was greater than the threshold (50.0)."
    )


def test_one_datapoint_of_one_with_datapoints_to_alarm():
    assert reason(99.5, evaluation_periods=1, datapoints_to_alarm=1) == (
        "Threshold Crossed: 1 out of the last 1 datapoints [99.5 (05/03/24 12:00:00)] was greater than the "
        "threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )


def test_breaching_ones_are_listed_newest_first():
    assert reason(60, 10, 70, datapoints_to_alarm=2) == (
        "Threshold Crossed: 2 out of the last 3 datapoints "
        "[70.0 (05/03/24 12:02:00), 60.0 (05/03/24 12:00:00)] "
        "were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )


def test_back_to_ok_lists_the_fine_ones_and_what_it_takes():
    assert reason(60, 10, 20, datapoints_to_alarm=2) == (
        "Threshold Crossed: 2 out of the last 3 datapoints "
        "[20.0 (05/03/24 12:02:00), 10.0 (05/03/24 12:01:00)] "
        "were not greater than the threshold (50.0) (minimum 2 datapoints for ALARM -> OK transition)."
    )


def test_from_five_on_only_the_newest_five_are_listed_and_at_the_end():
    assert reason(*range(60, 66), evaluation_periods=6, datapoints_to_alarm=6) == (
        "Threshold Crossed: 6 out of the last 6 datapoints were greater than the threshold (50.0). The most "
        "recent datapoints which crossed the threshold: [65.0 (05/03/24 12:05:00), 64.0 (05/03/24 12:04:00), "
        "63.0 (05/03/24 12:03:00), 62.0 (05/03/24 12:02:00), 61.0 (05/03/24 12:01:00)] "
        "(minimum 6 datapoints for OK -> ALARM transition)."
    )


@pytest.mark.parametrize(
    ("comparison", "value", "words"),
    [
        pytest.param("GreaterThanOrEqualToThreshold", 50, "was greater than or equal to the", id=">="),
        pytest.param("LessThanThreshold", 1, "was less than the", id="<"),
        pytest.param("LessThanOrEqualToThreshold", 90, "was not less than or equal to the", id="not <="),
    ],
)
def test_each_comparison_has_its_words(comparison, value, words):
    assert f"{words} threshold (50.0)" in reason(value, comparison=comparison, evaluation_periods=1)


def test_a_band_has_thresholds():
    assert reason(9.5, comparison="GreaterThanUpperThreshold", threshold=(1, 8), evaluation_periods=1) == (
        "Thresholds Crossed: 1 datapoint [9.5 (05/03/24 12:00:00)] was greater than the upper "
        "thresholds [8.0]."
    )


@pytest.mark.parametrize(
    ("values", "periods", "treatment", "expected"),
    [
        pytest.param(
            [None],
            1,
            "notBreaching",
            "no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
            id="one missing, fine",
        ),
        pytest.param(
            [None, None],
            2,
            "breaching",
            "no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
            id="two missing, bad",
        ),
        pytest.param(
            [0, None, None],
            3,
            "breaching",
            "1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
            id="some missing",
        ),
    ],
)
def test_missing_datapoints_are_told(values, periods, treatment, expected):
    told = reason(*values, evaluation_periods=periods, treat_missing_data=treatment)

    assert told == f"Threshold Crossed: {expected}"


def test_unknown_datapoints_are_counted():
    assert reason(None, None, None) == "Insufficient Data: 3 datapoints were unknown."
    assert reason(None, evaluation_periods=1) == "Insufficient Data: 1 datapoint was unknown."


def test_a_premature_alarm_tells_the_breach():
    assert reason(None, None, 99, None, None).startswith(
        "Threshold Crossed: 1 datapoint [99.0 (05/03/24 12:02:00)] was"
    )


def test_reason_data_lists_what_was_evaluated():
    condition = AlarmCondition(
        threshold=50.0,
        comparison="GreaterThanThreshold",
        evaluation_periods=3,
        treat_missing_data="breaching",
    )
    datapoints = series(60.0, None, None, 70.0, None)
    assessment = condition.assess([point.value for point in datapoints])

    data = reason_data(
        condition,
        datapoints,
        assessment,
        query_date=NOON + timedelta(minutes=6, milliseconds=41),
        period=60,
        statistic="Sum",
        unit="Count",
    )

    assert data == {
        "version": "1.0",
        "queryDate": "2024-03-05T12:06:00.041+0000",
        "startDate": "2024-03-05T12:00:00.000+0000",
        "unit": "Count",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [60.0, 70.0],
        "threshold": 50.0,
        "evaluatedDatapoints": [
            {"timestamp": "2024-03-05T12:04:00.000+0000"},
            {"timestamp": "2024-03-05T12:03:00.000+0000", "sampleCount": 1.0, "value": 70.0},
            {"timestamp": "2024-03-05T12:00:00.000+0000", "sampleCount": 1.0, "value": 60.0},
        ],
    }


def test_reason_data_without_data_has_no_start():
    condition = AlarmCondition(threshold=5.0, comparison="GreaterThanThreshold", evaluation_periods=1)
    data = reason_data(
        condition, series(None), condition.assess([None]), query_date=NOON, period=60, statistic="Sum"
    )

    assert "startDate" not in data
    assert "unit" not in data
    assert data["recentDatapoints"] == []
    assert data["evaluatedDatapoints"] == [{"timestamp": "2024-03-05T12:00:00.000+0000"}]


def test_a_composite_alarm_names_the_child_that_changed():
    assert composite_reason(f"{ARN}cpu", ALARM, NOON) == (
        f"{ARN}cpu transitioned to ALARM at Tuesday 05 March, 2024 12:00:00 UTC"
    )
    assert triggering_alarms([(f"{ARN}cpu", ALARM, NOON)]) == {
        "triggeringAlarms": [
            {"arn": f"{ARN}cpu", "state": {"value": "ALARM", "timestamp": "2024-03-05T12:00:00.000+0000"}}
        ]
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(0, "0.0", id="zero"),
        pytest.param(-3, "-3.0", id="negative"),
        pytest.param(0.001, "0.001", id="a thousandth"),
        pytest.param(0.0005, "5.0E-4", id="less"),
        pytest.param(0.00099999999, "9.9999999E-4", id="hardly less"),
        pytest.param(9_999_999, "9999999.0", id="seven digits"),
        pytest.param(12_345_678, "1.2345678E7", id="eight digits"),
        pytest.param(-1e20, "-1.0E20", id="large and negative"),
    ],
)
def test_numbers_look_like_java(value, text):
    assert java_double(value) == text

"""Why an alarm changed its state, in CloudWatch's own words.

People grep for these sentences and parse them, so they are the recorded ones, letter for letter:
`StateReason` and `StateReasonData` of DescribeAlarms, the history, the SNS message and the EventBridge
event. A pure function of what was evaluated; nothing here knows the time.

Source: the samples in
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html and
messages that people received and published. Where real and filled-in datapoints mix, only the sentence
with their two numbers has been seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from scenarios.cloud.alarms import ALARM, INSUFFICIENT_DATA, AlarmCondition, Assessment

INITIAL_REASON: Final = "Unchecked: Initial alarm creation"
"""The reason of an alarm that has not been evaluated yet."""

_LISTED_WHOLE: Final = 4
_LISTED_AT_MOST: Final = 5
_COMPARED: Final = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
_TREATED: Final = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """A period's statistic: the period's start (aware), its value and how many samples it rests on.

    A value of None is a missing datapoint.
    """

    timestamp: datetime
    value: float | None
    samples: float | None = None


def state_reason(condition: AlarmCondition, datapoints: Sequence[Datapoint], assessment: Assessment) -> str:
    """The sentence for an evaluation.

    Args:
        condition: what the alarm asks.
        datapoints: those of the evaluation range, oldest first.
        assessment: what `condition.assess` made of their values.
    """
    if assessment.state == INSUFFICIENT_DATA:
        return f"Insufficient Data: {_count(assessment.filled, 'datapoint')} unknown."
    if assessment.filled and condition.treat_missing_data in _TREATED:
        return _filled_in(condition, assessment)
    return _crossed(condition, datapoints, assessment)


def _filled_in(condition: AlarmCondition, assessment: Assessment) -> str:
    periods = condition.evaluation_periods
    return (
        f"Threshold Crossed: {_count(len(assessment.counted), 'datapoint')} received "
        f"for {periods} period{_s(periods)} and {_count(assessment.filled, 'missing datapoint')} "
        f"treated as [{_TREATED[condition.treat_missing_data]}]."
    )


def _crossed(condition: AlarmCondition, datapoints: Sequence[Datapoint], assessment: Assessment) -> str:
    breached = assessment.state == ALARM
    positions = [at for at in assessment.counted if (at in assessment.breaching) == breached]
    told = [_dated(datapoints[at]) for at in reversed(positions)]
    listed = ", ".join(told[:_LISTED_AT_MOST])
    of = (
        f" out of the last {condition.evaluation_periods}"
        if condition.datapoints_to_alarm is not None
        else ""
    )
    plural = "s" if of else _s(len(told))
    verb = f"{_be(len(told))}{'' if breached else ' not'} {_beyond(condition, len(told))}"
    if len(told) <= _LISTED_WHOLE:
        sentence = f"{len(told)}{of} datapoint{plural} [{listed}] {verb}"
    else:
        which = " which crossed the threshold" if breached else ""
        sentence = f"{len(told)}{of} datapoint{plural} {verb}. The most recent datapoints{which}: [{listed}]"
    many = isinstance(condition.threshold, tuple)
    return f"Threshold{'s' if many else ''} Crossed: {sentence}{_minimum(condition, breached=breached)}."


def _minimum(condition: AlarmCondition, *, breached: bool) -> str:
    """What a change takes, told only where DatapointsToAlarm was set."""
    if condition.datapoints_to_alarm is None:
        return ""
    least = condition.needed if breached else condition.evaluation_periods - condition.needed + 1
    change = "OK -> ALARM" if breached else "ALARM -> OK"
    return f" (minimum {least} datapoint{_s(least)} for {change} transition)"


def _beyond(condition: AlarmCondition, count: int) -> str:
    if not isinstance(condition.threshold, tuple):
        return f"{_COMPARED[condition.comparison]} the threshold ({java_double(condition.threshold)})"
    lower, upper = (f"[{', '.join([java_double(bound)] * count)}]" for bound in condition.threshold)
    below, above = f"less than the lower thresholds {lower}", f"greater than the upper thresholds {upper}"
    match condition.comparison:
        case "LessThanLowerThreshold":
            return below
        case "GreaterThanUpperThreshold":
            return above
        case _:
            return f"{below} or {above}"


def reason_data(
    condition: AlarmCondition,
    datapoints: Sequence[Datapoint],
    assessment: Assessment,
    *,
    query_date: datetime,
    period: int,
    statistic: str,
    unit: str | None = None,
) -> dict[str, Any]:
    """What StateReasonData holds, as an object (AWS carries it as JSON text).

    Args:
        condition: what the alarm asks, with a number as its threshold.
        datapoints: those of the evaluation range, oldest first.
        assessment: what `condition.assess` made of their values.
        query_date: when it was evaluated.
        period: seconds.
        statistic: Sum, p99, ...
        unit: the alarm's unit, where it has one.
    """
    counted = [datapoints[at] for at in assessment.counted]
    missing = [point for point in datapoints if point.value is None]
    evaluated = sorted(
        [*counted, *missing[len(missing) - assessment.filled :]], key=lambda point: point.timestamp
    )
    return {
        "version": "1.0",
        "queryDate": timestamp(query_date),
        **({"startDate": timestamp(counted[0].timestamp)} if counted else {}),
        **({"unit": unit} if unit else {}),
        "statistic": statistic,
        "period": period,
        "recentDatapoints": [point.value for point in counted],
        "threshold": condition.threshold,
        "evaluatedDatapoints": [_evaluated(point) for point in reversed(evaluated)],
    }


def _evaluated(point: Datapoint) -> dict[str, Any]:
    told = {"timestamp": timestamp(point.timestamp), "sampleCount": point.samples, "value": point.value}
    return {key: value for key, value in told.items() if value is not None}


def composite_reason(child_arn: str, state: str, since: datetime) -> str:
    """The sentence for a composite alarm, which names the child whose change made it change."""
    return f"{child_arn} transitioned to {state} at {since.astimezone(UTC):%A %d %B, %Y %H:%M:%S} UTC"


def triggering_alarms(children: Iterable[tuple[str, str, datetime]]) -> dict[str, Any]:
    """What StateReasonData of a composite alarm holds, as an object: (ARN, state, since when) of each."""
    return {
        "triggeringAlarms": [
            {"arn": arn, "state": {"value": state, "timestamp": timestamp(since)}}
            for arn, state, since in children
        ]
    }


def timestamp(moment: datetime) -> str:
    """A time as CloudWatch's messages write it: `2019-10-02T17:04:40.985+0000`."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def java_double(value: float) -> str:
    """A number as Java prints a double, which is what these sentences show: 50.0, 5.0E-4, 1.0E7."""
    number = float(value)
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    exact = Decimal(repr(number)).normalize()
    digits = "".join(map(str, exact.as_tuple().digits))
    return f"{'-' if number < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{exact.adjusted()}"


def _dated(point: Datapoint) -> str:
    value = 0.0 if point.value is None else point.value
    return f"{java_double(value)} ({point.timestamp.astimezone(UTC):%d/%m/%y %H:%M:%S})"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{_s(number)} {_be(number)}"


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _be(number: int) -> str:
    return "was" if number == 1 else "were"

"""When a CloudWatch alarm changes its state: metric alarms here, composite ones in `alarm_rules`.

    >>> evaluate([90.0, 95.0, 91.0], threshold=80, comparison="GreaterThanThreshold", evaluation_periods=3)
    'ALARM'

CloudWatch fetches more periods than it evaluates, the evaluation range, and uses missing data as seldom as it
can:

1. at least N (EvaluationPeriods) real datapoints in the range: the newest N of them count, and nothing else;
2. fewer: all of them count, and the lack is filled in as TreatMissingData says;
3. at least M (DatapointsToAlarm) of what counts breach: ALARM, else OK.

Filled in as `breaching` or `notBreaching`, a missing datapoint counts as a real one. `missing` and
`ignore` decide only where neither a datapoint within the threshold is among the real ones (then: OK) nor M
breaching ones are (then: ALARM). With nothing but breaching ones, and too few of them, `ignore` keeps the
state, and `missing` looks at their age: an oldest one at least M periods old gives ALARM (`- - X - -` for M
= 3; AWS calls it premature), a younger one INSUFFICIENT_DATA (`- - - X -`), since the next datapoint may
still be fine.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, and its
earlier edition for `X - - - -` and `- - - - X`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scenarios.cloud.alarm_rules import CompositeRule, InvalidAlarmRule, UnknownAlarm

__all__ = [
    "COMPARISONS",
    "STATES",
    "TREATMENTS",
    "AlarmCondition",
    "Assessment",
    "CompositeRule",
    "InvalidAlarmRule",
    "Threshold",
    "UnknownAlarm",
    "enough_samples",
    "evaluate",
    "evaluation_range",
]

OK: Final = "OK"
ALARM: Final = "ALARM"
INSUFFICIENT_DATA: Final = "INSUFFICIENT_DATA"
STATES: Final = (OK, ALARM, INSUFFICIENT_DATA)
TREATMENTS: Final = ("missing", "ignore", "breaching", "notBreaching")

Threshold = float | tuple[float, float]
"""A number, or for the three comparisons of anomaly detection a band: lower and upper."""

_NUMBER: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_BAND: Final[Mapping[str, Callable[[float, float, float], bool]]] = {
    "LessThanLowerThreshold": lambda value, lower, upper: value < lower,  # noqa: ARG005 - one shape for the three
    "GreaterThanUpperThreshold": lambda value, lower, upper: value > upper,  # noqa: ARG005 - likewise
    "LessThanLowerOrGreaterThanUpperThreshold": lambda value, lower, upper: value < lower or value > upper,
}
COMPARISONS: Final = (*_NUMBER, *_BAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What an evaluation came to, and what it rests on.

    `counted` and `breaching` are positions in the datapoints that were given, oldest first; `filled` is how
    many missing ones had to be filled in.
    """

    state: str
    counted: tuple[int, ...]
    breaching: tuple[int, ...]
    filled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmCondition:
    """What PutMetricAlarm says about the datapoints.

    `datapoints_to_alarm` None means all of `evaluation_periods`, and shows in the words of the reason.

    Raises:
        ValueError: PutMetricAlarm would refuse it.
    """

    threshold: Threshold
    comparison: str
    evaluation_periods: int
    datapoints_to_alarm: int | None = None
    treat_missing_data: str = "missing"

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            raise ValueError(
                f"{self.comparison} is no comparison operator; there are {', '.join(COMPARISONS)}"
            )
        if isinstance(self.threshold, tuple) != (self.comparison in _BAND):
            raise ValueError(f"{self.comparison} does not go with a threshold of {self.threshold}")
        if self.evaluation_periods < 1:
            raise ValueError(f"an alarm evaluates at least one period, not {self.evaluation_periods}")
        if not 1 <= self.needed <= self.evaluation_periods:
            raise ValueError(
                f"{self.needed} datapoints to alarm are not within 1 to {self.evaluation_periods}"
            )
        if self.treat_missing_data not in TREATMENTS:
            raise ValueError(f"missing data is treated as one of {', '.join(TREATMENTS)}")

    @property
    def needed(self) -> int:
        """M: how many breaching datapoints make an ALARM."""
        return self.evaluation_periods if self.datapoints_to_alarm is None else self.datapoints_to_alarm

    def breaches(self, value: float) -> bool:
        """Whether a datapoint lies beyond the threshold."""
        if isinstance(self.threshold, tuple):
            return _BAND[self.comparison](value, *self.threshold)
        return _NUMBER[self.comparison](value, self.threshold)

    def assess(
        self, datapoints: Sequence[float | None], previous_state: str = INSUFFICIENT_DATA
    ) -> Assessment:
        """Evaluate the datapoints of the evaluation range, oldest first, None where one is missing."""
        if previous_state not in STATES:
            raise ValueError(f"{previous_state} is no alarm state; there are {', '.join(STATES)}")
        values = {at: value for at, value in enumerate(datapoints) if value is not None}
        counted = tuple(values)[-self.evaluation_periods :]
        breaching = tuple(at for at in counted if self.breaches(values[at]))
        filled = self.evaluation_periods - len(counted)
        oldest_age = len(datapoints) - breaching[0] if breaching else 0
        state = self._state(len(breaching), len(counted), filled, oldest_age) or previous_state
        return Assessment(state=state, counted=counted, breaching=breaching, filled=filled)

    def _state(self, breaching: int, counted: int, filled: int, oldest_age: int) -> str | None:
        """The new state, None for the one before."""
        if self.treat_missing_data == "breaching":
            breaching += filled
        if breaching >= self.needed:
            return ALARM
        if filled == 0 or breaching < counted or self.treat_missing_data in ("breaching", "notBreaching"):
            return OK
        if self.treat_missing_data == "ignore":
            return None
        return ALARM if breaching and oldest_age >= self.needed else INSUFFICIENT_DATA


def evaluate(
    datapoints: Sequence[float | None],
    *,
    threshold: Threshold,
    comparison: str,
    evaluation_periods: int,
    datapoints_to_alarm: int | None = None,
    treat_missing_data: str = "missing",
    previous_state: str = INSUFFICIENT_DATA,
) -> str:
    """The state of a metric alarm: OK, ALARM or INSUFFICIENT_DATA.

    Args:
        datapoints: those of the evaluation range, oldest first, None where one is missing.
        threshold: a number, or (lower, upper) for the comparisons of anomaly detection.
        comparison: the ComparisonOperator.
        evaluation_periods: N.
        datapoints_to_alarm: M, N when left out.
        treat_missing_data: missing, ignore, breaching or notBreaching.
        previous_state: kept by `ignore`.

    Raises:
        ValueError: PutMetricAlarm would refuse these settings.
    """
    condition = AlarmCondition(
        threshold=threshold,
        comparison=comparison,
        evaluation_periods=evaluation_periods,
        datapoints_to_alarm=datapoints_to_alarm,
        treat_missing_data=treat_missing_data,
    )
    return condition.assess(datapoints, previous_state).state


def evaluation_range(evaluation_periods: int) -> int:
    """How many periods are fetched to evaluate N.

    AWS publishes one example (5 for N = 3) and no rule; two more than N fits it, and fits alarms that are
    seen to keep their state for two periods after the data stops.
    """
    return evaluation_periods + 2


def enough_samples(percentile: float, samples: float) -> bool:
    """Whether an alarm on a percentile (0 to 1) has samples enough to be statistically significant.

    Fewer than 10 / (1 - percentile), below the median 10 / percentile, are too few; what happens then is up
    to EvaluateLowSampleCountPercentile.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
    """
    if not 0 < percentile < 1:
        raise ValueError(f"a percentile lies between 0 and 1, not at {percentile}")
    # 10 / (1 - 0.99) is 999.9999999999991 in floating point; AWS's page says 1000.
    return samples >= round(10 / (1 - percentile if percentile >= 0.5 else percentile), 6)

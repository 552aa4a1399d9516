"""What CloudWatch refuses of an alarm that is put, beyond the limits of its model.

The words are CloudWatch's own where people have published them (DatapointsToAlarm, actions, a missing
period, what math has); the others are ours.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from scenarios.cloud.alarm_rules import CompositeRule, InvalidAlarmRule
from scenarios.cloud.cloudwatch.alarms.action_checks import check_composite_alarm, check_metric_alarm
from scenarios.cloud.cloudwatch.alarms.composites import named
from scenarios.cloud.cloudwatch.metrics import queries
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request
from scenarios.dashboards.statistics import EXTENDED

_BY_THRESHOLD: Final = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
)
_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "TreatMissingData": ("breaching", "notBreaching", "ignore", "missing"),
    "EvaluateLowSampleCountPercentile": ("evaluate", "ignore"),
}
_NOT_YET: Final = ("ActionConfiguration", "EvaluationCriteria", "EvaluationInterval", "EvaluationWindow")
_SHORT_PERIODS: Final = (10, 20, 30)
_MINUTE, _HOUR, _DAY, _WEEK = 60, 3600, 86_400, 604_800


def metric_alarm(request: Request) -> None:
    """An alarm on one metric, or on an expression over some."""
    given = request.parameters
    for name in _NOT_YET:
        if name in given:
            raise NotSimulated("cloudwatch", f"{request.operation} with {name}")
    if "ThresholdMetricId" in given:
        raise NotSimulated("cloudwatch", f"anomaly detection in the alarm {given['AlarmName']}")
    _check_options(given)
    if "Metrics" in given:
        queries.check_alarm(given)
        _check_periods(given, max(queries.periods_of(given["Metrics"])))
    else:
        _check_metric(given)
        _check_periods(given, given["Period"])
    check_metric_alarm(given, request.region)


def composite_alarm(request: Request) -> None:
    """An alarm on other alarms: its rule must be one, and name alarms that are there."""
    given = request.parameters
    alarms = moto_state.alarms(request.account, request.region)
    missing = [each for each in _children(given["AlarmRule"]) if named(alarms, each) is None]
    if missing:
        raise invalid(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not "
            "exist"
        )
    periods = {"ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"}
    suppressor = given.get("ActionsSuppressor", "")
    if suppressor and not periods <= given.keys():
        raise invalid(f"ActionsSuppressor needs {' and '.join(sorted(periods))}")
    if suppressor and named(alarms, suppressor) is None:
        raise invalid(f"The ActionsSuppressor {suppressor} does not exist")
    check_composite_alarm(given, request.region)


def invalid(why: str) -> Refused:
    """What CloudWatch answers to a parameter that it doesn't take."""
    return Refused("ValidationError", why)


def _check_options(given: Mapping[str, Any]) -> None:
    for name in ("ComparisonOperator", "EvaluationPeriods", "Threshold"):
        if given.get(name) is None:
            raise invalid(f"{name} must be set for an alarm with a threshold")
    if given["ComparisonOperator"] not in _BY_THRESHOLD:
        raise invalid(f"{given['ComparisonOperator']} is for alarms on anomaly detection (ThresholdMetricId)")
    for name, options in _OPTIONS.items():
        if name in given and given[name] not in options:
            raise invalid(
                f"Option {given[name]} is not supported. Supported options for parameter {name} are "
                f"{', '.join(options[:-1])} and {options[-1]}."
            )


def _check_metric(given: Mapping[str, Any]) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if name not in given:
            raise invalid(f"{name} must be set for an alarm on one metric")
    if ("Statistic" in given) == ("ExtendedStatistic" in given):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be set")
    extended = given.get("ExtendedStatistic")
    if extended is not None and not re.fullmatch(EXTENDED, extended):
        raise Refused(
            "InvalidParameterValue",
            f"The value {extended} for parameter ExtendedStatistic is not supported.",
        )
    if extended is not None and not extended.startswith("p"):
        raise NotSimulated("cloudwatch", f"the statistic {extended} in the alarm {given['AlarmName']}")


def _check_periods(given: Mapping[str, Any], period: int) -> None:
    """The period itself, and how far back an alarm may look: a day, or a week by the hour."""
    periods = given["EvaluationPeriods"]
    if period not in _SHORT_PERIODS and period % _MINUTE:
        raise invalid("The period must be 10, 20, 30 or a multiple of 60 seconds")
    if period * periods > (_WEEK if period >= _HOUR else _DAY):
        raise invalid(
            "Metrics cannot be checked across more than a day, or a week where the period is an hour or more "
            "(EvaluationPeriods * Period)"
        )
    if given.get("DatapointsToAlarm", periods) > periods:
        raise invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")


def _children(rule: str) -> tuple[str, ...]:
    """The alarms that a rule names; refuses what is no rule, in the frame of CloudWatch's words."""
    if rule != rule.strip():
        raise invalid("AlarmRule must not contain leading or trailing whitespace or be null")
    try:
        return CompositeRule(rule).children
    except InvalidAlarmRule as error:
        raise invalid(f"Error in AlarmRule [{error.reason} at char {error.position}]") from error

"""What says that an alarm went off is held against CloudWatch, which alone knows.

A topic hands over whatever was published to it, and a function whatever it was invoked with. CloudWatch has
an alarm's state at once, and its changes for 30 days, also of an alarm that was deleted: longer than any
queue keeps an event.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.events import AlarmChange
from chalicelib.remediation import Grant
from chalicelib.wording import when

# What a function needs that answers alarms.
GRANTS = tuple(
    Grant(
        action=f"cloudwatch:{action}",
        resource="*",
        because="a narrower permission is told nothing of composite alarms, and a made up alarm has any name",
    )
    for action in ("DescribeAlarms", "DescribeAlarmHistory")
)

# A composite alarm may notify later than it changed, and clocks differ.
NEAR = timedelta(minutes=2)
# What CloudWatch answers may be older than what it has sent: an alarm so young is asked about again.
SETTLED = timedelta(minutes=2)
_LONGEST_NAME = 255
_KINDS = ["MetricAlarm", "CompositeAlarm"]


def contradiction(cloudwatch: Any, alarm: AlarmChange) -> str:
    """How CloudWatch contradicts it; "" if it doesn't. Raises what CloudWatch raises."""
    if not 0 < len(alarm.name) <= _LONGEST_NAME:
        return f"no alarm has a name of {len(alarm.name)} characters"
    told = cloudwatch.describe_alarms(AlarmNames=[alarm.name], AlarmTypes=_KINDS)
    known = next(iter((*told["MetricAlarms"], *told["CompositeAlarms"])), None)
    if known and (differs := _differs(alarm, known)):
        return differs
    # That it is in this state since another time makes no message about this moment true.
    if (
        known
        and known["StateValue"] == alarm.state
        and abs(known["StateUpdatedTimestamp"] - alarm.at) <= NEAR
    ):
        return ""
    changes = cloudwatch.describe_alarm_history(
        AlarmName=alarm.name,
        AlarmTypes=_KINDS,
        HistoryItemType="StateUpdate",
        StartDate=alarm.at - NEAR,
        EndDate=alarm.at + NEAR,
    )
    if any(_new_state(each) == alarm.state for each in changes["AlarmHistoryItems"]):
        return ""
    is_now = f"is {known['StateValue']}" if known else "is not there"
    return f"CloudWatch knows of no change to {alarm.state} at {when(alarm.at)}; the alarm {is_now} now"


def went_off(cloudwatch: Any, alarm: AlarmChange) -> datetime | None:
    """When an alarm that is OK again had gone off; None where CloudWatch doesn't know. Raises its errors."""
    changes = cloudwatch.describe_alarm_history(
        AlarmName=alarm.name,
        AlarmTypes=_KINDS,
        HistoryItemType="StateUpdate",
        EndDate=alarm.at,
        ScanBy="TimestampDescending",
    )["AlarmHistoryItems"]
    moments = (each["Timestamp"] for each in changes if _new_state(each) == "ALARM")
    return next(moments, None)


def _differs(alarm: AlarmChange, known: Mapping[str, Any]) -> str:
    """What of the alarm itself is told otherwise."""
    if alarm.arn and alarm.arn != known["AlarmArn"]:
        return f"CloudWatch's alarm of this name is {known['AlarmArn']}"
    counts = _counted(known)
    if (alarm.metric_namespace, alarm.metric_name) not in counts:
        return f"CloudWatch's alarm of this name counts {' and '.join(map('/'.join, counts))}"
    return ""


def _counted(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Namespace and name of each metric that an alarm's messages may name.

    An expression's messages name one of its metrics, or none; a composite's never name any.
    """
    if "MetricName" in known:
        return [(known["Namespace"], known["MetricName"])]
    metrics = (each["MetricStat"]["Metric"] for each in known.get("Metrics", ()) if "MetricStat" in each)
    return [("", ""), *((each.get("Namespace", ""), each.get("MetricName", "")) for each in metrics)]


def _new_state(item: Mapping[str, Any]) -> str:
    """From the data, which CloudWatch cuts at 4,095 characters, or else from the sentence beside it."""
    try:
        return str(json.loads(item["HistoryData"])["newState"]["stateValue"])
    except (KeyError, TypeError, ValueError):
        return str(item.get("HistorySummary", "")).rpartition(" to ")[2]

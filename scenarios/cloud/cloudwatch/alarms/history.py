"""What became of alarms: DescribeAlarmHistory, and EventBridge's word of changed configurations.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.alarms.describe import told_kinds
from scenarios.cloud.cloudwatch.alarms.telling import Change
from scenarios.cloud.kernel.paging import of_alarms
from scenarios.cloud.setting import Setting

KEPT = timedelta(days=30)
PAGING = of_alarms(default=100)


class AlarmHistory:
    """The last 30 days of every alarm, also of one that was deleted."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._items: list[tuple[str, dict[str, Any]]] = []
        setting.calls.answer("cloudwatch", "DescribeAlarmHistory", self._describe)

    def changed(self, region: str, alarm: Any, change: Change) -> None:
        """An alarm changed its state."""
        data = {
            "version": "1.0",
            "oldState": _state(change.before, change.before_reason, change.before_data),
            "newState": _state(change.after, change.reason, json.dumps(dict(change.data))),
        }
        self._note(
            region, alarm, "StateUpdate", f"Alarm updated from {change.before} to {change.after}", data
        )

    def configured(self, region: str, alarm: Any, operation: str) -> None:
        """An alarm was created, updated or deleted."""
        summary = f'Alarm "{alarm.name}" {operation}d'
        data = {"version": "1.0", "type": operation.capitalize()}
        self._note(region, alarm, "ConfigurationUpdate", summary, data)

    def acted(self, region: str, alarm: Any, action: str, why: str | None) -> None:
        """An action was carried out, or could not be."""
        did = "Successfully executed" if why is None else "Failed to execute"
        data = {
            "version": "1.0",
            "actionState": "Succeeded" if why is None else "Failed",
            "notificationResource": action,
            "stateUpdateTimestamp": int(self._setting.clock.now.timestamp() * 1000),
            **({"error": why} if why else {}),
        }
        self._note(region, alarm, "Action", f"{did} action {action}", data)

    def _note(self, region: str, alarm: Any, kind: str, summary: str, data: Mapping[str, Any]) -> None:
        item = {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": self._setting.clock.now,
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
        self._items.append((region, item))

    def _describe(self, asked: Asked) -> dict[str, Any]:
        given, now = asked.parameters, self._setting.clock.now
        types = told_kinds(self._setting, asked) & set(given.get("AlarmTypes") or ["MetricAlarm"])
        since = max(_aware(given.get("StartDate"), now - KEPT), now - KEPT)
        until = _aware(given.get("EndDate"), now)
        found = [
            item
            for region, item in self._items
            if region == asked.region
            and item["AlarmType"] in types
            and given.get("AlarmName") in (None, item["AlarmName"])
            and given.get("HistoryItemType") in (None, item["HistoryItemType"])
            and since <= item["Timestamp"] <= until
        ]
        if given.get("ScanBy") != "TimestampAscending":
            found.reverse()
        page, more = PAGING.page(found, given)
        return {"AlarmHistoryItems": page, **more}


def _state(value: str, reason: str, data: str) -> dict[str, Any]:
    told: dict[str, Any] = {"stateValue": value, "stateReason": reason}
    return told if data in ("", "{}") else {**told, "stateReasonData": json.loads(data)}


def _aware(given: Any, default: datetime) -> datetime:
    if not isinstance(given, datetime):
        return default
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given

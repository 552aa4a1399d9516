"""How long a log group keeps its events.

An event disappears exactly when its retention ends: it is no longer found, read or exported. AWS may show it
for up to 72 hours more, but code can't rely on that. If the retention is lengthened within the 72 hours, the
event is seen again; after them it is deleted for good.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""

from datetime import timedelta
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.logs.events import group_named, milliseconds
from scenarios.cloud.setting import Setting

DELETED_AFTER = timedelta(hours=72)


class Retention:
    """Which events every group of the account still has."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.check("logs", "PutRetentionPolicy", self._about_to_change)
        setting.calls.check("logs", "DeleteRetentionPolicy", self._about_to_change)

    def oldest_kept(self, group: Any) -> int:
        """From which timestamp on, in milliseconds, a group has its events; 0: from the first."""
        return self._boundary(group, timedelta())

    def _boundary(self, group: Any, longer: timedelta) -> int:
        if not group.retention_in_days:
            return 0
        kept = timedelta(days=int(group.retention_in_days)) + longer
        return milliseconds(self._setting.clock.now - kept)

    def _about_to_change(self, asked: Asked) -> None:
        """What the old retention has deleted by now, the new one doesn't bring back."""
        name = group_named(asked.parameters["logGroupName"])
        group = moto_state.log_group(self._setting.account, asked.region, name)
        if group is None:
            return  # moto refuses it
        gone = self._boundary(group, DELETED_AFTER)
        for stream in group.streams.values():
            stream.events = [each for each in stream.events if each.timestamp >= gone]

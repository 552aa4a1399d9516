"""Reading log groups: FilterLogEvents, GetLogEvents, TestMetricFilter.

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
"""

import re
from collections.abc import Iterator
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.paging import of_logs
from scenarios.cloud.logs.events import (
    LogEvent,
    event_of,
    invalid,
    milliseconds,
    no_such_group,
    no_such_stream,
    pattern_of,
)
from scenarios.cloud.logs.linked import group_asked
from scenarios.cloud.logs.retention import Retention
from scenarios.cloud.setting import Setting

MOST_EVENTS_A_PAGE = 10_000
PAGING = of_logs(MOST_EVENTS_A_PAGE)


class Search:
    """Searches in the log groups of the account."""

    def __init__(self, setting: Setting, retention: Retention) -> None:
        self._setting = setting
        self._retention = retention
        setting.calls.answer("logs", "FilterLogEvents", self._filter_log_events)
        setting.calls.answer("logs", "GetLogEvents", self._get_log_events)
        setting.calls.answer("logs", "TestMetricFilter", self._test_metric_filter)

    def oldest_kept(self, group: Any) -> int:
        """From which timestamp on, in milliseconds, a group has its events."""
        return self._retention.oldest_kept(group)

    def events(self, group: Any, streams: Iterator[str], since: int, until: int) -> list[LogEvent]:
        """What these streams of a group still have from `since` to `until`, milliseconds, both inclusive."""
        since = max(since, self._retention.oldest_kept(group))
        found = [
            event_of(stream, stored)
            for stream in streams
            for stored in group.streams[stream].events
            if since <= stored.timestamp <= until
        ]
        return sorted(found, key=lambda event: (event.timestamp, event.id))

    def _group(self, asked: Asked) -> Any:
        named = asked.parameters.get("logGroupName") or asked.parameters.get("logGroupIdentifier", "")
        account, name = group_asked(asked, named)
        group = moto_state.log_group(account, asked.region, name)
        if group is None:
            raise no_such_group()
        return group

    def _filter_log_events(self, asked: Asked) -> dict[str, Any]:
        parameters = asked.parameters
        group, pattern = self._group(asked), pattern_of(parameters.get("filterPattern", ""))
        wanted = set(parameters.get("logStreamNames", ())) or set(group.streams)
        prefix = parameters.get("logStreamNamePrefix", "")
        streams = (name for name in sorted(wanted) if name in group.streams and name.startswith(prefix))
        since, until = parameters.get("startTime", 0), parameters.get("endTime", 1 << 62)
        found = [
            event for event in self.events(group, streams, since, until) if pattern.matches(event.message)
        ]
        page, more = PAGING.page(found, parameters)
        return {
            "events": [
                {
                    "logStreamName": event.stream,
                    "timestamp": event.timestamp,
                    "message": event.message,
                    "ingestionTime": milliseconds(event.ingested_at),
                    "eventId": event.id,
                }
                for event in page
            ],
            "searchedLogStreams": [],
            **more,
        }

    def _get_log_events(self, asked: Asked) -> dict[str, Any]:
        """Pages and their tokens are moto's; what is past its retention is not among them."""
        parameters, group = asked.parameters, self._group(asked)
        stream = group.streams.get(parameters["logStreamName"])
        if stream is None:
            raise no_such_stream()
        token = parameters.get("nextToken")
        if token is not None and not re.fullmatch(r"[fb]/\d{56}", token):
            raise invalid("The specified nextToken is invalid.")
        events, backward, forward = stream.get_log_events(
            max(parameters.get("startTime", 0), self._retention.oldest_kept(group)),
            parameters.get("endTime"),
            min(int(parameters.get("limit", MOST_EVENTS_A_PAGE)), MOST_EVENTS_A_PAGE),
            token,
            parameters.get("startFromHead", False),
        )
        return {"events": events, "nextBackwardToken": backward, "nextForwardToken": forward}

    def _test_metric_filter(self, asked: Asked) -> dict[str, Any]:
        pattern = pattern_of(asked.parameters["filterPattern"])
        return {
            "matches": [
                {"eventNumber": number, "eventMessage": message, "extractedValues": pattern.fields(message)}
                for number, message in enumerate(asked.parameters["logEventMessages"], start=1)
                if pattern.matches(message)
            ]
        }

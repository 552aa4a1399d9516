"""CloudWatch Logs: lines are written, then passed to subscriptions and metric filters.

Subscriptions, metric filters and searches read patterns with one engine, and count only events that arrive
after they were made.

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.cloudwatch.service import CloudWatch
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.logs.embedded import EmbeddedMetrics
from scenarios.cloud.logs.emitted import NAMESPACE
from scenarios.cloud.logs.encryption import GroupEncryption
from scenarios.cloud.logs.events import event_of, group_named, milliseconds, no_such_group, no_such_stream
from scenarios.cloud.logs.exports import Exports
from scenarios.cloud.logs.groups import LogGroups
from scenarios.cloud.logs.ingestion import EVENT_BYTES, Lines, batches, take
from scenarios.cloud.logs.linked import LinkedGroups
from scenarios.cloud.logs.metric_filters import MetricFilters
from scenarios.cloud.logs.queries import Queries
from scenarios.cloud.logs.query_definitions import QueryDefinitions
from scenarios.cloud.logs.retention import Retention
from scenarios.cloud.logs.search import Search
from scenarios.cloud.logs.subscriptions import Subscriptions
from scenarios.cloud.setting import Setting

_NOT_YET = (
    *("StartLiveTail", "PutAccountPolicy", "PutTransformer", "PutDataProtectionPolicy"),
    *("PutDeliverySource", "PutDeliveryDestination", "CreateDelivery", "CreateLogAnomalyDetector"),
)


class Logs:
    """Every log group of the account."""

    def __init__(
        self,
        setting: Setting,
        cloudwatch: CloudWatch,
        encryption: GroupEncryption,
        linked: LinkedGroups,
    ) -> None:
        self._setting = setting
        self._retention = Retention(setting)
        self._subscriptions = Subscriptions(setting)
        self._metric_filters = MetricFilters(setting, cloudwatch)
        self._embedded = EmbeddedMetrics(setting, cloudwatch)
        self._search = Search(setting, self._retention)
        LogGroups(setting, self.write)
        Exports(setting, self._search)
        self.queries = Queries(setting, self._search, encryption, linked)
        QueryDefinitions(setting)
        setting.calls.answer("logs", "PutLogEvents", self._put_log_events)
        setting.calls.in_every_account("logs", "PutLogEvents")
        for operation in _NOT_YET:
            setting.calls.check("logs", operation, self._not_yet)

    def write(self, region: str, group: str, stream: str, lines: Sequence[tuple[datetime, str]]) -> None:
        """Ingest lines as an agent or a service does; the group must be there, the stream need not.

        Raises NotSimulated when the group is missing: the agent or service would have created it.
        """
        found = moto_state.log_group(self._setting.account, region, group)
        if found is None:
            raise NotSimulated("logs", f"writing to the log group {group}, which is not there")
        if stream not in found.streams:
            moto_state.backend("logs", self._setting.account, region).create_log_stream(group, stream)
        ordered = sorted(lines, key=lambda line: line[0])
        for batch in batches([{"timestamp": milliseconds(at), "message": text} for at, text in ordered]):
            self._ingest(region, found, stream, batch)

    def _put_log_events(self, asked: Asked) -> dict[str, Any]:
        parameters = asked.parameters
        name, stream = group_named(parameters["logGroupName"]), parameters["logStreamName"]
        account = asked.caller.account
        group = moto_state.log_group(account, asked.region, name)
        if group is None:
            raise no_such_group()
        if stream not in group.streams:
            raise no_such_stream()
        rejected = self._ingest(asked.region, group, stream, parameters["logEvents"], account)
        token = f"{group.streams[stream].upload_sequence_token:056d}"
        return {"nextSequenceToken": token, **({"rejectedLogEventsInfo": rejected} if rejected else {})}

    def _ingest(
        self, region: str, group: Any, stream: str, lines: Lines, account: str = ""
    ) -> dict[str, int]:
        """Keep the events of a batch that Logs accepts, pass them on, and return which it rejected.

        Those of another account are kept alone: its filters are not simulated, and its metrics are its own.
        """
        if account not in ("", self._setting.account) and moto_state.metric_filters(
            account, region, group.name
        ):
            raise NotSimulated("logs", f"metric filters of another account ({account})")
        taken = take(lines, self._setting.clock.now, self._retention.oldest_kept(group))
        if taken.rejected:
            left_out = len(lines) - len(taken.accepted)
            self._setting.note(
                "lost", f"{left_out} of {len(lines)} lines for {group.name}: too old or too new"
            )
        if taken.accepted:
            group.streams[stream].put_log_events([dict(line) for line in taken.accepted])
            stored = group.streams[stream].events[-len(taken.accepted) :]
            if account not in ("", self._setting.account):
                return dict(taken.rejected)
            events = [event_of(stream, each) for each in stored]
            measured = {
                "IncomingLogEvents": len(events),
                "IncomingBytes": sum(len(each.message.encode()) + EVENT_BYTES for each in events),
            }
            self._setting.measured(region, NAMESPACE, measured, {}, {"LogGroupName": group.name})
            self._subscriptions.send(region, group, events)
            self._metric_filters.take(region, group.name, events)
            self._embedded.take(region, group.name, events)
        return dict(taken.rejected)

    def _not_yet(self, asked: Asked) -> None:
        raise NotSimulated("logs", asked.operation)

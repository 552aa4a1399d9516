"""EventBridge's targets that collect: log groups, Kinesis streams, Firehose.

A log group is written to under the region's CloudWatch Logs resource policies; streams under
the role that the target names.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-target-logs.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_KinesisParameters.html
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from scenarios.cloud.functions.service import LogWriter
from scenarios.cloud.iam.policy import Principal, Request, decide
from scenarios.cloud.inputs import input_path
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kinesis import streams
from scenarios.cloud.setting import Setting

Event = Mapping[str, Any]


class Streams:
    """Each method tells why the target did not take it, as AWS's error code; None when it did."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._logs: LogWriter | None = None

    def connect(self, logs: LogWriter) -> None:
        """Let events reach log groups."""
        self._logs = logs

    def to_log_group(
        self, arn: str, payload: str, event: Event, *, rule_arn: str, shaped: bool
    ) -> str | None:
        """`shaped`: an input form made the payload; a log group takes a timestamp and a message then."""
        _, _, _, region, account, rest = arn.split(":", 5)
        group = rest.removeprefix("log-group:").removesuffix(":*")
        if moto_hooks.log_group(account, region, group) is None:
            return "NO_RESOURCE"
        stream = self._setting.new_uuid("events.log-stream")
        resource = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if not self._logs_policies_let(action, resource, region, rule_arn):
                return "NO_PERMISSIONS"
        when = datetime.fromisoformat(str(event["time"])).astimezone(UTC)
        message = payload
        if shaped:
            when, message = _timestamp_and_message(payload, arn, default=when)
        assert self._logs is not None
        self._logs.write(region, group, stream, [(when, message)])
        return None

    def to_kinesis(self, arn: str, payload: str, event: Event, target: Mapping[str, Any]) -> str | None:
        """The partition key is the event's id, or what the target's path finds in the event."""
        path = target.get("KinesisParameters", {}).get("PartitionKeyPath")
        key = json.loads(input_path(event, path)) if path else event["id"]
        return self._put(arn, payload, target, partition_key=str(key))

    def to_firehose(self, arn: str, payload: str, target: Mapping[str, Any]) -> str | None:
        """As one record, with no line break after it."""
        return self._put(arn, payload, target)

    def _put(self, arn: str, payload: str, target: Mapping[str, Any], partition_key: str = "") -> str | None:
        if not self.role_may(target, streams.PUT_RECORD[arn.split(":")[2]], arn):
            return "NO_PERMISSIONS"
        return None if streams.put_record(arn, payload.encode(), partition_key) else "NO_RESOURCE"

    def role_may(self, target: Mapping[str, Any], action: str, resource: str) -> bool:
        """Whether the role that the target names may, and EventBridge may assume it."""
        role = target.get("RoleArn", "")
        if not role:
            return False
        return self._setting.identity.role_may(role, "events.amazonaws.com", action, resource).allowed

    def _logs_policies_let(self, action: str, resource: str, region: str, rule_arn: str) -> bool:
        """CloudWatch Logs has policies of the region rather than of a group; all of them count."""
        request = Request(
            principal=Principal(services=("events.amazonaws.com",)),
            action=action,
            resource=resource,
            context={"aws:SourceArn": rule_arn, "aws:SourceAccount": self._setting.account},
        )
        return decide(request, (), moto_hooks.logs_policy(self._setting.account, region)).allowed


def _timestamp_and_message(payload: str, arn: str, *, default: datetime) -> tuple[datetime, str]:
    given = json.loads(payload)
    if not isinstance(given, dict) or not given.keys() <= {"timestamp", "message"} or "message" not in given:
        raise NotSimulated("events", f"an input for {arn} that is not a timestamp and a message")
    message = given["message"]
    when = datetime.fromtimestamp(int(given["timestamp"]) / 1000, UTC) if "timestamp" in given else default
    return when, message if isinstance(message, str) else json.dumps(message)

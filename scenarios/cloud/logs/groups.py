"""The door to log groups: other services' writes, and the permissions for them.

A role must be allowed to write, and so must a session. An AWS service is let in by the resource policies of
the region: a log group has none of its own.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import Delivery, Door, LogLines, Need
from scenarios.cloud.setting import Setting

Write = Callable[[str, str, str, Sequence[tuple[datetime, str]]], None]
"""(region, group, stream, lines)."""


class LogGroups(Door[LogLines]):
    """Every log group. The stream need not be there: a write creates it."""

    def __init__(self, setting: Setting, write: Write) -> None:
        self._write = write
        setting.deliveries.register("logs:log-group", LogLines, self)

    def is_there(self, delivery: Delivery[LogLines]) -> bool:
        """Whether there is such a log group."""
        region, account, name = _parts(delivery.arn)
        return moto_state.log_group(account, region, name) is not None

    def needs(self, delivery: Delivery[LogLines]) -> Sequence[Need]:
        """What a writer must be allowed."""
        resource = f"{delivery.arn.removesuffix(':*')}:log-stream:{delivery.payload.stream}"
        return tuple(Need(action, resource) for action in ("logs:CreateLogStream", "logs:PutLogEvents"))

    def take(self, delivery: Delivery[LogLines]) -> None:
        """Write."""
        region, _, name = _parts(delivery.arn)
        self._write(region, name, delivery.payload.stream, delivery.payload.lines)


def _parts(arn: str) -> tuple[str, str, str]:
    """Region, account and name in a log group's ARN, with or without `:*` behind it."""
    _, _, _, region, account, _, name = arn.removesuffix(":*").split(":", 6)
    return region, account, name

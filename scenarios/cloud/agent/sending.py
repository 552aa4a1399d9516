"""How the agent sends events to log groups: with which time, how long they wait, what it makes first.

An event's time is the one in its text. Without one it takes that of the last event of its stream that had
one, or now. Events wait for the flush interval and are sorted; what the role may not send is tried again.

Source: https://github.com/aws/amazon-cloudwatch-agent/tree/main/plugins/outputs/cloudwatchlogs/internal/pusher
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from scenarios.cloud.agent.host import EC2, AgentHost
from scenarios.cloud.agent.tailing import Event
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.deliveries import AssumedRole, LogLines

_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)
_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")


@dataclass(slots=True)
class _Stream:
    """What waits for one log stream. `last`: the time of the last event that had one of its own."""

    group: str
    name: str
    retention: int | None
    waiting: list[tuple[datetime, Event, str]] = field(default_factory=list)
    last: datetime | None = None


class LogSender:
    """What one run of the agent sends to CloudWatch Logs."""

    def __init__(self, host: AgentHost) -> None:
        self._host = host
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._kept: set[str] = set()  # groups whose retention was looked at

    def take(self, event: Event) -> None:
        """Take in an event; it waits to be sent, unless a filter of its entry keeps it back."""
        entry, host = event.entry, self._host
        now = host.setting.clock.now
        zone = UTC if entry.zone == "UTC" else host.zone
        said = entry.time.read(event.message, now=now, zone=zone) if entry.time else None
        message = event.message
        if said and entry.time and entry.trims:
            message = entry.time.without(message)
        if not all(each.lets(message) for each in entry.filters):
            return
        if said and not now - _OLDEST <= said <= now + _NEWEST:
            host.setting.note(
                "lost", f"the agent of {host.machine.instance} discards an event of {said:%Y-%m-%d %H:%M:%S}"
            )
            return
        self._queue(self._stream(event), said, event, message)

    def _queue(self, stream: _Stream, said: datetime | None, event: Event, message: str) -> None:
        stream.last = said or stream.last
        stream.waiting.append((stream.last or self._host.setting.clock.now, event, message))
        if len(stream.waiting) == 1:
            self._wait(stream)

    def _stream(self, event: Event) -> _Stream:
        group, name = map(self._host.named, event.entry.names(event.path))
        fresh = _Stream(group, name, event.entry.retention)
        return self._streams.setdefault((group, name), fresh)

    def _wait(self, stream: _Stream) -> None:
        seconds = self._host.configuration.flush_seconds
        self._host.after(seconds, partial(self._flush, stream), "the agent flushes")

    def _flush(self, stream: _Stream) -> None:
        if not self._send(stream):
            self._wait(stream)
            return
        for _, event, _ in stream.waiting:
            event.state.remember(event.size)
        stream.waiting = []

    def _send(self, stream: _Stream) -> bool:
        """Whether Logs took them; otherwise they are tried again."""
        if not self._group_is_there(stream):
            return False
        host = self._host
        in_order = sorted(((at, text) for at, _, text in stream.waiting), key=lambda each: each[0])
        lines, role = LogLines(stream=stream.name, lines=in_order), AssumedRole(arn=host.role, service=EC2)
        refusal = host.setting.deliveries.hand_over(self._arn(stream), lines, by=role)
        if refusal is not None:
            host.tell_refused(f"may not {refusal.action}")
        return refusal is None

    def _group_is_there(self, stream: _Stream) -> bool:
        """Whether the group exists; a missing one is created if the role allows it, and kept as is said."""
        host = self._host
        region, account = host.machine.region, host.setting.account
        arn = f"{self._arn(stream)}:log-stream:"
        found = moto_state.log_group(account, region, stream.group)
        if found is None:
            if not _GROUP.fullmatch(stream.group):
                host.tell_refused(f"can't create the log group {stream.group}: Logs allows no such name")
                return False
            if not host.may("logs:CreateLogGroup", arn):
                return False
            moto_state.backend("logs", account, region).create_log_group(stream.group, {})
            self._keep(stream, arn)
        elif self._asks(stream) and host.may("logs:DescribeLogGroups", "*"):
            self._keep(stream, arn)
        return True

    def _asks(self, stream: _Stream) -> bool:
        """Whether the retention of a group that was there is looked at, once in a run."""
        return bool(stream.retention) and stream.group not in self._kept

    def _keep(self, stream: _Stream, arn: str) -> None:
        host = self._host
        if not self._asks(stream):
            return
        self._kept.add(stream.group)
        found = moto_state.log_group(host.setting.account, host.machine.region, stream.group)
        if found and found.retention_in_days != stream.retention and host.may("logs:PutRetentionPolicy", arn):
            found.set_retention_policy(stream.retention)

    def _arn(self, stream: _Stream) -> str:
        return (
            f"arn:aws:logs:{self._host.machine.region}:{self._host.setting.account}:log-group:{stream.group}"
        )

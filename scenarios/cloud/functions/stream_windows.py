"""Tumbling windows: records of a shard by the time of their arrival, and a state that each batch hands on.

A batch holds records of one window. What the function returns as `state` it gets with the next batch of the
window; an answer without one counts as failed. When the window is over and its records are handled, the
function is invoked once more, without records; this is tried until it succeeds. A window without records is
none.

Left out: a state of more than 1 MB, which ends a window early.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scenarios.cloud.functions.invocations import Result
from scenarios.cloud.functions.stream_records import StreamedRecord
from scenarios.cloud.kernel.errors import NotSimulated

_LARGEST_STATE_BYTES: Final = 1024 * 1024
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Window:
    """One window of a shard. `state`: what the function returned last."""

    start: datetime
    end: datetime
    state: Any = field(default_factory=dict)

    def holds(self, record: StreamedRecord) -> bool:
        """Whether a record came in its time."""
        return self.start <= record.at < self.end

    def keep(self, result: Result) -> bool:
        """Remember the state that a function returned; False where it returned none."""
        if not isinstance(result.payload, dict) or "state" not in result.payload:
            return False
        if len(json.dumps(result.payload["state"]).encode()) > _LARGEST_STATE_BYTES:
            raise NotSimulated("lambda", "a window's state of more than 1 MB, which ends the window early")
        self.state = result.payload["state"]
        return True

    def told(self, shard: str, arn: str, *, final: bool) -> Mapping[str, Any]:
        """What an event says of it beside its records."""
        return {
            "window": {"start": _stamp(self.start), "end": _stamp(self.end)},
            "state": self.state,
            "shardId": shard,
            "eventSourceARN": arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": False,
        }


def window_of(record: StreamedRecord, seconds: int) -> Window:
    """The window that a record belongs to."""
    start = _BEGINNING + (record.at - _BEGINNING) // timedelta(seconds=seconds) * timedelta(seconds=seconds)
    return Window(start=start, end=start + timedelta(seconds=seconds))


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

"""One update of a metric, as a metric stream sends it, and its JSON form: one object a line.

The words for statistics beyond the four that always come are those of the stream's configuration.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-formats-json.html
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class NotAnUpdate(ValueError):
    """What is none of a metric stream's, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A metric's data of one minute. `stream`: the name of the metric stream; `more`: other statistics.

    `at`: the minute's beginning, in milliseconds since 1970.
    """

    stream: str
    account: str
    region: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    at: int
    unit: str
    count: float
    total: float
    low: float
    high: float
    more: Mapping[str, float] = field(default_factory=dict)

    @property
    def average(self) -> float:
        """What Average is of these samples."""
        return self.total / self.count if self.count else 0.0


def as_json(updates: Sequence[Update]) -> bytes:
    """The data of a record: a line for each update, also behind the last."""
    return "".join(f"{json.dumps(_told(each), separators=(',', ':'))}\n" for each in updates).encode()


def of_json(data: bytes | str) -> list[Update]:
    """The updates of records that lie one behind the other; raises NotAnUpdate."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(_read(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise NotAnUpdate(f"line {number} is no update of a metric stream: {error!r}") from error
    return found


def _told(update: Update) -> dict[str, Any]:
    return {
        "metric_stream_name": update.stream,
        "account_id": update.account,
        "region": update.region,
        "namespace": update.namespace,
        "metric_name": update.name,
        "dimensions": dict(update.dimensions),
        "timestamp": update.at,
        "value": {
            "count": update.count,
            "sum": update.total,
            "max": update.high,
            "min": update.low,
            **update.more,
        },
        "unit": update.unit,
    }


def _read(given: Mapping[str, Any]) -> Update:
    value = {str(name): float(each) for name, each in given["value"].items()}
    return Update(
        stream=str(given["metric_stream_name"]),
        account=str(given["account_id"]),
        region=str(given["region"]),
        namespace=str(given["namespace"]),
        name=str(given["metric_name"]),
        dimensions={str(name): str(each) for name, each in given["dimensions"].items()},
        at=int(given["timestamp"]),
        unit=str(given["unit"]),
        count=value.pop("count"),
        total=value.pop("sum"),
        high=value.pop("max"),
        low=value.pop("min"),
        more=value,
    )

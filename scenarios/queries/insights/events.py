"""A log event as a query sees it, and the kinds of logs whose fields are found by themselves."""

from enum import Enum
from typing import Any, NamedTuple

Row = dict[str, Any]
"""The values of one event, or of one group, by the names that the query uses; what is absent isn't there."""


class Kind(Enum):
    """What a log group holds, as far as its fields are concerned."""

    AUTO = "auto"  # by the event itself: JSON, a flow log's line, a line of Route 53 or of Lambda
    LAMBDA = "lambda"  # likewise, and the first JSON in a line counts


class Event(NamedTuple):
    """One event. Times in milliseconds since the epoch; `log` is `ACCOUNT:GROUP`."""

    timestamp: int
    message: str
    stream: str = ""
    log: str = ""
    ingested: int = 0
    pointer: str = ""
    kind: Kind = Kind.AUTO

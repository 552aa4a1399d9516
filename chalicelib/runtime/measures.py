"""What a function tells CloudWatch of its findings: metrics in a line of its log, without a call.

`Findings`, by severity, counts each finding as its first alert is sent or counted. `AlertLatency` is how long
after the event that was, in seconds. Both are no more than a picture: they come from logs, so whoever may
write to a function's log group can change them. The ledger is what holds.

Each is a custom metric, metered by the hour in which it gets data: one for each severity, and the latency.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Severity
from chalicelib.stack import FINDINGS, LATENCY, SEVERITY


def of_finding(
    namespace: str, entry: LedgerEntry, alerts: Iterable[Alert], *, sent: bool, now: datetime
) -> dict[str, Any]:
    """The members of the log line of a finding; `sent`: whether its first alert was, or only counted."""
    order = list(Severity)
    gravest = max((each.severity for each in alerts), key=order.index)
    counted = {"Namespace": namespace, "Dimensions": [[SEVERITY]], "Metrics": [_metric(FINDINGS, "Count")]}
    timed = {"Namespace": namespace, "Dimensions": [[]], "Metrics": [_metric(LATENCY, "Seconds")]}
    return {
        "_aws": {
            "Timestamp": int(now.timestamp() * 1000),
            "CloudWatchMetrics": [counted, *([timed] if sent else [])],
        },
        SEVERITY: str(gravest),
        FINDINGS: 1,
        # An event may come from a clock that is ahead.
        **({LATENCY: max((now - entry.at).total_seconds(), 0.0)} if sent else {}),
    }


def _metric(name: str, unit: str) -> dict[str, str]:
    return {"Name": name, "Unit": unit}

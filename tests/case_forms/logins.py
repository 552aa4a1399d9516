"""Rows about logins: lines of sshd, as a subscription delivers them, and what the remediation makes of them.

A row's `input` is one line or several; `expected` the address that a line names, or how many are told.
"""

import base64
import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.matching import LogPattern
from chalicelib.remediations.failed_login import (
    MOST_ATTEMPTS,
    THRESHOLD,
    THRESHOLD_PARAMETER,
    WINDOW_PARAMETER,
    WINDOW_SECONDS,
    Attempts,
    decide_on_attempts,
    parse_lines,
)
from chalicelib.remediations.failed_login.attempts import attempts
from chalicelib.remediations.failed_login.sshd import PATTERN, LoginFailures, read_line
from chalicelib.settings import LEDGER, TOPIC, Settings
from tests.case_forms.judging import Cannot, Verdict

_START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
_CLOCK = re.compile(r"\b(\d\d):(\d\d):(\d\d)\b")
_KNOWN = {"address", "subscription_lets_through", "told", "attempts", "address_counted"}


def takes(row: dict[str, Any]) -> bool:
    """Whether the row is about logins."""
    return row.get("area") == "failed_login"


def judge(row: dict[str, Any]) -> Verdict:
    """Read the lines as the function does, with the stack's own threshold and window."""
    given, expected = row["input"], row["expected"]
    unknown = expected.keys() - _KNOWN
    if unknown:
        raise Cannot(f"expects {', '.join(sorted(unknown))}")
    lines = [given] if isinstance(given, str) else given
    passed = [line for line in lines if LogPattern(PATTERN).matches(line)]
    failures = list(parse_lines(_delivered(passed)))
    tried = [attempt for each in failures for attempt in attempts(each.lines, MOST_ATTEMPTS)]
    read = read_line(lines[0])
    got = {
        "address": read.address if read else None,
        "subscription_lets_through": len(passed) == len(lines),
        "told": sum(_told(each) for each in failures),
        "attempts": len(tried),
        "address_counted": len(tried),
    }
    return Verdict(all(got[name] == value for name, value in expected.items()), json.dumps(got))


def _told(failures: LoginFailures) -> int:
    known = tuple(attempts(failures.lines, MOST_ATTEMPTS))
    settings = Settings.read(
        {
            TOPIC: "arn:aws:sns:us-east-1:111122223333:alerts",
            LEDGER: "ledger",
            THRESHOLD: THRESHOLD_PARAMETER.default,
            WINDOW_SECONDS: WINDOW_PARAMETER.default,
        }
    )
    return len(decide_on_attempts(failures, Attempts(attempts=known), failures.at, settings).alerts)


def _delivered(lines: list[str]) -> dict[str, Any]:
    """A subscription's payload; a line's time is what its header says of the time of day."""
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "secure",
        "logStream": "web",
        "subscriptionFilters": ["failures"],
        "logEvents": [
            {"id": f"{number:056}", "timestamp": int(_time_of(line).timestamp() * 1000), "message": line}
            for number, line in enumerate(lines)
        ],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()}}


def _time_of(line: str) -> datetime:
    clock = _CLOCK.search(line)
    if clock is None:
        return _START
    hours, minutes, seconds = map(int, clock.groups())
    return _START.replace(hour=0) + timedelta(hours=hours, minutes=minutes, seconds=seconds)

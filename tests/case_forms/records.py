"""Rows about forms of records: `trailwarden replay` reads them, and says what fires, at which severity.

A row's `input` is what a file holds, as text, or as `base64: ...`.
"""

import base64
import gzip
import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from scenarios.commands.cli import main
from tests.case_forms.judging import Cannot, Verdict

AREAS = ("replay-form", "replay-silent", "replay-event", "replay-json", "replay-meaning")
_BASE64 = re.compile(r"base64[^:]*: ?([A-Za-z0-9+/=\s]+)")
_OUTER = {
    "eventSource": "signin.amazonaws.com",
    "eventName": "ConsoleLogin",
    "eventType": "AwsConsoleSignIn",
    "userIdentity": {"type": "Root", "accountId": "111122223333"},
    "eventTime": "2026-03-02T03:00:00Z",
    "eventID": "r-1",
}


def takes(row: dict[str, Any]) -> bool:
    """Whether the row is about records."""
    return row.get("area") in AREAS


def judge(row: dict[str, Any]) -> Verdict:
    """Replay what the row gives, and hold everything it expects against the lines of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        given = _given(row, Path(folder))
        expected = row["expected"]
        wanted = expected.get("any_of") or [expected.get("with_own_trail_named") or expected]
        options = _own_trail(row) if "with_own_trail_named" in expected else ()
        result = CliRunner().invoke(main, ["replay", str(given), "--format", "json", *options])
        text = CliRunner().invoke(main, ["replay", str(given)]) if "all_log_files" in expected else None
    got = _got(result)
    right = any(_holds(each, got, text) for each in wanted)
    return Verdict(
        right, json.dumps({name: got[name] for name in ("exit", "records", "fired", "severity", "alarms")})
    )


def _given(row: dict[str, Any], folder: Path) -> Path:
    file = folder / "given"
    given = row["input"]
    if row["id"].endswith("folder") or "CloudTrail-Digest/" in given:
        return _synced(folder / "bucket")
    if row["area"] == "replay-json":
        unreadable = {**_OUTER, "eventTime": "XXXX"}
        uncarried = {**_OUTER, "eventType": "DeleteDetector", "eventID": "r-2"}
        file.write_text(f"{json.dumps(unreadable)}\n{json.dumps(uncarried)}\n")
        return file
    packed = _BASE64.fullmatch(given)
    if packed:
        file.write_bytes(base64.b64decode(packed[1]))
    elif row.get("words"):
        raise Cannot("described in words")
    else:
        file.write_text(given)
    return file


def _synced(bucket: Path) -> Path:
    """A trail's bucket on disk: two log files, a digest, Insights."""
    trail = bucket / "AWSLogs" / "111122223333"
    insight = {"eventType": "AwsCloudTrailInsight", "insightDetails": {"state": "End"}, "eventID": "i"}
    digest = {"awsAccountId": "111122223333", "digestStartTime": "2026-03-02T02:00:00Z", "logFiles": []}
    deleted = {"eventSource": "dynamodb.amazonaws.com", "eventName": "DeleteTable", "eventType": "AwsApiCall"}
    for path, content in {
        "CloudTrail/eu-west-1/2026/03/02/a.json.gz": {"Records": [_OUTER]},
        "CloudTrail/eu-west-1/2026/03/02/b.json.gz": {"Records": [{**deleted, "eventID": "r-2"}]},
        "CloudTrail-Digest/eu-west-1/2026/03/02/d.json.gz": digest,
        "CloudTrail-Insight/eu-west-1/2026/03/02/i.json.gz": {"Records": [insight]},
    }.items():
        file = trail / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(json.dumps(content).encode()))
    return bucket


def _own_trail(row: dict[str, Any]) -> tuple[str, ...]:
    record = json.loads(row["input"])
    name = record["requestParameters"].get("name") or record["requestParameters"].get("trailName")
    if not name.startswith("arn:"):
        name = f"arn:aws:cloudtrail:{record['awsRegion']}:{record['recipientAccountId']}:trail/{name}"
    return ("--existing-trail-arn", name)


def _got(result: Result) -> dict[str, Any]:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    plans = [plan for line in lines for plan in line["plans"]]
    return {
        "exit": result.exit_code,
        "records": len(lines),
        "fired": dict(Counter(name for line in lines for name in line["fired"])),
        "severity": {plan["remediation"]: alert["severity"] for plan in plans for alert in plan["alerts"]},
        "alarms": [label for line in lines for label in line["alarms"]],
        "lines": lines,
    }


def _holds(expected: dict[str, Any], got: dict[str, Any], text: Result | None) -> bool:
    checks = [got[name] == expected[name] for name in ("exit", "records", "fired") if name in expected]
    checks += [expected.get("severity", {}).items() <= got["severity"].items()]
    checks += [set(expected.get("alarms", ())) <= set(got["alarms"])]
    if expected.get("all_log_files"):
        checks.append(got["fired"] == {"root_login": 1, "table_deleted": 1})
    if expected.get("digests_and_insights_counted_apart"):
        checks.append(text is not None and "1 digest, 1 of the records is Insights" in text.stdout)
    if "json_fields" in expected:
        wanted = set(expected["json_fields"])
        unhandled, uncarried = got["lines"]
        checks += [wanted <= set(line) for line in got["lines"]]
        checks += [bool(unhandled["failed"]) and not uncarried["carried"]]
    unknown = expected.keys() - _KNOWN
    if unknown:
        raise Cannot(f"expects {', '.join(sorted(unknown))}")
    return all(checks)


_KNOWN = {"exit", "records", "fired", "severity", "alarms", "json_fields"}
_KNOWN |= {"all_log_files", "digests_and_insights_counted_apart"}

"""`trailwarden query --on-aws` against the served world, as against any account."""

import json
from datetime import datetime

from click.testing import CliRunner

from scenarios.commands.cli import main


def test_a_named_question_is_answered_by_the_account(empty, monkeypatch):
    logs = empty.client("logs")
    logs.create_log_group(logGroupName="trail")
    logs.create_log_stream(logGroupName="trail", logStreamName="s")
    record = {"eventName": "GetUser", "eventSource": "iam.amazonaws.com", "sourceIPAddress": "203.0.113.9"}
    now = datetime.fromisoformat(empty.get("/_world/clock")["now"])
    logs.put_log_events(
        logGroupName="trail",
        logStreamName="s",
        logEvents=[{"timestamp": int(now.timestamp() * 1000), "message": json.dumps(record)}],
    )
    for name, value in {
        "AWS_ENDPOINT_URL": empty.url,
        "AWS_ACCESS_KEY_ID": "ann",
        "AWS_SECRET_ACCESS_KEY": "any",
    }.items():
        monkeypatch.setenv(name, value)

    result = CliRunner().invoke(
        main,
        [
            *("query", "what-came-from-address", "--set", "address=203.0.113.9", "--since", "2020-01-01"),
            *("--until", "2040-01-01", "--on-aws", "--log-group", "trail", "--region", "us-east-1", "--yes"),
            *("--format", "json"),
        ],
    )

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["eventName"] == "GetUser"
    assert "Logs Insights scans about" in result.stderr

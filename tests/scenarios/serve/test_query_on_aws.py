"""`trailwarden query --on-aws` against the served world, as against any account."""

import json
from datetime import datetime

import pytest
from click.testing import CliRunner

from scenarios.commands.cli import main
from scenarios.queries.sql.cloudtrail_table import create
from tests.scenarios.queries.sql.trail import packed, records


def as_ann(endpoint, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_ACCESS_KEY_ID": "ann",
        "AWS_SECRET_ACCESS_KEY": "any",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
def test_sql_is_answered_by_the_accounts_athena(empty, monkeypatch):
    s3, athena = empty.client("s3"), empty.client("athena")
    for each in ("asked-logs", "asked-answers"):
        s3.create_bucket(Bucket=each)
    s3.put_object(Bucket="asked-logs", Key="AWSLogs/x.json.gz", Body=packed(records(count=20)))
    told = {"OutputLocation": "s3://asked-answers/"}
    athena.start_query_execution(
        QueryString=create("asked", "s3://asked-logs/AWSLogs/"), ResultConfiguration=told
    )
    empty.post("/_world/clock", {"advance": "10s"})
    as_ann(empty, monkeypatch)

    result = CliRunner().invoke(
        main,
        [
            *("query", "SELECT count(*) AS n FROM asked", "--on-aws", "--output", "s3://asked-answers/"),
            *("--region", "us-east-1", "--yes", "--format", "csv"),
        ],
    )

    assert result.exit_code == 0, result.stderr
    assert result.stdout.split() == ["n", "20"]
    assert "Athena scans up to" in result.stderr
    assert "in 1 object: about" in result.stderr


@pytest.mark.slow
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
    as_ann(empty, monkeypatch)

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

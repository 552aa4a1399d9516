"""CloudTrail records as EventBridge delivers them, each test showing only what matters to it."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.events import ApiCallEvent, api_call
from chalicelib.remediation import Alert, Plan
from chalicelib.settings import Settings

ACCOUNT = "111122223333"
ADDRESS = "203.0.113.7"
ALICE = {
    "type": "IAMUser",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
    "accountId": ACCOUNT,
    "userName": "alice",
}
ROOT = {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-03-02T03:01:00")


def delivered(detail_type: str, source: str, **detail: Any) -> dict[str, Any]:
    """The event around a record; None takes a field out of the record."""
    record = {
        "eventVersion": "1.11",
        "eventID": "7bf7c0de-0000-4000-8000-000000000001",
        "eventTime": "2026-03-02T03:00:00Z",
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "sourceIPAddress": ADDRESS,
        "userAgent": "Mozilla/5.0",
        **detail,
    }
    return {
        "version": "0",
        "id": "e-1",
        "source": source,
        "detail-type": detail_type,
        "account": ACCOUNT,
        "region": record["awsRegion"],
        "time": "2026-03-02T03:00:00Z",
        "resources": [],
        "detail": {name: value for name, value in record.items() if value is not None},
    }


def console_login(*, mfa: str | None = "No", result: str | None = "Success", **detail: Any) -> dict[str, Any]:
    return delivered(
        "AWS Console Sign In via CloudTrail",
        "aws.signin",
        **{
            "eventSource": "signin.amazonaws.com",
            "eventName": "ConsoleLogin",
            "eventType": "AwsConsoleSignIn",
            "userIdentity": ROOT,
            "responseElements": {"ConsoleLogin": result} if result else None,
            "additionalEventData": {"LoginTo": "https://console.aws.amazon.com", "MFAUsed": mfa},
            **detail,
        },
    )


def delete_table(table: str | None = "orders", **detail: Any) -> dict[str, Any]:
    return delivered(
        "AWS API Call via CloudTrail",
        "aws.dynamodb",
        **{
            "eventSource": "dynamodb.amazonaws.com",
            "eventName": "DeleteTable",
            "awsRegion": "eu-central-1",
            "userIdentity": ALICE,
            "requestParameters": {"tableName": table} if table else None,
            "responseElements": {"tableDescription": {"tableName": table, "tableStatus": "DELETING"}},
            **detail,
        },
    )


def typed(raw: dict[str, Any]) -> ApiCallEvent:
    (event,) = api_call(raw)
    return event


def settings(**values: str) -> Settings:
    return Settings(topic_arn="arn:aws:sns:eu-west-1:111122223333:alerts", ledger="ledger", values=values)


def only(plan: Plan) -> Alert:
    """The one alert of a plan."""
    (alert,) = plan.alerts
    return alert


def facts_of(alert: Alert) -> dict[str, str]:
    """Facts by label; a label that comes twice holds its last."""
    return dict(alert.facts)

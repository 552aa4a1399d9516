"""Calls by credentials of an instance."""

from chalicelib.events import api_call

ACCOUNT = "123456789012"
INSTANCE = "i-0123456789abcdef0"
ROLE_ID = "AROAIOSFODNN7EXAMPLE"


def call(*, session=INSTANCE, source="203.0.113.66", began="2026-03-02T02:00:00Z", **detail):
    """A call at 03:00:00 by a session of the role `web`, in us-east-1."""
    (one,) = api_call(
        {
            "detail": {
                "eventID": "e",
                "eventTime": "2026-03-02T03:00:00Z",
                "eventSource": "sts.amazonaws.com",
                "eventName": "GetCallerIdentity",
                "recipientAccountId": ACCOUNT,
                "awsRegion": "us-east-1",
                "sourceIPAddress": source,
                "userIdentity": {
                    "type": "AssumedRole",
                    "principalId": f"{ROLE_ID}:{session}",
                    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/web/{session}",
                    "sessionContext": {
                        "sessionIssuer": {"userName": "web", "arn": f"arn:aws:iam::{ACCOUNT}:role/web"},
                        "attributes": {"creationDate": began},
                        "ec2RoleDelivery": "2.0",
                    },
                },
                **detail,
            }
        }
    )
    return one

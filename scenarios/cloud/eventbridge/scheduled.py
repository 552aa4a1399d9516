"""What a rule with a schedule sends to its targets when it is due.

AWS's own example of one:
https://github.com/aws/aws-lambda-rust-runtime/commit/5dcad203ab8677a54e039276fa4531c2e624e1cb
"""

from datetime import datetime
from typing import Any


def scheduled_event(rule: str, due: datetime, *, region: str, account: str, event_id: str) -> dict[str, Any]:
    """The event; `rule`: the rule's ARN."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [rule],
        "detail": {},
    }

"""The archive account's watch over Trailwarden; its stack stands in the world's one account."""

import json
from typing import Any, Final

from chalicelib.template.archive import archive
from scenarios.cloud.deployment import ACCOUNT, STACK_NAME

WATCHING_PERSON: Final = "archive@example.com"
WATCH_BUS: Final = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/before-watch"


def watching_archive() -> dict[str, Any]:
    """The archive account's template, its parameters given."""
    template: dict[str, Any] = json.loads(json.dumps(archive()))
    given = {
        "WatchedAccount": ACCOUNT,
        "TrailArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{STACK_NAME}-trail",
        "WatchEmail": WATCHING_PERSON,
    }
    for name, value in given.items():
        template["Parameters"][name]["Default"] = value
    return template

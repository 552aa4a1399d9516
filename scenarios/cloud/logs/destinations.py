"""Logical destinations: how log events cross from one account into another's stream.

The recipient puts a destination, which names a stream and a role to write to it, and a policy that says which
accounts may subscribe. Logs tries a new destination with a test message (validation.py). The stream may be in
another region; log group and destination may not. Any account may put a destination; subscriptions to it are
those of the world's own account.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions-Kinesis.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CreateDestination.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDestination.html
"""

import json
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.authorization.document import MalformedPolicy, parse
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.paging import of_logs
from scenarios.cloud.logs.events import invalid
from scenarios.cloud.setting import Setting

PAGING = of_logs(50)


class Destinations:
    """Every destination, of every account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        calls = setting.calls
        calls.check("logs", "PutDestinationPolicy", self._about_to_let)
        calls.answer("logs", "DescribeDestinations", self._describe)
        calls.in_every_account("logs", "PutDestination", "PutDestinationPolicy", "DescribeDestinations")

    def _about_to_let(self, asked: Asked) -> None:
        try:
            parse(json.loads(asked.parameters["accessPolicy"]), attached_to_resource=True)
        except (ValueError, MalformedPolicy) as error:
            raise invalid(f"The access policy is malformed: {error}") from error

    def _describe(self, asked: Asked) -> dict[str, Any]:
        """By name; moto ignores prefix, limit and token."""
        parameters = asked.parameters
        prefix = parameters.get("DestinationNamePrefix", "")
        found = sorted(
            (
                each.to_dict()
                for each in moto_state.log_destinations(asked.caller.account, asked.region)
                if each.destination_name.startswith(prefix)
            ),
            key=lambda each: str(each["destinationName"]),
        )
        page, more = PAGING.page(found, parameters)
        told = [{name: value for name, value in each.items() if value is not None} for each in page]
        return {"destinations": told, **more}

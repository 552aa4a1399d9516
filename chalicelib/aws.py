"""The way to AWS: clients made lazily, once for each service and region, with short timeouts.

Functions that answer events have at most 50 seconds; a call that hangs must fail
while there is still time to say so.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

# A service that hangs costs 3 * 10 seconds and leaves 15 to say so: to wait longer is the job of Lambda's
# retry.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra="trailwarden",
)


class Aws:
    """Clients of the function's own account; `client("dynamodb")` is in the function's own region."""

    def __init__(self, session: boto3.Session | None = None) -> None:
        self._given = session
        self._clients: dict[tuple[str, str], Any] = {}

    @cached_property
    def _session(self) -> boto3.Session:
        return self._given or boto3.Session()

    @cached_property
    def region(self) -> str:
        """The function's own region."""
        return self._session.region_name or ""

    @cached_property
    def _identity(self) -> Mapping[str, str]:
        """Who we are; GetCallerIdentity needs no permission, and is asked once a cold start."""
        answer: Mapping[str, str] = self.client("sts").get_caller_identity()
        return answer

    @property
    def account(self) -> str:
        """The function's own account."""
        return self._identity["Account"]

    @property
    def partition(self) -> str:
        """The partition of the account, such as `aws` or `aws-cn`."""
        return self._identity["Arn"].split(":")[1]

    @property
    def role(self) -> str:
        """The role this function runs under, as CloudTrail's sessionIssuer names it; "" for other callers.

        A session's ARN leaves out the path of its role; Chalice's and CloudFormation's roles have none.
        """
        head, assumed, session = self._identity["Arn"].partition(":assumed-role/")
        return f"{head.replace(':sts:', ':iam:')}:role/{session.partition('/')[0]}" if assumed else ""

    def client(self, service: str, region: str = "") -> Any:
        """A boto3 client; the same one for the same service and region."""
        wanted = (service, region or self.region)
        if wanted not in self._clients:
            self._clients[wanted] = self._session.client(service, region_name=wanted[1], config=_CONFIG)  # type: ignore[call-overload]  # any service by name
        return self._clients[wanted]

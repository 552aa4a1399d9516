"""Clients with which an AWS service calls another one in somebody's name: who asked it to, or a role.

IAM judges such a call by that caller's rights, and CloudTrail records it under that name.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3

from scenarios.cloud.kernel.caller import Caller
from scenarios.cloud.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientsOf:
    """Makes boto3 clients that sign in that caller's name."""

    setting: Setting
    caller: Caller

    def client(self, service_name: str, region_name: str) -> Any:
        """A client of a service in a region."""
        key = self.setting.identity.enrol(self.caller).access_key_id
        credentials = (key, self.setting.identity.secret_of(key), self.caller.session_token)
        return _client(self.setting.session, service_name, region_name, credentials)


@lru_cache(maxsize=64)
def _client(session: boto3.Session, service: str, region: str, credentials: tuple[str, str, str]) -> Any:
    """Kept from world to world, as are those of a world's callers. `credentials`: key, secret, token."""
    every: Any = session
    key, secret, token = credentials
    return every.client(
        service,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token or None,
    )

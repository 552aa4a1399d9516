"""Sessions and clients of boto3, kept from world to world: making one takes longer than a call."""

from functools import lru_cache
from typing import Any

import boto3

from scenarios.cloud.guards import machine_hidden
from scenarios.cloud.kernel.botocore_hooks import data_read_once


class _Harness(boto3.Session):
    """What sets stacks up."""

    def client(self, service_name: Any, region_name: Any = None, **more: Any) -> Any:  # type: ignore[override]
        """As boto3's; one that is asked for by service and region alone is the one that was made before."""
        if more:
            return super().client(service_name, region_name=region_name, **more)
        kept: dict[tuple[str, str], Any] = vars(self).setdefault("_kept", {})
        key = service_name, region_name
        if key not in kept:
            kept[key] = super().client(service_name, region_name=region_name)
        return kept[key]


@lru_cache(maxsize=16)
def harness(region: str) -> boto3.Session:
    """What sets stacks up in a region; its clients are kept as well."""
    with machine_hidden(), data_read_once():
        return _Harness("harness", "simulated", region_name=region)


@lru_cache(maxsize=64)
def session(
    access_key_id: str,
    region: str,
    secret: str,
    token: str = "",
) -> boto3.Session:
    """A session that signs with this key; a new one would read botocore's data again."""
    with machine_hidden(), data_read_once():
        return boto3.Session(
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret,
            aws_session_token=token or None,
            region_name=region,
        )


@lru_cache(maxsize=256)
def client(session: boto3.Session, service: str, region: str) -> Any:
    """A client of a kept session."""
    return session.client(service, region_name=region)  # type: ignore[call-overload]  # any service by name

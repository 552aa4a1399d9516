"""Regions that don't exist: AWS has no endpoint there, and a call can't connect.

Records from elsewhere name regions under a pseudonym, and events can be made up; a handler that follows them
meets what it would meet on AWS, where the name doesn't resolve.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError


@lru_cache(maxsize=1)
def regions() -> frozenset[str]:
    """Every region of every partition, as botocore knows them."""
    session = boto3.Session()
    partitions = session.get_available_partitions()
    return frozenset(
        region
        for partition in partitions
        for region in session.get_available_regions("dynamodb", partition_name=partition)
    )


@contextmanager
def only_where_aws_is() -> Iterator[None]:
    """Inside, a call to a region that isn't there raises botocore's EndpointConnectionError."""
    base: Any = BaseClient  # its one place that every client goes through isn't in the types
    original = base._make_api_call  # noqa: SLF001 - see above

    def make(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        region = client.meta.region_name
        if region not in regions() and not region.startswith("aws-"):  # aws-global: IAM and its like
            raise EndpointConnectionError(endpoint_url=client.meta.endpoint_url)
        return original(client, operation, parameters)

    base._make_api_call = make  # noqa: SLF001 - likewise
    try:
        yield
    finally:
        base._make_api_call = original  # noqa: SLF001 - likewise

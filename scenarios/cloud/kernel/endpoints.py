"""Regions that don't exist: AWS has no endpoint there, and a call can't connect.

Records from elsewhere name regions under a pseudonym, and events can be made up; a handler that follows them
meets what it would meet on AWS, where the name doesn't resolve.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError

from scenarios.cloud.kernel import kept_on_disk
from scenarios.cloud.kernel.isolation import without_aws_settings
from scenarios.cloud.kernel.service_models import session


@cache
def regions() -> frozenset[str]:
    """Every region of every partition, as botocore knows them."""
    return frozenset(regions_of("dynamodb"))


@cache
def regions_of(service: str) -> tuple[str, ...]:
    """Every region that a service has, of every partition. To say it, botocore reads the service's model."""
    asked = f"the regions of {service}"
    known = kept_on_disk.read(asked)
    if known is not None:
        return tuple(json.loads(known))
    with without_aws_settings():
        found = [
            region
            for partition in session().get_available_partitions()
            for region in session().get_available_regions(service, partition_name=partition)
        ]
    kept_on_disk.write(asked, json.dumps(found).encode())
    return tuple(found)


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

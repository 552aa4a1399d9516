"""Moto without the simulated AWS on top, for tests of code that needs boto3 and nothing more."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient

from scenarios.cloud.dynamodb.mends import MENDS as FASTER
from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.botocore_hooks import work_done_once
from scenarios.cloud.kernel.moto_direct import asked_directly, taken_by_botocore
from scenarios.cloud.kernel.replaced import replaced

DIRECTLY = ("dynamodb", "kms")
_Client: Any = BaseClient
_make: Any = _Client._make_api_call


def _made_sooner(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
    """As a world has it: without HTTP in between where nobody listens. What botocore refuses, it refuses."""
    answer = None
    if client.meta.service_model.service_name in DIRECTLY and taken_by_botocore(
        client, operation, parameters
    ):
        answer = asked_directly(client, operation, parameters)
    return answer or _make(client, operation, parameters)


@contextmanager
def moto_alone() -> Iterator[None]:
    """An empty account. What botocore and moto would work out for each test is worked out once."""
    sooner = (*FASTER, (_Client, "_make_api_call", _made_sooner))
    with work_done_once(), moto_hooks.bare_moto(), replaced(sooner):
        yield

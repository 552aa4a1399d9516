"""Moto without the simulated AWS on top, for tests of code that needs boto3 and nothing more."""

from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.cloud.kernel import moto_hooks
from scenarios.cloud.kernel.botocore_hooks import work_done_once


@contextmanager
def moto_alone() -> Iterator[None]:
    """An empty account. What botocore and moto would work out for each test is worked out once."""
    with work_done_once(), moto_hooks.bare_moto():
        yield

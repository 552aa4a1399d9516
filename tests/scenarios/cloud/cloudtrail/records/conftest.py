"""Fixtures that several files of tests here ask for."""

from collections.abc import Iterator

import pytest

from tests.moto_alone import moto_alone
from tests.scenarios.cloud.cloudtrail.records.real_calls import Account


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with moto_alone():
        yield Account()

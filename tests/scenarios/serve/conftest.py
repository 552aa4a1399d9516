import pytest

from tests.scenarios.serve.serving import served


@pytest.fixture(scope="session")
def empty():
    """An account without a stack, shared by all tests that change nothing for others."""
    with served("--empty", fresh=True) as endpoint:
        yield endpoint

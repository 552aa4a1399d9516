"""A trail over HTTP that commands may be asked about."""

import pytest

from tests.scenarios.commands.trail_endpoint import Delivered, Endpoint


@pytest.fixture
def delivered():
    made = Delivered()
    made.chain()
    return made


@pytest.fixture
def endpoint(delivered, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Endpoint(delivered) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        yield served

"""A function's client comes from an earlier world only where nobody could tell it from a new one."""

import boto3
import pytest
from botocore.config import Config

from scenarios.cloud.kernel.botocore_hooks import work_done_once

CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, user_agent_extra="kept-clients")


@pytest.fixture(autouse=True)
def role(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAKEPT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    with work_done_once():  # the first session of a process registers handlers that later ones copy
        boto3.Session()


def made(service="kms", **more):
    return boto3.Session().client(service, **{"region_name": "us-east-1", "config": CONFIG, **more})


def in_the_next_world(**more):
    with work_done_once():
        return made(**more)


def test_the_next_world_gets_the_client_of_the_last():
    first = in_the_next_world()

    assert in_the_next_world() is first


def test_within_a_world_everybody_has_a_client_of_their_own():
    in_the_next_world()
    with work_done_once():
        one, other = made(), made()

    assert one is not other


def test_it_signs_as_a_new_one_would():
    in_the_next_world()
    credentials = in_the_next_world()._request_signer._credentials

    assert (credentials.access_key, credentials.secret_key, credentials.token) == (
        "ASIAKEPT",
        "secret",
        "token",
    )


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
def test_another_role_gets_none_of_it(monkeypatch, name):
    first = in_the_next_world()
    monkeypatch.setenv(name, "other")

    assert in_the_next_world() is not first


@pytest.mark.parametrize(
    "more",
    [
        {"region_name": "eu-west-1"},
        {"config": Config(retries={"mode": "standard", "total_max_attempts": 4})},
        {"endpoint_url": "https://example.com"},
        {"aws_access_key_id": "a", "aws_secret_access_key": "b"},
        {"service": "sts"},
    ],
)
def test_who_asks_for_another_gets_another(more):
    first = in_the_next_world()

    assert in_the_next_world(**more) is not first


def hear(**_):
    """Somebody's handler."""


def on_its_events(client):
    client.meta.events.register("before-call.kms", hear)


def on_and_off(client):
    client.meta.events.register("before-call.kms", hear)
    client.meta.events.unregister("before-call.kms", hear)


def on_itself(client):
    client.decrypt = hear


def by_trying_again(client):
    handlers = client.meta.events._emitter._handlers.prefix_search("needs-retry.kms")
    retries = next(each.__self__ for each in handlers if hasattr(each.__self__, "_retry_quota"))
    retries._retry_quota._quota.acquire(5)


@pytest.mark.parametrize("change", [on_its_events, on_and_off, on_itself, by_trying_again])
def test_what_was_changed_is_not_handed_out_again(change):
    with work_done_once():
        first = made()
        change(first)

    assert in_the_next_world() is not first


def test_a_session_that_somebody_listens_to_shares_nothing():
    first = in_the_next_world()
    with work_done_once():
        session = boto3.Session()
        session.events.register("before-call.kms", hear)
        heard = session.client("kms", region_name="us-east-1", config=CONFIG)

    assert heard is not first
    assert in_the_next_world() is not heard


def test_a_client_that_remembers_where_buckets_are_is_made_anew():
    assert in_the_next_world(service="s3") is not in_the_next_world(service="s3")

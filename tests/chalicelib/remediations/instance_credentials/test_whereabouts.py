"""Whose session it is, and what may have come from outside: pure."""

from dataclasses import replace

import pytest

from chalicelib.evidence.outsiders import SETTING as TRUSTED
from chalicelib.remediations.instance_credentials.whereabouts import (
    SETTING,
    instance_of,
    may_be_foreign,
)
from chalicelib.settings import Settings
from tests.chalicelib.remediations.instance_credentials.calls import ACCOUNT, call

PARTNER = "210987654321"
SETTINGS = Settings(
    topic_arn="t",
    ledger="l",
    values={SETTING: "198.51.100.0/24, 2001:db8:aa::/48,0.0.0.0/0,nonsense", TRUSTED: PARTNER},
)


@pytest.mark.parametrize(
    ("session", "instance"),
    [
        pytest.param("i-0123456789abcdef0", "i-0123456789abcdef0", id="an instance"),
        pytest.param("i-01234567", "i-01234567", id="an old instance"),
        pytest.param("i-0123456789ABCDEF0", "i-0123456789ABCDEF0", id="as somebody has masked it"),
        pytest.param("i-012345678", "", id="too short"),
        pytest.param("deploy-i-0123456789abcdef0", "", id="a person's name for it"),
        pytest.param("", "", id="none"),
    ],
)
def test_the_session_names_the_instance(session, instance):
    assert instance_of(call(session=session)) == instance


@pytest.mark.parametrize(
    ("source", "foreign"),
    [
        pytest.param("203.0.113.66", True, id="the internet"),
        pytest.param("2001:db8::1", True, id="the internet, IPv6"),
        pytest.param("198.51.100.7", False, id="in a known block"),
        pytest.param("2001:db8:aa::7", False, id="in a known block, IPv6"),
        pytest.param("10.0.0.7", False, id="inside"),
        pytest.param("172.31.255.9", False, id="inside the default network"),
        pytest.param("172.32.0.1", True, id="just outside"),
        pytest.param("100.64.0.1", False, id="a carrier's own"),
        pytest.param("fd00::1", False, id="inside, IPv6"),
        pytest.param("cloudformation.amazonaws.com", False, id="a service"),
        pytest.param("AWS Internal", False, id="AWS itself"),
        pytest.param("", False, id="not recorded"),
    ],
)
def test_an_address_may_be_foreign(source, foreign):
    assert may_be_foreign(call(source=source), SETTINGS) is foreign


@pytest.mark.parametrize(
    ("owner", "foreign"),
    [
        pytest.param(ACCOUNT, False, id="our own"),
        pytest.param(PARTNER, False, id="a trusted account's"),
        pytest.param("999988887777", True, id="a stranger's"),
        pytest.param("", False, id="nobody says whose"),
    ],
)
def test_an_endpoint_is_foreign_by_its_account(owner, foreign):
    through = replace(call(source="10.0.0.7"), vpc_endpoint="vpce-1", vpc_endpoint_account=owner)

    assert may_be_foreign(through, SETTINGS) is foreign

"""Macie is off until somebody enables it; it can be paused, and says what it is."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def macie(world):
    return world.client(world.user("alice"), "macie2")


def test_it_is_enabled_paused_and_disabled(world, macie):
    macie.enable_macie(findingPublishingFrequency="ONE_HOUR")
    enabled = macie.get_macie_session()
    world.run(minutes=1)
    macie.update_macie_session(status="PAUSED")
    paused = macie.get_macie_session()

    kept = {"findingPublishingFrequency": "ONE_HOUR", "createdAt": enabled["createdAt"]}
    assert enabled.items() >= {**kept, "status": "ENABLED", "updatedAt": enabled["createdAt"]}.items()
    assert paused.items() >= {**kept, "status": "PAUSED"}.items()
    assert (paused["updatedAt"] - enabled["updatedAt"]).total_seconds() == 60

    macie.disable_macie()
    with pytest.raises(ClientError, match=r"AccessDeniedException.*Macie is not enabled"):
        macie.get_macie_session()


def test_what_is_off_can_not_be_paused_and_what_is_on_not_be_enabled(macie):
    for refused in (macie.disable_macie, macie.update_macie_session):
        with pytest.raises(ClientError, match="Macie is not enabled"):
            refused()
    macie.enable_macie()
    with pytest.raises(ClientError, match="ConflictException"):
        macie.enable_macie()


def test_each_region_has_its_own(world, macie):
    macie.enable_macie()
    elsewhere = world.client(world.user("alice"), "macie2", "eu-west-1")
    with pytest.raises(ClientError, match="not enabled"):
        elsewhere.get_macie_session()


def test_who_may_not_is_refused(world):
    stranger = world.client(world.user("eve", policies=()), "macie2")
    with pytest.raises(ClientError, match="is not authorized to perform: macie2:EnableMacie"):
        stranger.enable_macie()

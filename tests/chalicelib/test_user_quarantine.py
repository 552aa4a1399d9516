"""Who may be put into quarantine, and who never is."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from chalicelib.events import Actor, ApiCallEvent
from chalicelib.settings import Settings
from chalicelib.user_quarantine import ATTACHES, Suspect, deny, facts, moved, suspect

ACCOUNT = "123456789012"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
EVE = Actor(type="IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/eve", account=ACCOUNT, name="eve")
CHOSEN = {"TRAILWARDEN_QUARANTINE": "caller", "TRAILWARDEN_OPERATORS": f"arn:aws:iam::{ACCOUNT}:user/ops*"}


class Iam:
    """Knows one user with these policies; None: nobody."""

    def __init__(self, *attached, there=True):
        self.attached, self.there = attached, there

    def get_paginator(self, name):
        assert name == "list_attached_user_policies"
        return self

    def paginate(self, UserName):  # noqa: N803 - boto3's name
        if not self.there:
            raise ClientError(
                {"Error": {"Code": "NoSuchEntity", "Message": UserName}}, "ListAttachedUserPolicies"
            )
        yield {"AttachedPolicies": [{"PolicyArn": each} for each in self.attached]}


def by(actor):
    return ApiCallEvent(
        key="e-1",
        at=datetime(2026, 3, 2, 3, tzinfo=UTC),
        account=ACCOUNT,
        region="us-east-1",
        source="iam.amazonaws.com",
        name="CreateAccessKey",
        actor=actor,
        source_ip="203.0.113.66",
        user_agent="",
        error_code="",
        error_message="",
        parameters={},
        response={},
        additional={},
    )


def settings(ignored=(), **values):
    return Settings(topic_arn="t", ledger="l", ignored_principals=tuple(ignored), values={**CHOSEN, **values})


def test_who_did_it_is_put_into_quarantine_and_the_undo_ends_it():
    found = suspect(Iam("arn:aws:iam::aws:policy/ReadOnlyAccess"), by(EVE), settings())
    (call,) = deny(found, account=ACCOUNT, region="us-east-1")

    assert found == Suspect(name="eve", partition="aws")
    assert (call.operation, call.undo.operation) == ("attach_user_policy", "detach_user_policy")
    assert call.parameters == call.undo.parameters == {"UserName": "eve", "PolicyArn": DENY_ALL}
    assert [label for label, _ in facts(found)] == ["Not stopped by it"]


def test_in_another_partition_the_policy_is_that_partitions():
    china = Actor(type="IAMUser", arn=f"arn:aws-cn:iam::{ACCOUNT}:user/eve", account=ACCOUNT, name="eve")
    (call,) = deny(suspect(Iam(), by(china), settings()), account=ACCOUNT, region="cn-north-1")

    assert call.parameters["PolicyArn"] == "arn:aws-cn:iam::aws:policy/AWSDenyAll"


@pytest.mark.parametrize(
    ("actor", "chosen"),
    [
        pytest.param(EVE, settings(TRAILWARDEN_QUARANTINE="none"), id="not chosen"),
        pytest.param(EVE, settings(ignored=[EVE.arn]), id="expected"),
        pytest.param(
            Actor(type="IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/ops-1", account=ACCOUNT, name="ops-1"),
            settings(),
            id="an operator",
        ),
        pytest.param(
            Actor(type="Root", arn=f"arn:aws:iam::{ACCOUNT}:root", account=ACCOUNT), settings(), id="root"
        ),
        pytest.param(
            Actor(
                type="AssumedRole",
                arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/eve",
                account=ACCOUNT,
                name="admin",
            ),
            settings(),
            id="a role, so also we",
        ),
        pytest.param(
            Actor(
                type="IAMUser", arn="arn:aws:iam::999988887777:user/eve", account="999988887777", name="eve"
            ),
            settings(),
            id="a user of another account, who is called like one of ours",
        ),
    ],
)
def test_nobody_else_is(actor, chosen):
    assert suspect(Iam(), by(actor), chosen) is None


def test_who_is_there_already_or_gone_is_left_alone():
    there = suspect(Iam(DENY_ALL), by(EVE), settings())

    assert there == Suspect(name="eve", partition="aws", denied=True)
    assert list(deny(there, account=ACCOUNT, region="us-east-1")) == []
    assert [label for label, _ in facts(there)] == ["Quarantine", "Not stopped by it"]
    assert suspect(Iam(there=False), by(EVE), settings()) is None


@pytest.mark.parametrize(
    ("iam", "says"),
    [
        pytest.param(Iam(DENY_ALL), "", id="still there"),
        pytest.param(Iam(), "attached to eve no more", id="ended by hand"),
        pytest.param(Iam(there=False), "no user eve any more", id="deleted"),
    ],
)
def test_an_undo_is_for_what_still_is_as_we_made_it(iam, says):
    (call,) = deny(Suspect(name="eve", partition="aws"), account=ACCOUNT, region="us-east-1")

    assert moved(iam, call).endswith(says)
    assert bool(moved(iam, call)) is bool(says)


def test_whoever_gets_the_functions_role_may_attach_no_other_policy():
    assert ATTACHES.only == (
        ("ArnEquals", "iam:PolicyARN", "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"),
    )

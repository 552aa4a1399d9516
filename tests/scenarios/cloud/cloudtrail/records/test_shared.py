"""A role that is assumed across accounts is recorded in both."""

import json

import pytest

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.caller import Caller, CallerKind
from tests.scenarios.cloud import small_worlds as small
from tests.scenarios.cloud.sts.session_worlds import TARGET, trusting

OTHER = "999999999999"
VISITOR = f"arn:aws:iam::{OTHER}:user/eve"
HEARD = small.rule(pattern={"source": ["aws.sts"], "detail": {"eventName": ["AssumeRole"]}})


def records(world):
    world.run(200)
    return [event["detail"] for event in small.heard(world)]


@pytest.mark.slow
def test_the_roles_account_hears_of_a_visitor_without_a_name():
    resources = {**small.trail(), **small.queue(), **HEARD, **trusting(VISITOR)}
    policies = (small.document(small.may("sts:AssumeRole")),)
    eve = Caller(
        kind=CallerKind.IAM_USER,
        account=OTHER,
        arn=VISITOR,
        name="eve",
        policies=policies,
        source_ip="192.0.2.9",
    )
    with small.world(resources) as world:
        sts = world.client(world.identity.enrol(eve), "sts")
        sts.assume_role(RoleArn=TARGET, RoleSessionName="visit")

        (record,) = records(world)

    assert record["userIdentity"].keys() == {"type", "principalId", "accountId"}
    assert (record["userIdentity"]["type"], record["userIdentity"]["accountId"]) == ("AWSAccount", OTHER)
    assert record["recipientAccountId"] == ACCOUNT
    assert record["sourceIPAddress"] == "192.0.2.9"
    assert record["requestParameters"]["roleArn"] == TARGET
    assert len(record["sharedEventID"]) == 36


@pytest.mark.slow
def test_the_callers_account_hears_of_its_user_and_a_call_within_it_shares_nothing():
    resources = {**small.trail(), **small.queue(), **HEARD, **trusting(f"arn:aws:iam::{ACCOUNT}:root")}
    theirs = f"arn:aws:iam::{OTHER}:role/theirs"
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    with small.world(resources) as world:
        with world.calls.muted():
            owner = Caller(kind=CallerKind.ROOT, account=OTHER, arn=f"arn:aws:iam::{OTHER}:root")
            world.identity.enrol(owner)
        world.client(world.identity.enrol(owner), "iam").create_role(
            RoleName="theirs", AssumeRolePolicyDocument=json.dumps(small.document(trust))
        )
        sts = small.admin(world, "sts")
        sts.assume_role(RoleArn=theirs, RoleSessionName="away")
        sts.assume_role(RoleArn=TARGET, RoleSessionName="home")

        away, home = sorted(records(world), key=lambda each: each["requestParameters"]["roleSessionName"])

    assert away["userIdentity"]["userName"] == "alice"
    assert away["recipientAccountId"] == ACCOUNT
    assert len(away["sharedEventID"]) == 36
    assert "sharedEventID" not in home

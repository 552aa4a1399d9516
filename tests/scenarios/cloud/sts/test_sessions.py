"""Credentials that calls hand out sign calls: of roles assumed, of federated users."""

import json

import pytest

from tests.scenarios.cloud import small_worlds as small
from tests.scenarios.cloud.sts.session_worlds import (
    ACCOUNT,
    EVERYBODY_HERE,
    MAY_ASSUME,
    MAY_LIST,
    MAY_SEND,
    TARGET,
    ann,
    assume,
    refused,
    signed,
    stage,
)


@pytest.mark.slow
def test_a_session_may_what_its_role_may_and_is_known_by_its_name():
    with stage() as world:
        credentials = assume(ann(world))
        me = signed(credentials, "sts").get_caller_identity()

        assert me["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/target/s-1"
        assert signed(credentials).list_queues()["QueueUrls"]
        assert refused(signed(credentials, "iam").list_users)["Code"] == "AccessDenied"


def test_a_session_policy_leaves_only_what_both_allow():
    with stage() as world:
        limited = signed(assume(ann(world), Policy=json.dumps(small.document(MAY_SEND))))

        error = refused(limited.list_queues)
        assert error["Code"] == "AccessDenied"
        assert "no session policy allows the sqs:listqueues action" in error["Message"]


@pytest.mark.parametrize(
    ("trust", "statement"),
    [
        pytest.param("arn:aws:iam::999999999999:root", MAY_ASSUME, id="the role trusts somebody else"),
        pytest.param(EVERYBODY_HERE, MAY_LIST, id="the user may not assume"),
    ],
)
def test_nobody_assumes_a_role_without_both_sides(trust, statement):
    with stage(trust=trust) as world:
        assert refused(assume, ann(world, statement))["Code"] == "AccessDenied"


def test_an_external_id_that_the_role_asks_for_must_be_given():
    with stage(condition={"StringEquals": {"sts:ExternalId": "secret"}}) as world:
        assert refused(assume, ann(world), ExternalId="guess")["Code"] == "AccessDenied"
        assert assume(ann(world), ExternalId="secret")


def test_credentials_hold_until_they_expire_and_only_with_their_token():
    with stage() as world:
        credentials = assume(ann(world), DurationSeconds=900)
        assert refused(signed(credentials | {"SessionToken": "x"}).list_queues)["Code"].startswith("Unrec")

        world.run(901)

        assert refused(signed(credentials).list_queues)["Code"] == "ExpiredTokenException"


WRONG = [
    pytest.param({"RoleSessionName": "a:b"}, "[\\w+=,.@-]*", id="a colon in the session's name"),
    pytest.param({"RoleSessionName": "x" * 65}, "less than or equal to 64", id="a long name"),
    pytest.param({"TransitiveTagKeys": ["team"]}, "transitive tag key must be included", id="no such tag"),
    pytest.param({"DurationSeconds": 43_201}, "less than or equal to 43200", id="too long"),
    pytest.param({"DurationSeconds": 7_200}, "MaxSessionDuration", id="longer than the role lets"),
    pytest.param({"Policy": "{"}, "invalid Json", id="a policy that is none"),
]


@pytest.mark.parametrize(("parameters", "message"), WRONG)
def test_a_parameter_that_sts_does_not_take_is_refused(parameters, message):
    with stage() as world:
        given = {"RoleArn": TARGET, "RoleSessionName": "s-1", **parameters}

        assert message in refused(ann(world).assume_role, **given)["Message"]


@pytest.mark.slow
def test_transitive_tags_and_the_source_identity_go_on_through_a_chain():
    with stage(trust="*") as world:
        first = assume(
            ann(world),
            Tags=[{"Key": "team", "Value": "red"}],
            TransitiveTagKeys=["team"],
            SourceIdentity="ann",
        )
        # The role's own policies let it go on.
        iam = world.client(world.user("admin"), "iam")
        iam.put_role_policy(
            RoleName="target", PolicyName="go-on", PolicyDocument=json.dumps(small.document(MAY_ASSUME))
        )
        chained = signed(first, "sts")

        assert refused(assume, chained, SourceIdentity="eve")["Code"] == "AccessDenied"
        assert (
            refused(assume, chained, Tags=[{"Key": "Team", "Value": "x"}])["Code"] == "InvalidParameterValue"
        )
        assert refused(assume, chained, DurationSeconds=3_601)["Code"] == "ValidationError"
        second = assume(chained)
        caller = world.identity.caller(
            second["AccessKeyId"],
            world.clock.now,
            secret=second["SecretAccessKey"],
            token=second["SessionToken"],
        )
        assert caller.tags == {"team": "red"}


@pytest.mark.slow
def test_a_federated_user_may_only_what_its_policy_and_its_user_allow():
    with stage() as world:
        sts = ann(world, MAY_ASSUME, MAY_LIST)
        bare = sts.get_federation_token(Name="bob")["Credentials"]
        limited = sts.get_federation_token(Name="bob", Policy=json.dumps(small.document(MAY_LIST)))

        assert refused(signed(bare).list_queues)["Code"] == "AccessDenied"
        assert signed(limited["Credentials"]).list_queues()["QueueUrls"]


# ---- what a call brings along -----------------------------------------------------------------------

FENCES = [
    pytest.param({"StringEquals": {"aws:RequestedRegion": small.HOME}}, True, id="this region"),
    pytest.param({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False, id="another region"),
    pytest.param({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, True, id="this network"),
    pytest.param({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False, id="another network"),
    pytest.param({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False, id="no second factor"),
    pytest.param(
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True, id="a key has none, if exists"
    ),
    pytest.param({"DateLessThan": {"aws:CurrentTime": "2026-03-02T04:00:00Z"}}, True, id="before four"),
    pytest.param({"DateLessThan": {"aws:CurrentTime": "2026-03-02T03:00:00Z"}}, False, id="not before three"),
    pytest.param({"StringLike": {"aws:UserAgent": "aws-cli/*"}}, True, id="this agent"),
    pytest.param({"StringEquals": {"aws:PrincipalType": "User"}}, True, id="a user"),
]


@pytest.mark.parametrize(("condition", "allowed"), FENCES)
def test_a_call_brings_the_keys_that_aws_sets(condition, allowed):
    with small.world(small.queue(by="")) as world:
        policy = small.document(MAY_LIST | {"Condition": condition})
        sqs = world.client(world.user("ann", policies=(policy,)), "sqs")

        if allowed:
            assert sqs.list_queues()["QueueUrls"]
        else:
            assert refused(sqs.list_queues)["Code"] == "AccessDenied"

"""Credentials that calls hand out sign calls: of users, of roles assumed, of federated users."""

import json
from contextlib import contextmanager

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud import small_worlds as small

ACCOUNT = small.ACCOUNT
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
MAY_SEND = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": "*"}
MAY_LIST = {"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}
MAY_ASSUME = {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}


def trusting(who, *actions, condition=None):
    role = small.role("target", "lambda", MAY_SEND, MAY_LIST)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": who},
        "Action": list(actions or ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")),
        **({"Condition": condition} if condition else {}),
    }
    role["target"]["Properties"]["AssumeRolePolicyDocument"] = small.document(statement)
    return role


EVERYBODY_HERE = f"arn:aws:iam::{ACCOUNT}:root"


@contextmanager
def stage(*more, trust=EVERYBODY_HERE, condition=None):
    resources = small.queue(by="") | trusting(trust, condition=condition)
    for each in more:
        resources |= each
    with small.world(resources) as world:
        yield world


def ann(world, *statements):
    return world.client(world.user("ann", policies=(small.document(*(statements or (MAY_ASSUME,))),)), "sts")


def signed(credentials, service="sqs"):
    return boto3.client(
        service,
        region_name=small.HOME,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
    )


def assume(sts, **more):
    return sts.assume_role(RoleArn=TARGET, RoleSessionName="s-1", **more)["Credentials"]


def refused(call, *arguments, **parameters):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response["Error"]


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
        assert world.identity.caller(second["AccessKeyId"], world.clock.now, second["SessionToken"]).tags == {
            "team": "red"
        }


def test_a_federated_user_may_only_what_its_policy_and_its_user_allow():
    with stage() as world:
        sts = ann(world, MAY_ASSUME, MAY_LIST)
        bare = sts.get_federation_token(Name="bob")["Credentials"]
        limited = sts.get_federation_token(Name="bob", Policy=json.dumps(small.document(MAY_LIST)))

        assert refused(signed(bare).list_queues)["Code"] == "AccessDenied"
        assert signed(limited["Credentials"]).list_queues()["QueueUrls"]


# ---- users and their access keys ------------------------------------------------------------------


def mallory(world, *policies):
    iam = world.client(world.user("admin"), "iam")
    iam.create_user(UserName="mallory")
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName="mallory", PolicyName=f"p{number}", PolicyDocument=json.dumps(policy))
    return iam, iam.create_access_key(UserName="mallory")["AccessKey"]


def test_a_users_access_key_signs_with_what_stands_in_iam():
    with stage() as world:
        iam, key = mallory(world, small.document(MAY_LIST))
        assert signed(key).list_queues()["QueueUrls"]

        iam.put_user_policy(
            UserName="mallory",
            PolicyName="quarantine",
            PolicyDocument=json.dumps({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}),
        )

        assert "explicit deny in an identity-based policy" in refused(signed(key).list_queues)["Message"]


def test_a_key_that_is_inactive_or_gone_signs_nothing():
    with stage() as world:
        iam, key = mallory(world, small.document(MAY_LIST))
        which = {"UserName": "mallory", "AccessKeyId": key["AccessKeyId"]}
        assert signed(key).list_queues()

        iam.update_access_key(**which, Status="Inactive")
        assert refused(signed(key, "iam").list_users)["Code"] == "InvalidClientTokenId"
        iam.update_access_key(**which, Status="Active")
        assert signed(key).list_queues()
        iam.delete_access_key(**which)
        assert refused(signed(key).list_queues)["Message"].endswith(
            "token included in the request is invalid."
        )


def test_a_group_and_a_managed_policy_of_aws_count():
    with stage() as world:
        iam, key = mallory(world)
        iam.create_group(GroupName="readers")
        iam.attach_group_policy(
            GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
        )
        assert refused(signed(key).list_queues)["Code"] == "AccessDenied"

        iam.add_user_to_group(GroupName="readers", UserName="mallory")

        assert signed(key).list_queues()["QueueUrls"]


def test_a_permissions_boundary_limits_a_user_until_it_is_taken_away():
    with stage() as world:
        iam, key = mallory(world, small.document(MAY_LIST))
        boundary = iam.create_policy(PolicyName="edge", PolicyDocument=json.dumps(small.document(MAY_SEND)))[
            "Policy"
        ]["Arn"]
        iam.put_user_permissions_boundary(UserName="mallory", PermissionsBoundary=boundary)

        assert "no permissions boundary allows" in refused(signed(key).list_queues)["Message"]

        iam.delete_user_permissions_boundary(UserName="mallory")
        assert signed(key).list_queues()["QueueUrls"]


def test_what_stands_in_iam_holds_for_an_actor_of_that_name_too():
    with stage() as world:
        actor = world.user("mallory")
        mallory(world, {"Statement": {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}})

        assert refused(world.client(actor, "sqs").list_queues)["Code"] == "AccessDenied"


def test_the_tags_of_a_user_count_and_a_sessions_tags_win_over_its_roles():
    red = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    with stage() as world:
        iam, key = mallory(world, small.document(MAY_LIST | {"Condition": red}))
        assert refused(signed(key).list_queues)["Code"] == "AccessDenied"
        iam.tag_user(UserName="mallory", Tags=[{"Key": "team", "Value": "red"}])
        assert signed(key).list_queues()["QueueUrls"]

        iam.tag_role(RoleName="target", Tags=[{"Key": "team", "Value": "blue"}])
        only_red = json.dumps(small.document(MAY_LIST | {"Condition": red}))
        team = [{"Key": "team", "Value": "red"}]

        assert refused(signed(assume(ann(world), Policy=only_red)).list_queues)["Code"] == "AccessDenied"
        assert signed(assume(ann(world), Policy=only_red, Tags=team)).list_queues()["QueueUrls"]


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

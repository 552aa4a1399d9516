"""A user's access keys, groups, boundary and tags: what stands in IAM holds for whoever signs."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud import small_worlds as small
from tests.scenarios.cloud.sts.session_worlds import (
    MAY_LIST,
    MAY_SEND,
    ann,
    assume,
    mallory,
    refused,
    signed,
    stage,
)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("s3", "list_buckets", "SignatureDoesNotMatch", 403),
        ("iam", "list_users", "SignatureDoesNotMatch", 403),
        ("sqs", "list_queues", "InvalidSignatureException", 400),
        ("ec2", "describe_instances", "AuthFailure", 401),
    ],
)
def test_a_key_with_a_wrong_secret_signs_nothing(service, operation, code, status):
    with stage() as world:
        _, key = mallory(world, small.document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
        forged = signed(key | {"SecretAccessKey": "nope"}, service)

        with pytest.raises(ClientError) as caught:
            getattr(forged, operation)()

        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert getattr(signed(key, service), operation)()


@pytest.mark.slow
def test_a_sessions_secret_and_token_must_be_its_own():
    with stage() as world:
        credentials = assume(ann(world))
        queues = signed(credentials)
        assert queues.list_queues()

        assert (
            refused(signed(credentials | {"SecretAccessKey": "nope"}).list_queues)["Code"]
            == "InvalidSignatureException"
        )
        assert (
            refused(signed(credentials | {"SessionToken": "nope"}, "sts").get_caller_identity)["Code"]
            == "InvalidClientTokenId"
        )


def test_a_users_own_key_goes_with_no_token():
    with stage() as world:
        _, key = mallory(world, small.document(MAY_LIST))

        assert (
            refused(signed(key | {"SessionToken": "nope"}).list_queues)["Code"]
            == "UnrecognizedClientException"
        )


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


def test_the_last_use_of_an_access_key_is_told_whoever_answered_the_call():
    with stage() as world:
        iam, key = mallory(world, small.document(MAY_LIST))
        never = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        world.run(60)

        refused(signed(key, "events").list_rules)

        used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        assert never["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
        assert used["UserName"] == "mallory"
        assert used["AccessKeyLastUsed"] == {
            "LastUsedDate": world.clock.now,
            "ServiceName": "events",
            "Region": small.HOME,
        }


def test_who_may_see_an_access_keys_last_use_is_asked_about_its_user():
    with stage() as world:
        _, key = mallory(world, small.document(MAY_LIST))
        of_mallory = "arn:aws:iam::123456789012:user/mallory"
        may = small.document(
            {"Effect": "Allow", "Action": "iam:GetAccessKeyLastUsed", "Resource": of_mallory}
        )
        reader = world.client(world.user("reader", policies=(may,)), "iam")

        assert reader.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["UserName"] == "mallory"


def test_what_iam_keeps_beside_policies_can_be_made_and_tagged():
    with stage() as world:
        iam = small.admin(world, "iam")
        provider = iam.create_open_id_connect_provider(Url="https://ci.example", ThumbprintList=["a" * 40])
        arn = provider["OpenIDConnectProviderArn"]
        iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "by", "Value": "ci"}])
        role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]

        assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == [
            {"Key": "by", "Value": "ci"}
        ]
        assert role["Arn"].endswith(
            ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
        )


def test_a_new_identity_provider_is_asked_about_under_its_url():
    with stage() as world:
        arn = "arn:aws:iam::123456789012:oidc-provider/ci.example"
        may = small.document(
            {"Effect": "Allow", "Action": "iam:CreateOpenIDConnectProvider", "Resource": arn}
        )
        maker = world.client(world.user("maker", policies=(may,)), "iam")

        made = maker.create_open_id_connect_provider(Url="https://ci.example", ThumbprintList=["a" * 40])

        assert made["OpenIDConnectProviderArn"] == arn
        url = {"Url": "https://other.example", "ThumbprintList": ["a" * 40]}
        assert refused(maker.create_open_id_connect_provider, **url)["Code"] == "AccessDenied"


def test_a_user_has_ten_attached_policies_at_most():
    with small.world(small.queue(by="")) as each:
        iam = small.admin(each, "iam")
        iam.create_user(UserName="eve")
        document = small.document({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"})
        arns = [
            iam.create_policy(PolicyName=f"p{number}", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
            for number in range(11)
        ]
        for arn in arns[:10]:
            iam.attach_user_policy(UserName="eve", PolicyArn=arn)

        with pytest.raises(ClientError, match=r"LimitExceeded.*quota for PoliciesPerUser: 10"):
            iam.attach_user_policy(UserName="eve", PolicyArn=arns[10])

        iam.attach_user_policy(UserName="eve", PolicyArn=arns[0])


@pytest.mark.slow
def test_a_user_that_still_has_a_key_or_a_group_can_not_be_deleted():
    with small.world(small.queue(by="")) as each:
        iam = small.admin(each, "iam")
        iam.create_user(UserName="eve")
        key = iam.create_access_key(UserName="eve")["AccessKey"]["AccessKeyId"]
        with pytest.raises(ClientError, match=r"DeleteConflict.*must delete access keys first"):
            iam.delete_user(UserName="eve")
        iam.delete_access_key(UserName="eve", AccessKeyId=key)
        iam.create_group(GroupName="g")
        iam.add_user_to_group(GroupName="g", UserName="eve")
        with pytest.raises(ClientError, match=r"DeleteConflict.*must remove users from group first"):
            iam.delete_user(UserName="eve")
        iam.remove_user_from_group(GroupName="g", UserName="eve")
        iam.create_login_profile(UserName="eve", Password="Sup3r-secret!")
        with pytest.raises(ClientError, match=r"DeleteConflict.*must delete login profile first"):
            iam.delete_user(UserName="eve")
        iam.delete_login_profile(UserName="eve")
        iam.delete_user(UserName="eve")

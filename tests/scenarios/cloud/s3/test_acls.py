"""ACLs: refused where a bucket has them switched off, loud where they might decide."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, bucket, document, may, world

OBJECT = {"Bucket": "tw-logs", "Key": "k"}
ON = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}


@pytest.fixture
def without():
    with world(bucket()) as cloud:
        yield cloud


@pytest.fixture
def with_acls():
    with world(bucket(**ON)) as cloud:
        yield cloud


def nobody(cloud):
    return cloud.client(cloud.user("nobody", policies=(document(),)), "s3")


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        pytest.param("put_object", {**OBJECT, "ACL": "public-read"}, id="an object that is written"),
        pytest.param("put_object", {**OBJECT, "GrantRead": "id=x"}, id="a grant in a header"),
        pytest.param("put_object_acl", {**OBJECT, "ACL": "private"}, id="an object that is there"),
        pytest.param("put_bucket_acl", {"Bucket": "tw-logs", "ACL": "public-read"}, id="the bucket"),
    ],
)
def test_a_bucket_refuses_acls_unless_they_are_switched_on(without, operation, parameters):
    s3 = admin(without, "s3")
    s3.put_object(**OBJECT, Body=b"x")
    with pytest.raises(ClientError) as refused:
        getattr(s3, operation)(**parameters)

    assert refused.value.response["Error"]["Code"] == "AccessControlListNotSupported"


def test_full_control_for_the_buckets_owner_is_taken_in_any_case(without):
    admin(without, "s3").put_object(**OBJECT, ACL="bucket-owner-full-control")


def test_a_bucket_made_with_an_acl_needs_them_switched_on(without):
    s3 = admin(without, "s3")
    with pytest.raises(ClientError, match="InvalidBucketAclWithObjectOwnership"):
        s3.create_bucket(Bucket="tw-public", ACL="public-read")

    s3.create_bucket(Bucket="tw-public", ACL="public-read", ObjectOwnership="ObjectWriter")


@pytest.mark.slow
def test_what_no_policy_allows_and_an_acl_might_is_loud(with_acls):
    s3 = admin(with_acls, "s3")
    s3.put_object(**OBJECT, Body=b"x")
    with pytest.raises(ClientError, match="AccessDenied"):
        nobody(with_acls).get_object(**OBJECT)

    s3.put_object_acl(**OBJECT, ACL="public-read")

    with pytest.raises(NotSimulated, match="an ACL of tw-logs/k, which might allow it"):
        nobody(with_acls).get_object(**OBJECT)
    reader = with_acls.user("reader", policies=(document(may("s3:GetObject")),))
    assert with_acls.client(reader, "s3").get_object(**OBJECT)["Body"].read() == b"x"


def test_a_deny_decides_whatever_an_acl_says(with_acls):
    s3 = admin(with_acls, "s3")
    s3.put_object(**OBJECT, ACL="public-read")
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    with pytest.raises(ClientError, match="explicit deny"):
        with_acls.client(with_acls.user("eve", policies=(document(deny),)), "s3").get_object(**OBJECT)


def test_a_buckets_tags_count_once_attribute_based_access_is_switched_on(without):
    s3 = admin(without, "s3")
    s3.put_bucket_tagging(Bucket="tw-logs", Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    of_team = {"StringEquals": {"aws:ResourceTag/team": "blue", "s3:BucketTag/team": "blue"}}
    blue = without.user("blue", policies=(document({**may("s3:ListBucket"), "Condition": of_team}),))

    with pytest.raises(ClientError, match="AccessDenied"):
        without.client(blue, "s3").list_objects_v2(Bucket="tw-logs")
    s3.put_bucket_abac(Bucket="tw-logs", AbacStatus={"Status": "Enabled"})

    assert s3.get_bucket_abac(Bucket="tw-logs")["AbacStatus"] == {"Status": "Enabled"}
    without.client(blue, "s3").list_objects_v2(Bucket="tw-logs")
    with pytest.raises(ClientError, match="MethodNotAllowed"):
        s3.delete_bucket_tagging(Bucket="tw-logs")

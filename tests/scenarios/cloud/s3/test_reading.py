"""What S3 says of an object that isn't there, and of what was deleted."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, bucket, document, may, world

STANDING = bucket(VersioningConfiguration={"Status": "Enabled"})


@pytest.fixture(scope="module")
def each():
    with world(STANDING) as standing:
        yield standing


def error(each, actions, operation="get_object", key="nope", **more):
    reader = each.client(each.user("reader", policies=(document(may(actions)),)), "s3")
    with pytest.raises(ClientError) as refused:
        getattr(reader, operation)(Bucket="tw-logs", Key=key, **more)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_who_may_not_list_a_bucket_is_not_told_what_is_missing(each):
    assert error(each, ["s3:GetObject"]) == ("AccessDenied", 403)
    assert error(each, ["s3:GetObject"], "head_object") == ("403", 403)


def test_who_may_list_it_is_told(each):
    assert error(each, ["s3:GetObject", "s3:ListBucket"]) == ("NoSuchKey", 404)
    assert error(each, ["s3:GetObject", "s3:ListBucket"], "head_object") == ("404", 404)


NAMING_AN_OBJECT = [
    ("get_object_tagging", {}),
    ("put_object_tagging", {"Tagging": {"TagSet": []}}),
    ("delete_object_tagging", {}),
    ("get_object_acl", {}),
    ("put_object_acl", {"ACL": "bucket-owner-full-control"}),
    ("get_object_attributes", {"ObjectAttributes": ["ETag"]}),
    ("get_object_retention", {}),
    ("restore_object", {"RestoreRequest": {"Days": 1}}),
    ("copy_object", {"CopySource": "tw-logs/nope"}),
    ("copy_object", {"CopySource": {"Bucket": "tw-logs", "Key": "nope"}}),
]


@pytest.mark.parametrize(("operation", "more"), NAMING_AN_OBJECT)
def test_it_is_the_same_for_every_call_that_names_an_object(each, operation, more):
    deny = {"Effect": "Deny", "Action": "s3:ListBucket", "Resource": "*"}
    blind = each.client(each.user("blind", policies=(document(may("s3:*"), deny),)), "s3")
    with pytest.raises(ClientError) as refused:
        getattr(blind, operation)(Bucket="tw-logs", Key="nope", **more)

    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert error(each, ["s3:*"], operation, **more) == ("NoSuchKey", 404)


@pytest.fixture(scope="module")
def marker(each):
    """The version of a delete marker on `gone`."""
    s3 = admin(each, "s3")
    s3.put_object(Bucket="tw-logs", Key="gone", Body=b"x")
    return s3.delete_object(Bucket="tw-logs", Key="gone")["VersionId"]


@pytest.mark.parametrize(
    ("operation", "more", "answer"),
    [
        ("get_object", {}, ("NoSuchKey", 404)),
        ("head_object", {}, ("404", 404)),
        ("put_object_tagging", {"Tagging": {"TagSet": []}}, ("MethodNotAllowed", 405)),
        ("copy_object", {"CopySource": "tw-logs/gone"}, ("NoSuchKey", 404)),
    ],
)
def test_a_key_whose_newest_version_is_a_marker_is_missing(each, marker, operation, more, answer):
    assert marker
    assert error(each, ["s3:*"], operation, key="gone", **more) == answer


def test_who_misses_a_key_is_told_of_the_marker_in_its_place(each, marker):
    s3 = admin(each, "s3")
    for read in (s3.get_object, s3.head_object):
        with pytest.raises(ClientError) as refused:
            read(Bucket="tw-logs", Key="gone")
        told = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
        assert (told["x-amz-delete-marker"], told["x-amz-version-id"]) == ("true", marker)


def test_a_marker_that_is_named_by_its_version_is_no_object(each, marker):
    named = {"key": "gone", "VersionId": marker}
    assert error(each, ["s3:*"], **named) == ("MethodNotAllowed", 405)
    assert error(each, ["s3:*"], "head_object", **named) == ("405", 405)
    source = {"Bucket": "tw-logs", "Key": "gone", "VersionId": marker}
    assert error(each, ["s3:*"], "copy_object", CopySource=source) == ("InvalidRequest", 400)
    assert error(each, ["s3:*"], key="gone", VersionId="unknown") == ("NoSuchVersion", 404)


def test_deleting_a_key_that_never_was_makes_a_marker_in_a_versioned_bucket(each):
    s3 = admin(each, "s3")
    one = s3.delete_object(Bucket="tw-logs", Key="never")
    (other,) = s3.delete_objects(Bucket="tw-logs", Delete={"Objects": [{"Key": "nor this"}]})["Deleted"]

    assert (one["DeleteMarker"], other["DeleteMarker"]) == (True, True)
    listed = s3.list_object_versions(Bucket="tw-logs", Prefix="n")["DeleteMarkers"]
    assert [each["Key"] for each in listed] == ["never", "nor this"]


def test_what_is_there_needs_no_listing(each):
    admin(each, "s3").put_object(Bucket="tw-logs", Key="there", Body=b"x")
    reader = each.client(each.user("reader", policies=(document(may("s3:GetObject")),)), "s3")
    assert reader.get_object(Bucket="tw-logs", Key="there")["Body"].read() == b"x"
    assert reader.head_object(Bucket="tw-logs", Key="there")["ContentLength"] == 1


def test_of_several_objects_those_are_deleted_that_may_be(each):
    s3 = admin(each, "s3")
    for key in ("mine/a", "mine/b", "theirs/a"):
        s3.put_object(Bucket="tw-logs", Key=key, Body=b"x")
    version = s3.head_object(Bucket="tw-logs", Key="mine/b")["VersionId"]
    mine = document(may("s3:DeleteObject", "arn:aws:s3:::tw-logs/mine/*"))
    owner = each.client(each.user("owner", policies=(mine,)), "s3")
    named = [{"Key": "mine/a"}, {"Key": "theirs/a"}, {"Key": "mine/b", "VersionId": version}]
    told = owner.delete_objects(Bucket="tw-logs", Delete={"Objects": named})
    nothing = owner.delete_objects(Bucket="tw-logs", Delete={"Objects": named[1:2], "Quiet": True})

    assert [done["Key"] for done in told["Deleted"]] == ["mine/a"]
    assert [(error["Key"], error.get("VersionId"), error["Code"]) for error in told["Errors"]] == [
        ("theirs/a", None, "AccessDenied"),
        ("mine/b", version, "AccessDenied"),
    ]
    assert "s3:DeleteObjectVersion" in told["Errors"][1]["Message"]
    assert [error["Key"] for error in nothing["Errors"]] == ["theirs/a"]
    assert s3.head_object(Bucket="tw-logs", Key="theirs/a")["ContentLength"] == 1


@pytest.mark.parametrize("quiet", [True, False])
def test_a_quiet_deletion_tells_of_failures_alone(each, quiet):
    s3 = admin(each, "s3")
    s3.put_object(Bucket="tw-logs", Key="k", Body=b"x")
    heard = []
    each.calls.after("s3", "DeleteObjects", heard.append)

    answer = s3.delete_objects(Bucket="tw-logs", Delete={"Quiet": quiet, "Objects": [{"Key": "k"}]})

    assert ("Deleted" in answer) is not quiet
    assert [each["Key"] for each in heard[-1].response["Deleted"]] == ["k"]

"""What S3 says of an object that isn't there, and of what was deleted."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, bucket, document, may, world

STANDING = bucket(VersioningConfiguration={"Status": "Enabled"})


@pytest.fixture(scope="module")
def each():
    with world(STANDING) as standing:
        yield standing


def error(each, actions, operation="get_object", **more):
    reader = each.client(each.user("reader", policies=(document(may(actions)),)), "s3")
    with pytest.raises(ClientError) as refused:
        getattr(reader, operation)(Bucket="tw-logs", Key="nope", **more)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_who_may_not_list_a_bucket_is_not_told_what_is_missing(each):
    assert error(each, ["s3:GetObject"]) == ("AccessDenied", 403)
    assert error(each, ["s3:GetObject"], "head_object") == ("403", 403)


def test_who_may_list_it_is_told(each):
    assert error(each, ["s3:GetObject", "s3:ListBucket"]) == ("NoSuchKey", 404)
    assert error(each, ["s3:GetObject", "s3:ListBucket"], "head_object") == ("404", 404)


def test_what_is_there_needs_no_listing(each):
    admin(each, "s3").put_object(Bucket="tw-logs", Key="there", Body=b"x")
    reader = each.client(each.user("reader", policies=(document(may("s3:GetObject")),)), "s3")
    assert reader.get_object(Bucket="tw-logs", Key="there")["Body"].read() == b"x"
    assert reader.head_object(Bucket="tw-logs", Key="there")["ContentLength"] == 1


@pytest.mark.parametrize("quiet", [True, False])
def test_a_quiet_deletion_tells_of_failures_alone(each, quiet):
    s3 = admin(each, "s3")
    s3.put_object(Bucket="tw-logs", Key="k", Body=b"x")
    heard = []
    each.calls.after("s3", "DeleteObjects", heard.append)

    answer = s3.delete_objects(Bucket="tw-logs", Delete={"Quiet": quiet, "Objects": [{"Key": "k"}]})

    assert ("Deleted" in answer) is not quiet
    assert [each["Key"] for each in heard[-1].response["Deleted"]] == ["k"]

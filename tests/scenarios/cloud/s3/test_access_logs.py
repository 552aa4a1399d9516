"""Requests to a bucket become lines in files that S3 delivers to another, hours later."""

import json
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.service_logs import S3_ACCESS
from tests.scenarios.cloud.log_files import files
from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, document, lets, noted, queue, world

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
HOURS = 4 * 3600


def policy(bucket, source="data", **more):
    statement = lets("logging.s3", "s3:PutObject", resource=f"arn:aws:s3:::{bucket}/*")
    condition = {
        "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{source}"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    return document({**statement, "Condition": condition, **more})


def templated(**logging):
    """A bucket `data` that logs to `kept`, whose policy lets it."""
    source = {"BucketName": "data", "LoggingConfiguration": {"DestinationBucketName": "kept", **logging}}
    lets_in = {"Bucket": "kept", "PolicyDocument": policy("kept")}
    return {
        "Logs": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept"}},
        "LogsPolicy": {"Type": "AWS::S3::BucketPolicy", "Properties": lets_in, "DependsOn": ["Logs"]},
        "Data": {"Type": "AWS::S3::Bucket", "Properties": source, "DependsOn": ["Logs"]},
    }


@contextmanager
def logging(**more):
    with world(templated(**more)) as cloud:
        yield cloud


def lines(cloud, bucket="kept"):
    text = "".join(files(cloud, bucket).values())
    return [S3_ACCESS.read(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def told():
    """What a world's log says of some requests, by their operation."""
    with logging(LogFilePrefix="a/") as cloud:
        s3 = admin(cloud, "s3")
        s3.put_object(Bucket="data", Key="a b.csv", Body=b"12345")
        cloud.run(60)
        s3.get_object(Bucket="data", Key="a b.csv", Range="bytes=0-1")
        s3.list_objects_v2(Bucket="data", Prefix="a")
        s3.copy_object(Bucket="kept", Key="stolen", CopySource="data/a b.csv")
        for call, parameters in (("get_object", {"Key": "none"}), ("head_object", {"Key": "none"})):
            with pytest.raises(ClientError):
                getattr(s3, call)(Bucket="data", **parameters)
        with pytest.raises(ClientError):
            cloud.client(cloud.user("mallory", policies=()), "s3").get_bucket_policy(Bucket="data")
        s3.put_object_tagging(Bucket="data", Key="a b.csv", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": "a b.csv"}, {"Key": "none"}]})
        s3.put_bucket_logging(Bucket="data", BucketLoggingStatus={})
        s3.get_bucket_logging(Bucket="data")
        before = files(cloud, "kept")
        cloud.run(HOURS)
        with cloud.calls.muted():
            cloud.setting.session.client("s3").delete_object(Bucket="kept", Key="stolen")
        return before, files(cloud, "kept"), lines(cloud)


@pytest.mark.slow
def test_a_file_comes_hours_later_under_the_prefix_and_the_time_of_its_delivery(told):
    before, after, found = told

    assert set(before) == {"stolen"}
    (key,) = after
    assert key.startswith("a/2026-")
    assert len(key.removeprefix("a/").split("-")) == 7
    assert {each["Bucket"] for each in found} == {"data"}


def test_requests_are_called_as_aws_calls_them(told):
    said = [(each["Operation"], each["HTTP status"], each["Error Code"], each["Key"]) for each in told[2]]

    assert said == [
        ("REST.PUT.OBJECT", "200", None, "a%20b.csv"),
        ("REST.GET.OBJECT", "206", None, "a%20b.csv"),
        ("REST.GET.BUCKET", "200", None, None),
        ("REST.COPY.OBJECT_GET", "200", None, "a%20b.csv"),
        ("REST.GET.OBJECT", "404", "NoSuchKey", "none"),
        ("REST.HEAD.OBJECT", "404", "NoSuchKey", "none"),
        ("REST.GET.BUCKETPOLICY", "403", "AccessDenied", None),
        ("REST.PUT.OBJECT_TAGGING", "200", None, "a%20b.csv"),
        ("REST.POST.MULTI_OBJECT_DELETE", "200", None, None),
        ("BATCH.DELETE.OBJECT", "204", None, "a%20b.csv"),
        ("BATCH.DELETE.OBJECT", "204", None, "none"),
    ]


def test_a_line_says_who_asked_from_where_for_how_much(told):
    put, read, listed, copied, *_ = told[2]

    assert (put["Requester"], put["Remote IP"], put["Object Size"]) == (ALICE, "198.51.100.20", "5")
    assert put["Time"].endswith(":00:00 +0000")
    assert read["Time"].endswith(":01:00 +0000")
    assert (read["Bytes Sent"], read["Object Size"]) == ("2", "5")
    assert read["Request-URI"] == "GET /data/a%20b.csv HTTP/1.1"
    assert listed["Request-URI"] == "GET /data?list-type=2&encoding-type=url&prefix=a HTTP/1.1"
    assert (copied["Request-URI"], copied["Object Size"]) == ("GET /data/a%20b.csv", "5")
    assert read["User-Agent"].startswith("aws-cli/")
    assert read["Host Header"].startswith("data.s3.")
    assert len({each["Request ID"] for each in told[2]}) == 11


def test_a_request_after_logging_was_switched_off_is_not_logged(told):
    assert not [each for each in told[2] if "LOGGING" in each["Operation"]]


@pytest.mark.parametrize(
    ("source", "folder", "at"),
    [("EventTime", "2026/", "-00-00-00-"), ("DeliveryTime", "2026/", "")],
)
def test_folders_are_of_account_region_bucket_and_day(source, folder, at):
    layout = {"PartitionedPrefix": {"PartitionDateSource": source}}
    with logging() as cloud:
        switch_on(cloud, "kept", TargetPrefix="p/", TargetObjectKeyFormat=layout)
        admin(cloud, "s3").get_bucket_acl(Bucket="data")
        cloud.run(HOURS)

        key = next(iter(files(cloud, "kept")))
        assert key.startswith(f"p/{ACCOUNT}/us-east-1/data/{folder}")
        assert at in key
        assert ("-00-00-00-" in key) == bool(at)


def test_without_the_policy_the_lines_are_lost_and_the_trace_says_so():
    with logging() as cloud:
        s3 = admin(cloud, "s3")
        s3.get_bucket_acl(Bucket="data")
        s3.delete_bucket_policy(Bucket="kept")
        cloud.run(HOURS)

        assert files(cloud, "kept") == {}
        assert any("1 lines of the access log of data" in each for each in noted(cloud, "lost"))


@pytest.mark.parametrize("own", [True, False], ids=["own key", "aws/s3"])
def test_a_target_that_is_encrypted_with_a_kms_key_gets_nothing(own):
    with logging() as cloud:
        key = admin(cloud, "kms").create_key()["KeyMetadata"]["Arn"]
        default = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": key} if own else {})}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3 = admin(cloud, "s3")
        s3.put_bucket_encryption(Bucket="kept", ServerSideEncryptionConfiguration=rules)
        s3.get_bucket_acl(Bucket="data")
        cloud.run(HOURS)

        assert files(cloud, "kept") == {}
        assert any("KMS" in each for each in noted(cloud, "lost"))


@pytest.fixture(scope="module")
def bare():
    with world(queue()) as cloud:
        s3 = admin(cloud, "s3")
        for name in ("data", "kept", "locked", "acl"):
            more = {"ObjectLockEnabledForBucket": True} if name == "locked" else {}
            s3.create_bucket(Bucket=name, **more)
        admin(cloud, "s3", "eu-west-1").create_bucket(
            Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        s3.put_bucket_ownership_controls(Bucket="acl", OwnershipControls=rules)
        group = "uri=http://acs.amazonaws.com/groups/s3/LogDelivery"
        s3.put_bucket_acl(Bucket="acl", GrantWrite=group, GrantReadACP=group)
        yield cloud


def switch_on(cloud, target, **more):
    enabled = {"TargetBucket": target, "TargetPrefix": "", **more}
    admin(cloud, "s3").put_bucket_logging(Bucket="data", BucketLoggingStatus={"LoggingEnabled": enabled})


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("kept", "InvalidTargetBucketForLogging"),
        ("nowhere", "InvalidTargetBucketForLogging"),
        ("far", "CrossLocationLoggingProhibitted"),
    ],
)
def test_a_target_that_can_not_be_delivered_to_is_refused(bare, target, code):
    with pytest.raises(ClientError) as caught:
        switch_on(bare, target)

    assert caught.value.response["Error"]["Code"] == code


def test_a_target_with_object_lock_is_loud(bare):
    with pytest.raises(NotSimulated, match="Object Lock"):
        switch_on(bare, "locked")


def test_a_target_whose_acl_lets_the_group_write_needs_no_policy(bare):
    switch_on(bare, "acl")
    admin(bare, "s3").get_bucket_acl(Bucket="data")
    bare.run(HOURS)

    assert "REST.GET.ACL" in {each["Operation"] for each in lines(bare, "acl")}


def test_a_policy_for_another_bucket_lets_nothing_in(bare):
    admin(bare, "s3").put_bucket_policy(Bucket="kept", Policy=policy_text("other"))

    with pytest.raises(ClientError, match="log-delivery group"):
        switch_on(bare, "kept")


def policy_text(source):
    return json.dumps(policy("kept", source))


@pytest.mark.slow
def test_a_bucket_may_log_to_itself_and_so_logs_its_logs(bare):
    s3 = admin(bare, "s3")
    s3.put_bucket_policy(Bucket="data", Policy=json.dumps(policy("data")))
    switch_on(bare, "data")
    s3.get_bucket_location(Bucket="data")
    bare.run(2 * HOURS)

    said = {(each["Operation"], each["Requester"]) for each in lines(bare, "data")}
    assert ("REST.PUT.OBJECT", "svc:logging.s3.amazonaws.com") in said
    assert ("REST.GET.LOCATION", ALICE) in said

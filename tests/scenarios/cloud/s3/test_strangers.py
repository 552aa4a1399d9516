"""Who signs nothing may read what is open to everybody, and a server access log says that nobody signed."""

import json

import pytest

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.s3.strangers import Strangers
from scenarios.service_logs import S3_ACCESS
from tests.scenarios.cloud.log_files import files, lets_in
from tests.scenarios.cloud.small_worlds import admin, document, lets, queue, world

OPEN = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False
)
EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
LISTS = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data"}
OFFICE = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}


@pytest.fixture(scope="module")
def cloud():
    with world(queue()) as made:
        s3 = admin(made, "s3")
        for name in ("data", "kept"):
            s3.create_bucket(Bucket=name)
        lets_in(s3, "kept", lets("logging.s3", "s3:PutObject", resource="arn:aws:s3:::kept/*"))
        target = {"LoggingEnabled": {"TargetBucket": "kept", "TargetPrefix": ""}}
        s3.put_bucket_logging(Bucket="data", BucketLoggingStatus=target)
        s3.put_object(Bucket="data", Key="k.csv", Body=b"x" * 512)
        yield made


def stands(cloud, *statements, **block):
    """The bucket's policy and block."""
    s3 = admin(cloud, "s3")
    s3.put_public_access_block(Bucket="data", PublicAccessBlockConfiguration=OPEN)
    if statements:
        s3.put_bucket_policy(Bucket="data", Policy=json.dumps(document(*statements)))
    else:
        s3.delete_bucket_policy(Bucket="data")
    s3.put_public_access_block(Bucket="data", PublicAccessBlockConfiguration={**OPEN, **block})


def ask(cloud, key, bucket="data"):
    return cloud.setting.laws[Strangers].ask(bucket, key, address="203.0.113.66", agent="curl/8")


@pytest.mark.parametrize(
    ("statements", "block", "key", "code"),
    [
        pytest.param((), {}, "k.csv", "AccessDenied", id="no policy"),
        pytest.param((EVERYBODY,), {}, "k.csv", "", id="open to everybody"),
        pytest.param(({**EVERYBODY, **OFFICE},), {}, "k.csv", "", id="open to the address"),
        pytest.param((EVERYBODY,), {}, "none", "AccessDenied", id="missing, and no right to list"),
        pytest.param((EVERYBODY, LISTS), {}, "none", "NoSuchKey", id="missing, with the right to list"),
        pytest.param((EVERYBODY,), {}, "", "AccessDenied", id="no right to list"),
        pytest.param((LISTS,), {}, "", "", id="a list"),
        pytest.param((EVERYBODY,), {"RestrictPublicBuckets": True}, "k.csv", "AccessDenied", id="restricted"),
        pytest.param((EVERYBODY,), {"BlockPublicPolicy": True}, "k.csv", "", id="only new policies blocked"),
    ],
)
def test_the_policy_and_the_block_decide(cloud, statements, block, key, code):
    stands(cloud, *statements, **block)

    assert ask(cloud, key) == code


def test_the_accounts_block_counts_too(cloud):
    stands(cloud, EVERYBODY)
    control = admin(cloud, "s3control")
    block = {**OPEN, "RestrictPublicBuckets": True}
    account = cloud.setting.account
    control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=block)
    code = ask(cloud, "k.csv")
    control.delete_public_access_block(AccountId=account)

    assert code == "AccessDenied"


def test_whether_a_condition_makes_it_public_is_loud(cloud):
    stands(cloud, {**EVERYBODY, **OFFICE}, RestrictPublicBuckets=True)

    with pytest.raises(NotSimulated, match="a policy with a condition"):
        ask(cloud, "k.csv")


def test_what_a_kms_key_encrypts_is_nobodys_without_a_signature(cloud):
    s3 = admin(cloud, "s3")
    stands(cloud, EVERYBODY)
    s3.put_object(Bucket="data", Key="sealed", Body=b"x", ServerSideEncryption="aws:kms")

    assert ask(cloud, "sealed") == "AccessDenied"


def test_a_bucket_that_is_not_there_is_said(cloud):
    assert ask(cloud, "k", bucket="nowhere") == "NoSuchBucket"


def test_what_an_acl_might_allow_is_loud(cloud):
    s3 = admin(cloud, "s3")
    s3.create_bucket(Bucket="acl", ObjectOwnership="ObjectWriter")
    s3.put_public_access_block(Bucket="acl", PublicAccessBlockConfiguration=OPEN)
    s3.put_object(Bucket="acl", Key="k", Body=b"", ACL="public-read")

    with pytest.raises(NotSimulated, match="an ACL"):
        ask(cloud, "k", bucket="acl")


def test_the_access_log_has_a_dash_for_who_asked(cloud):
    stands(cloud, EVERYBODY)
    ask(cloud, "k.csv")
    ask(cloud, "")
    cloud.run(4 * 3600)

    text = "".join(files(cloud, "kept").values())
    lines = [S3_ACCESS.read(each) for each in text.splitlines()]
    read, listed = [each for each in lines if each["Remote IP"] == "203.0.113.66"][-2:]
    assert (read["Requester"], read["Signature Version"], read["Authentication Type"]) == (None, None, None)
    assert (read["Operation"], read["Key"], read["HTTP status"], read["Bytes Sent"]) == (
        *("REST.GET.OBJECT", "k.csv", "200"),
        "512",
    )
    assert (listed["Operation"], listed["HTTP status"], listed["Error Code"]) == (
        *("REST.GET.BUCKET", "403"),
        "AccessDenied",
    )


def test_a_trail_with_data_events_makes_it_loud(cloud):
    trail = admin(cloud, "cloudtrail")
    admin(cloud, "s3").create_bucket(Bucket="trails")
    lets_in(
        admin(cloud, "s3"),
        "trails",
        lets("cloudtrail", "s3:*", resource=["arn:aws:s3:::trails", "arn:aws:s3:::trails/*"]),
    )
    trail.create_trail(Name="data", S3BucketName="trails")
    chosen = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    trail.put_event_selectors(
        TrailName="data", EventSelectors=[{"ReadWriteType": "All", "DataResources": [chosen]}]
    )
    with pytest.raises(NotSimulated, match="nobody signed"):
        ask(cloud, "k.csv")
    trail.delete_trail(Name="data")

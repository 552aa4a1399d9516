"""Where a trail's records can be delivered, whom it tells, and what it says of its own deliveries."""

import hashlib
import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.cloudtrail.delivery.log_files import packed
from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.cloudtrail.trail_worlds import (
    EVERYBODY,
    HOUR,
    TRAIL_ARN,
    create_table,
    encrypted_trail,
    encrypts,
    log_files,
    objects,
    open_bucket,
)
from tests.scenarios.cloud.small_worlds import (
    HOME,
    admin,
    arn,
    bucket,
    document,
    group,
    lets,
    may,
    noted,
    topic,
    trail,
    world,
)

FAR = "eu-west-1"
TOPIC_ARN = arn("sns", "Alerts")
NOTIFIED = {
    **topic("cloudtrail"),
    **trail(SnsTopicName="Alerts"),
}
NOTIFIED["Trail"] = {**NOTIFIED["Trail"], "DependsOn": ["BucketPolicy", "AlertsPolicy"]}


def status(world, name="main", region=""):
    return admin(world, "cloudtrail", region).get_trail_status(Name=name)


def key_arn(world):
    return world.home.resources["Key"].attributes["Arn"]


def set_bucket_policy(world, *statements):
    with world.calls.muted():
        admin(world, "s3").put_bucket_policy(Bucket="tw-logs", Policy=json.dumps(document(*statements)))


ALLOWED = lets("cloudtrail", "s3:GetBucketAcl", "s3:PutObject")


# ---- notifications ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_topic_is_told_which_log_files_are_there():
    with world(NOTIFIED) as cloud:
        create_table(cloud)
        cloud.run(600)

        (mail,) = cloud.topics.inbox
        assert mail.sender == "cloudtrail.amazonaws.com"
        assert json.loads(mail.text) == {"s3Bucket": "tw-logs", "s3ObjectKey": list(log_files(cloud))}
        assert status(cloud)["LatestNotificationTime"] == mail.at


def test_digests_are_not_told():
    with world(NOTIFIED) as cloud:
        cloud.run(2 * HOUR)

        assert objects(cloud, "CloudTrail-Digest")
        assert cloud.topics.inbox == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param(
            lambda sns: sns.set_topic_attributes(
                TopicArn=TOPIC_ARN,
                AttributeName="Policy",
                AttributeValue=json.dumps(document(lets("cloudwatch", "sns:Publish"))),
            ),
            "AuthorizationError",
            id="the topic's policy forbids it",
        ),
        pytest.param(lambda sns: sns.delete_topic(TopicArn=TOPIC_ARN), "NotFound", id="the topic is gone"),
    ],
)
def test_a_notification_that_is_refused_is_lost_and_said(change, error):
    with world(NOTIFIED) as cloud:
        with cloud.calls.muted():
            change(admin(cloud, "sns"))
        create_table(cloud)
        cloud.run(600)

        assert len(log_files(cloud)) == 1
        assert cloud.topics.inbox == []
        assert status(cloud)["LatestNotificationError"] == error
        assert [words for words in noted(cloud, "lost") if "could not notify" in words]


@pytest.mark.slow
def test_an_encrypted_topic_asks_its_key_too():
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(EVERYBODY)}}
    resources = {**NOTIFIED, **topic("cloudtrail", key="Key"), "Key": key}
    with world(resources) as cloud:
        create_table(cloud)
        cloud.run(600)

        assert status(cloud)["LatestNotificationError"] == "KMSAccessDenied"


# ---- status -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_trails_status_tells_of_each_delivery():
    with world(trail()) as cloud:
        began = cloud.clock.now
        create_table(cloud)
        cloud.run(2 * HOUR)

        said = status(cloud)
        assert said["IsLogging"]
        assert said["StartLoggingTime"] == began
        assert said["TimeLoggingStarted"] == "2026-03-02T03:00:00Z"
        assert said["TimeLoggingStopped"] == ""
        assert began < said["LatestDeliveryTime"] <= began + timedelta(minutes=10)
        assert said["LatestDigestDeliveryTime"] == began + timedelta(hours=1, minutes=3)
        assert began < said["LatestCloudWatchLogsDeliveryTime"] < began + timedelta(minutes=9)
        assert not [name for name in said if name.endswith("Error")]


def test_a_stopped_trail_says_since_when():
    with world(trail()) as cloud:
        cloud.run(60)
        admin(cloud, "cloudtrail").stop_logging(Name="main")
        said = status(cloud)

        assert said["IsLogging"] is False
        assert said["StopLoggingTime"] == cloud.clock.now


@pytest.mark.parametrize(
    ("name", "region", "known"),
    [
        pytest.param("main", HOME, True, id="by name, at home"),
        pytest.param(TRAIL_ARN, HOME, True, id="by ARN, at home"),
        pytest.param(TRAIL_ARN, FAR, True, id="by ARN, elsewhere"),
        pytest.param("main", FAR, False, id="by name, elsewhere"),
        pytest.param("other", HOME, False, id="no such trail"),
    ],
)
def test_a_shadow_trail_is_known_by_its_arn(name, region, known):
    with world(trail(), regions=(HOME, FAR)) as cloud:
        if known:
            assert status(cloud, name, region)["IsLogging"]
        else:
            with pytest.raises(ClientError, match="TrailNotFound"):
                status(cloud, name, region)


@pytest.mark.slow
def test_log_files_that_cannot_be_delivered_are_tried_again():
    with world(trail()) as cloud:
        set_bucket_policy(cloud, lets("cloudtrail", "s3:GetBucketAcl"))
        create_table(cloud)
        cloud.run(HOUR)
        failing = status(cloud)
        set_bucket_policy(cloud, ALLOWED)
        cloud.run(600)

        assert failing["LatestDeliveryError"] == "AccessDenied"
        assert "LatestDeliveryTime" not in failing
        records = [each for content in log_files(cloud).values() for each in content["Records"]]
        assert "CreateTable" in [each["eventName"] for each in records]
        assert "LatestDeliveryError" not in status(cloud)
        assert len(noted(cloud, "undelivered")) == 1  # said once, not every five minutes


@pytest.mark.slow
def test_after_thirty_days_cloudtrail_gives_up():
    with world(trail(EnableLogFileValidation=False)) as cloud:
        set_bucket_policy(cloud)
        create_table(cloud)
        cloud.run(31 * 24 * HOUR)
        set_bucket_policy(cloud, ALLOWED)
        cloud.run(600)

        assert log_files(cloud) == {}
        assert [words for words in noted(cloud, "lost") if "gave up" in words]


def test_a_digest_that_cannot_be_delivered_is_said():
    with world(trail()) as cloud:
        set_bucket_policy(cloud)
        cloud.run(2 * HOUR)

        assert status(cloud)["LatestDigestDeliveryError"] == "AccessDenied"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param(
            lambda cloud: admin(cloud, "iam").delete_role_policy(RoleName="TrailRole", PolicyName="p"),
            "AccessDenied",
            id="the role may not",
        ),
        pytest.param(
            lambda cloud: admin(cloud, "logs").delete_log_group(logGroupName="trail"),
            "ResourceNotFoundException",
            id="the log group is gone",
        ),
    ],
)
def test_a_log_group_that_cannot_be_written_to_is_said(change, error):
    with world(trail()) as cloud:
        with cloud.calls.muted():
            change(cloud)
        create_table(cloud)
        cloud.run(600)

        assert status(cloud)["LatestCloudWatchLogsDeliveryError"] == error


# ---- encryption ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_trail_with_a_key_encrypts_log_files_and_digests():
    with world(encrypted_trail()) as cloud:
        create_table(cloud)
        cloud.run(2 * HOUR)

        for folder in ("CloudTrail", "CloudTrail-Digest"):
            for _, got in objects(cloud, folder):
                assert got["ServerSideEncryption"] == "aws:kms"
                assert got["SSEKMSKeyId"] == key_arn(cloud)


def test_a_trail_without_a_key_names_none():
    with world(trail()) as cloud:
        cloud.run(2 * HOUR)

        assert all("SSEKMSKeyId" not in got for _, got in objects(cloud, "CloudTrail-Digest"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda kms, key: kms.put_key_policy(
                KeyId=key, PolicyName="default", Policy=json.dumps(document(EVERYBODY))
            ),
            id="the key's policy forbids it",
        ),
        pytest.param(
            lambda kms, key: kms.disable_key(KeyId=key.rpartition("/")[2]), id="the key is disabled"
        ),
    ],
)
def test_a_key_that_does_not_let_cloudtrail_encrypt_stops_the_deliveries(change):
    with world(encrypted_trail()) as cloud:
        with cloud.calls.muted():
            change(admin(cloud, "kms"), key_arn(cloud))
        create_table(cloud)
        cloud.run(2 * HOUR)

        assert log_files(cloud) == {}
        assert status(cloud)["LatestDeliveryError"]
        assert status(cloud)["LatestDigestDeliveryError"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param((may("s3:GetObject"),), False, id="without the key"),
        pytest.param((may("s3:GetObject"), may("kms:Decrypt")), True, id="with the key"),
        pytest.param(
            (
                may("s3:GetObject"),
                {
                    **may("kms:Decrypt"),
                    "Condition": {"Null": {"kms:EncryptionContext:aws:cloudtrail:arn": "false"}},
                },
            ),
            True,
            id="with the key, for CloudTrail's files",
        ),
    ],
)
def test_a_reader_needs_the_key(statements, allowed):
    with world(encrypted_trail()) as cloud:
        create_table(cloud)
        cloud.run(600)
        (name,) = log_files(cloud)
        reader = cloud.client(cloud.user("bob", policies=(document(*statements),)), "s3")

        if allowed:
            assert reader.get_object(Bucket="tw-logs", Key=name)["Body"].read()
        else:
            with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt") as refused:
                reader.get_object(Bucket="tw-logs", Key=name)
            assert refused.value.response["Error"]["Code"] == "AccessDenied"


@pytest.mark.slow
def test_a_bucket_that_encrypts_by_default_asks_its_key_of_writers_and_of_cloudtrail():
    policy = document(EVERYBODY)
    default = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "Key"}}}
    encryption = {"ServerSideEncryptionConfiguration": [default]}
    resources = {
        **trail(),
        **bucket(BucketEncryption=encryption),
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}},
    }
    with world(resources) as cloud:
        create_table(cloud)
        cloud.run(600)
        bob = cloud.client(cloud.user("bob", policies=(document(may("s3:PutObject")),)), "s3")

        assert status(cloud)["LatestDeliveryError"] == "AccessDenied"
        with pytest.raises(ClientError, match="kms:GenerateDataKey"):
            bob.put_object(Bucket="tw-logs", Key="k", Body=b"")
        admin(cloud, "s3").put_object(Bucket="tw-logs", Key="k", Body=b"")


# ---- what is refused ----------------------------------------------------------------------------

BESIDE = {
    **encrypted_trail(encrypts(TRAIL_ARN)),
    "Deaf": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(EVERYBODY)}},
    "Closed": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "closed"}},
    **topic(name="Silent"),
    **group("other", "OtherGroup"),
}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        pytest.param({"S3BucketName": "nowhere"}, "S3BucketDoesNotExistException", id="no such bucket"),
        pytest.param({"S3BucketName": "closed"}, "InsufficientS3BucketPolicyException", id="bucket policy"),
        pytest.param({"KmsKeyId": "alias/none"}, "KmsKeyNotFoundException", id="no such key"),
        pytest.param({"KmsKeyId": "Deaf"}, "InsufficientEncryptionPolicyException", id="key policy"),
        pytest.param({"SnsTopicName": "Silent"}, "InsufficientSnsTopicPolicyException", id="topic policy"),
        pytest.param({"SnsTopicName": "None"}, "InsufficientSnsTopicPolicyException", id="no such topic"),
        pytest.param(
            {"CloudWatchLogsLogGroupArn": arn("logs", "log-group:gone:*")},
            "InvalidCloudWatchLogsLogGroupArnException",
            id="no such log group",
        ),
        pytest.param({"IsOrganizationTrail": True}, "OrganizationsNotInUseException", id="no organization"),
    ],
)
def test_an_update_to_where_cloudtrail_may_not_deliver_is_refused(given, code):
    with world(BESIDE) as cloud:
        if given.get("KmsKeyId") == "Deaf":
            given = {"KmsKeyId": cloud.home.resources["Deaf"].attributes["Arn"]}
        with pytest.raises(ClientError) as refused:
            admin(cloud, "cloudtrail").update_trail(Name="main", **given)

        assert refused.value.response["Error"]["Code"] == code
        (told,) = admin(cloud, "cloudtrail").describe_trails()["trailList"]
        assert told["S3BucketName"] == "tw-logs"


def test_a_trail_of_the_same_name_is_not_made_again_nor_a_sixth():
    with world(trail()) as cloud:
        cloudtrail = admin(cloud, "cloudtrail")
        open_bucket(cloud, "other")
        with pytest.raises(ClientError, match="TrailAlreadyExists"):
            cloudtrail.create_trail(Name="main", S3BucketName="other")
        for number in range(4):
            cloudtrail.create_trail(Name=f"more-{number}", S3BucketName="other")
        with pytest.raises(ClientError, match="MaximumNumberOfTrailsExceeded"):
            cloudtrail.create_trail(Name="sixth", S3BucketName="other")


def test_a_log_group_and_its_role_come_together():
    with world(trail()) as cloud:
        open_bucket(cloud, "other")
        with pytest.raises(ClientError, match="InvalidParameterCombination"):
            admin(cloud, "cloudtrail").create_trail(
                Name="other", S3BucketName="other", CloudWatchLogsLogGroupArn=arn("logs", "log-group:trail:*")
            )


def test_a_key_is_told_by_its_arn_however_it_was_named():
    with world(encrypted_trail()) as cloud:
        key = key_arn(cloud)
        cloudtrail = admin(cloud, "cloudtrail")
        cloudtrail.update_trail(Name="main", KmsKeyId=key.rpartition("/")[2])

        (told,) = cloudtrail.describe_trails()["trailList"]
        assert told["KmsKeyId"] == key


# ---- log files ----------------------------------------------------------------------------------


def test_log_files_too_large_are_split_and_no_record_is_lost():
    records = [{"text": hashlib.sha256(bytes([number])).hexdigest()} for number in range(8)]

    whole = list(packed(records))
    split = list(packed(records, largest_bytes=150))

    assert len(whole) == 1
    assert len(split) > 2
    assert all(len(file.body) <= 150 for file in split)
    assert [record for file in split for record in file.records] == records


def test_a_record_too_large_alone_stays_whole():
    (file,) = packed([{"text": "x"}], largest_bytes=1)

    assert file.records == ({"text": "x"},)


def test_the_account_owns_what_it_delivers():
    with world(trail()) as cloud:
        create_table(cloud)
        cloud.run(600)

        assert all(name.startswith(f"AWSLogs/{ACCOUNT}/CloudTrail/") for name in log_files(cloud))

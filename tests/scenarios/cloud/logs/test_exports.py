"""Log groups exported to buckets: who lets them, when, and what arrives."""

import gzip

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.logs.log_worlds import HOST, NOW, write
from tests.scenarios.cloud.small_worlds import admin, arn, document, group, may, noted, world

HOUR = 3_600_000
GROUP_ARN = arn("logs", f"log-group:{HOST}:*")


def lets(*actions, principal="logs.us-east-1.amazonaws.com", source=GROUP_ARN):
    return {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": list(actions),
        "Resource": ["arn:aws:s3:::tw-exports", "arn:aws:s3:::tw-exports/*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": source}},
    }


LETS_LOGS = lets("s3:GetBucketAcl", "s3:PutObject")


def exporting(*statements, **more):
    """A group, and a bucket whose policy says this."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tw-exports", **more}}
    policy = {"Bucket": {"Ref": "Exports"}, "PolicyDocument": document(*statements)}
    return {
        **group(),
        "Exports": bucket,
        **({"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy}} if statements else {}),
    }


def export(world, by=None, region="", **more):
    given = {"logGroupName": HOST, "from": NOW - HOUR, "to": NOW + 48 * HOUR, "destination": "tw-exports"}
    logs = world.client(by, "logs") if by else admin(world, "logs", region)
    return logs.create_export_task(**given | more)["taskId"]


def task(world, identity):
    (described,) = admin(world, "logs").describe_export_tasks(taskId=identity)["exportTasks"]
    return described


def status(world, identity):
    return task(world, identity)["status"]["code"]


def files(world):
    """What lies in the bucket, by key, unpacked."""
    s3 = admin(world, "s3")
    listed = [each["Key"] for each in s3.list_objects_v2(Bucket="tw-exports").get("Contents", ())]
    bodies = {key: s3.get_object(Bucket="tw-exports", Key=key)["Body"].read() for key in listed}
    return {key: gzip.decompress(body).decode() for key, body in bodies.items() if key.endswith(".gz")}


@pytest.mark.slow
def test_a_group_is_exported_stream_by_stream_some_time_later():
    with world(exporting(LETS_LOGS)) as cloud:
        write(cloud, "one", "two", stream="a/b")
        write(cloud, "three", stream="c")
        cloud.run(13 * 3600)
        identity = export(cloud, taskName="nightly", destinationPrefix="kept")
        assert status(cloud, identity) == "PENDING"
        assert files(cloud) == {}
        cloud.run(60)
        assert status(cloud, identity) == "RUNNING"
        cloud.run(600)

        assert files(cloud) == {
            f"kept/{identity}/a-b/000000.gz": "2026-03-02T03:00:00.000Z one\n2026-03-02T03:00:00.000Z two\n",
            f"kept/{identity}/c/000000.gz": "2026-03-02T03:00:00.000Z three\n",
        }
        assert noted(cloud, "left out") == []
        described = task(cloud, identity)
        began, ended = (described["executionInfo"].pop(name) for name in ("creationTime", "completionTime"))
        assert NOW + 13 * HOUR == began < ended < began + HOUR
        assert described == {
            "taskId": identity,
            "taskName": "nightly",
            "logGroupName": HOST,
            "from": NOW - HOUR,
            "to": NOW + 48 * HOUR,
            "destination": "tw-exports",
            "destinationPrefix": "kept",
            "status": {"code": "COMPLETED", "message": "Completed successfully"},
            "executionInfo": {},
        }


def test_before_anything_else_a_test_object_is_written_under_the_prefix():
    with world(exporting(LETS_LOGS)) as cloud:
        export(cloud)

        body = admin(cloud, "s3").get_object(Bucket="tw-exports", Key="exportedlogs/aws-logs-write-test")
        assert body["Body"].read() == b"Permission Check Successful"


@pytest.mark.slow
def test_lines_of_the_last_twelve_hours_are_missing_and_that_is_told():
    with world(exporting(LETS_LOGS)) as cloud:
        write(cloud, "old")
        cloud.run(12 * 3600)
        write(cloud, "young")
        export(cloud)
        cloud.run(900)

        assert noted(cloud, "exported") == [f"{HOST} to tw-exports: Completed successfully"]
        (text,) = files(cloud).values()
        assert ("old" in text, "young" in text) == (True, False)
        assert noted(cloud, "left out") == [f"1 events of {HOST} are too young to be exported yet"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({"from": NOW, "to": NOW}, {"a", "b"}, id="both ends inclusive"),
        pytest.param({"from": NOW + 1}, set(), id="from"),
        pytest.param({"from": NOW - HOUR, "to": NOW - 1 + 1}, {"a", "b"}, id="to"),
        pytest.param({"logStreamNamePrefix": "b"}, {"b"}, id="a prefix of streams"),
    ],
)
def test_a_task_exports_what_it_was_asked_for(more, expected):
    with world(exporting(LETS_LOGS)) as cloud:
        write(cloud, "hello", stream="a")
        write(cloud, "hello", stream="b")
        cloud.run(13 * 3600)
        export(cloud, **more)
        cloud.run(900)

        assert {key.split("/")[2] for key in files(cloud)} == expected


@pytest.mark.slow
def test_what_is_past_its_retention_is_not_exported():
    with world(exporting(LETS_LOGS)) as cloud:
        admin(cloud, "logs").put_retention_policy(logGroupName=HOST, retentionInDays=1)
        write(cloud, "hello")
        cloud.run(25 * 3600)
        export(cloud)
        cloud.run(900)

        assert files(cloud) == {}


REFUSED = [
    pytest.param(exporting(), "GetBucketAcl call on the given bucket failed", id="no policy"),
    pytest.param(exporting(lets("s3:PutObject")), "GetBucketAcl call", id="no leave to look"),
    pytest.param(exporting(lets("s3:GetBucketAcl")), "PutObject call", id="no leave to write"),
    pytest.param(
        exporting(lets("s3:GetBucketAcl", "s3:PutObject", principal="logs.eu-west-1.amazonaws.com")),
        "GetBucketAcl call",
        id="leave for another region",
    ),
    pytest.param(
        exporting(lets("s3:GetBucketAcl", "s3:PutObject", source=arn("logs", "log-group:/other:*"))),
        "GetBucketAcl call",
        id="leave for another group",
    ),
    pytest.param(group(), "The given bucket does not exist", id="no bucket"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("resources", "words"), REFUSED)
def test_a_bucket_that_does_not_let_logs_in_is_refused_at_once(resources, words):
    with world(resources) as cloud, pytest.raises(ClientError, match=f"InvalidParameterException.*{words}"):
        export(cloud)


def test_whoever_asks_for_an_export_must_be_allowed_to_write_to_the_bucket():
    with world(exporting(LETS_LOGS)) as cloud:
        bob = cloud.user("bob", policies=(document(may("logs:*")),))

        with pytest.raises(ClientError, match="caller has been granted s3:PutObject"):
            export(cloud, by=bob)


def test_a_time_before_the_group_was_made_is_taken():
    """CreateExportTask's page says otherwise; moto's test_export_tasks.py was run on AWS."""
    with world(exporting(LETS_LOGS)) as cloud:
        assert export(cloud, **{"from": 1, "to": 2})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param({"logGroupName": "/none"}, "log group does not exist", id="no group"),
        pytest.param({"from": NOW + 1, "to": NOW}, "not be later", id="backwards"),
    ],
)
def test_a_task_that_asks_for_what_cannot_be_is_refused(more, words):
    with world(exporting(LETS_LOGS)) as cloud, pytest.raises(ClientError, match=words):
        export(cloud, **more)


@pytest.mark.slow
def test_a_bucket_in_another_region_is_refused():
    with world(exporting(LETS_LOGS), regions=("us-east-1", "eu-west-1")) as cloud:
        admin(cloud, "logs", "eu-west-1").create_log_group(logGroupName=HOST)

        with pytest.raises(ClientError, match="another region"):
            export(cloud, region="eu-west-1")


def test_there_is_one_active_task_at_a_time():
    with world(exporting(LETS_LOGS)) as cloud:
        export(cloud)
        with pytest.raises(ClientError, match="LimitExceededException"):
            export(cloud)

        cloud.run(900)
        assert export(cloud)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [pytest.param(0, id="waiting"), pytest.param(60, id="running")])
def test_a_task_can_be_cancelled_until_it_has_finished(seconds):
    with world(exporting(LETS_LOGS)) as cloud:
        write(cloud, "hello")
        cloud.run(13 * 3600)
        identity = export(cloud)
        cloud.run(seconds)
        logs = admin(cloud, "logs")
        logs.cancel_export_task(taskId=identity)
        assert status(cloud, identity) == "PENDING_CANCEL"
        cloud.run(900)

        assert (status(cloud, identity), files(cloud)) == ("CANCELLED", {})
        with pytest.raises(ClientError, match=r"InvalidOperationException.*already finished"):
            logs.cancel_export_task(taskId=identity)


def test_a_task_that_is_not_there_is_neither_described_nor_cancelled():
    with world(exporting(LETS_LOGS)) as cloud:
        logs = admin(cloud, "logs")
        for operation in (logs.describe_export_tasks, logs.cancel_export_task):
            with pytest.raises(ClientError, match="The specified export task does not exist"):
                operation(taskId="none")


@pytest.mark.slow
@pytest.mark.parametrize(
    "undo",
    [
        pytest.param(("s3", "delete_bucket_policy", {"Bucket": "tw-exports"}), id="the bucket's policy"),
        pytest.param(("logs", "delete_log_group", {"logGroupName": HOST}), id="the group"),
        pytest.param(("s3", "delete_bucket", {"Bucket": "tw-exports"}), id="the bucket"),
    ],
)
def test_what_goes_away_meanwhile_fails_the_task(undo):
    service, operation, parameters = undo
    with world(exporting(LETS_LOGS)) as cloud:
        write(cloud, "hello")
        cloud.run(13 * 3600)
        identity = export(cloud)
        admin(cloud, "s3").delete_object(Bucket="tw-exports", Key="exportedlogs/aws-logs-write-test")
        getattr(admin(cloud, service), operation)(**parameters)
        cloud.run(900)

        assert status(cloud, identity) == "FAILED"
        assert not [words for words in noted(cloud, "exported") if "successfully" in words]


@pytest.mark.slow
def test_tasks_are_listed_by_status_and_page():
    with world(exporting(LETS_LOGS)) as cloud:
        done = []
        for _ in range(2):
            done.append(export(cloud))
            cloud.run(900)
        active = export(cloud)
        logs = admin(cloud, "logs")

        def listed(**parameters):
            answer = logs.describe_export_tasks(**parameters)
            return [each["taskId"] for each in answer["exportTasks"]], answer.get("nextToken")

        assert listed() == ([*done, active], None)
        assert listed(statusCode="PENDING") == ([active], None)
        first, token = listed(limit=2)
        assert first == done
        assert listed(nextToken=token) == ([active], None)


KEY_LETS = {
    "Effect": "Allow",
    "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
    "Action": "kms:GenerateDataKey",
    "Resource": "*",
}
OWN = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "taken"),
    [
        pytest.param((OWN, KEY_LETS), True, id="that lets Logs"),
        pytest.param((OWN,), False, id="that does not"),
    ],
)
def test_a_bucket_with_a_key_asks_the_key_too(statements, taken):
    rule = {
        "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]},
        }
    }
    resources = exporting(LETS_LOGS, BucketEncryption={"ServerSideEncryptionConfiguration": [rule]}) | {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(*statements)}}
    }
    with world(resources) as cloud:
        if taken:
            assert export(cloud)
        else:
            with pytest.raises(ClientError, match="PutObject call on the given bucket failed"):
                export(cloud)

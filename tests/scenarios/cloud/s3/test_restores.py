"""Restores: how long an archived object takes to be readable, for how long, and what EventBridge is told."""

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, bucket, heard, queue, rule, world

HOUR, DAY = 3600, 86400
ON = {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}}
HEARS = {**queue(), **rule(pattern={"source": ["aws.s3"], "detail-type": [{"prefix": "Object Restore"}]})}
OBJECT = {"Bucket": "tw-logs", "Key": "k"}


@pytest.fixture
def cloud():
    with world({**bucket(**ON), **HEARS}) as made:
        yield made


@pytest.fixture
def s3(cloud):
    return admin(cloud, "s3")


def put(s3, storage_class="GLACIER"):
    s3.put_object(**OBJECT, Body=b"x", StorageClass=storage_class)


def restore(s3, days=2, **more):
    answer = s3.restore_object(**OBJECT, RestoreRequest={"Days": days, **more})
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def is_readable(s3):
    try:
        return s3.get_object(**OBJECT)["Body"].read() == b"x"
    except s3.exceptions.InvalidObjectState:
        return False


def told(cloud):
    cloud.run(5)
    return [event["detail-type"].removeprefix("Object Restore ") for event in heard(cloud)]


@pytest.mark.slow
def test_a_copy_is_there_after_hours_and_gone_at_the_midnight_after_its_days(cloud, s3):
    put(s3)
    assert not is_readable(s3)
    restore(s3, days=2)
    assert s3.head_object(**OBJECT)["Restore"] == 'ongoing-request="true"'

    cloud.run(2.5 * HOUR)
    assert not is_readable(s3)
    cloud.run(3 * HOUR)  # half past eight
    assert is_readable(s3)
    head = s3.head_object(**OBJECT)
    assert (head["StorageClass"], head["Restore"]) == (
        "GLACIER",
        'ongoing-request="false", expiry-date="Thu, 05 Mar 2026 00:00:00 GMT"',
    )
    cloud.run(2 * DAY)
    assert is_readable(s3)
    cloud.run(DAY)
    assert not is_readable(s3)
    assert "Restore" not in s3.head_object(**OBJECT)
    assert told(cloud) == ["Initiated", "Completed", "Expired"]


def test_eventbridge_is_told_who_asked_and_until_when(cloud, s3):
    put(s3)
    restore(s3)
    cloud.run(6 * HOUR)

    initiated, completed = (event["detail"] for event in heard(cloud))
    assert (initiated["requester"], initiated["source-storage-class"]) == (ACCOUNT, "GLACIER")
    assert initiated["source-ip-address"] == "198.51.100.20"
    assert initiated["object"].keys() == {"key", "size", "etag"}
    assert (completed["requester"], completed["restore-expiry-time"]) == (
        "s3.amazonaws.com",
        "2026-03-05T00:00:00Z",
    )
    assert "source-ip-address" not in completed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("storage_class", "tier", "hours"),
    [
        ("GLACIER", "Expedited", (1 / 60, 1 / 12)),
        ("GLACIER", "Bulk", (5, 12)),
        ("DEEP_ARCHIVE", "Standard", (9, 12)),
        ("DEEP_ARCHIVE", "Bulk", (36, 48)),
    ],
)
def test_the_tier_and_the_class_say_how_long_it_takes(cloud, s3, storage_class, tier, hours):
    soonest, latest = (each * HOUR for each in hours)
    put(s3, storage_class)
    restore(s3, days=9, GlacierJobParameters={"Tier": tier})

    cloud.run(soonest - 1)
    assert not is_readable(s3)
    cloud.run(latest - soonest + 2)
    assert is_readable(s3)


@pytest.mark.slow
def test_to_ask_again_is_refused_meanwhile_and_later_prolongs_the_copy(cloud, s3):
    put(s3)
    restore(s3, days=1)
    with pytest.raises(ClientError, match="RestoreAlreadyInProgress"):
        restore(s3, days=1)

    cloud.run(6 * HOUR)
    restore(s3, days=5)
    cloud.run(4 * DAY)

    assert is_readable(s3)
    assert told(cloud) == ["Initiated", "Completed"]


@pytest.mark.parametrize(
    ("storage_class", "request_", "code"),
    [
        ("STANDARD", {"Days": 1}, "InvalidObjectState"),
        ("GLACIER", {"Days": 0}, "InvalidArgument"),
        ("GLACIER", {}, "MalformedXML"),
        ("DEEP_ARCHIVE", {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}, "InvalidArgument"),
    ],
)
def test_what_can_not_be_restored(s3, storage_class, request_, code):
    put(s3, storage_class)
    with pytest.raises(ClientError) as refused:
        s3.restore_object(**OBJECT, RestoreRequest=request_)

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.slow
def test_an_object_that_is_overwritten_meanwhile_is_not_restored(cloud, s3):
    put(s3)
    restore(s3)
    put(s3)
    cloud.run(6 * HOUR)

    assert not is_readable(s3)
    assert told(cloud) == ["Initiated"]

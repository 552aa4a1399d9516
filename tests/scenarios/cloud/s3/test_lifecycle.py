"""When a bucket's own rules move and remove its objects."""

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.kernel.errors import NotSimulated
from tests.scenarios.cloud.small_worlds import admin, bucket, heard, queue, rule, world

DAY = 86400
LARGE, SMALL = b"x" * 128 * 1024, b"x"
ON = {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}}
VERSIONED = {"VersioningConfiguration": {"Status": "Enabled"}}
LOCKED = {
    "ObjectLockEnabled": True,
    "ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 9}}},
}


def ruled(*, smallest=None, properties=None, **said):
    lifecycle = {"Rules": [{"Status": "Enabled", **said}]}
    if smallest:
        lifecycle["TransitionDefaultMinimumObjectSize"] = smallest
    return bucket(LifecycleConfiguration=lifecycle, **(properties or {}))


def put(world, key="logs/k", body=LARGE):
    admin(world, "s3").put_object(Bucket="tw-logs", Key=key, Body=body)


def keys(world):
    listed = admin(world, "s3").list_objects_v2(Bucket="tw-logs")
    return [each["Key"] for each in listed.get("Contents", ())]


def kinds(world):
    listed = admin(world, "s3").list_object_versions(Bucket="tw-logs")
    return ["version" for _ in listed.get("Versions", ())] + [
        "marker" for _ in listed.get("DeleteMarkers", ())
    ]


@pytest.mark.slow
def test_an_object_expires_at_the_midnight_after_its_days():
    with world(ruled(ExpirationInDays=2)) as cloud:
        put(cloud)  # at 03:00: two days later is 03:00, and midnight comes 21 hours after
        cloud.run(2 * DAY + 20 * 3600)
        before = keys(cloud)
        cloud.run(2 * 3600)

        assert before == ["logs/k"]
        assert keys(cloud) == []


@pytest.mark.slow
def test_a_rule_speaks_of_its_prefix_and_only_while_enabled():
    with world(ruled(ExpirationInDays=1, Prefix="old/")) as cloud:
        put(cloud, "old/k")
        put(cloud, "new/k")
        cloud.run(3 * DAY)
        assert keys(cloud) == ["new/k"]
    with world(ruled(ExpirationInDays=1, Status="Disabled")) as cloud:
        put(cloud)
        cloud.run(3 * DAY)
        assert keys(cloud) == ["logs/k"]


@pytest.mark.slow
def test_versions_expire_to_a_marker_and_old_ones_by_their_own_rule():
    said = {"ExpirationInDays": 1, "NoncurrentVersionExpiration": {"NoncurrentDays": 2}}
    with world(ruled(**said, properties=VERSIONED)) as cloud:
        put(cloud)
        cloud.run(2 * DAY)
        marked = kinds(cloud)
        cloud.run(3 * DAY)

        assert marked == ["version", "marker"]
        assert kinds(cloud) == []  # the marker marked nothing any more


@pytest.mark.slow
def test_a_locked_version_outlives_the_rules_until_its_retention_ends():
    said = {"ExpirationInDays": 1, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    with world(ruled(**said, properties=LOCKED)) as cloud:
        put(cloud)
        cloud.run(8 * DAY)
        held = kinds(cloud)
        cloud.run(3 * DAY)

        assert "version" in held
        assert kinds(cloud) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "to", "smallest", "stored"),
    [
        pytest.param(LARGE, "GLACIER", None, "GLACIER", id="large"),
        pytest.param(SMALL, "GLACIER", None, "STANDARD", id="small objects stay"),
        pytest.param(
            SMALL, "GLACIER", "varies_by_storage_class", "GLACIER", id="small, to Glacier, by class"
        ),
        pytest.param(
            SMALL, "GLACIER_IR", "varies_by_storage_class", "STANDARD", id="small, to instant, by class"
        ),
        pytest.param(LARGE, "GLACIER_IR", None, "GLACIER_IR", id="instant retrieval"),
    ],
)
def test_objects_move_to_colder_classes(body, to, smallest, stored):
    said = {"Transitions": [{"StorageClass": to, "TransitionInDays": 1}]}
    with world(ruled(**said, smallest=smallest)) as cloud:
        put(cloud, body=body)
        cloud.run(3 * DAY)

        found = admin(cloud, "s3").head_object(Bucket="tw-logs", Key="logs/k")
        assert found.get("StorageClass", "STANDARD") == stored


@pytest.mark.slow
@pytest.mark.parametrize(
    ("to", "readable"),
    [pytest.param("GLACIER", False, id="archive"), pytest.param("GLACIER_IR", True, id="ir")],
)
def test_what_is_in_an_archive_cannot_be_read(to, readable):
    with world(ruled(Transitions=[{"StorageClass": to, "TransitionInDays": 1}])) as cloud:
        put(cloud)
        cloud.run(3 * DAY)

        s3 = admin(cloud, "s3")
        if readable:
            assert s3.get_object(Bucket="tw-logs", Key="logs/k")["Body"].read() == LARGE
        else:
            with pytest.raises(ClientError, match="InvalidObjectState") as refused:
                s3.get_object(Bucket="tw-logs", Key="logs/k")
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.slow
def test_eventbridge_is_told_of_what_lifecycle_does():
    said = {"Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 1}], "ExpirationInDays": 3}
    resources = {**ruled(**said, properties=ON), **queue(), **rule(pattern={"source": ["aws.s3"]})}
    with world(resources) as cloud:
        put(cloud)
        cloud.run(5 * DAY)

        told = [(each["detail-type"], each["detail"].get("reason")) for each in heard(cloud)]
        assert told == [
            ("Object Created", "PutObject"),
            ("Object Storage Class Changed", None),
            ("Object Deleted", "Lifecycle Expiration"),
        ]


@pytest.mark.slow
def test_rules_set_later_count_as_well_and_what_is_not_known_says_so():
    with world(bucket()) as cloud:
        s3 = admin(cloud, "s3")
        put(cloud)
        rules = [{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
        s3.put_bucket_lifecycle_configuration(Bucket="tw-logs", LifecycleConfiguration={"Rules": rules})
        cloud.run(3 * DAY)
        assert keys(cloud) == []

        rules[0]["Filter"] = {"ObjectSizeGreaterThan": 1}
        with pytest.raises(NotSimulated, match="ObjectSizeGreaterThan"):
            s3.put_bucket_lifecycle_configuration(Bucket="tw-logs", LifecycleConfiguration={"Rules": rules})

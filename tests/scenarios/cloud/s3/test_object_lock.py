"""Whom a locked object outlives, and what a suspended bucket keeps."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import admin, bucket, document, may, world

GOVERNED = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}
COMPLIANT = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 2}}
DAY = 86400


def locked(rule=None):
    lock = {"ObjectLockEnabled": "Enabled", **({"Rule": rule} if rule else {})}
    return bucket(ObjectLockEnabled=True, ObjectLockConfiguration=lock)


def put(s3, key="k", body=b"x", **more):
    return {"Bucket": "tw-logs", "Key": key} | {
        "VersionId": s3.put_object(Bucket="tw-logs", Key=key, Body=body, **more)["VersionId"]
    }


def versions(s3):
    listed = s3.list_object_versions(Bucket="tw-logs")
    return [each["VersionId"] for each in [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "more", "after_days", "gone"),
    [
        pytest.param(GOVERNED, {}, 0, False, id="governance"),
        pytest.param(GOVERNED, {"BypassGovernanceRetention": False}, 0, False, id="governance, not bypassed"),
        pytest.param(GOVERNED, {"BypassGovernanceRetention": True}, 0, True, id="governance, bypassed"),
        pytest.param(COMPLIANT, {"BypassGovernanceRetention": True}, 0, False, id="compliance"),
        pytest.param(COMPLIANT, {}, 3, True, id="compliance, when it has ended"),
        pytest.param(None, {}, 0, True, id="no default retention"),
    ],
)
def test_a_retained_version_is_deleted_only_by_whom_its_mode_lets(rule, more, after_days, gone):
    with world(locked(rule)) as cloud:
        s3 = admin(cloud, "s3")
        version = put(s3)
        cloud.run(after_days * DAY)

        if gone:
            s3.delete_object(**version, **more)
        else:
            with pytest.raises(ClientError, match="object protected by object lock") as refused:
                s3.delete_object(**version, **more)
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert versions(s3) == [version["VersionId"]] * (not gone)


def test_the_root_user_cannot_end_compliance_either():
    with world(locked(COMPLIANT)) as cloud:
        s3 = cloud.client(cloud.root(), "s3")
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(**put(s3), BypassGovernanceRetention=True)


def test_bypassing_governance_needs_its_own_permission():
    with world(locked(GOVERNED)) as cloud:
        version = put(admin(cloud, "s3"))
        mallory = cloud.client(cloud.user("mallory", policies=(document(may("s3:DeleteObject*")),)), "s3")
        with pytest.raises(ClientError, match="s3:BypassGovernanceRetention"):
            mallory.delete_object(**version, BypassGovernanceRetention=True)


def test_a_deletion_without_a_version_only_marks_a_locked_object():
    with world(locked(COMPLIANT)) as cloud:
        s3 = admin(cloud, "s3")
        version = put(s3)

        answer = s3.delete_object(Bucket="tw-logs", Key="k")
        assert answer["DeleteMarker"]
        assert s3.get_object(**version)["Body"].read() == b"x"


def test_several_deletions_leave_the_locked_ones():
    with world(locked(COMPLIANT)) as cloud:
        s3 = admin(cloud, "s3")
        version = put(s3)
        named = {"Key": "k", "VersionId": version["VersionId"]}

        answer = s3.delete_objects(Bucket="tw-logs", Delete={"Objects": [named]})
        assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
        assert versions(s3) == [version["VersionId"]]


def test_a_legal_hold_holds_until_it_is_lifted():
    with world(locked()) as cloud:
        s3 = admin(cloud, "s3")
        version = put(s3, ObjectLockLegalHoldStatus="ON")
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.delete_object(**version, BypassGovernanceRetention=True)
        s3.put_object_legal_hold(**version, LegalHold={"Status": "OFF"})

        s3.delete_object(**version)
        assert versions(s3) == []


@pytest.mark.parametrize(
    ("rule", "mode", "days", "more", "allowed"),
    [
        pytest.param(COMPLIANT, "COMPLIANCE", 3, {}, True, id="compliance, longer"),
        pytest.param(COMPLIANT, "COMPLIANCE", 1, {}, False, id="compliance, shorter"),
        pytest.param(COMPLIANT, "GOVERNANCE", 3, {}, False, id="compliance, to the weaker mode"),
        pytest.param(GOVERNED, "GOVERNANCE", 3, {}, True, id="governance, longer"),
        pytest.param(GOVERNED, "GOVERNANCE", 1, {}, False, id="governance, shorter"),
        pytest.param(
            GOVERNED, "GOVERNANCE", 1, {"BypassGovernanceRetention": True}, True, id="governance, bypassed"
        ),
        pytest.param(None, "COMPLIANCE", 1, {}, True, id="none yet"),
        pytest.param(None, "COMPLIANCE", -1, {}, False, id="in the past"),
    ],
)
def test_a_retention_may_be_lengthened(rule, mode, days, more, allowed):
    with world(locked(rule)) as cloud:
        s3 = admin(cloud, "s3")
        version = put(s3)
        until = cloud.clock.now + timedelta(days=days)
        wanted = {"Mode": mode, "RetainUntilDate": until}

        if allowed:
            s3.put_object_retention(**version, Retention=wanted, **more)
            assert s3.get_object_retention(**version)["Retention"]["Mode"] == mode
        else:
            with pytest.raises(ClientError):
                s3.put_object_retention(**version, Retention=wanted, **more)


@pytest.mark.slow
def test_every_way_to_write_gets_the_default_retention():
    with world(locked(COMPLIANT)) as cloud:
        s3 = admin(cloud, "s3")
        put(s3)
        s3.copy_object(Bucket="tw-logs", Key="copy", CopySource="tw-logs/k")
        upload = s3.create_multipart_upload(Bucket="tw-logs", Key="parts")["UploadId"]
        which = {"Bucket": "tw-logs", "Key": "parts", "UploadId": upload}
        etag = s3.upload_part(**which, PartNumber=1, Body=b"x")["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        s3.complete_multipart_upload(**which, MultipartUpload=parts)

        modes = [
            s3.head_object(Bucket="tw-logs", Key=key)["ObjectLockMode"] for key in ("k", "copy", "parts")
        ]
        assert modes == ["COMPLIANCE"] * 3


def test_a_bucket_with_object_lock_keeps_its_versioning():
    with world(locked()) as cloud, pytest.raises(ClientError, match="InvalidBucketState"):
        admin(cloud, "s3").put_bucket_versioning(
            Bucket="tw-logs", VersioningConfiguration={"Status": "Suspended"}
        )


@pytest.mark.slow
def test_a_default_retention_can_be_changed_while_there_are_objects():
    with world(locked(GOVERNED)) as cloud:
        s3 = admin(cloud, "s3")
        put(s3)
        lock = {"ObjectLockEnabled": "Enabled", "Rule": COMPLIANT}
        s3.put_object_lock_configuration(Bucket="tw-logs", ObjectLockConfiguration=lock)

        put(s3, "later")
        assert s3.head_object(Bucket="tw-logs", Key="later")["ObjectLockMode"] == "COMPLIANCE"


# ---- versioning suspended -----------------------------------------------------------------------


def suspended(cloud):
    s3 = admin(cloud, "s3")
    put(s3, body=b"first")
    s3.put_bucket_versioning(Bucket="tw-logs", VersioningConfiguration={"Status": "Suspended"})
    return s3


VERSIONED = bucket(VersioningConfiguration={"Status": "Enabled"})


@pytest.mark.slow
def test_a_suspended_bucket_keeps_what_it_had_and_one_null_version():
    with world(VERSIONED) as cloud:
        s3 = suspended(cloud)
        (first,) = versions(s3)
        for body in (b"second", b"third"):
            cloud.run(1)
            s3.put_object(Bucket="tw-logs", Key="k", Body=body)

        assert versions(s3) == ["null", first]
        assert s3.get_object(Bucket="tw-logs", Key="k")["Body"].read() == b"third"
        assert s3.get_object(Bucket="tw-logs", Key="k", VersionId=first)["Body"].read() == b"first"


@pytest.mark.slow
def test_a_deletion_in_a_suspended_bucket_takes_the_null_version_and_leaves_a_null_marker():
    with world(VERSIONED) as cloud:
        s3 = suspended(cloud)
        (first,) = versions(s3)
        s3.put_object(Bucket="tw-logs", Key="k", Body=b"second")
        cloud.run(1)

        answer = s3.delete_object(Bucket="tw-logs", Key="k")
        assert answer["VersionId"] == "null"
        assert answer["DeleteMarker"]
        assert sorted(versions(s3)) == sorted([first, "null"])
        s3.delete_object(Bucket="tw-logs", Key="k", VersionId="null")
        assert versions(s3) == [first]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param(GOVERNED, GOVERNED, id="days"),
        pytest.param({"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 1}}, None, id="years"),
        pytest.param(None, {}, id="none"),
    ],
)
def test_a_buckets_default_retention_is_told_in_the_unit_it_was_given_in(given, told):
    with world(locked(given)) as cloud:
        lock = admin(cloud, "s3").get_object_lock_configuration(Bucket="tw-logs")["ObjectLockConfiguration"]

        assert lock.get("Rule", {}) == (given if told is None else told)

"""What a bucket tells EventBridge about its objects."""

import json

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.deployment import ACCOUNT
from scenarios.cloud.kernel.deliveries import Object
from tests.scenarios.cloud.small_worlds import HOME, admin, bucket, document, heard, lets, queue, rule, world

ON = {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}}
VERSIONED = {"VersioningConfiguration": {"Status": "Enabled"}}
WITH_ACLS = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}
HEARS = {**queue(), **rule(pattern={"source": ["aws.s3"]})}


def told(world):
    world.run(10)
    return heard(world)


def put(world, key="k", body=b"x"):
    return admin(world, "s3").put_object(Bucket="tw-logs", Key=key, Body=body)


@pytest.mark.slow
def test_an_object_created_is_told_with_who_and_how():
    with world({**bucket(**ON, **VERSIONED), **HEARS}) as cloud:
        version = put(cloud, "a b.txt")["VersionId"]

        (event,) = told(cloud)
        assert event["detail-type"] == "Object Created"
        assert event["source"] == "aws.s3"
        assert event["region"] == HOME
        assert event["resources"] == ["arn:aws:s3:::tw-logs"]
        detail = event["detail"]
        assert detail["bucket"] == {"name": "tw-logs"}
        assert detail["object"]["key"] == "a b.txt"
        assert detail["object"]["version-id"] == version
        assert detail["reason"] == "PutObject"
        assert detail["requester"] == ACCOUNT
        assert detail["source-ip-address"] == "198.51.100.20"


@pytest.mark.slow
@pytest.mark.parametrize(
    "properties", [pytest.param({}, id="never switched on"), pytest.param(VERSIONED, id="versioned only")]
)
def test_a_bucket_without_eventbridge_tells_nothing(properties):
    with world({**bucket(**properties), **HEARS}) as cloud:
        put(cloud)

        assert told(cloud) == []


@pytest.mark.slow
def test_an_object_created_is_told_with_its_size_and_etag():
    with world({**bucket(**ON), **HEARS}) as cloud:
        etag = put(cloud, body=b"abc")["ETag"]

        (event,) = told(cloud)

    assert event["detail"]["object"].keys() == {"key", "size", "etag", "sequencer"}
    assert event["detail"]["object"]["size"] == 3
    assert f'"{event["detail"]["object"]["etag"]}"' == etag


@pytest.mark.parametrize(
    ("operation", "parameters", "what"),
    [
        pytest.param(
            "put_object_tagging",
            {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
            "Object Tags Added",
            id="tags put",
        ),
        pytest.param("delete_object_tagging", {}, "Object Tags Deleted", id="tags deleted"),
        pytest.param("put_object_acl", {"ACL": "public-read"}, "Object ACL Updated", id="its ACL"),
    ],
)
def test_what_is_changed_about_an_object_is_told(operation, parameters, what):
    with world({**bucket(**ON, **VERSIONED, **WITH_ACLS), **HEARS}) as cloud:
        version = put(cloud)["VersionId"]
        told(cloud)
        getattr(admin(cloud, "s3"), operation)(Bucket="tw-logs", Key="k", **parameters)

        event = next(each for each in told(cloud) if each["detail-type"] != "Object Created")

    assert event["detail-type"] == what
    assert event["detail"]["object"].keys() == {"key", "etag", "version-id"}
    assert event["detail"]["object"]["version-id"] == version
    assert "reason" not in event["detail"]


def test_reading_is_not_told():
    with world({**bucket(**ON), **HEARS}) as cloud:
        put(cloud)
        told(cloud)
        s3 = admin(cloud, "s3")
        s3.get_object(Bucket="tw-logs", Key="k")

        assert len(told(cloud)) == 1


def test_a_denied_write_is_not_told():
    with world({**bucket(**ON), **HEARS}) as cloud:
        mallory = cloud.user("mallory", policies=(document(),))
        with pytest.raises(ClientError, match="AccessDenied"):
            cloud.client(mallory, "s3").put_object(Bucket="tw-logs", Key="k", Body=b"")

        assert told(cloud) == []


def test_an_overwriting_is_another_creation_with_a_later_sequencer():
    with world({**bucket(**ON, **VERSIONED), **HEARS}) as cloud:
        put(cloud)
        put(cloud, body=b"other")

        first, second = (event["detail"]["object"] for event in sorted(told(cloud), key=sequencer))
        assert first["key"] == second["key"]
        assert first["sequencer"] < second["sequencer"]
        assert first["version-id"] != second["version-id"]


def sequencer(event):
    return event["detail"]["object"]["sequencer"]


@pytest.mark.parametrize(
    ("properties", "named", "kind"),
    [
        pytest.param(VERSIONED, False, "Delete Marker Created", id="versioned: a marker"),
        pytest.param(VERSIONED, True, "Permanently Deleted", id="a version by name is gone"),
        pytest.param({}, False, "Permanently Deleted", id="unversioned: gone"),
    ],
)
@pytest.mark.parametrize("several", [pytest.param(False, id="one"), pytest.param(True, id="in a list")])
def test_a_deletion_says_what_became_of_the_object(properties, named, kind, several):
    with world({**bucket(**ON, **properties), **HEARS}) as cloud:
        answer = put(cloud)
        version = {"VersionId": answer["VersionId"]} if named else {}
        told(cloud)
        if several:
            admin(cloud, "s3").delete_objects(Bucket="tw-logs", Delete={"Objects": [{"Key": "k", **version}]})
        else:
            admin(cloud, "s3").delete_object(Bucket="tw-logs", Key="k", **version)

        event = max(told(cloud), key=sequencer)
        assert event["detail-type"] == "Object Deleted"
        assert event["detail"]["deletion-type"] == kind
        assert event["detail"]["reason"] == "DeleteObject"
        assert (event["detail"]["object"].get("version-id") is not None) == bool(properties)


@pytest.mark.parametrize("several", [pytest.param(False, id="one"), pytest.param(True, id="in a list")])
def test_a_marker_removed_by_its_version_is_a_deletion_for_good(several):
    with world({**bucket(**ON, **VERSIONED), **HEARS}) as cloud:
        put(cloud)
        s3 = admin(cloud, "s3")
        marker = {"Key": "k", "VersionId": s3.delete_object(Bucket="tw-logs", Key="k")["VersionId"]}
        told(cloud)
        if several:
            s3.delete_objects(Bucket="tw-logs", Delete={"Objects": [marker]})
        else:
            s3.delete_object(Bucket="tw-logs", **marker)

        event = max(told(cloud), key=sequencer)
        assert event["detail"]["deletion-type"] == "Permanently Deleted"
        assert event["detail"]["object"]["version-id"] == marker["VersionId"]


@pytest.mark.slow
def test_eventbridge_switched_off_again_is_off():
    with world({**bucket(**ON), **HEARS}) as cloud:
        admin(cloud, "s3").put_bucket_notification_configuration(
            Bucket="tw-logs", NotificationConfiguration={}
        )
        put(cloud)

        assert told(cloud) == []


def test_the_buckets_own_lifecycle_is_told_as_such():
    with world({**bucket(**ON, **VERSIONED), **HEARS}) as cloud:
        put(cloud)
        told(cloud)
        cloud.storage.expire("tw-logs", "k")

        event = max(told(cloud), key=sequencer)
        assert event["detail"]["reason"] == "Lifecycle Expiration"
        assert event["detail"]["requester"] == "s3.amazonaws.com"
        assert event["detail"]["deletion-type"] == "Delete Marker Created"


LETS_CLOUDTRAIL = {
    "Policy": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": document(lets("cloudtrail", "s3:*", resource=["arn:aws:s3:::tw-logs*"])),
        },
    }
}


@pytest.mark.parametrize("requester", ["", "logs.us-east-1.amazonaws.com"])
def test_what_a_service_writes_names_the_service(requester):
    with world({**bucket(**ON), **LETS_CLOUDTRAIL, **HEARS}) as cloud:
        given = Object(body=b"x", metadata={"kind": "digest"}, requester=requester)
        by = "cloudtrail.amazonaws.com"
        assert cloud.setting.deliveries.hand_over("arn:aws:s3:::tw-logs/a/k", given, by=by) is None

        (event,) = told(cloud)
        assert event["detail"]["object"]["key"] == "a/k"
        assert event["detail"]["requester"] == (requester or by)
        assert event["detail"]["source-ip-address"] == (requester or by)
        found = admin(cloud, "s3").get_object(Bucket="tw-logs", Key="a/k")
        assert (found["Body"].read(), found["Metadata"]) == (b"x", {"kind": "digest"})


def test_events_carry_json_all_the_way():
    with world({**bucket(**ON), **HEARS}) as cloud:
        put(cloud, "ü/ß+.txt")

        (event,) = told(cloud)
        assert json.loads(json.dumps(event)) == event
        assert event["detail"]["object"]["key"] == "ü/ß+.txt"


@pytest.mark.parametrize("key", ["a?b", "a%2Fb", "a b+c", "\U0001f4a9"])
@pytest.mark.slow
def test_a_copy_is_made_of_the_object_that_is_named(key):
    """botocore quotes the name once: asked twice it would name another object."""
    with world(bucket()) as cloud:
        put(cloud, key, b"this one")
        s3 = admin(cloud, "s3")

        s3.copy_object(Bucket="tw-logs", Key="copy", CopySource={"Bucket": "tw-logs", "Key": key})

        assert s3.get_object(Bucket="tw-logs", Key="copy")["Body"].read() == b"this one"

"""What S3 said of a bucket is read again where it may be another: the items are those of a full look."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from scenarios.cloud.config.recorder import Recorders
from scenarios.cloud.config.resource_types import s3
from scenarios.cloud.config.resource_types.others import TOPIC
from scenarios.cloud.config.resource_types.remembered import Remembered
from scenarios.cloud.config.resource_types.view import View
from scenarios.cloud.kernel.caller import ApiCall, Caller
from tests.scenarios.cloud.config.recording_worlds import BUCKET, READS, only, recording
from tests.scenarios.cloud.small_worlds import HOME, admin

LOCKED = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
SSE = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
COPIES = {
    "Role": "arn:aws:iam::123456789012:role/copies",
    "Rules": [
        {
            "ID": "r",
            "Status": "Enabled",
            "Priority": 1,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": f"arn:aws:s3:::{BUCKET}"},
        }
    ],
}
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::web/*"}
        ],
    }
)
TAKES_LOGS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
            }
        ],
    }
)
# Every call that changes one setting, and some that change others or all.
DEEDS = (
    ("put_bucket_tagging", {"Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}),
    ("put_bucket_acl", {"ACL": "authenticated-read"}),
    ("put_bucket_cors", {"CORSConfiguration": {"CORSRules": [
        {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}}),
    ("put_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": [SSE]}}),
    ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
    ("put_bucket_replication", {"ReplicationConfiguration": COPIES}),
    ("put_bucket_website", {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "i.html"}}}),
    ("put_bucket_accelerate_configuration", {"AccelerateConfiguration": {"Status": "Enabled"}}),
    ("put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": [
        {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]}}),
    ("put_bucket_logging", {"BucketLoggingStatus": {"LoggingEnabled": {
        "TargetBucket": BUCKET, "TargetPrefix": "logs/"}}}),
    ("put_bucket_notification_configuration", {"NotificationConfiguration": {
        "EventBridgeConfiguration": {}}}),
    ("put_object_lock_configuration", {"ObjectLockConfiguration": LOCKED}),
    ("put_bucket_policy", {"Policy": POLICY}),
    ("put_public_access_block", {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}),
    ("put_bucket_ownership_controls", {"OwnershipControls": {"Rules": [
        {"ObjectOwnership": "BucketOwnerPreferred"}]}}),
    ("delete_bucket_tagging", {}),
    ("delete_bucket_cors", {}),
    ("delete_bucket_encryption", {}),
    ("delete_bucket_replication", {}),
    ("delete_bucket_website", {}),
    ("delete_bucket_lifecycle", {}),
    ("delete_public_access_block", {}),
    ("delete_bucket_policy", {}),
    ("put_bucket_acl", {"ACL": "private"}),
    ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
)  # fmt: skip


def full(world):
    """What a look at everything finds."""
    role = world.setting.laws[Recorders].recorder(HOME).role_arn
    return {found.key: found for found in s3.buckets(View(world.setting, role, HOME))}


def kept(world):
    return {item.found.key: item.found for item in world.setting.laws[Recorders].of(HOME).present()}


@pytest.mark.slow
def test_items_are_those_of_a_full_look_after_each_call():
    with recording(group=only(s3.BUCKET)) as world:
        client = admin(world, "s3")
        client.put_bucket_policy(Bucket=BUCKET, Policy=TAKES_LOGS)
        for name in ("web", "web-2"):
            client.create_bucket(
                Bucket=name, ObjectLockEnabledForBucket=name == "web-2", ObjectOwnership="ObjectWriter"
            )
        world.run(600)
        reads, done, refused = [], set(), []
        world.calls.after_everything(
            lambda call: reads.append(call) if call.service == "s3" and call.caller.invoked_by else None
        )
        for number, (method, given) in enumerate(DEEDS):
            name = "web-2" if method == "put_object_lock_configuration" else ("web", "web-2")[number % 2]
            try:
                getattr(client, method)(Bucket=name, **given)
                done.add(method)
            except ClientError as error:
                refused.append((method, str(error)))
            before = len(reads)
            world.run(300)
            assert len(reads) - before < 20
            assert kept(world) == full(world), method
        client.delete_bucket(Bucket="web")
        client.create_bucket(Bucket="web")
        world.run(300)
        assert kept(world) == full(world)

    # A bucket with object lock stays versioned.
    assert {method for method, _ in refused} <= {"put_bucket_versioning"}, refused
    assert done == {method for method, _ in DEEDS}


def called(service, operation, **parameters):
    caller = Caller(kind="IAMUser", arn="arn:aws:iam::123456789012:user/alice", account="123456789012")
    return ApiCall(
        sequence=1,
        service=service,
        operation=operation,
        parameters=parameters,
        region=HOME,
        caller=caller,
        moment=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("call", "left"),
    [
        pytest.param(
            called("s3", "PutBucketTagging", Bucket="web"), "list web.acl web-2.tags", id="a setting"
        ),
        pytest.param(called("s3", "PutBucketPolicy", Bucket="web"), "web-2.tags", id="what may deny reads"),
        pytest.param(called("s3", "DeleteBucket", Bucket="web-2"), "web.tags web.acl", id="a bucket is gone"),
        pytest.param(
            called("s3", "PutSomething", Bucket="other", Text="arn:aws:s3:::web/*"),
            "web-2.tags",
            id="one that another bucket's call names",
        ),
        pytest.param(called("s3", "PutBucketTagging", Bucket="new"), "web.tags web.acl web-2.tags", id="new"),
        pytest.param(called("iam", "DetachRolePolicy", RoleName="r"), "", id="rights"),
        pytest.param(called("config", "PutConfigurationRecorder"), "", id="another role"),
        pytest.param(
            called("sqs", "CreateQueue", QueueName="web"),
            "list web.tags web.acl web-2.tags",
            id="another service",
        ),
    ],
)
def test_what_is_known_still_after_a_call(call, left):
    asked = {
        "list": ("ListBuckets", {}),
        "web.tags": ("GetBucketTagging", {"Bucket": "web"}),
        "web.acl": ("GetBucketAcl", {"Bucket": "web"}),
        "web-2.tags": ("GetBucketTagging", {"Bucket": "web-2"}),
    }
    remembered = Remembered()
    for operation, parameters in asked.values():
        remembered.keep("s3", operation, parameters, {})
    remembered.forget(call)

    known = [name for name, given in asked.items() if remembered.get("s3", *given) is not None]
    assert " ".join(known) == left


@pytest.mark.slow
def test_what_config_was_denied_it_finds_once_it_may_look_again():
    with recording(group=only(s3.BUCKET, TOPIC)) as world:
        client, iam = admin(world, "s3"), admin(world, "iam")
        for name in ("web", "web-2"):
            client.create_bucket(Bucket=name)
        world.run(600)
        role = world.setting.laws[Recorders].recorder(HOME).role_arn.rpartition("/")[2]
        iam.detach_role_policy(RoleName=role, PolicyArn=READS)
        client.put_bucket_tagging(Bucket="web", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        world.run(300)
        denied = world.setting.laws[Recorders].recorder(HOME).status.last_status
        iam.attach_role_policy(RoleName=role, PolicyArn=READS)
        admin(world, "sns").create_topic(Name="other")  # Config looks at it with success
        world.run(300)
        client.put_bucket_tagging(Bucket="web-2", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        world.run(300)

        found = {key: each for key, each in kept(world).items() if key[0] == s3.BUCKET}
        assert (denied, found) == ("FAILURE", full(world))

"""MACs of KMS: what an HMAC key answers, and whom it answers."""

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.small_worlds import admin, document, may, refusal, world

KEY = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
SHA = {"MacAlgorithm": "HMAC_SHA_256"}
USER = f"arn:aws:iam::{ACCOUNT}:user/worker"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def lets_user(*actions, user):
    return {"Effect": "Allow", "Principal": {"AWS": user}, "Action": list(actions), "Resource": "*"}


POLICY = document(
    lets_user("kms:DescribeKey", "kms:PutKeyPolicy", user=ROOT), lets_user("kms:*Mac", user=USER)
)
STACK = {"Key": {"Type": "AWS::KMS::Key", "Properties": KEY}}
GUARDED = {"Key": {"Type": "AWS::KMS::Key", "Properties": {**KEY, "KeyPolicy": POLICY}}}


def key_of(cloud) -> str:
    return cloud.home.resources["Key"].attributes["Arn"]


def mac(kms, key, message=b"hello", **more) -> bytes:
    return kms.generate_mac(KeyId=key, Message=message, **{**SHA, **more})["Mac"]


def test_a_mac_is_the_keys_and_the_messages():
    with world(STACK) as cloud:
        kms, key = admin(cloud, "kms"), key_of(cloud)
        other = kms.create_key(**KEY)["KeyMetadata"]["KeyId"]
        made = mac(kms, key)
        answer = kms.verify_mac(KeyId=key, Message=b"hello", Mac=made, **SHA)

        assert len(made) == 32
        assert made == mac(kms, key)
        assert answer["MacValid"] is True
        assert answer["KeyId"] == key
        assert made != mac(kms, key, b"hello!")
        assert made != mac(kms, other)


def test_a_mac_comes_from_the_seed():
    def made(seed):
        with world(STACK, seed=seed) as cloud:
            return mac(admin(cloud, "kms"), key_of(cloud))

    assert made(1) == made(1)


def test_what_another_key_or_message_has_made_is_invalid():
    with world(STACK) as cloud:
        kms, key = admin(cloud, "kms"), key_of(cloud)
        made = mac(kms, key)

        def verify(message, tag):
            return refusal(kms.verify_mac, KeyId=key, Message=message, Mac=tag, **SHA)

        assert verify(b"hello!", made) == "KMSInvalidMacException"
        assert verify(b"hello", bytes(32)) == "KMSInvalidMacException"


def test_a_message_has_at_most_4096_bytes():
    with world(STACK) as cloud:
        kms, key = admin(cloud, "kms"), key_of(cloud)

        assert mac(kms, key, bytes(4096))
        assert refusal(mac, kms, key, bytes(4097)) == "ValidationException"


def test_a_key_has_one_use_and_one_algorithm():
    with world(STACK) as cloud:
        kms, key = admin(cloud, "kms"), key_of(cloud)
        plain = kms.create_key()["KeyMetadata"]["KeyId"]

        assert refusal(mac, kms, plain) == "InvalidKeyUsageException"
        assert refusal(mac, kms, key, MacAlgorithm="HMAC_SHA_512") == "InvalidKeyUsageException"
        assert refusal(kms.create_key, KeySpec="HMAC_256") == "ValidationException"
        assert refusal(kms.create_key, KeyUsage="GENERATE_VERIFY_MAC") == "ValidationException"
        assert refusal(kms.enable_key_rotation, KeyId=key) == "UnsupportedOperationException"


def test_a_key_that_is_disabled_or_to_be_deleted_makes_none():
    with world(STACK) as cloud:
        kms, key = admin(cloud, "kms"), key_of(cloud)
        made = mac(kms, key)
        kms.disable_key(KeyId=key)

        assert refusal(mac, kms, key) == "DisabledException"
        assert refusal(kms.verify_mac, KeyId=key, Message=b"hello", Mac=made, **SHA) == "DisabledException"

        kms.enable_key(KeyId=key)
        assert mac(kms, key) == made
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        assert refusal(mac, kms, key) == "KMSInvalidStateException"


def test_the_key_policy_alone_says_who_may():
    """Where it doesn't delegate an action to the account, an administrator's own policy gives nothing."""
    with world(GUARDED) as cloud:
        key = key_of(cloud)
        worker = cloud.client(cloud.user("worker", policies=()), "kms")
        stranger = cloud.client(cloud.user("stranger", policies=(document(may("kms:*")),)), "kms")

        assert mac(worker, key)
        assert refusal(mac, stranger, key) == "AccessDeniedException"
        assert refusal(mac, admin(cloud, "kms"), key) == "AccessDeniedException"


def test_a_key_says_what_it_is_for():
    with world(STACK) as cloud:
        told = admin(cloud, "kms").describe_key(KeyId=key_of(cloud))["KeyMetadata"]

        assert told["KeySpec"] == "HMAC_256"
        assert told["KeyUsage"] == "GENERATE_VERIFY_MAC"
        assert told["MacAlgorithms"] == ["HMAC_SHA_256"]
        assert "EncryptionAlgorithms" not in told

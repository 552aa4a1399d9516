"""Which key a call means: by id, ARN, alias, or by the ciphertext it was made with."""

import pytest

from scenarios.cloud.deployment import ACCOUNT
from tests.scenarios.cloud.small_worlds import HOME, admin, document, may, world

STACK = {
    "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
    "Alias": {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/watch", "TargetKeyId": {"Ref": "Key"}},
    },
}
KEYS = f"arn:aws:kms:{HOME}:{ACCOUNT}"
NOBODYS = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def cloud():
    with world(STACK) as each:
        yield each


def key_of(cloud) -> str:
    return cloud.home.resources["Key"].attributes["Arn"]


def holder(cloud, *actions):
    """A user who may do this with the one key, and with nothing else."""
    return cloud.client(cloud.user("holder", policies=(document(may(*actions, key_of(cloud))),)), "kms")


@pytest.mark.parametrize("name", ["alias/watch", f"{KEYS}:alias/watch"])
def test_a_policy_on_the_key_covers_its_alias(cloud, name):
    kms = holder(cloud, "kms:Encrypt")

    assert kms.encrypt(KeyId=name, Plaintext=b"x")["KeyId"] == key_of(cloud)


def test_a_ciphertext_tells_its_key(cloud):
    kms = holder(cloud, "kms:Decrypt")
    other = admin(cloud, "kms").create_key()["KeyMetadata"]["KeyId"]
    mine, others = (
        admin(cloud, "kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        for key in (key_of(cloud), other)
    )

    assert kms.decrypt(CiphertextBlob=mine)["Plaintext"] == b"x"
    with pytest.raises(kms.exceptions.ClientError, match="on the resource associated with this ciphertext"):
        kms.decrypt(CiphertextBlob=others)


def test_what_no_key_has_encrypted_is_no_ciphertext(cloud):
    kms = admin(cloud, "kms")
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=b"no ciphertext")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (NOBODYS, f"Key '{KEYS}:key/{NOBODYS}' does not exist"),
        (f"{KEYS}:key/{NOBODYS}", f"Key '{KEYS}:key/{NOBODYS}' does not exist"),
        ("alias/none", f"Alias {KEYS}:alias/none is not found."),
        ("nonsense", "Invalid keyId nonsense"),
        ("arn:aws:kms", "Invalid arn arn:aws:kms"),
    ],
)
def test_a_key_that_is_not_there_is_not_found(cloud, name, words):
    kms = admin(cloud, "kms")
    for call in (kms.describe_key, kms.disable_key, kms.generate_data_key):
        more = {"KeySpec": "AES_256"} if call == kms.generate_data_key else {}
        with pytest.raises(kms.exceptions.NotFoundException, match=words):
            call(KeyId=name, **more)


def test_a_key_of_another_account_is_denied_and_not_told(cloud):
    kms = admin(cloud, "kms")
    with pytest.raises(kms.exceptions.ClientError, match="AccessDenied"):
        kms.describe_key(KeyId=f"arn:aws:kms:{HOME}:999999999999:key/{NOBODYS}")


def test_an_alias_moves_and_goes(cloud):
    kms = admin(cloud, "kms")
    first, second = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName="alias/moves", TargetKeyId=first)

    kms.update_alias(AliasName="alias/moves", TargetKeyId=second)
    assert kms.describe_key(KeyId="alias/moves")["KeyMetadata"]["KeyId"] == second
    kms.delete_alias(AliasName="alias/moves")
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="alias/moves")

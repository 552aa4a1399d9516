"""What a key still does that is disabled or about to be deleted: nothing that encrypts or decrypts."""

import pytest

from tests.scenarios.cloud.small_worlds import admin, refusal, world

STACK = {name: {"Type": "AWS::KMS::Key"} for name in ("Key", "Other")}
USES = {
    "Encrypt": lambda kms, key, other, text: kms.encrypt(KeyId=key, Plaintext=b"a"),
    "Decrypt": lambda kms, key, other, text: kms.decrypt(CiphertextBlob=text),
    "Decrypt by its key": lambda kms, key, other, text: kms.decrypt(CiphertextBlob=text, KeyId=key),
    "GenerateDataKey": lambda kms, key, other, text: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
    "GenerateDataKeyWithoutPlaintext": lambda kms, key, other, text: kms.generate_data_key_without_plaintext(
        KeyId=key, KeySpec="AES_256"
    ),
    "ReEncrypt from it": lambda kms, key, other, text: kms.re_encrypt(
        CiphertextBlob=text, DestinationKeyId=other
    ),
    "ReEncrypt to it": lambda kms, key, other, text: kms.re_encrypt(
        CiphertextBlob=kms.encrypt(KeyId=other, Plaintext=b"a")["CiphertextBlob"], DestinationKeyId=key
    ),
}


@pytest.mark.slow
def test_only_an_enabled_key_encrypts_and_decrypts():
    with world(STACK) as each:
        kms = admin(each, "kms")
        key, other = (each.home.resources[name].attributes["Arn"] for name in STACK)
        text = kms.encrypt(KeyId=key, Plaintext=b"a")["CiphertextBlob"]
        told = {}
        kms.disable_key(KeyId=key)
        told["disabled"] = {refusal(lambda use=use: use(kms, key, other, text)) for use in USES.values()}
        kms.schedule_key_deletion(KeyId=key)
        told["pending"] = {refusal(lambda use=use: use(kms, key, other, text)) for use in USES.values()}
        kms.cancel_key_deletion(KeyId=key)
        kms.enable_key(KeyId=key)

        assert told == {"disabled": {"DisabledException"}, "pending": {"KMSInvalidStateException"}}
        assert all(use(kms, key, other, text) for use in USES.values())


def test_an_arn_that_names_no_place_is_no_key():
    with world(STACK) as each:
        kms = admin(each, "kms")

        assert refusal(lambda: kms.encrypt(KeyId="arn:aws:::::", Plaintext=b"a")) == "NotFoundException"
        assert refusal(lambda: kms.schedule_key_deletion(KeyId="arn:aws:::::")) == "NotFoundException"

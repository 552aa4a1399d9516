"""Grants let a principal use a key; a policy that would lock its caller out is refused."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.scenarios.cloud.small_worlds import ACCOUNT, admin, document, may, queue, world

BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}


@pytest.fixture(scope="module")
def cloud():
    with world(queue(by="")) as made:
        yield made


@pytest.fixture
def kms(cloud):
    return admin(cloud, "kms")


@pytest.fixture
def key(kms):
    return kms.create_key()["KeyMetadata"]["KeyId"]


def of_bob(cloud, *statements):
    return cloud.client(cloud.user("bob", policies=(document(*statements),)), "kms")


def test_a_grant_allows_its_operations_to_its_grantee_until_it_is_revoked(cloud, kms, key):
    bob = of_bob(cloud)
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.encrypt(KeyId=key, Plaintext=b"x")

    grant = kms.create_grant(KeyId=key, GranteePrincipal=BOB, Operations=["Encrypt"])["GrantId"]
    bob.encrypt(KeyId=key, Plaintext=b"x")
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.generate_data_key(KeyId=key, KeySpec="AES_256")

    kms.revoke_grant(KeyId=key, GrantId=grant)
    with pytest.raises(ClientError, match="AccessDenied"):
        bob.encrypt(KeyId=key, Plaintext=b"x")


def test_a_deny_wins_over_a_grant(cloud, kms, key):
    kms.create_grant(KeyId=key, GranteePrincipal=BOB, Operations=["Encrypt"])
    deny = {"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}
    with pytest.raises(ClientError, match="explicit deny"):
        of_bob(cloud, deny).encrypt(KeyId=key, Plaintext=b"x")


@pytest.mark.parametrize(
    ("constraint", "context", "allowed"),
    [
        pytest.param("EncryptionContextSubset", {"a": "1", "b": "2"}, True, id="a subset, and more"),
        pytest.param("EncryptionContextSubset", {"b": "2"}, False, id="a subset that lacks"),
        pytest.param("EncryptionContextEquals", {"a": "1"}, True, id="equal"),
        pytest.param("EncryptionContextEquals", {"a": "1", "b": "2"}, False, id="equal, and more"),
        pytest.param("EncryptionContextEquals", {"a": "2"}, False, id="another value"),
    ],
)
def test_a_grants_constraint_is_asked_of_the_encryption_context(cloud, key, constraint, context, allowed):
    constraints = {constraint: {"a": "1"}}
    admin(cloud, "kms").create_grant(
        KeyId=key, GranteePrincipal=BOB, Operations=["Encrypt"], Constraints=constraints
    )
    call = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": context}
    if allowed:
        of_bob(cloud).encrypt(**call)
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            of_bob(cloud).encrypt(**call)


def only(principal):
    return json.dumps(document({**ROOT, "Principal": {"AWS": principal}}))


def test_a_policy_that_locks_its_caller_out_is_refused_unless_the_caller_insists(kms, key):
    locked = only(BOB)
    for call in (
        lambda **more: kms.put_key_policy(KeyId=key, Policy=locked, **more),
        lambda **more: kms.create_key(Policy=locked, **more),
    ):
        with pytest.raises(ClientError, match="will not allow you to update the key policy") as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "MalformedPolicyDocumentException"
        call(BypassPolicyLockoutSafetyCheck=True)


def test_a_policy_that_names_its_caller_or_the_account_is_taken(cloud, kms, key):
    kms.put_key_policy(KeyId=key, Policy=only(f"arn:aws:iam::{ACCOUNT}:root"))
    kms.put_key_policy(KeyId=key, Policy=only(f"arn:aws:iam::{ACCOUNT}:user/alice"))
    carol = cloud.client(cloud.user("carol", policies=(document(may("kms:CreateKey")),)), "kms")
    with pytest.raises(ClientError, match="will not allow you to update"):
        carol.create_key(Policy=only(f"arn:aws:iam::{ACCOUNT}:root"))

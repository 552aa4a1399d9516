"""What KMS refuses beyond its limits: uses that a key is not made for, and keys that are not enabled.

Sources: https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html,
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html,
https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
"""

from typing import Any, Final

from scenarios.cloud.authorization.policy_rules import resource_policy
from scenarios.cloud.kernel import moto_secrets
from scenarios.cloud.kernel.arns import account_of
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation

# An HMAC key has one use and one algorithm, those of its own length.
MACS: Final = {f"HMAC_{bits}": f"HMAC_SHA_{bits}" for bits in (224, 256, 384, 512)}
MAC_USAGE: Final = "GENERATE_VERIFY_MAC"
_STATES: Final = {"PendingDeletion": "pending deletion", "PendingImport": "pending import"}
_CRYPTOGRAPHIC: Final = (
    *("Encrypt", "Decrypt", "ReEncrypt", "Sign", "Verify", "DeriveSharedSecret"),
    *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
    *("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"),
)
_POLICY: Final = resource_policy("Policy", "MalformedPolicyDocumentException")


def spec_and_usage(request: Request) -> None:
    """CreateKey: an HMAC key is made for MACs and says so, and no other key is."""
    given = request.parameters
    spec = given.get("KeySpec") or given.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    usage = given.get("KeyUsage", "ENCRYPT_DECRYPT")
    if (spec in MACS) != (usage == MAC_USAGE):
        raise Refused("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}")


def enabled(request: Request) -> None:
    """Every cryptographic operation: each key that it uses is enabled. What is not there, moto refuses."""
    given, account, region = request.parameters, request.account, request.region
    names = (given.get(name) for name in ("KeyId", "SourceKeyId", "DestinationKeyId"))
    keys = [moto_secrets.kms_key(name, account_of(name) or account, region) for name in names if name]
    ciphertext = given.get("CiphertextBlob")
    if isinstance(ciphertext, (bytes, bytearray)):
        keys.append(moto_secrets.kms_key_of_ciphertext(bytes(ciphertext), region))
    for key in keys:
        if key is not None and key.key_state == "Disabled":
            raise Refused("DisabledException", f"{key.arn} is disabled.")
        if key is not None and key.key_state != "Enabled":
            raise Refused(
                "KMSInvalidStateException", f"{key.arn} is {_STATES.get(key.key_state, 'unusable')}."
            )


def mac(request: Request) -> None:
    """GenerateMac and VerifyMac: the key is an HMAC key, and has this algorithm."""
    key = _key(request)
    if key is None:
        return  # moto says so
    algorithm = request.parameters["MacAlgorithm"]
    if MACS.get(key.key_spec) != algorithm:
        raise Refused(
            "InvalidKeyUsageException",
            f"Algorithm {algorithm} is incompatible with key spec {key.key_spec}.",
        )


def rotation(request: Request) -> None:
    """EnableKeyRotation: only of keys that encrypt symmetrically."""
    key = _key(request)
    if key is not None and key.key_spec != "SYMMETRIC_DEFAULT":
        raise Refused("UnsupportedOperationException", "")


def _key(request: Request) -> Any | None:
    return moto_secrets.kms_key(request.parameters["KeyId"], request.account, request.region)


VALIDATION = Validation(
    code="ValidationException",
    rules={
        "CreateKey": (_POLICY, spec_and_usage),
        "PutKeyPolicy": (_POLICY,),
        **dict.fromkeys(_CRYPTOGRAPHIC, (enabled,)),
        "GenerateMac": (enabled, mac),
        "VerifyMac": (enabled, mac),
        "EnableKeyRotation": (rotation,),
    },
)

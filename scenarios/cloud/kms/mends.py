"""What moto gets wrong in a key: HMAC and RSA keys, keys by their ARN, policies without a name.

Sources: https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html,
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

import json
from typing import Any

import moto.kms.models as kms_models
import moto.kms.responses as kms_responses

from scenarios.cloud.kernel.moto_mends import Mend
from scenarios.cloud.kms.validation import MACS

_described = kms_models.Key.to_dict
_private_key = kms_models.generate_private_key
_generate_mac = kms_responses.KmsResponse.generate_mac
_named_policy = kms_responses._assert_default_policy  # noqa: SLF001 - moto's check, which asks too much
_verify_mac = kms_responses.KmsResponse.verify_mac


def _metadata(key: Any) -> dict[str, Any]:
    """A key's metadata; an HMAC key has algorithms for MACs and no others."""
    found: dict[str, Any] = _described(key)
    if key.key_spec in MACS:
        told = found["KeyMetadata"]
        del told["EncryptionAlgorithms"], told["SigningAlgorithms"]
        told["MacAlgorithms"] = [MACS[key.key_spec]]
    return found


def _needed_private_key(key_spec: str) -> Any:
    return None if key_spec in MACS or key_spec == "SYMMETRIC_DEFAULT" else _private_key(key_spec)


def _with_arn(answer: Any) -> Any:
    """The answer, with the key's ARN where moto names it as it was asked, or by its id."""

    def answered(response: Any) -> str:
        told = json.loads(answer(response))
        key = response.kms_backend.describe_key(told["KeyId"])
        return json.dumps({**told, "KeyId": key.arn})

    return answered


def _by_any_name(change: str) -> Mend:
    """A change of a key's state, which moto makes by the key's id alone; KMS takes its ARN as well."""
    original = getattr(kms_models.KmsBackend, change)

    def changed(backend: Any, key_id: str, *more: Any) -> Any:
        return original(backend, backend.any_id_to_key_id(key_id), *more)

    return kms_models.KmsBackend, change, changed


def _default_policy(name: str | None) -> None:
    """A policy has one name, which may be left out."""
    if name is not None:
        _named_policy(name)


MENDS: tuple[Mend, ...] = (
    (kms_models.Key, "to_dict", _metadata),
    (kms_models, "generate_private_key", _needed_private_key),
    (kms_responses, "_assert_default_policy", _default_policy),
    (kms_responses.KmsResponse, "generate_mac", _with_arn(_generate_mac)),
    (kms_responses.KmsResponse, "verify_mac", _with_arn(_verify_mac)),
    *map(_by_any_name, ("disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion")),
)

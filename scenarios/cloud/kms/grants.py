"""Grants: they let a principal use a key beside the key's policy, with the same words.

A grant is judged as a statement of the key's policy: it allows its operations to its grantee, under its
constraints on the encryption context. A deny in any policy still wins.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.kernel.errors import NotSimulated

_CONTEXT = "kms:EncryptionContext:"
_KEYS = "kms:EncryptionContextKeys"


def statement(grant: Any) -> dict[str, Any]:
    """A grant, as moto keeps it, as the statement that says the same."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": grant.grantee_principal},
        "Action": [f"kms:{operation}" for operation in grant.operations],
        "Resource": "*",
        "Condition": _condition(grant.constraints or {}),
    }


def _condition(constraints: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    unknown = sorted(constraints.keys() - {"EncryptionContextEquals", "EncryptionContextSubset"})
    if unknown:
        raise NotSimulated("kms", f"a grant with the constraint {unknown[0]}")
    condition: dict[str, dict[str, Any]] = {}
    equal = constraints.get("EncryptionContextEquals")
    pairs = {**constraints.get("EncryptionContextSubset", {}), **(equal or {})}
    if pairs:
        condition["StringEquals"] = {f"{_CONTEXT}{name}": value for name, value in pairs.items()}
    if equal is not None:
        condition["ForAllValues:StringEquals"] = {_KEYS: list(equal)}
    return condition

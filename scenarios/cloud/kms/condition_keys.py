"""The condition keys that KMS's requests bring.

A caller's own request comes through no service. A request that S3 or another service makes for a caller says
so.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from typing import Any

from scenarios.cloud.authorization.rows import Arn, Asking, ContextKey, KeyValue
from scenarios.cloud.kernel import moto_secrets, moto_state


def key_tags(arn: Arn) -> dict[str, str]:
    """A key's tags, which moto keeps by its id."""
    return moto_state.tags_by_arn("kms", arn.account, arn.region, arn.rest.removeprefix("key/"))


def _key(asking: Asking) -> Any | None:
    arn = asking.arn
    return moto_secrets.kms_key(arn.text, arn.account, arn.region) if arn is not None else None


def _spec(asking: Asking, _name: str) -> KeyValue:
    key, given = _key(asking), asking.parameters
    return str(key.key_spec) if key is not None else str(given.get("KeySpec", "SYMMETRIC_DEFAULT"))


def _usage(asking: Asking, _name: str) -> KeyValue:
    key, given = _key(asking), asking.parameters
    return str(key.key_usage) if key is not None else str(given.get("KeyUsage", "ENCRYPT_DECRYPT"))


def _many_regions(asking: Asking, _name: str) -> KeyValue:
    key = _key(asking)
    return bool(key.multi_region) if key is not None else bool(asking.parameters.get("MultiRegion", False))


def _aliases(asking: Asking, _name: str) -> KeyValue:
    key = _key(asking)
    return tuple(sorted(key.aliases)) if key is not None else None


def _alias(asking: Asking, _name: str) -> KeyValue:
    named = str(asking.parameters.get("KeyId", ""))
    return named[named.index("alias/") :] if "alias/" in named else None


CONTEXT = (
    ContextKey(key="kms:EncryptionContext:", parameter="EncryptionContext"),
    ContextKey(key="kms:EncryptionContextKeys", parameter="EncryptionContext{}"),
    ContextKey(key="kms:EncryptionAlgorithm", parameter="EncryptionAlgorithm", default="SYMMETRIC_DEFAULT"),
    ContextKey(key="kms:SigningAlgorithm", parameter="SigningAlgorithm"),
    ContextKey(key="kms:MacAlgorithm", parameter="MacAlgorithm"),
    ContextKey(key="kms:MessageType", parameter="MessageType", default="RAW"),
    ContextKey(key="kms:DataKeyPairSpec", parameter="KeyPairSpec"),
    ContextKey(key="kms:ViaService", value=lambda _asking, _name: None),
    ContextKey(key="kms:GrantIsForAWSResource", value=lambda _asking, _name: False),
    ContextKey(key="kms:GrantOperations", parameter="Operations[]"),
    ContextKey(key="kms:GranteePrincipal", parameter="GranteePrincipal"),
    ContextKey(key="kms:RetiringPrincipal", parameter="RetiringPrincipal"),
    ContextKey(key="kms:KeySpec", value=_spec),
    ContextKey(key="kms:KeyUsage", value=_usage),
    ContextKey(key="kms:MultiRegion", value=_many_regions),
    ContextKey(key="kms:RequestAlias", value=_alias),
    ContextKey(key="kms:ResourceAliases", value=_aliases),
    ContextKey(
        key="kms:BypassPolicyLockoutSafetyCheck", parameter="BypassPolicyLockoutSafetyCheck", default="false"
    ),
    ContextKey(
        key="kms:ScheduleKeyDeletionPendingWindowInDays", parameter="PendingWindowInDays", default="30"
    ),
    ContextKey(key="kms:RotationPeriodInDays", parameter="RotationPeriodInDays"),
)

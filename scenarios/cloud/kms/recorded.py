"""How CloudTrail records KMS."""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudtrail.records.resources import arn_of, typed
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.recorded import Recorded, Resource, Style


def _key(call: ApiCall) -> list[Resource]:
    answer: Mapping[str, Any] = call.response or {}
    key: str | None = (
        answer.get("KeyMetadata", {}).get("Arn") or answer.get("KeyId") or call.parameters.get("KeyId")
    )
    if key is None:
        return []
    arn = key if key.startswith(("arn:", "alias/")) else f"key/{key}"
    return [typed(call, "AWS::KMS::Key", arn_of(call, "kms", arn))]


RECORDED = Recorded(
    service="kms",
    reads=frozenset(
        {
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateMac",
            "GenerateRandom",
            "ReEncrypt",
            "Sign",
            "Verify",
            "VerifyMac",
        }
    ),
    style=Style(mask="", comma_after_year=False),
    resources=_key,
    history={"keyId": "AWS::KMS::Key"},
)

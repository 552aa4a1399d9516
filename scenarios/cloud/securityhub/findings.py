"""What Security Hub takes and what it refuses: the AWS Security Finding Format, and whose findings they are.

A finding that isn't taken is in the answer's `FailedFindings`; the call itself succeeds.

Sources: https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html,
https://docs.aws.amazon.com/securityhub/latest/userguide/asff-top-level-attributes.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting

LONGEST: Final = {"Id": 512, "GeneratorId": 512, "Title": 256, "Description": 1024}
LARGEST = 240 * 1024
MOST_FIELDS, LONGEST_NAME, LONGEST_FIELD = 50, 128, 2048
MOST_RESOURCES, LONGEST_RECOMMENDATION = 32, 512
_LABELS = ("INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
_NAMESPACES = (
    "Software and Configuration Checks",
    "TTPs",
    "Effects",
    "Unusual Behaviors",
    "Sensitive Data Identifications",
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


def register(setting: Setting) -> None:
    """Hold what is imported against the format."""

    def imports(asked: Asked) -> dict[str, Any]:
        hub = moto_state.backend("securityhub", setting.account, asked.region)
        if not hub.enabled:
            raise Refused(
                "InvalidAccessException", f"Account {setting.account} is not subscribed to AWS Security Hub"
            )
        failed = []
        for finding in asked.parameters["Findings"]:
            why = next(complaints(finding, setting.account, asked.region), "")
            if why:
                failed.append({"Id": finding["Id"], "ErrorCode": "InvalidInput", "ErrorMessage": why})
            else:
                hub.batch_import_findings([dict(finding)])
        count = len(asked.parameters["Findings"]) - len(failed)
        return {"FailedCount": len(failed), "SuccessCount": count, "FailedFindings": failed}

    setting.calls.answer("securityhub", "BatchImportFindings", imports)


def complaints(finding: Mapping[str, Any], account: str, region: str) -> Iterator[str]:
    """What is wrong with a finding of this account's own product."""
    if finding["SchemaVersion"] != "2018-10-08":
        yield "SchemaVersion must be 2018-10-08"
    own = rf"arn:aws[a-z-]*:securityhub:{region}:{account}:product/{account}/default"
    if not re.fullmatch(own, finding["ProductArn"]):
        yield f"ProductArn {finding['ProductArn']} is not this account's default product"
    if finding["AwsAccountId"] != account:
        yield f"AwsAccountId {finding['AwsAccountId']} is not the caller's account"
    yield from (
        f"{name} is longer than {most}" for name, most in LONGEST.items() if len(finding[name]) > most
    )
    yield from (
        f"{name} is not a timestamp"
        for name in ("CreatedAt", "UpdatedAt")
        if not _MOMENT.fullmatch(finding[name])
    )
    given = {**finding, **finding.get("FindingProviderFields", {})}
    if given.get("Severity", {}).get("Label") not in _LABELS:
        yield f"Severity.Label must be one of {', '.join(_LABELS)}"
    yield from _types(given.get("Types", ()))
    yield from _resources(finding["Resources"])
    fields = finding.get("ProductFields", {})
    if len(fields) > MOST_FIELDS or any(
        len(name) > LONGEST_NAME or not 0 < len(value) <= LONGEST_FIELD for name, value in fields.items()
    ):
        yield "ProductFields are too many or too long"
    text = finding.get("Remediation", {}).get("Recommendation", {}).get("Text", "")
    if len(text) > LONGEST_RECOMMENDATION:
        yield "Remediation.Recommendation.Text is too long"
    if len(json.dumps(finding)) > LARGEST:
        yield "the finding is larger than 240 KB"


def _types(types: Any) -> Iterator[str]:
    if not types:
        yield "Types are missing"
    for each in types:
        namespace, *rest = each.split("/")
        if namespace not in _NAMESPACES or len(rest) > 2:
            yield f"the type {each} is not of namespace/category/classifier"


def _resources(resources: Any) -> Iterator[str]:
    if not 0 < len(resources) <= MOST_RESOURCES:
        yield f"there must be 1 to {MOST_RESOURCES} Resources"
    for each in resources:
        if not each.get("Type") or not each.get("Id"):
            yield "a resource has a Type and an Id"
        if each.get("Type") == "AwsAccount" and not re.fullmatch(r"AWS::::Account:\d{12}", each["Id"]):
            yield f"an account is named AWS::::Account:ACCOUNT, and not {each['Id']}"

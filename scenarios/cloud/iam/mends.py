"""What moto gets wrong in IAM: it refuses policies of the version of 2008, which is what no Version means.

All of SAM's policy templates are such. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
"""

from typing import Any

from moto.iam import policy_validation

from scenarios.cloud.kernel.moto_mends import Mend

_VERSIONS = {"2008-10-17", "2012-10-17"}


def _any_version(validator: Any) -> None:
    assert validator._policy_json.get("Version", "2008-10-17") in _VERSIONS  # noqa: SLF001


MENDS: tuple[Mend, ...] = ((policy_validation.BaseIAMPolicyValidator, "_validate_version", _any_version),)

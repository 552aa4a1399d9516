"""What of an IAM policy makes its holder an administrator, now or in one more step. Pure.

Everything on everything does; so does a right by which one gives oneself more: to attach or write policies,
to make another version of one the default, to join groups, to rewrite whom a role trusts, to make
credentials for others. Conditions and denials are not weighed: who may write such a policy may write them,
too.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_policy-validation-analyze-reference.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.evidence.statements import listed, statements
from chalicelib.settings import matches_any

EVERYTHING = "everything"
# Each is enough to become an administrator, where it is allowed for others than oneself.
_ESCALATES = tuple(
    f"iam:{action}"
    for action in (
        "AddUserToGroup",
        "AttachGroupPolicy",
        "AttachRolePolicy",
        "AttachUserPolicy",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreatePolicyVersion",
        "PutGroupPolicy",
        "PutRolePolicy",
        "PutUserPolicy",
        "SetDefaultPolicyVersion",
        "UpdateAssumeRolePolicy",
        "UpdateLoginProfile",
    )
)
_ASSUMES = "sts:AssumeRole"


def powers(document: Any) -> tuple[str, ...]:
    """EVERYTHING, or the rights that are as good; empty for none. `document`: JSON text, or read already."""
    found = dict.fromkeys(power for statement in statements(document) for power in _powers(statement))
    return (EVERYTHING,) if EVERYTHING in found else tuple(found)


def _powers(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Allow" or not _is_wide(statement):
        return
    allowed = [each for each in _ESCALATES if _allows(statement, each)]
    if len(allowed) == len(_ESCALATES) and _allows(statement, "s3:GetObject"):
        yield EVERYTHING
        return
    yield from (f"{each} of anybody" for each in allowed)
    if _allows(statement, _ASSUMES) and "*" in listed(statement.get("Resource")):
        yield f"{_ASSUMES} of any role"


def _is_wide(statement: Mapping[str, Any]) -> bool:
    """Whether it is about others than the holder: `user/${aws:username}` is not."""
    if "NotResource" in statement:
        return True
    resources = [str(each) for each in listed(statement.get("Resource"))]
    return any(each.endswith("*") and "${" not in each for each in resources)


def _allows(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(action, statement["NotAction"])
    return _matches(action, statement.get("Action"))


def _matches(action: str, patterns: Any) -> bool:
    return matches_any(action.lower(), (str(each).lower() for each in listed(patterns)))

"""What of an IAM policy makes its holder an administrator, now or in one more step. Pure.

Everything on everything does; so does a right by which one gives oneself more: to attach or write policies,
to make another version of one the default, to join groups, to rewrite whom a role trusts, to make
credentials for others. Who may attach or write policies gives whomever they are for everything: that counts
for oneself and for one user, group, role or policy by name, too; the other rights where they are about many.
Conditions and denials are not weighed: who may write such a policy may write them, too.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_policy-validation-analyze-reference.html
"""

import re
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
# With these one gives everything to whomever they are allowed for, be it oneself.
_GIVES = frozenset(
    f"iam:{action}"
    for action in (
        "AttachGroupPolicy",
        "AttachRolePolicy",
        "AttachUserPolicy",
        "CreatePolicyVersion",
        "PutGroupPolicy",
        "PutRolePolicy",
        "PutUserPolicy",
    )
)
_ASSUMES = "sts:AssumeRole"
_EVERY_ROLE = re.compile(r"[*?]+|.*:(role/)?[*?]+")
_VARIABLE = re.compile(r"\$\{[^}]*\}")


def powers(document: Any) -> tuple[str, ...]:
    """EVERYTHING, or the rights that are as good; empty for none. `document`: JSON text, or read already."""
    found = dict.fromkeys(power for statement in statements(document) for power in _powers(statement))
    return (EVERYTHING,) if EVERYTHING in found else tuple(found)


def _powers(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Allow":
        return
    wide = _is_wide(statement)
    allowed = [each for each in _ESCALATES if _allows(statement, each)]
    if wide and len(allowed) == len(_ESCALATES) and _allows(statement, "s3:GetObject"):
        yield EVERYTHING
    elif wide:
        yield from (f"{each} of anybody" for each in allowed)
    else:
        for resource in _resources(statement):
            yield from (f"{each} of {resource}" for each in allowed if each in _GIVES)
    if _allows(statement, _ASSUMES) and any(map(_EVERY_ROLE.fullmatch, _resources(statement))):
        yield f"{_ASSUMES} of any role"


def _resources(statement: Mapping[str, Any]) -> list[str]:
    """Those that may be of IAM: a right of IAM for a bucket is none, be it everything for that bucket."""
    return [each for each in map(str, listed(statement.get("Resource"))) if _is_of_iam(each)]


def _is_of_iam(resource: str) -> bool:
    """Whether the third part of an ARN is `iam`, or may be: a wildcard may stand for colons, too."""
    parts = resource.split(":")[:3]
    return any({"*", "?"} & set(each) for each in parts) or parts[2:] == ["iam"]


def _is_wide(statement: Mapping[str, Any]) -> bool:
    """Whether it is about many: `user/${aws:username}` is not, whatever is written for the account."""
    return "NotResource" in statement or any(map(_is_many, _resources(statement)))


def _is_many(resource: str) -> bool:
    """Whether a wildcard stands in the last part of an ARN, outside of a variable."""
    last = resource.split(":", 5)[-1]
    return bool({"*", "?"} & set(_VARIABLE.sub("", last)))


def _allows(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not _matches(action, statement["NotAction"])
    return _matches(action, statement.get("Action"))


def _matches(action: str, patterns: Any) -> bool:
    return matches_any(action.lower(), (str(each).lower() for each in listed(patterns)))

"""Stack policies: what an update of a stack may do to which of its resources.

Without one, anything; with one, what it allows and doesn't deny. It holds for updates only.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html;
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html; what is refused, in
which words, recorded on AWS in
https://github.com/localstack/localstack/blob/master/tests/aws/services/cloudformation/api/test_stack_policies.snapshot.json
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from scenarios.cloud.cloudformation.differences import Deed, Difference
from scenarios.cloud.kernel.errors import Refused

_ACTIONS: Final = frozenset({"Update:*", "Update:Modify", "Update:Replace", "Update:Delete"})
_KNOWN: Final = frozenset(
    {"Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition", "Sid"}
)
_OPERATORS: Final = frozenset({"StringEquals", "StringLike"})


def checked(text: str) -> str:
    """A policy as it was handed in; raises Refused where it is none."""
    try:
        document = json.loads(text)
        statements = list(_statements(document))
    except (TypeError, ValueError):
        raise _invalid() from None
    for each in statements:
        actions = _many(each.get("Action", each.get("NotAction")))
        if (
            each.keys() - _KNOWN
            or each.get("Effect") not in {"Allow", "Deny"}
            or each.get("Principal") != "*"
            or not actions
            or not _ACTIONS.issuperset(actions)
            or not _many(each.get("Resource", each.get("NotResource")))
            or not _condition_is_known(each.get("Condition", {}))
        ):
            raise _invalid()
    return text


def refusal(policy: str, difference: Difference) -> str:
    """Why a stack policy forbids a change, in CloudFormation's words; "" where none does."""
    if not policy or difference.deed is Deed.ADD:
        return ""
    action, resource = _action(difference), f"LogicalResourceId/{difference.logical_id}"
    allowed = False
    for number, each in enumerate(_statements(json.loads(policy)), 1):
        if not _is_about(each, action, resource, difference.type):
            continue
        if each["Effect"] == "Deny":
            said = f"Statement [#{number}] does not allow [{action}] for resource [{resource}]"
            return f"Action denied by stack policy: {said}"
        allowed = True
    return "" if allowed else "Action not allowed by stack policy"


def _action(difference: Difference) -> str:
    if difference.deed is Deed.REMOVE:
        return "Update:Delete"
    return "Update:Replace" if difference.replaced else "Update:Modify"


def _statements(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Raises TypeError for what is no policy; an empty object has no statements."""
    if not isinstance(document, dict) or document.keys() - {"Statement", "Version", "Id"}:
        raise TypeError
    statements = document.get("Statement", [])
    for each in statements if isinstance(statements, list) else [statements]:
        if not isinstance(each, dict):
            raise TypeError
        yield each


def _is_about(statement: Mapping[str, Any], action: str, resource: str, kind: str) -> bool:
    acts = any(
        fnmatchcase(action, each) for each in _many(statement.get("Action", statement.get("NotAction")))
    )
    if acts == ("NotAction" in statement):
        return False
    named = _many(statement.get("Resource", statement.get("NotResource")))
    if any(fnmatchcase(resource, each) for each in named) == ("NotResource" in statement):
        return False
    return all(
        any(each == kind if operator == "StringEquals" else fnmatchcase(kind, each) for each in _many(values))
        for operator, keys in statement.get("Condition", {}).items()
        for values in keys.values()
    )


def _condition_is_known(condition: Any) -> bool:
    return isinstance(condition, dict) and all(
        operator in _OPERATORS and isinstance(keys, dict) and keys.keys() == {"ResourceType"}
        for operator, keys in condition.items()
    )


def _many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _invalid() -> Refused:
    return Refused("ValidationError", "Error validating stack policy: Invalid stack policy")

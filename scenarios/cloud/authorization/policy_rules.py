"""What services refuse of a resource's policy: elements outside the grammar, actions without a service.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scenarios.cloud.authorization.document import MalformedPolicy, parse
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Rule

_POLICY: Final = frozenset({"Id", "Statement", "Version"})
_STATEMENT: Final = frozenset(
    {
        "Action",
        "Condition",
        "Effect",
        "NotAction",
        "NotPrincipal",
        "NotResource",
        "Principal",
        "Resource",
        "Sid",
    }
)


def misplaced(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each part that the grammar doesn't have: its path (`Statement[0].Efect`), and why."""
    for name in sorted(document.keys() - _POLICY):
        yield name, "a policy has Version, Id and Statement"
    statements = document.get("Statement", [])
    for index, statement in enumerate(statements if isinstance(statements, list) else [statements]):
        if not isinstance(statement, dict):
            continue
        for name in sorted(statement.keys() - _STATEMENT):
            yield f"Statement[{index}].{name}", "a statement has no such element"
        actions = statement.get("Action", [])
        for action in actions if isinstance(actions, list) else [actions]:
            if not isinstance(action, str) or (action != "*" and ":" not in action):
                why = f"{action!r} is no action; one names its service, as s3:GetObject does"
                yield f"Statement[{index}].Action", why


def resource_policy(parameter: str, code: str) -> Rule:
    """A rule on the policy, as JSON text, in a parameter; `code`: what the service calls a malformed one."""

    def rule(request: Request) -> None:
        text = request.parameters.get(parameter)
        if not text:
            return
        try:
            document = json.loads(text)
            wrong = next(misplaced(document), None) if isinstance(document, dict) else None
            if wrong is not None:
                raise MalformedPolicy(f"{wrong[0]}: {wrong[1]}")
            parse(text, attached_to_resource=True)
        except ValueError as error:  # MalformedPolicy is one, and so is what is no JSON
            raise Refused(code, f"The policy is malformed: {error}") from error

    return rule

"""The statement of a policy that a mutant changes: whom it is about, and which actions."""

from collections.abc import Mapping
from typing import Any

from scenarios.runner.mutate.mutants import Mutant, templates
from scenarios.runner.mutate.touches import PEOPLE, references


def stated_by(mutant: Mutant) -> set[tuple[str, str]]:
    """The roles, the services and people, and the actions, that the changed statement is about.

    A change that lies in no statement is about all of the policy.
    """
    resources = templates()[mutant.of]["Resources"]
    statement, _ = statement_of(mutant)
    statements = [statement] if statement else []
    if not statements:
        document = resources[mutant.resource].get("Properties", {}).get("PolicyDocument", {})
        statements = document.get("Statement", [])
    roles = {mutant.resource, *(references(resources[mutant.resource]) & set(resources))}
    return {
        (who, action)
        for statement in statements
        for action in actions_of(statement, mutant)
        for who in roles | _named_by(statement.get("Principal"))
        if isinstance(action, str)
    }


def statement_of(mutant: Mutant) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The statement that a mutant changes, and all of its document; empty where it lies in none."""
    node: Any = templates()[mutant.of]
    for part in mutant.path:
        if isinstance(node, str):
            break  # in a text that holds references
        above, node = node, node[part]
        if isinstance(node, dict) and "Effect" in node:
            return node, above
    return {}, []


def is_of_a_role(mutant: Mutant) -> bool:
    """Whether it changes a statement of what a role may do, not of who may become it."""
    resource = templates()[mutant.of]["Resources"][mutant.resource]
    statement, _ = statement_of(mutant)
    if not statement or "AssumeRolePolicyDocument" in mutant.path:
        return False
    properties = resource.get("Properties", {})
    roles_alone = "Roles" in properties and not {"Users", "Groups"} & properties.keys()
    return resource["Type"] == "AWS::IAM::Role" or (resource["Type"] == "AWS::IAM::Policy" and roles_alone)


def _named_by(principal: Any) -> set[str]:
    """Whom a statement of a resource's policy names, beside roles of the stack; nobody in a role's own."""
    if not isinstance(principal, dict):
        return {PEOPLE} if principal else set()
    return set(listed(principal, "Service")) | ({PEOPLE} if "AWS" in principal else set())


def actions_of(statement: Mapping[str, Any], mutant: Mutant) -> list[Any]:
    """The actions that the mutant takes from a statement: one of several, or all."""
    every = listed(statement, "Action")
    if mutant.kind == "action" and mutant.path[-2] == "Action" and len(every) > 1:
        return [every[int(mutant.path[-1])]]
    return every


def listed(node: Any, name: str) -> list[Any]:
    """A member of a policy that may be one or several."""
    value = node.get(name, []) if isinstance(node, dict) else []
    return value if isinstance(value, list) else [value]

"""The statements of a policy, whoever wrote it: of IAM, of a resource, of a role's trust. Pure."""

import json
from collections.abc import Mapping
from typing import Any


def statements(policy: Any) -> list[Mapping[str, Any]]:
    """Its statements; none where it is none. `policy`: JSON text, or read already."""
    if isinstance(policy, str):
        try:
            policy = json.loads(policy)
        except (ValueError, RecursionError):
            return []
    found = policy.get("Statement") if isinstance(policy, Mapping) else None
    return [each for each in listed(found) if isinstance(each, Mapping)]


def listed(value: Any) -> list[Any]:
    """A policy may have one value where it may have a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

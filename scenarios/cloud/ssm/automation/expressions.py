"""`{{ parameter }}`, `{{ step.Output }}`, `{{ global:REGION }}` in the inputs of a runbook.

A text that is one reference becomes what it refers to, with its type; within a longer text it is written out.

Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-variables.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-document-parameters.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.kernel.errors import NotSimulated

_REFERENCE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


class Unknown(LookupError):
    """A reference to what there is not."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The reference {{{{ {name} }}}} can't be resolved.")


def resolved(value: Any, known: Mapping[str, Any]) -> Any:
    """A value with all references in it replaced.

    Raises:
        Unknown: nothing of a name is known.
        NotSimulated: it refers to Parameter Store, or to a variable of the runbook.
    """
    if isinstance(value, Mapping):
        return {resolved(name, known): resolved(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [resolved(each, known) for each in value]
    return _text(value, known) if isinstance(value, str) else value


def _text(text: str, known: Mapping[str, Any]) -> Any:
    whole = _REFERENCE.fullmatch(text.strip())
    if whole is not None:
        return _known(whole[1], known)
    return _REFERENCE.sub(lambda found: written(_known(found[1], known)), text)


def _known(name: str, known: Mapping[str, Any]) -> Any:
    if name.startswith(("ssm:", "ssm-secure:", "variable:")):
        raise NotSimulated("ssm", f"{{{{ {name} }}}} in a runbook")
    if name not in known:
        raise Unknown(name)
    return known[name]


def written(value: Any) -> str:
    """A value within a text."""
    return value if isinstance(value, str) else json.dumps(value)

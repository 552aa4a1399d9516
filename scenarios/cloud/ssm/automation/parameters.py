"""What an execution's parameters come to: given as lists of texts, held against the runbook, and typed.

The words of the refusals are unconfirmed.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.ssm.automation.documents import Parameter, Runbook


def given_to(runbook: Runbook, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The value of every parameter of a runbook.

    Raises Refused for one that is missing, that it doesn't have, or whose value it doesn't allow.
    """
    unknown = sorted(given.keys() - runbook.parameters.keys())
    if unknown:
        raise _refused(f"Parameter {unknown[0]} is not defined in the document.")
    return {name: _value(each, given.get(name)) for name, each in runbook.parameters.items()}


def _value(parameter: Parameter, given: Sequence[str] | None) -> Any:
    if given is None:
        if parameter.default is None:
            raise _refused(f"Parameter {parameter.name} is required.")
        return parameter.default
    value = _typed(parameter, list(given))
    _allow(parameter, value)
    return value


def _typed(parameter: Parameter, given: list[str]) -> Any:
    kind = parameter.type
    if kind == "StringList" or kind.startswith("List<"):
        return given
    if kind == "MapList":
        return [_json(parameter, each) for each in given]
    if len(given) != 1:
        raise _refused(f"Parameter {parameter.name} takes one value.")
    match kind:
        case "Integer" if re.fullmatch(r"[+-]?\d{1,19}", given[0]):
            return int(given[0])
        case "Boolean" if given[0].lower() in ("true", "false"):
            return given[0].lower() == "true"
        case "StringMap":
            return _json(parameter, given[0])
        case "Integer" | "Boolean":
            raise _refused(f"Parameter {parameter.name} has to be of type {kind}.")
        case _:
            return given[0]


def _json(parameter: Parameter, text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _refused(f"Parameter {parameter.name} has to be of type {parameter.type}.")
    return found


def _allow(parameter: Parameter, value: Any) -> None:
    texts = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    allowed = [str(each) for each in parameter.allowed_values]
    if allowed and any(each not in allowed for each in texts):
        raise _refused(f"Parameter {parameter.name} is none of the allowed values {allowed}.")
    pattern = parameter.allowed_pattern
    if pattern and any(re.search(pattern, each) is None for each in texts):
        raise _refused(f"Parameter {parameter.name} doesn't match the allowed pattern {pattern}.")
    limits = parameter.limits
    for each in texts:
        if not limits.get("minChars", 0) <= len(each) <= limits.get("maxChars", len(each)):
            raise _refused(f"The length of parameter {parameter.name} is out of bounds.")
    if isinstance(value, list):
        count = len(value)
        if not limits.get("minItems", 0) <= count <= limits.get("maxItems", count):
            raise _refused(f"The number of values of parameter {parameter.name} is out of bounds.")


def _refused(why: str) -> Refused:
    return Refused("InvalidAutomationExecutionParametersException", why)

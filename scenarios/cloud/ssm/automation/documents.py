"""Automation runbooks: documents of schema 0.3, read into values.

Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html (properties that all
actions share), https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-branch-condition.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import yaml

from scenarios.cloud.kernel.errors import NotSimulated

SCHEMA: Final = "0.3"
# https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
ACTIONS: Final = frozenset(
    f"aws:{name}"
    for name in (
        *("approve", "assertAwsResourceProperty", "branch", "changeInstanceState", "copyImage"),
        *("createImage", "createStack", "createTags", "deleteImage", "deleteStack", "executeAutomation"),
        *("executeAwsApi", "executeScript", "executeStateMachine", "invokeWebhook"),
        *("invokeLambdaFunction", "loop", "pause", "runCommand", "runInstances", "sleep"),
        *("updateVariable", "waitForAwsResourceProperty"),
    )
)
SIMULATED: Final = frozenset(
    f"aws:{name}"
    for name in (
        *("approve", "assertAwsResourceProperty", "branch", "changeInstanceState", "executeAwsApi"),
        *("invokeLambdaFunction", "sleep", "waitForAwsResourceProperty"),
    )
)
TYPES: Final = ("String", "StringList", "Boolean", "Integer", "MapList", "StringMap")
_PARAMETER_TYPE = re.compile(r"String|StringList|Boolean|Integer|MapList|StringMap|(List<)?AWS::[\w:<>]+")
_STEP_NAME = re.compile(r"[A-Za-z0-9_]{3,128}")
_STEP_KEYS: Final = frozenset(
    {
        *("name", "action", "description", "inputs", "outputs", "onFailure", "onCancel", "isCritical"),
        *("isEnd", "nextStep", "maxAttempts", "timeoutSeconds"),
    }
)
_DOCUMENT_KEYS: Final = frozenset(
    {"schemaVersion", "description", "assumeRole", "parameters", "variables", "mainSteps", "outputs", "files"}
)


class InvalidDocument(ValueError):
    """Systems Manager would not take this content for an Automation runbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a runbook. `default` is None where one must be given."""

    name: str
    type: str
    default: Any = None
    allowed_values: Sequence[Any] = ()
    allowed_pattern: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)  # minChars, maxChars, minItems, maxItems


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What an executeAwsApi step keeps of the answer."""

    name: str
    selector: str
    type: str = "String"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step. `next_step` is "" where the one behind it in the document follows."""

    name: str
    action: str
    inputs: Mapping[str, Any]
    outputs: tuple[Output, ...] = ()
    on_failure: str = "Abort"
    on_cancel: str = "Abort"
    is_critical: bool = True
    is_end: bool = False
    next_step: str = ""
    max_attempts: int = 1
    timeout_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """An Automation runbook."""

    description: str
    assume_role: str
    parameters: Mapping[str, Parameter]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]

    def step(self, name: str) -> Step:
        """The step of a name; it is there, `read` saw to it."""
        return next(each for each in self.steps if each.name == name)

    def behind(self, step: Step) -> Step | None:
        """The step that stands behind one in the document."""
        place = self.steps.index(step) + 1
        return self.steps[place] if place < len(self.steps) else None


def read(content: str) -> Runbook:
    """A runbook from its text, in JSON or YAML.

    Raises:
        InvalidDocument: it is none.
        NotSimulated: it has variables of its own.
    """
    document = parsed(content)
    if str(document.get("schemaVersion")) != SCHEMA:
        raise InvalidDocument(f"An Automation document has the schema version {SCHEMA}.")
    unknown = sorted(document.keys() - _DOCUMENT_KEYS)
    if unknown:
        raise InvalidDocument(f"Unexpected parameter found: {unknown[0]}")
    if document.get("variables"):
        raise NotSimulated("ssm", "a runbook with variables")
    steps = _steps(document.get("mainSteps"))
    return Runbook(
        description=str(document.get("description", "")),
        assume_role=str(document.get("assumeRole", "")),
        parameters=_parameters(document.get("parameters") or {}),
        steps=steps,
        outputs=tuple(_texts(document.get("outputs") or [], "outputs")),
    )


def parsed(content: str) -> dict[str, Any]:
    """The content of a document, in JSON or YAML; raises InvalidDocument."""
    try:
        found = json.loads(content)
    except ValueError:
        found = _from_yaml(content)
    if not isinstance(found, dict):
        raise InvalidDocument("The content for the document is not valid.")
    return found


def _from_yaml(content: str) -> Any:
    try:
        return _plain(yaml.safe_load(content))
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidDocument(f"YAML not well-formed. {error}") from error


def _plain(value: Any) -> Any:
    """What YAML read, as JSON has it: a date is a text."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) or hasattr(value, "isoformat") else value


# ---- parameters ---------------------------------------------------------------------------------


def _parameters(given: Any) -> dict[str, Parameter]:
    return {name: _parameter(name, said) for name, said in _map(given, "parameters").items()}


def _parameter(name: str, said: Any) -> Parameter:
    about = _map(said, name)
    kind = str(about.get("type", ""))
    if not _PARAMETER_TYPE.fullmatch(kind):
        raise InvalidDocument(f"The type {kind!r} of the parameter {name} is none.")
    pattern = str(about.get("allowedPattern", ""))
    try:
        re.compile(pattern)
    except re.error as error:
        raise InvalidDocument(f"The allowedPattern of {name} is not valid: {error}") from error
    allowed = about.get("allowedValues", [])
    if not isinstance(allowed, list):
        raise InvalidDocument(f"The allowedValues of {name} are no list.")
    limits = {each: _whole(about[each], name) for each in _LIMITS if each in about}
    return Parameter(
        name=name,
        type=kind,
        default=about.get("default"),
        allowed_values=allowed,
        allowed_pattern=pattern,
        limits=limits,
    )


_LIMITS: Final[tuple[str, ...]] = ("minChars", "maxChars", "minItems", "maxItems")


# ---- steps --------------------------------------------------------------------------------------


def _steps(given: Any) -> tuple[Step, ...]:
    if not isinstance(given, list) or not given:
        raise InvalidDocument("An Automation document has at least one step in mainSteps.")
    steps = tuple(_step(_map(each, "mainSteps")) for each in given)
    names = [each.name for each in steps]
    for name in names:
        if names.count(name) > 1:
            raise InvalidDocument(f"Duplicate step name: {name}")
    for each in steps:
        for wanted in _jumps(each):
            if wanted not in names:
                raise InvalidDocument(f"The step {each.name} goes on with {wanted}, which is no step.")
    return steps


def _step(given: Mapping[str, Any]) -> Step:
    name, action = str(given.get("name", "")), str(given.get("action", ""))
    if not _STEP_NAME.fullmatch(name):
        raise InvalidDocument(f"The name {name!r} of a step has 3 to 128 letters, digits or underscores.")
    if action not in ACTIONS:
        raise InvalidDocument(f"The action {action!r} of the step {name} is not supported.")
    unknown = sorted(given.keys() - _STEP_KEYS)
    if unknown:
        raise InvalidDocument(f"Unexpected parameter found in the step {name}: {unknown[0]}")
    timeout = given.get("timeoutSeconds")
    on_failure = _on_failure(given.get("onFailure", "Abort"), name)
    return Step(
        name=name,
        action=action,
        inputs=_map(given.get("inputs") or {}, name),
        outputs=_outputs(given.get("outputs") or [], action, name),
        on_failure=on_failure,
        on_cancel=str(given.get("onCancel", "Abort")),
        is_critical=_flag(given.get("isCritical", on_failure != "Continue"), name),
        is_end=_flag(given.get("isEnd", False), name),
        next_step=str(given.get("nextStep", "")),
        max_attempts=max(_whole(given.get("maxAttempts", 1), name), 1),
        timeout_seconds=None if timeout is None else _whole(timeout, name),
    )


def _on_failure(given: Any, name: str) -> str:
    said = str(given)
    if said in ("Abort", "Continue") or said.startswith("step:"):
        return said
    raise InvalidDocument(f"The onFailure of the step {name} is Abort, Continue or step:NAME.")


def _outputs(given: Any, action: str, name: str) -> tuple[Output, ...]:
    """Only what an API answers is selected from; a plain name is an output that the action has anyway."""
    if not isinstance(given, list):
        raise InvalidDocument(f"The outputs of the step {name} are no list.")
    if action not in ("aws:executeAwsApi", "aws:executeScript"):
        return ()
    return tuple(_output(_map(each, name), name) for each in given)


def _output(given: Mapping[str, Any], step: str) -> Output:
    kind = str(given.get("Type", "String"))
    if "Name" not in given or "Selector" not in given or kind not in TYPES:
        raise InvalidDocument(f"An output of the step {step} has a Name, a Selector and a Type of {TYPES}.")
    return Output(name=str(given["Name"]), selector=str(given["Selector"]), type=kind)


def _jumps(step: Step) -> list[str]:
    """The steps that one names to go on with."""
    named = [step.next_step] if step.next_step else []
    if step.on_failure.startswith("step:"):
        named.append(step.on_failure.removeprefix("step:"))
    if step.action == "aws:branch":
        choices = step.inputs.get("Choices")
        if not isinstance(choices, list) or not choices:
            raise InvalidDocument(f"The step {step.name} has no Choices.")
        named += [str(_map(each, step.name).get("NextStep", "")) for each in choices]
        named += [str(step.inputs["Default"])] if "Default" in step.inputs else []
    return [each for each in named if "{{" not in each]


# ---- values -------------------------------------------------------------------------------------


def _map(given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidDocument(f"{where}: an object is expected.")
    return given


def _texts(given: Any, where: str) -> list[str]:
    if not isinstance(given, list):
        raise InvalidDocument(f"{where}: a list is expected.")
    return [str(each) for each in given]


def _flag(given: Any, where: str) -> bool:
    if str(given).lower() not in ("true", "false"):
        raise InvalidDocument(f"{where}: true or false is expected, not {given!r}.")
    return str(given).lower() == "true"


def _whole(given: Any, where: str) -> int:
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError):
        raise InvalidDocument(f"{where}: a number is expected, not {given!r}.") from None

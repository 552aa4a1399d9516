"""State machines in the Amazon States Language with JSONPath: read, and refused where Step Functions refuses.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html,
https://states-language.net/spec.html, which that page names;
https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-json-query-lang (JSONata)
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.json_paths import InvalidPath, check, is_reference
from scenarios.cloud.stepfunctions.intrinsics import check as check_intrinsic

State = Mapping[str, Any]
LONGEST_NAME: Final = 80
_COMMON: Final = frozenset({"Type", "Comment", "InputPath", "OutputPath", "QueryLanguage"})
_NEXT: Final = frozenset({"Next", "End"})
_RESULT: Final = frozenset({"Parameters", "ResultSelector", "ResultPath"})
_TRIED: Final = frozenset({"Retry", "Catch"})
# What each type of state may have besides _COMMON.
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "Pass": _NEXT | {"Result", "ResultPath", "Parameters"},
    "Task": _NEXT
    | _RESULT
    | _TRIED
    | {
        *("Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
        "Credentials",
    },
    "Choice": frozenset({"Choices", "Default"}),
    "Wait": _NEXT | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Succeed": frozenset(),
    "Fail": frozenset({"Error", "ErrorPath", "Cause", "CausePath"}),
    "Parallel": _NEXT | _RESULT | _TRIED | {"Branches"},
    "Map": _NEXT
    | _RESULT
    | _TRIED
    | {
        *("ItemsPath", "ItemSelector", "ItemProcessor", "Iterator", "MaxConcurrency", "MaxConcurrencyPath"),
        *("ItemReader", "ItemBatcher", "ResultWriter", "ToleratedFailureCount", "Label"),
        *("ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    },
}
_ENDS: Final = frozenset({"Succeed", "Fail"})
_MAY_FOLLOW: Final = frozenset({"Pass", "Task", "Wait", "Parallel", "Map"})
# These belong to distributed maps, and to other accounts.
_NOT_SIMULATED: Final = (
    *("ItemReader", "ItemBatcher", "ResultWriter", "ToleratedFailureCount", "ToleratedFailureCountPath"),
    *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Credentials"),
)
_PATHS: Final = (
    "InputPath",
    "OutputPath",
    "SecondsPath",
    "TimestampPath",
    "ItemsPath",
    "ErrorPath",
    "CausePath",
)


class InvalidDefinition(ValueError):
    """Step Functions would refuse this definition. `where`: a JSON pointer."""

    def __init__(self, why: str, where: str = "/") -> None:
        super().__init__(f"SCHEMA_VALIDATION_FAILED: {why} at {where}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A state machine, or what a branch or an iteration goes through."""

    start_at: str
    states: Mapping[str, State]
    timeout_seconds: int | None = None


def read(definition: str) -> Machine:
    """A machine from its definition.

    Raises:
        InvalidDefinition: it is none.
        NotSimulated: it uses JSONata, variables or a distributed map.
    """
    try:
        content = json.loads(definition)
    except ValueError as error:
        raise InvalidDefinition(f"INVALID_JSON_DESCRIPTION: {error}") from error
    if not isinstance(content, dict):
        raise InvalidDefinition("These fields are required: [States, StartAt]")
    if content.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise NotSimulated("states", "a definition in JSONata")
    return _machine(content, "")


def machine_of(content: Mapping[str, Any]) -> Machine:
    """The machine in a branch or an item processor of a definition that was read."""
    return Machine(start_at=content["StartAt"], states=content["States"])


def _machine(content: Mapping[str, Any], where: str) -> Machine:
    states, start = content.get("States"), str(content.get("StartAt"))
    missing = [name for name in ("States", "StartAt") if name not in content]
    if missing:
        raise InvalidDefinition(f"These fields are required: [{', '.join(missing)}]", where or "/")
    if not isinstance(states, dict) or not states:
        raise InvalidDefinition("The value must be an object with at least one state", f"{where}/States")
    for name, state in states.items():
        _check_state(name, state, states, f"{where}/States/{name}")
    if start not in states:
        raise InvalidDefinition(
            f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {start}", f"{where}/StartAt"
        )
    unreached = sorted(states.keys() - _reached(start, states))
    if unreached:
        raise InvalidDefinition(
            f"MISSING_TRANSITION_TARGET: State {unreached[0]!r} is not reachable", where or "/"
        )
    timeout = content.get("TimeoutSeconds")
    if timeout is not None and (not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 1):
        raise InvalidDefinition("The value must be a positive integer", f"{where}/TimeoutSeconds")
    return Machine(start_at=start, states=states, timeout_seconds=timeout)


def _reached(start: str, states: Mapping[str, State]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for each in _targets(states[waiting.pop()]):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def _targets(state: State) -> Iterator[str]:
    """The states that one may go on with."""
    yield from (str(state[name]) for name in ("Next", "Default") if name in state)
    for name in ("Choices", "Catch"):
        yield from (str(each["Next"]) for each in state.get(name, ()) if "Next" in each)


def _check_state(name: str, state: Any, states: Mapping[str, Any], where: str) -> None:
    if len(name) > LONGEST_NAME:
        raise InvalidDefinition(f"The name of a state is at most {LONGEST_NAME} characters long", where)
    if not isinstance(state, dict):
        raise InvalidDefinition("A state must be an object", where)
    kind = str(state.get("Type"))
    if kind not in _FIELDS:
        raise InvalidDefinition(
            f"The value for the field 'Type' must be one of {sorted(_FIELDS)}", f"{where}/Type"
        )
    _check_language(state)
    unknown = sorted(state.keys() - _COMMON - _FIELDS[kind])
    fields = [each.removesuffix(".$") for each in unknown]
    if fields:
        raise InvalidDefinition(f"Field '{fields[0]}' is not supported", where)
    if kind in _MAY_FOLLOW and ("Next" in state) is (state.get("End") is True):
        raise InvalidDefinition("One of these fields is required: [Next, End]", where)
    _check_paths(state, where)
    _OF_KIND.get(kind, _nothing)(state, where)
    _check_tries(state, where)
    for target in _targets(state):
        if target not in states:
            raise InvalidDefinition(f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target}", where)


def _check_language(state: State) -> None:
    if state.get("QueryLanguage", "JSONPath") != "JSONPath" or "Arguments" in state or "Output" in state:
        raise NotSimulated("states", "a state in JSONata")
    if "Assign" in state:
        raise NotSimulated("states", "variables (Assign)")
    for name in _NOT_SIMULATED:
        if name in state:
            raise NotSimulated("states", f"{name} in a {state['Type']} state")


def _check_paths(state: State, where: str) -> None:
    for name in _PATHS:
        path = state.get(name)
        if path is not None:
            _check_path(path, f"{where}/{name}")
    result = state.get("ResultPath")
    if result is not None:
        _check_path(result, f"{where}/ResultPath")
        if not is_reference(result):
            raise InvalidDefinition("The value must be a valid Reference Path", f"{where}/ResultPath")
    for name in ("Parameters", "ResultSelector", "ItemSelector"):
        if name in state:
            _check_template(state[name], f"{where}/{name}")


def _check_path(path: Any, where: str) -> None:
    try:
        _is_path(path)
    except InvalidPath:
        raise InvalidDefinition("The value must be a valid JSONPath", where) from None


def _is_path(path: Any) -> None:
    """Raises InvalidPath for what is neither a path nor a call of an intrinsic function."""
    if not isinstance(path, str):
        raise InvalidPath(str(path))
    if path.startswith("States."):
        check_intrinsic(path)
    else:
        check(path[1:] if path.startswith("$$") else path)


def _check_template(value: Any, where: str) -> None:
    """Names that end in `.$` have a path or an intrinsic function."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name.endswith(".$"):
                if not isinstance(each, str) or not each.startswith(("$", "States.")):
                    raise InvalidDefinition("The value must be a valid JSONPath or intrinsic function", where)
                _check_path(each, f"{where}/{name}")
            else:
                _check_template(each, f"{where}/{name}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            _check_template(each, f"{where}[{place}]")


def _check_tries(state: State, where: str) -> None:
    for name in _TRIED:
        if not isinstance(state.get(name, []), list):
            raise InvalidDefinition("The value must be an array", f"{where}/{name}")
        for place, each in enumerate(state.get(name, ())):
            at = f"{where}/{name}[{place}]"
            errors = each.get("ErrorEquals") if isinstance(each, dict) else None
            if not isinstance(errors, list) or not errors:
                raise InvalidDefinition("These fields are required: [ErrorEquals]", at)
            if "States.ALL" in errors and (len(errors) > 1 or place < len(state[name]) - 1):
                raise InvalidDefinition("States.ALL must appear alone, and in the last place", at)
            if name == "Catch" and "Next" not in each:
                raise InvalidDefinition("These fields are required: [Next]", at)
            if "Assign" in each or "Output" in each:
                raise NotSimulated("states", "variables (Assign), or JSONata, in a catcher")


# ---- types of states ------------------------------------------------------------------------------


def _nothing(_state: State, _where: str) -> None:
    return None


def _task(state: State, where: str) -> None:
    resource = state.get("Resource")
    if not isinstance(resource, str):
        raise InvalidDefinition("These fields are required: [Resource]", where)
    if not resource.startswith("arn:"):
        raise InvalidDefinition(
            f"INVALID_RESOURCE: The resource provided '{resource}' is not recognized. The value is not a "
            "valid resource ARN, or the resource is not available in this region.",
            f"{where}/Resource",
        )


def _choice(state: State, where: str) -> None:
    choices = state.get("Choices")
    if not isinstance(choices, list) or not choices:
        raise InvalidDefinition("These fields are required: [Choices]", where)
    for place, each in enumerate(choices):
        if not isinstance(each, dict) or "Next" not in each:
            raise InvalidDefinition("These fields are required: [Next]", f"{where}/Choices[{place}]")
        _check_language({"Type": "Choice", **each})
        _rule(each, f"{where}/Choices[{place}]")


def _rule(rule: Any, where: str) -> None:
    if not isinstance(rule, dict):
        raise InvalidDefinition("A choice rule must be an object", where)
    joined = [name for name in ("And", "Or", "Not") if name in rule]
    if joined:
        within = [rule["Not"]] if joined[0] == "Not" else rule[joined[0]]
        if not isinstance(within, list) or not within:
            raise InvalidDefinition(
                "The value must be an array with at least one rule", f"{where}/{joined[0]}"
            )
        for each in within:
            _rule(each, f"{where}/{joined[0]}")
        return
    if "Variable" not in rule:
        raise InvalidDefinition("These fields are required: [Variable]", where)
    _check_path(rule["Variable"], f"{where}/Variable")


def _wait(state: State, where: str) -> None:
    given = [each for each in ("Seconds", "SecondsPath", "Timestamp", "TimestampPath") if each in state]
    if len(given) != 1:
        raise InvalidDefinition(
            "Exactly one of Seconds, SecondsPath, Timestamp, TimestampPath is required", where
        )
    seconds = state.get("Seconds", 0)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 0:
        raise InvalidDefinition("The value must be a non-negative integer", f"{where}/Seconds")
    if "Timestamp" in state and moment_of(state["Timestamp"]) is None:
        raise InvalidDefinition("The value must be a valid timestamp", f"{where}/Timestamp")


def moment_of(text: Any) -> datetime | None:
    """A timestamp of RFC 3339, with a zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) and "T" in text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _parallel(state: State, where: str) -> None:
    branches = state.get("Branches")
    if not isinstance(branches, list) or not branches:
        raise InvalidDefinition("These fields are required: [Branches]", where)
    for place, each in enumerate(branches):
        _inner(each, f"{where}/Branches[{place}]")


def _map(state: State, where: str) -> None:
    name = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    if name not in state:
        raise InvalidDefinition("These fields are required: [ItemProcessor]", where)
    processor = state[name]
    _inner(processor, f"{where}/{name}")
    if processor.get("ProcessorConfig", {}).get("Mode", "INLINE") != "INLINE":
        raise NotSimulated("states", "a distributed Map state")


def _inner(content: Any, where: str) -> None:
    if not isinstance(content, dict):
        raise InvalidDefinition("The value must be an object", where)
    _machine(content, where)


_OF_KIND: Final[Mapping[str, Callable[[State, str], None]]] = {
    "Task": _task,
    "Choice": _choice,
    "Wait": _wait,
    "Parallel": _parallel,
    "Map": _map,
}

"""Choice rules.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from scenarios.cloud.kernel.json_paths import InvalidPath, NothingThere
from scenarios.cloud.stepfunctions.definitions import moment_of
from scenarios.cloud.stepfunctions.errors import runtime
from scenarios.cloud.stepfunctions.payloads import Scope

_ORDER: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
_COMPARED = re.compile(r"(String|Numeric|Boolean|Timestamp)(Equals|(?:Less|Greater)Than(?:Equals)?)(Path)?")
_IS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: moment_of(value) is not None,
}
_OTHER: Final = frozenset({"Variable", "Next", "Comment"})


def chosen(state: Mapping[str, Any], scope: Scope) -> str | None:
    """The state that the first rule that holds leads to, else the default; None where there is none.

    Raises StateError: States.Runtime where a rule compares what isn't there.
    """
    for rule in state["Choices"]:
        if _holds(rule, scope):
            return str(rule["Next"])
    return state.get("Default")


def _holds(rule: Mapping[str, Any], scope: Scope) -> bool:
    if "Not" in rule:
        return not _holds(rule["Not"], scope)
    joined = next((name for name in ("And", "Or") if name in rule), "")
    if joined:
        return (all if joined == "And" else any)(_holds(each, scope) for each in rule[joined])
    return _one(rule, scope)


def _one(rule: Mapping[str, Any], scope: Scope) -> bool:
    sign = next((name for name in rule if name not in _OTHER), "")
    variable = rule["Variable"]
    if sign == "IsPresent":
        return _is_there(variable, scope) is rule[sign]
    value = _looked_up(variable, scope)
    if sign in _IS:
        return _IS[sign](value) is rule[sign]
    if sign == "StringMatches":
        return isinstance(value, str) and _pattern(rule[sign]).fullmatch(value) is not None
    found = _COMPARED.fullmatch(sign)
    if found is None:
        raise runtime(f"The choice rule has no operator that there is: {sign or 'none'}")
    wanted = _looked_up(rule[sign], scope) if found[3] else rule[sign]
    return _compared(found[1], _ORDER[found[2]], value, wanted)


def _is_there(path: str, scope: Scope) -> bool:
    try:
        scope.at(path)
    except NothingThere:
        return False
    return True


def _looked_up(path: str, scope: Scope) -> Any:
    try:
        return scope.at(path)
    except (NothingThere, InvalidPath) as error:
        raise runtime(
            f"Invalid path '{path}': The choice state's condition path references an invalid value."
        ) from error


def _compared(kind: str, order: Callable[[Any, Any], bool], value: Any, wanted: Any) -> bool:
    """Values of another kind than the operator's never match."""
    if kind == "Timestamp":
        value, wanted = moment_of(value), moment_of(wanted)
        return value is not None and wanted is not None and order(value, wanted)
    is_one = _IS[f"Is{kind}"]
    return is_one(value) and is_one(wanted) and order(value, wanted)


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    r"""A `*` stands for any characters, `\*` for itself."""
    parts = re.split(r"(?<!\\)\*", text)
    return re.compile(
        ".*".join(re.escape(part.replace("\\*", "*").replace("\\\\", "\\")) for part in parts), re.DOTALL
    )

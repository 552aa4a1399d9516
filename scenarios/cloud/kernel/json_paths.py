"""JSONPath, as Systems Manager and Step Functions take it.

    >>> found = {"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]}
    >>> select("$.Reservations[0].Instances[0].InstanceId", found)
    'i-1'
    >>> select("$.Reservations[*].Instances[*].InstanceId", found)
    ['i-1']

A definite path finds one thing, and raises NothingThere where there is none. One with `*`, `..`, a slice, a
filter or several names is indefinite: it finds a list, which may be empty.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html and the
implementation that its page names, https://github.com/json-path/JsonPath
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from scenarios.cloud.kernel.errors import NotSimulated

Step = Callable[[Any], Iterator[Any]]
"""From one value to those below it."""


class InvalidPath(ValueError):
    """It is no JSONPath."""

    def __init__(self, path: str) -> None:
        super().__init__(f"Invalid path '{path}'")


class NothingThere(LookupError):
    """A definite path that leads nowhere."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"No results for path: {path}")


def select(path: str, document: Any) -> Any:
    """What a path finds in a document.

    Raises:
        InvalidPath: it is none.
        NothingThere: a definite path leads nowhere.
        NotSimulated: it calls a function of the path language, such as `.length()`.
    """
    steps, definite = _read(path)
    found = [document]
    for step in steps:
        found = [each for value in found for each in step(value)]
    if not definite:
        return found
    if not found:
        raise NothingThere(path)
    return found[0]


def check(path: str) -> None:
    """Raises InvalidPath for what is none."""
    _read(path)


def is_reference(path: str) -> bool:
    """Whether it is a reference path: it may only lead to one place.

    https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html#amazon-states-language-reference-paths
    """
    return _read(path)[1]


def put(path: str, value: Any, document: Any) -> Any:
    """A copy of a document with a value at a reference path; objects on the way are made where they lack.

    Raises:
        InvalidPath: it is no reference path.
        NothingThere: something on the way is no object, or no list that has the place.
    """
    steps = _names(path)
    return _with(document, steps, value, path)


def _with(document: Any, steps: list[str | int], value: Any, path: str) -> Any:
    if not steps:
        return value
    first, rest = steps[0], steps[1:]
    if isinstance(first, int):
        if not isinstance(document, list) or not -len(document) <= first < len(document):
            raise NothingThere(path)
        changed = list(document)
        changed[first] = _with(document[first], rest, value, path)
        return changed
    if not isinstance(document, Mapping):
        raise NothingThere(path)
    return {**document, first: _with(document.get(first, {}), rest, value, path)}


# ---- reading ------------------------------------------------------------------------------------

_NAME = r"[^\s.\[\]()'\"*?@,:{}$]+"
_QUOTED_NAME = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_TOKEN = re.compile(
    rf"""
    (?P<deep>\.\.)(?P<deepname>{_NAME}|\*)?
    | \.(?P<function>\w+)\(\)
    | \.(?P<name>{_NAME})
    | \.(?P<star>\*)
    | \[\s*(?P<allstar>\*)\s*\]
    | \[\s*(?P<index>-?\d+)\s*\]
    | \[\s*(?P<slice>-?\d*\s*:\s*-?\d*)\s*\]
    | \[\s*(?P<names>{_QUOTED_NAME}(?:\s*,\s*{_QUOTED_NAME})*)\s*\]
    | \[\s*(?P<indices>-?\d+(?:\s*,\s*-?\d+)+)\s*\]
    | \[\s*\?\s*\((?P<filter>(?:[^()']|'[^']*')*)\)\s*\]
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


@lru_cache(maxsize=1024)
def _read(path: str) -> tuple[tuple[Step, ...], bool]:
    if not path.startswith("$"):
        raise InvalidPath(path)
    steps: list[Step] = []
    definite, at = True, 1
    while at < len(path):
        found = _TOKEN.match(path, at)
        if found is None or found["function"] is not None:
            if found is not None:
                raise NotSimulated("states", f"the function {found['function']}() in the path {path}")
            raise InvalidPath(path)
        step, one = _step(found, path)
        steps.append(step)
        definite = definite and one
        at = found.end()
    return tuple(steps), definite


@lru_cache(maxsize=1024)
def _names(path: str) -> list[str | int]:
    """The names and places that a reference path leads through."""
    steps: list[str | int] = []
    if not is_reference(path):
        raise InvalidPath(path)
    for found in _TOKEN.finditer(path, 1):
        if found["index"] is not None:
            steps.append(int(found["index"]))
        else:
            steps.append(found["name"] or _unquoted(found["names"])[0])
    return steps


def _unquoted(text: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", one or other) for one, other in _QUOTED.findall(text)]


def _step(found: re.Match[str], path: str) -> tuple[Step, bool]:
    """The step that a token stands for, and whether it leads to one place at most."""
    kind = str(found.lastgroup)
    if kind == "names":
        names = _unquoted(found["names"])
        return (_member(names[0]), True) if len(names) == 1 else (_members(names), False)
    if kind in ("name", "index"):
        return (_member(found["name"]) if kind == "name" else _item(int(found["index"]))), True
    if kind in ("deep", "deepname"):
        return _deep(found["deepname"]), False
    if kind == "slice":
        begin, end = (int(each) if each.strip() else None for each in found["slice"].split(":"))
        return _slice(begin, end), False
    if kind == "filter":
        return _filtered(_condition(found["filter"], path)), False
    several = kind == "indices"
    return (_items([int(each) for each in found["indices"].split(",")]) if several else _below), False


def _member(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, Mapping) and name in value:
            yield value[name]

    return step


def _members(names: list[str]) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, Mapping):
            yield from (value[name] for name in names if name in value)

    return step


def _item(index: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield value[index]

    return step


def _items(indices: list[int]) -> Step:
    every = [_item(index) for index in indices]

    def step(value: Any) -> Iterator[Any]:
        for each in every:
            yield from each(value)

    return step


def _slice(begin: int | None, end: int | None) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            yield from value[begin:end]

    return step


def _below(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _deep(name: str | None) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if name is None:
            yield value
        elif name == "*":
            yield from _below(value)
        elif isinstance(value, Mapping) and name in value:
            yield value[name]
        for below in _below(value):
            yield from step(below)

    return step


# ---- filters ------------------------------------------------------------------------------------

_COMPARISON = re.compile(
    r"""\s*@(?P<path>[^\s=!<>&|]*)\s*(?:(?P<sign>==|!=|<=|>=|<|>)\s*(?P<value>'[^']*'|"[^"]*"|[\w.+-]+))?\s*"""
)
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: one == other and isinstance(one, bool) is isinstance(other, bool),
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_Condition = Callable[[Any], bool]


def _condition(text: str, path: str) -> _Condition:
    """`@.a == 'x' && @.b > 3 || @.c`."""
    either = [[_comparison(each, path) for each in part.split("&&")] for part in text.split("||")]
    return lambda value: any(all(each(value) for each in both) for both in either)


def _comparison(text: str, path: str) -> _Condition:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise InvalidPath(path)
    inner, sign = f"${found['path']}", found["sign"]
    check(inner)
    wanted = _literal(found["value"], path) if sign else None

    def holds(value: Any) -> bool:
        try:
            given = select(inner, value)
        except NothingThere:
            return False
        try:
            return sign is None or _COMPARED[sign](given, wanted)
        except TypeError:  # of different kinds: neither is greater
            return False

    return holds


def _literal(text: str, path: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidPath(path) from None


def _filtered(condition: _Condition) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list | Mapping):
            yield from (each for each in _below(value) if condition(each))

    return step

"""Paths into a call's parameters, as the services' tables write them; see `rows`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_STEP = re.compile(r"(?P<name>\w+)(?:(?P<keys>\{\})|(?P<each>\[(?P<sign>[+-]?)(?P<needs>\w*)\]))?")


def walk(path: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
    """What a path of a table finds: None for what is absent; nothing for an absent list or map."""
    head, _, rest = path.partition(".")
    step = _STEP.fullmatch(head)
    if not step:
        raise ValueError(f"no path of an action table: {path}")
    for value in _step(step, parameters.get(step["name"]) if isinstance(parameters, Mapping) else None):
        if not rest:
            yield value
        elif value is not None:
            yield from walk(rest, value)


def _step(step: re.Match[str], value: Any) -> Iterator[Any]:
    if step["keys"]:
        yield from value or ()
    elif step["each"]:
        wanted = {"+": True, "-": False}.get(step["sign"])
        for entry in value or ():
            if wanted is None or bool(entry.get(step["needs"])) is wanted:
                yield entry
    else:
        yield value

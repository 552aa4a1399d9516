"""The texts in what a call is given or answered: names of members, and flags that are written as texts."""

from collections.abc import Iterator, Mapping
from typing import Any


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a call's parameters or answer, however deep; names of members are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_of(each)


def lowered(name: str) -> str:
    """The name with a small first letter, and no other change: `sSESpecification`."""
    return name[:1].lower() + name[1:]


def with_lowered_names(value: Any) -> Any:
    """The same with all names of members lowered: a template's `FunctionArn` is an API's `functionArn`."""
    if isinstance(value, Mapping):
        return {lowered(name): with_lowered_names(each) for name, each in value.items()}
    return [with_lowered_names(each) for each in value] if isinstance(value, list | tuple) else value


def is_true(value: Any) -> bool:
    """A flag that may be written as a text: `true`, `"true"`, `"True"`."""
    return str(value).lower() == "true"

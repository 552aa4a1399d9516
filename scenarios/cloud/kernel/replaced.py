"""Attributes of other people's modules and classes, replaced for a while."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

_INHERITED = object()


@contextmanager
def replaced(those: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Inside, each owner has this value by this name; afterwards what it had, or inherited."""
    kept: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, value in those:
            own = vars(owner)
            if name in own:
                kept.append((owner, name, own[name]))
            elif isinstance(owner, FunctionType):  # which has `__defaults__` and the like elsewhere
                kept.append((owner, name, getattr(owner, name)))
            else:
                kept.append((owner, name, _INHERITED))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(kept):
            if value is _INHERITED:
                delattr(owner, name)
            else:
                setattr(owner, name, value)

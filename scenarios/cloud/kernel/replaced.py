"""Attributes of other people's modules and classes, replaced for a while."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import FunctionType
from typing import Any


@contextmanager
def replaced(those: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Inside, each owner has this value by this name; afterwards what it had, or inherited."""
    with ExitStack() as leaving:
        for owner, name, value in those:
            own = vars(owner)
            if name in own:
                leaving.callback(setattr, owner, name, own[name])
            elif isinstance(owner, FunctionType):  # which has `__defaults__` and the like elsewhere
                leaving.callback(setattr, owner, name, getattr(owner, name))
            else:
                leaving.callback(delattr, owner, name)
            setattr(owner, name, value)
        yield

"""A function as the compiler needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """`call` takes from `least` to `most` values. `of_structures`: maps and lists come as they are."""

    call: Callable[..., Any]
    least: int
    most: int
    of_structures: bool = False

"""The laws of one world: their registration, their hooks while the world is entered, and their start.

A service registers its laws (`register(setting)`), in an order that puts each behind those it builds on; what
it hands to others goes through `Deliveries`, which knows no order.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TypeVar

from scenarios.cloud.kernel.errors import WorldError
from scenarios.cloud.kernel.stack import Stack

Law = TypeVar("Law")
Begin = Callable[[Sequence[Stack]], object]


class Laws:
    """Each law under its own class."""

    def __init__(self) -> None:
        self._laws: dict[type[Any], Any] = {}
        self._begin: list[Begin] = []
        self._look_again: list[Begin] = []
        self._contexts: list[AbstractContextManager[object]] = []

    def add(self, law: Law) -> Law:
        """Let others find a law."""
        self._laws[type(law)] = law
        return law

    def __getitem__(self, kind: type[Law]) -> Law:
        """The law of a class; raises WorldError where none was registered before."""
        try:
            law: Law = self._laws[kind]
        except KeyError:
            raise WorldError(
                f"{kind.__name__} is asked for, and its service registers later, or never"
            ) from None
        return law

    def when_entered(self, begin: Begin) -> None:
        """Have something begin as the world is entered; it is given the stacks that were provisioned."""
        self._begin.append(begin)

    def when_stacks_change(self, look_again: Begin) -> None:
        """Have something read the stacks: as the world is entered, and whenever they change after that."""
        self._begin.append(look_again)
        self._look_again.append(look_again)

    def stacks_are(self, stacks: Sequence[Stack]) -> None:
        """The stacks changed; these are there now."""
        for look_again in self._look_again:
            look_again(stacks)

    def meanwhile(self, context: AbstractContextManager[object]) -> None:
        """Keep a context manager, such as a hook, entered for as long as the world is."""
        self._contexts.append(context)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Enter everything that `meanwhile` was given."""
        with ExitStack() as leaving:
            for context in self._contexts:
                leaving.enter_context(context)
            yield

    def begin(self, stacks: Sequence[Stack]) -> None:
        """Begin, in the order of registration."""
        for begin in self._begin:
            begin(stacks)

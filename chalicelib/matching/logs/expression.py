"""Conditions, of any kind, joined by ``&&``, ``||`` and parentheses.

``&&`` binds closer than ``||``, as AWS documents. There is no negation.

Source, under compound expressions:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from chalicelib.matching.logs.scanner import Scanner

Leaf = TypeVar("Leaf")
Subject = TypeVar("Subject")
MAX_DEPTH = 100
_WORDS = {"and": "&&", "or": "||"}


@dataclass(frozen=True, slots=True)
class All(Generic[Leaf]):
    """Holds when every part does."""

    parts: tuple["Expression[Leaf]", ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Generic[Leaf]):
    """Holds when one part does."""

    parts: tuple["Expression[Leaf]", ...]


Expression: TypeAlias = All[Leaf] | AnyOf[Leaf] | Leaf


class ExpressionReader(Generic[Leaf]):
    """Reads an expression from a scanner, and leaves the scanner behind it.

    Args:
        scanner: Stands where the expression starts.
        read_leaf: Reads one condition.
    """

    def __init__(self, scanner: Scanner, read_leaf: Callable[[Scanner], Leaf]) -> None:
        self._scanner = scanner
        self._read_leaf = read_leaf
        self._depth = 0

    def read(self) -> Expression[Leaf]:
        """The expression up to the first thing that can not belong to it."""
        parts = [self._conjunction()]
        while self._scanner.take("||"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _conjunction(self) -> Expression[Leaf]:
        parts = [self._operand()]
        while self._scanner.take("&&"):
            parts.append(self._operand())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _operand(self) -> Expression[Leaf]:
        scanner = self._scanner
        if scanner.next_is("!") or (
            scanner.word().upper() == "NOT" and scanner.next_is("NOT (", "NOT(", "not (")
        ):
            raise scanner.refuse(
                "Filter patterns have no negation: invert each condition, with != or NOT EXISTS"
            )
        opened = scanner.position
        if not scanner.take("("):
            leaf = self._read_leaf(scanner)
            self._refuse_foreign_joints()
            return leaf
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise scanner.refuse(f"More than {MAX_DEPTH} nested parentheses", opened)
        inner = self.read()
        self._depth -= 1
        if not scanner.take(")"):
            if scanner.next_is("}", "]") or not scanner.peek():
                raise scanner.refuse("A parenthesis that was opened is not closed by )", opened)
            raise scanner.refuse("Join conditions with && or ||")
        self._refuse_foreign_joints()
        return inner

    def _refuse_foreign_joints(self) -> None:
        scanner = self._scanner
        word = scanner.word()
        if word.lower() in _WORDS:
            raise scanner.refuse(f"Join conditions with {_WORDS[word.lower()]}, not with {word}")
        if scanner.next_is("&", "|") and not scanner.next_is("&&", "||"):
            raise scanner.refuse(f"Join conditions with {scanner.peek() * 2}, not with {scanner.peek()}")


def leaves(expression: Expression[Leaf]) -> Iterator[Leaf]:
    """Every condition, in the order of the pattern."""
    if isinstance(expression, All | AnyOf):
        for part in expression.parts:
            yield from leaves(part)
    else:
        yield expression


def compiled(
    expression: Expression[Leaf], compile_leaf: Callable[[Leaf], Callable[[Subject], bool]]
) -> Callable[[Subject], bool]:
    """One function for the whole expression; it asks no condition more than it needs."""
    if not isinstance(expression, All | AnyOf):
        return compile_leaf(expression)
    tests = tuple(compiled(part, compile_leaf) for part in expression.parts)
    if isinstance(expression, All):

        def all_hold(subject: Subject) -> bool:
            for test in tests:  # noqa: SIM110 - a generator for all() costs more than most conditions
                if not test(subject):
                    return False
            return True

        return all_hold

    def any_holds(subject: Subject) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(subject):
                return True
        return False

    return any_holds


def failing(expression: Expression[Leaf], holds: Callable[[Leaf], bool]) -> tuple[Leaf, ...]:
    """The conditions to blame when the expression does not hold, and none when it does."""
    if isinstance(expression, All):
        return tuple(leaf for part in expression.parts for leaf in failing(part, holds))
    if isinstance(expression, AnyOf):
        blamed = [failing(part, holds) for part in expression.parts]
        return tuple(leaf for part in blamed for leaf in part) if all(blamed) else ()
    return () if holds(expression) else (expression,)

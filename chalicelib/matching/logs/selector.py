"""Property selectors of JSON filter patterns: ``$.user.type``, ``$.users[0].id``, ``$.['x.y']``, ``$.a[*]``.

Names are letters, digits, ``-`` and ``_``; any other name must be in brackets and quotes. A selector has one
wildcard at most: ``[*]`` or ``.*``, any element of an array or any field of an object.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.matching.logs.scanner import NAME, Scanner

_DIGITS: Final = frozenset("0123456789")
_MAX_INDEX_DIGITS: Final = 9


class _Missing:
    """The one value of MISSING."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class _Wildcard:
    """The one value of WILDCARD."""

    __slots__ = ()


WILDCARD: Final = _Wildcard()
PathStep = str | int | _Wildcard


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A way into a JSON document.

    Attributes:
        text: As the pattern writes it.
        steps: A name for an object's field, an index for an array's element, or WILDCARD.
    """

    text: str
    steps: tuple[PathStep, ...]

    @property
    def has_wildcard(self) -> bool:
        """Whether it may lead to several values."""
        return WILDCARD in self.steps

    def find(self, document: Any) -> Iterator[Any]:
        """Every value it leads to, in the document's order; none when there is no such field."""
        found = [document]
        for step in self.steps:
            if step is WILDCARD:
                found = [element for value in found for element in _elements(value)]
            else:
                found = [below for value in found if (below := _step(value, step)) is not MISSING]
        return iter(found)

    def reader(self) -> Callable[[dict[str, Any]], Any]:
        """A function from a document to the one value, or MISSING; for selectors without a wildcard."""
        steps = self.steps
        if len(steps) == 1 and isinstance(steps[0], str):
            name = steps[0]
            return lambda document: document.get(name, MISSING)

        def read(document: dict[str, Any]) -> Any:
            value: Any = document
            for step in steps:
                value = _step(value, step)
            return value

        return read


def _step(value: Any, step: PathStep) -> Any:
    if type(step) is str:
        return value.get(step, MISSING) if type(value) is dict else MISSING
    if type(step) is int and type(value) is list and step < len(value):
        return value[step]
    return MISSING


def _elements(value: Any) -> Iterable[Any]:
    if type(value) is list:
        return value
    return value.values() if type(value) is dict else ()


def read_selector(scanner: Scanner) -> Selector:
    """Step over a selector.

    Raises:
        InvalidPattern: It does not start with ``$.``, or has something in it that AWS does not allow.
    """
    scanner.skip_blanks()
    start = scanner.position
    if not scanner.take("$."):
        raise _no_root(scanner)
    steps = [_first_step(scanner)]
    while True:
        if scanner.peek() == "[":
            steps.append(_bracket(scanner))
        elif scanner.peek() == ".":
            scanner.position += 1
            steps.append(_first_step(scanner))
        else:
            break
    text = scanner.text[start : scanner.position]
    if scanner.peek() and scanner.peek() not in " \t\r\n=!<>&|()}:~,":
        raise _bad_name(scanner, text)
    if steps.count(WILDCARD) > 1:
        raise scanner.refuse("A selector has at most one wildcard", start)
    return Selector(text=text, steps=tuple(steps))


def _no_root(scanner: Scanner) -> Exception:
    word = scanner.word()
    if word.upper() == "NOT":
        return scanner.refuse(
            "Filter patterns have no negation: invert each condition, with != or NOT EXISTS"
        )
    if scanner.next_is("$["):
        return scanner.refuse("A selector starts with $. and a bracket follows: $.['name']")
    if scanner.next_is("$"):
        scanner.position += 1
        name = scanner.word()
        scanner.position -= 1
        return scanner.refuse(f"A selector starts with $. (dollar sign and period): write $.{name}")
    if scanner.next_is('"'):
        return scanner.refuse('A selector starts with $. and has no quotes: { $.eventName = "ConsoleLogin" }')
    if word or scanner.next_is("."):
        start = scanner.position
        name = scanner.run(NAME | {"."}).removeprefix(".")
        return scanner.refuse(
            f"A condition starts with a selector, and a selector starts with $. : write $.{name} = ...", start
        )
    return scanner.refuse("A condition must follow here; it starts with a selector such as $.eventName")


def _bad_name(scanner: Scanner, text: str) -> Exception:
    char = scanner.peek()
    return scanner.refuse(
        f"Invalid character(s) in term '{char}': a selector's name has letters, digits, - and _ ;"
        f" any other name must be in brackets, as in $.['a{char}b'] (after {text})"
    )


def _first_step(scanner: Scanner) -> PathStep:
    char = scanner.peek()
    if char == "[":
        return _bracket(scanner)
    if char == "*":
        scanner.position += 1
        return WILDCARD
    name = scanner.run(NAME)
    if not name:
        raise scanner.refuse("A name must follow the period; a name in brackets is written $.['x.y']")
    return name


def _bracket(scanner: Scanner) -> PathStep:
    opened = scanner.position
    scanner.position += 1
    char = scanner.peek()
    step: PathStep
    if char in ("'", '"') and char:
        step = scanner.quoted(char)
    elif char == "*":
        scanner.position += 1
        step = WILDCARD
    else:
        digits = scanner.run(_DIGITS)
        if not digits or len(digits) > _MAX_INDEX_DIGITS:
            raise scanner.refuse("Brackets hold an index from 0, a * or a name in quotes", opened)
        step = int(digits)
    if scanner.peek() != "]":
        raise scanner.refuse("A bracket that was opened is not closed by ]", opened)
    scanner.position += 1
    return step

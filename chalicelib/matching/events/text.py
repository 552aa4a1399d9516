"""The JSON of an event pattern, each value with its place in the text.

The standard parser drops places and repeated keys. Both matter here: a refusal names the character
to look at, and of two equal keys EventBridge lets the last array win while it merges two objects. So a
pattern is read by this small parser (RFC 8259) into `Scalar`, `Array` and `Object`; a pattern that is given
as a mapping becomes the same tree, without places.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

from chalicelib.matching.errors import InvalidPattern

MAX_DEPTH = 200  # far beyond any event; keeps a pattern of brackets from exhausting the stack
_MAX_NUMBER_LENGTH = 1000  # as AWS's own parser (Jackson) has it

_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_WORDS = (("true", True), ("false", False), ("null", None))


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, number, true, false or null; `text` is how a number was written."""

    value: str | float | bool | None
    position: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Array:
    """The items in their order."""

    items: tuple["Node", ...]
    position: int | None


@dataclass(frozen=True, slots=True)
class Member:
    """One key of an object with its value; keys may repeat."""

    key: str
    position: int | None
    node: "Node"


@dataclass(frozen=True, slots=True)
class Object:
    """The members in their order, repeated keys included."""

    members: tuple[Member, ...]
    position: int | None


Node = Scalar | Array | Object


def read_pattern(pattern: object) -> Node:
    """Return the tree of a pattern given as JSON text or as a mapping.

    Raises:
        InvalidPattern: The text isn't JSON, or the mapping holds what JSON can't.
    """
    return _Reader(pattern).whole() if isinstance(pattern, str) else _from_value(pattern, "the pattern", 0)


def _from_value(value: object, where: str, depth: int) -> Node:
    """Return the node of a Python value: mappings, lists, tuples, strings, numbers, booleans, None."""
    if depth > MAX_DEPTH:
        raise InvalidPattern(f"Nested more than {MAX_DEPTH} levels deep", where=where)
    if isinstance(value, Mapping):
        return Object(tuple(_from_member(key, item, where, depth) for key, item in value.items()), None)
    if isinstance(value, (list, tuple)):
        return Array(tuple(_from_value(item, where, depth + 1) for item in value), None)
    if isinstance(value, str):
        return Scalar(str(value), None, "")
    if value is None or isinstance(value, bool):
        return Scalar(value, None, "")
    if isinstance(value, (int, float)) and not isnan(value):  # infinity is how Python reads 1e400
        if isinstance(value, int) and value.bit_length() > 3 * _MAX_NUMBER_LENGTH:
            raise InvalidPattern(f"A number has more than {_MAX_NUMBER_LENGTH} characters", where=where)
        return Scalar(value, None, repr(value))
    raise InvalidPattern(f"{type(value).__name__} is not a JSON value", where=where)


def _from_member(key: object, value: object, where: str, depth: int) -> Member:
    if not isinstance(key, str):
        raise InvalidPattern(f"The key {key!r} is not a string", where=where)
    return Member(key, None, _from_value(value, f'"{key}"', depth + 1))


class _Reader:
    """One pass over a pattern's text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Node:
        """Read one value and nothing after it."""
        node = self._value(0)
        self._skip_blank()
        if self._at < len(self._text):
            raise self._refusal("Not JSON: nothing may follow the pattern")
        return node

    def _value(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._refusal(f"Nested more than {MAX_DEPTH} levels deep")
        self._skip_blank()
        start = self._at
        match self._text[start : start + 1]:
            case "{":
                return Object(self._members(depth), start)
            case "[":
                return Array(self._items(depth), start)
            case '"':
                return Scalar(self._string(), start, "")
            case _:
                return self._number_or_word()

    def _members(self, depth: int) -> tuple[Member, ...]:
        self._at += 1
        members: list[Member] = []
        while not self._closes("}", first=not members):
            start = self._at
            key = self._string()
            self._skip_blank()
            self._expect(":")
            members.append(Member(key, start, self._value(depth + 1)))
        return tuple(members)

    def _items(self, depth: int) -> tuple[Node, ...]:
        self._at += 1
        items: list[Node] = []
        while not self._closes("]", first=not items):
            items.append(self._value(depth + 1))
        return tuple(items)

    def _closes(self, bracket: str, *, first: bool) -> bool:
        """Step over the closing bracket, or over the comma that goes between two entries."""
        self._skip_blank()
        if self._text.startswith(bracket, self._at):
            self._at += 1
            return True
        if not first:
            self._expect(",", bracket)
            self._skip_blank()
        return False

    def _expect(self, *characters: str) -> None:
        if not self._text.startswith(characters[0], self._at):
            wanted = " or ".join(f"'{character}'" for character in characters)
            raise self._refusal(f"Not JSON: expected {wanted}")
        self._at += 1

    def _string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            quoted = self._text.startswith('"', self._at)
            reason = (
                "this string is not closed or badly escaped"
                if quoted
                else "expected a string in double quotes"
            )
            raise self._refusal(f"Not JSON: {reason}")
        self._at = found.end()
        return str(json.loads(found[0]))

    def _number_or_word(self) -> Scalar:
        start = self._at
        for word, value in _WORDS:
            if self._text.startswith(word, start):
                self._at += len(word)
                return Scalar(value, start, word)
        found = _NUMBER.match(self._text, start)
        if found is None:
            raise self._refusal("Not JSON: expected a value")
        if len(found[0]) > _MAX_NUMBER_LENGTH:
            raise self._refusal(f"A number has more than {_MAX_NUMBER_LENGTH} characters")
        self._at = found.end()
        whole = found[1] is None and found[2] is None
        return Scalar(int(found[0]) if whole else float(found[0]), start, found[0])

    def _skip_blank(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at

    def _refusal(self, reason: str) -> InvalidPattern:
        line = self._text.count("\n", 0, self._at) + 1
        column = self._at - (self._text.rfind("\n", 0, self._at) + 1) + 1
        return InvalidPattern(reason, where=f"line {line}, column {column}", position=self._at)

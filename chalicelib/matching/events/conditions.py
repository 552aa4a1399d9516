"""The conditions of an event pattern on one value.

A leaf of a pattern is an array of alternatives: `Alternatives` holds the literal ones in sets and everything
else as conditions. Each condition is a small frozen value, so that equal ones of many rules are asked once.
Values are JSON scalars: strings, numbers, true, false, null; arrays are taken apart before they come here.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Protocol

_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
IPV4_BITS = 32
IPV6_BITS = 128


class Condition(Protocol):
    """One question about a scalar that is there."""

    def accepts(self, value: object) -> bool:
        """Say whether the value meets the condition; a value of another type than asked for does not."""
        ...


@dataclass(frozen=True, slots=True)
class Prefix:
    """A string that begins with the text."""

    text: str

    def accepts(self, value: object) -> bool:
        """Say whether the value is such a string."""
        return isinstance(value, str) and value.startswith(self.text)

    def __str__(self) -> str:
        return f"a string that begins with {self.text!r}"


@dataclass(frozen=True, slots=True)
class Suffix:
    """A string that ends with the text."""

    text: str

    def accepts(self, value: object) -> bool:
        """Say whether the value is such a string."""
        return isinstance(value, str) and value.endswith(self.text)

    def __str__(self) -> str:
        return f"a string that ends with {self.text!r}"


@dataclass(frozen=True, slots=True)
class AnyCase:
    """A string equal to the text when upper and lower case don't count."""

    text: str
    letters: re.Pattern[str]

    def accepts(self, value: object) -> bool:
        """Say whether the value is such a string."""
        return isinstance(value, str) and self.letters.fullmatch(value) is not None

    def __str__(self) -> str:
        return f"{self.text!r} in any case"


@dataclass(frozen=True, slots=True)
class AnyCasePrefix:
    """A string that begins with the text in any case."""

    text: str
    letters: re.Pattern[str]

    def accepts(self, value: object) -> bool:
        """Say whether the value is such a string."""
        return isinstance(value, str) and self.letters.match(value) is not None

    def __str__(self) -> str:
        return f"a string that begins with {self.text!r} in any case"


@dataclass(frozen=True, slots=True)
class AnyCaseSuffix:
    """A string that ends with the text in any case; `letters` match it read backwards."""

    text: str
    letters: re.Pattern[str]

    def accepts(self, value: object) -> bool:
        """Say whether the value is such a string."""
        return isinstance(value, str) and self.letters.match(value[::-1]) is not None

    def __str__(self) -> str:
        return f"a string that ends with {self.text!r} in any case"


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A string made of the pieces in their order, with anything between them."""

    text: str
    pieces: tuple[str, ...]

    def accepts(self, value: object) -> bool:
        """Say whether the value is such a string.

        Taking the leftmost place of each piece is always right, because it leaves the most room for the rest.
        So nothing is tried twice: one search for each piece, each beginning where the last one ended.
        """
        if not isinstance(value, str):
            return False
        first, last = self.pieces[0], self.pieces[-1]
        if len(self.pieces) == 1:
            return value == first
        if not (value.startswith(first) and value.endswith(last)):
            return False
        at, end = len(first), len(value) - len(last)
        for piece in self.pieces[1:-1]:
            found = value.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return at <= end

    def __str__(self) -> str:
        return f"a string like {self.text!r}"


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two bounds; None is no bound, open excludes the bound itself."""

    low: float | None
    low_open: bool
    high: float | None
    high_open: bool

    def accepts(self, value: object) -> bool:
        """Say whether the value is such a number; "300" is a string, true is not 1."""
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return False
        if self.low is not None and not (value > self.low if self.low_open else value >= self.low):
            return False
        return self.high is None or (value < self.high if self.high_open else value <= self.high)

    def __str__(self) -> str:
        bounds = []
        if self.low is not None:
            bounds.append(f"{'>' if self.low_open else '>='} {self.low}")
        if self.high is not None:
            bounds.append(f"{'<' if self.high_open else '<='} {self.high}")
        return f"a number {' and '.join(bounds)}"


@dataclass(frozen=True, slots=True)
class Cidr:
    """An address in a block: its version's width in bits, the bits that may differ, the rest."""

    text: str
    width: int
    free_bits: int
    network: int

    def accepts(self, value: object) -> bool:
        """Say whether the value is the text of such an address."""
        address = parse_address(value) if isinstance(value, str) else None
        return address is not None and self.holds(address)

    def holds(self, address: tuple[int, int]) -> bool:
        """Say whether the parsed address lies in the block."""
        return address[0] == self.width and address[1] >> self.free_bits == self.network

    def __str__(self) -> str:
        return f"an address in {self.text}"


@dataclass(frozen=True, slots=True)
class AnythingBut:
    """Any value there except these strings or these numbers."""

    strings: frozenset[str]
    numbers: frozenset[float]

    def accepts(self, value: object) -> bool:
        """Say whether the value is none of them; null, true and the other type are fine."""
        if isinstance(value, str):
            return value not in self.strings
        return isinstance(value, bool) or not isinstance(value, (int, float)) or value not in self.numbers

    def __str__(self) -> str:
        return f"anything but {_listed([*map(repr, sorted(self.strings)), *map(str, sorted(self.numbers))])}"


@dataclass(frozen=True, slots=True)
class AnythingUnlike:
    """Any value there that meets none of the conditions."""

    conditions: tuple[Condition, ...]

    def accepts(self, value: object) -> bool:
        """Say whether the value meets none of them."""
        return not any(condition.accepts(value) for condition in self.conditions)

    def __str__(self) -> str:
        return f"anything but {_listed([str(condition) for condition in self.conditions])}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """One leaf of a pattern: the value has to meet at least one of these.

    Attributes:
        strings: Literal strings.
        numbers: Literal numbers, compared as numbers: 300 is 300.0.
        words: "true", "false" and "null", apart from the numbers because Python's True is 1.
        conditions: Everything that is no literal.
        present: `{"exists": true}` is among them.
        absent: `{"exists": false}` is among them.
    """

    strings: frozenset[str] = frozenset()
    numbers: frozenset[float] = frozenset()
    words: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    present: bool = False
    absent: bool = False

    def accepts(self, value: object) -> bool:
        """Say whether a scalar that is there meets one of the alternatives."""
        if self.present:
            return True
        if isinstance(value, str):
            if value in self.strings:
                return True
        elif value is None or isinstance(value, bool):
            if WORDS[value] in self.words:
                return True
        elif isinstance(value, (int, float)) and value in self.numbers:
            return True
        return any(condition.accepts(value) for condition in self.conditions)

    def __str__(self) -> str:
        wanted = [
            *map(repr, sorted(self.strings)),
            *map(str, sorted(self.numbers)),
            *sorted(self.words),
            *map(str, self.conditions),
            *(["any value"] if self.present else []),
            *(["no such field"] if self.absent else []),
        ]
        return _listed(wanted)


WORDS: dict[bool | None, str] = {True: "true", False: "false", None: "null"}


def any_case(text: str, *, backwards: bool = False) -> re.Pattern[str]:
    """Return what matches the text letter by letter, each as its lower or upper case.

    Letter by letter is how EventBridge does it: the Kelvin sign lower-cases to k, but is not a k. No two
    forms of a letter begin alike, so the expression never goes back.
    """
    step = -1 if backwards else 1
    return re.compile("".join(_forms(letter, step) for letter in text[::step]))


def _forms(letter: str, step: int) -> str:
    forms = sorted({form[::step] for form in (letter, letter.lower(), letter.upper())})
    return re.escape(forms[0]) if len(forms) == 1 else f"(?:{'|'.join(map(re.escape, forms))})"


def parse_address(text: str) -> tuple[int, int] | None:
    """Return an IP address as its width in bits and its number; None when the text is none.

    Only what EventBridge takes for an address: no zone, no dots inside v6, leading zeros in v4 are decimal,
    and a v4 address mapped into v6 is the v4 address.
    """
    if _IPV4.fullmatch(text):
        return _parse_ipv4(text)
    if _IPV6.fullmatch(text):
        return _parse_ipv6(text)
    return None


def _parse_ipv4(text: str) -> tuple[int, int] | None:
    first, second, third, fourth = text.split(".")
    if len(text) > len("255.255.255.255"):
        return None
    a, b, c, d = int(first), int(second), int(third), int(fourth)
    if a > 255 or b > 255 or c > 255 or d > 255:
        return None
    return IPV4_BITS, a << 24 | b << 16 | c << 8 | d


def _parse_ipv6(text: str) -> tuple[int, int] | None:
    try:
        address = ipaddress.IPv6Address(text)
    except ipaddress.AddressValueError:
        return None
    mapped = address.ipv4_mapped
    return (IPV6_BITS, int(address)) if mapped is None else (IPV4_BITS, int(mapped))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

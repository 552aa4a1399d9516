"""An index of one field: which of many branches of event patterns its value satisfies, in one look-up.

A set of branches is an integer, a bit for each branch. Literals, prefixes, suffixes and address blocks are
looked up in dictionaries; what can't be looked up (wildcards, ranges, case) is asked one condition at a time,
equal conditions of different branches once.
"""

from collections import defaultdict

from chalicelib.matching.events.compiler import Branch
from chalicelib.matching.events.conditions import (
    WORDS,
    Alternatives,
    AnythingBut,
    Cidr,
    Condition,
    Prefix,
    Suffix,
    parse_address,
)
from chalicelib.matching.events.fields import TANGLED, FieldValue, scalars_of


def index_fields(branches: list[Branch]) -> dict[str, "FieldIndex"]:
    """Return the index of every field that some branch asks for; a branch's bit is its place in the list."""
    fields: dict[str, FieldIndex] = {}
    for place, branch in enumerate(branches):
        for path, leaf in branch.items():
            if path not in fields:
                fields[path] = FieldIndex(len(fields), path)
            fields[path].add(leaf, 1 << place)
    everything = (1 << len(branches)) - 1
    for field in fields.values():
        field.unasked = everything & ~field.asked
        field.absent |= field.unasked
    return fields


class FieldIndex:
    """The conditions of every branch on one field: sets of branches as integers, a bit for each branch.

    Attributes:
        number: The field's own bit, in the set of fields a state has yet to ask.
        asked: The branches that ask for the field; `unasked` are all others.
        absent: Those that accept a missing field, and those that don't ask for it.
        literal: Those that accept a few values only, and name them.
        shaped: Those for which a string's own text matters, not just whether some pattern names it.
        times_asked: How often an answer had to be worked out, and `times_telling`, how often it ruled out
            some branch that had stood until then.
    """

    __slots__ = (
        *("_blocks", "_but_numbers", "_but_strings", "_numbers", "_otherwise", "_prefixes", "_present"),
        *("_strings", "_suffixes", "_tests", "_words", "absent", "asked", "literal", "number", "path"),
        *("shaped", "times_asked", "times_telling", "unasked"),
    )

    def __init__(self, number: int, path: str) -> None:
        self.number = number
        self.path = path
        self.asked = self.unasked = self.absent = self.literal = self.shaped = 0
        self._present = self._otherwise = 0
        self.times_asked = self.times_telling = 1
        self._strings: defaultdict[str, int] = defaultdict(int)
        self._numbers: defaultdict[float, int] = defaultdict(int)
        self._words: defaultdict[str, int] = defaultdict(int)
        self._but_strings: defaultdict[str, int] = defaultdict(int)
        self._but_numbers: defaultdict[float, int] = defaultdict(int)
        self._prefixes: dict[int, defaultdict[str, int]] = {}
        self._suffixes: dict[int, defaultdict[str, int]] = {}
        self._blocks: dict[tuple[int, int], defaultdict[int, int]] = {}
        self._tests: defaultdict[Condition, int] = defaultdict(int)

    def worth(self, survivors: int) -> tuple[float, int]:
        """Return how much is to be expected from asking this field next, the more the better.

        Most comes from fields for which many survivors name the values they accept, unless experience says
        that the answer is always the same (the event source, where the source is known). Of equals the one
        with more different values tells more.
        """
        naming = (survivors & self.literal).bit_count()
        others = (survivors & self.asked).bit_count() - naming
        return (4 * naming + others) * self.times_telling / self.times_asked, len(self._strings)

    def add(self, leaf: Alternatives, bit: int) -> None:
        """Add what one branch asks."""
        self.asked |= bit
        for string in leaf.strings:
            self._strings[string] |= bit
        for number in leaf.numbers:
            self._numbers[number] |= bit
        for word in leaf.words:
            self._words[word] |= bit
        self._present |= bit if leaf.present else 0
        self.absent |= bit if leaf.absent else 0
        exceptions = [each for each in leaf.conditions if isinstance(each, AnythingBut)]
        for condition in leaf.conditions:
            self._add_condition(condition, bit, only=len(exceptions) == 1)
        if not (leaf.present or leaf.conditions):
            self.literal |= bit

    def _add_condition(self, condition: Condition, bit: int, *, only: bool) -> None:
        """Add a condition; of several anything-buts in one leaf, no one's exceptions hold for all."""
        match condition:
            case AnythingBut() if only:
                self._otherwise |= bit
                for string in condition.strings:
                    self._but_strings[string] |= bit
                for number in condition.numbers:
                    self._but_numbers[number] |= bit
                return
            case Prefix():
                self._prefixes.setdefault(len(condition.text), defaultdict(int))[condition.text] |= bit
            case Suffix():
                self._suffixes.setdefault(len(condition.text), defaultdict(int))[condition.text] |= bit
            case Cidr():
                kind = (condition.width, condition.free_bits)
                self._blocks.setdefault(kind, defaultdict(int))[condition.network] |= bit
            case _:
                self._tests[condition] |= bit
        self.shaped |= bit

    def names(self, string: str) -> bool:
        """Say whether some pattern names this string."""
        return string in self._strings or string in self._but_strings

    def accepting(self, value: object, among: int) -> int:
        """Return the branches that a scalar leaves standing; right for those of `among`, any for others."""
        if isinstance(value, str):
            standing = self._strings.get(value, 0) | (self._otherwise & ~self._but_strings.get(value, 0))
            if among & self.shaped:
                standing |= self._accepting_shape(value)
        elif value is None or isinstance(value, bool):
            standing = self._words.get(WORDS[value], 0) | self._otherwise
        elif isinstance(value, (int, float)):
            standing = self._numbers.get(value, 0) | (self._otherwise & ~self._but_numbers.get(value, 0))
        else:
            standing = self._otherwise
        standing |= self._present | self.unasked
        if among & self.shaped & ~standing:
            for condition, mask in self._tests.items():
                if mask & among & ~standing and condition.accepts(value):
                    standing |= mask
        return standing

    def _accepting_shape(self, value: str) -> int:
        standing = 0
        for length, prefixes in self._prefixes.items():
            standing |= prefixes.get(value[:length], 0)
        for length, suffixes in self._suffixes.items():
            standing |= suffixes.get(value[-length:] if length else "", 0)
        address = parse_address(value) if self._blocks else None
        if address is not None:
            width, number = address
            for (block_width, free_bits), blocks in self._blocks.items():
                if block_width == width:
                    standing |= blocks.get(number >> free_bits, 0)
        return standing

    def answer(self, value: object, among: int) -> int | None:
        """Return the branches that the value of a field leaves standing; None when `collect` has to see it.

        The value is as `mapping_reader` reads it: a scalar, a list, an object, ABSENT or TANGLED.
        """
        values = None if value is TANGLED else scalars_of(value)
        if not values:
            return None if values is None else self.absent
        standing = self.unasked
        for each in values:
            standing |= self.accepting(each, among)
        return standing

    def possible(self, values: list[FieldValue], among: int) -> int:
        """Return the branches that may stand when a field has these values in some arrangement."""
        standing = self.unasked
        for each in values:
            standing |= self.accepting(each.value, among)
        # Beside elements that all lie in arrays of objects, the field may be absent.
        return standing | self.absent if all(each.membership for each in values) else standing

"""Many event patterns at once: which rules does this event match, at about the price of one rule.

The idea. Each branch of each rule is a bit, and a set of branches is an integer. For a field and a value,
`FieldIndex` answers which branches that value leaves standing: those that accept it, and those that don't ask
for the field. What an event matches is what stands after all its fields.

Asking every field of every event is more than it takes. So fields are asked one at a time, and each answer
decides what is asked next: a walk through states. A state is the set of survivors and of fields not yet
asked; its next field is the one that most survivors ask for literally. Once an `eventName` is known, a
thousand rules have become three, and only what those three ask for is looked at. States are made when an
event first needs them, and remember which value led where, so that most events walk from dictionary to
dictionary.

What is remembered is bounded: when it becomes too much, all is forgotten and made anew. A string that no
pattern names isn't remembered at all where only literals are asked for: one transition serves all of those.
Keys carry the type, since True, 1 and 1.0 are equal in Python: strings have a dictionary of their own, other
scalars are kept with their class.

Arrays of objects tie fields together (one element has to meet them all), and a field may be absent beside
one element and present beside another. For such an event the walk keeps every branch that some value of each
field might satisfy, and `event_pattern.meets` decides about those that are left.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.matching.conditions import (
    WORDS,
    Alternatives,
    AnythingBut,
    Cidr,
    Condition,
    Prefix,
    Suffix,
    parse_address,
)
from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.event_fields import (
    ABSENT,
    TANGLED,
    Found,
    PathTree,
    Reader,
    TextFields,
    as_text,
    collect,
    decode_event,
    mapping_reader,
    scalars_of,
)
from chalicelib.matching.event_pattern import Event, EventPattern, meets
from chalicelib.matching.pattern_compiler import Branch

MEMORY_FOR_STATES = 32 * 2**20  # bytes, roughly; the smallest Lambda function has four times that
_BYTES_REMEMBERED = 600  # for a state or a transition, beside the set of survivors
_LONGEST_REMEMBERED = 200  # characters of a string; longer ones are looked at anew
_LARGEST_REMEMBERED = 2**63


class EventRules:
    """Rules by name, indexed.

    Args:
        rules: Each rule's name with its pattern: compiled, as JSON text, or as a mapping.

    Raises:
        InvalidPattern: EventBridge would refuse a pattern; `where` begins with the rule's name.

    Example:
        >>> rules = EventRules({"sign-in": {"source": ["aws.signin"]}, "any": {"source": [{"exists": True}]}})
        >>> sorted(rules.matching({"source": "aws.signin"}))
        ['any', 'sign-in']
    """

    __slots__ = ("_branches", "_fields", "_for_mappings", "_for_text", "_text_fields", "_tree")

    def __init__(self, rules: Mapping[str, EventPattern | str | Mapping[str, Any]]) -> None:
        self._branches = _branches_of(rules)
        self._fields = _index(self._branches)
        self._tree = PathTree.of(self._fields)
        readers = {path: mapping_reader(path) for path in self._fields}
        self._for_mappings = _Walk(self._branches, self._fields, readers)
        self._for_text: _Walk | None = None
        self._text_fields: TextFields | None = None

    def matching(self, event: Event) -> frozenset[str]:
        """Return the names of the rules that an event matches.

        Args:
            event: JSON text, UTF-8 bytes of it, or a mapping.

        Raises:
            ValueError: The text isn't a JSON object.
        """
        if event.__class__ is dict:
            names = self._for_mappings.run(event)
            return self._matching_exactly(event) if names is None else names
        if isinstance(event, str | bytes):
            return self._matching_text(as_text(event))
        return self._matching_exactly(event)

    def _matching_text(self, text: str) -> frozenset[str]:
        if self._for_text is None or self._text_fields is None:
            self._text_fields = TextFields(self._fields)
            self._for_text = _Walk(self._branches, self._fields, self._text_fields.readers)
        root = self._text_fields.decode(text)
        names = None if root is None else self._for_text.run(root)
        return self.matching(decode_event(text)) if names is None else names

    def _matching_exactly(self, event: Mapping[str, Any]) -> frozenset[str]:
        found = collect(event, self._tree)
        names: set[str] = set()
        for bit in _bits(self._for_mappings.survivors_of(found)):
            name, branch = self._branches[bit]
            if name not in names and meets(branch, found):
                names.add(name)
        return frozenset(names)


_Branches = list[tuple[str, Branch]]


def _branches_of(rules: Mapping[str, EventPattern | str | Mapping[str, Any]]) -> _Branches:
    branches: _Branches = []
    for name, pattern in rules.items():
        try:
            compiled = pattern if isinstance(pattern, EventPattern) else EventPattern(pattern)
        except InvalidPattern as error:
            where = f"rule {name!r}, {error.where}"
            raise InvalidPattern(error.reason, where=where, position=error.position) from None
        branches += ((name, branch) for branch in compiled.branches)
    return branches


def _index(branches: _Branches) -> dict[str, "FieldIndex"]:
    fields: dict[str, FieldIndex] = {}
    for bit, (_, branch) in enumerate(branches):
        for path, leaf in branch.items():
            if path not in fields:
                fields[path] = FieldIndex(len(fields), path)
            fields[path].add(leaf, 1 << bit)
    everything = (1 << len(branches)) - 1
    for field in fields.values():
        field.unasked = everything & ~field.asked
    return fields


class FieldIndex:
    """What every branch asks of one field: sets of branches as integers, a bit for each branch.

    Attributes:
        number: The field's own bit, in the set of fields a state has yet to ask.
        asked: The branches that ask for the field; `unasked` are all others.
        absent: Those that accept a missing field.
        literal: Those that accept a few values only, and name them.
        shaped: Those for which a string's own text matters, not just whether some pattern names it.
        distinct: How many strings the patterns name.
    """

    __slots__ = (
        *(
            "_blocks",
            "_but_numbers",
            "_but_strings",
            "_numbers",
            "_otherwise",
            "_prefixes",
            "_present",
            "_strings",
        ),
        *(
            "_suffixes",
            "_tests",
            "_words",
            "absent",
            "asked",
            "literal",
            "number",
            "path",
            "shaped",
            "unasked",
        ),
    )

    def __init__(self, number: int, path: str) -> None:
        self.number = number
        self.path = path
        self.asked = self.unasked = self.absent = self.literal = self.shaped = 0
        self._present = self._otherwise = 0
        self._strings: defaultdict[str, int] = defaultdict(int)
        self._numbers: defaultdict[float, int] = defaultdict(int)
        self._words: defaultdict[str, int] = defaultdict(int)
        self._but_strings: defaultdict[str, int] = defaultdict(int)
        self._but_numbers: defaultdict[float, int] = defaultdict(int)
        self._prefixes: dict[int, defaultdict[str, int]] = {}
        self._suffixes: dict[int, defaultdict[str, int]] = {}
        self._blocks: dict[tuple[int, int], defaultdict[int, int]] = {}
        self._tests: defaultdict[Condition, int] = defaultdict(int)

    @property
    def distinct(self) -> int:
        """How many strings the patterns name."""
        return len(self._strings)

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
        elif isinstance(value, int | float):
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

    def accepting_some(self, values: list[Found], among: int) -> int:
        """Return the branches that may stand when a field has these values in some arrangement."""
        standing = self.unasked
        for each in values:
            standing |= self.accepting(each.value, among)
        # Beside elements that all lie in arrays of objects, the field may be absent.
        return standing | self.absent if all(each.membership for each in values) else standing


class _State:
    """The survivors, the fields yet to ask (as bits), the next of them, and what was learnt about its values.

    Without a next field, `names` are those of the survivors.
    """

    __slots__ = ("absent", "by_string", "field", "names", "other", "others", "read", "survivors", "unasked")

    def __init__(self, survivors: int, unasked: int) -> None:
        self.survivors = survivors
        self.unasked = unasked
        self.field: FieldIndex | None = None
        self.read: Reader | None = None
        self.names: frozenset[str] = frozenset()
        self.by_string: dict[str, _State] = {}
        self.others: dict[tuple[type, object], _State] = {}
        self.other: _State | None = None
        self.absent: _State | None = None


class _Walk:
    """The states, made as events need them, for one way of reading fields."""

    def __init__(
        self, branches: _Branches, fields: dict[str, FieldIndex], readers: dict[str, Reader]
    ) -> None:
        self._branches = branches
        self._fields = list(fields.values())
        self._readers = readers
        mask_bytes = len(branches) // 8
        self._capacity = max(1000, MEMORY_FOR_STATES // (_BYTES_REMEMBERED + mask_bytes))
        self._forget()

    def _forget(self) -> None:
        self._remembered = 0
        self._states: dict[tuple[int, int], _State] = {}
        self._start = self._state((1 << len(self._branches)) - 1, (1 << len(self._fields)) - 1)

    def run(self, root: Any) -> frozenset[str] | None:
        """Return the names of the rules matched; None when fields are tied together by arrays of objects."""
        state = self._start
        while (read := state.read) is not None:
            try:
                value = read(root)
            except AttributeError:  # below a scalar, see TextFields
                value = ABSENT
            if value.__class__ is str:
                known = state.by_string.get(value)
                state = self._follow_string(state, value) if known is None else known
            elif value is ABSENT:
                state = state.absent or self._follow_absent(state)
            else:
                following = self._follow_other(state, value)
                if following is None:
                    return None
                state = following
        return state.names

    def survivors_of(self, found: dict[str, list[Found]]) -> int:
        """Return the branches of which each field alone might be met by the collected values."""
        state = self._start
        while (field := state.field) is not None:
            values = found.get(field.path)
            standing = (
                field.accepting_some(values, state.survivors) if values else field.absent | field.unasked
            )
            state = self._after(state, standing)
        return state.survivors

    def _follow_string(self, state: _State, value: str) -> _State:
        field = state.field
        assert field is not None
        unnamed = not (field.shaped & state.survivors) and not field.names(value)
        if unnamed and state.other is not None:
            return state.other
        following = self._after(state, field.accepting(value, state.survivors))
        if unnamed:
            state.other = following
        elif len(value) <= _LONGEST_REMEMBERED and self._may_remember():
            state.by_string[value] = following
        return following

    def _follow_absent(self, state: _State) -> _State:
        field = state.field
        assert field is not None
        state.absent = self._after(state, field.absent | field.unasked)
        return state.absent

    def _follow_other(self, state: _State, value: object) -> _State | None:
        """Follow a number, a boolean, null, an object, or an array; None when `collect` has to see."""
        field = state.field
        assert field is not None
        if value is None or isinstance(value, int | float):
            key = (value.__class__, value)
            known = state.others.get(key)
            if known is None:
                known = self._after(state, field.accepting(value, state.survivors))
                small = value is None or -_LARGEST_REMEMBERED < value < _LARGEST_REMEMBERED
                if small and self._may_remember():
                    state.others[key] = known
            return known
        values = None if value is TANGLED else scalars_of(value)
        if values is None:
            return None
        standing = field.unasked if values else field.absent | field.unasked
        for each in values:
            standing |= field.accepting(each, state.survivors)
        return self._after(state, standing)

    def _may_remember(self) -> bool:
        """Count one more state or transition; with too many, forget them all. A walk under way goes on."""
        self._remembered += 1
        if self._remembered <= self._capacity:
            return True
        self._forget()
        return False

    def _after(self, state: _State, standing: int) -> _State:
        assert state.field is not None
        return self._state(state.survivors & standing, state.unasked & ~(1 << state.field.number))

    def _state(self, survivors: int, unasked: int) -> _State:
        key = (survivors, unasked)
        state = self._states.get(key)
        if state is None:
            state = _State(survivors, unasked)
            if self._may_remember():
                self._states[key] = state
            state.field = self._next_field(survivors, unasked)
            if state.field is None:
                state.names = frozenset(self._branches[bit][0] for bit in _bits(survivors))
            else:
                state.read = self._readers.get(state.field.path)
        return state

    def _next_field(self, survivors: int, unasked: int) -> FieldIndex | None:
        """Return the field that tells survivors apart best: most of them name its values, and many values."""
        asked = [field for field in self._fields if unasked >> field.number & 1 and survivors & field.asked]
        return max(asked, key=lambda field: _worth(field, survivors), default=None)


def _worth(field: FieldIndex, survivors: int) -> tuple[int, int, int]:
    return (survivors & field.literal).bit_count(), field.distinct, (survivors & field.asked).bit_count()


def _bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest

"""Many event patterns at once: which rules does this event match, at about the cost of one rule.

Each branch of each rule is a bit, and a set of branches is an integer. For a field and a value,
`FieldIndex` answers which branches that value leaves standing: those that accept it, and those that don't ask
for the field. An event matches the branches that are left after all its fields.

Where there are many branches, those that name values of the two commonest fields, such as source and event
name, are looked up by both (`matching/events/pairs.py`), and only the others are walked through, field by
field (`matching/events/walk.py`).

Arrays of objects tie fields together (one element has to meet them all), and a field may be absent beside
one element and present beside another. For such an event the walk keeps every branch that some value of each
field might satisfy, and `meets` of `matching/events/pattern.py` decides about those that are left.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.events.compiler import Branch
from chalicelib.matching.events.conditions import Alternatives
from chalicelib.matching.events.field_index import index_fields
from chalicelib.matching.events.fields import (
    PathTree,
    Reader,
    TextFields,
    as_text,
    collect,
    decode_event,
    mapping_reader,
)
from chalicelib.matching.events.pairs import pair_of
from chalicelib.matching.events.pattern import Event, EventPattern, meets
from chalicelib.matching.events.states import bits_of
from chalicelib.matching.events.walk import Branches, Walk


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

    __slots__ = ("_branches", "_fields", "_for_mappings", "_for_text", "_pair", "_text_fields", "_tree")

    def __init__(self, rules: Mapping[str, EventPattern | str | Mapping[str, Any]]) -> None:
        branches = _branches_of(rules)
        self._pair = pair = pair_of([branch for _, branch in branches])
        # Those that are looked up come last: the sets of the others are short numbers then.
        self._branches = sorted(branches, key=lambda each: pair.takes(each[1])) if pair else branches
        self._fields = index_fields([branch for _, branch in self._branches])
        self._tree = PathTree.of(self._fields)
        self._for_mappings = self._walking({path: mapping_reader(path) for path in self._fields})
        self._for_text: Walk | None = None
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
        if isinstance(event, (str, bytes)):
            return self._matching_text(as_text(event))
        return self._matching_exactly(event)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that some rule asks for, as dotted paths."""
        return tuple(self._fields)

    def may_match(self, known: Mapping[str, object]) -> bool:
        """Say whether some rule may match an event of which only these fields are known, ABSENT ones too."""
        standing = (1 << len(self._branches)) - 1
        for path, value in known.items():
            field = self._fields.get(path)
            if field is not None:
                answer = field.answer(value, standing)
                standing &= standing if answer is None else answer
        return bool(standing)

    def walk(self, readers: Mapping[str, Reader]) -> Callable[[Any], frozenset[str] | None]:
        """Return `matching` for events that the caller decodes itself, given what reads each field of one.

        It returns None for an event with an array or a dotted key on the way to a field.
        """
        return self._walking(dict(readers)).run

    def _walking(self, readers: dict[str, Reader]) -> Walk:
        return Walk(self._branches, self._fields, readers, self._pair)

    def _matching_text(self, text: str) -> frozenset[str]:
        if self._for_text is None or self._text_fields is None:
            self._text_fields = TextFields(self._fields)
            self._for_text = self._walking(self._text_fields.readers)
        root = self._text_fields.decode(text)
        names = None if root is None else self._for_text.run(root)
        return self.matching(decode_event(text)) if names is None else names

    def _matching_exactly(self, event: Mapping[str, Any]) -> frozenset[str]:
        found = collect(event, self._tree)
        names: set[str] = set()
        for bit in bits_of(self._for_mappings.survivors_of(found)):
            name, branch = self._branches[bit]
            if name not in names and meets(branch, found):
                names.add(name)
        return frozenset(names)


def _branches_of(rules: Mapping[str, EventPattern | str | Mapping[str, Any]]) -> Branches:
    branches: Branches = []
    leaves: dict[Alternatives, Alternatives] = {}
    for name, pattern in rules.items():
        try:
            compiled = pattern if isinstance(pattern, EventPattern) else EventPattern(pattern)
        except InvalidPattern as error:
            where = f"rule {name!r}, {error.where}"
            raise InvalidPattern(error.reason, where=where, position=error.position) from None
        branches += ((name, _shared(branch, leaves)) for branch in compiled.branches)
    return branches


def _shared(branch: Branch, leaves: dict[Alternatives, Alternatives]) -> Branch:
    """Return the branch with one object for equal leaves: takes less memory, and stays in the caches."""
    return {path: leaves.setdefault(leaf, leaf) for path, leaf in branch.items()}

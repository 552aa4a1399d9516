"""EventBridge event patterns, whole: does this event match, and if not, which field failed against what.

A pattern is an object whose leaves are arrays of alternatives. For an event to match, every field that the
pattern names must hold one of its alternatives; other fields don't matter.

    pattern  {"source": ["aws.signin"], "detail": {"eventName": [{"prefix": "Console"}]}}
    matches  {"source": "aws.signin", "detail": {"eventName": "ConsoleLogin", "userAgent": "..."}}
    not      {"source": "aws.signin", "detail": {"eventName": "SwitchRole"}}
    not      {"source": "aws.signin"}

- A value that is an array meets a field when one of its elements does. When elements are objects, all fields
  that lead through them must be met by the same element.
- `a.b` as a key and `b` inside `a` are the same field, in patterns and in events.
- null, "" and a missing field are three things. Numbers compare as numbers: 300 is 300.0; "300" is a string.
- An object, an empty array or nothing at a field's place: the field doesn't exist.

Most events are decided by stepping straight to each field (`fields.mapping_reader`). Where arrays of
objects or keys with dots are involved, `meets` decides, exactly as AWS's engine does it.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html and the matcher AWS
publishes, https://github.com/aws/event-ruler.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.matching.events.compiler import Branch, compile_pattern
from chalicelib.matching.events.conditions import Alternatives
from chalicelib.matching.events.fields import (
    ABSENT,
    NOWHERE,
    TANGLED,
    FieldValue,
    Membership,
    PathTree,
    Reader,
    TextFields,
    as_text,
    collect,
    decode_event,
    mapping_reader,
    scalars_of,
    without_object,
)

Event = str | bytes | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One field of a pattern that an event didn't meet.

    Attributes:
        path: The field, such as `detail.eventName`; several with commas when each is met, but never together
            by one element of an array.
        wanted: What the pattern accepts there, in words.
        found: What the event has there, as JSON; "nothing" where the field is missing.
    """

    path: str
    wanted: str
    found: str


class EventPattern:
    """One event pattern, compiled.

    Args:
        pattern: The pattern as JSON text or as a mapping.

    Raises:
        InvalidPattern: EventBridge would refuse the pattern; says why and where.

    Example:
        >>> pattern = EventPattern({"detail": {"eventName": ["ConsoleLogin"]}})
        >>> pattern.matches({"detail": {"eventName": "ConsoleLogin"}})
        True
        >>> pattern.explain('{"detail": {"eventName": "SwitchRole"}}')
        (Mismatch(path='detail.eventName', wanted="'ConsoleLogin'", found='"SwitchRole"'),)
    """

    __slots__ = ("_from_mapping", "_from_text", "_text_fields", "_tree", "branches")

    def __init__(self, pattern: str | Mapping[str, Any]) -> None:
        self.branches = compile_pattern(pattern)
        paths = list(dict.fromkeys(path for branch in self.branches for path in branch))
        self._tree = PathTree.of(paths)
        self._from_mapping = _with_readers(self.branches, {path: mapping_reader(path) for path in paths})
        self._from_text: tuple[tuple[Question, ...], ...] = ()
        self._text_fields: TextFields | None = None

    def matches(self, event: Event) -> bool:
        """Say whether an event matches.

        Args:
            event: JSON text, UTF-8 bytes of it, or a mapping.

        Raises:
            ValueError: The text isn't a JSON object.
        """
        if isinstance(event, (str, bytes)):
            return self._matches_text(as_text(event))
        if isinstance(event, dict):
            answer = _ask_each(self._from_mapping, event)
            if answer is not None:
                return answer
        return self._matches_exactly(event)

    def explain(self, event: Event) -> tuple[Mismatch, ...]:
        """Return the fields that keep an event from matching; none when it matches.

        With `$or` the answer is about the branch that comes closest, the first of equals.

        Raises:
            ValueError: The text isn't a JSON object.
        """
        whole = decode_event(event) if isinstance(event, (str, bytes)) else event
        found = collect(whole, self._tree)
        reports = (_mismatches(branch, found, whole) for branch in self.branches)
        return min(reports, key=len)

    def _matches_text(self, text: str) -> bool:
        if self._text_fields is None:
            fields = TextFields(path for branch in self.branches for path in branch)
            self._from_text = _with_readers(self.branches, fields.readers)
            self._text_fields = fields
        root = self._text_fields.decode(text)
        answer = None if root is None else _ask_each(self._from_text, root)
        return self._matches_exactly(decode_event(text)) if answer is None else answer

    def _matches_exactly(self, event: Mapping[str, Any]) -> bool:
        found = collect(event, self._tree)
        return any(meets(branch, found) for branch in self.branches)


Question = tuple[Reader, Alternatives]


def _with_readers(
    branches: tuple[Branch, ...], readers: dict[str, Reader]
) -> tuple[tuple[Question, ...], ...]:
    if not readers:
        return ()
    return tuple(tuple((readers[path], leaf) for path, leaf in branch.items()) for branch in branches)


def _ask_each(branches: tuple[tuple[Question, ...], ...], root: Any) -> bool | None:
    """Say whether some branch holds; None when that takes `meets`."""
    for questions in branches:
        for read, leaf in questions:
            answer = ask(read, leaf, root)
            if answer is None:
                return None
            if not answer:
                break
        else:
            return True
    return False


def ask(read: Reader, leaf: Alternatives, root: Any) -> bool | None:
    """Say whether a field holds one of its alternatives.

    None when an array of objects or a key with dots is in the way, and it takes `meets` to say.
    """
    try:
        value = read(root)
    except AttributeError as error:
        value = without_object(error)
    if value.__class__ is str:
        return value in leaf.strings or leaf.present or (bool(leaf.conditions) and leaf.accepts(value))
    if value is ABSENT:
        return leaf.absent
    if value is None or isinstance(value, (int, float)):
        return leaf.accepts(value)
    values = None if value is TANGLED else scalars_of(value)
    if values is None:
        return None
    return any(map(leaf.accepts, values)) if values else leaf.absent


def meets(branch: Branch, found: dict[str, list[FieldValue]]) -> bool:
    """Say whether the collected values meet a branch, in one arrangement.

    Field by field, in the order of their names, this keeps every way in which the fields so far can be met:
    the set of array elements that way relies on. A value fits a way that relies on the same elements of the
    arrays it stands in; a field is absent for a way that none of its values fits. (So the order tells: before
    any element is chosen, a field is absent only if it is absent from all. AWS's engine has it so.) Elements
    of arrays that no later field stands in are forgotten, so that the ways don't multiply.
    """
    paths = sorted(branch)
    ways = {NOWHERE}
    for number, path in enumerate(paths):
        ways = _next_ways(ways, branch[path], found.get(path, []))
        if not ways:
            return False
        if ways != {NOWHERE}:
            later = {
                array
                for name in paths[number + 1 :]
                for each in found.get(name, ())
                for array, _ in each.membership
            }
            ways = {frozenset(pair for pair in way if pair[0] in later) for way in ways}
    return True


def _next_ways(ways: set[Membership], leaf: Alternatives, values: list[FieldValue]) -> set[Membership]:
    index = _Ways(ways)
    accepted = {each.membership for each in values if leaf.accepts(each.value)}
    after = {way | membership for membership in accepted for way in index.fitting(membership)}
    if leaf.absent:
        taken = {
            way for membership in {each.membership for each in values} for way in index.fitting(membership)
        }
        after |= ways - taken
    return after


class _Ways:
    """Ways by the elements they rely on: an element of a long array isn't held against all of them."""

    def __init__(self, ways: set[Membership]) -> None:
        self._ways = ways
        self._by_element: dict[tuple[int, int], list[Membership]] = {}
        self._in_array: Counter[int] = Counter()
        for way in ways:
            for element in way:
                self._by_element.setdefault(element, []).append(way)
                self._in_array[element[0]] += 1

    def fitting(self, membership: Membership) -> Iterable[Membership]:
        """Return the ways that rely on no other element of an array in which the membership has one."""
        narrowest = min(membership, key=self._count_near, default=None)
        if narrowest is None or not self._in_array:
            return self._ways
        near = self._by_element.get(narrowest, [])
        elsewhere = (
            [way for way in self._ways if all(array != narrowest[0] for array, _ in way)]
            if self._in_array[narrowest[0]] < len(self._ways)
            else []
        )
        return [way for way in (*near, *elsewhere) if _fits(way, membership)]

    def _count_near(self, element: tuple[int, int]) -> int:
        relying_on_it = len(self._by_element.get(element, ()))
        return relying_on_it + len(self._ways) - self._in_array[element[0]]


def _fits(way: Membership, membership: Membership) -> bool:
    if membership <= way:
        return True
    relied_on = dict(way)
    return all(relied_on.get(array, index) == index for array, index in membership)


def _mismatches(
    branch: Branch, found: dict[str, list[FieldValue]], event: Mapping[str, Any]
) -> tuple[Mismatch, ...]:
    if meets(branch, found):
        return ()
    alone = tuple(
        Mismatch(path=path, wanted=str(leaf), found=_shown(path, found.get(path, []), event))
        for path, leaf in branch.items()
        if not _might_meet(leaf, found.get(path, []))
    )
    if alone:
        return alone
    paths = [path for path in branch if any(each.membership for each in found.get(path, ()))]
    wanted = "; ".join(f"{path}: {branch[path]}" for path in paths)
    return (
        Mismatch(
            path=", ".join(paths), wanted=f"in one element, {wanted}", found="no element with all of it"
        ),
    )


def _might_meet(leaf: Alternatives, values: list[FieldValue]) -> bool:
    """Say whether the field is met in some arrangement; it may be absent beside elements that lack it."""
    return any(leaf.accepts(each.value) for each in values) or (
        leaf.absent and all(each.membership for each in values)
    )


def _shown(path: str, values: list[FieldValue], event: Mapping[str, Any]) -> str:
    if len(values) == 1:
        return json.dumps(values[0].value, default=str)
    if values:
        return json.dumps([each.value for each in values], default=str)
    value: object = event
    for step in path.split("."):
        value = value.get(step, ABSENT) if isinstance(value, Mapping) else ABSENT
    if isinstance(value, Mapping):
        return "an object, whose own fields are other fields"
    return "nothing" if value is ABSENT else json.dumps(value, default=str)

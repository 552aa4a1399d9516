"""Reads from an event only the fields that a pattern names.

A field is a dotted path. EventBridge flattens events: `a.b` names the value at `{"a": {"b": 1}}` as well as
at `{"a.b": 1}`, and arrays are looked into on the way. Nearly all events need none of this, so there are two
ways:

- `mapping_reader` steps straight down to a value, and answers TANGLED when the event is not that simple;
- `collect` walks any structure, and notes for each value which element of which array it was found in.

From text, `TextFields` has msgspec decode nothing but the fields, into generated classes; the rest of the
text is checked to be JSON and skipped.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Annotated, Any, Final, NoReturn


class Sign:
    """A marker in place of a value; compared by identity."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


ABSENT: Final = Sign("ABSENT")
TANGLED: Final = Sign("TANGLED")

Reader = Callable[[Any], object]
Membership = frozenset[tuple[int, int]]
NOWHERE: Membership = frozenset()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A scalar found in an event, and the (array, index) pairs it was found under.

    A scalar that stands directly in the field's own array belongs to no element: `{"a": [1, 2]}` holds two
    values of `a` that nothing ties to other fields.
    """

    value: object
    membership: Membership


def mapping_reader(path: str) -> Reader:
    """Return what reads a field from a dictionary.

    It answers the value at the path: a scalar, a list, a dictionary (which counts as absent), or ABSENT; and
    TANGLED when only `collect` can tell: an array on the way, or a key with a dot that may be the path's.
    """
    steps = path.split(".")
    if len(steps) == 1:
        return lambda event: event.get(path, ABSENT)
    first, rest = steps[0], mapping_reader(".".join(steps[1:]))
    joined = tuple(".".join(steps[:end]) for end in range(2, len(steps) + 1))
    return _two_steps(first, steps[1], path) if len(steps) == 2 else _more_steps(first, rest, joined)


def _two_steps(first: str, second: str, joined: str) -> Reader:
    def read(event: dict[str, Any]) -> object:
        if joined in event:
            return TANGLED
        try:
            inner = event[first]
        except KeyError:
            return ABSENT
        if inner.__class__ is dict:
            return inner.get(second, ABSENT)
        return _off_the_path(inner)

    return read


def _more_steps(first: str, rest: Reader, joined: tuple[str, ...]) -> Reader:
    def read(event: dict[str, Any]) -> object:
        for key in joined:
            if key in event:
                return TANGLED
        inner = event.get(first, ABSENT)
        if inner.__class__ is dict:
            return rest(inner)
        return _off_the_path(inner)

    return read


def _off_the_path(value: object) -> object:
    """Answer for a field whose path ends early: there is nothing below a scalar; a list is not so simple."""
    return ABSENT if value is None or isinstance(value, (str, int, float, Sign)) else TANGLED


def scalars_of(value: object) -> list[object] | None:
    """Return the scalars of a field's value; None when they are nested deeper, in arrays of arrays."""
    if isinstance(value, (list, tuple)):
        if any(isinstance(item, (list, tuple)) for item in value):
            return None
        return [item for item in value if not isinstance(item, Mapping)]
    return [] if value is ABSENT or isinstance(value, Mapping) else [value]


@dataclass(slots=True)
class PathTree:
    """The wanted paths as a tree of their steps."""

    path: str | None = None
    children: dict[str, "PathTree"] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Iterable[str]) -> "PathTree":
        """Return the tree of these paths."""
        root = cls()
        for path in paths:
            node = root
            for step in path.split("."):
                node = node.children.setdefault(step, cls())
            node.path = path
        return root

    def below(self, key: str) -> "PathTree | None":
        """Return the tree below an event's key; a key with dots takes several steps at once."""
        node: PathTree | None = self.children.get(key)
        if node is None and "." in key:
            node = self
            for step in key.split("."):
                node = node.children.get(step) if node else None
        return node


def collect(event: Mapping[str, object], wanted: PathTree) -> dict[str, list[FieldValue]]:
    """Return every scalar of the wanted fields; a field without any is not in the answer."""
    found: dict[str, list[FieldValue]] = {}
    arrays = 0
    heap: list[tuple[object, PathTree, Membership]] = [(event, wanted, NOWHERE)]
    while heap:
        value, tree, membership = heap.pop()
        if isinstance(value, Mapping):
            for key, inner in value.items():
                below = tree.below(key) if isinstance(key, str) else None
                if below is not None:
                    heap.append((inner, below, membership))
        elif isinstance(value, (list, tuple)):
            arrays += 1
            for index, item in enumerate(value):
                if isinstance(item, (Mapping, list, tuple)):
                    heap.append((item, tree, membership | {(arrays, index)}))
                elif tree.path is not None:
                    found.setdefault(tree.path, []).append(FieldValue(item, membership))
        elif tree.path is not None:
            found.setdefault(tree.path, []).append(FieldValue(value, membership))
    return found


def decode_event(text: str | bytes) -> dict[str, Any]:
    """Return the event of a JSON text.

    Raises:
        ValueError: The text is not JSON, or not an object.
    """
    import msgspec  # noqa: PLC0415 - 30 ms that only those pay who match text

    text = as_text(text)
    try:
        event = msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        event = _decode_slowly(text)
    if not isinstance(event, dict):
        raise ValueError("The event is not a JSON object")  # noqa: TRY004 - the text is wrong, not its type
    return event


def as_text(text: str | bytes) -> str:
    """Return the text of UTF-8 bytes; raises ValueError when they are none."""
    if isinstance(text, str):
        return text
    try:
        return str(text, "utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"The event is not JSON: it is not UTF-8 at byte {error.start}") from None


def _decode_slowly(text: str) -> object:
    """Decode what msgspec refuses: either it isn't JSON, and here is the reason, or it is merely unusual.

    Unusual are numbers out of a float's range and escaped halves of surrogate pairs.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"The event is not JSON: {error}") from None
    except RecursionError:
        raise ValueError("The event is not JSON that can be read: it is nested too deeply") from None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"The event is not JSON: {word} is no number there")


class TextFields:
    """Decodes from an event's text only the wanted fields.

    `decode` answers an object from which each of `readers` takes a field, as `mapping_reader` does from a
    dictionary, or raises AttributeError where there is no object on the way to it: `without_object` says what
    that means. It answers None when the event isn't as simple as that (a key with a dot that may be a path's)
    and has to be decoded whole.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        import msgspec  # noqa: PLC0415 - 30 ms that only those pay who match text

        self.readers: dict[str, Reader] = {}
        self.attributes: dict[str, str] = {}  # of what `decode` returns, for fields that are one
        self._refusal = msgspec.MsgspecError
        self._decode: Callable[[str], object] | None = None
        self.kind: type = object  # what `decode` returns
        try:
            self.kind = self._class_of(PathTree.of(paths), "")
            self._decode = msgspec.json.Decoder(self.kind).decode
        except (ValueError, UnicodeError):  # a key that msgspec takes for no field's name
            self.readers.clear()

    def decode(self, text: str) -> object | None:
        """Return what the readers read; None when the event has to be decoded whole."""
        if self._decode is None:
            return None
        try:
            return self._decode(text)
        except (self._refusal, UnicodeError, RecursionError):
            return None

    def _class_of(self, tree: PathTree, attributes: str) -> type:
        """Return the class for an object of the event, and set the readers of the fields below it.

        An object on the way may as well be a scalar, most often null, or an array, whose elements stay text:
        then the readers below it find no such attribute. Any value at a key with dots in it is refused.
        """
        from msgspec import Meta, Raw, defstruct  # noqa: PLC0415 - see above

        nothing = Annotated[int, Meta(gt=0, lt=0)]
        fields: list[tuple[str, Any, object]] = []
        names: dict[str, str] = {}
        for number, (key, below) in enumerate(tree.children.items()):
            name = f"f{number}"
            names[name] = key
            if below.path is not None:
                fields.append((name, Any, ABSENT))
                self._add_readers(below, f"{attributes}{name}", None)
            else:
                inner = self._class_of(below, f"{attributes}{name}.")
                fields.append((name, inner | list[Raw] | str | float | bool | None, inner()))
        for number, key in enumerate(_dotted_keys(tree)):
            name = f"d{number}"
            names[name] = key
            fields.append((name, nothing, ABSENT))
        return defstruct("Fields", fields, rename=names, frozen=True, gc=False)

    def _add_readers(self, tree: PathTree, attribute: str, steps: str | None) -> None:
        """Set the reader of a field, and of those below it when the field is also an object's.

        `steps` from the field down, None for the field itself: a key may be empty.
        """
        read = attrgetter(attribute)
        if tree.path is not None:
            self.readers[tree.path] = read if steps is None else _after(read, mapping_reader(steps))
            if steps is None:
                self.attributes[tree.path] = attribute
        for key, below in tree.children.items():
            self._add_readers(below, attribute, key if steps is None else f"{steps}.{key}")


def without_object(error: AttributeError) -> Sign:
    """Answer for a field that a reader of `TextFields` didn't find, as `mapping_reader` answers for it.

    Below an array the event has to be decoded whole to tell; below a scalar there is nothing.
    """
    return TANGLED if error.obj.__class__ is list else ABSENT


def _after(read: Reader, rest: Reader) -> Reader:
    def read_on(root: object) -> object:
        value = read(root)
        return rest(value) if value.__class__ is dict else _off_the_path(value)

    return read_on


def _dotted_keys(tree: PathTree) -> list[str]:
    """Return the keys with dots in them that would lead from here to a wanted field, or on the way to one."""
    found: list[str] = []
    heap = [(key, below) for key, below in tree.children.items()]
    while heap:
        key, node = heap.pop()
        for step, below in node.children.items():
            found.append(f"{key}.{step}")
            heap.append((found[-1], below))
    return found

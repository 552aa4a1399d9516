"""From the tree of an event pattern to its branches: what must hold, field by field.

A branch is a mapping from a field's dotted path to the alternatives its value may meet; an event matches when
some branch holds. A pattern without `$or` has one branch; every `$or` multiplies them, as EventBridge does.

The order of checks and the words of the refusals follow AWS's open-source engine, which reads a pattern from
left to right: https://github.com/aws/event-ruler (JsonRuleCompiler), and what EventBridge itself was recorded
to answer (`Event pattern is not valid. Reason: ...`). Two of its habits are worth knowing: of two equal keys
the last array wins, and an `$or` that can't be one is read once more as a field of that name, so that
patterns from before `$or` keep working.
"""

from dataclasses import dataclass

from chalicelib.matching.errors import InvalidPattern
from chalicelib.matching.events.conditions import Alternatives
from chalicelib.matching.events.operators import compile_leaf, refuse
from chalicelib.matching.events.text import Array, Member, Node, Object, read_pattern

Branch = dict[str, Alternatives]

# "EventBridge will reject event patterns that contain over 1000 combinations of $or conditions"
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html
MAX_OR_COMBINATIONS = 1000

_OR = "$or"
_NOT_IN_OR = frozenset(
    [
        *("exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard"),
        *("numeric", "cidr", "html", "=", "<", "<=", ">", ">=", "regex", "not-wildcard"),
        *("not-equals-ignore-case", "date-after", "date-on-or-after", "date-before", "date-on-or-before"),
        *("in-date-range", "ip-address-in-range", "ip-address-not-in-range"),
    ],
)


def compile_pattern(pattern: object) -> tuple[Branch, ...]:
    """Return the branches of a pattern given as JSON text or as a mapping.

    Raises:
        InvalidPattern: EventBridge would refuse the pattern.
    """
    tree = read_pattern(pattern)
    if not isinstance(tree, Object):
        raise InvalidPattern("Filter is not an object", where="the pattern", position=tree.position)
    try:
        return tuple(_compile_object(tree, [{}], _Place()))
    except _MalformedOr as refusal:
        try:
            return tuple(_compile_object(tree, [{}], _Place(plain_or=True)))
        except InvalidPattern:
            raise refusal.reason from None


class _MalformedOr(Exception):
    """An `$or` that is none; the pattern gets a second reading with `$or` as a plain field."""

    def __init__(self, reason: InvalidPattern) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the pattern the compiler is: `path` is the event's field, `where` the place for a person."""

    path: str | None = None
    where: str = ""
    inside_or: bool = False
    plain_or: bool = False

    def below(self, key: str) -> "_Place":
        return _Place(
            key if self.path is None else f"{self.path}.{key}",
            f"{self.where}.{key}" if self.where else key,
            self.inside_or,
            self.plain_or,
        )

    def below_or(self, index: int) -> "_Place":
        """Step into one object of an `$or`, which adds nothing to the event's path."""
        where = f"{self.where}.{_OR}[{index}]" if self.where else f"{_OR}[{index}]"
        return _Place(self.path, where, inside_or=True, plain_or=self.plain_or)


def _compile_object(node: Object, branches: list[Branch], place: _Place) -> list[Branch]:
    """Add what an object asks for to every branch."""
    if not node.members:
        refuse("Empty objects are not allowed", place.where or "the pattern", node)
    for member in node.members:
        branches = _compile_member(member, branches, place)
    return branches


def _compile_member(member: Member, branches: list[Branch], place: _Place) -> list[Branch]:
    inner = place.below(member.key)
    if member.key == _OR and not place.plain_or:
        return _compile_or(member.node, branches, place)
    if place.inside_or and not place.plain_or and member.key in _NOT_IN_OR:
        reason = f"{member.key} is Ruler reserved fieldName which cannot be used inside $or."
        raise _MalformedOr(InvalidPattern(reason, where=inner.where, position=member.position))
    if isinstance(member.node, Object):
        return _compile_object(member.node, branches, inner)
    if isinstance(member.node, Array):
        leaf = compile_leaf(member.node, inner.where)
        return [{**branch, str(inner.path): leaf} for branch in branches]
    return refuse(f'"{member.key}" must be an object or an array', inner.where, member.node)


def _compile_or(node: Node, branches: list[Branch], place: _Place) -> list[Branch]:
    where = place.below(_OR).where
    if not isinstance(node, Array):
        raise _malformed_or(f"It must be an Array followed with {_OR}.", where, node)
    found: list[Branch] = []
    for index, item in enumerate(node.items):
        if not isinstance(item, Object):
            reason = f"Only JSON object is allowed in array of {_OR} relationship."
            raise _malformed_or(reason, f"{where}[{index}]", item)
        found += _compile_object(item, list(branches), place.below_or(index))
        if len(found) > MAX_OR_COMBINATIONS:
            refuse(f"There must be at most {MAX_OR_COMBINATIONS} combinations of {_OR}", where, node)
    if len(node.items) < 2:
        raise _malformed_or(f"There must have at least 2 Objects in {_OR} relationship.", where, node)
    return found


def _malformed_or(reason: str, where: str, node: Node) -> _MalformedOr:
    return _MalformedOr(InvalidPattern(reason, where=where, position=node.position))

"""A state of the walk through many rules' fields: who survives, what is asked next, what was learnt.

Few survivors have a table instead: for each field that they ask for, which of them a value leaves standing.
"""

from collections.abc import Callable, Iterator

from chalicelib.matching.events.conditions import Alternatives
from chalicelib.matching.events.field_index import FieldIndex
from chalicelib.matching.events.fields import ABSENT, TANGLED, Reader, scalars_of


class State:
    """The survivors, the fields yet to ask (as bits), the next of them, and what was learnt about its values.

    Without a field to ask next, `names` are those of the rules that survive. When there are no names either,
    the survivors (`places` among the branches) are few and are asked directly, or by their `table`.
    """

    __slots__ = (
        *("absent", "by_string", "combinations", "field", "names", "other", "others", "places", "read"),
        *("survivors", "table", "unasked", "visits"),
    )

    def __init__(self, survivors: int, unasked: int) -> None:
        self.survivors = survivors
        self.unasked = unasked
        self.places: tuple[int, ...] = ()
        self.visits = 0
        self.table: Table | None = None
        self.combinations: dict[int, frozenset[str]] = {}
        self.names: frozenset[str] | None = None
        self.field: FieldIndex | None = None
        self.read: Reader | None = None

    def ask_next(self, field: FieldIndex, read: Reader) -> None:
        """From now on, ask for this field."""
        self.by_string: dict[str, State] = {}
        self.others: dict[tuple[type, object], State] = {}
        self.other: State | None = None
        self.absent: State | None = None
        self.field = field
        self.read = read


Condition = tuple[int, Callable[[str], bool], Alternatives]
Table = list[tuple[int, Reader, list[Condition], dict[str, int], dict[object, int]]]
"""For each field that few survivors ask for: who asks (a bit for each), what reads it, each condition on it
with those who ask it and what answers for a string, and which survivors a string left standing; the same for
True, False and ABSENT.
"""


def condition(leaf: Alternatives, asking: int) -> Condition:
    """Return a table's condition, with the quickest that answers for a string."""
    if leaf.present:
        return asking, leaf.accepts, leaf
    if not leaf.conditions:
        return asking, leaf.strings.__contains__, leaf
    alone = len(leaf.conditions) == 1 and not leaf.strings
    return asking, leaf.conditions[0].accepts if alone else leaf.accepts, leaf


def beside_other(value: object, conditions: list[Condition], others: dict[object, int]) -> int | None:
    """The same as `_beside`; what it says of True, False and ABSENT is kept."""
    if value is not ABSENT and value.__class__ is not bool:
        return _beside(value, conditions)
    left = others.get(value)
    if left is None:
        left = _beside(value, conditions)
        if left is not None:
            others[value] = left
    return left


def _beside(value: object, conditions: list[Condition]) -> int | None:
    """Return which survivors accept what is no string, or an absent field; None for `collect` to see."""
    values = None if value is TANGLED else scalars_of(value)
    if values is None:
        return None
    standing = -1
    for asking, _, leaf in conditions:
        if not (any(map(leaf.accepts, values)) if values else leaf.absent):
            standing &= ~asking
    return standing


NO_NAMES: frozenset[str] = frozenset()
NOBODY = State(0, 0)
NOBODY.names = NO_NAMES


def bits_of(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest

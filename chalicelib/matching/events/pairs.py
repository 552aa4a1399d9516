"""Branches by two fields of which they name the values, such as source and event name: found in two look-ups.

Most rules name both. Which of them an event can match is known at once then, without a walk through sets of
all branches, however many there are.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.matching.events.compiler import Branch
from chalicelib.matching.events.conditions import Alternatives

LEAST: Final = 64  # branches; fewer are walked through as quickly
_MOST_VALUES: Final = 200  # of one branch: names of the one field times those of the other


@dataclass(frozen=True, slots=True)
class Pair:
    """Two fields of which branches name the values; there are most values of `first`."""

    first: str
    second: str

    def takes(self, branch: Branch) -> bool:
        """Whether a branch names, by strings alone, not too many values of both."""
        first, second = _strings(branch.get(self.first)), _strings(branch.get(self.second))
        return 0 < len(first) * len(second) <= _MOST_VALUES

    def index(self, branches: Iterable[tuple[int, Branch]]) -> dict[str, dict[str, Any]]:
        """The places of branches by a value of `first` and one of `second`, as tuples."""
        found: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for place, branch in branches:
            for one in _strings(branch[self.first]):
                for other in _strings(branch[self.second]):
                    found[one][other].append(place)
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        return {
            one: {other: shared.setdefault(key := tuple(places), key) for other, places in inner.items()}
            for one, inner in found.items()
        }


def pair_of(branches: Sequence[Branch]) -> Pair | None:
    """The fields that tell most of many branches apart; None where few branches name values of two fields."""
    values: defaultdict[str, set[str]] = defaultdict(set)
    for branch in branches:
        for path, leaf in branch.items():
            values[path] |= _strings(leaf)
    first = max(values, key=lambda path: len(values[path]), default=None)
    if first is None or len(branches) < LEAST:
        return None
    with_first = [branch for branch in branches if _strings(branch.get(first))]
    others = Counter(path for branch in with_first for path, leaf in branch.items() if _strings(leaf))
    del others[first]
    second = max(others, key=lambda path: (others[path], len(values[path])), default=None)
    return None if second is None or others[second] < LEAST else Pair(first, second)


_NONE: Final[frozenset[str]] = frozenset()


def _strings(leaf: Alternatives | None) -> frozenset[str]:
    """The values that a leaf accepts, if they are strings that it names."""
    if leaf is None or leaf.numbers or leaf.words or leaf.conditions or leaf.present or leaf.absent:
        return _NONE
    return leaf.strings

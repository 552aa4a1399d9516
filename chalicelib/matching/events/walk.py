"""The walk of an event through the fields that many rules ask for, from state to state.

Asking every field of every event is more than it takes. So fields are asked one at a time, and each answer
decides what is asked next: a walk through states. A state is the set of survivors and of fields not yet
asked; its next field is the one that most survivors ask for literally. Once an `eventName` is known, a
thousand rules have become three, and only what those three ask for is looked at. States are made when an
event first needs them, and remember which value led where, so that most events walk from dictionary to
dictionary. One or two survivors are asked one by one at first; only when the same ones come again and again
do they get a next field. More of them, though still few, get a table of their own: each field they ask for is
read once, and which of them a value leaves standing is kept for its commonest values. So ten thousand rules
with all their combinations don't become as many states.

What is remembered is bounded: when it becomes too much, all is forgotten and made anew. A string that no
pattern names isn't remembered at all where only literals are asked for (one transition serves all of those),
and elsewhere only when it comes again: new users and addresses by the thousand leave nothing behind. Keys
carry the type, since True, 1 and 1.0 are equal in Python: strings have a dictionary of their own, other
scalars are kept with their class.
"""

import sys
from typing import Any

from chalicelib.matching.events.compiler import Branch
from chalicelib.matching.events.conditions import Alternatives
from chalicelib.matching.events.field_index import FieldIndex
from chalicelib.matching.events.fields import ABSENT, TANGLED, FieldValue, Reader, without_object
from chalicelib.matching.events.pairs import Pair
from chalicelib.matching.events.pattern import ask
from chalicelib.matching.events.states import (
    NO_NAMES,
    NOBODY,
    Condition,
    State,
    Table,
    beside_other,
    bits_of,
    condition,
)

MEMORY_FOR_STATES = 32 * 2**20  # bytes, roughly; the smallest Lambda function has four times that
LEAST_CAPACITY = 1000  # states and transitions, however many rules there are
_BYTES_REMEMBERED = 600  # for a state or a transition, beside the set of survivors
_LONGEST_REMEMBERED = 200  # characters of a string; longer ones are looked at anew
_LARGEST_REMEMBERED = 2**63
_FEW = 8  # survivors that are asked directly
_MOST_BY_TABLE = 24  # where no field that they name values of is left
_VERY_FEW = 2  # survivors that may as well be asked one by one
_VISITS_BEFORE_A_TABLE = 3  # to a state with few survivors
_VISITS_BEFORE_A_FIELD = 8  # to a state with very few survivors
_MOST_KEPT = 8  # strings of one field of a table
_MOST_COMBINATIONS = 64  # of survivors of a table whose names are kept

Branches = list[tuple[str, Branch]]


class Walk:
    """The states, made as events need them, for one way of reading fields."""

    def __init__(
        self,
        branches: Branches,
        fields: dict[str, FieldIndex],
        readers: dict[str, Reader],
        pair: Pair | None,
    ) -> None:
        self._branches = branches
        self._fields = list(fields.values())
        self._readers = readers
        # What most branches ask for has mostly been asked when it comes to asking a branch directly.
        rarely_asked_first = sorted(fields, key=lambda path: fields[path].asked.bit_count())
        order = {path: place for place, path in enumerate(rarely_asked_first)}
        self._questions = [
            tuple(
                (1 << fields[path].number, readers[path], branch[path])
                for path in sorted(branch, key=order.__getitem__)
            )
            for _, branch in branches
        ]
        self._asked = [sum(bit for bit, _, _ in questions) for questions in self._questions]
        mask_bytes = len(branches) // 8
        self._capacity = max(LEAST_CAPACITY, MEMORY_FOR_STATES // (_BYTES_REMEMBERED + mask_bytes))
        self._paired: dict[str, dict[str, Any]] = {}
        self._replaced: list[tuple[dict[str, Any], str, tuple[int, ...]]] = []
        self._every_field = self._beside_pair = (1 << len(fields)) - 1
        self._walked = len(branches)  # so many, which are the first ones, are not looked up
        self.run = self._run
        if pair is not None:
            self._pair_branches(pair, fields)
        self._begin()

    def _pair_branches(self, pair: Pair, fields: dict[str, FieldIndex]) -> None:
        """Most branches are looked up by two fields."""
        self._walked = sum(not pair.takes(branch) for _, branch in self._branches)
        looked_up = enumerate((branch for _, branch in self._branches[self._walked :]), self._walked)
        self._paired = pair.index(looked_up)
        self._first, self._second = self._readers[pair.first], self._readers[pair.second]
        self._beside_pair &= ~(1 << fields[pair.first].number | 1 << fields[pair.second].number)
        self.run = self._run_paired

    def _begin(self) -> None:
        for inner, second, places in self._replaced:
            inner[second] = places
        self._replaced.clear()
        self._remembered = 0
        self._learnt = 0
        self._seen_once: set[int] = set()
        self._states: dict[tuple[int, int], State] = {}
        self._whole: State | None = None
        self._start = self._state((1 << self._walked) - 1, self._every_field)

    def _run(self, root: Any) -> frozenset[str] | None:
        """Return the names of the rules matched; None when fields are tied together by arrays of objects."""
        return self._run_from(self._start, root)

    def _run_paired(self, root: Any) -> frozenset[str] | None:
        """The same, where most branches are looked up."""
        names = self._looked_up(root)
        if names is None:
            return self._run_from(self._all_of_them(), root)
        if not self._walked:
            return names
        walked = self._run_from(self._start, root)
        return None if walked is None else walked | names if walked and names else walked or names

    def _looked_up(self, root: Any) -> frozenset[str] | None:
        """Those of the branches that are looked up; None where one of the two fields has several values."""
        value = self._read(self._first, root)
        if value.__class__ is not str:
            return None if _is_several(value) else NO_NAMES
        inner = self._paired.get(value)
        if inner is None:
            return NO_NAMES
        other = self._read(self._second, root)
        if other.__class__ is not str:
            return None if _is_several(other) else NO_NAMES
        found = inner.get(other)
        if found.__class__ is State:
            return self._run_from(found, root)
        return NO_NAMES if found is None else self._look_up(inner, other, found, root)

    @staticmethod
    def _read(read: Reader, root: Any) -> Any:
        try:
            return read(root)
        except AttributeError as error:
            return without_object(error)

    def _look_up(
        self, inner: dict[str, Any], second: str, places: tuple[int, ...], root: Any
    ) -> frozenset[str] | None:
        """Ask those that a pair of values leaves; a pair that comes again gets a state."""
        if len(places) <= _FEW and not self._came_before(hash((id(inner), second))):
            return self._ask_each(places, self._beside_pair, root)
        state = self._state(sum(1 << place for place in places), self._beside_pair)
        inner[second] = state
        self._replaced.append((inner, second, places))
        return self._run_from(state, root)

    def _all_of_them(self) -> State:
        """Where a walk through all branches begins, those that are looked up among them."""
        if self._whole is None:
            self._whole = self._state((1 << len(self._branches)) - 1, self._every_field)
        return self._whole

    def _run_from(self, state: State, root: Any) -> frozenset[str] | None:
        while (read := state.read) is not None:
            try:
                value = read(root)
            except AttributeError as error:
                value = without_object(error)
            if value.__class__ is str:
                following = state.by_string.get(value)
                if following is None:
                    following = self._follow_string(state, value)
            elif value is ABSENT:
                following = state.absent or self._follow_absent(state)
            else:
                following = self._follow_other(state, value)
                if following is None:
                    return None
            state = following
        return state.names if state.names is not None else self._ask_directly(state, root)

    def survivors_of(self, found: dict[str, list[FieldValue]]) -> int:
        """Return the branches that may match, as far as each field alone tells about the collected values."""
        state = self._all_of_them()
        while (field := state.field) is not None:
            values = found.get(field.path)
            state = self._after(state, field.possible(values, state.survivors) if values else field.absent)
        return state.survivors

    def _ask_directly(self, state: State, root: Any) -> frozenset[str] | None:
        """Ask the few survivors; what is visited often is worth a table, or with very few a next field."""
        if state.table is not None:
            return self._ask_table(state, state.table, root)
        state.visits += 1
        if state.visits == _VISITS_BEFORE_A_TABLE and len(state.places) > _VERY_FEW:
            self._make_table(state)
        elif state.visits == _VISITS_BEFORE_A_FIELD:
            self._choose_field(state)
        return self._ask_each(state.places, state.unasked, root)

    def _ask_each(self, places: tuple[int, ...], unasked: int, root: Any) -> frozenset[str] | None:
        names = []
        for place in places:
            answer = self._holds(place, unasked, root)
            if answer is None:
                return None
            if answer:
                names.append(self._branches[place][0])
        return frozenset(names) if names else NO_NAMES

    def _holds(self, place: int, unasked: int, root: Any) -> bool | None:
        for bit, read, leaf in self._questions[place]:
            if unasked & bit:
                answer = ask(read, leaf, root)
                if not answer:
                    return answer
        return True

    def _make_table(self, state: State) -> None:
        """Bring together what the survivors of a state ask; what tells most of them apart comes first."""
        fields: dict[Reader, dict[int, tuple[Alternatives, int]]] = {}
        for number, place in enumerate(state.places):
            for bit, read, leaf in self._questions[place]:
                if state.unasked & bit:
                    leaves = fields.setdefault(read, {})
                    _, asking = leaves.get(id(leaf), (leaf, 0))  # equal leaves are one object
                    leaves[id(leaf)] = leaf, asking | 1 << number
        table: Table = []
        for read, leaves in fields.items():
            asking = sum(each for _, each in leaves.values())  # of one leaf each, so that no bit comes twice
            table.append((asking, read, [condition(*each) for each in leaves.values()], {}, {}))
        table.sort(key=lambda field: (-len(field[2]) * field[0].bit_count(), -field[0].bit_count()))
        state.table = table

    def _ask_table(self, state: State, table: Table, root: Any) -> frozenset[str] | None:
        standing = (1 << len(state.places)) - 1
        for asking, read, conditions, kept, others in table:
            if not standing & asking:
                continue
            try:
                value = read(root)
            except AttributeError as error:
                value = without_object(error)
            if value.__class__ is str:
                left = kept.get(value)
                standing &= self._beside_string(value, conditions, kept) if left is None else left
            else:
                left = beside_other(value, conditions, others)
                if left is None:
                    return None
                standing &= left
            if not standing:
                return NO_NAMES
        names = state.combinations.get(standing)
        return self._combined(state, standing) if names is None else names

    def _beside_string(self, value: str, conditions: list[Condition], kept: dict[str, int]) -> int:
        """Return which survivors accept a string; kept while there is room, as common ones come early."""
        standing = -1
        for asking, accepts, _ in conditions:
            if not accepts(value):
                standing &= ~asking
        if len(kept) < _MOST_KEPT and len(value) <= _LONGEST_REMEMBERED and self._learnt < 4 * self._capacity:
            self._learnt += 1
            kept[sys.intern(value)] = standing
        return standing

    def _combined(self, state: State, standing: int) -> frozenset[str]:
        names = frozenset(self._branches[state.places[number]][0] for number in bits_of(standing))
        if len(state.combinations) < _MOST_COMBINATIONS:
            state.combinations[standing] = names
        return names

    def _follow_string(self, state: State, value: str) -> State:
        field = state.field
        assert field is not None
        named = field.names(value)
        unshaped = not field.shaped & state.survivors
        if unshaped and not named and state.other is not None:
            return state.other
        following = self._after(state, field.accepting(value, state.survivors))
        if unshaped and not named:
            state.other = following
        elif (named or self._was_seen(state, value)) and self._may_remember():
            state.by_string[value] = following
        return following

    def _follow_absent(self, state: State) -> State:
        assert state.field is not None
        state.absent = self._after(state, state.field.absent)
        return state.absent

    def _follow_other(self, state: State, value: object) -> State | None:
        """Follow a number, a boolean, null, an object, or an array; None when `collect` has to see."""
        key = (value.__class__, value) if value is None or isinstance(value, (int, float)) else None
        known = state.others.get(key) if key else None
        if known is not None:
            return known
        assert state.field is not None
        standing = state.field.answer(value, state.survivors)
        if standing is None:
            return None
        following = self._after(state, standing)
        if key and self._was_seen(state, value) and self._may_remember():
            state.others[key] = following
        return following

    def _was_seen(self, state: State, value: object) -> bool:
        """Say whether a value has come to this state before; a stream of new ones isn't worth remembering."""
        if isinstance(value, str):
            if len(value) > _LONGEST_REMEMBERED:
                return False
        elif isinstance(value, (int, float)) and not -_LARGEST_REMEMBERED < value < _LARGEST_REMEMBERED:
            return False
        return self._came_before(hash((id(state), value)))

    def _came_before(self, what: int) -> bool:
        if len(self._seen_once) >= self._capacity:
            self._seen_once.clear()
        size = len(self._seen_once)
        self._seen_once.add(what)
        return size == len(self._seen_once)

    def _may_remember(self) -> bool:
        """Count one more state or transition; with too many, forget them all. A walk under way goes on."""
        self._remembered += 1
        if self._remembered <= self._capacity:
            return True
        self._begin()
        return False

    def _after(self, state: State, standing: int) -> State:
        field, survivors = state.field, state.survivors & standing
        assert field is not None
        field.times_asked += 1
        field.times_telling += survivors != state.survivors
        return self._state(survivors, state.unasked & ~(1 << field.number)) if survivors else NOBODY

    def _state(self, survivors: int, unasked: int) -> State:
        few = self._are_few(survivors, unasked)
        places = tuple(bits_of(survivors)) if few else ()
        unasked &= self._asked_by(places) if few else self._asked_by_some(survivors)
        state = self._states.get((survivors, unasked))
        if state is None:
            state = State(survivors, unasked)
            if self._may_remember():
                self._states[survivors, unasked] = state
            if not unasked:
                state.names = frozenset(self._branches[place][0] for place in bits_of(survivors))
            elif few:
                state.places = places
            else:
                self._choose_field(state)
        return state

    def _are_few(self, survivors: int, unasked: int) -> bool:
        """Whether to ask them directly: more of them, too, where no field is left that tells them apart."""
        count = survivors.bit_count()
        if count <= _FEW or count > _MOST_BY_TABLE:
            return count <= _FEW
        return not any(
            2 * (survivors & field.literal).bit_count() > count
            for field in self._fields
            if unasked >> field.number & 1
        )

    def _asked_by(self, places: tuple[int, ...]) -> int:
        fields = 0
        for place in places:
            fields |= self._asked[place]
        return fields

    def _asked_by_some(self, survivors: int) -> int:
        return sum(1 << field.number for field in self._fields if survivors & field.asked)

    def _choose_field(self, state: State) -> None:
        """Choose the field that tells many survivors apart best; for a few, one that is rarely asked for."""
        if state.places:
            asked = (bit for place in state.places for bit, _, _ in self._questions[place])
            field = self._fields[next(bit for bit in asked if state.unasked & bit).bit_length() - 1]
        else:
            fields = [each for each in self._fields if state.unasked >> each.number & 1]
            field = max(fields, key=lambda each: each.worth(state.survivors))
        state.ask_next(field, self._readers[field.path])


def _is_several(value: object) -> bool:
    """Whether a value isn't one: an array, or what only `collect` sees."""
    return value is TANGLED or isinstance(value, (list, tuple))

"""Values of a query: how they are written, compared, counted and sorted.

A value is a text, a number, a boolean, a moment, a map or a list, or None: then it is absent.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Sort.html
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scenarios.queries.insights.switches import Switches

_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_PARTS = re.compile(r"\d+|\D", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 300
_HUGE = 10**300  # what is larger is no number that can be counted with
_LARGEST_PLAIN = 1e17  # from here on Python, too, writes a power of ten
_DIGIT: Final = ord("0")

Number = int | float


class Moment(int):
    """A point in time, in milliseconds since the epoch; it counts as a number and is shown as a time."""


class Written(float):
    """A number as it stands in an event: shown with all its decimals, which a computed one isn't."""


def in_calendar(milliseconds: Number) -> datetime:
    """A moment by the calendar, in UTC. Raises OverflowError where the calendar has no such moment."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def moment_text(milliseconds: int) -> str:
    """A moment as results show it: `2026-03-02 03:00:00.000`; out of all calendars the number."""
    try:
        moment = in_calendar(milliseconds)
    except OverflowError:
        return str(int(milliseconds))
    return moment.isoformat(" ", "milliseconds").removesuffix("+00:00")


def is_structure(value: object) -> bool:
    """Whether it is a map or a list."""
    return value.__class__ is dict or value.__class__ is list


def below(value: Any, steps: Iterable[str | int]) -> Any:
    """What lies so many steps inside a map or a list; None where nothing does."""
    for step in steps:
        name = str(step)
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and _is_place(name, value):
            value = value[int(name)]
        else:
            return None
    return value


def _is_place(digits: str, items: list[Any]) -> bool:
    return len(digits) <= _MOST_DIGITS and int(digits) < len(items)


def number_of(value: Any) -> Number | None:
    """A value as a number; None where it is none, or is too large. A text of digits is one."""
    kind = value.__class__
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is int:
        return value if -_HUGE < value < _HUGE else None
    if kind is str:
        return _number_in(value)
    if kind is bool or kind is Moment:
        return int(value)
    return number_of(float(value)) if kind is Written else None


def _number_in(text: str) -> Number | None:
    if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text)
    except ValueError:
        return number_of(float(text))


def truth(value: object) -> bool:
    """Whether a condition holds: functions such as strcontains answer 1 and 0."""
    return value is not None and value is not False and value != 0 and not is_structure(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Values:
    """What depends on the switches."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        words = ("0", "1") if switches.booleans_shown == "1" else ("false", "true")
        self._writers: dict[type, Callable[[Any], str | None]] = {
            type(None): lambda _: None,
            bool: words.__getitem__,
            Moment: moment_text,
            float: self._decimal,
            Written: self._decimal,
            dict: _json,
            list: _json,
        }

    def text(self, value: Any) -> str | None:
        """A value as text; None where it is absent."""
        kind = value.__class__
        if kind is str:
            return value  # type: ignore[no-any-return]
        return self._writers.get(kind, str)(value)

    def plain_text(self, value: Any) -> str | None:
        """A value as the argument of a function of texts: maps and lists are absent there."""
        return None if is_structure(value) else self.text(value)

    def _decimal(self, value: float) -> str:
        if not value.is_integer() and value.__class__ is not Written:
            value = round(value, self._switches.decimals_shown)
        if value.is_integer() and abs(value) < _LARGEST_PLAIN:
            return str(int(value)) if self._switches.whole_shown_plain else f"{int(value)}.0"
        return repr(float(value))

    # ---- comparing -------------------------------------------------------------------------------

    def comparer(self, operator: str) -> Callable[[Any, Any], bool]:
        """The function that a comparison is made with."""
        if operator == "=":
            return self.equal
        if operator == "!=":
            return self._differ
        return _ORDERS[operator](self._pair)

    def equal(self, left: Any, right: Any) -> bool:
        """Whether two values are the same: as numbers where either is one, else as texts."""
        if left is None or right is None or is_structure(left) or is_structure(right):
            return False
        if left.__class__ is str and right.__class__ is str:
            return bool(left == right)
        if self._switches.boolean_is_word and {left.__class__, right.__class__} == {bool, str}:
            word = left if left.__class__ is str else right
            if word.lower() in ("true", "false"):
                return (word.lower() == "true") is (right if word is left else left)
        pair = self._pair(left, right)
        return pair is not None and pair[0] == pair[1]

    def _differ(self, left: Any, right: Any) -> bool:
        if left is None or right is None:
            return self._switches.absent_differs and (left is None) is not (right is None)
        # A map or a list compares with nothing.
        return not (is_structure(left) or is_structure(right) or self.equal(left, right))

    def _pair(self, left: Any, right: Any) -> tuple[Any, Any] | None:
        """Two values of one kind, so that they can be compared; None where they can't."""
        if left is None or right is None or is_structure(left) or is_structure(right):
            return None
        kinds = {left.__class__, right.__class__}
        both_texts = kinds == {str}
        if both_texts and not self._switches.texts_compare_as_numbers:
            return left, right
        if self._switches.text_is_number or not (left.__class__ is str or right.__class__ is str):
            numbers = number_of(left), number_of(right)
            if numbers[0] is not None and numbers[1] is not None:
                return numbers
        elif not both_texts:
            return None
        if kinds == {Moment, str}:
            return None  # AWS's page: there is no comparing with times as people write them
        return self.text(left), self.text(right)

    # ---- sorting ---------------------------------------------------------------------------------

    def order(self, value: Any) -> tuple[Any, ...]:
        """The key of AWS's natural order: what is no number comes before numbers."""
        if value is None or is_structure(value):
            return (0,) if self._switches.null_sorts_first else (3,)
        if value.__class__ is not str:
            number = number_of(value)
            if number is not None:
                return (2, number, self.text(value))
            value = str(value)
        if len(value) <= _MOST_DIGITS and _PLAIN_NUMBER.fullmatch(value):
            return (2, number_of(value), value)
        return (1, tuple(_part(each) for each in _PARTS.findall(value)))


def _part(part: str) -> tuple[int, int, str]:
    """Digits by how many they are, then by their value; everything else by its code point."""
    return (_DIGIT, len(part), part) if part.isdecimal() and part.isascii() else (ord(part), 0, "")


def _less(pair: Callable[[Any, Any], tuple[Any, Any] | None]) -> Callable[[Any, Any], bool]:
    def less(left: Any, right: Any) -> bool:
        found = pair(left, right)
        return found is not None and found[0] < found[1]

    return less


def _not_above(pair: Callable[[Any, Any], tuple[Any, Any] | None]) -> Callable[[Any, Any], bool]:
    def not_above(left: Any, right: Any) -> bool:
        found = pair(left, right)
        return found is not None and found[0] <= found[1]

    return not_above


def _more(pair: Callable[[Any, Any], tuple[Any, Any] | None]) -> Callable[[Any, Any], bool]:
    def more(left: Any, right: Any) -> bool:
        found = pair(left, right)
        return found is not None and found[0] > found[1]

    return more


def _not_below(pair: Callable[[Any, Any], tuple[Any, Any] | None]) -> Callable[[Any, Any], bool]:
    def not_below(left: Any, right: Any) -> bool:
        found = pair(left, right)
        return found is not None and found[0] >= found[1]

    return not_below


_ORDERS: Final = {"<": _less, "<=": _not_above, ">": _more, ">=": _not_below}

"""Space-delimited filter patterns: ``[ip, user, ..., request = *.html*, status = 4* || status = 500]``.

Every name means one field of the line, in order; ``...``, at most once, means all fields that are left over.
Without ``...`` the last name takes the rest of the line, which is why AWS tells to write ``[w1=ERROR, w2]``
for lines that start with ERROR. A name left out (``[a, , b]``) is a field without a name; fields without a
name are known by their number: ``$1``.

A condition may speak of another field of the pattern, as AWS's page once showed (``status = 4* && bytes >
1000``); whether the service still takes that is unconfirmed.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; the names of
extracted values:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestMetricFilter.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.matching.logs.expression import Expression, ExpressionReader, compiled, failing, leaves
from chalicelib.matching.logs.line import split_line
from chalicelib.matching.logs.mismatch import Mismatch
from chalicelib.matching.logs.scanner import NAME, Scanner, refusal
from chalicelib.matching.logs.value import MAX_REGEXES, Comparison, read_comparison

_ELLIPSIS: Final = "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """A comparison with the field of that name."""

    name: str
    comparison: Comparison
    text: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """The text between two commas: a name or none, and conditions or none."""

    name: str
    expression: Expression[_Condition] | None
    position: int


class FieldsPattern:
    """A pattern in brackets, ready to match many messages.

    Raises:
        InvalidPattern: The text is not a space-delimited filter pattern.
    """

    language = "space-delimited"

    def __init__(self, text: str) -> None:
        self._text = text
        entries = _read(text)
        ellipses = [index for index, entry in enumerate(entries) if entry.name == _ELLIPSIS]
        if len(ellipses) > 1:
            raise refusal(text, "... is allowed at most once in a pattern", entries[ellipses[1]].position)
        self._ellipsis = ellipses[0] if ellipses else None
        self._entries = entries
        self._fewest = len(entries) - len(ellipses)
        self._places = self._name_places()
        self._expressions = [entry.expression for entry in entries if entry.expression]
        self._check_conditions()
        self._tests = tuple(compiled(expression, self._compile) for expression in self._expressions)

    def _name_places(self) -> dict[str, int]:
        """Each name's place in a line; after ``...`` counted from the end, below 0."""
        places: dict[str, int] = {}
        for index, entry in enumerate(self._entries):
            if entry.name in places:
                raise refusal(self._text, f"Two fields have the name {entry.name}", entry.position)
            if entry.name and entry.name != _ELLIPSIS:
                behind = self._ellipsis is not None and index > self._ellipsis
                places[entry.name] = index - len(self._entries) if behind else index
        return places

    def _check_conditions(self) -> None:
        conditions = [leaf for expression in self._expressions for leaf in leaves(expression)]
        for leaf in conditions:
            if leaf.name not in self._places:
                reason = f"The pattern has no field {leaf.name}: every field has its name between commas"
                raise refusal(self._text, reason, leaf.position)
        regexes = [leaf for leaf in conditions if leaf.comparison.regex]
        if len(regexes) > MAX_REGEXES:
            reason = f"At most {MAX_REGEXES} regular expressions in a space-delimited pattern"
            raise refusal(self._text, reason, regexes[MAX_REGEXES].position)

    def _compile(self, condition: _Condition) -> Callable[[list[str]], bool]:
        place, holds = self._places[condition.name], condition.comparison.holds_for
        return lambda values: holds(values[place])

    @property
    def selectors(self) -> tuple[str, ...]:
        """The names as metric filters write them: ``$bytes``."""
        return tuple(f"${name}" for name in self._places)

    def matches(self, message: str) -> bool:
        """Whether the line has enough fields, and they satisfy the conditions."""
        values = self._values(message)
        return values is not None and all(test(values) for test in self._tests)

    def extract(self, message: str) -> dict[str, str] | None:
        """Every field of the line by its name or number; None when the message does not match."""
        values = self._values(message)
        if values is None or not all(test(values) for test in self._tests):
            return None
        return self._named(values)

    def value_of(self, selector: str, message: str) -> str | None:
        """The field a selector names, ``$bytes`` or ``$7``; None when the line has too few fields."""
        name = selector.removeprefix("$")
        number = int(name) if name.isdecimal() and name.isascii() and len(name) <= len("1024") else 0
        if name not in self._places and not number:
            known = ", ".join(self.selectors) or "fields by number only, as in $1"
            raise refusal(selector, f"The pattern has no field {selector}: it has {known}", 0)
        values = self._values(message)
        if values is None:
            return None
        if name in self._places:
            return values[self._places[name]]
        return values[number - 1] if number <= len(values) else None

    def explain(self, message: str) -> tuple[Mismatch, ...]:
        """The conditions to blame; none when the message matches."""
        values = self._values(message)
        if values is None:
            count = len(split_line(message))
            reason = f"the line has {count} fields, the pattern asks for {self._fewest} or more"
            return (Mismatch(condition=self._text.strip(), position=0, value=message, reason=reason),)
        blamed = (
            leaf
            for expression in self._expressions
            for leaf in failing(expression, lambda leaf: self._compile(leaf)(values))
        )
        return tuple(self._mismatch(leaf, values[self._places[leaf.name]]) for leaf in blamed)

    def _mismatch(self, condition: _Condition, value: str) -> Mismatch:
        return Mismatch(
            condition=condition.text,
            position=condition.position,
            value=value,
            reason=f"{condition.name} is {value}",
        )

    def _values(self, message: str) -> list[str] | None:
        """The fields as the pattern counts them; None when there are too few."""
        values = split_line(message, self._fewest if self._ellipsis is None else None)
        return None if len(values) < self._fewest else values

    def _named(self, values: list[str]) -> dict[str, str]:
        names = {place % len(values): name for name, place in self._places.items()}
        return {f"${names.get(index, index + 1)}": value for index, value in enumerate(values)}


def _read(text: str) -> tuple[_Entry, ...]:
    scanner = Scanner(text)
    scanner.take("[")
    entries: list[_Entry] = []
    if not scanner.next_is("]"):
        entries.append(_read_entry(scanner))
        while scanner.take(","):
            entries.append(_read_entry(scanner))
    if not scanner.take("]"):
        if not scanner.peek():
            raise scanner.refuse("The bracket that was opened is not closed by ]")
        raise scanner.refuse("Fields are separated by commas, conditions of one field by && or ||")
    scanner.skip_blanks()
    if scanner.peek():
        raise scanner.refuse("Nothing can follow the closing bracket")
    return tuple(entries)


def _read_entry(scanner: Scanner) -> _Entry:
    scanner.skip_blanks()
    start = scanner.position
    if scanner.take(_ELLIPSIS):
        if not scanner.next_is(",", "]") and scanner.peek():
            raise scanner.refuse("... must be alone between commas")
        return _Entry(name=_ELLIPSIS, expression=None, position=start)
    if scanner.next_is(",", "]") or not scanner.peek():
        return _Entry(name="", expression=None, position=start)
    if not scanner.next_is("("):
        name = _read_name(scanner)
        if scanner.next_is(",", "]") or not scanner.peek():
            return _Entry(name=name, expression=None, position=start)
        scanner.position = start
    expression = ExpressionReader(scanner, _read_condition).read()
    owner = next(leaves(expression)).name
    return _Entry(name=owner, expression=expression, position=start)


def _read_condition(scanner: Scanner) -> _Condition:
    scanner.skip_blanks()
    start = scanner.position
    name = _read_name(scanner)
    comparison = read_comparison(scanner, name)
    return _Condition(
        name=name, comparison=comparison, text=scanner.text[start : scanner.position], position=start
    )


def _read_name(scanner: Scanner) -> str:
    name = scanner.run(NAME)
    char = scanner.peek()
    if name and (not char or char in " \t\r\n,]=!<>&|():~"):
        return name
    if scanner.next_is("$"):
        raise scanner.refuse("A field's name has no dollar sign here; a metric value writes it $name")
    if char and char in "\"'%*":
        raise scanner.refuse("A field has a name before its condition: [w1 = ERROR, w2]")
    raise scanner.refuse(
        f"Invalid character(s) in term '{char}': a field's name has letters, digits, - and _"
        if char not in ("", ",", "]")
        else "A field's name must follow here"
    )

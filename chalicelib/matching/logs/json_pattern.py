"""How JSON filter patterns match: a message is decoded once, only as far as the pattern's selectors reach.

Three things are not on AWS's page; others saw the service do them: a comparison takes strings and numbers
only, so that ``=`` and ``!=`` are both false for booleans, null and missing fields; a quoted value
compares with a number as the number is written; ``IS NULL`` is also true for an array with a null in it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html (JSON log events)
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from chalicelib.matching.logs.document import WrittenFloat, decoder_for, json_of, text_of
from chalicelib.matching.logs.expression import All, AnyOf, Expression, compiled, failing, leaves
from chalicelib.matching.logs.json_syntax import JsonCondition, parse_selector, read_json_pattern
from chalicelib.matching.logs.mismatch import Mismatch
from chalicelib.matching.logs.selector import MISSING, Selector
from chalicelib.matching.logs.value import number_of

_DECODE_ERRORS: Final = (ValueError, RecursionError)


class JsonPattern:
    """A pattern in braces, ready to match many messages.

    Raises:
        InvalidPattern: The text is not a JSON filter pattern.
    """

    language = "json"

    def __init__(self, text: str) -> None:
        self._text = text
        self._expression = read_json_pattern(text)
        self._selectors = {leaf.selector.text: leaf.selector for leaf in leaves(self._expression)}
        self._decode = decoder_for(tuple(self._selectors.values())).decode
        self._decode_whole = decoder_for(None).decode
        self._test: Callable[[Any], bool] = compiled(_with_sets(self._expression), _compile)

    @property
    def expression(self) -> Expression[JsonCondition]:
        """The conditions, as they are joined."""
        return self._expression

    @property
    def selectors(self) -> tuple[str, ...]:
        """The selectors, each once, as the pattern writes them."""
        return tuple(self._selectors)

    def matches(self, message: str) -> bool:
        """Whether the message is a JSON object that satisfies the pattern."""
        try:
            document = self._decode(message)
        except _DECODE_ERRORS:
            return False
        return self._test(document)

    def extract(self, message: str) -> dict[str, str] | None:
        """The values the selectors lead to, as text; None when the message does not match."""
        document = self._document(message, whole=False)
        if document is None or not self._test(document):
            return None
        found = ((text, _first_text(selector.find(document))) for text, selector in self._selectors.items())
        return {text: value for text, value in found if value is not None}

    def value_of(self, selector: str, message: str) -> str | None:
        """The value any selector leads to, as text; None when there is none, or no string or number."""
        way = parse_selector(selector)
        document = self._document(message, whole=True)
        return None if document is None else _first_text(way.find(document))

    def explain(self, message: str) -> tuple[Mismatch, ...]:
        """The conditions to blame; none when the message matches."""
        document = self._document(message, whole=True)
        if document is None:
            whole = self._text.strip()
            reason = "the message is not a JSON object; a JSON pattern matches nothing else"
            return (Mismatch(condition=whole, position=0, value=message, reason=reason),)
        holds = {id(leaf): _compile(leaf) for leaf in leaves(self._expression)}
        blamed = failing(self._expression, lambda leaf: holds[id(leaf)](document))
        return tuple(_mismatch(leaf, document) for leaf in blamed)

    def _document(self, message: str, *, whole: bool) -> Any:
        try:
            return (self._decode_whole if whole else self._decode)(message)
        except _DECODE_ERRORS:
            return None


def _with_sets(expression: Expression[JsonCondition]) -> Expression[JsonCondition]:
    if isinstance(expression, All):
        return All(tuple(_with_sets(part) for part in expression.parts))
    if not isinstance(expression, AnyOf):
        return expression
    groups: dict[Selector, list[JsonCondition]] = {}
    others: list[Expression[JsonCondition]] = []
    for part in expression.parts:
        if isinstance(part, JsonCondition) and _plain_literal(part) is not None:
            groups.setdefault(part.selector, []).append(part)
        else:
            others.append(_with_sets(part))
    sets = [_one_of(group) for group in groups.values()]
    parts = (*sets, *others)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _one_of(group: list[JsonCondition]) -> JsonCondition:
    literals = frozenset(literal for part in group if (literal := _plain_literal(part)) is not None)
    return replace(group[0], literals=literals)


def _plain_literal(condition: JsonCondition) -> str | None:
    """The one string that satisfies the condition, which no number can (a number may be written as "400")."""
    if condition.comparison is None or condition.selector.has_wildcard:
        return None
    literal = condition.comparison.literal
    return None if literal is None or number_of(literal) is not None else literal


def _compile(condition: JsonCondition) -> Callable[[Any], bool]:
    selector = condition.selector
    if condition.literals:
        read_member, literals = selector.reader(), condition.literals

        def is_one_of(document: Any) -> bool:
            value = read_member(document)
            return type(value) is str and value in literals

        return is_one_of
    if condition.state == "NOT EXISTS":
        return lambda document: next(selector.find(document), MISSING) is MISSING
    test = _compile_test(condition)
    if selector.has_wildcard:
        return lambda document: any(map(test, selector.find(document)))
    read = selector.reader()
    return lambda document: test(read(document))


def _compile_test(condition: JsonCondition) -> Callable[[Any], bool]:
    comparison = condition.comparison
    if comparison is None:
        return _STATE_TESTS[condition.state]
    literal = _plain_literal(condition)
    if literal is not None:
        return lambda value: bool(value == literal)
    holds = comparison.holds

    def test(value: Any) -> bool:
        if type(value) is str:
            return holds(value, None)
        if type(value) is int or type(value) is WrittenFloat:
            return holds(text_of(value) or "", value)
        return False

    return test


def _is_null(value: Any) -> bool:
    return value is None or (type(value) is list and None in value)


_STATE_TESTS: Final[dict[str, Callable[[Any], bool]]] = {
    "IS NULL": _is_null,
    "IS TRUE": lambda value: value is True,
    "IS FALSE": lambda value: value is False,
}


def _first_text(values: Iterable[Any]) -> str | None:
    return next((text for value in values if (text := text_of(value)) is not None), None)


def _mismatch(condition: JsonCondition, document: Any) -> Mismatch:
    values = list(condition.selector.find(document))
    shown = ", ".join(map(json_of, values)) if values else None
    return Mismatch(
        condition=condition.text,
        position=condition.position,
        value=shown,
        reason=_reason(condition, values, shown),
    )


def _reason(condition: JsonCondition, values: list[Any], shown: str | None) -> str:
    selector = condition.selector.text
    if shown is None:
        return f"the message has no {selector}"
    if condition.comparison is not None and len(values) == 1:
        value = values[0]
        if isinstance(value, dict | list):
            kind = "an array" if isinstance(value, list) else "an object"
            return f"{selector} is {kind}; only strings and numbers are compared"
        if value is None or isinstance(value, bool):
            return f"{selector} is {shown}, which no comparison takes; write {selector} IS {shown.upper()}"
    return f"{selector} is {shown}"

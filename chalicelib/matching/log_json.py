"""JSON filter patterns: ``{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }``.

Three things are not on AWS's page; others saw the service do them: a comparison takes strings and numbers
only, so that ``=`` and ``!=`` are both false for booleans, null and missing fields; a quoted value
compares with a number as the number is written; ``IS NULL`` is also true for an array with a null in it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html (JSON log events)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.matching.log_document import WrittenFloat, decoder_for, json_of, text_of
from chalicelib.matching.log_expression import (
    All,
    AnyOf,
    Expression,
    ExpressionReader,
    compiled,
    failing,
    leaves,
)
from chalicelib.matching.log_mismatch import Mismatch
from chalicelib.matching.log_scanner import Scanner, refusal
from chalicelib.matching.log_selector import MISSING, Selector, read_selector
from chalicelib.matching.log_value import MAX_REGEXES, Comparison, number_of, read_comparison

_MAX_WILDCARDS: Final = 3
_STATES: Final = ("NULL", "TRUE", "FALSE")
_DECODE_ERRORS: Final = (ValueError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """One condition: a selector with a comparison, or with ``IS NULL``, ``NOT EXISTS`` and the like.

    Where several ``$.x = literal`` on one selector are joined by ``||``, one condition stands for all of them
    and has their ``literals``: one look-up instead of a test for each.
    """

    selector: Selector
    comparison: Comparison | None
    state: str
    text: str
    position: int
    literals: frozenset[str] = frozenset()


class JsonPattern:
    """A pattern in braces, ready to match many messages.

    Raises:
        InvalidPattern: The text is not a JSON filter pattern.
    """

    language = "json"

    def __init__(self, text: str) -> None:
        self._text = text
        self._expression = _read(text)
        conditions = list(leaves(self._expression))
        _check_quotas(text, conditions)
        self._selectors = {condition.selector.text: condition.selector for condition in conditions}
        self._decode = decoder_for(tuple(self._selectors.values())).decode
        self._decode_whole = decoder_for(None).decode
        self._test: Callable[[Any], bool] = compiled(_with_sets(self._expression), _compile)

    @property
    def selectors(self) -> tuple[str, ...]:
        """The selectors, each once, as the pattern writes them."""
        return tuple(self._selectors)

    def matches(self, message: str) -> bool:
        """Whether the message is a JSON object that satisfies the pattern."""
        try:
            return self._test(self._decode(message))
        except _DECODE_ERRORS:
            return False

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


def parse_selector(text: str) -> Selector:
    """A selector that stands alone, as in a metric filter's value or dimension.

    Raises:
        InvalidPattern: It is not one.
    """
    scanner = Scanner(text)
    selector = read_selector(scanner)
    if scanner.peek():
        raise scanner.refuse("A selector ends here")
    return selector


def _read(text: str) -> Expression[_Condition]:
    scanner = Scanner(text)
    if not scanner.take("{"):
        raise scanner.refuse("A JSON pattern stands in braces")
    if scanner.next_is("}"):
        raise scanner.refuse('A condition has to stand between the braces; what matches everything is " "')
    if scanner.next_is('"', "'"):
        raise scanner.refuse(
            "This is JSON, as for an EventBridge rule; here a condition is written"
            ' { $.eventName = "ConsoleLogin" }'
        )
    expression = ExpressionReader(scanner, _read_condition).read()
    if scanner.next_is(","):
        raise scanner.refuse("Conditions are joined by && or ||, not by a comma")
    if scanner.next_is(")"):
        raise scanner.refuse("This parenthesis was not opened")
    if not scanner.take("}"):
        if not scanner.peek():
            raise scanner.refuse("The brace that was opened is not closed by }")
        raise scanner.refuse("Conditions are joined by && or ||; several words stand in double quotes")
    scanner.skip_blanks()
    if scanner.peek():
        raise scanner.refuse("Nothing can follow the closing brace; conditions are joined inside of it")
    return expression


def _read_condition(scanner: Scanner) -> _Condition:
    selector = read_selector(scanner)
    start = scanner.position - len(selector.text)
    word = scanner.word()
    comparison, state = None, ""
    if word:
        state = _read_state(scanner, word, selector.text)
    else:
        comparison = _read_comparison(scanner, selector.text)
    return _Condition(
        selector=selector,
        comparison=comparison,
        state=state,
        text=scanner.text[start : scanner.position],
        position=start,
    )


def _read_comparison(scanner: Scanner, selector: str) -> Comparison:
    if scanner.next_is(")", "}", "&&", "||", ",") or not scanner.peek():
        raise scanner.refuse(f"{selector} stands alone: that it exists is written {selector} = *")
    start = scanner.position
    comparison = read_comparison(scanner, selector)
    if comparison.bare and comparison.text == "null":
        raise scanner.refuse(f"null is not compared by an operator: write {selector} IS NULL", start)
    return comparison


def _read_state(scanner: Scanner, word: str, selector: str) -> str:
    start = scanner.position
    scanner.position += len(word)
    second = scanner.word()
    if word == "IS" and second in _STATES:
        scanner.take(second)
        return f"IS {second}"
    if word == "NOT" and second == "EXISTS":
        scanner.take(second)
        return "NOT EXISTS"
    raise scanner.refuse(_state_hint(word.upper(), second.upper(), selector), start)


def _state_hint(word: str, second: str, selector: str) -> str:
    """What to write instead of a word that AWS does not know in this place; words are in capitals here."""
    if word == "EXISTS" or (word, second) == ("IS", "NOT"):
        return (
            f"EXISTS and IS NOT are not supported: that {selector} is there, with a string or a number,"
            f" is written {selector} = *"
        )
    if word == "IS" and second in _STATES:
        return f"IS {second} is written in capitals: {selector} IS {second}"
    if word == "IS":
        return f"IS is followed by NULL, TRUE or FALSE; another value is compared by {selector} = ..."
    if word == "NOT":
        return f"NOT EXISTS is written in capitals and is the only NOT: {selector} NOT EXISTS"
    hints = {
        "EQ": f"{selector} = ...",
        "EQUALS": f"{selector} = ...",
        "LIKE": f"{selector} = %regex% or {selector} = *part*",
        "CONTAINS": f"{selector} = *part*",
        "IN": f"{selector} = a || {selector} = b",
    }
    if word in hints:
        return f"{word} is not an operator of filter patterns: write {hints[word]}"
    return f"After {selector} one of = != < <= > >= IS NULL, IS TRUE, IS FALSE or NOT EXISTS has to follow"


def _check_quotas(text: str, conditions: Iterable[_Condition]) -> None:
    regexes = [leaf for leaf in conditions if leaf.comparison and leaf.comparison.regex]
    if len(regexes) > MAX_REGEXES:
        reason = f"At most {MAX_REGEXES} regular expressions in a JSON pattern"
        raise refusal(text, reason, regexes[MAX_REGEXES].position)
    wildcards = [leaf for leaf in conditions if leaf.selector.has_wildcard]
    if len(wildcards) > _MAX_WILDCARDS:
        reason = f"At most {_MAX_WILDCARDS} wildcard selectors in a pattern"
        raise refusal(text, reason, wildcards[_MAX_WILDCARDS].position)


def _with_sets(expression: Expression[_Condition]) -> Expression[_Condition]:
    if isinstance(expression, All):
        return All(tuple(_with_sets(part) for part in expression.parts))
    if not isinstance(expression, AnyOf):
        return expression
    groups: dict[Selector, list[_Condition]] = {}
    others: list[Expression[_Condition]] = []
    for part in expression.parts:
        if isinstance(part, _Condition) and _plain_literal(part) is not None:
            groups.setdefault(part.selector, []).append(part)
        else:
            others.append(_with_sets(part))
    sets = [_one_of(group) for group in groups.values()]
    parts = (*sets, *others)
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _one_of(group: list[_Condition]) -> _Condition:
    literals = frozenset(literal for part in group if (literal := _plain_literal(part)) is not None)
    return replace(group[0], literals=literals)


def _plain_literal(condition: _Condition) -> str | None:
    """The one string that satisfies the condition, which no number can (a number may be written as "400")."""
    if condition.comparison is None or condition.selector.has_wildcard:
        return None
    literal = condition.comparison.literal
    return None if literal is None or number_of(literal) is not None else literal


def _compile(condition: _Condition) -> Callable[[Any], bool]:
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


def _compile_test(condition: _Condition) -> Callable[[Any], bool]:
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


def _mismatch(condition: _Condition, document: Any) -> Mismatch:
    values = list(condition.selector.find(document))
    shown = ", ".join(map(json_of, values)) if values else None
    return Mismatch(
        condition=condition.text,
        position=condition.position,
        value=shown,
        reason=_reason(condition, values, shown),
    )


def _reason(condition: _Condition, values: list[Any], shown: str | None) -> str:
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

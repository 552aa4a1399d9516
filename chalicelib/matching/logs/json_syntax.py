"""How JSON filter patterns are written: ``{ ($.eventName = ConsoleLogin) && ($.errorCode NOT EXISTS) }``.

Most of this module explains what to write here in place of the syntax of other languages.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html (JSON log events)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chalicelib.matching.logs.expression import Expression, ExpressionReader, leaves
from chalicelib.matching.logs.scanner import Scanner, refusal
from chalicelib.matching.logs.selector import Selector, read_selector
from chalicelib.matching.logs.value import MAX_REGEXES, Comparison, read_comparison

_MAX_WILDCARDS: Final = 3
_STATES: Final = ("NULL", "TRUE", "FALSE")


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonCondition:
    """One condition of a JSON filter pattern.

    Attributes:
        selector: Where to look in the message.
        comparison: What to compare with, unless there is a state.
        state: ``IS NULL``, ``IS TRUE``, ``IS FALSE``, ``NOT EXISTS`` or empty.
        text: The condition as the pattern writes it.
        position: Where it starts in the pattern.
        literals: For several ``$.x = literal`` on one selector, joined by ``||``, that one condition stands
            for: one look-up instead of a test for each.
    """

    selector: Selector
    comparison: Comparison | None
    state: str
    text: str
    position: int
    literals: frozenset[str] = frozenset()


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


def read_json_pattern(text: str) -> Expression[JsonCondition]:
    """The conditions of a pattern in braces, as they are joined.

    Raises:
        InvalidPattern: The text is not a JSON filter pattern.
    """
    expression = _read_whole(Scanner(text))
    _check_quotas(text, list(leaves(expression)))
    return expression


def _read_whole(scanner: Scanner) -> Expression[JsonCondition]:
    if not scanner.take("{"):
        raise scanner.refuse("A JSON pattern must be in braces")
    if scanner.next_is("}"):
        raise scanner.refuse(
            'There must be a condition between the braces; the pattern that matches everything is " "'
        )
    if scanner.next_is('"', "'"):
        raise scanner.refuse(
            "This is JSON, as for an EventBridge rule; here a condition is written"
            ' { $.eventName = "ConsoleLogin" }'
        )
    expression = ExpressionReader(scanner, _read_condition).read()
    if scanner.next_is(","):
        raise scanner.refuse("Join conditions with && or ||, not with a comma")
    if scanner.next_is(")"):
        raise scanner.refuse("This parenthesis was not opened")
    if not scanner.take("}"):
        if not scanner.peek():
            raise scanner.refuse("The brace that was opened is not closed by }")
        raise scanner.refuse("Join conditions with && or ||; several words must be in double quotes")
    scanner.skip_blanks()
    if scanner.peek():
        raise scanner.refuse("Nothing can follow the closing brace; conditions are joined inside of it")
    return expression


def _read_condition(scanner: Scanner) -> JsonCondition:
    selector = read_selector(scanner)
    start = scanner.position - len(selector.text)
    word = scanner.word()
    comparison, state = None, ""
    if word:
        state = _read_state(scanner, word, selector.text)
    else:
        comparison = _read_comparison(scanner, selector.text)
    return JsonCondition(
        selector=selector,
        comparison=comparison,
        state=state,
        text=scanner.text[start : scanner.position],
        position=start,
    )


def _read_comparison(scanner: Scanner, selector: str) -> Comparison:
    if scanner.next_is(")", "}", "&&", "||", ",") or not scanner.peek():
        raise scanner.refuse(f"{selector} has no condition: to test that it exists, write {selector} = *")
    start = scanner.position
    comparison = read_comparison(scanner, selector)
    if comparison.bare and comparison.text == "null":
        raise scanner.refuse(f"null can't be compared by an operator: write {selector} IS NULL", start)
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


def _check_quotas(text: str, conditions: Iterable[JsonCondition]) -> None:
    regexes = [leaf for leaf in conditions if leaf.comparison and leaf.comparison.regex]
    if len(regexes) > MAX_REGEXES:
        reason = f"At most {MAX_REGEXES} regular expressions in a JSON pattern"
        raise refusal(text, reason, regexes[MAX_REGEXES].position)
    wildcards = [leaf for leaf in conditions if leaf.selector.has_wildcard]
    if len(wildcards) > _MAX_WILDCARDS:
        reason = f"At most {_MAX_WILDCARDS} wildcard selectors in a pattern"
        raise refusal(text, reason, wildcards[_MAX_WILDCARDS].position)

"""The part of AWS IoT's SQL that rules use most: `SELECT ... FROM 'topic/filter' WHERE ...`.

A message's payload is a JSON object. What isn't there is Undefined: it is left out of the result, and a
condition that needs it doesn't hold. Numbers and texts aren't converted into each other but for `+`, which
joins texts.

Left out, and NotSimulated: other functions, CASE, nested queries, arrays of literals, `get`, payloads that
are no JSON, comparisons of a number with a text.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html and the pages it links:
iot-sql-select.html, iot-sql-from.html, iot-sql-where.html, iot-sql-data-types.html, iot-sql-operators.html,
iot-sql-functions.html; https://docs.aws.amazon.com/iot/latest/developerguide/topics.html (filters)
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from scenarios.cloud.kernel.errors import NotSimulated

UNDEFINED: Final = object()
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*'|\"[^\"]*\")|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*|\[\d+\])*(?:\.\*)?)|(?P<sign><>|!=|<=|>=|[-+*/%=<>(),]))"
)
_WORDS: Final = frozenset(
    {"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "AS", "TRUE", "FALSE", "NULL", "IN", "CASE"}
)
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ParseError(Exception):
    """A statement that is none; the message says where it fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was published: `payload` is JSON. `client`: who did it, "" for nobody of a name."""

    topic: str
    payload: Any
    client: str
    milliseconds: int
    number: str


Expression = Callable[[Message], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A rule's statement. `columns`: the values of the result by their names, None for `*`."""

    columns: tuple[tuple[str | None, Expression], ...]
    filter: str
    condition: Expression | None

    def result(self, message: Message) -> dict[str, Any] | None:
        """What it makes of a message whose topic fits; None where the condition doesn't hold."""
        if self.condition is not None and self.condition(message) is not True:
            return None
        found: dict[str, Any] = {}
        for name, value in self.columns:
            told = value(message)
            if told is UNDEFINED:
                continue
            if name is None:
                found |= told if isinstance(told, Mapping) else {}
            else:
                found[name] = told
        return found


def fits(pattern: str, topic: str) -> bool:
    """Whether a topic filter takes a topic; `+` stands for one level, `#` at the end for all below.

    At the first level neither takes what begins with a dollar.
    """
    wanted, given = pattern.split("/"), topic.split("/")
    if given[0].startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for place, part in enumerate(wanted):
        if part == "#":
            return True
        if place >= len(given) or part not in {"+", given[place]}:
            return False
    return len(wanted) == len(given)


@lru_cache(maxsize=256)
def parse(text: str) -> Statement:
    """A statement from its text. Raises ParseError, or NotSimulated for what AWS would understand."""
    return _Parser(text).statement()


@lru_cache(maxsize=256)
def expression(text: str) -> Expression:
    """An expression alone, as substitution templates have it; raises as `parse` does."""
    parser = _Parser(text)
    found = parser.disjunction()
    parser.end()
    return found


class _Parser:
    """Goes through the tokens of one text."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    # ---- tokens ---------------------------------------------------------------------------------

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        found = self._peek()
        self._at += 1
        return found

    def _word(self, *words: str) -> str:
        """Take one of these words or signs, if it is next."""
        kind, text = self._peek()
        if kind in {"word", "sign"} and text in words:
            self._at += 1
            return text
        return ""

    def _need(self, word: str) -> None:
        if not self._word(word):
            raise ParseError(f"expected {word}, found {self._peek()[1] or 'the end'}")

    def end(self) -> None:
        """Nothing may follow."""
        if self._peek()[0] != "end":
            raise ParseError(f"unexpected {self._peek()[1]}")

    # ---- the statement --------------------------------------------------------------------------

    def statement(self) -> Statement:
        """SELECT, FROM, and maybe WHERE."""
        self._need("SELECT")
        columns = [self._column()]
        while self._word(","):
            columns.append(self._column())
        self._need("FROM")
        kind, text = self._next()
        if kind != "text":
            raise ParseError(f"expected a topic filter in quotes, found {text or 'the end'}")
        condition = self.disjunction() if self._word("WHERE") else None
        self.end()
        return Statement(columns=tuple(columns), filter=text, condition=condition)

    def _column(self) -> tuple[str | None, Expression]:
        if self._word("*"):
            return None, lambda message: message.payload
        kind, text = self._peek()
        value = self.disjunction()
        if self._word("AS"):
            _, name = self._next()
            return name, value
        if kind == "name":
            return text.rpartition(".")[2].partition("[")[0], value
        return text, value

    # ---- expressions ----------------------------------------------------------------------------

    def disjunction(self) -> Expression:
        """One condition, or another."""
        found = self._conjunction()
        while self._word("OR"):
            found = _either(found, self._conjunction())
        return found

    def _conjunction(self) -> Expression:
        found = self._negation()
        while self._word("AND"):
            found = _both(found, self._negation())
        return found

    def _negation(self) -> Expression:
        if self._word("NOT"):
            inner = self._negation()
            return lambda message: _not(inner(message))
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum()
        if self._word("IN"):
            raise NotSimulated("iot", "IN in a rule's SQL")
        sign = self._word("=", "<>", "!=", "<", "<=", ">", ">=")
        return _compared(sign, left, self._sum()) if sign else left

    def _sum(self) -> Expression:
        found = self._product()
        while sign := self._word("+", "-"):
            found = _calculated(sign, found, self._product())
        return found

    def _product(self) -> Expression:
        found = self._factor()
        while sign := self._word("*", "/", "%"):
            found = _calculated(sign, found, self._factor())
        return found

    def _factor(self) -> Expression:
        if self._word("-"):
            inner = self._factor()
            return _calculated("-", lambda _: 0, inner)
        if self._word("("):
            found = self.disjunction()
            self._need(")")
            return found
        kind, text = self._next()
        if kind == "text":
            return lambda _: text
        if kind == "number":
            number = float(text) if "." in text else int(text)
            return lambda _: number
        if kind == "word" and text in {"TRUE", "FALSE", "NULL"}:
            constant = {"TRUE": True, "FALSE": False, "NULL": None}[text]
            return lambda _: constant
        if (kind, text) == ("word", "CASE"):
            raise NotSimulated("iot", "CASE in a rule's SQL")
        if kind != "name":
            raise ParseError(f"unexpected {text or 'end'}")
        return self._function(text) if self._peek() == ("sign", "(") else _path(text)

    def _function(self, name: str) -> Expression:
        self._need("(")
        arguments: list[Expression] = []
        if not self._word(")"):
            arguments.append(self.disjunction())
            while self._word(","):
                arguments.append(self.disjunction())
            self._need(")")
        function = _FUNCTIONS.get(name.lower())
        if function is None:
            raise NotSimulated("iot", f"the function {name}() in a rule's SQL")

        def call(message: Message) -> Any:
            given = [each(message) for each in arguments]
            return UNDEFINED if UNDEFINED in given else function(message, *given)

        return call


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            if re.match(r"\s*[\[\]{}]", text[at:]):
                raise NotSimulated("iot", "lists and objects in a rule's SQL")
            raise ParseError(f"unexpected {text[at:].strip()[:20]}")
        at = found.end()
        kind, value = str(found.lastgroup), found[str(found.lastgroup)]
        if kind == "text":
            value = value[1:-1].replace("''", "'")
        elif kind == "name" and value.upper() in _WORDS:
            kind, value = "word", value.upper()
        elif kind == "name" and value.endswith(".*"):
            raise NotSimulated("iot", f"{value} in a rule's SQL")
        yield kind, value


def _path(text: str) -> Expression:
    """What the payload has at `a.b[0].c`."""
    steps = re.findall(r"\w+", text)

    def look(message: Message) -> Any:
        found: Any = message.payload
        for step in steps:
            if isinstance(found, Mapping) and step in found:
                found = found[step]
            elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            else:
                return UNDEFINED
        return found

    return look


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _calculated(sign: str, left: Expression, right: Expression) -> Expression:
    def calculate(message: Message) -> Any:
        one, other = left(message), right(message)
        if one is UNDEFINED or other is UNDEFINED:
            return UNDEFINED
        if sign == "+" and isinstance(one, str) and isinstance(other, str):
            return one + other
        if not _is_number(one) or not _is_number(other):
            if isinstance(one, str) or isinstance(other, str):
                raise NotSimulated("iot", f"{sign} of a text in a rule's SQL")
            return UNDEFINED
        if sign in {"/", "%"} and other == 0:
            return UNDEFINED
        if sign == "/":
            exact = one / other
            return int(exact) if isinstance(one, int) and isinstance(other, int) else exact
        return {"+": operator.add, "-": operator.sub, "*": operator.mul, "%": operator.mod}[sign](one, other)

    return calculate


def _compared(sign: str, left: Expression, right: Expression) -> Expression:
    def compare(message: Message) -> Any:
        one, other = left(message), right(message)
        if one is UNDEFINED or other is UNDEFINED:
            return UNDEFINED
        if (_is_number(one) and isinstance(other, str)) or (isinstance(one, str) and _is_number(other)):
            raise NotSimulated("iot", "a number that is compared with a text in a rule's SQL")
        if sign in {"=", "<>", "!="}:
            same = one == other and isinstance(one, bool) == isinstance(other, bool)
            return same if sign == "=" else not same
        both = (_is_number(one) and _is_number(other)) or (isinstance(one, str) and isinstance(other, str))
        return _COMPARISONS[sign](one, other) if both else UNDEFINED

    return compare


def _both(left: Expression, right: Expression) -> Expression:
    def decide(message: Message) -> Any:
        one, other = left(message), right(message)
        if not isinstance(one, bool) or not isinstance(other, bool):
            return UNDEFINED
        return one and other

    return decide


def _either(left: Expression, right: Expression) -> Expression:
    def decide(message: Message) -> Any:
        one, other = left(message), right(message)
        if one is True or other is True:
            return True
        return False if one is False and other is False else UNDEFINED

    return decide


def _not(value: Any) -> Any:
    return not value if isinstance(value, bool) else UNDEFINED


def _topic(message: Message, level: Any = None) -> Any:
    """The topic, or one level of it, counted from 1."""
    if level is None:
        return message.topic
    parts = message.topic.split("/")
    return parts[level - 1] if isinstance(level, int) and 0 < level <= len(parts) else UNDEFINED


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "clientid": lambda message: message.client or "N/A",
    "concat": lambda _, *parts: "".join(_text(each) for each in parts),
    "isnull": lambda _, value: value is None,
    "lower": lambda _, value: _text(value).lower(),
    "newuuid": lambda message: message.number,
    "timestamp": lambda message: message.milliseconds,
    "topic": _topic,
    "upper": lambda _, value: _text(value).upper(),
    "traceid": lambda message: message.number,
}

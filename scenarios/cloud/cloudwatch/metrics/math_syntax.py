"""The syntax of a metric math expression: text in, a tree out; nothing here computes.

From the loosest to the tightest: OR (||), AND (&&), comparisons, + and -, * and /, the sign, ^. AWS's page
lists the operators and not how they bind: this order, the usual one, is unconfirmed.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html (length, ids)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from scenarios.cloud.kernel.errors import NotSimulated

LONGEST: Final = 2048
_DEEPEST: Final = 50  # no page names a limit; what AWS does beyond this depth is unknown
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<mark>&&|\|\||[=!<>]=|[-+*/^<>()\[\],])|(?P<stray>\S))",
    re.ASCII,
)
_SAME: Final = {"&&": "AND", "||": "OR"}
_BINDS: Final = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/", 5),
    "^": 7,
}
_SIGN_BINDS: Final = 6
FUNCTIONS: Final = {
    # Name: the fewest and the most arguments.
    **dict.fromkeys(("ABS", "AVG", "CEIL", "DATAPOINT_COUNT", "FLOOR", "MAX", "MIN"), (1, 1)),
    **dict.fromkeys(("DIFF", "DIFF_TIME"), (1, 1)),
    **dict.fromkeys(("PERIOD", "RATE", "RUNNING_SUM", "SUM", "TIME_SERIES"), (1, 1)),
    **dict.fromkeys(("LOG", "LOG10", "FIRST", "LAST", "METRIC_COUNT", "REMOVE_EMPTY"), (1, 1)),
    **dict.fromkeys(("MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"), (1, 1)),
    "FILL": (2, 2),
    "IF": (2, 3),
    "METRICS": (0, 1),
    "SLICE": (2, 3),
    "SORT": (3, 4),
}
KEYWORDS: Final = frozenset(("REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MAX", "MIN", "SUM"))
_NOT_SIMULATED: Final = frozenset(
    (
        "ANOMALY_DETECTION_BAND",
        "DB_PERF_INSIGHTS",
        "INSIGHT_RULE_METRIC",
        "LAMBDA",
        "SEARCH",
        "SERVICE_QUOTA",
        "STDDEV",  # the page does not say of what: of a sample, or of all there is
    )
)


class InvalidExpression(ValueError):
    """CloudWatch would refuse this expression (`ValidationError`); the message says why."""


@dataclass(frozen=True, slots=True)
class Number:
    """A scalar."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted text, which only METRICS takes."""

    value: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The id of a metric or of another expression."""

    name: str


@dataclass(frozen=True, slots=True)
class Keyword:
    """REPEAT or LINEAR, for FILL; ASC, DESC or the name of a function, for SORT."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function, an operator (`neg` is the sign), or `[]`, an array."""

    name: str
    arguments: tuple["Node", ...]


Node = Number | Text | Reference | Keyword | Call


@lru_cache(maxsize=1024)
def parse(text: str) -> Node:
    """The tree of an expression; every world asks for those of the same alarms.

    Raises:
        InvalidExpression: it is none.
        NotSimulated: it uses a function that is not simulated.
    """
    if re.match(r"\s*SELECT\s", text):
        raise NotSimulated("cloudwatch", "Metrics Insights queries (SELECT)")
    if not 1 <= len(text) <= LONGEST:
        raise InvalidExpression(f"an expression has 1 to {LONGEST} characters, not {len(text)}")
    parser = _Parser(text)
    tree = parser.expression(0, 0)
    parser.expect("")
    return tree


def references(node: Node) -> Iterator[str]:
    """The ids an expression names; METRICS() stands for those it doesn't name."""
    if isinstance(node, Reference):
        yield node.name
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from references(argument)


def calls(text: str, function: str) -> bool:
    """Whether an expression calls this function, one that is not simulated among them."""
    words = list(_read(text))
    return any(pair == (("name", function), ("mark", "(")) for pair in pairwise(words))


class _Parser:
    """Precedence climbing."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_read(text), ("end", "")]
        self._next = 0

    def expression(self, binds: int, depth: int) -> Node:
        """What comes next, as far as operators bind tighter than `binds`."""
        if depth > _DEEPEST:
            raise NotSimulated("cloudwatch", f"metric math of more than {_DEEPEST} levels")
        left = self._operand(depth)
        while (power := _BINDS.get(self._tokens[self._next][1], 0)) > binds:
            operator = self._take()[1]
            left = Call(operator, (left, self.expression(power, depth + 1)))
        return left

    def expect(self, mark: str) -> None:
        """Take this mark; "" is the end."""
        found = self._take()[1]
        if found != mark:
            raise InvalidExpression(f"{mark or 'the end'} is missing before {found or 'the end'}")

    def _operand(self, depth: int) -> Node:
        kind, word = self._take()
        match kind, word:
            case "number", _:
                node: Node = Number(float(word))
            case "text", _:
                node = Text(word[1:-1])
            case _, "-":
                node = Call("neg", (self.expression(_SIGN_BINDS, depth + 1),))
            case _, "(":
                node = self.expression(0, depth + 1)
                self.expect(")")
            case _, "[":
                node = Call("[]", self._list("]", depth))
            case "name", _ if word not in _BINDS:
                node = self._named(word, depth)
            case _:
                raise InvalidExpression(f"a value is missing before {word or 'the end'}")
        return node

    def _named(self, name: str, depth: int) -> Node:
        if self._tokens[self._next][1] != "(":
            return _reference(name)
        self._take()
        return _call(name, self._list(")", depth))

    def _list(self, end: str, depth: int) -> tuple[Node, ...]:
        if self._tokens[self._next][1] == end:
            self._take()
            return ()
        found = [self.expression(0, depth + 1)]
        while self._tokens[self._next][1] == ",":
            self._take()
            found.append(self.expression(0, depth + 1))
        self.expect(end)
        return tuple(found)

    def _take(self) -> tuple[str, str]:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token


def _reference(name: str) -> Reference | Keyword:
    if name in KEYWORDS:
        return Keyword(name)
    if name[0].islower():
        return Reference(name)
    raise InvalidExpression(f"{name} is no id: an id starts with a lower-case letter")


def _call(name: str, arguments: tuple[Node, ...]) -> Call:
    if name in _NOT_SIMULATED:
        raise NotSimulated("cloudwatch", f"the metric math function {name}")
    if name not in FUNCTIONS:
        raise InvalidExpression(f"there is no function {name}")
    fewest, most = FUNCTIONS[name]
    if not fewest <= len(arguments) <= most:
        raise InvalidExpression(f"{name} does not take {len(arguments)} arguments")
    return Call(name, arguments)


def _read(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        kind = str(found.lastgroup)
        if kind == "stray":
            raise InvalidExpression(f"{found[kind]!r} has no meaning here")
        yield kind, _SAME.get(found[kind], found[kind])

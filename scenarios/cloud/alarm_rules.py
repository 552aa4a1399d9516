r"""The rule of a composite alarm: a boolean expression over the states of other alarms.

    >>> CompositeRule("ALARM(cpu) AND NOT ALARM(deployment)").evaluate({"cpu": "ALARM", "deployment": "OK"})
    True

| element | is true when |
|---|---|
| `ALARM(x)`, `OK(x)`, `INSUFFICIENT_DATA(x)` | the alarm x is in that state |
| `TRUE`, `FALSE` | always, never |
| `AT_LEAST(2, NOT OK, (x, y, z))`, `AT_LEAST(50%, ALARM, (x, y))` | so many alarms are (not) in that state |
| `NOT e`, `e AND e`, `e OR e`, `(e)` | as usual; NOT binds closest, then AND, then OR |

x is a name or an ARN: bare when it has no blank, comma, round bracket or quote in it, else in double
quotes, where `\"` is a quote. Operators and functions are in capitals; TRUE and FALSE need not be, as AWS's
page writes `False`.

Parsed without recursion: thousands of brackets are refused by count, not by Python's stack.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
"""

import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Literal

_LONGEST_RULE: Final = 10240
_MOST_CHILDREN: Final = 100
_MOST_ELEMENTS: Final = 500
_STATES: Final = ("ALARM", "OK", "INSUFFICIENT_DATA")
_BINDS: Final = {"OR": 1, "AND": 2, "NOT": 3}
_TOKEN = re.compile(
    r'\s*(?:(?P<quoted>"(?:\\.|[^"\\])*")|(?P<mark>[(),])|(?P<word>[^\s(),"]+)|(?P<stray>\S))', re.DOTALL
)


class InvalidAlarmRule(ValueError):
    """PutCompositeAlarm would refuse this AlarmRule.

    `reason` says why, `position` (0 is the first character) where.
    """

    def __init__(self, rule: str, position: int, reason: str) -> None:
        super().__init__(f"AlarmRule is not valid at position {position}: {reason}")
        self.rule = rule
        self.position = position
        self.reason = reason


class UnknownAlarm(LookupError):
    """A rule asks for the state of an alarm that is not there."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    position: int
    kind: Literal["quoted", "mark", "word", "end"]

    def says(self, text: str) -> bool:
        return self.kind in ("mark", "word") and self.text == text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    """At least `least` of `children` are in `state` (or, `negated`, in another)."""

    least: int
    state: str
    children: tuple[str, ...]
    negated: bool = False

    def holds(self, states: Mapping[str, str]) -> bool:
        found = sum((_state_of(child, states) == self.state) != self.negated for child in self.children)
        return found >= self.least


_Operator = Literal["AND", "OR", "NOT"]
_Step = bool | _Count | _Operator


@dataclass(frozen=True)
class CompositeRule:
    """An AlarmRule.

    Raises:
        InvalidAlarmRule: PutCompositeAlarm would refuse it, told with the position.
    """

    text: str
    children: tuple[str, ...] = field(init=False, compare=False)
    """The alarms it names, as it names them, each once, in order."""
    _steps: tuple[_Step, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parser = _Parser(self.text)
        object.__setattr__(self, "_steps", tuple(parser.steps()))
        object.__setattr__(self, "children", tuple(parser.children))

    def evaluate(self, states: Mapping[str, str]) -> bool:
        """Whether the composite alarm is in ALARM (else it is OK).

        Args:
            states: the state of each child by its name or ARN; either finds the other.

        Raises:
            UnknownAlarm: a child has no state here.
        """
        stack: list[bool] = []
        for step in self._steps:
            match step:
                case bool():
                    stack.append(step)
                case _Count():
                    stack.append(step.holds(states))
                case "NOT":
                    stack.append(not stack.pop())
                case operator:
                    right, left = stack.pop(), stack.pop()
                    stack.append(left and right if operator == "AND" else left or right)
        return stack.pop()


def _state_of(child: str, states: Mapping[str, str]) -> str:
    if child in states:
        return states[child]
    name = name_of(child)
    for known, state in states.items():
        # Two ARNs that only share a name are two alarms, of other regions or accounts.
        if name_of(known) == name and name in (known, child):
            return state
    raise UnknownAlarm(f"there is no alarm {child}")


def name_of(reference: str) -> str:
    """The name of an alarm that a rule or a request refers to by its name or its ARN."""
    is_arn = re.fullmatch(r"arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:(.*)", reference, re.DOTALL)
    return is_arn[1] if is_arn else reference


class _Parser:
    """Infix to postfix by operator precedence (Dijkstra's shunting yard)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.children: dict[str, None] = {}
        self._elements = 0
        self._tokens = list(self._read())
        self._next = 0

    def steps(self) -> Iterator[_Step]:
        """The expression in postfix order."""
        waiting: list[_Token] = []
        wants_operand = True
        while (token := self._take()).kind != "end":
            if not wants_operand:
                wants_operand = yield from self._after_operand(token, waiting)
            elif token.says("NOT") or token.says("("):
                waiting.append(token)
            else:
                yield self._operand(token)
                wants_operand = False
        if wants_operand:
            raise self._refuse(token, "a condition is missing")
        while waiting:
            if waiting[-1].says("("):
                raise self._refuse(waiting[-1], "this bracket is never closed")
            yield _operator(waiting.pop())

    def _after_operand(self, token: _Token, waiting: list[_Token]) -> Generator[_Step, None, bool]:
        """Handle AND, OR or a closing bracket; tell whether a condition must follow."""
        if token.says(")"):
            while waiting and not waiting[-1].says("("):
                yield _operator(waiting.pop())
            if not waiting:
                raise self._refuse(token, "this bracket was never opened")
            self._element(waiting.pop())
            return False
        if not (token.says("AND") or token.says("OR")):
            raise self._refuse(token, f"AND or OR is missing before {token.text!r}")
        while waiting and _BINDS.get(waiting[-1].text, 0) >= _BINDS[token.text]:
            yield _operator(waiting.pop())
        waiting.append(token)
        return True

    def _operand(self, token: _Token) -> bool | _Count:
        if token.kind == "word" and token.text.upper() in ("TRUE", "FALSE"):
            self._element(token)
            return token.text.upper() == "TRUE"
        if token.says("AT_LEAST"):
            return self._at_least()
        if token.kind == "word" and token.text in _STATES:
            self._expect("(")
            child = self._child()
            self._expect(")")
            return _Count(least=1, state=token.text, children=(child,))
        what = (
            "a condition is missing before" if token.text in (")", ",", "AND", "OR") else "no such function:"
        )
        raise self._refuse(token, f"{what} {token.text!r}")

    def _at_least(self) -> _Count:
        self._expect("(")
        least = self._take()
        self._expect(",")
        negated = self._tokens[self._next].says("NOT")
        if negated:
            self._take()
        state = self._take()
        if state.kind != "word" or state.text not in _STATES:
            raise self._refuse(state, f"one of {', '.join(_STATES)} is missing")
        self._expect(",")
        self._expect("(")
        children = [self._child()]
        while self._tokens[self._next].says(","):
            self._take()
            children.append(self._child())
        self._expect(")")
        self._expect(")")
        count = self._least(least, len(children))
        return _Count(least=count, state=state.text, children=tuple(children), negated=negated)

    def _least(self, token: _Token, of: int) -> int:
        match = re.fullmatch(r"([0-9]{1,5})(%?)", token.text) if token.kind == "word" else None
        if match is None:
            raise self._refuse(token, "a number or a percentage is missing")
        number, most = int(match[1]), 100 if match[2] else of
        if not 1 <= number <= most:
            raise self._refuse(token, f"{token.text} is not within 1 to {most}")
        return ceil(number * of / 100) if match[2] else number

    def _child(self) -> str:
        token = self._take()
        if token.kind not in ("word", "quoted") or token.text == '""':
            raise self._refuse(token, "the name or ARN of an alarm is missing")
        name = re.sub(r'\\(["\\])', r"\1", token.text[1:-1]) if token.kind == "quoted" else token.text
        self.children[name] = None
        if len(self.children) > _MOST_CHILDREN:
            raise self._refuse(token, f"more than {_MOST_CHILDREN} alarms")
        self._element(token)
        return name

    def _element(self, token: _Token) -> None:
        """Count an element: a child, TRUE, FALSE, or a pair of brackets."""
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise self._refuse(token, f"more than {_MOST_ELEMENTS} elements")

    def _expect(self, mark: str) -> None:
        token = self._take()
        if not token.says(mark):
            raise self._refuse(token, f"{mark!r} is missing")

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _read(self) -> Iterator[_Token]:
        if len(self.text) > _LONGEST_RULE:
            raise InvalidAlarmRule(self.text, _LONGEST_RULE, f"it is longer than {_LONGEST_RULE} characters")
        position = 0
        while token := _TOKEN.match(self.text, position):
            position = token.end()
            for kind in ("quoted", "mark", "word"):
                if token[kind] is not None:
                    yield _Token(token[kind], token.start(kind), kind)
            if token["stray"]:
                raise InvalidAlarmRule(self.text, token.start("stray"), "this quote is never closed")
        yield _Token("", len(self.text), "end")

    def _refuse(self, token: _Token, reason: str) -> InvalidAlarmRule:
        return InvalidAlarmRule(self.text, token.position, reason)


def _operator(token: _Token) -> _Operator:
    return "AND" if token.text == "AND" else "OR" if token.text == "OR" else "NOT"

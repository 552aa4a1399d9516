"""Expressions, read by the strength of their operators."""

from collections.abc import Callable
from typing import Final

from scenarios.queries.insights.scanner import Scanner, Token, unexpected, unit_of
from scenarios.queries.insights.syntax import (
    Access,
    Call,
    Expression,
    Field,
    ListOf,
    Literal,
    Not,
    Operation,
    Period,
    Pipeline,
    Regex,
    Star,
    Subquery,
)

# How strongly an operator holds what stands beside it.
_BINDS: Final = {
    "or": 10,
    "and": 20,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "=~", "like", "in", "not"), 40),
    **dict.fromkeys(("+", "-"), 50),
    **dict.fromkeys(("*", "/", "%"), 60),
    "^": 80,
}
_NOT, _MINUS = 30, 70
_WORDS: Final = {"true": True, "false": False}
MOST_NESTED = 200


class ExpressionReader:
    """Reads expressions from a scanner; `pipeline` reads the query in a pair of parentheses after `in`."""

    def __init__(self, scanner: Scanner, pipeline: Callable[[], Pipeline]) -> None:
        self._scanner = scanner
        self._pipeline = pipeline
        self._depth = 0

    def expression(self, above: int = 0) -> Expression:
        """The longest expression here whose operators hold more strongly than `above`."""
        self._depth += 1
        if self._depth > MOST_NESTED:
            self._scanner.fail()
        left = self._operand()
        while True:
            word = self._scanner.peek().word
            if _BINDS.get(word, 0) <= above:
                break
            left = self._operation(left, self._scanner.take())
        self._depth -= 1
        return left

    def field(self) -> Field:
        """A field's name. Raises MalformedQuery for anything else."""
        token = self._scanner.peek()
        if token.kind != "name":
            self._scanner.fail()
        self._scanner.take()
        return Field(steps=token.steps, start=token.start, end=token.end)

    def listed(self, end: str) -> tuple[Expression, ...]:
        """Expressions with commas between them, up to a symbol."""
        if self._scanner.takes(end):
            return ()
        found = self._scanner.listed(self.expression)
        self._scanner.need(end)
        return found

    # ---- operators -------------------------------------------------------------------------------

    def _operation(self, left: Expression, token: Token) -> Expression:
        operator = token.word
        if operator == "not":
            operator = self._scanner.need("like", "in")
            plain = self._operation_of(left, operator)
            return Not(of=plain, start=plain.start, end=plain.end)
        return self._operation_of(left, operator)

    def _operation_of(self, left: Expression, operator: str) -> Expression:
        if operator in ("like", "=~"):
            right = self._regex() or self.expression(_BINDS[operator])
        elif operator == "in":
            right = self._choice()
        else:
            # A power of a power begins at the right.
            right = self.expression(_BINDS[operator] - (operator == "^"))
        return Operation(operator=operator, left=left, right=right, start=left.start, end=right.end)

    def _regex(self) -> Regex | None:
        token = self._scanner.regex()
        return Regex(source=token.text, start=token.start, end=token.end) if token else None

    def _choice(self) -> Expression:
        """What stands behind `in`: a list, or a query."""
        token = self._scanner.peek()
        if not self._scanner.takes("("):
            return self._operand()
        pipeline = self._pipeline()
        self._scanner.need(")")
        return Subquery(pipeline=pipeline, start=token.start, end=self._scanner.last_end)

    # ---- operands --------------------------------------------------------------------------------

    def _operand(self) -> Expression:
        token = self._scanner.peek()
        plain = _plain(token)
        if plain:
            self._scanner.take()
            return plain
        if token.kind == "name" and token.word != "not":
            return self._named()
        return self._composed(self._scanner.take())

    def _composed(self, token: Token) -> Expression:
        word = token.word
        if word == "not":
            of = self.expression(_NOT)
            return Not(of=of, start=token.start, end=of.end)
        if word == "-":
            of = self.expression(_MINUS)
            zero = Literal(value=0, start=token.start, end=token.end)
            return Operation(operator="-", left=zero, right=of, start=token.start, end=of.end)
        if word == "(":
            inside = self.expression()
            self._scanner.need(")")
            return inside
        if word == "[":
            items = self.listed("]")
            return ListOf(items=items, start=token.start, end=self._scanner.last_end)
        raise unexpected(token)

    def _named(self) -> Expression:
        token = self._scanner.take()
        if self._scanner.peek().text == "(" and len(token.steps) == 1:
            return self._below(self._call(token))
        if token.text.lower() in _WORDS:
            return Literal(value=_WORDS[token.text.lower()], start=token.start, end=token.end)
        if token.word in ("and", "or", "in", "like", "as", "by", "into"):
            raise unexpected(token)
        return Field(steps=token.steps, start=token.start, end=token.end)

    def _call(self, token: Token) -> Call:
        self._scanner.take()
        star = self._scanner.peek()
        if star.text == "*":
            self._scanner.take()
            self._scanner.need(")")
            arguments: tuple[Expression, ...] = (Star(start=star.start, end=star.end),)
        else:
            arguments = self.listed(")")
        return Call(
            name=token.text.lower(), arguments=arguments, start=token.start, end=self._scanner.last_end
        )

    def _below(self, call: Expression) -> Expression:
        """A call, and what is asked for below its value: `.name`, `[0]`."""
        while self._scanner.peek().text in (".", "["):
            if self._scanner.takes("."):
                steps = self.field().steps
            else:
                self._scanner.take()
                number = self._scanner.take()
                if number.kind != "number" or not number.text.isdigit():
                    raise unexpected(number)
                steps = (int(number.text),)
                self._scanner.need("]")
            call = Access(of=call, steps=steps, start=call.start, end=self._scanner.last_end)
        return call


def _plain(token: Token) -> Expression | None:
    if token.kind == "string":
        return Literal(value=token.string, start=token.start, end=token.end)
    if token.kind == "number":
        value = int(token.text) if token.text.isdigit() else float(token.text)
        return Literal(value=value, start=token.start, end=token.end)
    if token.kind == "period":
        digits = token.text.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        unit = unit_of(token.text[len(digits) :])
        return Period(count=int(digits), unit=unit, start=token.start, end=token.end)
    return None

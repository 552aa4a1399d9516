"""Texts of SQL as trees: sqlglot's reader of Trino's dialect, with every function kept by its own name.

sqlglot makes one function of many that databases call differently; which one was written would be lost.
Names are kept, so that the table of functions here decides what each means.
"""

import logging
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError, TokenError

from scenarios.queries.sql.ddl import DDL, REFUSED, begins
from scenarios.queries.sql.errors import MalformedSql, SqlNotSimulated
from scenarios.queries.sql.grammar import check

LONGEST: Final = 262_144  # characters, https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
DEEPEST: Final = 200
_OFFSET: Final = re.compile(r"\boffset\b", re.IGNORECASE)
_SUSPECT: Final = re.compile(r"::|\binterval\s+\d|\bas\s*'", re.IGNORECASE)
logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of texts that are refused here anyway
_KEPT: Final = ("CAST", "TRY_CAST", "EXTRACT", "TRIM", "LISTAGG", "POSITION", "SUBSTRING")


class _Trino(Trino):
    INDEX_OFFSET = 0

    class Parser(Trino.Parser):  # type: ignore[misc, valid-type]
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 - sqlglot's own way
        FUNCTION_PARSERS = {  # noqa: RUF012
            name: how for name, how in Trino.Parser.FUNCTION_PARSERS.items() if name in _KEPT
        }


def parsed(text: str, parameters: Sequence[str] = ()) -> exp.Query | exp.Values:
    """A query as a tree.

    Args:
        text: one SELECT, WITH or VALUES.
        parameters: what stands for each `?`, as SQL (`ExecutionParameters`).

    Raises:
        MalformedSql: it is no query.
        SqlNotSimulated: sqlglot knows it, and nothing here does.
    """
    if len(text) > LONGEST:
        raise MalformedSql(f"the query is longer than {LONGEST} characters")
    if begins(text) in REFUSED:
        raise MalformedSql(f"line 1:1: mismatched input '{begins(text)}'")
    tree = _tree(text)
    if not isinstance(tree, (exp.Query, exp.Values)):
        word = begins(text)
        if word in DDL:
            raise SqlNotSimulated(f"the statement {word}")
        raise MalformedSql(f"line 1:1: mismatched input '{word or text[:20]}'")
    if isinstance(tree, exp.Select) and not tree.expressions:
        raise MalformedSql("line 1:7: mismatched input '<EOF>'")
    check(tree)
    return _with_parameters(tree, parameters)


def placeholders(text: str) -> int:
    """How many `?` a query has; raises MalformedSql."""
    return len(list(_tree(text).find_all(exp.Placeholder)))


def _tree(text: str) -> exp.Expression:
    try:
        found = [each for each in sqlglot.parse(text, read=_Trino) if each is not None]
    except RecursionError as error:
        raise MalformedSql("the query is nested too deeply") from error
    except (ParseError, TokenError) as error:
        _known_to_sqlglot(text)
        raise MalformedSql(_sentence(error)) from error
    _offset_first(text)
    _in_trinos_words(text)
    if len(found) != 1:
        raise MalformedSql(
            "Only one sql statement is allowed" if found else "line 1:0: mismatched input '<EOF>'"
        )
    tree: exp.Expression = found[0]  # type: ignore[assignment]
    if isinstance(tree, exp.Command):
        raise SqlNotSimulated(f"the statement {tree.name.upper()}")
    if _depth(tree) > DEEPEST:
        raise SqlNotSimulated(f"expressions that are nested deeper than {DEEPEST}")
    return tree


def _depth(tree: exp.Expression) -> int:
    """How deep a tree is, without recursion."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((each, depth + 1) for each in node.iter_expressions())
    return deepest


def _offset_first(text: str) -> None:
    """In Athena OFFSET stands before LIMIT, and sqlglot takes both orders.

    Source: https://docs.aws.amazon.com/athena/latest/ug/select.html
    """
    if not _OFFSET.search(text):
        return
    tokens = _Trino().tokenize(text)
    for first, third in zip(tokens, tokens[2:], strict=False):
        if (first.token_type.name, third.token_type.name) == ("LIMIT", "OFFSET"):
            raise MalformedSql(f"{place(text, third.start)}: mismatched input '{third.text}'")


def _in_trinos_words(text: str) -> None:
    """Refuse what sqlglot takes and Trino doesn't: `x::type`, `INTERVAL 1 DAY`, a text as a column's name.

    Source: https://github.com/trinodb/trino/blob/master/core/trino-grammar/src/main/antlr4/io/trino/grammar/sql/SqlBase.g4
    """
    if not _SUSPECT.search(text):
        return
    tokens = _Trino().tokenize(text)
    for first, second in pairwise(tokens):
        pair = first.token_type.name, second.token_type.name
        if first.token_type.name == "DCOLON":
            raise MalformedSql(f"{place(text, first.start)}: mismatched input ':'")
        if pair in (("INTERVAL", "NUMBER"), ("ALIAS", "STRING")):
            raise MalformedSql(
                f"{place(text, second.start)}: mismatched input '{text[second.start : second.end + 1]}'"
            )


def _known_to_sqlglot(text: str) -> None:
    """Raises SqlNotSimulated where Trino's whole grammar, as sqlglot has it, takes the text."""
    try:
        sqlglot.parse(text, read=Trino)
    except (SqlglotError, RecursionError):
        return
    raise SqlNotSimulated("this syntax, which a function of Trino's has beyond plain arguments")


def _sentence(error: ParseError | TokenError) -> str:
    """Where Trino would stop, and at what; which words it would have expected isn't known."""
    about = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    line, column = about.get("line") or 1, about.get("col") or 1
    word = about.get("highlight") or "<EOF>"
    return f"line {line}:{max(column - len(word) + 1, 1)}: mismatched input '{word}'"


def _with_parameters(tree: exp.Query | exp.Values, parameters: Sequence[str]) -> exp.Query | exp.Values:
    places = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(places) != len(parameters):
        raise MalformedSql(
            f"line 1:1: Incorrect number of parameters: expected {len(places)} but found {len(parameters)}"
        )
    for place, value in zip(places, parameters, strict=True):
        literal = _tree(f"SELECT {value}")
        check(literal)
        assert isinstance(literal, exp.Select)
        place.replace(literal.expressions[0])
    return tree


def position(node: exp.Expression | None, text: str) -> str:
    """Where a node stands in the text, as `line 1:8`."""
    starts = [each.meta["start"] for each in ([] if node is None else node.walk()) if "start" in each.meta]
    if not starts:
        return "line 1:1"
    return place(text, min(starts))


def place(text: str, start: int) -> str:
    """A place in a text, as `line 1:8`."""
    return f"line {text.count(chr(10), 0, start) + 1}:{start - text.rfind(chr(10), 0, start)}"


def whole_literal(node: exp.Expression | None) -> int | None:
    """The number that stands there in digits, as in LIMIT 10; None for anything else."""
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit():
        return int(node.this)
    return None

"""What was probably meant: a sentence behind a refusal of `trailwarden query`, for a newcomer."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Final

from chalicelib.questions import questions
from chalicelib.wording import safe
from scenarios.queries.insights import fields_of_json
from scenarios.queries.insights.parser import NOT_SIMULATED
from scenarios.queries.insights.switches import DEFAULT
from scenarios.queries.sql.ddl import DDL, REFUSED, begins

LOOKS: Final = frozenset({"SHOW", "DESCRIBE", "DESC", "EXPLAIN"})
"""First words of Athena's statements about its catalog or a plan; all others of DDL keep something."""
ASKS: Final = frozenset({"SELECT", "WITH", "VALUES"})
"""First words of what has rows for an answer."""
_COMMANDS: Final = frozenset(
    {
        *("fields", "display", "filter", "where", "parse", "json", "stats", "sort", "limit", "dedup"),
        *("unnest", "join", "source", "diff"),
    }
    | NOT_SIMULATED
)
_CURLY: Final = re.compile("[\u2018\u2019\u201c\u201d\u00ab\u00bb]")
_IN_QUOTES: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_NO_COLUMN: Final = re.compile(r"Column '(?P<name>[^']+)' cannot be resolved")
_SHORT: Final = 40


def is_sql(text: str) -> bool:
    """Whether a text is of SQL: by its first word, as no command of Logs Insights is called like that."""
    return begins(text) in ASKS | DDL | REFUSED


def not_of_files(text: str) -> str:
    """Why a statement has no answer from files, and what to do; "" for those that have one."""
    word = begins(text)
    if word in LOOKS:
        return (
            f"{word} is about Athena's own catalog or plan: of files SELECT and WITH are asked. One row of "
            "SELECT * shows the columns; --on-aws asks Athena"
        )
    if word in REFUSED:
        return f"{word} is no statement of Athena's either: SELECT and WITH are asked"
    if word not in DDL:
        return ""
    instead = {
        "view": "write WITH name AS (SELECT ...) SELECT ... instead",
        "table": "give a table's definition with --table FILE",
    }
    kind = re.search(r"\bcreate\s+(?:or\s+replace\s+|external\s+)?(view|table)\b", text, re.IGNORECASE)
    advice = f"; {instead[kind[1].lower()]}" if kind and word == "CREATE" else ""
    return (
        f"{word} keeps something for later queries, and files have no catalog for it: of files SELECT "
        f"and WITH are asked{advice}. --on-aws has Athena do it"
    )


def of_sql(text: str, why: str) -> str:
    """What may be meant by a text of SQL that is refused for this reason; "" for no idea."""
    return _first(_sql_hints(text, why))


def of_insights(text: str, word: str) -> str:
    """What may be meant by a text that is no query of Logs Insights; `word`: where its reader stopped."""
    return _first(_insights_hints(text, word))


def of_fields(text: str, wanted: Iterable[str], messages: Sequence[str], *, every: bool) -> Iterator[str]:
    """A sentence for each field that a query names and that no event has: others of JSON are there.

    Args:
        text: the query.
        wanted: the names in it.
        messages: of events.
        every: whether these are all events; else only a name that is there in other letters is told.
    """
    seen = {name for each in messages for name in fields_of_json(each, DEFAULT.most_discovered)}
    seen |= {".".join(name.split(".")[:count]) for name in seen for count in range(1, name.count(".") + 1)}
    by_letters = {name.lower(): name for name in seen}
    for name in wanted if seen else ():
        if name in seen or name.startswith("@"):
            continue
        there = by_letters.get(name.lower())
        if there is not None:
            yield f"no event has a field {safe(name)}, but {safe(there)} is there: names keep their capitals"
        elif every:
            compared = re.search(rf"[=<>~]\s*{re.escape(name)}(?![\w.(])", text)
            yield f"no event has a field {safe(name)}" + "; a text stands in quotes" * bool(compared)


def of_file(name: str) -> str:
    """What may be meant by the name of a file that isn't there; "" for no idea."""
    if re.match(r"[A-Za-z]:\\|\\\\", name) or ("\\" in name and "/" not in name):
        return "a path of Windows; here folders are divided by /, and in WSL C: is /mnt/c"
    word = begins(name)
    if (word.lower() in _COMMANDS or word in ASKS) and re.search(r"\s", name):
        return "the query comes first, its files behind it: trailwarden query QUERY FILE"
    if re.search(r"[*?\[]", name):
        return "a shell fills in patterns that stand in no quotes; a folder stands for all files in it"
    return ""


def _first(hints: Iterable[Callable[[], str]]) -> str:
    return next((found for hint in hints if (found := hint())), "")


# ---- SQL -----------------------------------------------------------------------------------------


def _sql_hints(text: str, why: str) -> Sequence[Callable[[], str]]:
    bare = _IN_QUOTES.sub("''", text)
    return (
        lambda: _curly(text),
        lambda: _quoted_text(text, why),
        lambda: _bar(bare),
        lambda: _file_as_table(text, why),
    )


def _curly(text: str) -> str:
    found = _CURLY.search(text)
    if not found:
        return ""
    straight = "'" if found[0] in "\u2018\u2019" else '"'
    return f"the quote {found[0]} is a typographic one; type {straight}"


def _quoted_text(text: str, why: str) -> str:
    """A text in double quotes is a name in SQL."""
    found = _NO_COLUMN.search(why)
    meant = found and re.search(f'"({re.escape(found["name"])})"', text, re.IGNORECASE)
    return (
        f"in SQL, double quotes are for names of columns; a text has single ones: '{safe(meant[1])}'"
        if meant
        else ""
    )


def _bar(bare: str) -> str:
    if not re.search(r"(?<!\|)\|(?!\|)", bare):
        return ""
    return (
        "| divides the commands of Logs Insights, and this begins as SQL: write WHERE, ORDER BY and LIMIT, "
        "or begin with fields or filter"
    )


def _file_as_table(text: str, why: str) -> str:
    if "catalog" not in why or not re.search(r"\bfrom\s+\S*\.(gz|json|log|csv)\b", text, re.IGNORECASE):
        return ""
    return (
        "the table may have any name, such as ct; files are named behind the query: 'SELECT ... FROM ct' FILE"
    )


# ---- Logs Insights -------------------------------------------------------------------------------


def _insights_hints(text: str, word: str) -> Sequence[Callable[[], str]]:
    return (
        lambda: "" if text.strip() else "there is no query; --questions lists those that have a name",
        lambda: _curly(text) if _CURLY.match(word) else "",
        lambda: "a query of Logs Insights ends without ;" if word == ";" else "",
        lambda: _as_in_sql(word),
        lambda: _near_question(text),
        lambda: _no_command(text),
    )


def _as_in_sql(word: str) -> str:
    """A clause of SQL, or a command without its bar."""
    lower = word.lower()
    if lower in ("from", "group", "order", "having", "union"):
        return f"{word.upper()} is of SQL: begin with SELECT, or write filter, stats and sort, with | between"
    if lower in _COMMANDS:
        return f"write | before {word}"
    return ""


def _near_question(text: str) -> str:
    name = re.sub(r"[\s_?]+", "-", text.strip().lower()).strip("-")
    near = get_close_matches(name, questions(), n=1, cutoff=0.75) if len(name) <= _SHORT else []
    return f"did you mean the question {near[0]}? --questions lists them" if near else ""


def _no_command(text: str) -> str:
    word = begins(text).lower()
    if word in _COMMANDS:
        return ""
    near = get_close_matches(word, _COMMANDS, n=1, cutoff=0.8)
    if near:
        return f"did you mean {near[0]}?"
    about = safe(text.strip())
    if re.fullmatch(r"\S+\.(gz|json|jsonl|log|txt|csv|sql)", about):
        return f"there is no file {about}; the query comes first, its files behind it"
    sought = (
        f"; to find a word: filter @message like /{about}/" if re.fullmatch(r"[\w:-]{1,40}", about) else ""
    )
    return (
        "a query begins with a command (fields, filter, parse, stats...) or with SELECT, or is the name of a "
        f"question (--questions){sought}"
    )

"""JSON paths as Trino's json_extract takes them, written for DuckDB.

Source: https://trino.io/docs/current/functions/json.html
"""

import re
from typing import Final

from scenarios.queries.sql.errors import QueryFailed, SqlNotSimulated

_STEP: Final = re.compile(
    r"""\.(?P<name>[A-Za-z0-9_$@-][\w$@:/-]*)|\."(?P<said>(?:\\.|[^"\\])*)"|\[(?P<number>\d+)\]
    |\[(?P<mark>["'])(?P<quoted>(?:\\.|(?!(?P=mark)).)*)(?P=mark)\]""",
    re.VERBOSE,
)


def duckdb_path(path: str) -> str:
    """The same path for DuckDB: every name in double quotes.

    Raises:
        QueryFailed: INVALID_FUNCTION_ARGUMENT, where it is no path.
        SqlNotSimulated: for wildcards, filters and the strict mode.
    """
    bare = re.sub(r"^lax\s+", "", path.strip())
    if bare.startswith("strict"):
        raise SqlNotSimulated("a JSON path in strict mode")
    if not bare.startswith("$"):
        raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{path}'")
    steps, at = ["$"], 1
    while at < len(bare):
        found = _STEP.match(bare, at)
        if found is None:
            if re.match(r"\.\.|\.\*|\[\*|\[\?|\.\w+\(", bare[at:]):
                raise SqlNotSimulated(f"the JSON path {path}")
            raise QueryFailed("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{path}'")
        if found["number"] is not None:
            steps.append(f"[{int(found['number'])}]")
        else:
            name = found["name"] or found["said"] or found["quoted"] or ""
            name = re.sub(r"\\(.)", r"\1", name)
            if '"' in name or "\\" in name or not name:
                raise SqlNotSimulated(f"the JSON path {path}")
            steps.append(f'."{name}"')
        at = found.end()
    return "".join(steps)

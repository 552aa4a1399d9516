"""Rows about Logs Insights: a query and events, and the rows, columns or the error that come of them.

What a row calls an event is `timestamp` (milliseconds) and `message`. Numbers are compared as numbers: AWS's
pages don't say whether 30 or 30.0 is shown.
"""

from typing import Any

from scenarios.queries.insights import Event, Kind, MalformedQuery, Query
from tests.case_forms.judging import Cannot, Verdict

Row = dict[str, Any]
_KNOWN = {"rows", "ordered", "columns", "columns_absent", "error", "message_contains"}


def takes(row: Row) -> bool:
    """Whether the row gives a query's text."""
    if row.get("area") == "insights":
        return True
    return row.get("area") == "insights-error" and _text(row) is not None


def judge(row: Row) -> Verdict:
    """Run the query, and hold everything that is expected against its answer."""
    expected = row["expected"]
    if expected.keys() - _KNOWN:
        raise Cannot(f"expects {', '.join(sorted(expected.keys() - _KNOWN))}")
    try:
        query = Query(_text(row) or "")
        result = query.run(_events(row))
    except MalformedQuery as refused:
        right = "error" in expected and "Malformed" in expected["error"]
        right = right and expected.get("message_contains", "") in refused.message
        return Verdict(right, f"refused: {refused}")
    got = str({"columns": result.columns, "rows": result.rows})
    checks = ["error" not in expected]
    if "rows" in expected:
        checks.append(_same(expected["rows"], result.rows, ordered=expected.get("ordered", True)))
    if "columns" in expected:
        checks.append(list(result.columns) == expected["columns"])
    if "columns_absent" in expected:
        shown = {name for each in result.rows for name in each}
        checks.append(shown.isdisjoint(expected["columns_absent"]))
    return Verdict(all(checks), got)


def _text(row: Row) -> str | None:
    given = row["input"]
    text = given if isinstance(given, str) else given.get("query")
    return text if isinstance(text, str) else None


def _events(row: Row) -> list[Event]:
    given = row["input"]
    if isinstance(given, str):
        return []
    kind = Kind.LAMBDA if given.get("log_type") == "lambda" else Kind.AUTO
    return [
        Event(
            each["timestamp"],
            each["message"],
            each.get("logStream", "stream"),
            each.get("log", "111122223333:group"),
            kind=kind,
        )
        for each in given.get("events", ())
    ]


def _same(expected: list[Row], got: list[Row], *, ordered: bool) -> bool:
    wanted, found = [_plain(each) for each in expected], [_plain(each) for each in got]
    if not ordered:
        wanted, found = sorted(wanted, key=repr), sorted(found, key=repr)
    return wanted == found


def _plain(row: Row) -> list[tuple[str, Any]]:
    return sorted((name, _number(value)) for name, value in row.items())


def _number(value: str) -> str:
    """A number by its value; the text `01` isn't 1."""
    try:
        number = float(value)
    except ValueError:
        return value
    return repr(number) if value == value.strip() and not value.startswith("0") else value

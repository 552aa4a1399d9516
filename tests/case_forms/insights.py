"""Rows about Logs Insights: a query and events, and the rows, columns or the error that come of them.

What a row calls an event is `timestamp` (milliseconds) and `message`. A query that names another log group
finds its events under `groups`, by the group's name, or among `events` with that `logGroup`. `startTime` and
`endTime` are the time asked for in seconds, `now` the moment of the query. Numbers are compared as numbers:
AWS's pages don't say whether 30 or 30.0 is shown.
"""

from typing import Any

from scenarios.queries.insights import Event, Kind, MalformedQuery, Query, Source, Window
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
        result = query.run(lambda source: _events(row, source), _window(row))
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


def _window(row: Row) -> Window:
    given = row["input"] if isinstance(row["input"], dict) else {}
    times = {name: int(given.get(name) or 0) for name in ("now", "startTime", "endTime")}
    return Window(now=times["now"], start=times["startTime"] * 1000, end=times["endTime"] * 1000)


def _events(row: Row, source: Source | None) -> list[Event]:
    """The events of the query's own group, or of the one that it names."""
    given = row["input"]
    if isinstance(given, str):
        return []
    wanted = source.groups[0] if source is not None and source.groups else ""
    listed = given.get("groups", {}).get(wanted) if wanted else given.get("events", ())
    if listed is None:
        listed = [each for each in given.get("events", ()) if each.get("logGroup") == wanted]
    kind = Kind.LAMBDA if given.get("log_type") == "lambda" else Kind.AUTO
    return [
        Event(
            each["timestamp"],
            each["message"],
            each.get("logStream", "stream"),
            each.get("log", "111122223333:group"),
            kind=kind,
        )
        for each in listed
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

"""Rows about the logs of services: a record of a flow log by its fields, and names that WAF may log to.

A flow log's `format` is `default` or the names of its fields; `tcp_flags_names` are those of the number in
`tcp-flags`. An absent value is `-`, or null.
"""

from typing import Any

from scenarios.service_logs import NotThisFormat
from scenarios.service_logs.flows import flags, read_vpc_flow
from scenarios.service_logs.waf import may_be_destination
from tests.case_forms.judging import Cannot, Verdict

Row = dict[str, Any]


def takes(row: Row) -> bool:
    """Whether it is a flow log's record or a destination of WAF."""
    given = row.get("input")
    if row.get("area") == "flow-log":
        return isinstance(given, dict) and "line" in given
    return row.get("area") == "waf" and isinstance(given, str)


def judge(row: Row) -> Verdict:
    """Read the record, or judge the name."""
    return _flow(row) if row["area"] == "flow-log" else _waf(row)


def _flow(row: Row) -> Verdict:
    given, expected = row["input"], dict(row["expected"])
    if "error" in expected or expected.get("valid") is False:
        try:
            found = read_vpc_flow(given["line"], given.get("format", "default"))
        except NotThisFormat as error:
            return Verdict(True, f"refused: {error}")
        return Verdict(False, str(found))
    read = read_vpc_flow(given["line"], given.get("format", "default"))
    got: dict[str, Any] = {name: text or "-" for name, text in read.items()}
    if "tcp_flags_names" in expected:
        got["tcp_flags_names"] = list(flags(int(read["tcp-flags"] or 0)))
    wanted = {name: "-" if value is None else value for name, value in expected.items()}
    return Verdict(all(got.get(name) == value for name, value in wanted.items()), str(got))


def _waf(row: Row) -> Verdict:
    expected = row["expected"]
    if not isinstance(expected, dict) or not isinstance(expected.get("valid"), bool):
        raise Cannot("expects no verdict about a name")
    valid = may_be_destination(row["input"])
    return Verdict(valid == expected["valid"], f"{'valid' if valid else 'not valid'}")

"""Rows about the logs of services: a line of one by its fields, and names that WAF may log to.

A flow log's `format` is `default` or the names of its fields; `tcp_flags_names` are those of the number in
`tcp-flags`. Of other logs the row's `area` says which it is, such as `alb-log` or `s3-access`; of Lambda's
lines the fields are those of Logs Insights. An absent value is `-`, or null.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from scenarios.service_logs import (
    ALB,
    CLASSIC,
    CLOUDFRONT,
    GLOBAL_ACCELERATOR,
    HOSTED_ZONE,
    NLB,
    RESOLVER,
    S3_ACCESS,
    WAF,
    Format,
    NotThisFormat,
)
from scenarios.service_logs.flows import flags, read_vpc_flow
from scenarios.service_logs.lambda_platform import read as read_platform
from scenarios.service_logs.waf import may_be_destination
from tests.case_forms.judging import Cannot, Verdict

Row = dict[str, Any]
_FORMATS: Final[Mapping[str, Format]] = {
    **dict.fromkeys(("alb", "alb-access", "application-load-balancer"), ALB),
    **dict.fromkeys(("nlb", "nlb-access", "nlb-tls", "network-load-balancer"), NLB),
    **dict.fromkeys(("clb", "elb", "elb-classic", "classic-elb", "classic-load-balancer"), CLASSIC),
    **dict.fromkeys(("cloudfront", "cloudfront-standard", "cloudfront-access"), CLOUDFRONT),
    **dict.fromkeys(("global-accelerator", "aga", "aga-flow"), GLOBAL_ACCELERATOR),
    **dict.fromkeys(("route53", "route53-query", "dns", "dns-query", "hosted-zone"), HOSTED_ZONE),
    **dict.fromkeys(("resolver", "resolver-query", "route53-resolver"), RESOLVER),
    **dict.fromkeys(("s3-access", "s3", "s3-server-access"), S3_ACCESS),
    "waf": WAF,
}
"""The formats by the areas of rows, a `-log` or `-logs` behind them left out."""
_LAMBDA: Final = ("lambda", "lambda-platform")


def takes(row: Row) -> bool:
    """Whether it is a line of a log that we read, or a destination of WAF."""
    given = row.get("input")
    if row.get("area") == "waf" and isinstance(given, str):
        return True
    known = ("flow", *_FORMATS, *_LAMBDA)
    return _area(row) in known and isinstance(given, dict) and "line" in given


def judge(row: Row) -> Verdict:
    """Read the record, or judge the name."""
    if isinstance(row["input"], str):
        return _waf(row)
    return _flow(row) if _area(row) == "flow" else _line(row)


def _area(row: Row) -> str:
    return str(row.get("area", "")).removesuffix("s").removesuffix("-log")


def _line(row: Row) -> Verdict:
    """The fields as they are written; numbers are compared by their text."""
    line, expected = row["input"]["line"], dict(row["expected"])
    refused = "error" in expected or expected.get("valid") is False
    try:
        form = _FORMATS.get(_area(row))
        found: Mapping[str, Any] = read_platform(line) if form is None else form.read(line)
    except NotThisFormat as error:
        return Verdict(refused, f"refused: {error}")
    wanted = {name: _text(value) for name, value in expected.items()}
    got = {name: _text(value) for name, value in found.items()}
    return Verdict(
        not refused and all(got.get(name, "-") == value for name, value in wanted.items()), str(got)
    )


def _text(value: Any) -> str:
    return "-" if value is None else value if isinstance(value, str) else json.dumps(value)


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

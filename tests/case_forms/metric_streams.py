"""Rows about metric streams: what records say, or what a call about a stream is answered.

`input`: records of a stream as text, JSON lines; or `format` and `base64`, records in another format.
Expected: `points`, how many updates there are; `average`, `sum`, `count`, `min`, `max` of all together; and
what the first says of itself. `error`: it is no such record. An `input` with `op` is a call, whose delivery
stream and role are there.
"""

import base64
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.cloudwatch.streams.opentelemetry import of_opentelemetry
from scenarios.cloud.cloudwatch.streams.updates import NotAnUpdate, Update, of_json
from tests.case_forms.judging import Verdict
from tests.scenarios.cloud.firehose.stream_worlds import lake
from tests.scenarios.cloud.small_worlds import admin, arn, may, role, world

Row = dict[str, Any]
_ROLE = "arn:aws:iam::123456789012:role/streams"


def takes(row: Row) -> bool:
    """Whether the row is about a metric stream, and not described in words."""
    return row.get("area") == "metric-stream" and not row.get("words")


def judge(row: Row) -> Verdict:
    """Read the records, or make the call."""
    given, expected = row["input"], row["expected"]
    got = _called(given) if isinstance(given, dict) and "op" in given else _read(given)
    return Verdict(all(_same(got.get(name), value) for name, value in expected.items()), str(got))


def _same(got: Any, wanted: Any) -> bool:
    if isinstance(got, float) and isinstance(wanted, int | float):
        return abs(got - wanted) <= 1e-9 * max(1.0, abs(wanted))
    return bool(got == wanted)


def _read(given: Any) -> Row:
    try:
        if isinstance(given, dict) and "base64" in given:
            data = base64.b64decode(given["base64"])
            form = given.get("format", "json")
            found = of_json(data) if form == "json" else of_opentelemetry(data, form)
        else:
            found = of_json(given["records"] if isinstance(given, dict) else given)
    except NotAnUpdate as error:
        return {"points": 0, "valid": False, "error": str(error)}
    return {"points": len(found), "valid": True, **(_of(found) if found else {})}


def _of(found: list[Update]) -> Row:
    count, total = sum(each.count for each in found), sum(each.total for each in found)
    first = found[0]
    return {
        "metric_stream_name": first.stream,
        "account_id": first.account,
        "region": first.region,
        "namespace": first.namespace,
        "metric_name": first.name,
        "dimensions": dict(first.dimensions),
        "timestamp": first.at,
        "unit": first.unit,
        "count": count,
        "sum": total,
        "average": total / count if count else 0.0,
        "min": min(each.low for each in found),
        "max": max(each.high for each in found),
        **first.more,
    }


def _called(given: Row) -> Row:
    parameters = {name: value for name, value in given.items() if name != "op"}
    if given["op"] == "PutMetricStream":
        firehose = arn("firehose", "deliverystream/lake")
        whole = {"Name": "s", "FirehoseArn": firehose, "RoleArn": _ROLE, "OutputFormat": "json"}
        parameters = whole | parameters
    writes = role("streams", "streams.metrics.cloudwatch", may("firehose:PutRecord"))
    with world({**lake(), **writes}) as cloud:
        try:
            answer: Row = getattr(admin(cloud, "cloudwatch"), xform_name(given["op"]))(**parameters)
        except ParamValidationError as refused:
            return {"valid": False, "error": "ParamValidation", "message": str(refused)}
        except ClientError as refused:
            error = refused.response["Error"]
            return {"valid": False, "error": error["Code"], "message": error["Message"]}
    return {"valid": True, **{name: value for name, value in answer.items() if name != "ResponseMetadata"}}

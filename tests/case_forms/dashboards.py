"""Rows about dashboards: whether a body is one, or what PutDashboard and its like answer.

`input` is the body, as text or as an object; or a call: `op` (PutDashboard by default) with its parameters.
Expected: `valid`, and perhaps `warnings` and `errors` (how many), `message_contains`; of a call also `error`,
its code.
"""

import json
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.deployment import Deployment
from scenarios.cloud.world import World
from scenarios.dashboards.body import InvalidBody, read
from tests.case_forms.judging import Verdict

Row = dict[str, Any]
_STACK = {"Resources": {"Heard": {"Type": "AWS::SQS::Queue"}}}  # a stack has one resource at least
_OF_A_CALL = {"op", "DashboardName", "DashboardNames", "DashboardBody"}


def takes(row: Row) -> bool:
    """Whether the row is about a dashboard, and not described in words."""
    return row.get("area") == "dashboard" and not row.get("words")


def judge(row: Row) -> Verdict:
    """Read the body, or make the call."""
    given = row["input"]
    is_call = isinstance(given, dict) and bool(_OF_A_CALL & given.keys())
    got = _called(given) if is_call else _read(given if isinstance(given, str) else json.dumps(given))
    return Verdict(_holds(row["expected"], got), str(got))


def _holds(expected: Row, got: Row) -> bool:
    rest = dict(expected)
    words = rest.pop("message_contains", "")
    return words in got.get("message", "") and all(got.get(name) == value for name, value in rest.items())


def _read(text: str) -> Row:
    try:
        found = read(text)
    except InvalidBody as error:
        return {"valid": False, "errors": len(error.complaints), "message": str(error)}
    return {"valid": True, "errors": 0, "warnings": len(found.warnings)}


def _called(given: Row) -> Row:
    whole = {name: value for name, value in given.items() if name != "op"}
    operation = given.get("op", "PutDashboard")
    if operation == "PutDashboard":
        whole = {"DashboardName": "d", "DashboardBody": {"widgets": []}} | whole
    if isinstance(whole.get("DashboardBody"), dict):
        whole["DashboardBody"] = json.dumps(whole["DashboardBody"])
    with World(Deployment(template=json.dumps(_STACK))) as world:
        cloudwatch = world.client(world.user("alice"), "cloudwatch")
        try:
            answer: Row = getattr(cloudwatch, xform_name(operation))(**whole)
        except ParamValidationError as refused:
            return {"valid": False, "error": "ParamValidation", "message": str(refused)}
        except ClientError as refused:
            error = refused.response["Error"]
            return {"valid": False, "error": error["Code"], "message": error["Message"]}
    return {"valid": True, "warnings": len(answer.get("DashboardValidationMessages", ()))}

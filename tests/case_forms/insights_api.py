"""Rows about the API of Logs Insights: one call, on an account with a log group.

`op` is the call, and everything beside it its parameters, but for `after`: a query that is started before,
and `state`: the state that it has then. A row without `op` starts a query.

What is expected holds of the answer: its members (of a list, all), or `error` and `message_contains`.
"""

import json
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.deployment import START, Deployment
from scenarios.cloud.logs.queries import ENDED
from scenarios.cloud.world import World
from tests.case_forms.judging import Verdict

Row = dict[str, Any]
_ABOUT = {"op", "after", "state", "note"}
_OF_A_QUERY = {"GetQueryResults", "StopQuery"}


def takes(row: Row) -> bool:
    """Whether the row is a call, or gives a query's times without its text."""
    given = row["input"]
    if row.get("area") == "insights-error":
        return isinstance(given, dict) and "query" not in given
    return row.get("area") == "insights-api" and isinstance(given, dict) and not row.get("words")


def judge(row: Row) -> Verdict:
    """Make the call, and hold what came of it against what is expected."""
    given, expected = row["input"], row["expected"]
    after = given.get("after", {})
    # A group is as old as the world; a recording's query may be of the year 1970.
    begun = after.get("startTime")
    start = START if begun is None else datetime.fromtimestamp(begun, UTC)
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": after.get("logGroupName", "g")}}
    template = json.dumps({"Resources": {"Group": group}})
    with World(Deployment(template=template, start=start)) as world:
        logs = world.client(world.user("alice"), "logs")
        parameters = {name: value for name, value in given.items() if name not in _ABOUT}
        operation = given.get("op", "StartQuery")
        if operation in _OF_A_QUERY and "queryId" not in parameters:
            parameters["queryId"] = logs.start_query(**_asked(world, after))["queryId"]
            world.run(60 if given.get("state") in ENDED else 0)
        elif after:
            logs.start_query(**_asked(world, after))
        if operation == "StartQuery":
            parameters = _asked(world, parameters)
        answer = _called(logs, operation, parameters)
    if "error" in expected:
        refused = answer.get("error", "nothing")
        right = refused in expected["error"] and expected.get("message_contains", "") in answer["message"]
        return Verdict(right, str(answer))
    return Verdict(_holds(expected, answer), str(answer))


def _asked(world: World, given: Row) -> Row:
    now = int(world.clock.now.timestamp())
    whole = {"logGroupName": "g", "startTime": now, "endTime": now + 60, "queryString": "fields @message"}
    return whole | given


def _called(logs: Any, operation: str, parameters: Row) -> Row:
    try:
        answer: Row = getattr(logs, xform_name(operation))(**parameters)
    except ParamValidationError as refused:
        return {"error": "ParamValidation", "message": str(refused)}
    except ClientError as refused:
        error = refused.response["Error"]
        return {"error": error["Code"], "message": error["Message"]}
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _holds(expected: Any, got: Any) -> bool:
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(
            name in got and _holds(value, got[name]) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return isinstance(got, list) and len(got) == len(expected) and all(map(_holds, expected, got))
    return bool(expected == got)

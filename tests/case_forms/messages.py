"""Rows of EventBridge's neighbours, Scheduler and partner event sources: one call or several, and the answer.

`ScheduleExpression` alone, or with more parameters, is a schedule that is made with everything else as it
should be. `operation` and `parameters` are one call, `calls` several, each [service, operation, parameters]
and perhaps the account that makes it. What is expected holds of the last call: `error` and `message`, or
`accepted`, or members of its answer; `heard`: the number of events that the account's bus of that name heard.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from scenarios.cloud.deployment import ACCOUNT, Deployment
from scenarios.cloud.eventbridge.partners import PREFIX
from scenarios.cloud.world import World
from tests.case_forms.judging import Cannot, Verdict

Row = dict[str, Any]
AREAS = {"scheduler": "scheduler", "partner": "events"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/beats"
TARGET = {"Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:look", "RoleArn": ROLE}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "scheduler.amazonaws.com"}}
STANDING = {
    "Beats": {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "beats", "AssumeRolePolicyDocument": {"Statement": [TRUST]}},
    },
    "Heard": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "Heard"}},
}


def takes(row: Row) -> bool:
    """Whether the row is of one of these areas, and as data."""
    return row.get("area") in AREAS and isinstance(row["input"], dict) and not row.get("words")


def judge(row: Row) -> Verdict:
    """Make the calls, and hold the last answer against what is expected."""
    expected: Row = row["expected"] if isinstance(row["expected"], dict) else {"accepted": row["expected"]}
    with World(Deployment(template=json.dumps({"Resources": STANDING}))) as world:
        answer = [_called(world, *call) for call in _calls(row)][-1]
        world.run(60)
        if "heard" in expected:
            answer["heard"] = sum(
                moment.kind == "matched" and PREFIX in json.dumps(moment.facts)
                for moment in world.setting.trace
            )
    wanted = {name: value for name, value in expected.items() if name not in ("accepted", "note")}
    if expected.get("accepted"):
        return Verdict("error" not in answer, str(answer))
    return Verdict(all(answer.get(name) == value for name, value in wanted.items()), str(answer))


def _calls(row: Row) -> list[tuple[str, str, Row, str]]:
    asked: Row = row["input"]
    service = AREAS[row["area"]]
    if "calls" in asked:
        return [
            (name, operation, given, str([*more, ""][0])) for name, operation, given, *more in asked["calls"]
        ]
    if "operation" in asked:
        return [(service, asked["operation"], asked.get("parameters", {}), asked.get("account", ""))]
    if "ScheduleExpression" in asked:
        return [(service, "CreateSchedule", _whole(asked), "")]
    raise Cannot("it names no call")


def _whole(asked: Row) -> Row:
    return {"Name": "beat", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET, **asked}


def _called(world: World, service: str, operation: str, parameters: Mapping[str, Any], account: str) -> Row:
    user = world.user("admin", account=account) if account else world.user("admin")
    call = getattr(world.client(user, service), xform_name(operation))
    try:
        return {name: value for name, value in call(**parameters).items() if name != "ResponseMetadata"}
    except ClientError as error:
        found = error.response["Error"]
        return {"error": found["Code"], "message": found["Message"]}
    except ParamValidationError as error:
        return {"error": "ParamValidationError", "message": str(error)}

"""Rows about STS: parameters of AssumeRole, and what it answers."""

import re
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from tests.case_forms.judging import Verdict
from tests.scenarios.cloud.small_worlds import role, world

Row = dict[str, Any]
_ASKED = {
    "RoleSessionName",
    "Tags",
    "TransitiveTagKeys",
    "DurationSeconds",
    "ExternalId",
    "SourceIdentity",
    "Policy",
}


def takes(row: Row) -> bool:
    """Whether the row's input is parameters of AssumeRole."""
    return isinstance(row["input"], dict) and bool(row["input"]) and set(row["input"]) <= _ASKED


def judge(row: Row) -> Verdict:
    """Assume a role with these parameters; the rest as plain as can be."""
    asked = {name: _meant(value) for name, value in row["input"].items()}
    expected = row["expected"]
    with world(_TRUSTING) as each:
        sts = each.client(each.user("ann"), "sts")
        parameters = {
            "RoleArn": "arn:aws:iam::123456789012:role/target",
            "RoleSessionName": "session",
            **asked,
        }
        try:
            sts.assume_role(**parameters)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        except ParamValidationError as error:
            code, message = "ParamValidationError", str(error)
        else:
            return Verdict("error" not in expected, "accepted")
    said = str(expected.get("message", expected.get("pattern", expected.get("limit", "")))) in message
    return Verdict(code == expected.get("error") and said, f"{code}: {message}")


def _meant(value: object) -> object:
    """`65 characters` stands for so many."""
    counted = re.fullmatch(r"(\d+) characters", value) if isinstance(value, str) else None
    if isinstance(value, dict):
        return [{"Key": name, "Value": each} for name, each in value.items()]
    return "x" * int(counted[1]) if counted else value


_ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        }
    ],
}
_TRUSTING = role("target", "lambda")
_TRUSTING["target"]["Properties"]["AssumeRolePolicyDocument"] = _ANYBODY

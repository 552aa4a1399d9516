"""The small parts that several sections of the stack share."""

from collections.abc import Mapping
from typing import Any

Template = dict[str, Any]

LOGS_KEPT_DAYS = 365


def log_group(name: Mapping[str, Any] | None = None) -> Template:
    """A log group that forgets after a year; named only where somebody outside must find it."""
    named = {"LogGroupName": name} if name else {}
    return {"Type": "AWS::Logs::LogGroup", "Properties": {**named, "RetentionInDays": LOGS_KEPT_DAYS}}


def trusting(service: str) -> Template:
    """A trust policy: this AWS service, and nobody else, may assume the role."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }


def logical_id(function_name: str) -> str:
    """`root_login` is `RootLogin` in CloudFormation, as Chalice names it."""
    return "".join(part.capitalize() for part in function_name.split("_"))

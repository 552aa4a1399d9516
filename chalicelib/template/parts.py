"""The small parts that several sections of the stack share."""

from collections.abc import Mapping
from typing import Any

Template = dict[str, Any]


class DeclaredTwice(ValueError):
    """Two parts of the stack, such as two remediations, declare the same logical id; the message names it."""


def union(*parts: Mapping[str, Any]) -> Template:
    """All of them in one section of a template; raises DeclaredTwice instead of overwriting."""
    merged: Template = {}
    for part in parts:
        if twice := merged.keys() & part.keys():
            raise DeclaredTwice(f"declared twice: {', '.join(sorted(twice))}")
        merged |= part
    return merged


def trusting(service: str) -> Template:
    """A trust policy: only this AWS service may assume the role."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }


def only_from_here() -> Template:
    """A condition: only on behalf of this account's own resources."""
    return {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


# What is to be told by, once the stack is gone. cfn-lint asks for both.
STAYS: Template = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Delete"}


def logical_id(function_name: str) -> str:
    """`root_login` is `RootLogin` in CloudFormation, as Chalice names it."""
    return "".join(part.capitalize() for part in function_name.split("_"))

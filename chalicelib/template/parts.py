"""The small parts that several sections of the stack share."""

from collections.abc import Mapping
from typing import Any

from chalicelib.stack import logical_id as logical_id  # noqa: PLC0414 - the template's modules take it from here

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

"""The keys of the functions' seals: who may make the seal of which part of the ledger.

A function that may act has a key of its own. Those that only tell share one, and are kept apart by the
partitions that each may write; a key costs a dollar a month. No other principal makes a seal, the HTTP side
and administrators included: the key policy gives the account every right but that one.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.remediation import Remediation
from chalicelib.stack import HEARTBEAT
from chalicelib.template.parts import Template, logical_id

# As AWS's console gives key administrators; no grants, which would hand out what they may not do.
_MANAGING = (
    "Cancel*",
    "Delete*",
    "Describe*",
    "Disable*",
    "Enable*",
    "Get*",
    "List*",
    "Put*",
    "Schedule*",
    "TagResource",
    "UntagResource",
    "Update*",
)


# The key of those that only tell.
TELLING = "TellingSealKey"


def seal_key_of(remediation: Remediation) -> str:
    """The logical id of the key that makes a function's seals."""
    return f"{logical_id(remediation.name)}SealKey" if remediation.acts else TELLING


def seal_keys(remediations: Iterable[Remediation]) -> Template:
    """A key for each function that may act, and one for all others, that of the heartbeat too."""
    users: dict[str, list[str]] = {TELLING: [HEARTBEAT]}
    for each in remediations:
        users.setdefault(seal_key_of(each), []).append(each.name)
    return {key: _key(functions) for key, functions in users.items()}


def instruction_key(remediations: Iterable[Remediation]) -> Template:
    """The key for what people ask: the HTTP side makes its MACs, the functions that may act check them."""
    checking = [{"Fn::GetAtt": [f"{logical_id(each.name)}Role", "Arn"]} for each in remediations if each.acts]
    asking = [
        {
            "Sid": "OnlyTheHttpSideMakesThem",
            "Effect": "Allow",
            "Principal": {"AWS": {"Fn::GetAtt": ["ApiHandlerRole", "Arn"]}},
            "Action": "kms:GenerateMac",
            "Resource": "*",
        },
        {
            "Sid": "WhatActsChecksThem",
            "Effect": "Allow",
            "Principal": {"AWS": checking},
            "Action": "kms:VerifyMac",
            "Resource": "*",
        },
    ]
    return {"InstructionKey": _hmac_key("Vouches for what people ask of Trailwarden", asking)}


def _key(names: Iterable[str]) -> Mapping[str, Any]:
    making = {
        "Sid": "OnlyTheFunctionsMakeSeals",
        "Effect": "Allow",
        "Principal": {"AWS": [{"Fn::GetAtt": [f"{logical_id(name)}Role", "Arn"]} for name in names]},
        "Action": "kms:GenerateMac",
        "Resource": "*",
    }
    return _hmac_key(f"Seals what Trailwarden notes about {', '.join(names)}", [making])


def _hmac_key(description: str, using: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    return {
        "Type": "AWS::KMS::Key",
        "Properties": {
            "Description": description,
            "KeySpec": "HMAC_256",
            "KeyUsage": "GENERATE_VERIFY_MAC",
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "TheAccountManagesIt",
                        "Effect": "Allow",
                        "Principal": {
                            "AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
                        },
                        "Action": [f"kms:{action}" for action in _MANAGING],
                        "Resource": "*",
                    },
                    *using,
                ],
            },
        },
    }

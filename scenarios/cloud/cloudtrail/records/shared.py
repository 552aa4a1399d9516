"""A role that is assumed from another account: each of the two accounts gets a record of it.

The two share a `sharedEventID`. The role's account is told of its visitor no more than an account and an id.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html (cross-account examples)
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudtrail.records.user_identity import principal_id
from scenarios.cloud.kernel.arns import account_of
from scenarios.cloud.kernel.caller import ApiCall

Record = Mapping[str, Any]


def other_account(call: ApiCall) -> str:
    """The account of the role that a call assumes across accounts; "" where it stays within one."""
    if (call.service, call.operation) != ("sts", "AssumeRole") or call.error is not None:
        return ""
    account = account_of(str(call.parameters["RoleArn"]))
    return account if account != call.caller.account else ""


def with_shared_id(record: Record, shared_id: str) -> dict[str, Any]:
    """The record of the caller's account."""
    head = {name: value for name, value in record.items() if name not in ("eventCategory", "tlsDetails")}
    return {**head, "sharedEventID": shared_id, **{name: record[name] for name in record if name not in head}}


def of_visitor(record: Record, call: ApiCall, shared_id: str) -> dict[str, Any]:
    """The record of the role's account."""
    visitor = {
        "type": "AWSAccount",
        "principalId": principal_id(call.caller),
        "accountId": call.caller.account,
    }
    own = {**record, "userIdentity": visitor, "recipientAccountId": other_account(call)}
    return with_shared_id(own, shared_id)

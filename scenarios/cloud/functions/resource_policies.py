"""Lambda's whole resource policies: PutResourcePolicy replaces all that AddPermission added.

A policy hangs on one function; versions and aliases are not simulated. Unlike AddPermission it may deny, and
ask any condition.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_PutResourcePolicy.html,
https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

import json
from collections.abc import Mapping
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_lambda
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

_QUALIFIED_PARTS = 8  # arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER


class ResourcePolicies:
    """The policies of all functions, which moto keeps as lists of statements."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.answer("lambda", "PutResourcePolicy", self._put)
        setting.calls.answer("lambda", "GetResourcePolicy", self._get)
        setting.calls.answer("lambda", "DeleteResourcePolicy", self._delete)

    def _put(self, asked: Asked) -> dict[str, Any]:
        policy = self._of(asked)
        _check_revision(asked, policy)
        replace(policy, json.loads(asked.parameters["Policy"]))
        return self._revised(policy)

    def _get(self, asked: Asked) -> dict[str, Any]:
        policy = self._of(asked)
        if not policy.statements:
            raise Refused("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return _answer(policy)

    def _delete(self, asked: Asked) -> dict[str, Any]:
        policy = self._of(asked)
        _check_revision(asked, policy)
        replace(policy, {"Statement": []})
        self._revised(policy)
        return {}

    def _of(self, asked: Asked) -> Any:
        arn = asked.parameters["ResourceArn"]
        if len(arn.split(":")) >= _QUALIFIED_PARTS or ":function:" not in arn:
            raise NotSimulated("lambda", f"{asked.operation} of {arn}, which is no unqualified function")
        function = moto_lambda.lambda_function(asked.caller.account, asked.region, arn)
        if function is None:
            raise Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)
        return function.policy

    def _revised(self, policy: Any) -> dict[str, Any]:
        policy.revision = self._setting.new_uuid("lambda.policy")
        return _answer(policy)


def replace(policy: Any, document: Mapping[str, Any]) -> None:
    """Replace a function's policy, as moto keeps it, by a document."""
    statements = document["Statement"]
    policy.statements = statements if isinstance(statements, list) else [statements]


def _answer(policy: Any) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": policy.statements}
    return {"Policy": json.dumps(document), "RevisionId": policy.revision}


def _check_revision(asked: Asked, policy: Any) -> None:
    given = asked.parameters.get("RevisionId")
    if given and given != policy.revision:
        raise Refused(
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the GetResourcePolicy API to "
            "retrieve the latest RevisionId for your resource.",
            412,
        )

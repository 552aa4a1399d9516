"""AWS's own managed policies: IAM knows one from the first call that names it.

The documents are those that moto carries; it would load all of them into every account, or none.
Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.setting import Setting

_NAMED_BY = {
    "AttachUserPolicy": "PolicyArn",
    "AttachRolePolicy": "PolicyArn",
    "AttachGroupPolicy": "PolicyArn",
    "GetPolicy": "PolicyArn",
    "GetPolicyVersion": "PolicyArn",
    "ListPolicyVersions": "PolicyArn",
    "ListEntitiesForPolicy": "PolicyArn",
    "CreateUser": "PermissionsBoundary",
    "CreateRole": "PermissionsBoundary",
    "PutUserPermissionsBoundary": "PermissionsBoundary",
    "PutRolePermissionsBoundary": "PermissionsBoundary",
}


class ManagedPolicies:
    """Hears which policies calls name."""

    def __init__(self, setting: Setting) -> None:
        for operation in _NAMED_BY:
            setting.calls.check("iam", operation, self._know)
        setting.calls.in_every_account("iam", *_NAMED_BY)

    def _know(self, asked: Asked) -> None:
        arn = asked.parameters.get(_NAMED_BY[asked.operation], "")
        if arn.split(":")[4:5] == ["aws"]:
            moto_iam.know_managed_policy_of_aws(asked.caller.account, arn)

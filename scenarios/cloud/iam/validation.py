"""What IAM refuses beyond the limits of its model: to delete a user who still has something, an 11th policy.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, and for the words of the second
https://github.com/jenkins-x/terraform-aws-eks-jx/issues/42
"""

from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation

_MOST_ATTACHED = 10


def deleted_user(request: Request) -> None:
    """DeleteUser: no access key, no password and no group is left."""
    name = request.parameters["UserName"]
    user = moto_iam.user(request.account, name)
    if user is None:
        return  # moto says so
    if user.access_keys:
        raise _conflict("delete access keys")
    if moto_iam.groups_of(request.account, name):
        raise _conflict("remove users from group")
    if user.password:
        raise _conflict("delete login profile")


def _conflict(first: str) -> Refused:
    return Refused("DeleteConflict", f"Cannot delete entity, must {first} first.", 409)


def attached_user_policy(request: Request) -> None:
    """AttachUserPolicy: a user has 10 policies at most; one that is attached may be attached again."""
    user = moto_iam.user(request.account, request.parameters["UserName"])
    attached = user.managed_policies if user is not None else {}
    if len(attached) >= _MOST_ATTACHED and request.parameters["PolicyArn"] not in attached:
        raise Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPerUser: {_MOST_ATTACHED}", 409)


VALIDATION = Validation(
    code="ValidationError",
    rules={"DeleteUser": (deleted_user,), "AttachUserPolicy": (attached_user_policy,)},
)

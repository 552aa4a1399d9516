"""What IAM refuses beyond the limits of its model: a user that still has something can't be deleted.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
"""

from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.kernel.validation import Request, Validation


def deleted_user(request: Request) -> None:
    """DeleteUser: no access key, no password and no group is left."""
    name = request.parameters["UserName"]
    user = moto_state.user(request.account, name)
    if user is None:
        return  # moto says so
    if user.access_keys:
        raise _conflict("delete access keys")
    if moto_state.groups_of(request.account, name):
        raise _conflict("remove users from group")
    if user.password:
        raise _conflict("delete login profile")


def _conflict(first: str) -> Refused:
    return Refused("DeleteConflict", f"Cannot delete entity, must {first} first.", 409)


VALIDATION = Validation(code="ValidationError", rules={"DeleteUser": (deleted_user,)})

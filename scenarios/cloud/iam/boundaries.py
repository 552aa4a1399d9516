"""Permissions boundaries: of a user, which moto does not keep, and of a role, which must exist.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.errors import Refused
from scenarios.cloud.setting import Setting


class Boundaries:
    """Keeps the users' boundaries; the roles' stand in moto."""

    def __init__(self, setting: Setting) -> None:
        self._of_users = setting.identity.user_boundaries
        calls = setting.calls
        for operation in ("CreateUser", "CreateRole", "PutRolePermissionsBoundary"):
            calls.check("iam", operation, self._must_exist)
        calls.answer("iam", "PutUserPermissionsBoundary", self._put)
        calls.answer("iam", "DeleteUserPermissionsBoundary", self._delete)
        calls.after("iam", "CreateUser", self._created)
        calls.after("iam", "DeleteUser", self._deleted)
        calls.in_every_account(
            "iam",
            "CreateUser",
            "CreateRole",
            "DeleteUser",
            "PutRolePermissionsBoundary",
            "PutUserPermissionsBoundary",
            "DeleteUserPermissionsBoundary",
        )

    @staticmethod
    def _must_exist(asked: Asked) -> None:
        arn = asked.parameters.get("PermissionsBoundary")
        if arn and moto_iam.managed_policy(asked.caller.account, arn) is None:
            raise Refused("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)

    def _put(self, asked: Asked) -> dict[str, Any]:
        self._must_exist(asked)
        self._of_users[_user(asked)] = asked.parameters["PermissionsBoundary"]
        return {}

    def _delete(self, asked: Asked) -> dict[str, Any]:
        if self._of_users.pop(_user(asked), None) is None:
            name = asked.parameters["UserName"]
            raise Refused("NoSuchEntity", f"The user with name {name} has no permissions boundary.", 404)
        return {}

    def _created(self, call: ApiCall) -> None:
        boundary = call.parameters.get("PermissionsBoundary")
        if boundary:
            self._of_users[_key(call.caller.account, call.parameters)] = boundary

    def _deleted(self, call: ApiCall) -> None:
        self._of_users.pop(_key(call.caller.account, call.parameters), None)


def _user(asked: Asked) -> tuple[str, str]:
    name = asked.parameters["UserName"]
    if moto_iam.user(asked.caller.account, name) is None:
        raise Refused("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return _key(asked.caller.account, asked.parameters)


def _key(account: str, parameters: Mapping[str, Any]) -> tuple[str, str]:
    return account, parameters["UserName"]

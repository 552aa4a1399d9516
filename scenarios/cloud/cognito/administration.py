"""What administrators do with a pool's users and groups, and what is told of pools and clients.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html,
API_AdminSetUserPassword.html, API_AdminGetUser.html, API_ListUsers.html and API_DescribeUserPool.html there
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from scenarios.cloud.asked import Asked
from scenarios.cloud.cognito.people import People, attributes_of, told
from scenarios.cloud.cognito.pools import CONFIRMED, FORCED, RESET, Client, Pool, User
from scenarios.cloud.cognito.sign_up import verify_what_the_function_says
from scenarios.cloud.cognito.triggers import NO_CLIENT
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.setting import Setting

_INVITATION: Final = "Your username is {username} and temporary password is {####}."
_FILTER = re.compile(r'\s*"?([\w:]+)"?\s*(=|\^=)\s*"([^"]*)"\s*\Z')


class Administration:
    """Answers administrators."""

    def __init__(self, setting: Setting, people: People) -> None:
        self._setting = setting
        self._people = people
        self.answers: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
            "AdminCreateUser": self._create,
            "AdminDeleteUser": self._delete,
            "AdminDisableUser": self._disable,
            "AdminEnableUser": self._enable,
            "AdminGetUser": self._get,
            "AdminSetUserPassword": self._set_password,
            "AdminResetUserPassword": self._reset_password,
            "AdminUpdateUserAttributes": self._update,
            "ListUsers": self._list,
            "AdminAddUserToGroup": self._add,
            "AdminRemoveUserFromGroup": self._remove,
            "AdminListGroupsForUser": self._groups_of,
            "ListUsersInGroup": self._in_group,
            "ListGroups": self._groups,
            "GetGroup": self._group,
            "DescribeUserPool": self._describe,
            "DescribeUserPoolClient": self._describe_client,
            "ListUserPools": self._pools,
            "ListUserPoolClients": self._clients,
        }

    # ---- users ----------------------------------------------------------------------------------

    def _create(self, asked: Asked) -> dict[str, Any]:
        people, given = self._people, asked.parameters
        pool, name = people.pool(asked), str(given["Username"])
        if given.get("MessageAction") == "RESEND":
            user = people.named(pool, name)
            self._invite(pool, user, given)
            return {"User": told(user)}
        password = str(given.get("TemporaryPassword") or people.drawn_password())
        people.check_password(pool, password)
        user = people.new(pool, name, attributes_of(given.get("UserAttributes", ())), FORCED)
        metadata = given.get("ClientMetadata")
        said = people.triggers.ask(
            pool,
            "PreSignUp_AdminCreateUser",
            None,
            name=user.name,
            attributes={**user.attributes, "cognito:user_status": user.status},
            validationData=attributes_of(given.get("ValidationData", ())) or None,
            clientMetadata=metadata or None,
        )
        verify_what_the_function_says(user, said)
        self._temporary(pool, user, password)
        people.pools.users(pool)[user.name] = user
        if given.get("MessageAction") != "SUPPRESS":
            self._invite(pool, user, given)
        return {"User": told(user)}

    def _temporary(self, pool: Pool, user: User, password: str) -> None:
        policy = pool.properties.get("Policies", {}).get("PasswordPolicy", {})
        days = int(policy.get("TemporaryPasswordValidityDays", 7))
        user.password, user.password_until = password, self._setting.clock.now + timedelta(days=days)

    def _invite(self, pool: Pool, user: User, given: Mapping[str, Any]) -> None:
        """Send the temporary password where the user can be reached: by SMS, unless e-mail is wanted."""
        wanted = given.get("DesiredDeliveryMediums", ["SMS"])
        for medium, name in (("EMAIL", "email"), ("SMS", "phone_number")):
            if medium in wanted and name in user.attributes:
                subject, text = self._people.texts(
                    *(pool, user, "CustomMessage_AdminCreateUser", medium, _INVITATION),
                    client=NO_CLIENT,
                    metadata=given.get("ClientMetadata"),
                )
                to = user.attributes[name]
                self._people.send(to, medium, subject, text, code=user.password, name=user.name)

    def _user(self, asked: Asked) -> tuple[Pool, User]:
        pool = self._people.pool(asked)
        return pool, self._people.named(pool, str(asked.parameters["Username"]))

    def _delete(self, asked: Asked) -> dict[str, Any]:
        pool, user = self._user(asked)
        del self._people.pools.users(pool)[user.name]
        return {}

    def _disable(self, asked: Asked) -> dict[str, Any]:
        _, user = self._user(asked)
        user.enabled, user.changed = False, self._setting.clock.now
        return {}

    def _enable(self, asked: Asked) -> dict[str, Any]:
        _, user = self._user(asked)
        user.enabled, user.changed = True, self._setting.clock.now
        return {}

    def _get(self, asked: Asked) -> dict[str, Any]:
        _, user = self._user(asked)
        return told(user, "UserAttributes")

    def _set_password(self, asked: Asked) -> dict[str, Any]:
        pool, user = self._user(asked)
        password = str(asked.parameters["Password"])
        self._people.check_password(pool, password)
        if asked.parameters.get("Permanent"):
            user.password, user.password_until, user.status = password, None, CONFIRMED
        else:
            self._temporary(pool, user, password)
            user.status = FORCED
        user.changed = self._setting.clock.now
        return {}

    def _reset_password(self, asked: Asked) -> dict[str, Any]:
        pool, user = self._user(asked)
        if user.status == FORCED:
            why = "User password cannot be reset in the current state."
            raise Refused("NotAuthorizedException", why)
        self._people.send_code(pool, user, "CustomMessage_ForgotPassword", client=NO_CLIENT)
        user.status, user.changed = RESET, self._setting.clock.now
        return {}

    def _update(self, asked: Asked) -> dict[str, Any]:
        _, user = self._user(asked)
        user.attributes |= attributes_of(asked.parameters["UserAttributes"])
        user.changed = self._setting.clock.now
        return {}

    def _list(self, asked: Asked) -> dict[str, Any]:
        pool, given = self._people.pool(asked), asked.parameters
        if given.get("PaginationToken") or given.get("AttributesToGet"):
            raise NotSimulated("cognito-idp", "ListUsers by pages, or some attributes alone")
        found = list(self._people.pools.users(pool).values())
        if given.get("Filter"):
            found = [each for each in found if _takes(str(given["Filter"]), each)]
        return {"Users": [told(each) for each in found[: int(given.get("Limit") or 60)]]}

    # ---- groups ---------------------------------------------------------------------------------

    def _group_named(self, asked: Asked) -> tuple[Pool, str]:
        pool, name = self._people.pool(asked), str(asked.parameters["GroupName"])
        if name not in pool.groups:
            raise Refused("ResourceNotFoundException", "Group not found.")
        return pool, name

    def _add(self, asked: Asked) -> dict[str, Any]:
        pool, name = self._group_named(asked)
        user = self._people.named(pool, str(asked.parameters["Username"]))
        if name not in user.groups:
            user.groups.append(name)
        return {}

    def _remove(self, asked: Asked) -> dict[str, Any]:
        pool, name = self._group_named(asked)
        user = self._people.named(pool, str(asked.parameters["Username"]))
        user.groups = [each for each in user.groups if each != name]
        return {}

    def _groups_of(self, asked: Asked) -> dict[str, Any]:
        pool, user = self._user(asked)
        return {"Groups": [_told_group(pool, name) for name in user.groups]}

    def _in_group(self, asked: Asked) -> dict[str, Any]:
        pool, name = self._group_named(asked)
        return {
            "Users": [told(each) for each in self._people.pools.users(pool).values() if name in each.groups]
        }

    def _groups(self, asked: Asked) -> dict[str, Any]:
        pool = self._people.pool(asked)
        return {"Groups": [_told_group(pool, name) for name in pool.groups]}

    def _group(self, asked: Asked) -> dict[str, Any]:
        return {"Group": _told_group(*self._group_named(asked))}

    # ---- pools ----------------------------------------------------------------------------------

    def _describe(self, asked: Asked) -> dict[str, Any]:
        pool = self._people.pool(asked)
        triggers = {
            name: {**value} if isinstance(value, Mapping) else value for name, value in pool.triggers.items()
        }
        return {
            "UserPool": {
                "Id": pool.id,
                "Name": pool.name,
                "Arn": pool.arn,
                "LambdaConfig": triggers,
                "EstimatedNumberOfUsers": len(self._people.pools.users(pool)),
                "AutoVerifiedAttributes": list(pool.properties.get("AutoVerifiedAttributes", ())),
            }
        }

    def _describe_client(self, asked: Asked) -> dict[str, Any]:
        pool = self._people.pool(asked)
        _, client = self._people.client(asked, pool)
        secret = {"ClientSecret": client.secret} if client.secret else {}
        return {
            "UserPoolClient": {
                **_told_client(pool, client),
                **secret,
                "ExplicitAuthFlows": list(client.flows),
            }
        }

    def _pools(self, asked: Asked) -> dict[str, Any]:
        pools = [each for each in self._people.pools.all() if each.region == asked.region]
        return {"UserPools": [{"Id": each.id, "Name": each.name} for each in pools]}

    def _clients(self, asked: Asked) -> dict[str, Any]:
        pool = self._people.pool(asked)
        return {"UserPoolClients": [_told_client(pool, each) for each in pool.clients.values()]}


def _told_client(pool: Pool, client: Client) -> dict[str, Any]:
    return {"ClientId": client.id, "UserPoolId": pool.id, "ClientName": client.name}


def _told_group(pool: Pool, name: str) -> dict[str, Any]:
    given = pool.groups[name]
    more = {key: given[key] for key in ("Description", "RoleArn", "Precedence") if key in given}
    return {"GroupName": name, "UserPoolId": pool.id, **more}


def _takes(text: str, user: User) -> bool:
    """Whether ListUsers' filter takes a user: `email = "a@b.example"`, `email ^= "a"`."""
    found = _FILTER.match(text)
    if found is None:
        raise Refused("InvalidParameterException", "Error while parsing filter.")
    name, operator, wanted = found.groups()
    known = {
        "username": user.name,
        "sub": user.sub,
        "cognito:user_status": user.status,
        "status": "Enabled" if user.enabled else "Disabled",
        **user.attributes,
    }
    value = known.get(name, "")
    return value == wanted if operator == "=" else value.startswith(wanted)

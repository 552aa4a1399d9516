"""IAM: users, groups, roles, and the policies that the account itself manages.

They are in every region that records them, as `global`. Documents of policies are URL-encoded JSON, as IAM's
API has them.

Sources: https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html (global resources),
https://github.com/awslabs/aws-config-rdk (recorded items)
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from scenarios.cloud.config.items import Found, Relation, camel, tags_of
from scenarios.cloud.config.resource_types.view import ResourceType, View

USER, GROUP, ROLE, POLICY = "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::Policy"
NAMES: Final = (USER, GROUP, ROLE, POLICY)
# Whether something was used is no part of its configuration; tags stand in the item itself.
_LEFT_OUT: Final = ("Tags", "RoleLastUsed", "PasswordLastUsed")


def users(view: View) -> Iterator[Found]:
    """Users with their groups and policies."""
    details = _details(view)
    groups = {each["GroupName"]: each["GroupId"] for each in details["GroupDetailList"]}
    for each in details["UserDetailList"]:
        member = [
            Relation(GROUP, groups[name], "Is attached to Group", name)
            for name in sorted(each.get("GroupList", ()))
        ]
        yield _found(view, USER, each, "User", [*member, *_policies_of(view, each)])


def groups(view: View) -> Iterator[Found]:
    """Groups with their users and policies."""
    details = _details(view)
    for each in details["GroupDetailList"]:
        members = [
            Relation(USER, one["UserId"], "Contains User", one["UserName"])
            for one in details["UserDetailList"]
            if each["GroupName"] in one.get("GroupList", ())
        ]
        yield _found(view, GROUP, each, "Group", [*members, *_policies_of(view, each)])


def roles(view: View) -> Iterator[Found]:
    """Roles with their policies."""
    for each in _details(view)["RoleDetailList"]:
        yield _found(view, ROLE, each, "Role", _policies_of(view, each))


def policies(view: View) -> Iterator[Found]:
    """Policies that the account manages, and to what they are attached."""
    details = _details(view)
    for each in _own(view):
        attached = [
            Relation(kind, one[f"{word}Id"], f"Is attached to {word}", one[f"{word}Name"])
            for kind, word in ((USER, "User"), (GROUP, "Group"), (ROLE, "Role"))
            for one in details[f"{word}DetailList"]
            if each["Arn"] in [policy["PolicyArn"] for policy in one["AttachedManagedPolicies"]]
        ]
        yield _found(view, POLICY, each, "Policy", attached)


def _found(view: View, kind: str, each: Mapping[str, Any], word: str, relations: Iterable[Relation]) -> Found:
    del view
    shown = {name: value for name, value in each.items() if name not in _LEFT_OUT}
    return Found(
        type=kind,
        id=each[f"{word}Id"],
        name=each[f"{word}Name"],
        arn=each["Arn"],
        tags=tags_of(each.get("Tags")),
        configuration=camel(_encoded(shown)),
        relations=tuple(sorted(relations)),
        created=each["CreateDate"],
    )


def _policies_of(view: View, each: Mapping[str, Any]) -> list[Relation]:
    """The policies of the account that are attached; AWS's own are related to nothing."""
    ids = {one["Arn"]: (one["PolicyId"], one["PolicyName"]) for one in _own(view)}
    attached = [ids[one["PolicyArn"]] for one in each["AttachedManagedPolicies"] if one["PolicyArn"] in ids]
    return [Relation(POLICY, found, "Is attached to CustomerManagedPolicy", name) for found, name in attached]


def _encoded(value: Any, name: str = "") -> Any:
    if name.lower().endswith("document") and isinstance(value, Mapping):
        return quote(json.dumps(value, separators=(",", ":")), safe="")
    if isinstance(value, Mapping):
        return {member: _encoded(each, member) for member, each in value.items()}
    return [_encoded(each) for each in value] if isinstance(value, list) else value


def _details(view: View) -> Any:
    kinds = ["User", "Role", "Group", "LocalManagedPolicy"]
    return view("iam", "GetAccountAuthorizationDetails", Filter=kinds)


def _own(view: View) -> list[Mapping[str, Any]]:
    """The account's own policies; the list alone has their names and ids (in moto)."""
    details = {each["Arn"]: each for each in _details(view)["Policies"]}
    listed = view("iam", "ListPolicies", Scope="Local")["Policies"]
    return [{**each, **details.get(each["Arn"], {})} for each in listed]


TYPES = tuple(
    ResourceType(name=name, service="iam", look=look, is_global=True)
    for name, look in ((USER, users), (GROUP, groups), (ROLE, roles), (POLICY, policies))
)

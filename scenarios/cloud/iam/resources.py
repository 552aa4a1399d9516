"""AWS::IAM: roles, groups and policies.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, only, text_of
from scenarios.cloud.cloudformation.resources.managed_policies import MANAGED_POLICIES
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Many,
    PolicyDocument,
    Refused,
    Shape,
    Text,
    Whole,
    arn,
)
from scenarios.cloud.kernel import moto_iam
from scenarios.cloud.kernel.errors import NotSimulated
from scenarios.cloud.kernel.stack import Resource

_PATH = Text(pattern=r"/|/[\x21-\x7e]+/")
_NAME = r"[\w+=,.@-]{1,%d}"

ROLE = Shape(
    fields={
        "AssumeRolePolicyDocument": PolicyDocument(of_resource=True),
        "Description": Text(longest=1000),
        "ManagedPolicyArns": Many(of=arn("iam"), most=20),
        "MaxSessionDuration": Whole(low=3600, high=43200),
        "Path": _PATH,
        "PermissionsBoundary": Refused(because="permissions boundaries are not weighed"),
        "Policies": Many(
            of=Shape(
                fields={
                    "PolicyDocument": PolicyDocument(of_resource=False),
                    "PolicyName": Text(pattern=_NAME % 128),
                },
                required=("PolicyDocument", "PolicyName"),
            )
        ),
        "RoleName": Text(pattern=_NAME % 64),
        "Tags": TAGS,
    },
    required=("AssumeRolePolicyDocument",),
)

GROUP = Shape(
    fields={
        "GroupName": Text(pattern=_NAME % 128),
        "ManagedPolicyArns": Many(of=arn("iam"), most=10),
        "Path": _PATH,
        "Policies": Refused(because="inline policies of groups"),
    }
)

POLICY = Shape(
    fields={
        "Groups": Refused(because="groups"),
        "PolicyDocument": PolicyDocument(of_resource=False),
        "PolicyName": Text(pattern=_NAME % 128),
        "Roles": Many(of=Text(), least=1),
        "Users": Refused(because="users of a stack"),
    },
    required=("PolicyDocument", "PolicyName", "Roles"),
)

MANAGED_POLICY = Shape(
    fields={
        "Description": Text(longest=1000),
        "Groups": Refused(because="groups"),
        "ManagedPolicyName": Text(pattern=_NAME % 128),
        "Path": _PATH,
        "PolicyDocument": PolicyDocument(of_resource=False),
        "Roles": Many(of=Text()),
        "Users": Refused(because="users of a stack"),
    },
    required=("PolicyDocument",),
)


def create_role(order: Order) -> Identity:
    """Create a role with its inline and attached policies."""
    iam = order.client("iam")
    name = order.name("RoleName", 64)
    trust = order.properties["AssumeRolePolicyDocument"]
    listed = trust["Statement"] if isinstance(trust["Statement"], list) else [trust["Statement"]]
    if any({"Resource", "NotResource"} & statement.keys() for statement in listed):
        why = "MalformedPolicyDocument: Has prohibited field Resource"
        raise order.refuse("AssumeRolePolicyDocument", why)
    given = order.pick("Description", "MaxSessionDuration", "Path")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=text_of(trust), **given)["Role"]
    for policy in order.properties.get("Policies", []):
        document = text_of(policy["PolicyDocument"])
        iam.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
    for policy_arn in order.properties.get("ManagedPolicyArns", []):
        _attach(order, name, policy_arn)
    return Identity(ref=name, attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _attach(order: Order, role: str, policy_arn: str) -> None:
    iam = order.client("iam")
    if _is_inline(policy_arn):
        name, document = _as_inline(policy_arn)
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
        return
    if ":iam::aws:policy/" in policy_arn:
        _must_be_published(order, policy_arn)
    iam.attach_role_policy(RoleName=role, PolicyArn=policy_arn)


_OF_AWS = "arn:aws:iam::aws:policy/"


def _is_inline(policy_arn: str) -> bool:
    """Whether moto gets a policy of AWS as an inline one, so that not all that AWS publishes is read."""
    return policy_arn.startswith(_OF_AWS) and policy_arn.removeprefix(_OF_AWS) in MANAGED_POLICIES


def _as_inline(policy_arn: str) -> tuple[str, str]:
    """Its name and its document."""
    path = policy_arn.removeprefix(_OF_AWS)
    return path.rsplit("/", 1)[-1], text_of(MANAGED_POLICIES[path])


def _must_be_published(order: Order, policy_arn: str) -> None:
    """Raises NotSimulated for a policy of AWS that moto has no document of."""
    if not moto_iam.know_managed_policy_of_aws(order.site.account, policy_arn):
        raise NotSimulated("IAM", f"the policy {policy_arn} ({order.logical_id}.ManagedPolicyArns)")


def create_group(order: Order) -> Identity:
    """Create an empty group with AWS's managed policies, under their names."""
    iam = order.client("iam")
    name = order.name("GroupName", 128)
    group = iam.create_group(GroupName=name, **order.pick("Path"))["Group"]
    for policy_arn in order.properties.get("ManagedPolicyArns", []):
        if _is_inline(policy_arn):
            policy, document = _as_inline(policy_arn)
            iam.put_group_policy(GroupName=name, PolicyName=policy, PolicyDocument=document)
        else:
            _must_be_published(order, policy_arn)
            iam.attach_group_policy(GroupName=name, PolicyArn=policy_arn)
    return Identity(ref=name, attributes={"Arn": group["Arn"]})


def create_policy(order: Order) -> Identity:
    """Put an inline policy into each of the roles."""
    name = order.properties["PolicyName"]
    document = text_of(order.properties["PolicyDocument"])
    for role in order.properties["Roles"]:
        order.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
    return Identity(ref=order.generated_name(128), attributes={"Id": order.generated_name(128)})


def create_managed_policy(order: Order) -> Identity:
    """Create a policy of the account's own and attach it."""
    iam = order.client("iam")
    policy = iam.create_policy(
        PolicyName=order.name("ManagedPolicyName", 128),
        PolicyDocument=text_of(order.properties["PolicyDocument"]),
        **order.pick("Description", "Path"),
    )["Policy"]
    for role in order.properties.get("Roles", []):
        iam.attach_role_policy(RoleName=role, PolicyArn=policy["Arn"])
    attributes = {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}
    return Identity(ref=policy["Arn"], attributes=attributes)


def delete_role(removal: Removal) -> None:
    """Delete a role with the policies that came with it; one that somebody added keeps it there."""
    iam, role = removal.client("iam"), removal.ref
    for policy in removal.properties.get("Policies", []):
        iam.delete_role_policy(RoleName=role, PolicyName=policy["PolicyName"])
    for policy_arn in removal.properties.get("ManagedPolicyArns", []):
        _detach(removal, role, policy_arn)
    iam.delete_role(RoleName=role)


def _detach(removal: Removal, role: str, policy_arn: str) -> None:
    """Detach a policy; some of AWS's own are inline ones in moto, see `_attach`."""
    iam = removal.client("iam")
    if not _is_inline(policy_arn):
        iam.detach_role_policy(RoleName=role, PolicyArn=policy_arn)
        return
    removal.told("iam", "DetachRolePolicy", {"RoleName": role, "PolicyArn": policy_arn})
    with removal.quietly():
        iam.delete_role_policy(RoleName=role, PolicyName=policy_arn.rsplit("/", 1)[-1])


def delete_group(removal: Removal) -> None:
    """Delete a group; some of AWS's policies are inline ones in moto, see `_attach`."""
    iam, group = removal.client("iam"), removal.ref
    for policy_arn in removal.properties.get("ManagedPolicyArns", []):
        if not _is_inline(policy_arn):
            iam.detach_group_policy(GroupName=group, PolicyArn=policy_arn)
            continue
        removal.told("iam", "DetachGroupPolicy", {"GroupName": group, "PolicyArn": policy_arn})
        with removal.quietly():
            iam.delete_group_policy(GroupName=group, PolicyName=policy_arn.rsplit("/", 1)[-1])
    iam.delete_group(GroupName=group)


def delete_policy(removal: Removal) -> None:
    """Take an inline policy out of each of the roles."""
    name = removal.properties["PolicyName"]
    for role in removal.properties["Roles"]:
        removal.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def delete_managed_policy(removal: Removal) -> None:
    """Detach a policy of the account's own, and delete it."""
    iam, policy_arn = removal.client("iam"), removal.ref
    for role in removal.properties.get("Roles", []):
        iam.detach_role_policy(RoleName=role, PolicyArn=policy_arn)
    iam.delete_policy(PolicyArn=policy_arn)


def update_role(order: Order, before: Resource) -> Identity:
    """Change who may assume a role, what it may do, and for how long."""
    iam, role = order.client("iam"), before.physical_id
    known = ("AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Policies")
    differ = only(order, before, *known)
    if "AssumeRolePolicyDocument" in differ:
        trust = text_of(order.properties["AssumeRolePolicyDocument"])
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
    if differ & {"Description", "MaxSessionDuration"}:
        given = {"Description": "", "MaxSessionDuration": 3600}
        iam.update_role(RoleName=role, **given | order.pick("Description", "MaxSessionDuration"))
    if "Policies" in differ:
        now = {each["PolicyName"]: each["PolicyDocument"] for each in order.properties.get("Policies", [])}
        for each in before.properties.get("Policies", []):
            if each["PolicyName"] not in now:
                iam.delete_role_policy(RoleName=role, PolicyName=each["PolicyName"])
        for name, document in now.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text_of(document))
    return Identity(ref=role, attributes=before.attributes)


def update_policy(order: Order, before: Resource) -> Identity:
    """Put an inline policy into the roles as they are now, and take it out of those that are left out."""
    identity = create_policy(order)
    name, was = order.properties["PolicyName"], before.properties["PolicyName"]
    kept = order.properties["Roles"] if name == was else []
    for role in before.properties["Roles"]:
        if role not in kept:
            order.client("iam").delete_role_policy(RoleName=role, PolicyName=was)
    return identity


KINDS: Mapping[str, Kind] = {
    "AWS::IAM::Group": Kind(shape=GROUP, create=create_group, delete=delete_group),
    "AWS::IAM::ManagedPolicy": Kind(
        shape=MANAGED_POLICY, create=create_managed_policy, delete=delete_managed_policy, grants=True
    ),
    "AWS::IAM::Policy": Kind(
        shape=POLICY, create=create_policy, delete=delete_policy, grants=True, update=update_policy
    ),
    "AWS::IAM::Role": Kind(shape=ROLE, create=create_role, delete=delete_role, update=update_role),
}

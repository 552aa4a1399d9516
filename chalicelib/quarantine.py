"""Quarantine: an instance that reaches nobody and is reached by nobody, a role that may do nothing.

Plans of any remediation may hold these calls; each has its undo, which takes away what was made and nothing
else. An instance: its volumes are snapshotted first, then each of its interfaces is put into a security group
without rules that is made for it. The undo puts every interface back into its own groups and deletes the
group; the snapshots stay, as evidence. A role: an inline policy that denies everything; the undo deletes that
policy.

What the new group does not stop: connections that are tracked go on until they are idle, and traffic that
security groups don't see, such as the metadata service's. An Auto Scaling group or a load balancer may take
the instance for a sick one, and end it; its snapshots are there by then.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html,
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html,
https://docs.aws.amazon.com/prescriptive-guidance/latest/patterns/automate-incident-response-and-forensics.html
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.looking import answer
from chalicelib.remediation import Call, DeclaredCall, Grant

INSTANCE, ROLE = "instance", "role"  # what can be put into quarantine
POLICY_NAME = "TrailwardenQuarantine"
NO_POLICY = ("NoSuchEntity",)
_NO_INTERFACE = "InvalidNetworkInterfaceID.NotFound"
_NO_GROUP = "InvalidGroup.NotFound"
_DENY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"]}],
}
# A new group lets everything out, of both versions where its VPC has both.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
_OUT: tuple[Mapping[str, Any], ...] = (
    {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
    {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface of an instance, with the ids of its security groups, in their order."""

    id: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What it takes to isolate an instance.

    `group`: the id of its quarantine group, "" where there is none yet. `lets_out`: that group still has the
    rules that it was made with. `open`: it has others, so that somebody else made it or changed it, and it
    isolates nothing. `volumes`: how many it has.
    """

    instance: str
    account: str
    region: str
    vpc: str
    interfaces: tuple[Interface, ...]
    volumes: int
    group: str = ""
    lets_out: bool = False
    open: bool = False

    @property
    def group_name(self) -> str:
        """The name of its quarantine group; the name of one in another VPC may be the same."""
        return f"trailwarden-quarantine-{self.instance}"

    @property
    def left(self) -> tuple[Interface, ...]:
        """The interfaces that are not isolated yet."""
        return tuple(each for each in self.interfaces if each.groups != (self.group,))


# ---- what may be done ---------------------------------------------------------------------------

_EC2 = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}"
_ANY = "which instance it will be, and in which region, isn't known before"
_GROUPS = f"{_EC2}:security-group/*"
READS = tuple(
    Grant(action=f"ec2:{action}", resource="*", because="EC2's describe calls take no resource")
    for action in ("DescribeInstances", "DescribeSecurityGroups")
)
ISOLATES = (
    Grant(action="ec2:CreateSnapshots", resource=f"{_EC2}:instance/*", because=_ANY, acting=True),
    Grant(action="ec2:CreateSnapshots", resource=f"{_EC2}:volume/*", because=_ANY, acting=True),
    Grant(
        action="ec2:CreateSnapshots",
        resource="arn:${AWS::Partition}:ec2:*::snapshot/*",
        because="a snapshot's id isn't known before, and its ARN names no account",
        acting=True,
    ),
    Grant(action="ec2:CreateSecurityGroup", resource=_GROUPS, because=_ANY, acting=True),
    Grant(action="ec2:CreateSecurityGroup", resource=f"{_EC2}:vpc/*", because=_ANY, acting=True),
    Grant(action="ec2:RevokeSecurityGroupEgress", resource=_GROUPS, because=_ANY, acting=True),
    Grant(action="ec2:DeleteSecurityGroup", resource=_GROUPS, because=_ANY, acting=True),
    *(
        Grant(
            action="ec2:ModifyNetworkInterfaceAttribute",
            resource=f"{_EC2}:{kind}/*",
            because=_ANY,
            acting=True,
        )
        for kind in ("network-interface", "instance", "security-group")
    ),
)
DENIES = tuple(
    Grant(
        action=f"iam:{action}",
        resource="arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*",
        because="whose role it will be isn't known before, and IAM can't narrow what a policy says",
        acting=True,
    )
    for action in ("PutRolePolicy", "DeleteRolePolicy")
)

_GROUP_NEEDED = "arn:{partition}:ec2:{region}:{account}:security-group/{GroupId}"
_INTERFACE_NEEDED = "arn:{partition}:ec2:{region}:{account}:network-interface/{NetworkInterfaceId}"
_ROLE_NEEDED = "arn:{partition}:iam::{account}:role/{RoleName}"


def denies_only(call: Call) -> bool:
    """Whether the policy that a call puts on a role gives nobody anything."""
    statements = json.loads(call.parameters["PolicyDocument"])["Statement"]
    return all(each["Effect"] == "Deny" for each in statements)


_TO_GROUPS = DeclaredCall(
    operation="ec2.modify_network_interface_attribute",
    needs=(("ec2:ModifyNetworkInterfaceAttribute", _INTERFACE_NEEDED),),
)
ISOLATION_CALLS = (
    DeclaredCall(
        operation="ec2.create_snapshots",
        needs=(
            (
                "ec2:CreateSnapshots",
                "arn:{partition}:ec2:{region}:{account}:instance/{InstanceSpecification[InstanceId]}",
            ),
        ),
    ),
    DeclaredCall(
        operation="ec2.create_security_group",
        needs=(("ec2:CreateSecurityGroup", "arn:{partition}:ec2:{region}:{account}:vpc/{VpcId}"),),
        fits=lambda call: call.parameters["GroupName"].startswith("trailwarden-quarantine-"),
    ),
    DeclaredCall(
        operation="ec2.revoke_security_group_egress",
        needs=(("ec2:RevokeSecurityGroupEgress", _GROUP_NEEDED),),
    ),
    _TO_GROUPS,
)
DENIAL_CALLS = (
    DeclaredCall(
        operation="iam.put_role_policy", needs=(("iam:PutRolePolicy", _ROLE_NEEDED),), fits=denies_only
    ),
)
UNDOING_CALLS = (
    DeclaredCall(operation="ec2.delete_security_group", needs=(("ec2:DeleteSecurityGroup", _GROUP_NEEDED),)),
    DeclaredCall(operation="iam.delete_role_policy", needs=(("iam:DeleteRolePolicy", _ROLE_NEEDED),)),
)
# What comes back to the function as an event of its own.
OWN_CALLS = (
    "CreateSnapshots",
    "CreateSecurityGroup",
    "RevokeSecurityGroupEgress",
    "ModifyNetworkInterfaceAttribute",
    "DeleteSecurityGroup",
    "PutRolePolicy",
    "DeleteRolePolicy",
)


# ---- looking ------------------------------------------------------------------------------------


def isolation_of(ec2: Any, instance: Mapping[str, Any], *, account: str, region: str) -> Isolation:
    """What there is of an instance, as DescribeInstances gives it, and of its quarantine group."""
    found = Isolation(
        instance=instance["InstanceId"],
        account=account,
        region=region,
        vpc=instance.get("VpcId", ""),
        interfaces=tuple(
            Interface(
                id=each["NetworkInterfaceId"], groups=tuple(group["GroupId"] for group in each["Groups"])
            )
            for each in instance.get("NetworkInterfaces", ())
        ),
        volumes=sum("Ebs" in each for each in instance.get("BlockDeviceMappings", ())),
    )
    named = {"group-name": found.group_name, "vpc-id": found.vpc}
    groups = _groups_by(ec2, named) if found.vpc else []
    if not groups:
        return found
    (group,) = groups  # a name is given once in a VPC
    out = group["IpPermissionsEgress"]
    return replace(
        found,
        group=group["GroupId"],
        lets_out=bool(out),
        open=bool(group["IpPermissions"]) or not all(map(_lets_all_out, out)),
    )


def _lets_all_out(rule: Mapping[str, Any]) -> bool:
    """Whether it is what a new group has: everything to everywhere, and nothing to anybody by name."""
    blocks = [each["CidrIp"] for each in rule.get("IpRanges", ())]
    blocks += [each["CidrIpv6"] for each in rule.get("Ipv6Ranges", ())]
    named = rule.get("UserIdGroupPairs") or rule.get("PrefixListIds")
    return rule["IpProtocol"] == "-1" and not named and set(blocks) <= {"0.0.0.0/0", "::/0"}


# ---- planning -----------------------------------------------------------------------------------


def isolate(found: Isolation) -> Iterator[Call]:
    """The calls that isolate an instance, in order; none where it is isolated, or has no interface.

    In a group of that name that has rules nothing is isolated: then there are none, either.
    """
    if found.open or not found.left:
        return
    made = found.group or f"${{{found.group_name}}}"
    if not found.group:
        if found.volumes:
            yield _snapshots(found)
        yield _group(found, made)
    if found.lets_out or not found.group:
        yield from (_closed(found, made, rule) for rule in _OUT)
    for each in found.left:
        yield _moved(found, each, (made,), undo=_moved(found, each, each.groups))


def _ec2(found: Isolation, operation: str, parameters: Mapping[str, Any], **more: Any) -> Call:
    return Call(
        service="ec2",
        operation=operation,
        parameters=parameters,
        account=found.account,
        region=found.region,
        **more,
    )


def _snapshots(found: Isolation) -> Call:
    told = f"Trailwarden: evidence of {found.instance}"
    specified = {"InstanceId": found.instance, "ExcludeBootVolume": False}
    return _ec2(
        found,
        "create_snapshots",
        {"InstanceSpecification": specified, "Description": told},
        lost="the space they take: they stay, as evidence, until somebody deletes them",
        once=True,
    )


def _group(found: Isolation, made: str) -> Call:
    return _ec2(
        found,
        "create_security_group",
        {
            "GroupName": found.group_name,
            "Description": f"Trailwarden: {found.instance} is in quarantine",
            "VpcId": found.vpc,
        },
        gives={"GroupId": made},
        undo=_ec2(found, "delete_security_group", {"GroupId": made}, already=(_NO_GROUP,)),
    )


def _closed(found: Isolation, group: str, rule: Mapping[str, Any]) -> Call:
    return _ec2(
        found,
        "revoke_security_group_egress",
        {"GroupId": group, "IpPermissions": [rule]},
        already=("InvalidPermission.NotFound",),
    )


def _moved(found: Isolation, interface: Interface, groups: tuple[str, ...], **more: Any) -> Call:
    lost = {} if "undo" not in more else {"lost": "connections that break, and work that is lost with them"}
    return _ec2(
        found,
        "modify_network_interface_attribute",
        {"NetworkInterfaceId": interface.id, "Groups": list(groups)},
        already=(_NO_INTERFACE,),
        **more,
        **lost,
    )


def deny(
    role: str,
    *,
    account: str,
    region: str,
    document: Mapping[str, Any] | None = None,
    name: str = POLICY_NAME,
    lost: str = "",
) -> Call:
    """The call that denies a role everything, or what another document denies, by a policy of that name."""
    called = {"RoleName": role, "PolicyName": name}
    return Call(
        service="iam",
        operation="put_role_policy",
        parameters={**called, "PolicyDocument": json.dumps(document or _DENY_ALL)},
        account=account,
        region=region,
        already=NO_POLICY,
        lost=lost or "what the role's sessions were doing: they are denied everything",
        undo=Call(
            service="iam",
            operation="delete_role_policy",
            parameters=called,
            account=account,
            region=region,
            already=NO_POLICY,
        ),
    )


def policy_of(iam: Any, role: str, name: str = POLICY_NAME) -> Mapping[str, Any] | None:
    """The role's inline policy of that name; None where there is none, or no such role."""
    found: Mapping[str, Any] | None = answer(
        lambda: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"],
        unless=NO_POLICY,
        otherwise=None,
    )
    return found


def is_denied(iam: Any, role: str) -> bool:
    """Whether a role is in quarantine: a policy of that name that says something else is somebody else's."""
    return policy_of(iam, role) == _DENY_ALL


def moved(client: Any, call: Call) -> str:
    """Whether what a call made is no longer so, for `Undoing.moved`. `client`: of the call's service.

    Raises what AWS raises.
    """
    given = call.parameters
    if call.operation == "put_role_policy":
        now = policy_of(client, given["RoleName"], given["PolicyName"])
        if now == json.loads(given["PolicyDocument"]):
            return ""
        return f"the policy {given['PolicyName']} of {given['RoleName']} is {'another' if now else 'gone'}"
    if call.operation == "modify_network_interface_attribute":
        groups = answer(
            lambda: _groups_of(client, given["NetworkInterfaceId"]), unless=(_NO_INTERFACE,), otherwise=None
        )
        if groups is None:
            return ""  # an interface that is gone is no longer anybody's
        shown = ", ".join(groups)
        at = given["NetworkInterfaceId"]
        return "" if groups == list(given["Groups"]) else f"the interface {at} is in {shown} by now"
    return ""


def made(client: Any, call: Call) -> Mapping[str, Any] | None:
    """What a call has made that no answer is known of, for `Undoing.made`. `client`: of the call's service.

    A policy or a group of our own name, with our own text in it, is ours; so is an interface in that group. A
    snapshot isn't known again: anybody can make one that looks like it. Raises what AWS raises.
    """
    if call.operation == "create_security_group":
        return _group_made(client, call)
    known = call.operation in ("put_role_policy", "modify_network_interface_attribute")
    return {} if known and not moved(client, call) else None


def _group_made(ec2: Any, call: Call) -> Mapping[str, Any] | None:
    given = call.parameters
    wanted = {"group-name": given["GroupName"], "vpc-id": given["VpcId"], "description": given["Description"]}
    found = _groups_by(ec2, wanted)
    return {"GroupId": found[0]["GroupId"]} if found else None


def _groups_by(ec2: Any, wanted: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The security groups that pass these filters of EC2's."""
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    found: list[Mapping[str, Any]] = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    return found


def _groups_of(ec2: Any, interface: str) -> list[str]:
    (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    return [each["GroupId"] for each in found["Groups"]]

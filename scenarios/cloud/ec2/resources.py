"""AWS::EC2: security groups, and the networks and subnets in which functions may stand.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnet.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Flag,
    Inert,
    Many,
    Refused,
    Shape,
    Text,
    Whole,
)

_RANGES = ("CidrIp", "CidrIpv6")
_RULE: dict[str, Any] = {
    "CidrIp": Text(pattern=r"\d+\.\d+\.\d+\.\d+/\d+"),
    "CidrIpv6": Text(pattern=r"[0-9a-fA-F:]+/\d+"),
    "Description": Text(longest=255),
    "FromPort": Whole(low=-1, high=65535),
    "IpProtocol": Text(),
    "ToPort": Whole(low=-1, high=65535),
}

SECURITY_GROUP = Shape(
    fields={
        "GroupDescription": Text(longest=255),
        "GroupName": Text(longest=255),
        "SecurityGroupEgress": Many(of=Shape(fields=_RULE, required=("IpProtocol",))),
        "SecurityGroupIngress": Many(of=Shape(fields=_RULE, required=("IpProtocol",))),
        "Tags": TAGS,
        "VpcId": Text(),
    },
    required=("GroupDescription",),
)

_NO_TRAFFIC = "nothing travels through a network here"
VPC = Shape(
    fields={
        "CidrBlock": Text(pattern=r"\d+\.\d+\.\d+\.\d+/\d+"),
        "EnableDnsHostnames": Inert(because=_NO_TRAFFIC, form=Flag()),
        "EnableDnsSupport": Inert(because=_NO_TRAFFIC, form=Flag()),
        "InstanceTenancy": Inert(because=_NO_TRAFFIC, form=Text()),
        "Ipv4IpamPoolId": Refused(because="IPAM"),
        "Ipv4NetmaskLength": Refused(because="IPAM"),
        "Tags": TAGS,
    },
)
SUBNET = Shape(
    fields={
        "AssignIpv6AddressOnCreation": Inert(because=_NO_TRAFFIC, form=Flag()),
        "AvailabilityZone": Text(),
        "CidrBlock": Text(pattern=r"\d+\.\d+\.\d+\.\d+/\d+"),
        "Ipv6CidrBlock": Inert(because=_NO_TRAFFIC),
        "MapPublicIpOnLaunch": Inert(because=_NO_TRAFFIC, form=Flag()),
        "Tags": TAGS,
        "VpcId": Text(),
    },
    required=("VpcId",),
)


def _default_vpc(ec2: Any) -> str:
    found = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    return str(found[0]["VpcId"])


def create_security_group(order: Order) -> Identity:
    """Create a security group, by default in the default VPC, open as its rules say."""
    ec2 = order.client("ec2")
    properties = order.properties
    vpc = (
        properties.get("VpcId")
        or ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    )
    name = order.name("GroupName", 255)
    group = ec2.create_security_group(GroupName=name, Description=properties["GroupDescription"], VpcId=vpc)[
        "GroupId"
    ]
    incoming = [_permission(order, rule) for rule in properties.get("SecurityGroupIngress", [])]
    outgoing = [_permission(order, rule) for rule in properties.get("SecurityGroupEgress", [])]
    if incoming:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=incoming)
    if outgoing:  # they stand in place of the rule that lets everything out
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=outgoing)
    return Identity(ref=group, attributes={"GroupId": group, "Id": group, "VpcId": vpc})


def _permission(order: Order, rule: Mapping[str, Any]) -> dict[str, Any]:
    ranges = [name for name in _RANGES if name in rule]
    if len(ranges) != 1:
        raise order.refuse("SecurityGroupIngress", "a rule has either a CidrIp or a CidrIpv6")
    [source] = ranges
    one = {source: rule[source], **({"Description": rule["Description"]} if "Description" in rule else {})}
    permission = {name: rule[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in rule}
    return {**permission, "IpRanges" if source == "CidrIp" else "Ipv6Ranges": [one]}


def delete_security_group(removal: Removal) -> None:
    """Delete a security group."""
    removal.client("ec2").delete_security_group(GroupId=removal.ref)


def create_vpc(order: Order) -> Identity:
    """Create a network."""
    if "CidrBlock" not in order.properties:
        raise order.refuse("CidrBlock", "either CidrBlock or Ipv4IpamPoolId is required")
    made = order.client("ec2").create_vpc(**order.pick("CidrBlock"))["Vpc"]
    named = {"VpcId": made["VpcId"], "CidrBlock": made["CidrBlock"]}
    groups = order.client("ec2").describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [made["VpcId"]]}]
    )["SecurityGroups"]
    return Identity(ref=made["VpcId"], attributes={**named, "DefaultSecurityGroup": groups[0]["GroupId"]})


def create_subnet(order: Order) -> Identity:
    """Create a subnet."""
    made = order.client("ec2").create_subnet(**order.pick("AvailabilityZone", "CidrBlock", "VpcId"))["Subnet"]
    zone = made["AvailabilityZone"]
    attributes = {"SubnetId": made["SubnetId"], "VpcId": made["VpcId"], "AvailabilityZone": zone}
    return Identity(ref=made["SubnetId"], attributes=attributes)


def delete_vpc(removal: Removal) -> None:
    """Delete a network."""
    removal.client("ec2").delete_vpc(VpcId=removal.ref)


def delete_subnet(removal: Removal) -> None:
    """Delete a subnet."""
    removal.client("ec2").delete_subnet(SubnetId=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::EC2::SecurityGroup": Kind(
        shape=SECURITY_GROUP, create=create_security_group, delete=delete_security_group
    ),
    "AWS::EC2::Subnet": Kind(shape=SUBNET, create=create_subnet, delete=delete_subnet),
    "AWS::EC2::VPC": Kind(shape=VPC, create=create_vpc, delete=delete_vpc),
}

"""EC2: instances, network interfaces, security groups, volumes, VPCs, subnets, flow logs.

A resource's relations count as part of it: a group whose network interface leaves gets a new item, though
nobody changed the group.

Source: https://github.com/awslabs/aws-config-resource-schema, https://github.com/awslabs/aws-config-rdk
(recorded items of each type)
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from scenarios.cloud.config.items import SEVERAL_ZONES, Found, Relation, camel, tags_of
from scenarios.cloud.config.resource_types.view import ResourceType, View

INSTANCE, INTERFACE, GROUP = "AWS::EC2::Instance", "AWS::EC2::NetworkInterface", "AWS::EC2::SecurityGroup"
VOLUME, VPC, SUBNET, FLOW_LOG = "AWS::EC2::Volume", "AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::FlowLog"
NETWORK_ACL, ROUTE_TABLE, GATEWAY = (
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::RouteTable",
    "AWS::EC2::InternetGateway",
)
_CHANGES_BY_ITSELF: Final = ("pending", "stopping", "shutting-down")
_WORDS: Final[Mapping[str, str]] = {
    INSTANCE: "Instance",
    INTERFACE: "NetworkInterface",
    GATEWAY: "InternetGateway",
    GROUP: "SecurityGroup",
    NETWORK_ACL: "NetworkAcl",
    ROUTE_TABLE: "RouteTable",
    SUBNET: "Subnet",
    VOLUME: "Volume",
    VPC: "Vpc",
}


# The types that a call which neither makes nor deletes anything may change, by the ids that it names.
_TOUCHED: Final[Mapping[str, tuple[str, ...]]] = {
    "i": (INSTANCE, INTERFACE, GROUP, VOLUME),
    "eni": (INTERFACE, INSTANCE, GROUP),
    "sg": (GROUP,),
    "vol": (VOLUME, INSTANCE),
    "vpc": (VPC,),
    "subnet": (SUBNET,),
    "fl": (FLOW_LOG,),
}
_TAGS: Final = ("CreateTags", "DeleteTags")
# Calls that change a group's rules, and not which interfaces have it.
_RULES: Final = (
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "ModifySecurityGroupRules",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
)
_MAKES: Final = ("Create", "Delete", "Run", "Terminate", "Attach", "Detach")
_ID: Final = re.compile(r"([a-z]+)-[0-9a-f]{8,17}")
# Calls that name a rule of a group name the group beside it.
_BESIDE: Final = frozenset({"sgr"})


def touched(operation: str, texts: Iterable[str]) -> set[str] | None:
    """The types of what a call may have changed; None for all."""
    kinds = {match[1] for each in texts if (match := _ID.fullmatch(each))} - _BESIDE
    if not kinds or kinds - _TOUCHED.keys() or (operation.startswith(_MAKES) and operation not in _TAGS):
        return None
    return (
        {_TOUCHED[each][0] for each in kinds}
        if operation in _TAGS
        else {kind for each in kinds for kind in _TOUCHED[each]}
    )


def wholly(kind: str) -> str:
    """Beside the ids of a type: those of which more has to be read than the call itself may have changed.

    Of an instance or a volume more than its tags, of a group more than its rules and tags.
    """
    return f"{kind}, wholly"


def reached(
    operation: str, texts: Collection[str], last: Callable[[tuple[str, str]], Found | None]
) -> dict[str, set[str]] | None:
    """The ids of the resources that a call may have changed, by type; None for all.

    Those that it names, and those that were related to them when Config looked last (`last`): a group that an
    interface leaves is named by nobody. Under `wholly(type)` stand those whose relations may have changed.
    """
    types = touched(operation, texts)
    if types is None:
        return None
    found: dict[str, set[str]] = {kind: set() for kind in types}
    for each in texts:
        match = _ID.fullmatch(each)
        if match is None or match[1] in _BESIDE:
            continue
        kind, *others = _TOUCHED[match[1]]
        found[kind].add(each)
        known = last((kind, each))
        if operation not in (*_TAGS, *_RULES) or known is None:
            found.setdefault(wholly(kind), set()).add(each)
        if others and operation not in _TAGS:
            if known is None:
                return None
            for relation in known.relations:
                if relation.type in found:
                    found[relation.type].add(relation.id)
                    found.setdefault(wholly(relation.type), set()).add(relation.id)
    return found


def instances(view: View) -> Iterator[Found]:
    """Instances, until they are terminated."""
    tagged, others = _with_other_tags(view, INSTANCE)
    yield from tagged
    for each in _instances(view, others) if others != [] else ():
        state = each["State"]["Name"]
        interfaces = [one["NetworkInterfaceId"] for one in each.get("NetworkInterfaces", ())]
        volumes = [one["Ebs"]["VolumeId"] for one in each.get("BlockDeviceMappings", ()) if "Ebs" in one]
        groups = [one["GroupId"] for one in each.get("SecurityGroups", ())]
        yield Found(
            type=INSTANCE,
            id=each["InstanceId"],
            arn=_arn(view, "instance", each["InstanceId"]),
            zone=each["Placement"]["AvailabilityZone"],
            tags=tags_of(each.get("Tags")),
            configuration=camel(each),
            relations=_sorted(
                _related("Contains", INTERFACE, interfaces),
                _related("Is associated with", GROUP, groups),
                _related("Is contained in", SUBNET, [each.get("SubnetId")]),
                _related("Is attached to", VOLUME, volumes),
                _related("Is contained in", VPC, [each.get("VpcId")]),
            ),
            created=each["LaunchTime"],
            settled=state not in _CHANGES_BY_ITSELF,
        )


def network_interfaces(view: View) -> Iterator[Found]:
    """Network interfaces."""
    for each in _interfaces(view, "network-interface-id", view.only(INTERFACE)):
        yield Found(
            type=INTERFACE,
            id=each["NetworkInterfaceId"],
            arn=_arn(view, "network-interface", each["NetworkInterfaceId"]),
            zone=each["AvailabilityZone"],
            tags=tags_of(each.get("TagSet")),
            configuration=camel(each),
            relations=_sorted(
                _related("Is attached to", INSTANCE, [each.get("Attachment", {}).get("InstanceId")]),
                _related("Is associated with", GROUP, _groups_of(each)),
                _related("Is contained in", SUBNET, [each.get("SubnetId")]),
                _related("Is contained in", VPC, [each.get("VpcId")]),
            ),
        )


def security_groups(view: View) -> Iterator[Found]:
    """Security groups, each with the network interfaces and instances that have it."""
    interfaces: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    only = view.only(GROUP)
    moved = None if only is None else view.only(wholly(GROUP))
    for one in _interfaces(view, "group-id", moved) if moved != [] else ():
        for name in _groups_of(one):
            interfaces[name].append(one)
    for each in view("ec2", "DescribeSecurityGroups", **_filter("group-id", only))["SecurityGroups"]:
        group = each["GroupId"]
        having = interfaces[group]
        on = [one.get("Attachment", {}).get("InstanceId") for one in having]
        yield Found(
            type=GROUP,
            id=group,
            name=each["GroupName"],
            arn=_arn(view, "security-group", group),
            tags=tags_of(each.get("Tags")),
            configuration={
                **camel({name: value for name, value in each.items() if name != "SecurityGroupArn"}),
                "ipPermissions": [_permission(one) for one in each["IpPermissions"]],
                "ipPermissionsEgress": [_permission(one) for one in each["IpPermissionsEgress"]],
                "tags": camel(each.get("Tags", [])),
            },
            relations=last.relations
            if moved is not None and group not in moved and (last := view.last(GROUP, group))
            else _sorted(
                _related("Is associated with", INSTANCE, on),
                _related("Is associated with", INTERFACE, [one["NetworkInterfaceId"] for one in having]),
                _related("Is contained in", VPC, [each.get("VpcId")]),
            ),
        )


def volumes(view: View) -> Iterator[Found]:
    """Volumes."""
    tagged, others = _with_other_tags(view, VOLUME)
    yield from tagged
    if others == []:
        return
    for each in view("ec2", "DescribeVolumes", **_filter("volume-id", others))["Volumes"]:
        yield Found(
            type=VOLUME,
            id=each["VolumeId"],
            arn=_arn(view, "volume", each["VolumeId"]),
            zone=each["AvailabilityZone"],
            tags=tags_of(each.get("Tags")),
            configuration=_with_state(each),
            relations=_related(
                "Is attached to", INSTANCE, [one["InstanceId"] for one in each["Attachments"]]
            ),
            created=each["CreateTime"],
        )


def vpcs(view: View) -> Iterator[Found]:
    """VPCs with what is in them."""
    for each in view("ec2", "DescribeVpcs")["Vpcs"]:
        groups = _ids(view("ec2", "DescribeSecurityGroups")["SecurityGroups"], "GroupId", each)
        lists = _ids(view("ec2", "DescribeNetworkAcls")["NetworkAcls"], "NetworkAclId", each)
        tables = _ids(view("ec2", "DescribeRouteTables")["RouteTables"], "RouteTableId", each)
        yield Found(
            type=VPC,
            id=each["VpcId"],
            arn=_arn(view, "vpc", each["VpcId"]),
            zone=SEVERAL_ZONES,
            tags=tags_of(each.get("Tags")),
            configuration={**_with_state(each), "tags": camel(each.get("Tags", []))},
            relations=_sorted(
                _related("Contains", INSTANCE, _ids(_instances(view), "InstanceId", each)),
                _related("Is attached to", GATEWAY, _gateways_of(view, each["VpcId"])),
                _related("Contains", NETWORK_ACL, lists),
                _related("Contains", INTERFACE, _ids(_interfaces(view), "NetworkInterfaceId", each)),
                _related("Contains", ROUTE_TABLE, tables),
                _related("Contains", GROUP, groups),
                _related("Contains", SUBNET, _ids(_subnets(view), "SubnetId", each)),
            ),
        )


def subnets(view: View) -> Iterator[Found]:
    """Subnets with what is in them."""
    for each in _subnets(view):
        within = {"SubnetId": each["SubnetId"]}
        yield Found(
            type=SUBNET,
            id=each["SubnetId"],
            arn=_arn(view, "subnet", each["SubnetId"]),
            zone=each["AvailabilityZone"],
            tags=tags_of(each.get("Tags")),
            configuration={**_with_state(each), "tags": camel(each.get("Tags", []))},
            relations=_sorted(
                _related("Is attached to", NETWORK_ACL, _lists_of(view, each["SubnetId"])),
                _related("Contains", INSTANCE, _ids(_instances(view), "InstanceId", within)),
                _related("Contains", INTERFACE, _ids(_interfaces(view), "NetworkInterfaceId", within)),
                _related("Is contained in", VPC, [each["VpcId"]]),
            ),
        )


def flow_logs(view: View) -> Iterator[Found]:
    """Flow logs."""
    for each in view("ec2", "DescribeFlowLogs")["FlowLogs"]:
        yield Found(
            type=FLOW_LOG,
            id=each["FlowLogId"],
            arn=_arn(view, "vpc-flow-log", each["FlowLogId"]),
            tags=tags_of(each.get("Tags")),
            configuration={**camel(each), "creationTime": int(each["CreationTime"].timestamp() * 1000)},
            created=each["CreationTime"],
        )


def _with_other_tags(view: View, kind: str) -> tuple[list[Found], list[str] | None]:
    """Those of which calls have changed the tags alone, as they are now; the ids of the others, None for all.

    One without any tag is read wholly, since an answer without tags doesn't say that it is there.
    """
    only, whole = view.only(kind), view.only(wholly(kind))
    if only is None or whole is None:
        return [], only
    before = [last for each in only if each not in whole and (last := view.last(kind, each)) and last.settled]
    if not before:
        return [], only
    tags: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    for each in view("ec2", "DescribeTags", **_filter("resource-id", [one.id for one in before]))["Tags"]:
        tags[each["ResourceId"]].append({"Key": each["Key"], "Value": each["Value"]})
    found = [
        replace(
            last,
            tags=tags_of(tags[last.id]),
            configuration={**last.configuration, "tags": camel(tags[last.id])},
        )
        for last in before
        if tags[last.id]
    ]
    done = {each.id for each in found}
    return found, [each for each in only if each not in done]


def _instances(view: View, only: list[str] | None = None) -> list[Mapping[str, Any]]:
    reservations = view("ec2", "DescribeInstances", **_filter("instance-id", only))["Reservations"]
    return [
        each
        for reservation in reservations
        for each in reservation["Instances"]
        if each["State"]["Name"] != "terminated"
    ]


def _interfaces(view: View, name: str = "", only: list[str] | None = None) -> list[Mapping[str, Any]]:
    answer = view("ec2", "DescribeNetworkInterfaces", **_filter(name, only))
    found: list[Mapping[str, Any]] = answer["NetworkInterfaces"]
    return found


def _filter(name: str, only: list[str] | None) -> dict[str, Any]:
    """The parameters that ask for these alone; one that is gone is no error then."""
    return {} if only is None else {"Filters": [{"Name": name, "Values": only}]}


def _subnets(view: View) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = view("ec2", "DescribeSubnets")["Subnets"]
    return found


def _with_state(each: Mapping[str, Any]) -> dict[str, Any]:
    """A state that is one word stands in an object: `configuration.state.value = 'available'` finds it.

    Source: https://docs.aws.amazon.com/config/latest/developerguide/example-query.html
    """
    return {**camel(each), "state": {"value": each["State"]}}


def _gateways_of(view: View, vpc: str) -> list[str]:
    gateways = view("ec2", "DescribeInternetGateways")["InternetGateways"]
    return [
        each["InternetGatewayId"]
        for each in gateways
        if vpc in [one["VpcId"] for one in each.get("Attachments", ())]
    ]


def _lists_of(view: View, subnet: str) -> list[str]:
    """The network ACL of a subnet."""
    return [
        each["NetworkAclId"]
        for each in view("ec2", "DescribeNetworkAcls")["NetworkAcls"]
        if subnet in [one["SubnetId"] for one in each.get("Associations", ())]
    ]


def _groups_of(interface: Mapping[str, Any]) -> list[str]:
    return [one["GroupId"] for one in interface.get("Groups", ())]


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of a group: its IPv4 ranges stand there twice."""
    given = camel(rule)
    ranges = given.pop("ipRanges", [])
    return {**given, "ipv4Ranges": ranges, "ipRanges": [each["cidrIp"] for each in ranges]}


def _ids(found: Iterable[Mapping[str, Any]], name: str, within: Mapping[str, Any]) -> list[str]:
    """The ids of those that stand within a VPC or a subnet."""
    where = "SubnetId" if "SubnetId" in within else "VpcId"
    return [each[name] for each in found if each.get(where) == within[where]]


def _related(verb: str, kind: str, ids: Iterable[str | None]) -> tuple[Relation, ...]:
    return tuple(
        Relation(kind, each, f"{verb} {_WORDS[kind]}") for each in sorted({one for one in ids if one})
    )


def _sorted(*several: tuple[Relation, ...]) -> tuple[Relation, ...]:
    return tuple(each for some in several for each in some)


def _arn(view: View, kind: str, identity: str) -> str:
    return f"arn:aws:ec2:{view.region}:{view.account}:{kind}/{identity}"


TYPES = tuple(
    ResourceType(name=name, service="ec2", look=look)
    for name, look in (
        (INSTANCE, instances),
        (INTERFACE, network_interfaces),
        (GROUP, security_groups),
        (VOLUME, volumes),
        (VPC, vpcs),
        (SUBNET, subnets),
        (FLOW_LOG, flow_logs),
    )
)

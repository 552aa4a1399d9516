"""How EC2 prints requests and answers in CloudTrail: sets of items, and two generations of it.

Most operations print lists as `{"instancesSet": {"items": [{"instanceId": "i-1"}]}}`, an absent or empty one
as `{}`, and answers likewise, with `requestId` and `_return`. Operations of newer services print the wire
itself under the operation's name: `{"DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-1", "tag": 1}}}`.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/using-cloudtrail.html, and records published
with stratus-red-team; a set's name that neither shows is the API's singular with `Set`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from botocore.model import ListShape, Shape, StructureShape

from scenarios.cloud.cloudtrail.records.shapes import Writer
from scenarios.cloud.kernel.caller import ApiCall
from scenarios.cloud.kernel.service_models import operation_model
from scenarios.cloud.kernel.texts import lowered

REMOVED: Final = "<sensitiveDataRemoved>"
_XMLNS: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"
_SECRET_MEMBERS: Final = frozenset({"KeyMaterial", "UserData"})

# A list parameter's set, and the key of each item when the items are plain text.
_SETS: Final[Mapping[str, tuple[str, str]]] = {
    "BlockDeviceMappings": ("blockDeviceMapping", ""),
    "Filters": ("filterSet", ""),
    "GroupIds": ("securityGroupIdSet", "groupId"),
    "GroupNames": ("securityGroupSet", "groupName"),
    "Groups": ("groupSet", "groupId"),
    "ImageIds": ("imagesSet", "imageId"),
    "InstanceIds": ("instancesSet", "instanceId"),
    "KeyNames": ("keySet", "keyName"),
    "NetworkAclIds": ("networkAclIdSet", "networkAclId"),
    "NetworkInterfaceIds": ("networkInterfaceIdSet", "networkInterfaceId"),
    "NetworkInterfaces": ("networkInterfaceSet", ""),
    "Resources": ("resourcesSet", "resourceId"),
    "RouteTableIds": ("routeTableIdSet", "routeTableId"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "SecurityGroups": ("groupSet", "groupName"),
    "TagSpecifications": ("tagSpecificationSet", ""),
    "Tags": ("tagSet", ""),
    "Values": ("valueSet", "value"),
}

# What a request prints although the caller did not say it. (A new value for each record: it is the reader's.)
_STATED: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "AuthorizeSecurityGroupEgress": lambda: {"ipPermissions": {}},
    "AuthorizeSecurityGroupIngress": lambda: {"ipPermissions": {}},
    "CreateVpc": lambda: {"instanceTenancy": "default", "amazonProvidedIpv6CidrBlock": False},
    "DescribeInstances": lambda: {"instancesSet": {}, "filterSet": {}},
    "DescribeNetworkAcls": lambda: {"networkAclIdSet": {}, "filterSet": {}},
    "DescribeRouteTables": lambda: {"routeTableIdSet": {}, "filterSet": {}},
    "DescribeSecurityGroups": lambda: {"securityGroupSet": {}, "securityGroupIdSet": {}, "filterSet": {}},
    "DescribeVpcs": lambda: {"vpcSet": {}, "filterSet": {}},
    "ModifyImageAttribute": lambda: {"attributeType": "launchPermission"},
    "ModifySnapshotAttribute": lambda: {"attributeType": "CREATE_VOLUME_PERMISSION"},
    "RevokeSecurityGroupEgress": lambda: {"ipPermissions": {}},
    "RevokeSecurityGroupIngress": lambda: {"ipPermissions": {}},
    "RunInstances": lambda: {
        "blockDeviceMapping": {},
        "monitoring": {"enabled": False},
        "disableApiTermination": False,
        "disableApiStop": False,
    },
    "StopInstances": lambda: {"force": False},
}
_IN_INSTANCES_SET: Final = ("imageId", "keyName", "minCount", "maxCount")

# The newer form, by the beginning of the operation's name.
_UNDER_THEIR_NAME: Final = (
    "CreateFleet",
    "CreateFlowLogs",
    "CreateLaunchTemplate",
    "CreateTrafficMirror",
    "CreateTransitGateway",
    "CreateVpcEndpoint",
    "DeleteFlowLogs",
    "DeleteLaunchTemplate",
    "DeleteTrafficMirror",
    "DeleteTransitGateway",
    "DeleteVpcEndpoint",
    "DescribeFlowLogs",
    "DescribeLaunchTemplate",
    "DescribeSecurityGroupRules",
    "DescribeTrafficMirror",
    "DescribeTransitGateway",
    "DescribeVpcEndpoint",
    "DisableEbsEncryptionByDefault",
    "DisableSerialConsoleAccess",
    "EnableEbsEncryptionByDefault",
    "EnableSerialConsoleAccess",
    "GetEbsEncryptionByDefault",
    "GetSerialConsoleAccessStatus",
    "ModifyInstanceMetadataOptions",
    "ModifyLaunchTemplate",
    "ModifySecurityGroupRules",
    "ModifyTrafficMirror",
    "ModifyTransitGateway",
    "ModifyVpcEndpoint",
)

# EC2 tells whose fault it was.
_SERVER_ERRORS: Final = frozenset(
    {
        "InsufficientAddressCapacity",
        "InsufficientCapacity",
        "InsufficientHostCapacity",
        "InsufficientInstanceCapacity",
        "InternalError",
        "InternalFailure",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Unavailable",
    },
)

Members = tuple[tuple[str, str, Writer], ...]


def request_parameters(call: ApiCall) -> dict[str, Any] | None:
    """`requestParameters` of an EC2 call."""
    if call.operation.startswith(_UNDER_THEIR_NAME):
        written = _wire_request(call.operation)(call.parameters)
        return {f"{call.operation}Request": written or ""}
    printed = _STATED.get(call.operation, dict)()
    printed.update(_request(call.operation)(_in_one_form(call)))
    if call.operation == "RunInstances":
        launched = {key: printed.pop(key) for key in _IN_INSTANCES_SET if key in printed}
        printed = {"instancesSet": {"items": [launched]}, **printed}
    return printed or None


def _in_one_form(call: ApiCall) -> Mapping[str, Any]:
    """Whom a snapshot is shared with may be said in two ways; records print one of them."""
    how = str(call.parameters.get("OperationType", ""))
    if call.operation != "ModifySnapshotAttribute" or not how:
        return call.parameters
    whom = [{"UserId": each} for each in call.parameters.get("UserIds", ())]
    whom += [{"Group": each} for each in call.parameters.get("GroupNames", ())]
    permission = {how.capitalize(): whom}
    return {"SnapshotId": call.parameters["SnapshotId"], "CreateVolumePermission": permission}


def response_elements(call: ApiCall, request_id: str) -> dict[str, Any] | None:
    """`responseElements` of an EC2 call: the answer's wire names, its request, and whether it was done."""
    answer = call.response or {}
    if call.operation.startswith(_UNDER_THEIR_NAME):
        content = _wire_response(call.operation)(answer)
        return {f"{call.operation}Response": {"xmlns": _XMLNS, "requestId": request_id, **content}}
    printed = _response(call.operation)(answer)
    if not printed or call.operation == "CreateSecurityGroup":
        printed = {"_return": True, **printed}
    return {"requestId": request_id, **printed}


def error_code(code: str) -> str:
    """`errorCode`: EC2 puts `Client.` or `Server.` before its codes, also before that of a denial."""
    return f"{'Server' if code in _SERVER_ERRORS else 'Client'}.{code}"


# The form with sets


@cache
def _request(operation: str) -> Writer:
    shape = operation_model("ec2", operation).input_shape
    return _asked(shape) if shape else _nothing


def _asked(shape: Shape) -> Writer:
    if isinstance(shape, StructureShape):
        members = tuple(_asked_member(shape, name, member) for name, member in shape.members.items())
        lists = _list_keys(shape, members) if shape.name == "IpPermission" else ()
        return partial(_write_structure, members, lists)
    if isinstance(shape, ListShape):
        return partial(_write_set, _asked(shape.member), "")
    return _value(shape)


def _asked_member(shape: StructureShape, name: str, member: Shape) -> tuple[str, str, Writer]:
    if _is_secret(name, member):
        return name, lowered(name), _removed
    wire_name = member.serialization.get("name", name)
    if not isinstance(member, ListShape):
        return name, lowered(wire_name), _asked(member)
    element = _asked(member.member)
    if shape.name == "TagSpecification":
        return name, lowered(name), lambda value: [element(item) for item in value]
    is_text = not isinstance(member.member, StructureShape)
    set_name, item_key = _SETS.get(name, (_set_name(name, wire_name), lowered(wire_name.removesuffix("s"))))
    return name, set_name, partial(_write_set, element, item_key if is_text else "")


def _set_name(name: str, wire_name: str) -> str:
    if name.endswith("Ids") and wire_name[:1].isupper():
        return f"{lowered(name.removesuffix('Ids'))}Set"
    return lowered(name if wire_name[:1].isupper() else wire_name)


def _list_keys(shape: StructureShape, members: Members) -> tuple[str, ...]:
    """The keys of a structure's lists: a rule of a security group prints all of them, empty or not."""
    pairs = zip(members, shape.members.values(), strict=True)
    return tuple(key for (_, key, _), member in pairs if isinstance(member, ListShape))


@cache
def _response(operation: str) -> Writer:
    shape = operation_model("ec2", operation).output_shape
    return _answered(shape) if shape else _nothing


def _answered(shape: Shape) -> Writer:
    if isinstance(shape, StructureShape):
        return partial(_write_structure, tuple(_answered_member(*m) for m in shape.members.items()), ())
    if isinstance(shape, ListShape):
        return partial(_write_set, _answered(shape.member), "")
    return _value(shape)


def _answered_member(name: str, member: Shape) -> tuple[str, str, Writer]:
    wire_name = member.serialization.get("name", lowered(name))
    key = "_return" if wire_name == "return" else wire_name
    return name, key, _removed if _is_secret(name, member) else _answered(member)


# The form under the operation's name


@cache
def _wire_request(operation: str) -> Writer:
    shape = operation_model("ec2", operation).input_shape
    return _wired(shape) if shape else _nothing


def _wired(shape: Shape) -> Writer:
    if isinstance(shape, StructureShape):
        return partial(_write_structure, tuple(_wired_member(*m) for m in shape.members.items()), ())
    if isinstance(shape, ListShape):
        return partial(_write_tagged, _wired(shape.member))
    return _value(shape)


def _wired_member(name: str, member: Shape) -> tuple[str, str, Writer]:
    wire_name = member.serialization.get("name", name)
    return (
        name,
        wire_name[:1].upper() + wire_name[1:],
        _removed if _is_secret(name, member) else _wired(member),
    )


@cache
def _wire_response(operation: str) -> Writer:
    shape = operation_model("ec2", operation).output_shape
    return _wire_answered(shape) if shape else _nothing


def _wire_answered(shape: Shape) -> Writer:
    if isinstance(shape, StructureShape):
        members = tuple(
            (name, member.serialization.get("name", lowered(name)), _wire_answered(member))
            for name, member in shape.members.items()
        )
        return partial(_write_structure, members, ())
    if isinstance(shape, ListShape):
        return partial(_write_items, _wire_answered(shape.member))
    return _value(shape)


# What the writers do


def _write_structure(members: Members, always: tuple[str, ...], value: Mapping[str, Any]) -> dict[str, Any]:
    printed: dict[str, Any] = {key: {} for key in always}
    for name, key, writer in members:
        if name in value:
            printed[key] = writer(value[name])
    return printed


def _write_set(element: Writer, item_key: str, values: Any) -> dict[str, Any]:
    if not values:
        return {}
    return {"items": [{item_key: element(value)} if item_key else element(value) for value in values]}


def _write_tagged(element: Writer, values: Any) -> Any:
    printed = [
        {**written, "tag": tag} if isinstance(written, dict) else {"content": written, "tag": tag}
        for tag, written in enumerate(map(element, values), 1)
    ]
    return printed[0] if len(printed) == 1 else printed


def _write_items(element: Writer, values: Any) -> Any:
    printed = [element(value) for value in values]
    return {"item": printed[0] if len(printed) == 1 else printed} if printed else ""


def _leaf(value: Any) -> Any:
    """Dates are milliseconds since 1970 in EC2's records."""
    if isinstance(value, datetime):
        at = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return int(at.timestamp() * 1000)
    return value


def _value(shape: Shape) -> Writer:
    return _removed if shape.metadata.get("sensitive") or shape.type_name == "blob" else _leaf


def _is_secret(name: str, member: Shape) -> bool:
    return name in _SECRET_MEMBERS or bool(member.metadata.get("sensitive"))


def _removed(_: Any) -> str:
    return REMOVED


def _nothing(_: Any) -> dict[str, Any]:
    return {}

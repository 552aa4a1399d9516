"""What kind of resource an id of EC2's is of."""

_KINDS_OF_IDS = {
    "i": "instance",
    "sg": "security-group",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "subnet": "subnet",
    "vpc": "vpc",
    "eni": "network-interface",
    "igw": "internet-gateway",
    "rtb": "route-table",
    "acl": "network-acl",
    "fl": "vpc-flow-log",
}


def resource_type(identifier: str) -> str:
    """The type of a resource by its id, as its ARN has it: `i-1` is an `instance`; "" for an unknown one."""
    return _KINDS_OF_IDS.get(identifier.partition("-")[0], "")

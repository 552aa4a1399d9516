"""AWS::SSM: parameters.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SSM.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order
from scenarios.cloud.cloudformation.resources.shapes import TAGS, Inert, Refused, Shape, Text

PARAMETER = Shape(
    fields={
        "AllowedPattern": Text(longest=1024),
        "DataType": Text(choices=("text",)),
        "Description": Text(longest=1024),
        "Name": Text(pattern=r"[a-zA-Z0-9_./-]{1,2048}"),
        "Policies": Refused(because="parameter policies"),
        "Tags": TAGS,
        "Tier": Inert(because="tiers differ in price and size only"),
        "Type": Text(choices=("String", "StringList")),
        "Value": Text(longest=4096),
    },
    required=("Type", "Value"),
)


def create_parameter(order: Order) -> Identity:
    """Store a parameter."""
    name = order.name("Name", 2048)
    kind, value = order.properties["Type"], order.properties["Value"]
    given = order.pick("AllowedPattern", "DataType", "Description")
    order.client("ssm").put_parameter(Name=name, Type=kind, Value=value, **given)
    return Identity(ref=name, attributes={"Type": kind, "Value": value})


KINDS: Mapping[str, Kind] = {"AWS::SSM::Parameter": Kind(shape=PARAMETER, create=create_parameter)}

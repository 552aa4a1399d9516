"""AWS::SSM: parameters, and what State Manager runs on instances.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SSM.html
"""

from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import TAGS, Inert, Many, Refused, Shape, Table, Text
from scenarios.cloud.kernel.stack import Resource

PARAMETER = Shape(
    fields={
        "AllowedPattern": Text(),
        "DataType": Text(choices=("text",)),
        "Description": Text(),
        "Name": Text(),
        "Policies": Refused(because="parameter policies"),
        "Tags": TAGS,
        "Tier": Inert(because="tiers differ in price and size only"),
        "Type": Text(choices=("String", "StringList")),
        "Value": Text(),
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


ASSOCIATION = Shape(
    fields={
        "AssociationName": Text(pattern=r"[a-zA-Z0-9_.-]{3,128}"),
        "Name": Text(choices=("AWS-ConfigureAWSPackage", "AmazonCloudWatch-ManageAgent")),
        "Parameters": Table(of=Many(of=Text())),
        "ScheduleExpression": Text(longest=256),
        "Targets": Many(
            of=Shape(
                fields={"Key": Text(pattern=r"tag:.+|InstanceIds"), "Values": Many(of=Text())},
                required=("Key", "Values"),
            )
        ),
    },
    required=("Name",),
)


def create_association(order: Order) -> Identity:
    """Associate a document with instances; the stack itself remembers it, since moto knows none."""
    order.pick("AssociationName", "Name", "Parameters", "ScheduleExpression", "Targets")
    suffix = order.site.suffix(order.logical_id, 32).lower()
    identity = "-".join((suffix[:8], suffix[8:12], suffix[12:16], suffix[16:20], suffix[20:]))
    return Identity(ref=identity, attributes={"AssociationId": identity})


def delete_parameter(removal: Removal) -> None:
    """Delete a parameter."""
    removal.client("ssm").delete_parameter(Name=removal.ref)


def delete_association(removal: Removal) -> None:
    """Associate nothing any more; instances that come later are still set up here."""
    removal.told("ssm", "DeleteAssociation", {"AssociationId": removal.ref})


def update_parameter(order: Order, before: Resource) -> Identity:
    """Store another value under the same name."""
    kind, value = order.properties["Type"], order.properties["Value"]
    given = order.pick("AllowedPattern", "DataType", "Description")
    name = before.physical_id
    order.client("ssm").put_parameter(Name=name, Type=kind, Value=value, Overwrite=True, **given)
    return Identity(ref=name, attributes={"Type": kind, "Value": value})


KINDS: Mapping[str, Kind] = {
    "AWS::SSM::Association": Kind(shape=ASSOCIATION, create=create_association, delete=delete_association),
    "AWS::SSM::Parameter": Kind(
        shape=PARAMETER, create=create_parameter, delete=delete_parameter, update=update_parameter
    ),
}

"""AWS::SSM: parameters, documents, and what State Manager runs on instances.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SSM.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.cloud.cloudformation.resources.kind import (
    Identity,
    Kind,
    Order,
    Removal,
    only,
    text_of,
)
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Document,
    Inert,
    Many,
    Refused,
    Shape,
    Table,
    Text,
)
from scenarios.cloud.kernel.errors import NotSimulated
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


@dataclass(frozen=True, slots=True)
class Content:
    """A document's content: an object, or its text in JSON or YAML."""

    def check(self, value: Any, at: str) -> str:
        """Return the text."""
        if isinstance(value, str):
            return value
        return text_of(Document().check(value, at))


DOCUMENT = Shape(
    fields={
        "Attachments": Refused(because="attachments of a document"),
        "Content": Content(),
        "DocumentFormat": Text(choices=("JSON", "YAML")),
        "DocumentType": Text(choices=("Automation", "Command")),
        "Name": Text(pattern=r"[a-zA-Z0-9_\-.]{3,128}"),
        "Requires": Refused(because="documents that need others"),
        "Tags": TAGS,
        "TargetType": Text(),
        "UpdateMethod": Text(choices=("NewVersion", "Replace")),
        "VersionName": Text(),
    },
    required=("Content",),
)


def create_document(order: Order) -> Identity:
    """Create a document."""
    name = order.name("Name", 128)
    order.pick("UpdateMethod")
    given = order.pick("DocumentFormat", "DocumentType", "TargetType", "VersionName", "Tags")
    order.client("ssm").create_document(Name=name, Content=order.properties["Content"], **given)
    return Identity(ref=name)


def delete_document(removal: Removal) -> None:
    """Delete a document with all of its versions."""
    removal.client("ssm").delete_document(Name=removal.ref)


def update_document(order: Order, before: Resource) -> Identity:
    """Make a new version, which becomes the default, where the template says NewVersion."""
    if order.properties.get("UpdateMethod", "Replace") != "NewVersion":
        raise NotSimulated("CloudFormation", f"an update of {before.type} by replacement")
    only(order, before, "Content", "DocumentFormat", "TargetType", "UpdateMethod", "VersionName")
    client, name = order.client("ssm"), before.physical_id
    given = order.pick("DocumentFormat", "TargetType", "VersionName")
    made = client.update_document(
        Name=name, Content=order.properties["Content"], DocumentVersion="$LATEST", **given
    )
    version = made["DocumentDescription"]["DocumentVersion"]
    client.update_document_default_version(Name=name, DocumentVersion=version)
    return Identity(ref=name)


KINDS: Mapping[str, Kind] = {
    "AWS::SSM::Association": Kind(shape=ASSOCIATION, create=create_association, delete=delete_association),
    "AWS::SSM::Document": Kind(
        shape=DOCUMENT, create=create_document, delete=delete_document, update=update_document
    ),
    "AWS::SSM::Parameter": Kind(
        shape=PARAMETER, create=create_parameter, delete=delete_parameter, update=update_parameter
    ),
}

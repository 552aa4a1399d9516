"""AWS::CodeBuild: projects.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-codebuild-project.html
"""

from collections.abc import Mapping
from typing import Any

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal
from scenarios.cloud.cloudformation.resources.shapes import TAGS, Flag, Many, Shape, Text, Whole
from scenarios.cloud.kernel.texts import lowered

_VARIABLE = Shape(fields={"Name": Text(), "Type": Text(), "Value": Text()}, required=("Name", "Value"))
PROJECT = Shape(
    fields={
        "Artifacts": Shape(
            fields={"Location": Text(), "Name": Text(), "Packaging": Text(), "Path": Text(), "Type": Text()},
            required=("Type",),
        ),
        "Description": Text(),
        "Environment": Shape(
            fields={
                "ComputeType": Text(),
                "EnvironmentVariables": Many(of=_VARIABLE),
                "Image": Text(),
                "PrivilegedMode": Flag(),
                "Type": Text(),
            },
            required=("ComputeType", "Image", "Type"),
        ),
        "Name": Text(pattern=r"[A-Za-z0-9][A-Za-z0-9\-_]{1,254}"),
        "ServiceRole": Text(),
        "Source": Shape(fields={"BuildSpec": Text(), "Location": Text(), "Type": Text()}, required=("Type",)),
        "Tags": TAGS,
        "TimeoutInMinutes": Whole(),
    },
    required=("Artifacts", "Environment", "ServiceRole", "Source"),
)


def create_project(order: Order) -> Identity:
    """Create a project."""
    name = order.name("Name", 255)
    given = order.pick("Artifacts", "Description", "Environment", "ServiceRole", "Source", "TimeoutInMinutes")
    tags = [{"key": each["Key"], "value": each["Value"]} for each in order.pick("Tags").get("Tags", ())]
    asked = {_lower(key): _lowered(value) for key, value in given.items()}
    made = order.client("codebuild").create_project(name=name, **asked, **({"tags": tags} if tags else {}))
    return Identity(ref=name, attributes={"Arn": made["project"]["arn"]})


def _lower(name: str) -> str:
    """CodeBuild's API writes its names with a small letter, and BuildSpec as one word."""
    return "buildspec" if name == "BuildSpec" else lowered(name)


def _lowered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_lower(name): _lowered(each) for name, each in value.items()}
    return [_lowered(each) for each in value] if isinstance(value, list) else value


def delete_project(removal: Removal) -> None:
    """Delete a project."""
    removal.client("codebuild").delete_project(name=removal.ref)


KINDS: Mapping[str, Kind] = {
    "AWS::CodeBuild::Project": Kind(shape=PROJECT, create=create_project, delete=delete_project),
}

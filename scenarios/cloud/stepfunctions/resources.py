"""AWS::StepFunctions: state machines.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html
"""

import re
from collections.abc import Mapping

from scenarios.cloud.cloudformation.resources.kind import Identity, Kind, Order, Removal, only, text_of
from scenarios.cloud.cloudformation.resources.shapes import (
    TAGS,
    Document,
    Inert,
    Refused,
    Shape,
    Table,
    Text,
    arn,
)
from scenarios.cloud.kernel.stack import Resource

STATE_MACHINE = Shape(
    fields={
        "Definition": Document(),
        "DefinitionS3Location": Refused(because="definitions in a bucket"),
        "DefinitionString": Text(),
        "DefinitionSubstitutions": Table(of=Text()),
        "EncryptionConfiguration": Refused(because="encrypted machines"),
        "LoggingConfiguration": Refused(because="executions that write logs"),
        "RoleArn": arn("iam"),
        "StateMachineName": Text(longest=80),
        "StateMachineType": Text(choices=("STANDARD", "EXPRESS")),
        "Tags": TAGS,
        "TracingConfiguration": Inert(because="traces go to X-Ray, which nobody reads here"),
    },
    required=("RoleArn",),
)


def create_state_machine(order: Order) -> Identity:
    """Create a machine."""
    name = order.name("StateMachineName", 80)
    given = {"type": order.properties["StateMachineType"]} if "StateMachineType" in order.properties else {}
    tags = [{"key": each["Key"], "value": each["Value"]} for each in order.pick("Tags").get("Tags", ())]
    made = order.client("stepfunctions").create_state_machine(
        name=name,
        definition=_definition(order),
        roleArn=order.properties["RoleArn"],
        **given,
        **({"tags": tags} if tags else {}),
    )
    return _identity(made["stateMachineArn"], name)


def _identity(machine: str, name: str) -> Identity:
    return Identity(ref=machine, attributes={"Arn": machine, "Name": name})


def _definition(order: Order) -> str:
    """The definition with its `${names}` filled in."""
    given = order.pick("Definition", "DefinitionString", "DefinitionSubstitutions")
    if ("Definition" in given) is ("DefinitionString" in given):
        raise order.refuse("DefinitionString", "exactly one of Definition and DefinitionString is needed")
    text = text_of(given["Definition"]) if "Definition" in given else str(given["DefinitionString"])
    substitutions = given.get("DefinitionSubstitutions", {})
    return re.sub(r"\$\{(\w+)\}", lambda found: str(substitutions.get(found[1], found[0])), text)


def delete_state_machine(removal: Removal) -> None:
    """Delete a machine."""
    removal.client("stepfunctions").delete_state_machine(stateMachineArn=removal.ref)


def update_state_machine(order: Order, before: Resource) -> Identity:
    """Change definition and role; executions that run go on as they began."""
    only(order, before, "Definition", "DefinitionString", "DefinitionSubstitutions", "RoleArn", "Tags")
    order.client("stepfunctions").update_state_machine(
        stateMachineArn=before.physical_id, definition=_definition(order), roleArn=order.properties["RoleArn"]
    )
    return _identity(before.physical_id, before.physical_id.rpartition(":")[2])


KINDS: Mapping[str, Kind] = {
    "AWS::StepFunctions::StateMachine": Kind(
        shape=STATE_MACHINE,
        create=create_state_machine,
        delete=delete_state_machine,
        update=update_state_machine,
    ),
}

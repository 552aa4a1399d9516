"""What Systems Manager refuses of parameters, documents and commands, beyond the limits of its model.

Sources: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html,
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

import re
from typing import Final

from scenarios.cloud.kernel import moto_ec2, moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.ssm.automation.documents import InvalidDocument, read

_NAME = re.compile(r"[a-zA-Z0-9_./-]+")
_LONGEST_STANDARD: Final = 4096


def parameter(request: Request) -> None:
    """A parameter's name and value."""
    given = request.parameters
    if not _NAME.fullmatch(given["Name"]):
        raise Refused(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
            "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, "
            "numbers and the following 3 symbols .-_",
        )
    if len(given["Value"]) > _LONGEST_STANDARD and given.get("Tier", "Standard") == "Standard":
        raise Refused(
            "ValidationException",
            f"Standard tier parameters support a maximum parameter value of {_LONGEST_STANDARD} characters. "
            "To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.",
        )
    _check_allowed_pattern(given["Value"], given.get("AllowedPattern", ""))


def command(request: Request) -> None:
    """A command to instances: each is there and runs."""
    unknown = [each for each in request.parameters.get("InstanceIds", ()) if not _runs(request, each)]
    if unknown:
        raise Refused(
            "InvalidInstanceId",
            f"Instances [[{', '.join(unknown)}]] not in a valid state for account {request.account}",
        )


def command_that_would_run(request: Request) -> None:
    """What runs on an instance isn't simulated."""
    raise NotSimulated("ssm", f"SendCommand: running {request.parameters.get('DocumentName')} on an instance")


def document(request: Request) -> None:
    """The content of an Automation runbook; moto takes any."""
    given = request.parameters
    kind = given.get("DocumentType")
    if kind is None:
        kind = _type_of(request)
    if kind != "Automation":
        return
    try:
        read(given["Content"])
    except InvalidDocument as error:
        raise Refused("InvalidDocumentContent", str(error)) from error


def listed_documents(request: Request) -> None:
    """Only the account's own documents are known by a list."""
    owners = {
        value.lower()
        for each in request.parameters.get("Filters") or ()
        if each.get("Key") == "Owner"
        for value in each.get("Values") or ()
    }
    if owners - {"self", "private"}:
        raise NotSimulated("ssm", f"ListDocuments of the owner {', '.join(sorted(owners))}")


def _type_of(request: Request) -> str:
    """The type of a document that is there already; a new one without a type is for commands."""
    found = moto_state.ssm_document(request.account, request.region, request.parameters["Name"])
    return str(found.get_default_version().document_type) if found is not None else "Command"


def _check_allowed_pattern(value: str, pattern: str) -> None:
    if not pattern:
        return
    try:
        allowed = re.fullmatch(pattern, value) is not None
    except re.error as error:
        raise Refused("InvalidAllowedPatternException", f"AllowedPattern is not valid: {error}") from error
    if not allowed:
        raise Refused(
            "ParameterPatternMismatchException",
            f"Parameter value, cannot be validated against allowedPattern: {pattern}",
        )


def _runs(request: Request, instance: str) -> bool:
    instances = moto_state.backend("ec2", request.account, request.region).all_instances()
    return any(each.id == instance and moto_ec2.instance_state(each) == "running" for each in instances)


VALIDATION = Validation(
    code="ValidationException",
    rules={
        "CreateDocument": (document,),
        "UpdateDocument": (document,),
        "ListDocuments": (listed_documents,),
        "PutParameter": (parameter,),
        "SendCommand": (command, command_that_would_run),
    },
)

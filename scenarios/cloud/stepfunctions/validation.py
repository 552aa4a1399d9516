"""What Step Functions refuses of state machines: definitions, names that are taken, roles it can't assume.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

from scenarios.cloud.authorization.trust import can_be_assumed
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.kernel.errors import NotSimulated, Refused
from scenarios.cloud.kernel.validation import Request, Validation
from scenarios.cloud.stepfunctions.definitions import InvalidDefinition, read
from scenarios.cloud.stepfunctions.telling import SERVICE


def machine(request: Request) -> None:
    """A machine that is made or changed."""
    given = request.parameters
    if given.get("loggingConfiguration", {}).get("level", "OFF") != "OFF":
        raise NotSimulated("states", "executions that write logs")
    if "definition" in given:
        try:
            read(given["definition"])
        except InvalidDefinition as error:
            raise Refused("InvalidDefinition", f"Invalid State Machine Definition: '{error}'") from error
    role = given.get("roleArn")
    if role is not None and not can_be_assumed(role, SERVICE, account=request.account, region=request.region):
        raise Refused(
            "AccessDeniedException",
            f"Neither the global service principal {SERVICE}, nor the regional one is authorized to assume "
            "the provided role.",
        )


def name(request: Request) -> None:
    """A name that another machine has; the same machine may be created again."""
    given = request.parameters
    arn = f"arn:aws:states:{request.region}:{request.account}:stateMachine:{given['name']}"
    found = moto_state.state_machine(request.account, request.region, arn)
    if found is None:
        return
    same = (given["definition"], given["roleArn"], given.get("type", "STANDARD"))
    if same != (found.definition, found.roleArn, found.type):
        raise Refused("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")


VALIDATION = Validation(
    code="ValidationException",
    rules={"CreateStateMachine": (machine, name), "UpdateStateMachine": (machine,)},
)

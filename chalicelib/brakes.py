"""The brakes: how far remediations may go right now, as somebody has set it in Parameter Store.

    /STACK/kill-switch         off, or on: then nothing acts, in any mode
    /STACK/modes/REMEDIATION   observe, approve or enforce: the mode, where it is below the deployed one

They work at once and without a deploy, and they can only hold back: what a deploy allows is the most that
happens. What can't be read holds back as well. They are read only where a plan has calls that would run.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from chalicelib.errors import AWS_ERRORS
from chalicelib.looking import Unseen, unseen
from chalicelib.settings import Mode

if TYPE_CHECKING:
    from chalicelib.aws import Aws

ON, OFF = "on", "off"
# What the names begin with, as text for CloudFormation's Fn::Sub.
STACK = "/${AWS::StackName}"


def kill_switch(stack: str = STACK) -> str:
    """The name of the kill switch."""
    return f"{stack}/kill-switch"


def mode_of(remediation: str, stack: str = STACK) -> str:
    """The name of the parameter that may lower a remediation's mode."""
    return f"{stack}/modes/{remediation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brakes:
    """What the two parameters say. `pulled`: the kill switch is on."""

    pulled: bool
    mode: Mode

    @classmethod
    def read(cls, aws: "Aws", stack: str, remediation: str) -> Self | Unseen:
        """Both, in one call; why they can't be read where that won't pass by itself, else raises MayPass."""
        names = kill_switch(stack), mode_of(remediation, stack)
        try:
            answer = aws.client("ssm").get_parameters(Names=list(names))
        except AWS_ERRORS as error:
            return unseen(error)
        values = {each["Name"]: each["Value"] for each in answer["Parameters"]}
        for name, known in zip(names, ((OFF, ON), tuple(Mode)), strict=True):
            if name not in values:
                return Unseen(why=f"the parameter {name} is not there")
            if values[name] not in known:
                return Unseen(why=f"the parameter {name} is {values[name]!r}, and none of {', '.join(known)}")
        return cls(pulled=values[names[0]] == ON, mode=Mode(values[names[1]]))

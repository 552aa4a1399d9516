"""What several checks of a stack say: a resource that is gone, a command, a call for --fix."""

from collections.abc import Mapping
from typing import Any

from chalicelib.remediation import Call, Severity
from scenarios.doctor.facts import StackFacts
from scenarios.doctor.finding import DoctorFinding, call, command, unwatched

DRIFT = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html"
PUT_BACK = "; to put it back, deploy the template without the resource, and with it again"


def gone(kind: str, name: str, facts: StackFacts) -> DoctorFinding:
    """Deleted by hand: CloudFormation isn't told, and puts nothing back of itself."""
    return unwatched(
        f"the {kind} is gone, though the stack has it",
        where=name,
        severity=Severity.CRITICAL,
        mend=drift(facts) + PUT_BACK,
        source=DRIFT,
    )


def drift(facts: StackFacts) -> str:
    """The command that has CloudFormation look for what was changed by hand."""
    return aws_cli("cloudformation", "detect-stack-drift", {"--stack-name": facts.name}, facts)


def aws_cli(service: str, operation: str, options: Mapping[str, str], facts: StackFacts, *flags: str) -> str:
    """An AWS CLI command in the stack's region."""
    return command(service, operation, options, *flags, region=facts.region)


def on(facts: StackFacts, service: str, operation: str, **parameters: Any) -> Call:
    """What --fix would do in the stack's region."""
    return call(service, operation, facts.account, facts.region, **parameters)

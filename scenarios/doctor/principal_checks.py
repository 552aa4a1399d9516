"""Whom the stack's parameters name: not too many, and nobody who can't be.

Sources:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
(sessionIssuer is the role of a session, or the user whose session it is),
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:PrincipalArn)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.remediation import Severity
from chalicelib.settings import too_wide
from chalicelib.stack import ADDRESSES, NO_OPERATOR, OPERATORS, PRINCIPALS
from scenarios.doctor.facts import StackFacts
from scenarios.doctor.finding import DoctorFinding, advice, unwatched

_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"
_SOURCES = "CisExpectedSources"
_NAMED: Final = ("IgnoredPrincipals", "StackChangedDeployers", OPERATORS)
# Which service's ARNs name principals of a kind.
_SERVICES: Final = {
    "root": "iam",
    "user": "iam",
    "role": "iam",
    "assumed-role": "sts",
    "federated-user": "sts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One pattern of a parameter."""

    parameter: str
    pattern: str
    stack: StackFacts

    @property
    def kind(self) -> str:
        """`role` of `arn:aws:iam::123456789012:role/deploy`."""
        return self.pattern.split(":", 5)[-1].partition("/")[0]


def check_principals(facts: StackFacts) -> Iterator[DoctorFinding]:
    """Whether each entry fits those whom a person has thought of, and fits anybody at all."""
    for address in _entries(facts, _SOURCES):
        if too_wide(address.pattern, ADDRESSES):
            yield _wide(address)
    for parameter in _NAMED:
        for entry in _entries(facts, parameter):
            if too_wide(entry.pattern, PRINCIPALS):
                yield _wide(entry)
            elif why := _never(entry):
                yield _nobody(entry, why)
            elif entry.kind == "root":
                yield advice(
                    f"{parameter} names the root user, whom nobody should need: {_ROOT[parameter]}",
                    where=facts.name,
                    mend=f"deploy the stack with a role in its place in {parameter}",
                    source="CIS 1.7",
                )


_ROOT: Final = {
    "IgnoredPrincipals": "what root changes is recorded without an alert",
    "StackChangedDeployers": "what root does to the stack is recorded without an alert",
    OPERATORS: "root may write to the ledger and invoke the functions",
}


def _entries(facts: StackFacts, parameter: str) -> Iterator[_Entry]:
    for text in facts.parameters.get(parameter, "").split(","):
        pattern = text.strip()
        if pattern and not (parameter == OPERATORS and pattern == NO_OPERATOR):
            yield _Entry(parameter=parameter, pattern=pattern, stack=facts)


def _wide(entry: _Entry) -> DoctorFinding:
    obeyed = entry.parameter == OPERATORS
    comes_of_it = "lets in others than you have thought of" if obeyed else "is not obeyed"
    return unwatched(
        f"{entry.parameter} is too wide: {entry.pattern} {comes_of_it}",
        where=entry.stack.name,
        severity=Severity.HIGH if obeyed else Severity.MEDIUM,
        mend=f"deploy the stack with {entry.parameter} naming those whom you expect",
        source=_SOURCE,
    )


def _nobody(entry: _Entry, why: str) -> DoctorFinding:
    return unwatched(
        f"this pattern of {entry.parameter} can never match: {entry.pattern}; {why}",
        where=entry.stack.name,
        severity=Severity.LOW,
        mend=f"deploy the stack with {entry.parameter} without it, or with the ARN that was meant",
        source=_SOURCE,
    )


def _never(entry: _Entry) -> str:
    """Why nobody has such an ARN where the parameter is looked up; "" where somebody may."""
    _, partition, service, _, account, name = entry.pattern.split(":", 5)
    ours = entry.stack.partition
    if partition != ours:
        return f"ARNs of {entry.stack.region} begin with arn:{ours}:"
    if _SERVICES[entry.kind] != service:
        return f"ARNs that have {entry.kind} begin with arn:{ours}:{_SERVICES[entry.kind]}:"
    if entry.kind == "assumed-role":
        role = name.split("/")[1]
        return f"a session is known by its role, arn:{ours}:iam::{account}:role/{role} with the role's path"
    if entry.parameter == OPERATORS:
        elsewhere = account != entry.stack.account
        return "nobody of another account is turned away, nor let in" if elsewhere else ""
    return "its calls are known by the user who made the session" if entry.kind == "federated-user" else ""

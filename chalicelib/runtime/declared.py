"""Whether a remediation declares a call: its operation, and the resources that its acting grants name.

IAM refuses the rest too. This is asked before the first call of a plan, of what the module says and not of
the policy that was attached. A plan with one such call is not carried out at all.
"""

import re
from collections.abc import Iterable
from string import Formatter

from chalicelib.aws import Aws
from chalicelib.errors import NotDeclared
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Call, DeclaredCall, Remediation
from chalicelib.settings import Settings, matches_any

_STACK_NAME = re.compile(r"\$\{([\w:]+)\}")


def check(entry: LedgerEntry, remediation: Remediation, settings: Settings, aws: Aws) -> None:
    """Hold every call of a plan against what is declared; raises NotDeclared for the first that isn't."""
    for call in entry.plan.calls:
        if not _is_declared(call, remediation, settings, aws):
            raise NotDeclared(
                f"the plan holds a call that {remediation.name} never makes: {call.command}",
                remediation=remediation.name,
                event_key=entry.event_key,
            )


def check_undos(
    calls: Iterable[Call], entry: LedgerEntry, remediation: Remediation, settings: Settings, aws: Aws
) -> None:
    """Hold every call of an undo against what is declared; raises NotDeclared for the first that isn't."""
    known = (*remediation.declared_calls, *(remediation.undoing.calls if remediation.undoing else ()))
    for call in calls:
        if not _is_declared(call, remediation, settings, aws, known):
            raise NotDeclared(
                f"Trailwarden never makes this call; make it yourself: {call.command}",
                remediation=remediation.name,
                event_key=entry.event_key,
            )


def _is_declared(
    call: Call,
    remediation: Remediation,
    settings: Settings,
    aws: Aws,
    known: Iterable[DeclaredCall] | None = None,
) -> bool:
    calls = remediation.declared_calls if known is None else known
    declared = [each for each in calls if each.operation == f"{call.service}.{call.operation}"]
    return any(
        all(_resource(template, call, aws) for _, template in each.needs[:1])
        and each.fits(call)
        and all(
            _is_granted(action, resource, remediation, settings, aws)
            for action, template in each.needs
            if (resource := _resource(template, call, aws))
        )
        for each in declared
    )


def _is_granted(action: str, resource: str, remediation: Remediation, settings: Settings, aws: Aws) -> bool:
    granted = (grant.resource for grant in remediation.grants if grant.acting and grant.action == action)
    return matches_any(resource, (_named(each, remediation, settings, aws) for each in granted))


def _resource(template: str, call: Call, aws: Aws) -> str:
    """The resource of a call; "" where it names none of the kind."""
    values = {
        **call.parameters,
        # SQS takes a URL, and IAM asks by an ARN.
        "QueueName": str(call.parameters.get("QueueUrl", "")).rpartition("/")[2],
        "partition": aws.partition,
        "region": call.region,
        "account": call.account,
    }
    wanted = [name.partition("[")[0] for _, name, _, _ in Formatter().parse(template) if name]
    return template.format_map(values) if all(values.get(name) for name in wanted) else ""


def _named(resource: str, remediation: Remediation, settings: Settings, aws: Aws) -> str:
    """A grant's resource, as the function knows the stack's names."""
    known = {"AWS::Partition": aws.partition, "AWS::AccountId": aws.account}

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return known[name] if name in known else settings.text(remediation.names[name])

    return _STACK_NAME.sub(value, resource)

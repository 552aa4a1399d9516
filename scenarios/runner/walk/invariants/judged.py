"""What a function that comes late finds gone: nobody is owed an act about it, or what a rule said of it."""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.ledger.entries import entry_from
from chalicelib.ledger.table import PK, Kind
from chalicelib.remediations.noncompliant.change import COMPLIANCE
from chalicelib.seal import Item
from scenarios.cloud.kernel.fault_points import FaultKind
from scenarios.runner.walk.course import Course, MadeCall, is_finding
from scenarios.runner.walk.invariants.alert_names import finding_of

_LATE = (FaultKind.LATE, FaultKind.REORDERED)
_GONE = "NOT_APPLICABLE"
_DELETES = ("Delete", "Terminate")


def as_judged_late(without: Course, with_fault: Course) -> Course:
    """The fault-free play without what was found of resources that a rule, asked late, found gone.

    Nobody is owed an alert that such a one isn't compliant, or that it is gone. It must be so: somebody had
    deleted it before the first answer about it, and each answer says that no rule is about it.
    """
    if with_fault.point is None or with_fault.point.kind not in _LATE:
        return without
    gone = set(_gone_when_asked(with_fault))
    findings = {
        entry.id
        for entry in without.findings()
        if entry.event_key.startswith(COMPLIANCE) and any(f"/{each}/" in entry.event_key for each in gone)
    }
    if not findings:
        return without
    return replace(
        without,
        mail=[mail for mail in without.mail if finding_of(mail) not in findings],
        ledger=[item for item in without.ledger if not _is_of(item, findings, gone)],
    )


def gone_before(course: Course) -> set[str]:
    """The names and ids of what people had deleted before the struck event, which came late, was handled."""
    point = course.point
    if point is None or point.kind not in _LATE:
        return set()
    handled = [call.at for call in course.calls if call.invocation == point.invocation]
    return {
        each
        for call in course.calls
        if not call.invocation and _deletes(call) and handled and call.at < min(handled)
        for each in call.parameters.values()
        if isinstance(each, str)
    }


def _deletes(call: MadeCall) -> bool:
    return not call.error and call.operation.startswith(_DELETES)


def _is_of(item: Item, findings: set[str], gone: set[str]) -> bool:
    """Whether an item is one of these findings, or that a resource that was gone was seen."""
    if is_finding(item):
        return entry_from(item).id in findings
    key = str(item[PK]["S"])
    return key.startswith(f"{Kind.SIGHTING}#") and any(key.endswith(f"/{each}") for each in gone)


def _gone_when_asked(course: Course) -> Iterator[str]:
    """`AWS::EC2::SecurityGroup/sg-1` of what was deleted before any rule answered, and called so by each."""
    deleted: set[str] = set()
    answers: dict[str, list[bool]] = {}
    for call in course.calls:
        if _deletes(call):
            deleted |= {each for each in call.parameters.values() if isinstance(each, str)}
        if not call.error and (call.service, call.operation) == ("config", "PutEvaluations"):
            for each in call.parameters["Evaluations"]:
                identity = str(each["ComplianceResourceId"])
                right = identity in deleted and each["ComplianceType"] == _GONE
                answers.setdefault(f"{each['ComplianceResourceType']}/{identity}", []).append(right)
    return (name for name, right in answers.items() if all(right))

"""A second delivery of an event changes nothing: no alert, no finding and no act more than without it."""

from collections import Counter
from collections.abc import Iterator

from chalicelib.remediation import Outcome
from scenarios.cloud.kernel.fault_points import FaultKind
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.acts import act_of, acts

_TWICE = (FaultKind.TWICE, FaultKind.TWICE_LATER, FaultKind.MEANWHILE)


def a_second_delivery_changes_nothing(without: Course, with_fault: Course) -> Iterator[str]:
    """As many alerts of each remediation, findings of each moment and acts of each kind."""
    if with_fault.point is None or with_fault.point.kind not in _TWICE:
        return
    for what, count in (_counted(with_fault) - _counted(without)).items():
        yield f"{count} more of {what}"


def _counted(course: Course) -> Counter[str]:
    """Ids are drawn, and may be others: what happened is named without them."""
    found = [each for each in course.findings() if each.outcome is not Outcome.SUPPRESSED]
    return (
        Counter(f"alerts of {mail.attributes['remediation']}" for mail in course.alerts())
        + Counter(f"findings of {each.remediation} at {each.at:%H:%M:%S}" for each in found)
        + Counter(" ".join(act_of(call)[:2]) for call in acts(course))
    )

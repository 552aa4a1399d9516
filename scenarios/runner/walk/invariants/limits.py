"""Limits that hold in every play, also without a fault: the hour's cap, and no function answers itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.remediation import CallProgress, Outcome
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.ledger import written

_HOUR = timedelta(hours=1)
_BEGUN = (CallProgress.BEGUN, CallProgress.DONE, CallProgress.UNSURE)


def no_remediation_acts_more_often_than_its_cap(without: Course, with_fault: Course) -> Iterator[str]:
    """In no hour has a remediation acted on more events than its function's environment says."""
    del without
    began: dict[str, dict[str, datetime]] = {}
    for call in with_fault.calls:
        entry = written(call)
        if entry is not None and any(each in _BEGUN for each in entry.progress.values()):
            began.setdefault(entry.remediation, {}).setdefault(entry.id, call.at)
    for remediation, moments in began.items():
        most = with_fault.acts_per_hour.get(remediation, 0)
        times = sorted(moments.values())
        if any(last - first < _HOUR for first, last in zip(times, times[most:], strict=False)):
            yield f"{remediation} acted on more than {most} events within an hour"


def no_function_answers_itself(without: Course, with_fault: Course) -> Iterator[str]:
    """What a function does is recorded as its own, and neither reported by itself nor acted upon.

    But where a stolen role makes calls of its own without the fault, these are reported: they are known by
    their moments.
    """
    known = {
        (entry.remediation, entry.at)
        for entry in without.findings()
        if entry.principal == without.roles.get(entry.remediation) and entry.outcome is not Outcome.SUPPRESSED
    }
    for entry in with_fault.findings():
        role = with_fault.roles.get(entry.remediation, "")
        if (entry.remediation, entry.at) in known:
            continue
        if role and entry.principal == role and entry.outcome is not Outcome.SUPPRESSED:
            yield f"{entry.id} is about a call of {entry.remediation}'s own, and says {entry.outcome}"

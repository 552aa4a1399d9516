"""Limits that hold in every play, also without a fault: the hour's cap, and no function answers itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.catalog import CATALOG
from chalicelib.remediation import CallProgress, Outcome
from scenarios.runner.walk.course import Course, MadeCall
from scenarios.runner.walk.invariants.acts import acts
from scenarios.runner.walk.invariants.ledger import written
from scenarios.runner.walk.invariants.trouble import is_function_of

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

    What somebody does with a stolen role of it is reported: that is no call of the function's.
    """
    del without
    own = {(call.at.replace(microsecond=0), _remediation_of(call)) for call in acts(with_fault)}
    for entry in with_fault.findings():
        role = with_fault.roles.get(entry.remediation, "")
        if not role or entry.principal != role or entry.outcome is Outcome.SUPPRESSED:
            continue
        if (entry.at.replace(microsecond=0), entry.remediation) in own:
            yield f"{entry.id} is about a call of {entry.remediation}'s own, and says {entry.outcome}"


def _remediation_of(call: MadeCall) -> str:
    return next((each.name for each in CATALOG if is_function_of(call.who, each.name)), "")

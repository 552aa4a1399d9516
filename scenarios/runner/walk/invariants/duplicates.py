"""A second delivery of an event changes nothing: no alert, no finding and no act more than without it."""

from collections import Counter
from collections.abc import Iterator

from chalicelib.remediation import Outcome
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.acts import SAYS, act_of, acts
from scenarios.runner.walk.invariants.alerts import is_of_an_alarm
from scenarios.runner.walk.invariants.trouble import is_about_trouble


def a_second_delivery_changes_nothing(without: Course, with_fault: Course) -> Iterator[str]:
    """As many alerts of each remediation, findings of each moment and acts of each kind.

    Alerts that say what could not be done or seen yet may be twice as many, where there are any without the
    fault: where there is no ledger each delivery has to tell, and where the first one's look failed that of
    the second one is news. What is not held is what alarms on calls found, since these go off by when a
    function made its own. Whom such an alert names is held by the invariants of alerts.
    """
    if with_fault.point is None or not with_fault.point.comes_twice:
        return
    for what, count in (_counted(with_fault) - _counted(without)).items():
        yield f"{count} more of {what}"
    before = _trouble(without)
    for name, count in _trouble(with_fault).items():
        if count > 2 * before[name]:
            yield f"{count} alerts of {name} say that something failed, instead of {before[name]}"


def _trouble(course: Course) -> Counter[str]:
    return Counter(mail.attributes["remediation"] for mail in course.alerts() if is_about_trouble(mail))


def _counted(course: Course) -> Counter[str]:
    """Ids are drawn, and may be others: what happened is named without them."""
    found = [
        each
        for each in course.findings()
        if each.outcome is not Outcome.SUPPRESSED and ":alarm:" not in each.event_key
    ]
    told = [
        mail for mail in course.alerts() if not is_about_trouble(mail) and not is_of_an_alarm(mail, course)
    ]
    return (
        Counter(f"alerts of {mail.attributes['remediation']}" for mail in told)
        + Counter(f"findings of {each.remediation} at {each.at:%H:%M:%S}" for each in found)
        + Counter(" ".join(act_of(call)[:2]) for call in acts(course) if call.operation != SAYS)
    )

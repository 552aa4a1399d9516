"""A second delivery of an event changes nothing: no alert, no finding and no act more than without it."""

from collections import Counter
from collections.abc import Collection, Iterator

from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Outcome
from chalicelib.runtime.notify import subject_of
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.acts import SAYS, act_of, acts
from scenarios.runner.walk.invariants.alert_names import follows_calls, named_as, plain
from scenarios.runner.walk.invariants.alerts import is_left_over, is_of_an_alarm
from scenarios.runner.walk.invariants.trouble import OPEN, both_accuse, is_about_trouble, of_another_hour


def a_second_delivery_changes_nothing(without: Course, with_fault: Course) -> Iterator[str]:
    """As many alerts of each remediation, findings of each moment and acts of each kind.

    An event that waits as a dead letter without the fault is handled at last where it comes again.
    What several events show, such as the failed logins of one address, may be found of another one of them:
    then the finding says the same, and there are no more of them.
    What somebody forged is reported by the hour, and so again where it is met hours later.

    Where the second delivery becomes a dead letter as the first one does, who sends dead letters again sends
    both: the calls for it are found beside those for the first, and told as these are, without more alerts.

    Alerts that say what could not be done or seen yet may be twice as many, where there are any without the
    fault: where there is no ledger each delivery has to tell, and where the first one's look failed that of
    the second one is news. What is not held is what alarms on calls found, since these go off by when a
    function made its own. Whom such an alert names is held by the invariants of alerts.
    """
    if with_fault.point is None or not with_fault.point.comes_twice:
        return
    for what, count in (
        _counted(with_fault) - _counted(without) - _told_at_last(without, with_fault)
    ).items():
        yield f"{count} more of {what}"
    for (remediation, _, at), count in _more_found(without, with_fault).items():
        yield f"{count} more of findings of {remediation} at {at}"
    before = _trouble(without)
    for name, count in _trouble(with_fault).items():
        if count > 2 * before[name]:
            yield f"{count} alerts of {name} say that something failed, instead of {before[name]}"


def _trouble(course: Course) -> Counter[str]:
    return Counter(mail.attributes["remediation"] for mail in course.alerts() if is_about_trouble(mail))


def _counted(course: Course) -> Counter[str]:
    """Ids are drawn, and may be others: what happened is named without them."""
    told = [
        mail for mail in course.alerts() if not is_about_trouble(mail) and not is_of_an_alarm(mail, course)
    ]
    return Counter(f"alerts of {mail.attributes['remediation']}" for mail in told) + Counter(
        " ".join(act_of(call)[:2]) for call in acts(course) if call.operation != SAYS
    )


def _told_at_last(without: Course, with_fault: Course) -> Counter[str]:
    """The alerts of findings that are left open without the fault and told with it, or of another hour.

    And those of which two runs at once both told (`both_accuse`), and what a flood left over: without the
    fault the alert that comes next tells of it too, and a second run may come before that.
    """
    settled = {entry.id for entry in with_fault.findings() if not _left_open(entry)}
    at_last = Counter(
        f"alerts of {entry.remediation}"
        for entry in without.findings()
        if _left_open(entry) and entry.id in settled
    )
    again = of_another_hour(without, with_fault)
    told = Counter(
        (mail.attributes["remediation"], *named_as(mail))
        for mail in with_fault.alerts()
        if both_accuse(mail.subject, with_fault)
    )
    before = {mail.subject for mail in without.alerts()}
    left_over = {
        (mail.attributes["remediation"], mail.subject)
        for mail in with_fault.alerts()
        if is_left_over(mail, without) and mail.subject not in before
    }
    return (
        at_last
        + Counter(f"alerts of {remediation}" for remediation, _ in left_over)
        + Counter(f"alerts of {entry.remediation}" for entry in with_fault.findings() if entry.id in again)
        + Counter(f"alerts of {remediation}" for (remediation, *_), count in told.items() if count > 1)
    )


def _left_open(entry: LedgerEntry) -> bool:
    """Whether it is not settled, or not told: the topic may be shut."""
    return entry.outcome in OPEN or not entry.told.issuperset(range(len(entry.plan.alerts)))


_Found = tuple[str, frozenset[str], str]
"""Of a finding: its remediation, what its alerts say but for counts, its moment."""


def _more_found(without: Course, with_fault: Course) -> Counter[_Found]:
    """The findings that are more than without the fault, and for which none that says the same is gone.

    And none is there for another dead letter, where more of them are sent again now.
    """
    again = of_another_hour(without, with_fault)
    before, after = _found(without), _found(with_fault, but=again)
    gone = Counter(each[:2] for each in (before - after).elements())
    letters = _taken_away(with_fault) - _taken_away(without)
    of_letters = Counter({each: letters[each[2]] for each in before})
    more: Counter[_Found] = Counter()
    for each in (after - before).elements():
        if gone[each[:2]]:
            gone[each[:2]] -= 1
        elif of_letters[each]:
            of_letters[each] -= 1
        else:
            more[each] += 1
    return more


def _taken_away(course: Course) -> Counter[str]:
    """How many messages people took out of queues, by the moment (03:08:00): dead letters, sent again."""
    return Counter(
        f"{call.at:%H:%M:%S}"
        for call in course.calls
        if not call.invocation and call.operation == "DeleteMessage" and not call.error
    )


def _found(course: Course, but: Collection[str] = ()) -> Counter[_Found]:
    return Counter(
        (
            each.remediation,
            frozenset(plain(subject_of(alert)) for alert in each.plan.alerts),
            f"{each.at:%H:%M:%S}",
        )
        for each in course.findings()
        if each.outcome is not Outcome.SUPPRESSED and not follows_calls(each.event_key) and each.id not in but
    )

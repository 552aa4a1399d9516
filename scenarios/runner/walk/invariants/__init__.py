"""What must hold whichever fault strikes: each is a module, and says in sentences what doesn't.

An invariant gets the play without the fault and the one with it.
"""

from collections.abc import Callable, Iterable, Sequence

from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants import (
    acts,
    alerts,
    answers,
    channels,
    duplicates,
    end_state,
    ledger,
    limits,
    whereabouts,
)
from scenarios.runner.walk.invariants.judged import as_judged_late

Invariant = Callable[[Course, Course], Iterable[str]]

INVARIANTS: Sequence[Invariant] = (
    whereabouts.nothing_is_in_no_place,
    alerts.each_alert_is_sent,
    alerts.no_alert_is_sent_twice,
    alerts.nothing_else_is_said,
    channels.each_channel_says_the_same,
    acts.nothing_is_done_twice,
    duplicates.a_second_delivery_changes_nothing,
    ledger.the_ledger_tells_the_truth,
    ledger.the_ledger_holds_the_same,
    end_state.the_end_is_the_same_or_told,
    limits.no_remediation_acts_more_often_than_its_cap,
    limits.no_function_answers_itself,
    answers.who_asks_is_told_the_truth,
)


def broken(without: Course, with_fault: Course) -> list[str]:
    """A sentence for each thing that doesn't hold, after the name of its invariant."""
    if with_fault.stopped:
        return [f"the play stopped: {with_fault.stopped}"]
    without = as_judged_late(without, with_fault)
    return [
        f"{invariant.__name__.replace('_', ' ')}: {sentence}"
        for invariant in INVARIANTS
        for sentence in invariant(without, with_fault)
    ]

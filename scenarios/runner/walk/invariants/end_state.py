"""The end is as without the fault, or people were told that it isn't."""

from collections import Counter
from collections.abc import Iterator

from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.acts import act_of, acts, capped_in_place
from scenarios.runner.walk.invariants.trouble import excused, waits_for_a_yes


def the_end_is_the_same_or_told(without: Course, with_fault: Course) -> Iterator[str]:
    """Every act is done, and every check of the scenario's own that held at the end holds.

    Otherwise it may be where Lambda may give the event up and people were told so (`excused`), and where an
    approval came too late for its plan, and people were told that the new one waits for a yes. How many dead
    letters there are is held by `nothing_is_in_no_place`, what is said by the invariants of alerts.
    """
    if excused(without, with_fault) or waits_for_a_yes(with_fault) - waits_for_a_yes(without):
        return
    done = {act_of(call) for call in acts(with_fault)}
    for act in Counter(map(act_of, acts(without))):
        if act not in done and not capped_in_place(act, without, with_fault):
            yield f"{act[0]} {act[1]} {act[2][:200]} is not done"
    for words, wrong in without.checks.items():
        now = with_fault.checks[words]
        if wrong is None and now is not None:
            yield f"{words}: {now}"

"""The end is as without the fault, or people were told that it isn't."""

from collections import Counter
from collections.abc import Iterator

from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.acts import SAYS, act_of, acts, capped_in_place
from scenarios.runner.walk.invariants.judged import gone_before
from scenarios.runner.walk.invariants.trouble import excused, waits_for_a_yes

_RULINGS = "what people asked about"


def the_end_is_the_same_or_told(without: Course, with_fault: Course) -> Iterator[str]:
    """Every act is done, and every check of the scenario's own that held at the end holds.

    Otherwise it may be where Lambda may give the event up and people were told so (`excused`), and where an
    approval came too late for its plan, and people were told that the new one waits for a yes. What somebody
    had deleted before a late event came needs no act (`gone_before`). How many dead letters there are is held
    by `nothing_is_in_no_place`, what is said by the invariants of alerts.
    """
    if excused(without, with_fault) or waits_for_a_yes(with_fault) - waits_for_a_yes(without):
        return
    done, gone = {act_of(call) for call in acts(with_fault)}, gone_before(with_fault)
    for act in Counter(map(act_of, acts(without))):
        # What is said on a channel is held by `each_channel_says_the_same`: of a flood another alert may be.
        if act[1] != SAYS and act not in done and not capped_in_place(act, without, with_fault):
            if any(f'"{each}"' in act[2] for each in gone):
                continue
            yield f"{act[0]} {act[1]} {act[2][:200]} is not done"
    for words, wrong in without.checks.items():
        now = with_fault.checks[words]
        if words.startswith(_RULINGS) and _is_ruled_in_another_order(without, with_fault):
            continue
        if wrong is None and now is not None:
            yield f"{words}: {now}"


def _is_ruled_in_another_order(without: Course, with_fault: Course) -> bool:
    """Whether each finding that people asked about has come to the same, and who asked was told.

    What they ask is ruled on when the function comes to it. One that is late, or that dies, comes to it after
    what was asked next.
    """
    before, after = (
        {entry.id: entry.outcome for entry in course.findings() if entry.decisions}
        for course in (without, with_fault)
    )
    told = all(decision.told for entry in with_fault.findings() for decision in entry.decisions)
    return told and before == after

"""Nothing is in no place: an event is handled, a dead letter, or suppressed on record."""

from collections import Counter
from collections.abc import Iterator

from scenarios.runner.walk.course import Course
from scenarios.runner.words.checks import LOST

_NEVER = (*LOST, "denied")


def nothing_is_in_no_place(without: Course, with_fault: Course) -> Iterator[str]:
    """No event is lost or undelivered, no call denied, and no fault that passes makes a dead letter."""
    before, after = _of_kinds(without), _of_kinds(with_fault)
    for kind, words in after - before:
        if kind == "denied" and with_fault.lasting:
            continue
        yield f"{kind}: {words}"
    if not with_fault.lasting and len(with_fault.dead_letters) > len(without.dead_letters):
        yield f"{len(with_fault.dead_letters)} dead letters instead of {len(without.dead_letters)}"


def _of_kinds(course: Course) -> Counter[tuple[str, str]]:
    return Counter((moment.kind, moment.words) for moment in course.trace if moment.kind in _NEVER)

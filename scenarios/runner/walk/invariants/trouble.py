"""Whether people were told that something did not go as planned."""

from collections import Counter

from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course

# What an alert says of what could not be done, seen or noted: runtime.notify, runtime.answer.
_WORDS = (
    *("could not do:", "did not do,", "did not yet", "No ledger", "Could not look", "not allowed to look"),
    *("could not be looked at", "could not be found"),
    "Calls were refused for lack of permission",  # cis_alarms, of the function's own
)


def told_of_trouble(without: Course, with_fault: Course) -> bool:
    """Whether an alert says what failed, or an alarm went off that didn't without the fault."""
    more_alarms = Counter(with_fault.alarms()) - Counter(without.alarms())
    before = Counter(_troubled(without))
    return bool(more_alarms) or bool(Counter(_troubled(with_fault)) - before)


def is_about_trouble(mail: Mail) -> bool:
    """Whether an alert says what could not be done, seen or noted."""
    return any(words in mail.text for words in _WORDS)


def _troubled(course: Course) -> list[str]:
    return [mail.subject for mail in course.alerts() if is_about_trouble(mail)]

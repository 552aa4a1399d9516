"""What may be otherwise with the fault: whether people were told of it, and whom the fault concerns."""

from collections import Counter

from chalicelib.catalog import CATALOG
from chalicelib.template.parts import logical_id
from scenarios.cloud.kernel.fault_points import OUTAGES
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import ANSWERED, Course

# Lambda attempts an event that often: the first time, and two retries.
LAMBDA_TRIES = 3
# What an alert says of what could not be done, seen or noted: runtime.notify, runtime.answer.
_WORDS = (
    *("could not do:", "did not do,", "did not yet", "No ledger", "Could not look", "not allowed to look"),
    *("could not be looked at", "could not be found"),
    "no call for it is known yet",  # instance_state: so it can't know that the caller is expected
    "Trailwarden does this once CloudTrail's event history knows the call:",
    "Calls were refused for lack of permission",  # cis_alarms, of the function's own
)


def told_of_trouble(without: Course, with_fault: Course) -> bool:
    """Whether an alert says what failed, or an alarm went off that didn't without the fault.

    The alarm on dead letters stays in ALARM while there are any, and tells of each by that: of one that is
    there without the fault it tells nothing new. Who asks the API and is answered that it can't be done is
    told, too.
    """
    more_alarms = Counter(with_fault.alarms()) - Counter(without.alarms())
    before = Counter(_troubled(without))
    more_wait = len(with_fault.dead_letters) > len(without.dead_letters)
    waiting = more_wait and any("DeadLetters" in alarm for alarm in with_fault.alarms())
    answered = any(moment.kind == ANSWERED for moment in with_fault.trace)
    return bool(more_alarms) or waiting or answered or bool(Counter(_troubled(with_fault)) - before)


def is_about_trouble(mail: Mail) -> bool:
    """Whether an alert says what could not be done, seen or noted."""
    return any(words in mail.text for words in _WORDS)


def given_up(without: Course, with_fault: Course) -> bool:
    """Whether Lambda may give an event up: the fault stays, or the scenario's own faults left too few tries.

    A scenario in which AWS throttles has the event's first try fail by itself. With one more fault, or with
    one that strikes twice, no try is left.
    """
    point = with_fault.point
    if point is None or with_fault.lasting:
        return with_fault.lasting
    fails_by_itself = _tries(without, point.invocation) > 1
    return fails_by_itself and _tries(with_fault, point.invocation) >= LAMBDA_TRIES


def excused(without: Course, with_fault: Course, remediation: str = "") -> bool:
    """Whether what a remediation leaves open is known: Lambda may give the event up, and people were told.

    What another remediation leaves open is excused only where what struck is everybody's: an outage, a
    scenario in which somebody has shut the topic, or an act that was not done, since a trail that stays
    stopped sends no events. "": whoever's it is.
    """
    if not given_up(without, with_fault) or not told_of_trouble(without, with_fault):
        return False
    point = with_fault.point
    if not remediation or point is None or point.kind in OUTAGES or with_fault.scenario.denied:
        return True
    struck = struck_remediation(with_fault)
    if struck in ("", remediation):
        return True
    return _changes_of(without, struck) > _changes_of(with_fault, struck)


def struck_remediation(course: Course) -> str:
    """The remediation whose function the fault struck; "" for other functions."""
    point = course.point
    where = (spot for spot in course.spots if point and spot.invocation == point.invocation)
    function = next((spot.function for spot in where), "")
    return next((each.name for each in CATALOG if is_function_of(function, each.name)), "")


def is_function_of(function: str, remediation: str) -> bool:
    """Whether a function of that name is the remediation's."""
    return f"-{logical_id(remediation)}-" in function


def _changes_of(course: Course, remediation: str) -> int:
    """How many calls of its function changed something in the account; the ledger and mail are no part."""
    ours = (
        call
        for call in course.calls
        if call.invocation and call.changes and is_function_of(call.who, remediation)
    )
    return sum(call.service not in ("dynamodb", "sns", "sqs") for call in ours)


def _tries(course: Course, invocation: int) -> int:
    return max((call.attempt for call in course.calls if call.invocation == invocation), default=0)


def _troubled(course: Course) -> list[str]:
    return [mail.subject for mail in course.alerts() if is_about_trouble(mail)]

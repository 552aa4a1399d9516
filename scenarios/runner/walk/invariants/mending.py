"""What mends a thing and when: until then, whoever looks at the thing finds it as somebody left it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import Course, MadeCall
from scenarios.runner.walk.invariants.acts import Act, act_of, acts
from scenarios.runner.walk.invariants.alert_names import FINDING, finding_of
from scenarios.runner.walk.invariants.trouble import excused, is_function_of

_LONG_ENOUGH_TO_NAME = 6  # "on" or "1" name nothing


def left_undone(without: Course, with_fault: Course) -> set[str]:
    """What the acts were about of which some were given up: a trail's ARN, a bucket's name.

    Another event may have done them since, such as the hourly look: then that one tells of the thing.
    """
    if not excused(without, with_fault):
        return set()
    return {name for call in acts(without) for name in _named_by(call)}


def was_still_so(mail: Mail, without: Course, with_fault: Course) -> bool:
    """Whether it tells of a thing that the sender saw before it was mended, and that was mended later.

    Of two functions that hear of one deed the one may mend it before the other one looks, or after that.
    """
    began = _began(mail, with_fault)
    return began is not None and any(
        began < at and any(name in mail.text for name in names)
        for at, names in _mended_later(without, with_fault)
    )


def is_shared_otherwise(without: Course, with_fault: Course, remediation: str) -> bool:
    """Whether a remediation did what it does without the fault, be it for another one of its events."""
    before, after = ({act_of(call) for call in _acts_of(each, remediation)} for each in (without, with_fault))
    return bool(before) and before == after


def _acts_of(course: Course, remediation: str) -> Iterator[MadeCall]:
    return (call for call in acts(course) if is_function_of(call.who, remediation))


def _mended_later(without: Course, with_fault: Course) -> Iterator[tuple[datetime, Sequence[str]]]:
    """The acts that are made later than without the fault: when, and what they are about."""
    before, after = _first_times(without), _first_times(with_fault)
    for act, call in after.items():
        if act in before and call.at > before[act].at:
            yield call.at, _named_by(call)


def _first_times(course: Course) -> Mapping[Act, MadeCall]:
    found: dict[Act, MadeCall] = {}
    for call in acts(course):
        found.setdefault(act_of(call), call)
    return found


def _named_by(call: MadeCall) -> Sequence[str]:
    values = [value for value in call.parameters.values() if isinstance(value, str)]
    return [value for value in values if len(value) >= _LONG_ENOUGH_TO_NAME]


def _began(mail: Mail, course: Course) -> datetime | None:
    """When the try began that sent it; None where SNS was never asked to."""
    for call in course.calls:
        if call.invocation and (call.service, call.operation, call.error) == ("sns", "Publish", ""):
            found = FINDING.search(str(call.parameters["Message"]))
            if found and found[1] == finding_of(mail) and call.parameters.get("Subject") == mail.subject:
                attempt = call.invocation, call.attempt
                return min(each.at for each in course.calls if (each.invocation, each.attempt) == attempt)
    return None

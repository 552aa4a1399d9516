"""Nothing is in no place: an event is handled, a dead letter, or suppressed on record."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from chalicelib.stack import HEARTBEAT
from chalicelib.template.parts import logical_id
from scenarios.cloud.kernel.fault_points import FaultKind
from scenarios.runner.walk.course import Course
from scenarios.runner.walk.invariants.acts import acts
from scenarios.runner.walk.invariants.alert_names import moves
from scenarios.runner.walk.invariants.trouble import (
    GONE,
    DeadLetter,
    dropped_and_told,
    excused,
    given_up,
    is_function_of,
    letter_of,
    struck_function,
    struck_remediation,
)
from scenarios.runner.words.checks import LOST

_BRINGS_BACK = "trail_stopped"
_NEVER = (*LOST, "denied")
_SAME_ALERT = "another event is about to send the same alert"
# A line for each call, and for each attempt: CloudTrail's to a log group, and a function's own.
_LINES = ("CloudTrail may not write to ", "its output is gone")
_ALARMS_WORD = re.compile(r"Alarm-\w+( could not reach .+)$")
# 2026-03-02T03:02:17.091098+00:00; a job is named by its moment: 20260302T030217Z-f96701856df5
_MOMENTS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+|\b\d{8}T\d{6}Z-[0-9a-f]+")
_UNREACHED = re.compile(r"the alarm (\S+) could not reach ")


def nothing_is_in_no_place(without: Course, with_fault: Course) -> Iterator[str]:
    """No event is lost or undelivered, no call denied, and no fault that passes makes a dead letter.

    Right is:

    - a call that the scenario itself says is denied, made again by a retry;
    - mail that the struck function may not send until a retry has restored the topic: that it comes at last
      is held by `each_alert_is_sent`;
    - a heartbeat that is not handled: nothing of it is kept, and an alarm counts those that arrive;
    - a second delivery to a function that is deleted by then: the first one was handled;
    - an event that was to be tried again by a function that is deleted by then (`dropped_and_told`);
    - a dead letter that the struck function may not send to a topic either, where an alarm told that it is
      lost;
    - what CloudTrail had for the trail's log group until the struck function made that again
      (`_is_brought_back`): CloudTrail keeps nothing for a log group, and the log files have it;
    - more of what comes through no more without the fault either, for the same reason (`_is_shut`): a retry
      makes more calls and more output. That the way is open again in the end is held by `end_state`;
    - one of two topics that an alarm could not reach, where the other one got its mail;
    - a dead letter where Lambda may give the event up (`given_up`), and more than one of an event that fails
      for good without the fault too: a retry may put it off again, and each delivery fails on its own; or one
      of another event instead, where it goes by who comes first; or one of a function that fails for good
      anyway (`_fails_anyway`). Of a queue's messages one is another's that differs by its moment, where the
      account went on later.
    """
    for kind, words in _of_kinds(with_fault) - _of_kinds(without):
        right = _may_be_denied if kind == "denied" else _may_be_lost if kind == "lost" else _never
        if not right(words, without, with_fault) and not _is_shut(kind, words, without, with_fault):
            yield f"{kind}: {words}"
    new = _new_letters(without, with_fault)
    more = len(with_fault.dead_letters) > len(without.dead_letters)
    if new and more and not given_up(without, with_fault):
        yield f"{len(new)} dead letters that are none without the fault, the first {new[0][:200]}"


def _may_be_denied(words: str, _: Course, with_fault: Course) -> bool:
    denied = tuple(with_fault.scenario.denied)
    by_the_scenario = bool(denied) and words.endswith(denied)
    return with_fault.lasting or by_the_scenario or _of_the_struck(words, with_fault)


def _may_be_lost(words: str, without: Course, with_fault: Course) -> bool:
    dropped = words == f"{struck_function(with_fault)} {GONE}" and dropped_and_told(without, with_fault)
    return (
        dropped
        or _is_told_as_lost(words, with_fault)
        or _is_brought_back(words, without, with_fault)
        or _arrived(words, with_fault)
        or _is_no_loss(words, with_fault)
    )


def _never(_words: str, _without: Course, _with_fault: Course) -> bool:
    return False


def _new_letters(without: Course, with_fault: Course) -> list[str]:
    """The bodies of dead letters for which there is none without the fault."""
    known = list(map(letter_of, without.dead_letters))
    later = moves(without, with_fault)
    same = Counter(_but_for_moments(letter) for letter in known if later and not letter.function)
    new = []
    for body in with_fault.dead_letters:
        letter = letter_of(body)
        if _fails_anyway(letter, known):
            continue
        if same[_but_for_moments(letter)]:
            same[_but_for_moments(letter)] -= 1
        else:
            new.append(body)
    return new


def _fails_anyway(letter: DeadLetter, known: Sequence[DeadLetter]) -> bool:
    """Whether that event is a dead letter anyway, or its function fails for good for that reason anyway.

    An event that waits for another one to send the same alert fails with that.
    """
    reasons = {each.reason for each in known if letter.function and each.function == letter.function}
    waits = bool(reasons) and _SAME_ALERT in letter.reason
    return letter.event in {each.event for each in known} or letter.reason in reasons or waits


def _but_for_moments(letter: DeadLetter) -> str:
    """A message of a queue, without its moments and what is named by one."""
    return _MOMENTS.sub("#", letter.event)


def _is_told_as_lost(words: str, course: Course) -> bool:
    denied = course.point is not None and course.point.kind is FaultKind.DENIED
    own = words.startswith(f"{struck_function(course)} may not write to its on-failure destination")
    return denied and own and any("-LostAlarm" in alarm for alarm in course.alarms(went_off=True))


def _is_brought_back(words: str, without: Course, with_fault: Course) -> bool:
    """Whether it was on its way to a log group that the struck function made again, after all that was lost.

    Or the event was given up whose act would have made it again, and people were told so.
    """
    group = words.removeprefix("the log group ").removesuffix(" is gone")
    if len(group) + len("the log group  is gone") != len(words):
        return False
    if struck_remediation(with_fault) != _BRINGS_BACK:
        return False
    if given_up(without, with_fault):
        return excused(without, with_fault, _BRINGS_BACK)
    made = [
        call.at
        for call in acts(with_fault)
        if call.operation == "CreateLogGroup" and call.parameters.get("logGroupName") == group
        if is_function_of(call.who, _BRINGS_BACK)
    ]
    return bool(made) and max(_times("lost", words, with_fault)) <= max(made)


def _is_shut(kind: str, words: str, without: Course, with_fault: Course) -> bool:
    """Whether it is a line, a second delivery or an alarm's word whose way the scenario itself has shut.

    Of what rules have for a target that is gone, it may be more, but none before it is gone without the
    fault: who deletes a stack deletes its rules, too, and how many calls they match before that goes by when
    the deletion goes on.
    """
    if kind not in LOST or not without.scenario.loses:
        return False
    shut = {each.words for each in without.trace if each.kind == kind}
    again = with_fault.point is not None and with_fault.point.comes_twice
    if words in shut and (again or words.startswith(_LINES[0]) or words.endswith(_LINES[1])):
        return True
    if kind == "undelivered" and words in shut:
        return min(_times(kind, words, with_fault)) >= min(_times(kind, words, without))
    found = _ALARMS_WORD.search(words)
    return found is not None and any(each.endswith(found[1]) for each in shut)


def _times(kind: str, words: str, course: Course) -> list[datetime]:
    return [each.at for each in course.trace if (each.kind, each.words) == (kind, words)]


def _of_the_struck(words: str, course: Course) -> bool:
    """Whether the struck function was not let publish, by a topic's policy that it has yet to restore."""
    struck = struck_remediation(course)
    return bool(struck) and words == f"{logical_id(struck)} may not SNS:Publish"


def _is_no_loss(words: str, course: Course) -> bool:
    """Whether it was a heartbeat, or came a second time for a function that is gone by then."""
    function = words.partition(" ")[0]
    again = course.point is not None and course.point.comes_twice and function == struck_function(course)
    return f"-{logical_id(HEARTBEAT)}-" in function or (again and words.endswith(GONE))


def _arrived(words: str, course: Course) -> bool:
    """Whether the mail of an alarm that could not reach one topic came through another."""
    found = _UNREACHED.match(words)
    return found is not None and found[1] in course.alarms()


def _of_kinds(course: Course) -> Counter[tuple[str, str]]:
    return Counter((moment.kind, moment.words) for moment in course.trace if moment.kind in _NEVER)

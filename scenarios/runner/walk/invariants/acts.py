"""Each act is done at most once, unless doing it again changes nothing and nobody has undone it meanwhile."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from botocore import xform_name

from chalicelib.ledger.entries import LedgerEntry, Ruling
from chalicelib.remediation import Outcome
from scenarios.cloud.kernel.fault_points import FaultKind
from scenarios.runner.walk.course import ANSWERED, Course, MadeCall, name_of
from scenarios.runner.walk.invariants.trouble import excused, is_kept, struck_remediation

# What sets a state, and may set it twice: the verbs that the operations' names begin with. Modify adds to a
# list or takes from it, as ModifyImageAttribute does: the same again changes nothing. That it is no error is
# said on no page.
_SETS = (
    *("Put", "Start", "Stop", "Update", "Set", "Enable", "Disable", "Attach", "Tag", "Add", "Delete"),
    "Modify",
)
# The ledger and the functions' own queue: what is written there has keys of its own, and is no act.
_OWN = ("sqs", "sns")
# What AWS takes no idempotency token for, so that botocore, which got no answer, makes another one.
# Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html,
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateBackup.html
_TAKE_NO_TOKEN = (("ec2", "CreateSnapshot"), ("dynamodb", "CreateBackup"))
# What takes no token and is not known again by what it makes, which anybody can make alike: a retry that
# can't know whether it was made makes another one.
_NOT_KNOWN_AGAIN = (("ec2", "CreateSnapshots"),)
_LOSES_AN_ANSWER = (FaultKind.CRASH_AFTER, FaultKind.CRASH_TWICE, FaultKind.LOST, FaultKind.SENT_AGAIN)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")  # 2026-03-02T03:00:01Z
# As the document of a policy stands in the parameters' text. Source:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
_DATED = re.compile(r"(DateLessThan\W+aws:TokenIssueTime\W+)[\d:TZ-]+")
# No acts. The HTTP side wakes a function: what that does is an act of its own, and counts there. What a rule
# of AWS Config says of a resource is told again by a retry, and never replaces what a newer item came to.
_NO_ACTS = (("lambda", "Invoke"), ("config", "PutEvaluations"))

# An alert's other way to people. What is said, and how often, is held by the invariants of alerts; Security
# Hub keeps one finding of an id.
SAYS = "BatchImportFindings"

Act = tuple[str, str, str]
"""Service, operation, parameters as text."""


def nothing_is_done_twice(without: Course, with_fault: Course) -> Iterator[str]:
    """What is done more often than without the fault only sets a state that stood; nothing else is done.

    A retry may set it again, who cannot know that it did; where a queue gives the event, the retry is another
    invocation (`_are_tries_of_one`). Another event finds it as it is wanted, unless it can't know what was
    done (`_unknown_to_the_next`). What botocore makes once more is one more (`_is_sent_again`), and so is
    what a retry can't know again (`_made_in_vain`).
    """
    before = Counter(map(act_of, acts(without)))
    for act, count in Counter(map(act_of, acts(with_fault))).items():
        if count <= before[act]:
            continue
        if act[1] == SAYS or (count == before[act] + 1 and _is_sent_again(act, with_fault)):
            continue
        if before[act] and count <= before[act] + _made_in_vain(act, with_fault):
            continue
        words, events = f"{act[0]} {act[1]} {act[2][:200]}", _events(act, with_fault)
        if not before[act]:
            if not _may_be_new(act, without, with_fault):
                yield f"{words} is done, and never without the fault"
        elif not act[1].startswith(_SETS):
            yield f"{words} is done {count} times instead of {before[act]}"
        elif len(events) > len(_events(act, without)) and not (
            _unknown_to_the_next(with_fault) or _are_tries_of_one(events, act, with_fault)
        ):
            yield f"{words} is done for {len(events)} events, {', '.join(map(str, sorted(events)))}"
        elif others := _others_between(act, with_fault.calls):
            yield f"{words} is done {count} times, and {others[0]} by {others[0].who} came between"


def _may_be_new(act: Act, without: Course, with_fault: Course) -> bool:
    """Whether an act is right that is never done without the fault."""
    return (
        capped_in_place(act, without, with_fault)
        or _refused_in_vain(act, with_fault)
        or _is_left_of_another(act, without, with_fault)
    )


def capped_in_place(act: Act, without: Course, with_fault: Course) -> bool:
    """Whether the hour's cap let another event act in this one's place: it goes by who comes first."""
    if not any(entry.outcome is Outcome.CAPPED for entry in without.findings()):
        return False
    done, more = (sum(act_of(call)[:2] == act[:2] for call in acts(each)) for each in (without, with_fault))
    return more <= done


def _unknown_to_the_next(course: Course) -> bool:
    """Whether the next event can't know of what was done.

    A look is denied from the fault on: who shuts a function out has it act on what it knows. Or an outage
    lasts longer than Lambda tries, and what was begun, such as an undo, waits as a dead letter that was told.
    """
    if course.point is None:
        return False
    waits = course.lasting and is_kept(course, struck_remediation(course))
    return course.point.kind is FaultKind.DENIED or waits


def _are_tries_of_one(events: Collection[int], act: Act, course: Course) -> bool:
    """Whether a queue gave one message again, as the function that was given it first met the fault.

    One finding alone plans the act, so that it is one event's. A second delivery by a fault is no retry.
    """
    point, queued = course.point, {spot.invocation: spot.function for spot in course.spots if spot.queued}
    if point is None or not point.call or point.comes_twice or point.invocation != min(events):
        return False
    given = {queued.get(each) for each in events}
    return len(given) == 1 and None not in given and len(_planned(act, course)) == 1


def _is_left_of_another(act: Act, without: Course, with_fault: Course) -> bool:
    """Whether it is left of an act without the fault whose event was given up, and people were told so.

    It is a part of it: the first look by the clock could not keep what it saw as good, and compares with what
    the stack promises, which says less. Or the next event about the thing does it, with its own moment: a
    policy that denies what began before the call that it is about. There are no more of these than without.
    """
    if not with_fault.lasting or not excused(without, with_fault):
        return False
    act = _but_for_moments(act)
    before, after = (
        Counter(map(_but_for_moments, map(act_of, acts(each)))) for each in (without, with_fault)
    )
    if before[act]:
        return after[act] <= before[act]
    asked: Mapping[str, object] = json.loads(act[2])
    return any(other[:2] == act[:2] and asked.items() <= json.loads(other[2]).items() for other in before)


def _but_for_moments(act: Act) -> Act:
    return act[0], act[1], _MOMENT.sub("#", act[2])


def _is_sent_again(act: Act, course: Course) -> bool:
    """Whether botocore made it once more, or it is about what was made so, of which one more is there.

    Nobody can know that, where the call takes no token by which AWS would know it again.
    """
    point = course.point
    if point is None or point.kind is not FaultKind.SENT_AGAIN:
        return False
    twice = [
        call
        for call in course.calls
        if (call.invocation, call.attempt) == (point.invocation, 1)
        if call.call in (point.call, point.call + 1)  # what botocore sends again has the next number
        if (call.service, call.operation) in _TAKE_NO_TOKEN and not call.error
    ]
    alike = len(twice) > 1 and act_of(twice[0]) == act_of(twice[1])
    return alike and (act == act_of(twice[0]) or name_of(twice[0]) in act[2])


def _made_in_vain(act: Act, course: Course) -> int:
    """How many times more an act may be made: each time its answer was lost, where it isn't known again."""
    point = course.point
    if point is None or act[:2] not in _NOT_KNOWN_AGAIN or point.kind not in _LOSES_AN_ANSWER:
        return 0
    attempts = (1, 2) if point.kind is FaultKind.CRASH_TWICE else (1,)
    return sum(
        act_of(call) == act and (call.invocation, call.call) == (point.invocation, point.call)
        for call in course.calls
        if call.attempt in attempts
    )


def _refused_in_vain(act: Act, course: Course) -> bool:
    """Whether it was approved, and who meant to refuse it was answered that it can't be done."""
    told = any(moment.kind == ANSWERED and " refuse " in moment.words for moment in course.trace)
    return told and any(
        each.ruling is Ruling.GRANTED for entry in _planned(act, course) for each in entry.decisions
    )


def _planned(act: Act, course: Course) -> list[LedgerEntry]:
    """The findings whose plans hold this act."""
    planned = act[0], xform_name(act[1]), act[2]
    return [
        entry
        for entry in course.findings()
        if any(
            (call.service, call.operation, _as_text(call.parameters)) == planned for call in entry.plan.calls
        )
    ]


def _events(act: Act, course: Course) -> set[int]:
    """The events for which an act was done, by their numbers."""
    return {call.invocation for call in acts(course) if act_of(call) == act}


def acts(course: Course) -> list[MadeCall]:
    """The calls of functions that changed something in the account, but for the ledger's."""
    return [
        call
        for call in course.calls
        if call.invocation and call.changes and call.service not in _OWN and not _of_ledger(call)
        if (call.service, call.operation) not in _NO_ACTS
    ]


def act_of(call: MadeCall) -> Act:
    """An act as it is compared. Security Hub's findings are compared by their ids.

    What a finding says is the alert's text, which a retry may write otherwise; Security Hub keeps one by id.
    A thing that was made in the play is compared by who made it of what: AWS draws its id. A policy that
    denies what began before a moment is dated by the event that is handled first, of those about one session.
    """
    if call.operation == SAYS:
        return call.service, call.operation, json.dumps([each["Id"] for each in call.parameters["Findings"]])
    text = _as_text(call.parameters)
    for identity, name in call.names.items():
        text = text.replace(identity, name)
    return call.service, call.operation, _DATED.sub(r"\1#", text)


def _as_text(parameters: Mapping[str, object]) -> str:
    return json.dumps(parameters, sort_keys=True, default=str)


def _of_ledger(call: MadeCall) -> bool:
    asked = call.parameters
    tables = [str(asked.get("TableName", "")), *map(str, asked.get("RequestItems", {}))]
    return call.service == "dynamodb" and any("-Ledger-" in table for table in tables)


def _others_between(act: Act, calls: Sequence[MadeCall]) -> list[MadeCall]:
    """What others changed of the same thing between the first and the last time of an act for one event."""
    places: dict[int, list[int]] = {}
    for place, call in enumerate(calls):
        if call.invocation and act_of(call) == act:
            places.setdefault(call.invocation, []).append(place)
    return [
        call
        for first, *_, last in (each for each in places.values() if len(each) > 1)
        for call in calls[first:last]
        if not call.invocation and call.changes and _target(call) == _target(calls[first])
    ]


def _target(call: MadeCall) -> str:
    first = next((value for value in call.parameters.values() if isinstance(value, str)), "")
    return first.rpartition("/")[2]

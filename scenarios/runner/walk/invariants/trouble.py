"""What may be otherwise with the fault: whether people were told of it, and whom the fault concerns."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from chalicelib.catalog import CATALOG
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import CallProgress, Outcome
from chalicelib.runtime.notify import UNSURE
from chalicelib.runtime.seen_at_last import NOTHING_FOUND
from chalicelib.template.parts import logical_id
from chalicelib.wording import PERHAPS_DONE
from scenarios.cloud.kernel.fault_points import OUTAGES, FaultKind
from scenarios.cloud.sns.topics import Mail
from scenarios.runner.walk.course import ANSWERED, Course

OPEN = (Outcome.FAILED, Outcome.UNSEEN, Outcome.UNDER_WAY)
# Lambda attempts an event that often: the first time, and two retries.
LAMBDA_TRIES = 3
_DRAWN = re.compile(r"[0-9a-f]{8,}(-[0-9a-f]{4,})*")  # ids
ACCUSES = "An item of Trailwarden's own ledger"
_FORGED = "woke a function of Trailwarden's with a forged event"
GONE = "was deleted with an event in its queue"
_ON_US = re.compile(
    r"-(Function(Errors|Throttles)\d*|DeadLetters(Wait)?|(Watched)?Heartbeats?|WatchForward|Lost|UnauthorizedAPICalls)"
    r"Alarm"
)
_RULES = "events.amazonaws.com"
_UNDONE = ": Undone: "
CHANGED, _WAITS = "The plan has changed", "Trailwarden waits for a yes to do:"
# What an alert says of what AWS tells later, and nothing has failed: who did it.
_EARLY = (
    "no call for it is known yet",  # instance_state: so it can't know that the caller is expected
    "Trailwarden does this once CloudTrail's event history knows the call:",
)
# What an alert says of what could not be done, seen or noted: runtime.notify, runtime.answer.
_WORDS = (
    *("could not do:", "did not do,", "did not yet", "No ledger", "Could not look", "not allowed to look"),
    *("could not be looked at", "could not be found", "could not be vouched for", "could not be asked"),
    "Calls were refused for lack of permission",  # cis_alarms, of the function's own
    NOTHING_FOUND,  # what a look sees that failed at first
)


def is_early(mail: Mail) -> bool:
    """Whether an alert says that it is sent before all is known that is known later, without any failure."""
    return any(words in mail.text for words in _EARLY)


def told_of_trouble(without: Course, with_fault: Course) -> bool:
    """Whether an alert says what failed, or an alarm on ourselves went off that didn't without the fault.

    The alarm on dead letters stays in ALARM while there are any, and tells of each by that: of one that is
    there without the fault, for the same reason, it tells nothing new. Who asks the API and is answered that
    it can't be done is told, too, and who no longer hears that an alarm is over: that on the heartbeat is in
    ALARM at first, and until it comes.
    """
    more_alarms = Counter(_alarms_on_us(with_fault)) - Counter(_alarms_on_us(without))
    not_over = (_over(without) - _over(with_fault)).keys() & set(_alarms_on_us(with_fault))
    before = Counter(_troubled(without))
    more_wait = Counter(_reasons(with_fault)) - Counter(_reasons(without))
    waiting = bool(more_wait) and tells_of_dead_letters(with_fault)
    answered = any(moment.kind == ANSWERED for moment in with_fault.trace)
    more_trouble = Counter(_troubled(with_fault)) - before
    return bool(more_alarms or not_over or more_trouble) or waiting or answered


def _alarms_on_us(course: Course) -> list[str]:
    """The alarms that went off since something of ours failed, was refused or fell silent."""
    return [alarm for alarm in course.alarms(went_off=True) if _ON_US.search(alarm)]


def _over(course: Course) -> Counter[str]:
    """The alarms of which somebody heard that they are over, each as often as that was."""
    return Counter(course.alarms()) - Counter(course.alarms(went_off=True))


def waits_as_dead_letter(without: Course, with_fault: Course, remediation: str) -> bool:
    """Whether more events of a remediation wait as dead letters than without the fault, and that was told."""
    before, after = (
        sum(is_function_of(letter.function, remediation) for letter in map(letter_of, course.dead_letters))
        for course in (without, with_fault)
    )
    return after > before and tells_of_dead_letters(with_fault)


def fails_in_both(without: Course, with_fault: Course, remediation: str) -> bool:
    """Whether a remediation leaves findings open without the fault too, and each one waits as a dead letter.

    So it is where people can't be told at all, since somebody has deleted the topic. Which event is left open
    goes by who comes first, and its moment by when the account went on.
    """
    before, after = (
        sum(entry.remediation == remediation and entry.outcome in OPEN for entry in course.findings())
        for course in (without, with_fault)
    )
    letters = map(letter_of, with_fault.dead_letters)
    return bool(before) and after <= sum(is_function_of(letter.function, remediation) for letter in letters)


def is_kept_in_both(without: Course, with_fault: Course, entry: LedgerEntry) -> bool:
    """Whether what a finding is about waits as a dead letter, as it does without the fault.

    Of a queue's messages only the body is kept: one that asks for a step of a validation names its job. Of an
    event that a function gave up, since it could tell nobody, people are told by the alarm on dead letters.
    """
    job = entry.event_key.partition(":")[0]

    def kept(course: Course) -> bool:
        return any(
            tells_of_dead_letters(course) and entry.event_key in letter.event
            if is_function_of(letter.function, entry.remediation)
            else job in letter.event and not letter.function
            for letter in map(letter_of, course.dead_letters)
        )

    return kept(without) and kept(with_fault)


def is_kept(course: Course, remediation: str) -> bool:
    """Whether an event of a remediation waits as a dead letter, and that was told."""
    letters = map(letter_of, course.dead_letters)
    return tells_of_dead_letters(course) and any(
        is_function_of(each.function, remediation) for each in letters
    )


def tells_of_dead_letters(course: Course) -> bool:
    """Whether the alarm on dead letters has sent mail."""
    return any("DeadLetters" in alarm for alarm in course.alarms())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A dead letter: the `event`, and of Lambda's records the `function` that gave it up and why."""

    event: str
    function: str = ""
    reason: str = ""


def letter_of(body: str) -> DeadLetter:
    """A dead letter as it lies in the queue: Lambda's record of an event, or the event as a rule kept it.

    Somebody may have put any text there.
    """
    try:
        letter = json.loads(body)
    except ValueError:
        return DeadLetter(event=body)
    if not isinstance(letter, dict) or "requestPayload" not in letter:
        return DeadLetter(event=json.dumps(letter, sort_keys=True))
    error = letter.get("responsePayload") or {}
    return DeadLetter(
        event=json.dumps(letter["requestPayload"], sort_keys=True),
        function=letter["requestContext"]["functionArn"].split(":function:")[1].partition(":")[0],
        reason=_DRAWN.sub("#", str(error.get("errorMessage", ""))),
    )


def _reasons(course: Course) -> list[str]:
    return [letter.reason for letter in map(letter_of, course.dead_letters)]


def of_another_hour(without: Course, with_fault: Course) -> set[str]:
    """The ids of findings of which there is one without the fault for the same reason, of another hour.

    What somebody forged is reported by the hour to whoever meets it.
    """
    before = {(entry.remediation, entry.event_key): entry.id for entry in without.findings()}
    return {
        entry.id
        for entry in with_fault.findings()
        if before.get((entry.remediation, entry.event_key), entry.id) != entry.id
        if (entry.at.minute, entry.at.second) == (0, 0)
    }


def is_about_trouble(mail: Mail) -> bool:
    """Whether an alert says what could not be done, seen or noted."""
    return tells_of_trouble(mail.text)


def tells_of_trouble(text: str) -> bool:
    """Whether an alert's text says so."""
    return any(words in text for words in (*_WORDS, *_EARLY))


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
    if _perhaps_done(with_fault):
        return True
    struck = struck_remediation(with_fault)
    if dropped_and_told(without, with_fault) and remediation in ("", struck):
        return True
    if not given_up(without, with_fault) or not told_of_trouble(without, with_fault):
        return False
    point = with_fault.point
    if not remediation or point is None or point.kind in OUTAGES or with_fault.scenario.denied:
        return True
    if struck in ("", remediation):
        return True
    return _changes_of(without, struck) > _changes_of(with_fault, struck)


def dropped_and_told(without: Course, with_fault: Course) -> bool:
    """Whether the struck function was deleted before its retry, and rules told of all without any function.

    With a function Lambda drops the events that it has yet to be given. Who deletes it is known to the rules
    that tell a topic by themselves: their mail has come, all of it.
    """
    function = struck_function(with_fault)
    dropped = any(each.kind == "lost" and each.words == f"{function} {GONE}" for each in with_fault.trace)
    told, wanted = (
        Counter(mail.text for mail in each.mail if mail.sender == _RULES) for each in (with_fault, without)
    )
    return dropped and bool(wanted) and not wanted - told


def waits_for_a_yes(course: Course) -> set[str]:
    """The remediations and moments of findings whose plan has changed, and that wait for a yes to it.

    People were told that nothing is done until then; of a plan that has nothing left to do there is nothing
    to say yes to. The moment is written as `event_of` writes it.
    """
    waiting = {entry.id for entry in course.findings() if entry.outcome is Outcome.AWAITING_APPROVAL}
    over = {
        entry.id
        for entry in course.findings()
        if entry.outcome is Outcome.TOLD and not entry.plan.calls and entry.decisions
    }
    told = {
        (each, mail.attributes["remediation"])
        for mail in course.alerts()
        for each in waiting | over
        if CHANGED in mail.subject and f"Finding {each}" in mail.text
        if each in over or _WAITS in mail.text
    }
    return {f"{remediation}, {finding.rpartition(':')[0]}" for finding, remediation in told}


def _perhaps_done(course: Course) -> bool:
    """Whether somebody who asked for an undo was told that they have to look, and undo it by hand.

    They are answered so where that is all there is to undo; else the undo's own alert has the rest of it.
    """
    unsure = [
        f"Finding {entry.id}"
        for entry in course.findings()
        if entry.outcome is Outcome.UNDONE and CallProgress.UNSURE in entry.progress.values()
    ]
    return any(moment.kind == ANSWERED and PERHAPS_DONE in moment.words for moment in course.trace) or any(
        _UNDONE in mail.subject and UNSURE in mail.text and each in mail.text
        for mail in course.alerts()
        for each in unsure
    )


def both_accuse(subject: str, course: Course) -> bool:
    """Whether two runs at once may both tell of the same forged item of the ledger, or forged event.

    Whoever meets one tells, without a claim, since that may be forged too; that it was told is known to those
    who come later.
    """
    beside = course.point is not None and course.point.kind is FaultKind.MEANWHILE
    return beside and (ACCUSES in subject or _FORGED in subject)


def never_done(without: Course, with_fault: Course) -> set[str]:
    """The moments (03:08:00) of what somebody did without the fault, and could not at last with it.

    So it is where they act upon a finding, and the ledger takes none: then nobody hears of what they did.
    """
    in_vain = [moment.words for moment in with_fault.trace if moment.kind == ANSWERED]
    return {
        f"{moment.at:%H:%M:%S}"
        for moment in without.trace
        if moment.kind == "action" and any(words.startswith(f"{moment.words}: ") for words in in_vain)
    }


def struck_function(course: Course) -> str:
    """The name of the function that the fault struck."""
    point = course.point
    where = (spot for spot in course.spots if point and spot.invocation == point.invocation)
    return next((spot.function for spot in where), "")


def struck_remediation(course: Course) -> str:
    """The remediation whose function the fault struck; "" for other functions."""
    function = struck_function(course)
    return next((each.name for each in CATALOG if is_function_of(function, each.name)), "")


def is_function_of(function: str, remediation: str) -> bool:
    """Whether a function of that name is the remediation's."""
    return f"-{logical_id(remediation)}-" in function


def is_unheard(without: Course, with_fault: Course, remediation: str, at: str) -> bool:
    """Whether an event (of 03:08:00) comes while what the struck function was to restore is still away.

    A trail that is off sends no events, and a rule that is gone matches none; both were there again by then
    without the fault. That it is restored at last is held by `the_end_is_the_same_or_told`.
    """
    struck = struck_remediation(with_fault)
    before, after = (_change_times(course, struck) for course in (without, with_fault))
    return (
        bool(struck and before and after)
        and remediation != struck
        and f"{before[0]:%H:%M:%S}" <= at <= f"{after[-1]:%H:%M:%S}"
    )


def _changes_of(course: Course, remediation: str) -> int:
    return len(_change_times(course, remediation))


def _change_times(course: Course, remediation: str) -> list[datetime]:
    """When its function changed something in the account; the ledger and mail are no part."""
    return [
        call.at
        for call in course.calls
        if call.invocation and call.changes and is_function_of(call.who, remediation)
        if call.service not in ("dynamodb", "sns", "sqs")
    ]


def _tries(course: Course, invocation: int) -> int:
    return max((call.attempt for call in course.calls if call.invocation == invocation), default=0)


def _troubled(course: Course) -> list[str]:
    return [mail.subject for mail in course.alerts() if is_about_trouble(mail)]

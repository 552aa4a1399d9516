"""Alerts by SNS, written for the person on call.

The suspect may have chosen the names, agents and addresses in an alert, so none of
them may forge a line, a subject or an escape sequence.
Limits: a subject is under 100 characters of printable ASCII, a message at most 256 KB.
Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chalicelib.remediation import Alert, Call, CallProgress, Outcome
from chalicelib.wording import LONGEST_FACT, number_of, safe

LONGEST_LABEL = 100
LONGEST_SUBJECT = 99
# Together below 256 KB, with a title and an attribute or two.
_FACTS_BYTES, _CALLS_BYTES, _ADVICE_BYTES = 120_000, 80_000, 40_000


def subject_of(alert: Alert) -> str:
    """`HIGH: Root signed in ...`, as SNS accepts it."""
    plain = safe(alert.title).encode("ascii", "replace").decode()
    subject = f"{alert.severity}: {plain}"
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 3]}..."


def message_of(
    alert: Alert,
    finding_id: str,
    outcome: Outcome,
    calls: Sequence[Call] = (),
    progress: Mapping[int, CallProgress] = MappingProxyType({}),
    *,
    failure: str = "",
    ended: bool = False,
) -> str:
    """The text of an alert: title, facts, what was done about it, how to go on.

    `finding_id`: "" for an alert that counts many. `failure`: why a call failed, or what held the calls
    back. `ended`: this alert was reported when a call had failed or nothing was confirmed, and is reported
    again now that it is over.
    """
    facts = [(safe(label, LONGEST_LABEL), safe(fact)) for label, fact in alert.facts]
    width = max((len(label) for label, _ in facts), default=0)
    done = _done(safe(finding_id), outcome, calls, progress, safe(failure)) if calls else []
    advice = [safe(line, 4 * LONGEST_FACT) for line in alert.advice.splitlines()]
    blocks = [
        [f"[{alert.severity}] {safe(alert.title)}", *([_ENDED] if ended else [])],
        _within(_FACTS_BYTES, [f"{label + ':':<{width + 1}} {fact}" for label, fact in facts]),
        _within(_CALLS_BYTES, done),
        _within(_ADVICE_BYTES, advice),
        [f"Finding {safe(finding_id)}"] if finding_id else [],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


UNSURE = "Perhaps done by an earlier try of Trailwarden's; look before you undo it:"
_ENDED = "You were told of this before it was over; this is how it ended."
_COULD_NOT = "Trailwarden could not do:"
_TRIED_AGAIN = "It is tried again a few times, minutes apart; then the event waits as a dead letter."
_SETTLED: Mapping[CallProgress | None, str] = MappingProxyType(
    {
        CallProgress.DONE: "Trailwarden did:",
        CallProgress.FOUND: "This was so already, and not by Trailwarden:",
        CallProgress.UNDONE: "Trailwarden did this, and then undid it:",
        CallProgress.PERHAPS_UNDONE: (
            "Trailwarden did this, and perhaps undid it in an earlier try; it is not as Trailwarden made it "
            "any more, so look:"
        ),
        CallProgress.UNDOING: "Trailwarden did this, and could not undo it yet:",
        CallProgress.UNSURE: UNSURE,
        CallProgress.DROPPED: "Not called for any more, and not done:",
    }
)
_PENDING = MappingProxyType(
    {
        Outcome.UNDER_WAY: "Trailwarden did not yet do:",
        Outcome.FAILED: "Trailwarden did not yet try:",
        Outcome.OBSERVED: "In mode enforce Trailwarden would do:",
        Outcome.UNCONFIRMED: "Trailwarden does this once CloudTrail's event history knows the call:",
        Outcome.REFUSED: "Trailwarden refused to do:",
        Outcome.SUPERSEDED: "Not done:",
        Outcome.AWAITING_APPROVAL: "Trailwarden waits for a yes to do:",
        Outcome.UNRECORDED: "Trailwarden did not do, because its ledger could not be reached:",
        Outcome.DECLINED: "A person refused this, so that it is never done:",
        Outcome.CAPPED: "Trailwarden held back:",
    }
)


def _done(
    finding_id: str,
    outcome: Outcome,
    calls: Sequence[Call],
    progress: Mapping[int, CallProgress],
    failure: str,
) -> list[str]:
    """What was done and what wasn't, by whom, and how to undo what was ours."""
    grouped: dict[str, list[Call]] = {heading: [] for heading in (*_SETTLED.values(), _COULD_NOT)}
    for index, call in enumerate(calls):
        grouped.setdefault(_heading(progress.get(index), outcome), []).append(call)
    lines: list[str] = []
    held = _COULD_NOT if grouped[_COULD_NOT] else _PENDING.get(outcome, "")
    for heading, group in grouped.items():
        lines += _listed(heading, group, finding_id if outcome is not Outcome.UNRECORDED else "")
        if group and heading == held and failure:
            lines.append(f"    because {failure}")
            lines += [_TRIED_AGAIN] if outcome is Outcome.FAILED else []
    if outcome is Outcome.AWAITING_APPROVAL:
        lines += [
            f"To approve: trailwarden approve {finding_id}",
            f"To refuse: trailwarden refuse {finding_id}",
        ]
    ours = [
        call.undo
        for index, call in enumerate(calls)
        if progress.get(index) is CallProgress.DONE and call.undo
    ]
    return lines + _to_undo(finding_id, ours[::-1])


def _to_undo(finding_id: str, undos: Sequence[Call]) -> list[str]:
    """The command, and what it does, in the order in which it does it."""
    if not undos:
        return []
    return [f"To undo it: trailwarden undo {finding_id}", *_listed("which does:", undos, finding_id)]


def _heading(progress: CallProgress | None, outcome: Outcome) -> str:
    if progress in (CallProgress.BEGUN, CallProgress.REFUSED) and outcome is Outcome.FAILED:
        return _COULD_NOT
    return _SETTLED[progress] if progress in _SETTLED else _PENDING.get(outcome, "Not done:")


def _listed(heading: str, calls: Sequence[Call], finding_id: str) -> list[str]:
    """Each call as a command to paste; `finding_id`: "" where no ledger holds the finding."""
    if not calls:
        return []
    return [heading, *(line for call in calls for line in _as_command(call, finding_id))]


def _as_command(call: Call, finding_id: str) -> Iterator[str]:
    command = call.command
    if len(command) > LONGEST_FACT:  # half of one would do something else
        elsewhere = f"; to see it: trailwarden show {finding_id}" if finding_id else ""
        command = f"{' '.join(command.split(' ', 3)[:3])}, too long to show here{elsewhere}"
    yield f"  - {command}"
    for field, stand_in in call.gives.items():
        if stand_in.startswith("${"):  # the call is not answered yet
            yield f"    its answer has the {safe(field)}: put it in the place of {safe(stand_in)} below"
    if call.lost:
        yield f"    which can't bring back: {safe(call.lost)}"


def _within(most_bytes: int, lines: list[str]) -> list[str]:
    """As many of the lines as fit, and a word about the rest."""
    room = most_bytes
    for count, line in enumerate(lines):
        room -= len(line.encode()) + 1
        if room < 0:
            return [*lines[:count], f"... and {number_of(len(lines) - count, 'more line')}, left out"]
    return lines


def publish(
    sns: Any,
    topic_arn: str,
    *,
    remediation: str,
    alert: Alert,
    message: str,
) -> None:
    """Send one alert; severity and remediation are attributes that filter policies can use."""
    sns.publish(
        TopicArn=topic_arn,
        Subject=subject_of(alert),
        Message=message,
        MessageAttributes={
            "severity": {"DataType": "String", "StringValue": alert.severity},
            "remediation": {"DataType": "String", "StringValue": remediation},
        },
    )

"""Alerts by SNS, written for the person on call.

Names, agents and addresses in an alert were chosen by whoever is being told about,
so nothing of them may forge a line, a subject or an escape sequence.
Limits: a subject is under 100 characters of printable ASCII, a message at most 256 KB.
Source: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.remediation import Alert, Call, Outcome

LONGEST_FACT = 1000
LONGEST_SUBJECT = 99


def safe(text: str, longest: int = LONGEST_FACT) -> str:
    """The text on one line: whatever doesn't print is shown as an escape, and it ends somewhere."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def subject_of(alert: Alert) -> str:
    """`HIGH: Root signed in ...`, as SNS accepts it."""
    plain = safe(alert.title).encode("ascii", "replace").decode()
    subject = f"{alert.severity}: {plain}"
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 3]}..."


def message_of(alert: Alert, finding_id: str, outcome: Outcome, calls: Sequence[Call] = ()) -> str:
    """The text of an alert: title, facts, what was done about it, how to go on."""
    width = max((len(label) for label, _ in alert.facts), default=0)
    lines = [f"[{alert.severity}] {safe(alert.title)}", ""]
    lines += [f"{label + ':':<{width + 1}} {safe(fact)}" for label, fact in alert.facts]
    if calls:
        lines += ["", _DEEDS[outcome], *(f"  - {safe(str(call))}" for call in calls)]
        undos = [call.undo for call in calls if call.undo]
        if undos:
            lines += ["To undo it:", *(f"  - {safe(str(undo))}" for undo in undos)]
    if alert.advice:
        lines += ["", *(safe(line, 4 * LONGEST_FACT) for line in alert.advice.splitlines())]
    lines += ["", f"Finding {safe(finding_id)}"]
    return "\n".join(lines)


_DEEDS = {
    Outcome.ACTED: "Trailwarden did:",
    Outcome.OBSERVED: "Trailwarden would do, were its mode enforce:",
    Outcome.AWAITING_APPROVAL: "Trailwarden waits for a yes to do:",
    Outcome.CAPPED: "Trailwarden held back (kill switch or the hour's cap):",
}


def publish(
    sns: Any,
    topic_arn: str,
    *,
    remediation: str,
    alert: Alert,
    message: str,
) -> None:
    """Send one alert; severity and remediation ride along as attributes that filter policies can use."""
    sns.publish(
        TopicArn=topic_arn,
        Subject=subject_of(alert),
        Message=message,
        MessageAttributes={
            "severity": {"DataType": "String", "StringValue": alert.severity},
            "remediation": {"DataType": "String", "StringValue": remediation},
        },
    )

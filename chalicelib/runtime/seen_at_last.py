"""A look that failed was told, and the next one finds nothing: people are told that, too. Pure.

Without it they are left with an open question: the first alert says what may have happened, and that
Trailwarden looks again.
"""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.remediation import Alert, Plan, Severity
from chalicelib.wording import some, when

NOTHING_FOUND = "Looked again, nothing to report"
_ADVICE = """\
A look sees how things are by then. What somebody has put back before that it can't see: who did what is in
the first alert, and in CloudTrail."""


def nothing_found(told: Sequence[Alert], now: datetime) -> Plan:
    """What is to be sent at `now`, in place of the alerts that were `told`; at least one was."""
    titles = [alert.title for alert in told]
    return Plan.alert(
        Alert(
            severity=Severity.INFO,
            title=f"{NOTHING_FOUND}: {titles[0]}",
            facts=(
                ("Told before", f"that Trailwarden could not look: {some(titles)}"),
                ("Looked again", f"{when(now)}: there is nothing to report by then"),
            ),
            advice=_ADVICE,
        )
    )

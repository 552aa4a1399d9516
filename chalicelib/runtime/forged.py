"""Events that AWS can't have sent: somebody who may invoke the function made them up.

The key of a tick or of an instance's change is its time to the second, so an attacker can guess the key of a
later event: if the forged one were handled first, the genuine one would be a duplicate. What is too old is
forged too. An alarm that CloudWatch knows nothing of is forged as well (see `evidence.alarm`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.events import AlarmChange, InstanceState, Tick
from chalicelib.ledger.claims import CLAIMS_KEPT
from chalicelib.ledger.entries import LedgerEntry
from chalicelib.remediation import Alert, Event, Plan, Quiet, Severity
from chalicelib.wording import when

# Lambda's clocks and EventBridge's agree to well within this.
AHEAD = timedelta(minutes=1)
_ADVICE = (
    "Only EventBridge, queues and topics of the stack wake its functions. Look for Invoke and Publish in "
    "CloudTrail (data events), take lambda:InvokeFunction or sns:Publish away, and stop the principal that "
    "had it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """An event that is not what it says it is, as an event of its own: its key is no genuine event's."""

    key: str
    at: datetime
    account: str
    region: str
    why: str
    principal: str = ""

    @classmethod
    def of(cls, key: str, event: Event | LedgerEntry, why: str, now: datetime) -> "Forgery":
        """What is wrong with an event of this key."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        return cls(key=f"forged: {key}", at=hour, account=event.account, region=event.region, why=why)

    def plan(self) -> Plan:
        """One alert about it, and one an hour about all of them."""
        return Plan.alert(
            Alert(
                severity=Severity.CRITICAL,
                title="Somebody woke a function of Trailwarden's with a forged event",
                facts=(
                    ("Event", self.key.removeprefix("forged: ")),
                    ("Why", self.why),
                    ("So", "nothing was done about it, and the genuine one will be handled"),
                ),
                advice=_ADVICE,
                quiet=Quiet(subject="forged events", seconds=3600),
            )
        )


def forgery(event: Event, now: datetime) -> Forgery | None:
    """What shows that this event is forged; None where nothing does."""
    if not isinstance(event, Tick | InstanceState | AlarmChange):
        return None
    if event.at > now + AHEAD:
        why = f"it says that it is of {when(event.at)}, and it is {when(now)}"
    elif event.at < now - CLAIMS_KEPT:
        why = f"it says that it is of {when(event.at)}: no queue keeps an event so long"
    else:
        return None
    return Forgery.of(event.key, event, why, now)

"""A change is looked at once more: for a caller that event history didn't know yet, or a mending given up."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from chalicelib import delayed
from chalicelib.aws import Aws
from chalicelib.events import Raw
from chalicelib.remediation import Plan
from chalicelib.remediations.noncompliant.alerts import caller_known, config_gave_up
from chalicelib.remediations.noncompliant.change import ComplianceChange, looked_at_later
from chalicelib.remediations.noncompliant.reading import Seen
from chalicelib.settings import Settings

QUEUE = "NoncompliantLater"
ASKED_AGAIN_AFTER = timedelta(minutes=10)


def have_it_looked_at_again(aws: Aws, change: ComplianceChange, seen: Seen, settings: Settings) -> None:
    """Put a change off whose caller is not known yet, or that Config may give up on."""
    if seen.unfinished:
        delayed.put_off(aws, settings, change.as_event(named=seen.named), ASKED_AGAIN_AFTER)


_UNFINISHED, _NAMED = "unfinished", "unfinished, and who is known"


def as_text(seen: Seen) -> str:
    """What `have_it_looked_at_again` needs of what was seen."""
    if not seen.unfinished:
        return ""
    return _NAMED if seen.named else _UNFINISHED


def from_text(text: str) -> Seen:
    """The same, as far as that needs it."""
    return Seen(unfinished=text != "", named=text == _NAMED)


def parse_later(raw: Raw) -> Iterable[ComplianceChange]:
    """What comes out of the queue."""
    return list(map(looked_at_later, delayed.originals(raw)))


def decide_later(change: ComplianceChange, seen: Seen, _now: datetime, _settings: Settings) -> Plan:
    """Name the caller, and say where Config has given up; nothing where neither is known now either."""
    if not seen.told:
        return Plan.nothing()
    alerts = []
    if not change.named and (seen.deeds or seen.could_not_read):
        alerts.append(caller_known(change, seen))
    if change.is_bad and seen.given_up and seen.still_bad:
        alerts.append(config_gave_up(change.region, change.account, change.rule, seen.given_up, seen.times))
    return Plan.alert(*alerts) if alerts else Plan.nothing()

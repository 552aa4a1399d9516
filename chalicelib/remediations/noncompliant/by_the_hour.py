"""By the hour: every resource that Config leaves alone under a rule that is told of."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.aws import Aws
from chalicelib.events import Tick
from chalicelib.looking import Unseen
from chalicelib.remediation import Alert, Plan, Quiet, Severity
from chalicelib.remediations.noncompliant import tampering
from chalicelib.remediations.noncompliant.alerts import config_gave_up
from chalicelib.remediations.noncompliant.change import NON_COMPLIANT
from chalicelib.remediations.noncompliant.mending import LeftAlone, left_alone, with_last_attempt
from chalicelib.remediations.noncompliant.reading import read_or_note, says
from chalicelib.remediations.noncompliant.told import is_told, none_is_told
from chalicelib.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """By the hour: what Config leaves alone, under each of the stack's rules."""

    found: tuple[tuple[str, LeftAlone], ...] = ()
    could_not_read: tuple[Unseen, ...] = ()


def look_by_the_hour(aws: Aws, event: Tick, settings: Settings) -> GivenUp:
    """Every resource that Config leaves alone under a rule that is told of."""
    if none_is_told(settings):
        return GivenUp()
    found: list[tuple[str, LeftAlone]] = []
    blind: list[Unseen] = []
    for rule in read_or_note(blind, "which rules AWS Config has", (), _rules, aws, event.region):
        if is_told(rule, settings):
            what = f"what AWS Config leaves alone under {rule}"
            left = read_or_note(blind, what, (), _left_bad, aws, event.region, rule)
            found += [(rule, each) for each in left]
    return GivenUp(found=tuple(found), could_not_read=tuple(blind))


def _left_bad(aws: Aws, region: str, rule: str) -> tuple[LeftAlone, ...]:
    """What Config leaves alone and what isn't compliant still."""
    found = left_alone(aws, region, rule)
    return tuple(
        with_last_attempt(aws, region, rule, each)
        for each in found
        if says(aws, region, rule, each.kind, each.id) == NON_COMPLIANT
    )


def _rules(aws: Aws, region: str) -> list[str]:
    return [each["ConfigRuleName"] for each in tampering.rules_of(aws, region)]


def decide_by_the_hour(event: Tick, given_up: GivenUp, _now: datetime, _settings: Settings) -> Plan:
    """Report each once a week."""
    alerts = [config_gave_up(event.region, event.account, rule, each) for rule, each in given_up.found]
    if given_up.could_not_read:
        alerts.append(
            Alert(
                severity=Severity.MEDIUM,
                title="Whether AWS Config has given up on a resource could not be read",
                facts=tuple(("Could not look", str(each)) for each in given_up.could_not_read),
                quiet=Quiet(subject="left could not be read", seconds=24 * 3600),
            )
        )
    return Plan.alert(*alerts) if alerts else Plan.nothing()

"""Where every function begins: AWS woke it with events, or the HTTP side because a person asked something.

A rule's function begins here too: AWS Config asks it about a resource.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.remediation import Remediation
from chalicelib.runtime import answer as events
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.config_rule import ConfigRule

WOKEN = "trailwarden"  # the one field of what the HTTP side wakes a function with


def answer(remediation: Remediation, raw: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle a payload of Lambda's; returns the outcome of each event, or of the finding asked about."""
    finding = _asks_about(raw)
    return (
        events.answer(remediation, raw, context)
        if finding is None
        else _followed(finding, remediation, context)
    )


def evaluated(rule: "ConfigRule", raw: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer what AWS Config asks about a rule; returns how many resources are what."""
    from chalicelib.runtime import evaluations  # noqa: PLC0415 - no remediation's function pays for it

    return evaluations.evaluated(rule, raw, context)


def waking(finding: str) -> dict[str, Any]:
    """What the HTTP side wakes a function with; the instructions themselves are in the ledger."""
    return {WOKEN: {"finding": finding}}


def _asks_about(raw: Any) -> str | None:
    """The id of the finding that a person has asked something about; None where AWS woke the function."""
    named = raw.get(WOKEN) if isinstance(raw, Mapping) else None
    return str(named.get("finding", "")) if isinstance(named, Mapping) else None


def _followed(finding: str, remediation: Remediation, context: Any) -> dict[str, Any]:
    # What only people need: a cold start for an event should not pay for it.
    from chalicelib.runtime.people import People  # noqa: PLC0415 - see above

    outcome = People(finding, remediation, Settings.read(), events.AWS, context).follow()
    events.log.info(outcome, extra={"remediation": remediation.name, "finding": finding})
    return {"remediation": remediation.name, "events": [{"event": finding, "outcome": outcome}]}

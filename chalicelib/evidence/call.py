"""What an alert says of the call behind it: who made it, by which service, from where, with what, when."""

from collections.abc import Iterator

from chalicelib.events import ApiCallEvent
from chalicelib.wording import when

NOT_RECORDED = "not recorded"


def call_facts(event: ApiCallEvent) -> Iterator[tuple[str, str]]:
    """The facts of a call, the most important first."""
    yield "Who", event.actor.label
    if event.actor.session and not event.actor.role_delivery:  # EC2 names a session by its instance
        yield "Session", f"{event.actor.session}, as whoever assumed the role named it"
    if event.actor.invoked_by:
        yield "By way of", _by_way_of(event.actor.invoked_by)
    yield "From", event.source_ip or NOT_RECORDED
    yield "Agent", event.user_agent or NOT_RECORDED
    yield "When", when(event.at)
    yield "Account", event.account or NOT_RECORDED
    yield "Region", event.region or NOT_RECORDED
    yield "GuardDuty finding" if ":guardduty:" in event.key else "CloudTrail event", event.key


def failure_fact(event: ApiCallEvent) -> tuple[str, str]:
    """That a call failed, with AWS's code and message."""
    why = ": ".join(filter(None, (event.error_code, event.error_message)))
    return "Succeeded", f"no ({why})"


def _by_way_of(service: str) -> str:
    return f"CloudFormation ({service})" if service == "cloudformation.amazonaws.com" else service

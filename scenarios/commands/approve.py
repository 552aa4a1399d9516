"""`trailwarden approve ID`."""

import click

from scenarios.people.deciding import check_that_one_can_ask, decide, in_person
from scenarios.people.options import api_of, asks_first, check_id, for_people, one_sentence


@click.command()
@click.argument("identity", metavar="ID")
@click.option("--plan", default="", help="Go on only if the plan's name begins so; `show` prints it.")
@click.option("--reason", default="", help="Why; the alert and the finding will say it.")
@asks_first
@for_people
def command(  # noqa: PLR0917 - an option each
    identity: str,
    plan: str,
    reason: str,
    url: str,
    stack_name: str,
    region: str,
    profile: str | None,
    form: str,
    *,
    direct: bool,
    yes: bool,
) -> int:
    """Approve the plan of a finding.

    Shows the plan and asks. Then Trailwarden looks again: it carries the plan out if it is still the same,
    and tells you what differs if it is not. The person who did it can't approve. Where two people are needed,
    two different people must approve. --direct makes the calls itself, under your own name.

    Exits with 0 when it is done or your approval counts, 1 when the answer is no, 2 when it could not be
    asked or nobody knows yet.
    """
    check_that_one_can_ask("approve", dry=False, yes=yes)
    with one_sentence():
        check_id(identity)
        api = api_of(url, stack_name, region, profile, direct=direct)
        if direct:
            return in_person(api, "approve", api.plan(identity), dry=False, yes=yes)  # type: ignore[attr-defined]  # it is a Direct
        return decide(api, "approve", identity, plan=plan, reason=reason, yes=yes, form=form)

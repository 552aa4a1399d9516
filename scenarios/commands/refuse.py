"""`trailwarden refuse ID`."""

import click

from scenarios.people.deciding import decide
from scenarios.people.options import api_of, for_people, one_sentence


@click.command()
@click.argument("identity", metavar="ID")
@click.option("--plan", default="", help="Only if this is its plan: the first characters of its name.")
@click.option("--reason", default="", help="Why; it stands in the alert and in the finding.")
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
) -> int:
    """Refuse the plan of a finding: it is never carried out, and can't be approved any more.

    Who did it can't refuse. Exits with 0 when it is done or noted, 1 when it counts for nothing, 2 when it
    could not be asked.
    """
    with one_sentence():
        api = api_of(url, stack_name, region, profile, direct=direct)

        return decide(api, "refuse", identity, plan=plan, reason=reason, form=form)

"""`trailwarden refuse ID`."""

import click

from scenarios.people.api import ApiError
from scenarios.people.deciding import check_that_one_can_ask, decide
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
    """Refuse the plan of a finding: it is never carried out, and nobody can approve it any more.

    Shows the plan and asks. The person who did it can't refuse.

    Exits with 0 when it is done, 1 when the answer is no, 2 when it could not be asked or nobody knows yet.
    """
    check_that_one_can_ask("refuse", dry=False, yes=yes)
    with one_sentence():
        check_id(identity)
        if direct:
            raise ApiError("only the API notes decisions: nobody can refuse with --direct")
        api = api_of(url, stack_name, region, profile, direct=False)
        return decide(api, "refuse", identity, plan=plan, reason=reason, yes=yes, form=form)

"""`trailwarden undo ID`."""

import click

from scenarios.people.deciding import check_that_one_can_ask, decide, in_person
from scenarios.people.options import api_of, asks_first, check_id, for_people, one_sentence


@click.command()
@click.argument("identity", metavar="ID")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and what prevents it; do nothing.")
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
    dry_run: bool,
    direct: bool,
    yes: bool,
) -> int:
    """Undo what Trailwarden did about a finding: the undo of each call, the last call first.

    Shows what it would do and what can't come back, and asks. It does nothing where something is no longer
    as Trailwarden made it. --direct makes the calls itself, under your own name, and doesn't look first.

    Exits with 0 when it is done, 1 when the answer is no, 2 when it could not be asked or nobody knows yet.
    """
    check_that_one_can_ask("undo", dry=dry_run, yes=yes)
    with one_sentence():
        check_id(identity)
        api = api_of(url, stack_name, region, profile, direct=direct)
        if direct:
            return in_person(api, "undo", api.undos(identity), dry=dry_run, yes=yes)  # type: ignore[attr-defined]  # it is a Direct
        return decide(api, "undo", identity, plan=plan, reason=reason, dry=dry_run, yes=yes, form=form)

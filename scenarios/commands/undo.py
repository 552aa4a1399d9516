"""`trailwarden undo ID`."""

import click

from scenarios.people.deciding import decide, in_person
from scenarios.people.options import api_of, for_people, one_sentence


@click.command()
@click.argument("identity", metavar="ID")
@click.option(
    "--dry-run", is_flag=True, help="Only say what would be done, and whether something stands against it."
)
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
    dry_run: bool,
    direct: bool,
) -> int:
    """Undo what Trailwarden did about a finding: the undo of each call, the last one first.

    It is refused where something is no longer as Trailwarden made it. What can't come back is said before.
    --direct makes the calls itself, under your own name, and doesn't look. Exits with 0 when it is done or
    noted, 1 when it counts for nothing, 2 when it could not be asked.
    """
    with one_sentence():
        api = api_of(url, stack_name, region, profile, direct=direct)
        if direct:
            return in_person(api, api.undos(identity), dry=dry_run)  # type: ignore[attr-defined]  # it is a Direct
        return decide(api, "undo", identity, plan=plan, reason=reason, dry=dry_run, form=form)

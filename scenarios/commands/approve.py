"""`trailwarden approve ID`."""

import click

from scenarios.people.deciding import decide, in_person
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
    """Approve the plan of a finding: it is decided anew from fresh facts, and carried out if it is the same.

    A plan that differs by now is shown, and waits for a new approval. Who did it can't approve; where two are
    needed, two different people have to. --direct makes the calls itself, under your own name. Exits with 0
    when it is done or noted, 1 when it counts for nothing, 2 when it could not be asked.
    """
    with one_sentence():
        api = api_of(url, stack_name, region, profile, direct=direct)
        if direct:
            return in_person(api, api.plan(identity), dry=False)  # type: ignore[attr-defined]  # it is a Direct
        return decide(api, "approve", identity, plan=plan, reason=reason, form=form)

"""`trailwarden show ID`: everything about one finding."""

import json

import click

from scenarios.people.answers import finding
from scenarios.people.options import api_of, for_people, one_sentence, path_of
from scenarios.people.show import page


@click.command()
@click.argument("identity", metavar="ID")
@for_people
def command(  # noqa: PLR0917 - an option each
    identity: str,
    url: str,
    stack_name: str,
    region: str,
    profile: str | None,
    form: str,
    *,
    direct: bool,
) -> int:
    """Show one finding: facts, plan, what was done, who decided, and how to approve or undo it.

    An alert has its ID in the line "Finding ID".

    Exits with 0, 1 when there is no such finding, 2 when it could not be asked.
    """
    with one_sentence():
        path = path_of(identity)
        found = finding(api_of(url, stack_name, region, profile, direct=direct).get(path))
    for line in [json.dumps(found)] if form == "json" else page(found):
        click.echo(line)
    return 0

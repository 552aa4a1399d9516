"""`trailwarden show ID`: everything about one finding."""

import json

import click

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
    """Show one finding: its facts, its plan, what was done and told, who decided, how to approve or undo it.

    ID is what an alert ends with. Exits with 0, and with 2 where there is no such finding.
    """
    with one_sentence():
        found = api_of(url, stack_name, region, profile, direct=direct).get(path_of(identity))
    for line in [json.dumps(found)] if form == "json" else page(found):
        click.echo(line)
    return 0

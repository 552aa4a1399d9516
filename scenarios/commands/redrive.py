"""`trailwarden redrive`: the dead letters with the reason of each, and sending them again."""

import json

import click

from chalicelib.wording import safe
from scenarios.people.options import api_of, as_lines, for_people, one_sentence
from scenarios.people.show import letters


@click.command()
@click.argument("ids", metavar="[ID...]", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Send all of them again.")
@for_people
def command(  # noqa: PLR0917 - an option each
    ids: tuple[str, ...],
    url: str,
    stack_name: str,
    region: str,
    profile: str | None,
    form: str,
    *,
    everything: bool,
    direct: bool,
) -> int:
    """Show the dead letters, each with the reason; with IDs or --all, send those again.

    A letter goes to the function, or the queue, that it was for, and is taken away once it is sent. An event
    that was handled meanwhile is handled once. Exits with 0, with 1 where one could not be sent, and with 2
    where the letters could not be read.
    """
    if ids and everything:
        raise click.UsageError("name dead letters, or say --all, not both")
    with one_sentence():
        api = api_of(url, stack_name, region, profile, direct=direct)
        if not ids and not everything:
            listed = api.get("/dead-letters")["dead_letters"]
            for line in as_lines(listed) if form == "json" else letters(listed):
                click.echo(line)
            if not listed:
                click.echo("there are no dead letters", err=True)
            return 0
        answer = api.post("/dead-letters/redrive", {"all": True} if everything else {"ids": list(ids)})
    if form == "json":
        click.echo(json.dumps(answer))
    else:
        click.echo(f"sent again: {len(answer['sent'])}")
        for letter, why in answer["not_sent"].items():
            click.echo(f"not sent: {safe(letter)}: {safe(why)}")
    return 1 if answer["not_sent"] else 0

"""`trailwarden redrive`: the dead letters with the reason of each, and sending them again."""

import json
import re

import click

from chalicelib.wording import safe
from scenarios.people import answers
from scenarios.people.options import api_of, as_lines, for_people, one_sentence
from scenarios.people.show import letters

# Of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
_AN_ID = re.compile(r"[A-Za-z0-9-]{1,100}", re.ASCII)


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
    """Show the dead letters, each with the reason. With IDs or --all: send those again.

    Each letter goes to the function or queue that it was meant for, and leaves the dead letters once it is
    sent. It doesn't ask first: Trailwarden handles an event once, however often it is sent.

    Exits with 0 when it is done, 1 when a letter could not be sent, 2 when it could not be asked. While
    somebody else reads letters, SQS hides them: then it says how many more there are.
    """
    if ids and everything:
        raise click.UsageError("name dead letters, or say --all, not both")
    for strange in (each for each in ids if not _AN_ID.fullmatch(each)):
        raise click.UsageError(
            f"{safe(strange, 60)!r} is no dead letter's id; trailwarden redrive lists them"
        )
    with one_sentence():
        api = api_of(url, stack_name, region, profile, direct=direct)
        if not ids and not everything:
            answer = answers.letters(api.get("/dead-letters"))
            listed = answer["dead_letters"]
            for line in as_lines(listed) if form == "json" else letters(listed):
                click.echo(line)
            if not listed and not answer["hidden"]:
                click.echo("there are no dead letters", err=True)
            _tell_hidden(answer["hidden"])
            return 0
        asked = {"all": True} if everything else {"ids": list(ids)}
        answer = answers.redriven(api.post("/dead-letters/redrive", asked))
    if form == "json":
        click.echo(json.dumps(answer))
    else:
        click.echo(f"sent again: {len(answer['sent'])}")
        for letter, why in answer["not_sent"].items():
            click.echo(f"not sent: {safe(letter)}: {safe(why)}")
    _tell_hidden(answer["hidden"])
    return 1 if answer["not_sent"] or (everything and answer["hidden"]) else 0


def _tell_hidden(count: int) -> None:
    """That some can't be seen: SQS hides a letter while somebody reads it, and for a minute if that fails."""
    if count:
        click.echo(f"{count} more can't be read just now; try again in a minute", err=True)

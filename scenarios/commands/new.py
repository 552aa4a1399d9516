"""`trailwarden new`: the files a remediation begins with, ready to be run and rewritten."""

import click

from scenarios.packaging.start import KINDS, PROJECT, CannotStart, beginning, completed, put
from scenarios.runner.show.terminal import beside_the_command


@click.command()
@click.argument("name")
@click.option("--on", type=click.Choice(KINDS), required=True, help="What wakes it.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
def command(name: str, on: str, *, dry_run: bool) -> int:
    """Begin the remediation NAME: its module, its scenarios, its function, its line in the catalogue.

    What is generated from these is brought up to date. An example stands in the two modules; `pytest
    scenarios -k NAME` runs it at once, and fails with what is to be written next. All is written or nothing,
    and no file of yours is overwritten.
    """
    try:
        files = completed(PROJECT, beginning(PROJECT, name, on))
        there = {path for path in files if (PROJECT / path).exists()}
        if not dry_run:
            put(PROJECT, files)
    except CannotStart as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise click.UsageError(f"{error.filename or PROJECT}: {why}; nothing was written") from error
    wrote, changed = ("would write", "would change") if dry_run else ("wrote", "changed")
    for path in files:
        click.echo(f"{changed if path in there else wrote:<12}  {path}")
    if not dry_run:
        click.echo(
            f"\nNext: {beside_the_command('pytest')} scenarios -k {name}\n"
            "It fails where there is work to do; docs/writing-a-remediation.md goes through it step by step."
        )
    return 0

"""`trailwarden doctor`: holds a deployed account against what the stack promises."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from scenarios.commands.account import clients_of
from scenarios.commands.common_options import formatted
from scenarios.doctor.asking import Asker, Clients
from scenarios.doctor.examine import examine
from scenarios.doctor.finding import DoctorFinding
from scenarios.doctor.mending import mend
from scenarios.doctor.report import as_json, as_text, exit_code


@click.command()
@click.option("--stack-name", default="trailwarden", show_default=True, help="The stack's name.")
@click.option("--region", default="", help="The stack's home region; the profile's, if not given.")
@click.option("--profile", help="A profile of the AWS configuration.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without breaking anything.")
@click.option("--yes", is_flag=True, help="With --fix: don't ask before each change.")
@formatted
def command(stack_name: str, region: str, profile: str | None, *, fix: bool, yes: bool, form: str) -> int:
    """Compare a deployed account with what the stack promises, and say what is not watched.

    Looks at the stack and all of its parts, the trail and its bucket, the other regions, and who may audit.
    Reads only. --fix shows each change before it makes it, and makes only changes that can't be against
    somebody's intention; for all others it prints the command.

    Exits with 0 when all is well, 1 when something is unwatched, and 2 when something could not be read.
    """
    if fix and not yes and not sys.stdin.isatty():
        raise click.UsageError("--fix asks before each change; without a terminal it wants --yes as well")
    clients, home = clients_of(profile, region, names="the home region of the stack")
    return run(clients, home, stack_name, fix=fix, yes=yes, form=form)


def run(clients: Clients, region: str, stack_name: str, *, fix: bool, yes: bool, form: str) -> int:
    """Examine, mend if asked, and tell; returns the exit code."""
    found = _examined(clients, region, stack_name)
    if fix and mend(found, clients, _say, lambda change: _agreed(change, yes=yes)):
        found = _examined(clients, region, stack_name)
    _tell(found, form)
    return exit_code(found)


def _examined(clients: Clients, region: str, stack_name: str) -> tuple[DoctorFinding, ...]:
    """Ask everything; a terminal shows each question."""
    if not sys.stderr.isatty():
        return examine(Asker(clients, region), stack_name, datetime.now(UTC))
    try:
        asker = Asker(clients, region, lambda question: _progress(f"asking {question}"))
        return examine(asker, stack_name, datetime.now(UTC))
    finally:
        _progress("")


def _progress(words: str) -> None:
    click.echo(f"\r{words:<60}\r", nl=False, err=True)


def _tell(findings: Sequence[DoctorFinding], form: str) -> None:
    for line in map(as_json, findings) if form == "json" else as_text(findings):
        click.echo(line)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _agreed(change: str, *, yes: bool) -> bool:
    click.echo(f"  {change}", err=True)
    return yes or click.confirm("  do it?", err=True)

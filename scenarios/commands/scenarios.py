"""`trailwarden scenarios`: every incident that can be rehearsed, by name."""

import json
import sys

import click

from chalicelib.catalog import CATALOG
from scenarios.commands.common_options import formatted
from scenarios.runner.library import library, unreadable
from scenarios.runner.scenario import Scenario
from scenarios.runner.show.terminal import Terminal

UNREADABLE = 2


@click.command()
@formatted
def command(form: str) -> int:
    """List every scenario: its name, the remediation it proves, what it tells.

    `trailwarden run NAME` rehearses one. Exits with 2 when a module of scenarios can't be read.
    """
    rows = [(scenario, _remediation(scenario)) for scenario in library()]
    if form == "json":
        for scenario, remediation in rows:
            line = {"name": scenario.name, "title": scenario.title, "remediation": remediation or None}
            click.echo(json.dumps(line))
    else:
        _tell(rows)
    tell_unreadable()
    return UNREADABLE if unreadable() else 0


def tell_unreadable() -> None:
    """Say on standard error which modules the library had to leave out, a line each."""
    for sentence in unreadable():
        click.echo(f"trailwarden: {sentence}", err=True)


def _remediation(scenario: Scenario) -> str:
    name = scenario.name.partition(".")[0]
    return name if name in {remediation.name for remediation in CATALOG} else ""


def _tell(rows: list[tuple[Scenario, str]]) -> None:
    terminal = Terminal(sys.stdout)
    names = max((len(scenario.name) for scenario, _ in rows), default=0)
    remediations = max((len(remediation) for _, remediation in rows), default=0)
    for scenario, remediation in rows:
        head = f"{scenario.name:<{names}}  {remediation or '-':<{remediations}}  "
        terminal.wrapped(head, scenario.title)

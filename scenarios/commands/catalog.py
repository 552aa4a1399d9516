"""`trailwarden catalog`: every remediation, what it may touch, what proves it. It makes no AWS call."""

import json
import sys
from collections.abc import Iterable, Iterator

import click

from chalicelib.catalog import CATALOG
from chalicelib.http.page import does, trigger_in_words
from chalicelib.remediation import Grant, Remediation
from scenarios.commands.common_options import formatted
from scenarios.commands.scenario_names import scenarios_of
from scenarios.runner.show.terminal import Terminal

_LABEL_WIDTH = 9


@click.command()
@formatted
def command(form: str) -> int:
    """Show every remediation: what wakes it, whether it acts, what it may touch and why, what proves it."""
    if form == "json":
        for each in CATALOG:
            click.echo(json.dumps(_as_json(each)))
        return 0
    terminal = Terminal(sys.stdout)
    for each in CATALOG:
        _tell(terminal, each)
    return 0


def _tell(terminal: Terminal, remediation: Remediation) -> None:
    terminal.print((remediation.name, "bold"), "  ", remediation.title)
    before = ""
    for label, words in _rows(remediation):
        terminal.wrapped(f"  {label if label != before else '':<{_LABEL_WIDTH}}  ", words)
        before = label
    terminal.print()


def _as_json(remediation: Remediation) -> dict[str, object]:
    return {
        "name": remediation.name,
        "title": remediation.title,
        "triggers": [trigger_in_words(trigger) for trigger in remediation.triggers],
        "does": does(remediation),
        "grants": [
            {
                "action": grant.action,
                "resource": grant.resource,
                "because": grant.because,
                "acting": grant.acting,
                "only": [list(each) for each in grant.only],
            }
            for grant in remediation.grants
        ],
        "scenarios": scenarios_of(remediation.name),
        "controls": list(remediation.controls),
        "managed_rules": list(remediation.managed_rules),
    }


def _rows(remediation: Remediation) -> Iterator[tuple[str, str]]:
    for trigger in remediation.triggers:
        yield "trigger", trigger_in_words(trigger)
    yield "does", "sends alerts, and acts where its mode allows it" if remediation.acts else "sends alerts"
    if not remediation.grants:
        yield "may", "nothing but send alerts and write to the ledger"
    for grants in _alike(remediation.grants):
        first = grants[0]
        when = " where its mode lets it act" if first.acting else ""
        only = "".join(f" if {key} is {value}" for _, key, value in first.only)
        because = f": {first.because}" if first.because else ""
        yield "may", f"{' '.join(grant.action for grant in grants)} on {first.resource}{only}{when}{because}"
    names = scenarios_of(remediation.name)
    yield "proved by", f"trailwarden run '{remediation.name}*' ({_counted(len(names), 'scenario')})"
    if remediation.controls:
        yield "controls", ", ".join(remediation.controls)
    if remediation.managed_rules:
        yield "so before", f"AWS Config's {', '.join(remediation.managed_rules)}"


def _alike(grants: Iterable[Grant]) -> list[list[Grant]]:
    """Grants that differ in nothing but their action, together."""
    groups: dict[tuple[object, ...], list[Grant]] = {}
    for grant in grants:
        groups.setdefault((grant.resource, grant.because, grant.acting, grant.only), []).append(grant)
    return list(groups.values())


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

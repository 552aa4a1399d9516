"""`trailwarden replay`: what the deployed stack would do about existing CloudTrail records."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from chalicelib.wording import safe
from scenarios.runner.replay.record_files import FoundRecord, NotARecord, read
from scenarios.runner.show.progress import progress

if TYPE_CHECKING:
    from scenarios.runner.replay.replay import Replayed

_WIDEST_PLACE = 40
_LONGEST_TITLE = 200


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Shape."
)
def command(files: Sequence[str], form: str) -> int:
    """Put real CloudTrail records through the deployed rules and handlers, on the simulated AWS.

    A FILE is a log file of CloudTrail ({"Records": [...]}), as .json or .json.gz, JSON lines, EventBridge
    events, or one record; '-' is standard input. Nothing is changed in any account: it shows which alerts
    would be sent and which calls made. Exits with 2 if something in the files was no record, after all others
    were tried.
    """
    found, complaints = _all(files)
    for complaint in complaints:
        click.echo(f"trailwarden: {complaint}", err=True)
    replayed = _replayed(found) if found else []
    for each in replayed:
        for name, why in each.failed.items():
            click.echo(f"trailwarden: {each.found.where}: {name} could not handle it: {safe(why)}", err=True)
    if form == "json":
        for each in replayed:
            click.echo(json.dumps(each.as_json()))
    elif found:
        _tell(replayed, len(complaints))
    return 2 if complaints or any(each.failed for each in replayed) else 0


def _replayed(found: Sequence[FoundRecord]) -> "list[Replayed]":
    # Imported here: --help and completion should not wait for moto.
    from scenarios.runner.replay.replay import replay  # noqa: PLC0415 - see above

    with progress() as line:
        line.say("provisioning the simulated AWS")
        return replay(found, lambda done: line.say(f"{done} of {len(found)} records"))


def _all(files: Iterable[str]) -> tuple[list[FoundRecord], list[NotARecord]]:
    found: list[FoundRecord] = []
    complaints: list[NotARecord] = []
    for name in files:
        for each in read(name):
            if isinstance(each, FoundRecord):
                found.append(each)
            else:
                complaints.append(each)
    return found, complaints


def _tell(replayed: "Sequence[Replayed]", unread: int) -> None:
    """A line for each record that fired, what would be done below it, and how many of each at the end."""
    firing = [each for each in replayed if each.fired]
    places = min(max((len(each.found.where) for each in firing), default=0), _WIDEST_PLACE)
    names = max((len(name) for each in firing for name in each.fired), default=0)
    for each in firing:
        for name, outcome in each.fired.items():
            finding = each.plans.get(name)
            alerts = [f"{alert.severity}: {alert.title}" for alert in finding.plan.alerts] if finding else []
            for title in alerts or [outcome]:
                click.echo(f"{each.found.where:<{places}}  {name:<{names}}  {safe(title, _LONGEST_TITLE)}")
            for call in finding.plan.calls if finding else ():
                click.echo(f"{'':<{places}}  {'':<{names}}  would do: {safe(str(call))}")
    if firing:
        click.echo()
    click.echo(_counts(replayed, unread))


def _counts(replayed: "Sequence[Replayed]", unread: int) -> str:
    fired = Counter(name for each in replayed for name in each.fired)
    silent = sum(each.carried and not (each.fired or each.duplicate or each.failed) for each in replayed)
    parts = [f"{count} fired {name}" for name, count in fired.items()]
    parts += [f"{silent} fired nothing"]
    rest = {
        "duplicate": sum(each.duplicate for each in replayed),
        "of a kind that EventBridge does not carry": sum(not each.carried for each in replayed),
        "could not be handled": sum(bool(each.failed) for each in replayed),
        "no record": unread,
    }
    parts += [f"{count} {words}" for words, count in rest.items() if count]
    return f"{len(replayed)} record{'' if len(replayed) == 1 else 's'}: {', '.join(parts)}."

"""`trailwarden dashboard`: a dashboard of CloudWatch as one page, of an account or after a scenario."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.wording import safe
from scenarios.commands.account import clients_of
from scenarios.dashboards.account import Clients, source
from scenarios.dashboards.body import InvalidBody, read
from scenarios.dashboards.page import Page, page

OUTPUT = "DashboardName"


@click.command()
@click.argument("name", required=False)
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The page to write."
)
@click.option(
    "--scenario",
    default="",
    metavar="NAME",
    help="Run this scenario, and draw what its dashboard shows at the end.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="With --scenario: the seed.")
@click.option(
    "--stack-name",
    default="trailwarden",
    show_default=True,
    help="The stack whose dashboard it is, if no NAME is given.",
)
@click.option("--region", default="", help="The region; the profile's, if not given.")
@click.option("--profile", help="A profile of the AWS configuration.")
def command(
    name: str | None,
    out: Path,
    *,
    scenario: str,
    seed: int,
    stack_name: str,
    region: str,
    profile: str | None,
) -> int:
    """Draw a dashboard of CloudWatch's as one page of HTML that needs nothing else.

    NAME is the dashboard; without it, the stack's own. Of a real account it asks GetDashboard, GetMetricData,
    DescribeAlarms and, for log widgets, StartQuery, which AWS charges for. What can't be drawn says so in its
    place. Exits with 2 if there is no such dashboard, or a widget could not be drawn.
    """
    if scenario:
        if region or profile:
            raise click.UsageError("--scenario runs on the simulated AWS; leave --region and --profile out")
        return _written(out, _rehearsed(scenario, name, seed))
    return _written(out, _of_account(name, stack_name, region, profile))


def _written(out: Path, found: Page) -> int:
    try:
        out.write_text(found.text, "utf-8")
    except OSError as error:
        raise click.ClickException(f"could not write {out}: {error.strerror}") from error
    for each in found.undrawn:
        click.echo(f"trailwarden: not drawn: {safe(each, 400)}", err=True)
    return 2 if found.undrawn else 0


def _of_account(name: str | None, stack_name: str, region: str, profile: str | None) -> Page:
    clients, home = clients_of(profile, region)
    try:
        named = name or _of_stack(clients("cloudformation", home), stack_name)
        told = source(clients, lambda: time.sleep(1))
        return _drawn(clients, home, named, told, datetime.now(UTC))
    except (BotoCoreError, ClientError) as error:
        raise click.ClickException(str(error)) from error


def _of_stack(cloudformation: Any, stack_name: str) -> str:
    (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    named = [each["OutputValue"] for each in stack.get("Outputs", ()) if each["OutputKey"] == OUTPUT]
    if not named:
        raise click.UsageError(f"the stack {stack_name} has no output {OUTPUT}; name a dashboard")
    return str(named[0])


def _drawn(clients: Clients, region: str, name: str, told: Any, now: datetime) -> Page:
    text = clients("cloudwatch", region).get_dashboard(DashboardName=name)["DashboardBody"]
    try:
        return page(name, read(text), told, now)
    except (InvalidBody, ValueError) as error:
        raise click.ClickException(f"the dashboard {name}: {error}") from error


def _rehearsed(scenario: str, name: str | None, seed: int) -> Page:
    """The dashboard at the end of a scenario."""
    from scenarios.cloud.kernel.errors import NotSimulated  # noqa: PLC0415 - it loads the simulated AWS
    from scenarios.runner.library import UnknownScenario, UnreadableModule, named  # noqa: PLC0415 - likewise
    from scenarios.runner.run import run  # noqa: PLC0415 - likewise

    try:
        found = named([scenario])
    except (UnknownScenario, UnreadableModule) as error:
        raise click.UsageError(str(error)) from error
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise click.UsageError(f"--scenario takes one of them: {names}")
    pages: list[Page] = []

    def look(world: Any) -> None:
        reader = world.user("reader")
        made: Callable[[str, str], Any] = lambda service, region: world.client(reader, service, region)  # noqa: E731
        board = name or world.home.resources["Dashboard"].physical_id
        with world.calls.aloud():
            told = source(made, lambda: world.run(1), NotSimulated)
            pages.append(_drawn(made, world.deployment.home, board, told, world.clock.now))

    try:
        run(found[0], seed=seed, before_leaving=look)
    except ClientError as error:
        raise click.ClickException(str(error)) from error
    return pages[0]

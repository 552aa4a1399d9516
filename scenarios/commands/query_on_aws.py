"""The part of `trailwarden query` that has AWS's own engines answer: `--on-aws`, with the price first."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from chalicelib.wording import safe
from scenarios.commands.account import clients_of
from scenarios.commands.answer_rows import counted, print_rows
from scenarios.commands.caret import caret
from scenarios.commands.record_options import INTERRUPTED
from scenarios.on_aws.answers import Engine, NoAnswer
from scenarios.records.sources import Range

_FOR_INSIGHTS = "--log-group"
_FOR_ATHENA = ("--database", "--workgroup", "--output")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAws:
    """The options that say what AWS is asked of, and as whom."""

    groups: tuple[str, ...]
    regions: tuple[str, ...]
    profile: str | None
    database: str
    workgroup: str
    output: str
    yes: bool

    @property
    def given(self) -> list[str]:
        """Those that are there, as they are typed."""
        values = {
            _FOR_INSIGHTS: self.groups,
            "--region": self.regions,
            "--profile": self.profile,
            "--database": self.database,
            "--workgroup": self.workgroup,
            "--output": self.output,
            "--yes": self.yes,
        }
        return [name for name, value in values.items() if value]

    def only(self, allowed: Sequence[str], language: str) -> None:
        """Raises UsageError for an option that is of the other language."""
        wrong = [each for each in self.given if each not in (*allowed, "--region", "--profile", "--yes")]
        if wrong:
            raise click.UsageError(f"{wrong[0]} is not for {language}")


def on_aws_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --on-aws and what it takes."""
    options = (
        click.option("--on-aws", is_flag=True, help="Have Logs Insights or Athena answer; it costs money."),
        click.option(
            _FOR_INSIGHTS,
            "groups",
            multiple=True,
            metavar="NAME|ARN",
            help="On AWS: a log group, up to 50 times; one of a linked account by its ARN.",
        ),
        click.option(
            "--region", "regions", multiple=True, help="On AWS: the region; for Logs Insights also several."
        ),
        click.option("--profile", help="On AWS: a profile of the AWS configuration."),
        click.option("--database", default="", help="On AWS, for SQL: the database.  [default: default]"),
        click.option("--workgroup", default="", help="On AWS, for SQL: the work group.  [default: primary]"),
        click.option(
            "--output", default="", metavar="S3-URL", help="On AWS, for SQL: where the answer is written."
        ),
        click.option("--yes", is_flag=True, help="On AWS: don't ask before a query that costs money."),
    )
    for each in reversed(options):
        command = each(command)
    return command


def insights(text: str, options: OnAws, within: Range, limit: int | None, form: str) -> int:
    """Have Logs Insights answer; returns the exit code."""
    from scenarios.on_aws import insights as engine  # noqa: PLC0415 - --help should not wait for botocore

    options.only([_FOR_INSIGHTS], "the language of Logs Insights")
    if within.since is None:
        raise click.UsageError("--on-aws wants --since: Logs Insights costs by the bytes of that time")
    has_source = text.lstrip().lower().startswith("source")
    if not options.groups and not has_source:
        raise click.UsageError("--on-aws wants --log-group, or a query that begins with SOURCE")
    regions = tuple(engine.regions_of(options.groups, options.regions))
    clients, home = clients_of(options.profile, next(iter(regions), None))
    regions = regions or (home,)
    if len(options.groups) > engine.MOST_GROUPS:
        raise click.UsageError(f"Logs Insights takes {engine.MOST_GROUPS} log groups at once")
    idle = [each for each in regions if not has_source and not engine.groups_in(options.groups, each)]
    if idle:
        raise click.UsageError(f"no log group is named for {idle[0]}")
    asked = engine.Insights(
        clients=clients,
        text=text,
        groups=options.groups,
        regions=regions,
        since=within.since,
        until=within.until or datetime.now(UTC),
        limit=limit,
    )
    return _answered(asked, text, form, yes=options.yes, absent_is_null=False)


def athena(text: str, options: OnAws, form: str) -> int:
    """Have Athena answer; returns the exit code."""
    from scenarios.on_aws import athena as engine  # noqa: PLC0415 - see above

    options.only(_FOR_ATHENA, "SQL")
    clients, home = clients_of(options.profile, next(iter(options.regions), None))
    if len(options.regions) > 1:
        raise click.UsageError("Athena is asked in one region at a time")
    asked = engine.Athena(
        clients=clients,
        text=text,
        region=home,
        database=options.database or engine.DEFAULT,
        workgroup=options.workgroup or "primary",
        output=options.output,
    )
    return _answered(asked, text, form, yes=options.yes, absent_is_null=True)


def _answered(engine: Engine, text: str, form: str, *, yes: bool, absent_is_null: bool) -> int:
    if not yes and not _is_terminal():
        raise click.UsageError("--on-aws asks before it costs; without a terminal it wants --yes as well")
    click.echo(f"trailwarden: {safe(engine.estimate().words, 600)}", err=True)
    if not yes and not click.confirm("  ask AWS?", err=True):
        return 0
    try:
        found = engine.ask()
    except NoAnswer as error:
        click.echo(f"trailwarden: {safe(str(error), 1000)}", err=True)
        for line in caret(text, error.start) if error.start is not None else ():
            click.echo(f"  {line}", err=True)
        return 2
    except KeyboardInterrupt:
        click.echo("trailwarden: interrupted; the query was stopped", err=True)
        return INTERRUPTED
    print_rows(found.names, found.rows, form, absent_is_null=absent_is_null)
    click.echo(f"{counted(len(found.rows), 'row')}; {found.words}", err=True)
    return 0


def _is_terminal() -> bool:
    return sys.stdin.isatty()

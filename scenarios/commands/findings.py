"""`trailwarden findings`: what was found, newest first."""

import re
from datetime import UTC, datetime, timedelta

import click

from chalicelib.remediation import Severity
from chalicelib.wording import safe
from scenarios.people import answers
from scenarios.people.options import api_of, as_lines, for_people, one_sentence
from scenarios.people.show import rows

_AGO = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@click.command()
@click.option(
    "--since", default="", help="Only since this time (2026-03-01T00:00:00Z), or of the last 30m, 24h, 7d."
)
@click.option(
    "--severity",
    type=click.Choice([each.lower() for each in Severity], case_sensitive=False),
    help="Only of this severity or higher.",
)
@click.option("--actor", default="", help="Only of principals whose ARN holds this text.")
@click.option("--remediation", default="", help="Only of this remediation.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many at most.")
@click.option("--before", default="", help="The next page: the text that the page before ended with.")
@for_people
def command(  # noqa: PLR0917 - an option each
    since: str,
    severity: str | None,
    actor: str,
    remediation: str,
    limit: int,
    before: str,
    url: str,
    stack_name: str,
    region: str,
    profile: str | None,
    form: str,
    *,
    direct: bool,
) -> int:
    """List what was found, the newest first: when, how severe, what became of it, who did it.

    Asks the stack's API, signed with your AWS credentials: you need execute-api:Invoke on it.

    Exits with 0, also when nothing was found, and 2 when it could not be asked.
    """
    query = {
        "since": _since(since, datetime.now(UTC)),
        "severity": (severity or "").upper(),
        "actor": actor,
        "remediation": remediation,
        "before": before,
        "limit": str(limit),
    }
    with one_sentence():
        api = api_of(url, stack_name, region, profile, direct=direct)
        asked = {name: value for name, value in query.items() if value}
        answer = answers.findings(api.get("/findings", asked))
    found = answer["findings"]
    for line in as_lines(found) if form == "json" else rows(found):
        click.echo(line)
    if not found:
        click.echo("nothing was found", err=True)
    if answer["next"]:
        click.echo(f"there are more: add --before '{safe(answer['next'])}'", err=True)
    return 0


def _since(text: str, now: datetime) -> str:
    """As the API takes it."""
    ago = _AGO.fullmatch(text)
    if ago:
        return (now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})).isoformat()
    if text:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise click.UsageError(f"--since {text!r} is neither a time nor a span such as 24h") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return ""

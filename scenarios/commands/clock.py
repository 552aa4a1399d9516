"""`trailwarden clock`: the time of the simulated AWS that `trailwarden serve` serves."""

import http.client
import json
import os
from typing import Any
from urllib.parse import urlsplit

import click

URL = "AWS_ENDPOINT_URL"
_HERE = "http://127.0.0.1:4566"
_SECONDS = 600  # a year of simulated time takes a while


_url = click.option("--url", default="", help=f"Where the world is served. Default: {URL}, or {_HERE}.")


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Ask for the time of a served world, or move it."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command()
@_url
def now(url: str) -> int:
    """Print the simulated time."""
    return _told(_asked(url, "GET", None))


@command.command()
@click.argument("span", metavar="SPAN")
@_url
def advance(span: str, url: str) -> int:
    """Move the clock on by a span, such as 90s, 5m, 1h30m, 2d.

    Everything that is due in that time happens.
    """
    return _told(_asked(url, "POST", {"advance": span}))


@command.command()
@click.argument("moment", metavar="idle|MOMENT")
@_url
def until(moment: str, url: str) -> int:
    """Move the clock on to a moment, or until nothing happens (idle).

    Idle means that nothing follows any more from what clients asked for. Exits with 1 when something still
    follows after six hours.
    """
    return _told(_asked(url, "POST", {"until": moment}))


def _told(answer: dict[str, Any]) -> int:
    click.echo(answer["now"])
    return 0 if answer.get("idle", True) else 1


def _asked(url: str, method: str, body: dict[str, str] | None) -> dict[str, Any]:
    where = url or os.environ.get(URL, "") or _HERE
    split = urlsplit(where)
    if split.scheme != "http" or not split.hostname:
        raise click.ClickException(f"{where!r} is no URL of a served world: it begins with http://")
    connection = http.client.HTTPConnection(split.hostname, split.port or 80, timeout=_SECONDS)
    try:
        connection.request(method, "/_world/clock", json.dumps(body) if body else None)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except OSError as error:
        raise click.ClickException(f"nothing is served at {where}: {error.strerror or error}") from error
    except (http.client.HTTPException, ValueError) as error:
        raise click.ClickException(f"what answers at {where} is no served world") from error
    finally:
        connection.close()
    if not isinstance(answer, dict) or (response.status < 400 and "now" not in answer):
        raise click.ClickException(f"what answers at {where} is no served world")
    if response.status >= 400:
        raise click.ClickException(str(answer.get("message", f"HTTP {response.status}")))
    return answer

"""`trailwarden serve`."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from scenarios.commands.serve_options import options


@click.command()
@options
def command(  # noqa: PLR0917 - an option each
    host: str,
    port: int,
    template: Path | None,
    code: Path | None,
    parameters: Mapping[str, str],
    region: str,
    speed: float,
    start: datetime | None,
    seed: int,
    state: Path | None,
    *,
    empty: bool,
    frozen: bool,
    verify: bool,
) -> int:
    """Serve the simulated AWS over HTTP, for the AWS CLI, boto3 and any other client.

    Point a client at it with AWS_ENDPOINT_URL=http://127.0.0.1:4566. Trailwarden's own stack stands in it, or
    --template's, or none (--empty). The page at that address shows what happens; `trailwarden clock` moves
    time. Ctrl-C ends it; what was in it is gone, unless --state keeps it.
    """
    # Imported here: --help should not wait for moto.
    from scenarios.serve.serving import CannotServe, Wanted, serve  # noqa: PLC0415 - see above

    if empty and template is not None:
        raise click.UsageError("--empty and --template exclude each other")
    if code is not None and template is None:
        raise click.UsageError("--code is the folder of --template's functions; there is no --template")
    if parameters and empty:
        raise click.UsageError("--parameter is for a stack; with --empty there is none")
    wanted = Wanted(
        host=host,
        port=port,
        template="empty" if empty else template,
        code=code,
        parameters=parameters,
        region=region,
        speed=0 if frozen else speed,
        start=start,
        seed=seed,
        state=state,
        verify=verify,
    )
    try:
        serve(wanted, lambda line: click.echo(line, err=True))
    except CannotServe as error:
        raise click.ClickException(str(error)) from error
    return 0

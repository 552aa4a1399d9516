"""The options of `trailwarden serve`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import click

DEFAULT_PORT = 4566  # where other AWS emulators listen, so that clients' settings stay as they are


class _Moment(click.ParamType[datetime]):
    """A time with a time zone; without one it is UTC."""

    name = "MOMENT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment in UTC."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time like 2026-03-02T03:00:00", param, ctx)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _pairs(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> Mapping[str, str]:
    """`Name=Value`, each."""
    del ctx
    pairs = [text.partition("=") for text in given]
    if wrong := next((name for name, equals, _ in pairs if not (name and equals)), None):
        raise click.BadParameter(f"{wrong!r} is not NAME=VALUE", param=param)
    return {name: value for name, _, value in pairs}


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True, help="0: any."
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at."),
    click.option("--empty", is_flag=True, help="No stack stands in it."),
    click.option(
        "--template",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A CloudFormation or SAM template whose stack stands in it.",
    ),
    click.option(
        "--code",
        type=click.Path(file_okay=False, path_type=Path),
        help="The folder of the template's functions: app.py, chalicelib.",
    ),
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        callback=_pairs,
        metavar="NAME=VALUE",
        help="Of the stack.",
    ),
    click.option("--region", default="us-east-1", show_default=True, help="The home region."),
    click.option(
        "--speed",
        type=click.FloatRange(min=0, min_open=True, max=100_000),
        default=1,
        show_default=True,
        help="So many times as fast as real time.",
    ),
    click.option("--frozen", is_flag=True, help="Time stands still, and moves on request only."),
    click.option("--start", type=_Moment(), help="The simulated time at the start; by default the real one."),
    click.option(
        "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of all that is random."
    ),
    click.option(
        "--state",
        type=click.Path(file_okay=False, path_type=Path),
        help="Keep the world in this folder: the next start goes on from there.",
    ),
    click.option(
        "--verify-signatures",
        "verify",
        is_flag=True,
        help="Check signatures; keys that nobody made are refused.",
    ),
)


def options(function: Callable[..., int]) -> Callable[..., int]:
    """Declare them all, in the order that help lists them."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), function)

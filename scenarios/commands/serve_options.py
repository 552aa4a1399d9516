"""The options of `trailwarden serve`."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import click

from scenarios.commands.common_options import parameters_of_the_stack

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


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        default=DEFAULT_PORT,
        show_default=True,
        help="The port; 0 takes any that is free.",
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at."),
    click.option("--empty", is_flag=True, help="Begin without a stack."),
    click.option(
        "--template",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Begin with the stack of this CloudFormation or SAM template.",
    ),
    click.option(
        "--code",
        type=click.Path(file_okay=False, path_type=Path),
        help="The folder of the template's functions: app.py, chalicelib.",
    ),
    parameters_of_the_stack,
    click.option("--region", default="us-east-1", show_default=True, help="The home region."),
    click.option(
        "--speed",
        type=click.FloatRange(min=0, min_open=True, max=100_000),
        default=1,
        show_default=True,
        help="How many times as fast as real time the clock goes.",
    ),
    click.option("--frozen", is_flag=True, help="Time stands still, and moves on request only."),
    click.option("--start", type=_Moment(), help="The simulated time at the start; by default the real one."),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        help="The seed of everything random.",
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
        help="Check signatures; access keys that do not exist are refused.",
    ),
)


def options(function: Callable[..., int]) -> Callable[..., int]:
    """Declare them all, in the order that help lists them."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), function)

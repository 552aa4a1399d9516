"""The options of `trailwarden run`, without the code behind them, so that a shell completes at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from scenarios.cloud.kernel.fault_points import FaultPoint
from scenarios.cloud.kernel.faults import PROFILES
from scenarios.commands.common_options import formatted
from scenarios.commands.scenario_names import every_name

ALL, WALK = "all", "walk"


class _Profile(click.Choice[str]):
    """A fault profile, or one point of the walk."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it was given; a point that can't be one is refused."""
        walk, _, point = value.partition(":")
        if walk != WALK or not point:
            return super().convert(value, param, ctx)
        try:
            FaultPoint.parse(point)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names that begin so, and are not asked for yet; files, for scenarios of one's own."""
    del param
    given = ctx.params.get("names") or ()
    names = [name for name in every_name() if name.startswith(incomplete) and name not in given]
    if names:
        return [CompletionItem(name) for name in names]
    return [CompletionItem(incomplete, type="file")]


OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=_names),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        help="The seed of everything random: the same seed gives the same run.",
    ),
    click.option(
        "--faults",
        "profile",
        type=_Profile([*PROFILES, ALL, WALK]),
        default="none",
        show_default=True,
        help="Which faults are injected; 'all' runs every profile, 'walk' puts one fault at every call and "
        "every delivery, one at a time, and 'walk:7.3.crash-after' one of these.",
    ),
    click.option("--trace", is_flag=True, help="Show everything that happened."),
    formatted,
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="How many runs at a time.",
    ),
    click.option(
        "--minutes",
        type=click.FloatRange(min=0),
        default=0,
        help="With 'walk': begin no further point after so many minutes; the order changes by the day.",
    ),
    click.option(
        "--share",
        type=click.FloatRange(min=0, max=1, min_open=True),
        default=1,
        show_default=True,
        help="With 'walk': try only this part of the points, such as 0.25; which ones changes by the day.",
    ),
    click.option(
        "--of-the-day",
        type=click.IntRange(min=0),
        help="With 'walk': choose order and part as on this day, such as 20260302; today, if not given.",
    ),
    click.option(
        "--plot",
        "picture",
        type=click.Path(dir_okay=False, writable=True, path_type=Path),
        metavar="FILE",
        help="Draw each alarm that went off: metric, threshold, states, messages; a .png or .svg.",
    ),
)


def options(function: Callable[..., int]) -> Callable[..., int]:
    """Declare them all, in the order that help lists them."""
    for declare in reversed(OPTIONS):
        function = declare(function)
    return function


@click.command("run")
@options
def unanswered(**_: object) -> int:
    """Complete a word of `trailwarden run`; nothing is run."""
    return 0

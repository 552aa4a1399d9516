"""Options that several commands have: --format, and values given as NAME=VALUE."""

from collections.abc import Callable, Mapping
from typing import Any

import click

formatted: Callable[[Any], Any] = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of what is printed.",
)


def named_values(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> Mapping[str, str]:
    """Each `Name=Value` by its name; anything else is refused."""
    del ctx
    pairs = [text.partition("=") for text in given]
    together = zip(given, pairs, strict=True)
    wrong = next((text for text, (name, equals, _) in together if not (name and equals)), None)
    if wrong is not None:
        raise click.BadParameter(f"{wrong!r} is not NAME=VALUE", param=param)
    return {name: value for name, _, value in pairs}


parameters_of_the_stack: Callable[[Any], Any] = click.option(
    "--parameter",
    "parameters",
    multiple=True,
    callback=named_values,
    metavar="NAME=VALUE",
    help="A parameter of the stack.",
)

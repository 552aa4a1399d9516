"""The options that all commands for people share, and what they come to."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any
from urllib.parse import quote

import click

from scenarios.people.api import Api, ApiError, Refused, SignedApi, url_of_stack

URL = "TRAILWARDEN_URL"

_OPTIONS = (
    click.option("--url", default="", help=f"Where the API is; {URL}, or the stack's output, if not given."),
    click.option(
        "--stack-name", default="trailwarden", show_default=True, help="The stack in its home region."
    ),
    click.option("--region", default="", help="Its home region; the profile's, if not given."),
    click.option("--profile", help="A profile of the AWS configuration."),
    click.option("--direct", is_flag=True, help="Without the API, with rights of your own."),
    click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="Shape.",
    ),
)


def for_people(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all of them have."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


def api_of(url: str, stack_name: str, region: str, profile: str | None, *, direct: bool) -> Api:
    """What a command asks; raises ApiError."""
    session = _session(profile, region)
    found = "" if direct else url or os.environ.get(URL, "")
    if not found and not session.region_name:
        raise ApiError("no region: --region names the home region of the stack")
    if direct:
        from scenarios.people.direct import Direct  # noqa: PLC0415 - most need no catalogue

        return Direct.of(session, stack_name)
    if found and not found.startswith(("http://", "https://")):
        raise ApiError(f"{found!r} is no URL: it begins with https://")
    return SignedApi(found or url_of_stack(session.client("cloudformation"), stack_name), session)


def path_of(identity: str, *more: str) -> str:
    """The path of a finding, its id quoted."""
    return "/" + "/".join(quote(part, safe=":") for part in ("findings", identity, *more))


@contextmanager
def one_sentence() -> Iterator[None]:
    """What the API won't do, or can't be asked, as one sentence and exit code 2."""
    try:
        yield
    except Refused as error:
        raise click.ClickException(str(error)) from error
    except ApiError as error:
        raise click.ClickException(str(error)) from error


def as_lines(things: list[Mapping[str, Any]]) -> Iterator[str]:
    """One object a line."""
    yield from map(json.dumps, things)


def _session(profile: str | None, region: str) -> Any:
    # Imported here: --help should not wait for boto3.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        return boto3.Session(profile_name=profile, region_name=region or None)
    except BotoCoreError as error:
        raise ApiError(str(error)) from error

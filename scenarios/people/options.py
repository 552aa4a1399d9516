"""The options that all commands for people share, and what they come to."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any
from urllib.parse import quote

import click

from chalicelib.ledger.entries import key_named
from chalicelib.wording import safe
from scenarios.people.api import AnswerIsNo, Api, ApiError, SignedApi, url_of_stack

URL = "TRAILWARDEN_URL"
LONGEST_ID = 200
_LONGEST_SENTENCE = 4000
_BEGINNING = re.compile(r"https?://[^/?#\s]", re.ASCII)
_AN_ID = "table_deleted:2026-03-02T03:00:00.000Z:0123456789ab"

_OPTIONS = (
    click.option("--url", default="", help=f"The API's URL. Default: {URL}, or the stack's own output."),
    click.option("--stack-name", default="trailwarden", show_default=True, help="The stack's name."),
    click.option("--region", default="", help="The stack's home region. Default: the profile's region."),
    click.option("--profile", help="The profile of the AWS configuration to use."),
    click.option("--direct", is_flag=True, help="Use your own AWS rights and not the API."),
    click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="The form of what is printed.",
    ),
)


def for_people(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all of them have."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


def asks_first(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that leaves out its question."""
    return click.option("--yes", is_flag=True, help="Don't ask before acting; for scripts.")(command)


def api_of(url: str, stack_name: str, region: str, profile: str | None, *, direct: bool) -> Api:
    """What a command asks; raises ApiError."""
    session = _session(profile, region)
    found = "" if direct else url or os.environ.get(URL, "")
    if not found and not session.region_name:
        or_url = "" if direct else f", or name the API's URL with --url or {URL}"
        raise ApiError(f"no region is known: name the stack's home region with --region{or_url}")
    if direct:
        from scenarios.people.direct import Direct  # noqa: PLC0415 - most need no catalogue

        return Direct.of(session, stack_name)
    if found and not _BEGINNING.match(found):
        raise ApiError(f"{found!r} is no URL: one begins with https://")
    return SignedApi(found or url_of_stack(session.client("cloudformation"), stack_name), session)


def path_of(identity: str, *more: str) -> str:
    """The path of a finding, its id quoted; raises ApiError for what can't be an id."""
    check_id(identity)
    return "/" + "/".join(quote(part, safe=":") for part in ("findings", identity, *more))


def check_id(identity: str) -> None:
    """Raises ApiError for what can't be a finding's id."""
    if len(identity) > LONGEST_ID or not key_named(identity):
        raise ApiError(f"{safe(identity, 60)!r} is no finding's id: one looks like {_AN_ID}")


@contextmanager
def one_sentence() -> Iterator[None]:
    """What went wrong as one sentence: exit 1 where the answer is no, 2 where the API could not be asked."""
    try:
        yield
    except AnswerIsNo as error:
        complain(str(error))
        raise click.exceptions.Exit(1) from error
    except ApiError as error:
        raise click.ClickException(safe(str(error), _LONGEST_SENTENCE)) from error


def complain(sentence: str) -> None:
    """Say on standard error what stands in the way; others chose some of its words."""
    click.echo(f"trailwarden: {safe(' '.join(sentence.split()), _LONGEST_SENTENCE)}", err=True)


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

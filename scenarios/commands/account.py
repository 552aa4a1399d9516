"""The account that the AWS CLI would reach, for commands that ask AWS."""

from collections.abc import Callable
from typing import Any

import click


def clients_of(
    profile: str | None, region: str | None, *, names: str = "one"
) -> tuple[Callable[[str, str], Any], str]:
    """What makes a client of a service in a region, and the region that is given, or else the profile's.

    Raises ClickException where the profile is none, or neither has a region; `names`: what --region names.
    """
    # Imported here: --help should not wait for boto3.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from chalicelib.aws import Aws  # noqa: PLC0415

    try:
        session = boto3.Session(profile_name=profile, region_name=region or None)
    except BotoCoreError as error:
        raise click.ClickException(str(error)) from error
    if not session.region_name:
        raise click.UsageError(f"no region: --region names {names}")
    return Aws(session).client, session.region_name

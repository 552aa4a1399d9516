"""`trailwarden validate-trail`: whether a trail is still what CloudTrail delivered."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from chalicelib.trail.description import TrailArn
from scenarios.commands.common_options import formatted
from scenarios.validator.account import Account
from scenarios.validator.archive import FolderSource
from scenarios.validator.ask import Asked, Plan, ask_account, ask_folder, read_keys
from scenarios.validator.explain import Explainer
from scenarios.validator.gaps import Gaps
from scenarios.validator.report import Json, Text
from scenarios.validator.run import READERS, ValidationRun
from scenarios.validator.source import CouldNotRead, Source
from scenarios.validator.survivors import Survivors

_REQUESTS = 96  # log files that are fetched at once, at most


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Read a time in ISO 8601; UTC where it names no zone."""
    del ctx, param
    try:
        moment = datetime.fromisoformat(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is not a time such as 2024-01-31 or 2024-01-31T10:00:00Z"
        ) from error
    return moment and moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _arn(ctx: click.Context, param: click.Parameter, value: str) -> TrailArn:
    del ctx, param
    try:
        return TrailArn.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option("--trail-arn", "arn", metavar="ARN", callback=_arn, required=True, help="The trail's ARN.")
@click.option(
    "--start-time",
    "since",
    metavar="TIME",
    callback=_moment,
    required=True,
    help="Validate from this time on; UTC if it names no zone.",
)
@click.option(
    "--end-time",
    "until",
    metavar="TIME",
    callback=_moment,
    help="Validate up to this time; now, if not given.",
)
@click.option(
    "--s3-bucket", "bucket", default="", help="The trail's bucket; CloudTrail is asked, if not given."
)
@click.option("--s3-prefix", "prefix", default="", help="The prefix of its files, before AWSLogs/.")
@click.option("--account-id", "account", default="", help="Only this account of an organization trail.")
@click.option("--region", default="", help="Only this region; all that the trail covers, if not given.")
@click.option("--profile", help="A profile of the AWS configuration.")
@click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the bucket on disk, as `aws s3 sync` makes it.",
)
@click.option(
    "--public-keys",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CloudTrail's keys, as `aws cloudtrail list-public-keys` prints them.",
)
@click.option("--verbose", is_flag=True, help="Name each digest and log file that is sound, too.")
@formatted
def command(
    *,
    arn: TrailArn,
    since: datetime,
    until: datetime | None,
    bucket: str,
    prefix: str,
    account: str,
    region: str,
    profile: str | None,
    directory: Path | None,
    public_keys: Path | None,
    verbose: bool,
    form: str,
) -> int:
    """Say whether a trail's log files and digests are still what CloudTrail delivered.

    Takes the options of `aws cloudtrail validate-logs`, and looks at all regions of a trail at once, and at
    all accounts of an organization's. Every digest, every link between digests and every log file is
    verified; what was deleted or added is reported too, the newest digests among it. Reads only.

    A gap, in which CloudTrail made no digests, is a notice with who stopped logging, as the trail's log files
    or the event history tell. Of what was deleted or overwritten in a versioned bucket, the version that is
    still there and authentic is reported with the command that restores it; so are archived objects.

    \b
    Exit codes:
      0    the trail is sound; gaps are notices
      1    it is not
      2    result unknown: keys, a listing or an object could not be read
      130  Ctrl-C ended it early; the summary says how far it came

    \b
    --format text, on standard output:
      WEIGHT  KIND: SENTENCE       a line a finding; notice, could not tell, not sound
      Digest file|Log file TAB s3://BUCKET/KEY TAB valid      with --verbose
      Digests, Log files, Findings, Verdict                   the summary, a line each

    \b
    --format json, an object a line:
      {"finding": {"what", "weight", "bucket", "key", "since", "until", "expected", "found", "sentence"}}
      {"valid": {"kind", "bucket", "key"}}                    with --verbose
      {"summary": {"trail", "since", "until", "verdict", "interrupted", "days", "days_asked", "oldest",
        "newest", "digests", "digests_sound", "logs", "logs_sound", "logs_unverifiable", "findings",
        "problems", "warnings"}}                              the last line

    Warnings and problems go to standard error, in a sentence each; on a terminal, so does progress with its
    rate and the time that is left.

    \b
    Asks for s3:ListBucket and s3:GetObject, cloudtrail:ListPublicKeys, DescribeTrails and GetTrailStatus;
    and where they are allowed for cloudtrail:LookupEvents, s3:ListBucketVersions and s3:GetObjectVersion,
    ec2:DescribeRegions, organizations:ListAccounts.
    """  # noqa: D301  # click's mark for lines that stay as they are
    now = datetime.now(UTC)
    asked = Asked(
        arn=arn,
        since=since,
        until=until or now,
        now=now,
        bucket=bucket,
        prefix=prefix,
        account=account,
        region=region,
    )
    if asked.since > asked.until:
        raise click.UsageError("--start-time is after --end-time")
    if directory and not public_keys:
        raise click.UsageError("--directory wants --public-keys as well")
    report = Json(verbose=verbose) if form == "json" else Text(verbose=verbose)
    try:
        with _undisturbed():
            source, plan, explainer = (
                _on_disk(asked, directory, public_keys)
                if directory and public_keys
                else _on_s3(asked, profile, public_keys)
            )
        report.begin(asked.arn.text, asked.since, asked.until)
        run = ValidationRun(
            source,
            plan.places,
            plan.question,
            report,
            checkers=(os.cpu_count() or 1) + 2 if directory else _REQUESTS,
            explainer=explainer,
        )
        return _end(run, source, plan, report)
    except CouldNotRead as reason:
        raise click.ClickException(str(reason)) from reason


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What is made here stays: to look through AWS's descriptions for garbage takes a sixth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _on_disk(asked: Asked, directory: Path, public_keys: Path) -> tuple[Source, Plan, Explainer]:
    source = FolderSource(directory)
    plan = ask_folder(asked, source, read_keys(public_keys))
    return source, plan, Explainer(gaps=Gaps(source, asked.arn, asked.now, plan.rings, None))


def _on_s3(asked: Asked, profile: str | None, public_keys: Path | None) -> tuple[Source, Plan, Explainer]:
    # Imported here: an archive on disk needs none of it.
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from scenarios.validator.bucket import S3Source  # noqa: PLC0415
    from scenarios.validator.session import open_session  # noqa: PLC0415

    keys = read_keys(public_keys) if public_keys else None
    try:
        session = open_session(profile)
        source = S3Source(session, region=asked.arn.region, connections=_REQUESTS + READERS)
        account = Account(session)
        plan = ask_account(asked, account, source, keys)
        history = partial(account.event_history, asked.arn.region)
        gaps = Gaps(source, asked.arn, asked.now, plan.rings, history)
        return source, plan, Explainer(gaps=gaps, survivors=Survivors(source))
    except BotoCoreError as error:
        raise CouldNotRead(str(error)) from error


def _end(run: ValidationRun, source: Source, plan: Plan, report: Text | Json) -> int:
    for warning in plan.warnings:
        report.warning(warning)
    run.tally.warnings += plan.warnings
    run.tally.problems += plan.problems
    tally = run.run()
    tally.problems += source.advice()
    report.end(tally)
    if tally.interrupted:
        _leave(tally.exit_code)
    return tally.exit_code


def _leave(code: int) -> NoReturn:
    """Leave at once: threads may wait for S3 for minutes yet, and nothing they get is reported any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

"""From what somebody asks for to what is read: the trail's facts, its chains, their public keys."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from chalicelib.trail.description import Trail, TrailArn
from chalicelib.trail.integrity.digest import Digest, parse_digest
from chalicelib.trail.integrity.evidence import Unreadable
from chalicelib.trail.integrity.public_keys import KeyRing, UnusableKey
from scenarios.files import NotRead, bounded_bytes
from scenarios.validator.account import Account, warnings_of
from scenarios.validator.places import ChainLocation, Question, Scope
from scenarios.validator.source import CouldNotRead, Source

YOUNG = timedelta(hours=2, minutes=10)
"""A trail that was started later than that may have no digest yet."""
_DIGESTS_LOOKED_AT = 100
_LARGEST_KEYS_BYTES = 4 << 20  # a key takes 600 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks for. Times are aware; empty text stands for what is not given."""

    arn: TrailArn
    since: datetime
    until: datetime
    now: datetime
    bucket: str = ""
    prefix: str = ""
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be read and judged, and what could not be read for it."""

    places: tuple[ChainLocation, ...]
    question: Question
    rings: Mapping[str, KeyRing]
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())


def ask_account(asked: Asked, account: Account, source: Source, keys: KeyRing | None = None) -> Plan:
    """Plan the validation of a trail where AWS keeps it.

    Args:
        asked: What is asked for.
        account: Who is asked about the trail.
        source: The bucket.
        keys: The public keys, when they are at hand; else CloudTrail is asked.

    Raises:
        CouldNotRead: the bucket is not known, or can't be listed.
    """
    first = asked.region or asked.arn.region
    with ThreadPoolExecutor(1) as threads:  # the keys of one region are needed in any case
        early = threads.submit(_rings, account, asked, {first}, keys)
        trail = account.describe(asked.arn)
    rings, problems = early.result()
    warnings = list(warnings_of(trail))
    bucket = asked.bucket or trail.bucket
    if not bucket:
        raise CouldNotRead("; ".join((*warnings, "so name the bucket with --s3-bucket")))
    regions = None
    if trail.multi_region and not asked.region:
        try:
            regions = account.regions(asked.arn.region)
        except CouldNotRead as reason:
            warnings.append(str(reason))
    accounts = members = None
    if trail.organization:
        try:
            joined = account.accounts(asked.arn.partition)
            members = frozenset(joined)
            accounts = frozenset(name for name, at in joined.items() if at <= asked.until - YOUNG)
        except CouldNotRead as reason:
            if not asked.account:
                warnings.append(str(reason))
    scope = Scope(
        arn=asked.arn,
        bucket=bucket,
        prefix=_prefix(source, bucket, asked.prefix or ("" if asked.bucket else trail.key_prefix)),
        account=asked.account,
        region=asked.region,
        multi_region=trail.multi_region,
        organization=trail.organization,
        regions=regions,
        accounts=accounts,
        members=members,
    )
    looked = list(scope.chains(source))
    more, troubles = _rings(account, asked, {each.chain.region for each in looked} - {first}, keys)
    rings = {**rings, **more}
    if asked.arn.region not in rings:  # where a gap's maker is looked for; nothing is judged by them
        rings = {**rings, **_rings(account, asked, {asked.arn.region}, keys)[0]}
    started_at = trail.status.started_at if trail.status else None
    young = started_at is not None and started_at > asked.now - YOUNG
    places = [
        ChainLocation(
            bucket=bucket,
            chain=each.chain,
            keys=rings.get(each.chain.region, KeyRing({})),
            until=asked.until,
            expected=each.expected and not young,
            ended=each.ended,
            may_end=each.may_end,
            may_lack=each.may_lack,
        )
        for each in looked
    ]
    return Plan(
        places=tuple(places),
        question=_question(asked, trail),
        rings=rings,
        warnings=tuple(warnings),
        problems=(*problems, *troubles),
    )


def ask_folder(asked: Asked, source: Source, keys: KeyRing) -> Plan:
    """Plan the validation of a copy of a trail: the folders say which accounts and regions it holds."""
    scope = Scope(
        arn=asked.arn,
        bucket=asked.bucket,
        prefix=_prefix(source, asked.bucket, asked.prefix),
        account=asked.account,
        region=asked.region,
    )
    looked = list(scope.chains(source))
    bucket = asked.bucket or _recorded_bucket(source, [each.chain.digest_folder for each in looked])
    places = (
        ChainLocation(bucket=bucket, chain=each.chain, keys=keys, until=asked.until, expected=each.expected)
        for each in looked
    )
    return Plan(
        places=tuple(places), question=_question(asked, Trail(arn=asked.arn)), rings={asked.arn.region: keys}
    )


def read_keys(path: Path) -> KeyRing:
    """Read public keys as `aws cloudtrail list-public-keys` prints them; raises CouldNotRead."""
    try:
        data: Any = json.loads(bounded_bytes(str(path), _LARGEST_KEYS_BYTES))
        entries = data["PublicKeyList"] if isinstance(data, dict) else data
        ring = KeyRing.of(entries)
    except OSError as error:
        raise CouldNotRead(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except KeyError as error:
        raise CouldNotRead(
            f"{path} is not what `aws cloudtrail list-public-keys` prints: no {error}"
        ) from error
    except NotRead as error:
        raise CouldNotRead(f"{path}: {error}") from error
    except RecursionError as error:
        raise CouldNotRead(f"{path} is nested too deeply") from error
    except (ValueError, TypeError, AttributeError, UnusableKey) as error:
        raise CouldNotRead(f"{path} is not what `aws cloudtrail list-public-keys` prints: {error}") from error
    if not len(ring):
        raise CouldNotRead(f"{path} holds no public key")
    return ring


def _prefix(source: Source, bucket: str, named: str) -> str:
    """The prefix as keys have it: AWS puts a slash behind it, also where it ends with one."""
    plain = named.strip("/")
    return named if named != plain and source.folders(bucket, f"{named}/AWSLogs/") else plain


def _question(asked: Asked, trail: Trail) -> Question:
    return Question(
        since=asked.since,
        until=asked.until,
        now=asked.now,
        stopped_at=trail.off_since,
        delivered_at=trail.status.digest_at if trail.status else None,
    )


def _rings(
    account: Account, asked: Asked, regions: set[str], keys: KeyRing | None
) -> tuple[Mapping[str, KeyRing], tuple[str, ...]]:
    if keys is not None:
        return dict.fromkeys(regions, keys), ()
    answers = account.keys(regions, asked.since, asked.until)
    rings = {region: ring for region, ring in answers.items() if isinstance(ring, KeyRing)}
    return rings, tuple(str(reason) for reason in answers.values() if isinstance(reason, CouldNotRead))


def _recorded_bucket(source: Source, folders: Sequence[str]) -> str:
    """The bucket that digests say they were delivered to; that of the first that can be read."""
    for folder in folders:
        for found in islice(source.listed("", folder), _DIGESTS_LOOKED_AT):
            try:
                got = source.get("", found.key)
            except Unreadable:
                continue
            digest = parse_digest("", found.key, *got) if got else None
            if isinstance(digest, Digest):
                return digest.recorded_bucket
    raise CouldNotRead("no digest can be read there, so name the bucket the files came from with --s3-bucket")

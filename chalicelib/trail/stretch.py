"""One chain's evidence for a stretch of time, read from the bucket: digests, listing, and public keys.

The reading is bounded, so that a flood of objects can't keep a run from ending; the rest is reported.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.looking import Unseen, unseen
from chalicelib.trail.description import Trail
from chalicelib.trail.integrity.digest import (
    AnyDigest,
    Digest,
    UnusableDigest,
    parse_digest,
    verify_signature,
)
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable, Window
from chalicelib.trail.integrity.findings import Anchor
from chalicelib.trail.integrity.keys import Chain, DigestKey, MalformedKey
from chalicelib.trail.integrity.public_keys import KeyRing, UnusableKey
from chalicelib.trail.reader import TrailBucket, read_keys

# One digest more than the window holds, so that the oldest in it finds its predecessor.
MARGIN = timedelta(minutes=75)
MOST_DIGESTS = 400
MOST_LISTED = 10_000  # versions in one folder of one day
MOST_REGIONS = 50

_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d+", re.ASCII)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)


@dataclass(slots=True, kw_only=True)
class Stretch:
    """One chain's evidence. `could_not_read`: what could not be read."""

    chain: Chain
    window: Window
    anchor: Anchor | None = None
    ring: KeyRing
    keys_failed: bool
    digests: dict[tuple[str, str], AnyDigest] = field(default_factory=dict)
    listing: list[StoredObject] = field(default_factory=list)
    could_not_read: list[Unseen] = field(default_factory=list)

    def verified(self, digest: Digest) -> bool:
        """Whether its own signature holds."""
        return verify_signature(digest, self.ring) is None


def chains_of(trail: Trail, bucket: TrailBucket) -> tuple[list[Chain], list[Unseen]]:
    """The chains of a trail's own account, its home region's first; and what could not be listed."""
    home = Chain(
        prefix=trail.prefix,
        organization=_organization(trail, bucket),
        account=trail.arn.account,
        region=trail.arn.region,
        trail=trail.arn.name,
        home_region=trail.arn.region,
    )
    if not trail.multi_region:
        return [home], []
    above = home.digest_folder.removesuffix(f"{home.region}/")
    folders = bucket.folders(above, MOST_REGIONS)
    others = sorted({name for name in folders if _REGION.fullmatch(name)} - {home.region})
    more = [Unseen(why=f"{above} holds more than {MOST_REGIONS} folders; the others were not read")]
    return [home, *(replace(home, region=region) for region in others)], more[: len(folders) == MOST_REGIONS]


def _organization(trail: Trail, bucket: TrailBucket) -> str:
    if not trail.organization:
        return ""
    above = "/".join(part for part in (trail.prefix, "AWSLogs") if part)
    folders = bucket.folders(f"{above}/", MOST_REGIONS)
    return next((name for name in folders if _ORGANIZATION.fullmatch(name)), "")


def gather(
    aws: Aws,
    bucket: TrailBucket,
    chain: Chain,
    window: Window,
    *,
    anchor: Anchor | None = None,
    sight: tuple[datetime, datetime] | None = None,
) -> Stretch:
    """Read one chain's evidence for a window, or for as much of it as `sight`.

    MayPass, and a listing's errors, rise.
    """
    return _Gathering(aws, bucket, chain, window, anchor=anchor, sight=sight).stretch()


class _Gathering:
    """One chain's evidence on its way from the bucket."""

    def __init__(
        self,
        aws: Aws,
        bucket: TrailBucket,
        chain: Chain,
        window: Window,
        *,
        anchor: Anchor | None,
        sight: tuple[datetime, datetime] | None,
    ) -> None:
        self.aws, self.bucket, self.chain, self.window, self.anchor = aws, bucket, chain, window, anchor
        self.since, self.until = sight or (window.since, window.now)
        self.could_not_read: list[Unseen] = []

    def stretch(self) -> Stretch:
        ring, failed = self._ring()
        stretch = Stretch(
            chain=self.chain,
            window=self.window,
            anchor=self.anchor,
            ring=ring,
            keys_failed=failed,
            could_not_read=self.could_not_read,
        )
        folder = self.chain.digest_folder
        digests = list(self._listed(folder))
        stretch.listing = [*digests, *self._listed(self.chain.log_folder)]
        wanted = sorted(self._recent(digests), reverse=True)
        if len(wanted) > MOST_DIGESTS:
            why = f"{folder} holds {len(wanted)} objects; the newest were read"
            self.could_not_read.append(Unseen(why=why))
        for _, key in wanted[:MOST_DIGESTS]:
            self._take(stretch, self.bucket.name, key)
        if self.anchor and (self.anchor.bucket, self.anchor.key) not in stretch.digests:
            self._take(stretch, self.anchor.bucket, self.anchor.key)
        self._follow(stretch)
        return stretch

    def _ring(self) -> tuple[KeyRing, bool]:
        region = self.chain.region
        try:
            return read_keys(self.aws, region, self.since, self.until), False
        except (*AWS_ERRORS, UnusableKey) as error:
            self.could_not_read.append(
                unseen(error, f"CloudTrail's public keys of {region} could not be read: {{}}")
            )
            return KeyRing({}), True

    def _listed(self, folder: str) -> Iterator[StoredObject]:
        """What lies in a folder's days around the window."""
        for day in _days(self.since - MARGIN, self.until):
            below = f"{folder}{day:%Y/%m/%d}/"
            found, more = self.bucket.versions(below, MOST_LISTED)
            if more:
                why = f"{below} holds more than {MOST_LISTED} objects; the others were not seen"
                self.could_not_read.append(Unseen(why=why))
            yield from found

    def _recent(self, listed: Iterable[StoredObject]) -> Iterator[tuple[datetime, str]]:
        """The digests of the window and the one before it, and objects that were put among them since."""
        since = self.since - MARGIN
        for found in listed:
            if not found.latest or found.delete_marker or found.key.endswith("/"):
                continue
            try:
                at = DigestKey.parse(found.key).ends_at
            except MalformedKey:
                at = found.modified_at
            if at > since:
                yield at, found.key

    def _follow(self, stretch: Stretch) -> None:
        """Fetch the predecessors that digests of the window name and that weren't listed.

        They lie elsewhere where the trail's prefix or bucket was changed.
        """
        waiting = list(stretch.digests.values())
        while waiting and len(stretch.digests) < 2 * MOST_DIGESTS:
            digest = waiting.pop()
            if isinstance(digest, UnusableDigest) or digest.starts_at <= self.since:
                continue
            link = digest.previous
            if link and (link.bucket, link.key) not in stretch.digests and stretch.verified(digest):
                waiting += filter(None, [self._take(stretch, link.bucket, link.key)])

    def _take(self, stretch: Stretch, bucket: str, key: str) -> AnyDigest | None:
        found: AnyDigest | None = None
        try:
            if got := self.bucket.get(bucket, key):
                found = parse_digest(bucket, key, *got)
        except Unreadable as reason:
            found = UnusableDigest(bucket=bucket, key=key, problem=str(reason), unreadable=True)
        if found:
            stretch.digests[bucket, key] = found
        return found


def _days(since: datetime, until: datetime) -> list[date]:
    return [since.date() + timedelta(days=number) for number in range((until.date() - since.date()).days + 1)]

"""The last hours of a trail, held against CloudTrail's digests: reads, judges, and keeps what matters.

Each region is judged by itself, because public keys belong to a region. What is read is bounded, so that no
flood of objects can keep a run from ending, and what stayed out is counted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws import Aws
from chalicelib.errors import Throttled, foreseen
from chalicelib.trail.digest import Digest, UnusableDigest, parse_digest, verify_signature
from chalicelib.trail.evidence import DIGEST_PERIOD, ReadLog, StoredObject, Unreadable, Window
from chalicelib.trail.findings import Finding, Weight, What
from chalicelib.trail.keys import Chain, DigestKey, MalformedKey
from chalicelib.trail.public_keys import KeyRing, UnusableKey
from chalicelib.trail.verdict import judge
from chalicelib.trail_reader import Trail, TrailBucket, read_keys, read_trail

LOOKED_BACK = timedelta(hours=3)
# A digest comes minutes after its hour; one that isn't there 70 minutes after it is missed.
GRACE = timedelta(minutes=70)
# One digest more than the window holds, so that the oldest in it finds its predecessor.
MARGIN = timedelta(minutes=75)

# At 25 ms a log file these take 25 of a function's 50 seconds.
MOST_LOGS = 1000
MOST_DIGESTS = 400
MOST_LISTED = 10_000  # versions in one folder of one day
MOST_REGIONS = 50
MOST_KEPT = 10  # findings; a finding in the ledger is one item of at most 400 KB

_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d+", re.ASCII)
_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)
_NOT_READ = "not read in this run"

Found = Digest | UnusableDigest


class TrailFault(StrEnum):
    """What is wrong with the trail as a whole."""

    TRAIL_GONE = "the trail does not exist"
    BUCKET_GONE = "the trail's bucket does not exist"
    STOPPED = "the trail's logging is switched off"
    NOT_VALIDATING = "log file validation is switched off"
    REDIRECTED = "the trail delivers to another bucket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What one look at the trail came to.

    `findings`: the heaviest and newest, at most `MOST_KEPT`; `left_out` counts the others by kind.
    `untold`: sentences about what could not be looked at, and `untold_more` how many more there are.
    `unverified`: log files that were more than one run reads.
    """

    faults: tuple[tuple[TrailFault, str], ...] = ()  # each with a detail, such as since when
    findings: tuple[Finding, ...] = ()
    left_out: tuple[tuple[What, int], ...] = ()
    untold: tuple[str, ...] = ()
    untold_more: int = 0
    digests: int = 0
    logs: int = 0
    unverified: int = 0


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """One region's evidence."""

    chain: Chain
    ring: KeyRing
    keys_failed: bool
    digests: dict[tuple[str, str], Found] = field(default_factory=dict)
    listing: list[StoredObject] = field(default_factory=list)

    def verified(self, digest: Digest) -> bool:
        return verify_signature(digest, self.ring) is None


def audit(aws: Aws, arn: str, bucket: str, now: datetime) -> Audit:
    """Look at the trail's last hours.

    What can't be read is told in the result. Throttled rises: the look can be tried again.
    """
    try:
        trail = read_trail(aws, arn)
        return _Audit(aws, trail, TrailBucket(aws.client("s3"), bucket), now).result()
    except (ClientError, BotoCoreError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if code in _GONE:
            return Audit(faults=((_GONE[code], str(error)),))
        return Audit(untold=(f"the trail could not be looked at: {_reason(error)}",))


_GONE = {"TrailNotFoundException": TrailFault.TRAIL_GONE, "NoSuchBucket": TrailFault.BUCKET_GONE}


class _Audit:
    """One look at one trail."""

    def __init__(self, aws: Aws, trail: Trail, bucket: TrailBucket, now: datetime) -> None:
        self.aws, self.trail, self.bucket = aws, trail, bucket
        stopped_at = None if trail.logging else trail.stopped_at
        until = now - GRACE
        self.window = Window(since=now - LOOKED_BACK, until=until, now=now, stopped_at=stopped_at)
        self.untold: list[str] = []

    def result(self) -> Audit:
        """Read every region, then judge every region."""
        stretches = [self._gather(chain) for chain in self._chains()]
        read = self._reader(stretches)
        verdicts = [
            judge(
                stretch.digests.values(),
                keys=stretch.ring,
                read=read,
                window=self.window,
                expected={stretch.chain: self.bucket.name} if self._expects(stretch) else {},
                listing=stretch.listing,
            )
            for stretch in stretches
        ]
        keyless = {stretch.chain.digest_folder for stretch in stretches if stretch.keys_failed}
        findings = [
            finding
            for verdict in verdicts
            for finding in verdict.findings
            # Why the keys could not be had is among the untold already.
            if not (finding.what is What.KEYS_UNAVAILABLE and finding.key.startswith(tuple(keyless)))
        ]
        return self._kept(
            findings, sum(verdict.digests for verdict in verdicts), sum(v.logs for v in verdicts)
        )

    def _kept(self, findings: list[Finding], digests: int, logs: int) -> Audit:
        unread = [finding for finding in findings if finding.found == _NOT_READ]
        undecided = [
            finding.sentence
            for finding in findings
            if finding.weight is Weight.UNDECIDED and finding.found != _NOT_READ
        ]
        told = sorted(
            (finding for finding in findings if finding.weight is not Weight.UNDECIDED),
            key=lambda finding: (finding.weight, finding.order()),
            reverse=True,
        )
        untold = [*self.untold, *undecided]
        return Audit(
            faults=tuple(self._faults()),
            findings=tuple(told[:MOST_KEPT]),
            left_out=tuple(sorted(Counter(finding.what for finding in told[MOST_KEPT:]).items())),
            untold=tuple(untold[:MOST_KEPT]),
            untold_more=max(0, len(untold) - MOST_KEPT),
            digests=digests,
            logs=logs,
            unverified=len(unread),
        )

    def _faults(self) -> Iterator[tuple[TrailFault, str]]:
        trail = self.trail
        if not trail.logging:
            yield TrailFault.STOPPED, f"since {trail.stopped_at or 'it was made'}"
        if not trail.validating:
            yield TrailFault.NOT_VALIDATING, "CloudTrail makes no digests"
        if trail.bucket != self.bucket.name:
            yield TrailFault.REDIRECTED, f"{trail.bucket} instead of {self.bucket.name}"

    # ---- which chains ---------------------------------------------------------------------------

    def _chains(self) -> list[Chain]:
        trail = self.trail
        organization = self._organization()
        home = Chain(
            prefix=trail.prefix,
            organization=organization,
            account=trail.account,
            region=trail.region,
            trail=trail.name,
            home_region=trail.region,
        )
        if not trail.multi_region:
            return [home]
        above = home.digest_folder.removesuffix(f"{trail.region}/")
        folders = self.bucket.folders(above, MOST_REGIONS)
        others = sorted({name for name in folders if _REGION.fullmatch(name)} - {trail.region})
        if len(folders) == MOST_REGIONS:
            self.untold.append(f"{above} holds more than {MOST_REGIONS} folders; the others were not read")
        return [home, *(replace(home, region=region) for region in others)]

    def _organization(self) -> str:
        if not self.trail.organization:
            return ""
        above = "/".join(part for part in (self.trail.prefix, "AWSLogs") if part)
        folders = self.bucket.folders(f"{above}/", MOST_REGIONS)
        return next((name for name in folders if _ORGANIZATION.fullmatch(name)), "")

    def _expects(self, stretch: _Stretch) -> bool:
        """A trail that was just switched on has no digest yet."""
        started = self.trail.started_at
        young = started is None or started > self.window.now - DIGEST_PERIOD - GRACE
        return self.trail.logging and bool(stretch.digests or not young)

    # ---- reading --------------------------------------------------------------------------------

    def _gather(self, chain: Chain) -> _Stretch:
        ring, failed = self._ring(chain.region)
        stretch = _Stretch(chain=chain, ring=ring, keys_failed=failed)
        digests = list(self._listed(chain.digest_folder))
        stretch.listing = [*digests, *self._listed(chain.log_folder)]
        wanted = sorted(self._recent(digests), reverse=True)
        if len(wanted) > MOST_DIGESTS:
            self.untold.append(f"{chain.digest_folder} holds {len(wanted)} objects; the newest were read")
        for _, key in wanted[:MOST_DIGESTS]:
            self._take(stretch, self.bucket.name, key)
        self._follow(stretch)
        return stretch

    def _ring(self, region: str) -> tuple[KeyRing, bool]:
        try:
            return read_keys(self.aws, region, self.window.since, self.window.now), False
        except (ClientError, BotoCoreError, UnusableKey) as error:
            self.untold.append(f"CloudTrail's public keys of {region} could not be had: {_reason(error)}")
            return KeyRing({}), True

    def _listed(self, folder: str) -> Iterator[StoredObject]:
        """What lies in a folder's days around the window."""
        for day in _days(self.window.since - MARGIN, self.window.now):
            below = f"{folder}{day:%Y/%m/%d}/"
            found, more = self.bucket.versions(below, MOST_LISTED)
            if more:
                self.untold.append(f"{below} holds more than {MOST_LISTED} objects; the others were not seen")
            yield from found

    def _recent(self, listed: Iterable[StoredObject]) -> Iterator[tuple[datetime, str]]:
        """The digests of the window and the one before it, and whatever was put among them since."""
        since = self.window.since - MARGIN
        for found in listed:
            if not found.latest or found.delete_marker or found.key.endswith("/"):
                continue
            try:
                at = DigestKey.parse(found.key).ends_at
            except MalformedKey:
                at = found.modified_at
            if at > since:
                yield at, found.key

    def _follow(self, stretch: _Stretch) -> None:
        """Fetch the predecessors that digests of the window name and that weren't listed.

        They lie elsewhere where the trail's prefix or bucket was changed.
        """
        waiting = list(stretch.digests.values())
        while waiting and len(stretch.digests) < 2 * MOST_DIGESTS:
            digest = waiting.pop()
            if isinstance(digest, UnusableDigest) or digest.starts_at <= self.window.since:
                continue
            link = digest.previous
            if link and (link.bucket, link.key) not in stretch.digests and stretch.verified(digest):
                waiting += filter(None, [self._take(stretch, link.bucket, link.key)])

    def _take(self, stretch: _Stretch, bucket: str, key: str) -> Found | None:
        found: Found | None = None
        try:
            if got := self.bucket.get(bucket, key):
                found = parse_digest(bucket, key, *got)
        except Unreadable as reason:
            found = UnusableDigest(bucket=bucket, key=key, problem=str(reason), unreadable=True)
        if found:
            stretch.digests[bucket, key] = found
        return found

    def _reader(self, stretches: Iterable[_Stretch]) -> ReadLog:
        """Reads log files of the newest digests, as many as one run has time for; forged ones wait."""
        digests = [
            (stretch.verified(digest), digest.ends_at, digest)
            for stretch in stretches
            for digest in stretch.digests.values()
            if isinstance(digest, Digest)
        ]
        digests.sort(key=lambda entry: entry[:2], reverse=True)
        named = dict.fromkeys((log.bucket, log.key) for *_, digest in digests for log in digest.logs)
        chosen = frozenset(list(named)[:MOST_LOGS])

        def read(bucket: str, key: str) -> bytes | None:
            if (bucket, key) not in chosen:
                raise Unreadable(_NOT_READ)
            got = self.bucket.get(bucket, key)
            return got[0] if got else None

        return read


def _days(since: datetime, until: datetime) -> list[date]:
    return [since.date() + timedelta(days=number) for number in range((until.date() - since.date()).days + 1)]


def _reason(error: Exception) -> str:
    """The reason in words; throttling rises instead."""
    reason = foreseen(error)
    if isinstance(reason, Throttled):
        raise reason from error
    return str(reason)

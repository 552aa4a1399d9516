"""The last hours of a trail, held against CloudTrail's digests: reads, judges, and keeps what matters.

Each region is judged by itself, because public keys belong to a region: from the anchor that an earlier run
left, and at least the last three hours. What is read is bounded, so that a flood of objects can't keep a run
from ending; what was not read is counted, and the anchor stays before it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from chalicelib.aws import Aws
from chalicelib.errors import AWS_ERRORS
from chalicelib.looking import Unseen, unseen
from chalicelib.trail.description import Part, Trail
from chalicelib.trail.integrity.digest import Digest
from chalicelib.trail.integrity.evidence import DIGEST_PERIOD, ReadLog, Unreadable, Window
from chalicelib.trail.integrity.findings import Anchor, IntegrityFinding, Verdict, Weight, What
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.integrity.sentences import hour
from chalicelib.trail.integrity.verdict import judge
from chalicelib.trail.reader import TrailBucket, read_trail
from chalicelib.trail.stretch import Stretch, chains_of, gather
from chalicelib.wording import when

LOOKED_BACK = timedelta(hours=3)
# How far a run goes back to catch up; what is older is for a full validation.
CAUGHT_UP = timedelta(days=3)
# A digest comes minutes after its hour; one that isn't there 70 minutes after it is missed, two hours after
# the last one came.
GRACE = timedelta(minutes=70)

# At 25 ms a log file these take 25 of a function's 50 seconds.
MOST_LOGS = 1000
MOST_KEPT = 10  # findings; a finding in the ledger is one item of at most 400 KB

_NOT_READ = "not read in this run"
_NO_ANCHORS: Mapping[Chain, Anchor] = MappingProxyType({})


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
    `could_not_read`: what wasn't seen, and `more_not_read` how many more there are.
    `unverified`: log files that were more than one run reads. `anchors`: how far each chain is verified now.
    """

    faults: tuple[tuple[TrailFault, str], ...] = ()  # each with a detail, such as since when
    findings: tuple[IntegrityFinding, ...] = ()
    left_out: tuple[tuple[What, int], ...] = ()
    could_not_read: tuple[Unseen, ...] = ()
    more_not_read: int = 0
    digests: int = 0
    logs: int = 0
    unverified: int = 0
    anchors: tuple[Anchor, ...] = ()


def audit_trail(
    aws: Aws, arn: str, bucket: str, now: datetime, anchors: Mapping[Chain, Anchor] = _NO_ANCHORS
) -> Audit:
    """Look at what is new in the trail since the anchors, and at its last hours once more.

    What can't be read is reported in the result. What may pass rises: the look can be tried again.
    """
    try:
        trail = read_trail(aws, arn)
        return _Audit(aws, trail, TrailBucket(aws.client("s3"), bucket), now, anchors).result()
    except AWS_ERRORS as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if code in _GONE:
            return Audit(faults=((_GONE[code], str(error)),))
        return Audit(could_not_read=(unseen(error, "the trail could not be looked at: {}"),))


_GONE = MappingProxyType(
    {"TrailNotFoundException": TrailFault.TRAIL_GONE, "NoSuchBucket": TrailFault.BUCKET_GONE}
)


class _Audit:
    """One look at one trail."""

    def __init__(
        self, aws: Aws, trail: Trail, bucket: TrailBucket, now: datetime, anchors: Mapping[Chain, Anchor]
    ) -> None:
        self.aws, self.trail, self.bucket, self.now, self.anchors = aws, trail, bucket, now, anchors
        error = trail.could_not_read.get(Part.STATUS)
        why = "the trail's status could not be read; assuming that logging is on where there were digests: {}"
        self.could_not_read = [unseen(error, why)] if error else []

    def result(self) -> Audit:
        """Read every region, then judge every region."""
        stretches = [self._stretch(chain) for chain in self._chains()]
        self.could_not_read += [sentence for stretch in stretches for sentence in stretch.could_not_read]
        reading = _Reading(self.bucket, stretches)
        verdicts = [self._judged(stretch, reading.read) for stretch in stretches]
        keyless = {stretch.chain.digest_folder for stretch in stretches if stretch.keys_failed}
        findings = [
            finding
            for stretch, verdict in zip(stretches, verdicts, strict=True)
            for finding in _with_anchor(stretch, verdict, self.now)
            # Why the keys could not be read is among them already.
            if not (finding.what is What.KEYS_UNAVAILABLE and finding.key.startswith(tuple(keyless)))
        ]
        anchors = [
            anchor
            for stretch, verdict in zip(stretches, verdicts, strict=True)
            for anchor in reading.reached(stretch, verdict)
        ]
        return self._kept(findings, verdicts, reading, anchors)

    def _kept(
        self,
        findings: list[IntegrityFinding],
        verdicts: list[Verdict],
        reading: "_Reading",
        anchors: list[Anchor],
    ) -> Audit:
        unread = {(finding.bucket, finding.key) for finding in findings if finding.found == _NOT_READ}
        undecided = [
            Unseen(why=finding.sentence, denied="AccessDenied" in finding.found)
            for finding in findings
            if finding.weight is Weight.UNDECIDED and finding.found != _NOT_READ
        ]
        ordered = sorted(
            (finding for finding in findings if finding.weight is not Weight.UNDECIDED),
            key=lambda finding: (finding.weight, finding.order()),
            reverse=True,
        )
        could_not_read = [*self.could_not_read, *undecided]
        return Audit(
            faults=tuple(self._faults()),
            findings=tuple(ordered[:MOST_KEPT]),
            left_out=tuple(sorted(Counter(finding.what for finding in ordered[MOST_KEPT:]).items())),
            could_not_read=tuple(could_not_read[:MOST_KEPT]),
            more_not_read=max(0, len(could_not_read) - MOST_KEPT),
            digests=sum(verdict.digests for verdict in verdicts),
            logs=sum(verdict.logs for verdict in verdicts),
            unverified=len(reading.left & unread),
            anchors=tuple(anchors),
        )

    def _faults(self) -> Iterator[tuple[TrailFault, str]]:
        found, status = self.trail.configuration, self.trail.status
        if status and not status.logging:
            yield (
                TrailFault.STOPPED,
                f"since {when(status.stopped_at) if status.stopped_at else 'it was made'}",
            )
        if found and not found.validating:
            yield TrailFault.NOT_VALIDATING, "CloudTrail makes no digests"
        if found and found.bucket != self.bucket.name:
            yield TrailFault.REDIRECTED, f"{found.bucket} instead of {self.bucket.name}"

    def _chains(self) -> list[Chain]:
        """Those in the bucket, and those that earlier runs saw there: a wiped region has no folder left."""
        chains, more = chains_of(self.trail, self.bucket)
        self.could_not_read += more
        if not self.trail.multi_region:
            return chains
        home = chains[0]
        kin = (home.prefix, home.organization, home.account, home.trail, home.home_region)
        seen = {
            chain
            for chain in self.anchors
            if (chain.prefix, chain.organization, chain.account, chain.trail, chain.home_region) == kin
        }
        return [*chains, *sorted(seen.difference(chains))]

    def _stretch(self, chain: Chain) -> Stretch:
        anchor = self.anchors.get(chain)
        return gather(self.aws, self.bucket, chain, self._window(chain, anchor), anchor=anchor)

    def _window(self, chain: Chain, anchor: Anchor | None) -> Window:
        stopped_at = self.trail.off_since
        since, oldest = self.now - LOOKED_BACK, self.now - CAUGHT_UP
        if anchor and anchor.ends_at < since:
            since = max(anchor.ends_at, oldest)
        if anchor and anchor.ends_at < oldest and (stopped_at is None or stopped_at > oldest):
            why = f"no run verified {chain} from {when(anchor.ends_at)} to {when(oldest)}: "
            self.could_not_read.append(Unseen(why=f"{why}let a full validation look at it"))
        return Window(since=since, until=self.now - GRACE, now=self.now, stopped_at=stopped_at)

    def _expects(self, stretch: Stretch) -> bool:
        """A trail that was just switched on has no digest yet.

        Where the status could not be read, digests are missed only where there were some: in the bucket, or
        in an earlier run.
        """
        status = self.trail.status
        if status is None:
            return bool(stretch.digests or stretch.anchor)
        started = status.started_at
        young = started is None or started > self.now - DIGEST_PERIOD - GRACE
        return status.logging and bool(stretch.digests or not young)

    def _judged(self, stretch: Stretch, read: ReadLog) -> Verdict:
        return judge(
            stretch.digests.values(),
            keys=stretch.ring,
            read=read,
            window=stretch.window,
            anchors=[stretch.anchor] if stretch.anchor else [],
            expected={stretch.chain: self.bucket.name} if self._expects(stretch) else {},
            listing=stretch.listing,
        )


def _with_anchor(stretch: Stretch, verdict: Verdict, now: datetime) -> list[IntegrityFinding]:
    """The findings, and the anchor's own digest missed: no other need name it."""
    anchor, findings = stretch.anchor, list(verdict.findings)
    if anchor is None or (anchor.bucket, anchor.key) in stretch.digests or anchor.ends_at < now - CAUGHT_UP:
        return findings
    span = (anchor.ends_at - DIGEST_PERIOD, anchor.ends_at)
    gone = IntegrityFinding(
        what=What.DIGEST_DELETED,
        bucket=anchor.bucket,
        key=anchor.key,
        since=span[0],
        until=span[1],
        expected=f"SHA-256 {anchor.sha256}",
        found="no such object",
        sentence=f"the digest s3://{anchor.bucket}/{anchor.key} was deleted: an earlier run verified it; "
        f"nothing vouches for the log files of {hour(span)}",
    )
    if gone.identity in {finding.identity for finding in findings}:
        return findings
    return [
        *(each for each in findings if (each.what, each.key) != (What.DIGEST_MISSING, anchor.key)),
        gone,
    ]


class _Reading:
    """The log files one run has time for; forged digests wait, and `left` is what stayed unverified.

    What no run verified before comes first, oldest first, so that a run which is behind catches up. What was
    verified before is read again as far as it goes, newest first.
    """

    def __init__(self, bucket: TrailBucket, stretches: Iterable[Stretch]) -> None:
        self._bucket = bucket
        order, fresh = [], set()
        for stretch in stretches:
            for digest in stretch.digests.values():
                if isinstance(digest, Digest):
                    new = _new(stretch, digest)
                    behind = stretch.anchor is not None and new
                    age = digest.ends_at.timestamp() * (1 if behind else -1)
                    order.append((not stretch.verified(digest), not behind, age, digest.key, digest))
                    fresh |= {(log.bucket, log.key) for log in digest.logs if new}
        order.sort(key=lambda entry: entry[:4])
        named = dict.fromkeys((log.bucket, log.key) for *_, digest in order for log in digest.logs)
        self._chosen = frozenset(list(named)[:MOST_LOGS])
        self.left = fresh - self._chosen

    def read(self, bucket: str, key: str) -> bytes | None:
        """As `ReadLog`."""
        if (bucket, key) not in self._chosen:
            raise Unreadable(_NOT_READ)
        got = self._bucket.get(bucket, key)
        return got[0] if got else None

    def reached(self, stretch: Stretch, verdict: Verdict) -> Iterator[Anchor]:
        """How far a chain is verified now: not beyond a digest whose log files were left to the next run."""
        before = stretch.anchor
        if before is None:
            yield from verdict.anchors
            return
        reached = before
        for digest in sorted(_verified(stretch), key=lambda digest: digest.ends_at):
            if not _new(stretch, digest):
                continue
            if self.left.intersection((log.bucket, log.key) for log in digest.logs):
                break
            reached = Anchor.of(stretch.chain, digest)
        yield reached


def _new(stretch: Stretch, digest: Digest) -> bool:
    return stretch.anchor is None or digest.ends_at > stretch.anchor.ends_at


def _verified(stretch: Stretch) -> Iterator[Digest]:
    """The digests of the chain itself whose own signature holds, where they say they lie."""
    for digest in stretch.digests.values():
        if (
            isinstance(digest, Digest)
            and digest.key.startswith(stretch.chain.digest_folder)
            and (digest.bucket, digest.key) == (digest.recorded_bucket, digest.recorded_key)
            and stretch.verified(digest)
        ):
            yield digest

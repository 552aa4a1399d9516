"""What a versioned bucket still has of what was deleted or overwritten, and whether that is authentic.

Evidence that can be restored counts only when it is what CloudTrail delivered, so the version's content is
held against its digest, or its signature against CloudTrail's keys. The verdict stays what it is.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/RestoringPreviousVersions.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice
from urllib.parse import quote

from chalicelib.trail.integrity.chain import own_fault
from chalicelib.trail.integrity.digest import Digest, LogReference, parse_digest
from chalicelib.trail.integrity.evidence import StoredObject, Unreadable
from chalicelib.trail.integrity.findings import IntegrityFinding, What
from chalicelib.trail.integrity.keys import DigestKey, MalformedKey
from chalicelib.trail.integrity.logs import check_log
from chalicelib.wording import aws_command
from scenarios.validator.places import ChainLocation
from scenarios.validator.source import CouldNotRead, Versioned

_LOGS = (What.LOG_DELETED, What.LOG_MODIFIED, What.LOG_MALFORMED)
_DIGESTS = (
    What.DIGEST_DELETED,
    What.DIGEST_MODIFIED,
    What.DIGEST_MALFORMED,
    What.DIGEST_UNSIGNED,
    What.ALGORITHM_REFUSED,
    What.KEY_UNKNOWN,
)
_MOST_LOOKED_AT = 1000

Got = tuple[bytes, Mapping[str, str]]
Check = Callable[[StoredObject, Got], bool]


class Survivors:
    """Looks for versions.

    Args:
        source: The bucket.
    """

    def __init__(self, source: Versioned) -> None:
        self._source = source
        self._refused: dict[str, str] = {}

    def log(self, finding: IntegrityFinding, reference: LogReference) -> IntegrityFinding:
        """The finding about a log file, with what is left of it."""
        if finding.what not in _LOGS:
            return finding
        return self._told(finding, partial(self._is_log, reference))

    def digest(self, finding: IntegrityFinding, place: ChainLocation) -> IntegrityFinding:
        """The finding about a digest, with what is left of it."""
        if finding.what is What.DIGEST_MISSING:
            return self._newest(finding, place)
        if finding.what not in _DIGESTS or not finding.key:
            return finding
        return self._told(finding, partial(self._is_digest, place))

    def _newest(self, finding: IntegrityFinding, place: ChainLocation) -> IntegrityFinding:
        """A silence at the end: deleted digests left versions behind, a trail that stopped none."""
        if finding.since is None or finding.until is None:
            return finding
        chain = place.chain
        after = str(chain.digest_at(finding.since))
        last = str(chain.digest_at(finding.until))
        left: dict[str, StoredObject] = {}
        try:
            for found in islice(self._versions(place.bucket, chain.digest_folder, after), _MOST_LOOKED_AT):
                if found.key <= last and not found.delete_marker and not found.latest and _of(place, found):
                    left.setdefault(found.key, found)
        except CouldNotRead as reason:
            return _with(finding, f"whether versions are left could not be looked at: {reason}")
        if not left:
            return finding
        sound = [found for found in left.values() if self._genuine(found, partial(self._is_digest, place))]
        clause = (
            f"{len(left):,} deleted digests of that time are left as versions, {len(sound):,} of them are "
            "what CloudTrail delivered"
        )
        return _with(finding, f"{clause}; restore each, as in: {_restore(sound[0])}" if sound else clause)

    def _told(self, finding: IntegrityFinding, check: Check) -> IntegrityFinding:
        try:
            versions = [
                found
                for found in self._versions(finding.bucket, finding.key)
                if found.key == finding.key and not found.delete_marker and not found.latest
            ]
        except CouldNotRead as reason:
            return _with(finding, f"whether an earlier version is left could not be looked at: {reason}")
        if not versions:
            return _with(finding, "no earlier version of it is left")
        outcomes = [(found, self._genuine(found, check)) for found in versions[:_MOST_LOOKED_AT]]
        for found, genuine in outcomes:
            if genuine:
                at = f"{found.modified_at:%Y-%m-%d %H:%M:%S} UTC"
                return _with(
                    finding,
                    f"its version {found.version} of {at} is left and is what CloudTrail delivered; "
                    f"restore it: {_restore(found)}",
                )
        named = ", ".join(str(found.version) for found, _ in outcomes)
        if any(genuine is None for _, genuine in outcomes):
            return _with(finding, f"earlier versions are left, but could not be read: {named}")
        return _with(finding, f"earlier versions are left, but are not what CloudTrail delivered: {named}")

    def _versions(self, bucket: str, prefix: str, after: str = "") -> Iterator[StoredObject]:
        """Versions, newest first for each key; a refusal is remembered, not asked for again and again."""
        if bucket in self._refused:
            raise CouldNotRead(self._refused[bucket])
        try:
            yield from self._source.versions(bucket, prefix, after=after)
        except CouldNotRead as reason:
            self._refused[bucket] = str(reason)
            raise

    def _genuine(self, found: StoredObject, check: Check) -> bool | None:
        """Whether a version is what CloudTrail delivered; None when it can't be read."""
        try:
            got: Got | None = self._source.get_version(found.bucket, found.key, found.version or "")
        except Unreadable:
            return None
        return None if got is None else check(found, got)

    @staticmethod
    def _is_log(reference: LogReference, found: StoredObject, got: Got) -> bool:
        del found
        return check_log(reference, lambda _bucket, _key: got[0]) is None

    @staticmethod
    def _is_digest(place: ChainLocation, found: StoredObject, got: Got) -> bool:
        digest = parse_digest(found.bucket, found.key, *got)
        return isinstance(digest, Digest) and own_fault(digest, place.keys) is None


def _of(place: ChainLocation, found: StoredObject) -> bool:
    try:
        return DigestKey.parse(found.key).chain == place.chain
    except MalformedKey:
        return False


def _restore(found: StoredObject) -> str:
    """The command that makes a version the one that is read, with its metadata; nothing is lost by it."""
    source = f"{quote(f'{found.bucket}/{found.key}')}?versionId={quote(found.version or '')}"
    options = {"--bucket": found.bucket, "--key": found.key, "--copy-source": source}
    return aws_command("s3api", "copy-object", options)


def _with(finding: IntegrityFinding, clause: str) -> IntegrityFinding:
    return replace(finding, sentence=f"{finding.sentence}; {clause}")

"""A trail of a few hours in a bucket of dictionaries, for tests to tamper with and to judge."""

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from chalicelib.trail.integrity.digest import parse_digest
from chalicelib.trail.integrity.evidence import StoredObject, Window
from chalicelib.trail.integrity.keys import Chain, DigestKey, LogFileKey
from chalicelib.trail.integrity.public_keys import KeyRing
from chalicelib.trail.integrity.verdict import judge
from scenarios.cloud.cloudtrail.delivery.digests import DeliveredLog, list_public_keys, write_digest

BUCKET = "trail-bucket"
CHAIN = Chain(account="111122223333", region="eu-west-1", trail="main", home_region="eu-west-1")
START = datetime(2024, 2, 28, 21, 4, 4, tzinfo=UTC)
"""Its hours run over midnight, into 29 February, and are off the full hour as real ones are."""
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
RING = KeyRing.of(list_public_keys(START, START)["PublicKeyList"])


class Bucket:
    """S3, as far as a trail needs it: bytes and metadata by key."""

    def __init__(self, objects=None):
        self.objects = dict(objects or {})

    def put(self, key, body, metadata=None):
        self.objects[key] = (body, dict(metadata or {}))

    def body(self, key):
        return self.objects[key][0]

    def content(self, key):
        return gzip.decompress(self.body(key))

    def metadata(self, key):
        return dict(self.objects[key][1])

    def drop(self, *keys):
        for key in keys:
            del self.objects[key]

    def read(self, bucket, key):
        return self.objects[key][0] if bucket == BUCKET and key in self.objects else None


class Trail:
    """One chain of digests with log files, hour by hour, and the bucket they lie in.

    `digests` and `logs` hold the keys as delivered, oldest first, `logs` hour by hour.
    """

    def __init__(self, chain=CHAIN, bucket=None):
        self.chain, self.bucket, self.previous = chain, bucket or Bucket(), None
        self.digests, self.logs = [], []

    def hour(self, start, logs=3, *, key=None, length=HOUR, digested=True):
        """Deliver an hour's log files and then its digest."""
        delivered = [self._log(start + length * (n + 0.5) / logs) for n in range(logs)]
        self.logs.append([log.key for log in delivered])
        if digested:
            self.previous = write_digest(
                self.chain,
                bucket=BUCKET,
                starts_at=start,
                ends_at=start + length,
                logs=delivered,
                previous=self.previous,
                key=key,
            )
            self.bucket.put(self.previous.key, self.previous.body, self.previous.metadata)
            self.digests.append(self.previous.key)
        return self

    def _log(self, moment):
        number = len(self.bucket.objects)
        content = json.dumps({"Records": [{"eventID": f"{self.chain.region}-{number}"}]}).encode()
        key = log_key(self.chain, moment, f"{number:016d}")
        self.bucket.put(key, gzip.compress(content, mtime=0))
        return DeliveredLog(
            bucket=BUCKET,
            key=key,
            sha256=hashlib.sha256(content).hexdigest(),
            oldest_event=moment - 5 * MINUTE,
            newest_event=moment,
        )

    def judge(self, **changes):
        """Judge everything in the bucket, some time later, with the listing at hand."""
        return judge(**{**self.evidence(), **changes})

    def evidence(self):
        objects = self.bucket.objects
        judged = window(until=START + len(self.logs) * HOUR)
        return {
            "digests": [
                parse_digest(BUCKET, key, *objects[key])
                for key in sorted(objects)
                if "CloudTrail-Digest" in key
            ],
            "keys": RING,
            "read": self.bucket.read,
            "window": judged,
            "expected": {self.chain: BUCKET},
            "listing": [
                StoredObject(bucket=BUCKET, key=key, modified_at=min(listed_at(key), judged.now))
                for key in objects
            ],
        }


def log_key(chain, moment, unique="0123456789abcdef"):
    return str(
        LogFileKey(
            prefix=chain.prefix,
            organization=chain.organization,
            account=chain.account,
            region=chain.region,
            delivered_at=moment,
            unique=unique,
        )
    )


def listed_at(key):
    """The time S3 would tell for an object: that of its name, or late for a name that tells none."""
    for kind, time in ((LogFileKey, "delivered_at"), (DigestKey, "ends_at")):
        try:
            return getattr(kind.parse(key), time)
        except ValueError:
            continue
    return START + 5 * HOUR


def window(*, since=START, until=START + 6 * HOUR, now=None, stopped_at=None):
    return Window(since=since, until=until, now=now or until + 3 * HOUR, stopped_at=stopped_at)


@lru_cache(maxsize=1)
def _six_hours():
    trail = Trail()
    for hour in range(6):
        trail.hour(START + hour * HOUR)
    return trail


def six_hours():
    """Six digests with three log files each, sound; yours to tamper with."""
    made, trail = _six_hours(), Trail()
    trail.bucket = Bucket(made.bucket.objects)
    trail.digests, trail.logs, trail.previous = list(made.digests), list(made.logs), made.previous
    return trail


def rewrite(trail, key, *, by=None, **changes):
    """Change a digest's fields (`...` takes one away); with `by`, sign it anew with that key."""
    fields = {**json.loads(trail.bucket.content(key)), **changes}
    content = json.dumps({name: value for name, value in fields.items() if value is not ...}).encode()
    metadata = trail.bucket.metadata(key)
    if by is not None:
        place = f"{fields['digestS3Bucket']}/{fields['digestS3Object']}"
        before = fields["previousDigestSignature"] or "null"
        digest = hashlib.sha256(content).hexdigest()
        metadata["signature"] = by.sign(f"{fields['digestEndTime']}\n{place}\n{digest}\n{before}")
    trail.bucket.put(key, gzip.compress(content), metadata)


def told(verdict):
    """The kinds of a verdict's findings, in order."""
    return [finding.what.name for finding in verdict.findings]


def versions(key, *stamps, deleted=False, put_back=False):
    """A key's history: a version for each time, the last a delete marker if `deleted`."""
    history = [
        StoredObject(bucket=BUCKET, key=key, modified_at=at, version=f"v{number}", latest=False)
        for number, at in enumerate(stamps)
    ]
    if put_back:
        history[-2] = replace(history[-2], delete_marker=True)
    history[-1] = replace(history[-1], latest=True, delete_marker=deleted)
    return history

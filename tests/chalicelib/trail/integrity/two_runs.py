"""A trail that was stopped for two hours once: two runs of digests, and a backfill chain beside them.

    run 1: hours 0 1 2 3 4      gap: hours 5 6      run 2: hours 7 8 9

Hour 1's digest is the last of 28 February by its name; hour 7's starts the chain anew.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import pytest

from chalicelib.trail.integrity.digest import UnusableDigest
from chalicelib.trail.integrity.evidence import Unreadable
from chalicelib.trail.integrity.keys import Chain
from chalicelib.trail.integrity.verdict import judge
from tests.chalicelib.trail.integrity.trail_in_a_bucket import (
    BUCKET,
    CHAIN,
    HOUR,
    START,
    Bucket,
    Trail,
    window,
)

DIGESTED = (0, 1, 2, 3, 4, 7, 8, 9)
LATE = (3, 8)
"""The hours that a backfill digest was made for."""
BACKFILL = replace(CHAIN, backfill=True)
END = START + 10 * HOUR
WINDOW = window(until=END)
LOGS = 3 * len(DIGESTED) + len(LATE)
"""Log files of the sound trail: three an hour, and one in each backfill digest."""

POSITIONS = {
    "the first": 0,
    "the last of a day": 1,
    "one in the middle": 2,
    "the last before a gap": 4,
    "the first after a restart": 5,
    "the newest": 7,
}
"""Places in `TwoRuns.digests` and `TwoRuns.logs`."""
FIRST, BEFORE_GAP, RESTART, NEWEST = 0, 4, 5, 7


@dataclass
class TwoRuns:
    """What lies in the bucket, and the keys by which CloudTrail delivered it, oldest first.

    `archived` are keys that S3 refuses to read: objects in an archive's class, or under a foreign KMS key.
    """

    bucket: Bucket
    digests: list[str]
    logs: list[list[str]]
    late_digests: list[str]
    late_logs: list[str]
    archived: set[str]

    def read(self, bucket, key):
        if key in self.archived:
            raise Unreadable("InvalidObjectState: the object is archived")
        return self.bucket.read(bucket, key)

    def evidence(self, **changes):
        """What `judge` is handed, `changes` in place of its own."""
        sight = Trail(CHAIN, self.bucket).evidence()
        found = [found for found in sight["digests"] if found.key not in self.archived]
        found += [unreadable(key) for key in sorted(self.archived) if "/CloudTrail-Digest/" in key]
        return {**sight, "digests": found, "read": self.read, "window": WINDOW, **changes}

    def judge(self, **changes):
        return judge(**self.evidence(**changes))

    def state(self):
        """All that a tampering can change, to see that one changed something."""
        return dict(self.bucket.objects), frozenset(self.archived)


def unreadable(key):
    return UnusableDigest(bucket=BUCKET, key=key, problem="InvalidObjectState", unreadable=True)


def deliver(chain=CHAIN, bucket=None, *, key=None, digested=DIGESTED, shift=0 * HOUR) -> Trail:
    """Deliver both runs of a chain, signed by `key`."""
    trail = Trail(chain, bucket)
    for before, hour in zip((None, *digested), digested, strict=False):
        if before is not None and hour > before + 1 and not chain.backfill:
            trail.previous = None
        trail.hour(START + hour * HOUR + shift, 1 if chain.backfill else 3, key=key)
    return trail


@lru_cache(maxsize=1)
def _delivered():
    trail = deliver()
    return trail, deliver(BACKFILL, trail.bucket, digested=LATE)


def two_runs():
    """The sound trail."""
    trail, late = _delivered()
    return TwoRuns(
        bucket=Bucket(trail.bucket.objects),
        digests=list(trail.digests),
        logs=[list(keys) for keys in trail.logs],
        late_digests=list(late.digests),
        late_logs=[key for keys in late.logs for key in keys],
        archived=set(),
    )


OTHERS = {
    "another region": replace(CHAIN, region="us-east-1"),
    "another account": replace(CHAIN, account="444455556666"),
    "another trail": replace(CHAIN, trail="second"),
    "another prefix": replace(CHAIN, prefix="audit"),
    "an organization": replace(CHAIN, organization="o-abcdefghij"),
}
"""Chains that CloudTrail signs as well: valid, but somebody else's."""


@lru_cache(maxsize=8)
def abroad(chain: Chain) -> Trail:
    """Another chain's two runs, in a bucket of its own."""
    return deliver(chain)


def tampered(deed, *arguments):
    """The sound trail after a deed that did change it."""
    trail = two_runs()
    before = trail.state()
    deed(trail, *arguments)
    assert trail.state() != before
    return trail


def at_every_position(table):
    """Each row of a table, at each position in the chain."""
    return [
        pytest.param(n, *row, id=f"{name}, {position}")
        for name, *row in table
        for position, n in POSITIONS.items()
    ]

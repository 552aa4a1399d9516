"""What must be reported of a tampered trail, worked out from what was done and never by asking the code.

The rules, for the digests of `two_runs` (each but the first of a run names the one before it):

- A digest is believed when its signature holds, or when only its signature is lost and a believed digest
  after it names it. Log files are held against believed digests alone.
- A digest that is there and isn't what CloudTrail delivered is told by its own kind.
- One that is gone is reported as deleted when a believed digest names it; by the clock when nothing comes
  after it, or when what comes after it can't be believed.
- A believed digest that starts anew makes what lies before it a gap: nothing names what was deleted there.
- A log file that no digest names was added, unless its hour is dark or in a gap.
"""

from dataclasses import dataclass
from enum import Enum

from tests.chalicelib.trail.integrity.trail_in_a_bucket import CHAIN, HOUR, START
from tests.chalicelib.trail.integrity.two_runs import BEFORE_GAP, DIGESTED, LATE, RESTART

NOTICES = {"GAP", "UNDIGESTED"}
UNDECIDED = {"LOG_UNREADABLE", "DIGEST_UNREADABLE", "KEYS_UNAVAILABLE"}


class Lost(Enum):
    """What a deed took from a digest."""

    NOTHING = "nothing"
    SIGNATURE = "its signature: the content is still CloudTrail's"
    CONTENT = "its content: something else stands in its place"
    BYTES = "its bytes: it is there and can't be read"
    KEY = "the key it is signed with: it can be read, and nothing shows whose it is"
    OBJECT = "itself: nothing stands in its place"


SOUND = (Lost.NOTHING, "")
GONE = (Lost.OBJECT, "")


@dataclass(frozen=True)
class Expected:
    """What must be reported: kinds with keys, and how many log files are sound."""

    told: frozenset[tuple[str, str]]
    logs_sound: int

    @property
    def weight(self):
        kinds = {kind for kind, _ in self.told}
        if kinds - NOTICES - UNDECIDED:
            return "BROKEN"
        return "UNDECIDED" if kinds & UNDECIDED else "NOTICE"


def expected(trail, digests=None, *, logs=None, late=None, beside=(), dark=()):
    """Work out what must be reported.

    `digests` and `late` hold (what is lost, kind) by place in the chain, `logs` kinds by key ("" for a log
    file that vanished with the digest that named it), `beside` what is reported of other objects. `dark` are
    places whose hour is claimed by something else in the folder that can't be believed.
    """
    chain = _Run(trail.digests, digests or {}, starts=(0, RESTART))
    backfill = _Run(trail.late_digests, late or {}, starts=(0,))
    logs = logs or {}
    named = {key for n in chain.believed for key in trail.logs[n]}
    named |= {trail.late_logs[n] for n in backfill.believed}
    told = {(kind, key) for key, kind in logs.items() if key in named}
    told |= {*chain.own(), *chain.missed(by_the_clock=True), *chain.gap(trail, logs, dark)}
    told |= {*backfill.own(), *backfill.missed(by_the_clock=False), *_late(trail, chain, backfill, logs)}
    return Expected(
        told=frozenset({*told, *beside}),
        logs_sound=len(named - logs.keys()),
    )


class _Run:
    """A chain of which some digests were tampered with."""

    def __init__(self, keys, deeds, starts):
        self.keys, self.starts = keys, starts
        self.deeds = [deeds.get(n, SOUND) for n in range(len(keys))]
        self.present = [n for n, (lost, _) in enumerate(self.deeds) if lost is not Lost.OBJECT]
        self.believed: set[int] = set()
        for n in reversed(self.present):
            vouched = n + 1 in self.believed and n + 1 not in starts
            if self.deeds[n][0] is Lost.NOTHING or (self.deeds[n][0] is Lost.SIGNATURE and vouched):
                self.believed.add(n)

    def may_start(self, n):
        """Whether nobody can say that it doesn't start a chain."""
        return self.deeds[n][0] is Lost.BYTES or (self.deeds[n][0] is Lost.KEY and n in self.starts)

    def own(self):
        return {(kind, self.keys[n]) for n, (_, kind) in enumerate(self.deeds) if kind}

    def missed(self, *, by_the_clock):
        """Digests that are named and gone, and hours between digests (or after them) that none covers."""
        for before, n in zip([-1, *self.present], self.present, strict=False):
            if n in self.believed:
                if before != n - 1 and n not in self.starts:
                    yield "DIGEST_DELETED", self.keys[n - 1]
            elif by_the_clock and not self.may_start(n) and _apart(before, n):
                yield "DIGEST_MISSING", str(CHAIN.digest_at(_ends(before) + HOUR))
        newest = self.present[-1] if self.present else -1
        if by_the_clock and newest < len(self.keys) - 1:
            key = str(CHAIN.digest_at(_ends(newest) + HOUR)) if self.present else CHAIN.digest_folder
            yield "DIGEST_MISSING", key

    def gap(self, trail, logs, dark):
        """The gap, and what lies in it without a digest, as the first digest of the second run has it."""
        if RESTART not in self.believed:
            return
        older = [n for n in self.present if n < RESTART]
        if older:
            yield "GAP", self.keys[RESTART]
        swallowed = range(older[-1] + 1 if older else 0, BEFORE_GAP + 1)
        if any(key not in logs for n in swallowed if n not in dark for key in trail.logs[n]):
            yield "UNDIGESTED", self.keys[RESTART]


def _ends(n):
    return START + (DIGESTED[n] + 1) * HOUR if n >= 0 else START


def _apart(before, n):
    """Whether an hour or more lies between two digests."""
    return _ends(n) - HOUR > _ends(before)


def _late(trail, chain, backfill, logs):
    """Log files whose backfill digest is gone without a trace look like any that were added."""
    for n, key in enumerate(trail.late_logs):
        gone = backfill.deeds[n][0] is Lost.OBJECT and n + 1 not in backfill.believed
        if gone and key not in logs and DIGESTED.index(LATE[n]) in chain.believed:
            yield "LOG_ADDED", key


def assert_told(verdict, expectation):
    """The verdict is what the rules say, in kinds, objects, weight, and log files that are sound."""
    assert {(finding.what.name, finding.key) for finding in verdict.findings} == expectation.told
    assert verdict.weight.name == expectation.weight
    assert verdict.sound is (expectation.weight == "NOTICE")
    assert verdict.logs_sound == expectation.logs_sound
    assert all(finding.sentence for finding in verdict.findings)

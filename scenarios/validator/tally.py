"""What a run comes to: counts that grow while it runs, and the verdict over them."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.trail.integrity.findings import IntegrityFinding, Weight

INTERRUPTED = 130
"""As shells report Ctrl-C: the rest of the trail was not looked at."""


@dataclass(slots=True)
class Tally:
    """Counts, and nothing that grows with the trail.

    Attributes:
        digests: How many digests were judged.
        digests_sound: How many of them are what CloudTrail delivered.
        logs: How many log files the digests name, and the listing shows besides.
        logs_sound: How many of them are what CloudTrail delivered.
        logs_unverifiable: How many can be neither called sound nor not.
        weights: How many findings of each weight.
        oldest: Start of the oldest digest that was judged, aware; None before the first.
        newest: End of the newest one, aware.
        problems: What could not be read or asked, a sentence each: the trail can't be called sound.
        warnings: What is worth knowing about the run itself.
        days: How many days were judged, of each account and region.
        days_asked: How many there are to judge.
        interrupted: Whether somebody ended it early.
    """

    digests: int = 0
    digests_sound: int = 0
    logs: int = 0
    logs_sound: int = 0
    logs_unverifiable: int = 0
    weights: Counter[Weight] = field(default_factory=Counter)
    oldest: datetime | None = None
    newest: datetime | None = None
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    days: int = 0
    days_asked: int = 0
    interrupted: bool = False

    def digest(self, starts_at: datetime, ends_at: datetime, *, sound: bool) -> None:
        """Count a digest."""
        self.digests += 1
        self.digests_sound += sound
        self.oldest = min(self.oldest or starts_at, starts_at)
        self.newest = max(self.newest or ends_at, ends_at)

    def finding(self, finding: IntegrityFinding) -> None:
        """Count a finding."""
        self.weights[finding.weight] += 1

    @property
    def exit_code(self) -> int:
        """0 sound, 1 not sound, 2 could not tell, 130 interrupted."""
        if self.interrupted:
            return INTERRUPTED
        if self.weights[Weight.BROKEN]:
            return 1
        return 2 if self.weights[Weight.UNDECIDED] or self.problems else 0

    @property
    def verdict(self) -> str:
        """The verdict in a word or three."""
        if self.weights[Weight.BROKEN]:
            return "not sound"
        return "sound" if self.exit_code == 0 else "could not tell"

"""What a night's look finds of each volume, database and table, and of the backups that are ours."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

NAME = "backup_missing"
# Our snapshots get it when they are made, and no others may be deleted. Whoever may tag has others like it:
# so event history has to say that they are ours, besides.
TAG = {"Key": "trailwarden", "Value": NAME}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A volume, a database or a table. `backup`: when its newest complete backup began.

    `begun`: the same of any state. `use`: the instance that the volume is attached to.
    """

    region: str
    name: str
    made: datetime
    backup: datetime | None = None
    begun: datetime | None = None
    use: str = ""
    excuse: str = ""

    def lacks(self, since: datetime) -> bool:
        """Whether it was there then and has had no backup since."""
        return self.made < since and (self.backup is None or self.backup < since)

    def due(self, since: datetime) -> bool:
        """Whether no backup was begun since then."""
        return not self.excuse and (self.begun is None or self.begun < since)


@dataclass(frozen=True, slots=True, kw_only=True)
class OldBackup:
    """A snapshot or a table's backup that our own role made, of which there are newer ones enough.

    `id`: the snapshot's, or the backup's ARN; `of`: the volume or the table.
    """

    region: str
    id: str
    of: str
    began: datetime


Ours = Callable[[datetime, datetime], frozenset[str]]
"""The ids of the backups that our own role made between two moments."""


def too_many(
    of_each: Iterable[Sequence[OldBackup]], kept: int, ours: Ours, *, by: datetime
) -> list[OldBackup]:
    """Those of ours beyond the newest that are kept of each thing, the oldest first.

    `of_each`: the backups of each that may be ours, the newest first. `ours` is asked only where there are
    more than are kept. Only those begun `by` then count: what this very look had made, before it died, takes
    no older one's place at its retry.
    """
    counted = ([each for each in every if each.began <= by] for every in of_each)
    perhaps = [every for every in counted if len(every) > kept]
    began = [each.began for every in perhaps for each in every]
    if not began:
        return []
    made = ours(min(began), max(began))
    found = [each for every in perhaps for each in [own for own in every if own.id in made][kept:]]
    return sorted(found, key=lambda each: (each.began, each.id))

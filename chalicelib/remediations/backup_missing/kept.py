"""What a night's look finds of each volume, database and table, and of the backups that are ours."""

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

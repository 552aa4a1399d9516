"""DynamoDB's own consequences: a table deleted with point-in-time recovery on leaves a system backup.

It is kept for 35 days, and it is how such a table is restored. And while recovery is on, a table can be
restored to any moment up to five minutes ago; moto keeps the moment when it was switched on.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PointInTimeRecoveryDescription.html
"""

from datetime import timedelta
from typing import Any

from scenarios.cloud.asked import Asked
from scenarios.cloud.kernel import moto_state
from scenarios.cloud.setting import Setting

_BEHIND = timedelta(minutes=5)


class Tables:
    """Every table of the account."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        setting.calls.check("dynamodb", "DeleteTable", self._about_to_go)
        setting.calls.tell("dynamodb", "DescribeContinuousBackups", self._restorable)

    def _about_to_go(self, asked: Asked) -> None:
        """Moto forgets with the table that it was protected, so the backup is made before."""
        name = str(asked.parameters["TableName"]).rpartition("/")[2]  # it may be an ARN
        backend = moto_state.backend("dynamodb", self._setting.account, asked.region)
        table = backend.tables.get(name)
        if table is not None and _recovers(table) and not table.deletion_protection_enabled:
            backend.create_backup(name, f"{name}$DeletedTableBackup").type = "SYSTEM"

    def _restorable(self, _: Asked, answer: dict[str, Any]) -> dict[str, Any]:
        described = answer["ContinuousBackupsDescription"]
        recovery = described.get("PointInTimeRecoveryDescription", {})
        if "LatestRestorableDateTime" not in recovery:
            return answer
        latest = max(recovery["EarliestRestorableDateTime"], self._setting.clock.now - _BEHIND)
        recovery = {**recovery, "LatestRestorableDateTime": latest}
        return {
            **answer,
            "ContinuousBackupsDescription": {**described, "PointInTimeRecoveryDescription": recovery},
        }


def _recovers(table: Any) -> bool:
    described = table.continuous_backups.get("PointInTimeRecoveryDescription", {})
    return bool(described.get("PointInTimeRecoveryStatus") == "ENABLED")
